//! Every pod stays for five minutes on a node that is not ready or not reachable, unless it says otherwise.
// Models plugin/pkg/admission/defaulttolerationseconds/admission.go.

use std::rc::Rc;

use crate::api::Object;
use crate::api::core::Toleration;

const TOLERATION_SECONDS: i64 = 300;
const TAINTS: [&str; 2] = ["node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"];

pub(super) fn admit(object: &mut Object) {
    let Object::Pod(pod) = object else { return };
    let tolerates = |taint: &str| {
        pod.spec.tolerations.iter().any(|toleration| {
            (&*toleration.key == taint || toleration.key.is_empty())
                && (&*toleration.effect == "NoExecute" || toleration.effect.is_empty())
        })
    };
    let missing: Vec<Toleration> = TAINTS
        .into_iter()
        .filter(|taint| !tolerates(taint))
        .map(for_some_time)
        .collect();
    if !missing.is_empty() {
        let spec = Rc::make_mut(&mut Rc::make_mut(pod).spec);
        spec.tolerations = spec.tolerations.iter().cloned().chain(missing).collect();
    }
}

fn for_some_time(taint: &str) -> Toleration {
    Toleration {
        key: taint.into(),
        operator: "Exists".into(),
        effect: "NoExecute".into(),
        toleration_seconds: Some(TOLERATION_SECONDS),
        ..Toleration::default()
    }
}
