//! Spreads pods over the places of a topology.
// Models pkg/scheduler/framework/plugins/podtopologyspread.

mod constraint;
mod default_selector;
mod filter;
mod logarithm;
mod score;

use std::rc::Rc;

use crate::api::core::{Node, Pod};
use crate::scheduler::cache::PodInfo;
use crate::scheduler::framework::{Action, ClusterEvent, Handle, Interest, Plugin, PluginName, PreFilter, Score};
use constraint::{DO_NOT_SCHEDULE, constraints_of, hard_constraints};
use filter::Spread;
use score::Preference;

/// The plugin.
pub(super) struct PodTopologySpread;

impl Plugin for PodTopologySpread {
    fn name(&self) -> PluginName {
        PluginName::PodTopologySpread
    }

    fn pre_filter(&self, handle: &mut Handle<'_>, pod: &Rc<PodInfo>) -> PreFilter {
        let constraints = constraints_of(handle, &pod.pod, DO_NOT_SCHEDULE);
        if constraints.is_empty() {
            return PreFilter::Skip;
        }
        PreFilter::Filter(Box::new(Spread::new(handle, &pod.pod, constraints)))
    }

    fn pre_score(&self, handle: &mut Handle<'_>, pod: &Rc<PodInfo>, nodes: &[u32]) -> Option<Box<dyn Score>> {
        Preference::new(handle, &pod.pod, nodes).map(|preference| Box::new(preference) as Box<dyn Score>)
    }

    fn interests(&self) -> &'static [Interest] {
        const INTERESTS: &[Interest] = &[
            Interest::Pod(
                Action::ADD
                    .or(Action::POD_LABEL)
                    .or(Action::POD_TOLERATION)
                    .or(Action::DELETE),
            ),
            Interest::Node(
                Action::ADD
                    .or(Action::DELETE)
                    .or(Action::NODE_LABEL)
                    .or(Action::NODE_TAINT),
            ),
        ];
        INTERESTS
    }

    fn hint(&self, _handle: &mut Handle<'_>, pod: &PodInfo, event: &ClusterEvent) -> bool {
        if event.old_node().is_some() || event.new_node().is_some() {
            return node_helps(&pod.pod, event.old_node(), event.new_node());
        }
        pod_helps(&pod.pod, event.old_pod(), event.new_pod())
    }
}

/// Whether a pod that came, changed or went may help a waiting one.
// Models podtopologyspread isSchedulableAfterPodChange.
fn pod_helps(waiting: &Pod, old: Option<&Rc<Pod>>, new: Option<&Rc<Pod>>) -> bool {
    let itself = |pod: &Pod| pod.meta.uid == waiting.meta.uid;
    let placed = |pod: &Pod| !pod.spec.node_name.is_empty() || !pod.status.nominated_node_name.is_empty();
    let involved = |pod: &&Rc<Pod>| itself(pod) || placed(pod) && pod.meta.namespace == waiting.meta.namespace;
    if !old.iter().all(involved) || !new.iter().all(involved) {
        return false;
    }
    let constraints = hard_constraints(waiting);
    let chosen = |pod: &Pod| {
        constraints
            .iter()
            .map(|(_, selector)| selector.matches(&pod.meta.labels))
            .collect::<Vec<_>>()
    };
    match (old, new) {
        (Some(old), Some(new)) => {
            let honors = constraints
                .iter()
                .any(|(own, _)| own.node_taints_policy.as_deref() == Some("Honor"));
            let tolerates_more = itself(new) && old.spec.tolerations != new.spec.tolerations;
            tolerates_more && honors || old.meta.labels != new.meta.labels && chosen(old) != chosen(new)
        }
        (old, new) => old.or(new).is_some_and(|pod| chosen(pod).contains(&true)),
    }
}

/// Whether a node that came, changed or went may help a waiting pod.
// Models podtopologyspread isSchedulableAfterNodeChange.
fn node_helps(waiting: &Pod, old: Option<&Rc<Node>>, new: Option<&Rc<Node>>) -> bool {
    let constraints = hard_constraints(waiting);
    let places = |node: &Node| -> Option<Vec<_>> {
        constraints
            .iter()
            .map(|(own, _)| node.meta.labels.get(&own.topology_key).cloned())
            .collect()
    };
    match (old, new) {
        (Some(old), Some(new)) => {
            let (before, now) = (places(old), places(new));
            before != now || now.is_some() && old.spec.taints != new.spec.taints
        }
        (old, new) => old.or(new).is_some_and(|node| places(node).is_some()),
    }
}
