//! Refuses pods whose claims are absent, going, or of a class that should have bound them already.
//!
//! The choice of a volume for a claim that waits for its first consumer is not modelled here: such a claim passes.
// Models pkg/scheduler/framework/plugins/volumebinding/volume_binding.go PreFilter.

use std::rc::Rc;

use serde_json::Value;

use super::volume_zone::{claim_names, get_claim, is_delayed, text};
use crate::scheduler::cache::PodInfo;
use crate::scheduler::framework::{Action, ClusterEvent, Handle, Interest, Plugin, PluginName, PreFilter, Rejection};

/// The plugin.
pub(super) struct VolumeBinding;

impl Plugin for VolumeBinding {
    fn name(&self) -> PluginName {
        PluginName::VolumeBinding
    }

    fn pre_filter(&self, handle: &mut Handle<'_>, pod: &Rc<PodInfo>) -> PreFilter {
        let claims = claim_names(&pod.pod);
        let (mut refusal, mut unbound) = (None, false);
        for name in &claims {
            match get_claim(handle.api, &pod.pod.meta.namespace, name) {
                None => refusal = refusal.or_else(|| Some(format!("persistentvolumeclaim \"{name}\" not found"))),
                Some(claim) => {
                    refusal = refusal.or_else(|| why_not(&claim, name));
                    unbound |= !is_bound(&claim) && !is_delayed(handle.api, &claim);
                }
            }
        }
        match refusal {
            Some(why) => PreFilter::Reject(Rejection::unresolvable(why)),
            None if unbound => PreFilter::Reject(Rejection::unresolvable(
                "pod has unbound immediate PersistentVolumeClaims",
            )),
            None => PreFilter::Skip,
        }
    }

    fn interests(&self) -> &'static [Interest] {
        const INTERESTS: &[Interest] = &[
            Interest::Storage(Action::ADD.or(Action::OTHER_UPDATE)),
            Interest::Node(Action::ADD.or(Action::NODE_LABEL)),
        ];
        INTERESTS
    }

    fn hint(&self, _handle: &mut Handle<'_>, pod: &PodInfo, event: &ClusterEvent) -> bool {
        let Some(object) = event
            .new
            .as_ref()
            .filter(|object| object.kind().info().kind == "PersistentVolumeClaim")
        else {
            return true;
        };
        object.meta().namespace == pod.pod.meta.namespace && claim_names(&pod.pod).contains(&object.meta().name)
    }
}

// Models volumebinding podHasPVCs.
fn why_not(claim: &Value, name: &str) -> Option<String> {
    if text(claim, "/status/phase") == "Lost" {
        let volume = text(claim, "/spec/volumeName");
        return Some(format!(
            "persistentvolumeclaim \"{name}\" bound to non-existent persistentvolume \"{volume}\""
        ));
    }
    let going = !text(claim, "/metadata/deletionTimestamp").is_empty();
    going.then(|| format!("persistentvolumeclaim \"{name}\" is being deleted"))
}

// Models volumebinding isPVCFullyBound.
fn is_bound(claim: &Value) -> bool {
    let done = claim
        .pointer("/metadata/annotations")
        .and_then(|all| all.get("pv.kubernetes.io/bind-completed"));
    !text(claim, "/spec/volumeName").is_empty() && done.is_some()
}
