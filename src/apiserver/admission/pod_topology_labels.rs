//! Labels of a node's place that its pods get.
// Models plugin/pkg/admission/podtopologylabels/admission.go.

use crate::api::core::{Node, Pod};
use crate::apiserver::server::ApiServer;

/// Labels that are copied.
const LABELS: [&str; 2] = ["topology.kubernetes.io/region", "topology.kubernetes.io/zone"];

/// Copies the labels of the pod's node, over those that the pod has.
pub(in crate::apiserver) fn admit(server: &ApiServer, pod: &mut Pod) {
    let Some(node) = server.get::<Node>("", &pod.spec.node_name) else {
        return;
    };
    for key in LABELS {
        if let Some(value) = node.meta.label(key).filter(|value| pod.meta.label(key) != Some(value)) {
            pod.meta.set_label(key, value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::Resource;
    use crate::apiserver::Caller;
    use crate::sim::SimTime;

    #[test]
    fn a_pod_says_in_which_zone_it_is() {
        let mut server = ApiServer::new(0);
        let caller = Caller {
            actor: "user",
            now: SimTime::ZERO,
        };
        let mut node = Node::default();
        node.meta.name = "n".into();
        node.meta.set_label(LABELS[1], "za");
        server.create(&caller, node.into_object()).expect("a node has a name");
        for (node, want) in [("", None), ("n", Some("za")), ("gone", None)] {
            let mut pod = Pod::default();
            std::rc::Rc::make_mut(&mut pod.spec).node_name = node.into();
            admit(&server, &mut pod);
            assert_eq!(pod.meta.label(LABELS[1]).map(|value| &**value), want, "{node:?}");
        }
    }
}
