//! Affinity between pods.
// Models pkg/scheduler/framework/plugins/interpodaffinity.

mod filter;
mod namespaces;
mod score;

use std::rc::Rc;

use crate::api::core::{Node, Pod};
use crate::api::labels::Labels;
use crate::scheduler::cache::{AffinityTerm, PodInfo, Terms};
use crate::scheduler::framework::{
    Action, ClusterEvent, Handle, Interest, Plugin, PluginName, PreFilter, Rejection, Score,
};
use filter::Neighbours;
use score::Sympathies;

/// The plugin.
pub(super) struct InterPodAffinity;

impl Plugin for InterPodAffinity {
    fn name(&self) -> PluginName {
        PluginName::InterPodAffinity
    }

    fn pre_filter(&self, handle: &mut Handle<'_>, pod: &Rc<PodInfo>) -> PreFilter {
        if let Some(why) = pod.terms.as_ref().and_then(|terms| terms.broken.as_ref()) {
            return PreFilter::Reject(Rejection::unresolvable(format!("parsing pod: {why}")));
        }
        match Neighbours::new(handle, pod) {
            Some(neighbours) => PreFilter::Filter(Box::new(neighbours)),
            None => PreFilter::Skip,
        }
    }

    fn pre_score(&self, handle: &mut Handle<'_>, pod: &Rc<PodInfo>, _nodes: &[u32]) -> Option<Box<dyn Score>> {
        Sympathies::new(handle, pod).map(|sympathies| Box::new(sympathies) as Box<dyn Score>)
    }

    fn interests(&self) -> &'static [Interest] {
        const INTERESTS: &[Interest] = &[
            Interest::Pod(Action::ADD.or(Action::POD_LABEL).or(Action::DELETE)),
            Interest::Node(Action::ADD.or(Action::NODE_LABEL)),
        ];
        INTERESTS
    }

    fn hint(&self, _handle: &mut Handle<'_>, pod: &PodInfo, event: &ClusterEvent) -> bool {
        let none = Rc::default();
        let terms = pod.terms.as_ref().unwrap_or(&none);
        if let Some(node) = event.new_node() {
            return node_helps(terms, event.old_node(), node);
        }
        pod_helps(pod, terms, event.old_pod(), event.new_pod())
    }
}

/// Whether the pod is meant by all terms, of which there must be one.
// Models interpodaffinity podMatchesAllAffinityTerms.
fn is_meant_by_all(terms: &[AffinityTerm], pod: &Pod) -> bool {
    !terms.is_empty() && terms.iter().all(|term| term.matches(pod, &Labels::new()))
}

/// Whether a pod that came, changed or went may help a waiting one.
// Models interpodaffinity isSchedulableAfterPodChange.
fn pod_helps(waiting: &PodInfo, terms: &Terms, old: Option<&Rc<Pod>>, new: Option<&Rc<Pod>>) -> bool {
    if old.is_some() && new.is_some_and(|new| new.meta.uid == *waiting.uid()) {
        return true;
    }
    let nowhere = |pod: &&Rc<Pod>| pod.spec.node_name.is_empty() && pod.status.nominated_node_name.is_empty();
    if new.iter().any(nowhere) || old.iter().any(nowhere) {
        return false;
    }
    let (near, away) = (
        |pod: &Pod| is_meant_by_all(&terms.required, pod),
        |pod: &Pod| is_meant_by_all(&terms.required_anti, pod),
    );
    match (old, new) {
        (Some(old), Some(new)) => !near(old) && near(new) || away(old) && !away(new),
        (None, Some(new)) => near(new),
        (Some(old), None) => {
            let of_gone = Terms::of(old);
            let repelled = of_gone.is_some_and(|gone| is_meant_by_all(&gone.required_anti, &waiting.pod));
            away(old) || repelled
        }
        (None, None) => true,
    }
}

/// Whether a node that came or changed may help a pod with these terms.
// Models interpodaffinity isSchedulableAfterNodeChange.
fn node_helps(terms: &Terms, old: Option<&Rc<Node>>, new: &Node) -> bool {
    let place = |node: &Node, term: &AffinityTerm| node.meta.labels.get(&term.topology_key).cloned();
    let came = |term: &AffinityTerm| {
        let now = place(new, term);
        now.is_some() && old.and_then(|old| place(old, term)) != now
    };
    let left = |term: &AffinityTerm| {
        old.is_none_or(|old| {
            let before = place(old, term);
            before.is_some() && before != place(new, term)
        })
    };
    terms.required.iter().any(came) || terms.required_anti.iter().any(left)
}
