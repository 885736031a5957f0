//! Keeps pods off nodes whose taints they do not tolerate, and prefers nodes with fewer soft ones.
// Models pkg/scheduler/framework/plugins/tainttoleration/taint_toleration.go.

use std::rc::Rc;

use crate::api::component_helpers::{PREFER_NO_SCHEDULE, find_untolerated_taint, is_hard, tolerated};
use crate::api::core::{Node, Toleration};
use crate::scheduler::cache::{NodeInfo, PodInfo};
use crate::scheduler::framework::{
    Action, ClusterEvent, Filter, Handle, Interest, Plugin, PluginName, PreFilter, Rejection, Score, Verdict,
    default_normalise,
};

/// The plugin.
pub(super) struct TaintToleration;

#[derive(Clone)]
struct Tolerations(Rc<[Toleration]>);

/// Tolerations that count against soft taints.
struct SoftTolerations(Vec<Toleration>);

impl Plugin for TaintToleration {
    fn name(&self) -> PluginName {
        PluginName::TaintToleration
    }

    fn pre_filter(&self, _handle: &mut Handle<'_>, pod: &Rc<PodInfo>) -> PreFilter {
        PreFilter::Filter(Box::new(Tolerations(pod.pod.spec.tolerations.clone())))
    }

    fn pre_score(&self, _handle: &mut Handle<'_>, pod: &Rc<PodInfo>, _nodes: &[u32]) -> Option<Box<dyn Score>> {
        let tolerations = pod.pod.spec.tolerations.iter();
        let soft = tolerations.filter(|t| t.effect.is_empty() || &*t.effect == PREFER_NO_SCHEDULE);
        Some(Box::new(SoftTolerations(soft.cloned().collect())))
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
            return changed.meta.uid == *pod.uid();
        }
        let tolerations = &pod.pod.spec.tolerations;
        let keeps_off = |node: &Rc<Node>| find_untolerated_taint(&node.spec.taints, tolerations, is_hard).is_some();
        event.old_node().is_none_or(keeps_off) && event.new_node().is_some_and(|node| !keeps_off(node))
    }
}

impl Filter for Tolerations {
    fn filter(&self, node: &NodeInfo) -> Verdict {
        match find_untolerated_taint(&node.taints, &self.0, is_hard) {
            Some(_) => Err(Rejection::unresolvable("node(s) had untolerated taint(s)")),
            None => Ok(()),
        }
    }

    fn fork(&self) -> Box<dyn Filter> {
        Box::new(self.clone())
    }
}

impl Score for SoftTolerations {
    fn score(&self, node: &NodeInfo) -> i64 {
        let soft = node
            .node()
            .spec
            .taints
            .iter()
            .filter(|taint| &*taint.effect == PREFER_NO_SCHEDULE);
        soft.filter(|taint| !tolerated(&self.0, taint)).map(|_| 1).sum()
    }

    fn normalise(&self, _nodes: &[u32], scores: &mut [i64]) {
        default_normalise(scores, true);
    }
}
