//! Keeps pods off cordoned nodes.
// Models pkg/scheduler/framework/plugins/nodeunschedulable/node_unschedulable.go.

use std::rc::Rc;

use crate::api::component_helpers::{NO_SCHEDULE, tolerates};
use crate::api::core::Pod;
use crate::scheduler::cache::{NodeInfo, PodInfo};
use crate::scheduler::framework::{
    Action, ClusterEvent, Filter, Handle, Interest, Plugin, PluginName, PreFilter, Rejection, Verdict,
};

/// The plugin.
pub(super) struct NodeUnschedulable;

/// For pods that do not tolerate a cordon.
struct Cordon;

impl Plugin for NodeUnschedulable {
    fn name(&self) -> PluginName {
        PluginName::NodeUnschedulable
    }

    fn pre_filter(&self, _handle: &mut Handle<'_>, pod: &Rc<PodInfo>) -> PreFilter {
        if tolerates_cordon(&pod.pod) {
            PreFilter::Skip
        } else {
            PreFilter::Filter(Box::new(Cordon))
        }
    }

    fn interests(&self) -> &'static [Interest] {
        const INTERESTS: &[Interest] = &[
            Interest::Node(Action::ADD.or(Action::NODE_TAINT)),
            Interest::Pod(Action::POD_TOLERATION),
        ];
        INTERESTS
    }

    fn hint(&self, _handle: &mut Handle<'_>, pod: &PodInfo, event: &ClusterEvent) -> bool {
        if let Some(changed) = event.new_pod() {
            return changed.meta.uid == *pod.uid() && tolerates_cordon(changed);
        }
        let was_open = event.old_node().is_some_and(|node| !node.spec.unschedulable);
        !was_open && event.new_node().is_some_and(|node| !node.spec.unschedulable)
    }
}

impl Filter for Cordon {
    fn filter(&self, node: &NodeInfo) -> Verdict {
        if node.unschedulable {
            return Err(Rejection::unresolvable("node(s) were unschedulable"));
        }
        Ok(())
    }

    fn fork(&self) -> Box<dyn Filter> {
        Box::new(Self)
    }
}

fn tolerates_cordon(pod: &Pod) -> bool {
    let key = "node.kubernetes.io/unschedulable";
    pod.spec
        .tolerations
        .iter()
        .any(|toleration| tolerates(toleration, key, "", NO_SCHEDULE))
}
