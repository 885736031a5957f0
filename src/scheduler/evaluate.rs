//! Works out what the scheduler would do with a pod, from the objects alone.

use crate::sim::btree::BTreeSet;
use std::rc::Rc;

use super::attempt::{Attempt, Search, schedule_pod};
use super::cache::{Cache, NodeInfo, PodInfo};
use super::explain::{Explanation, FilterVerdict, NO_NODES, NodeExplanation, join, key_of, lots};
use super::framework::{Handle, Nominations, Profile};
use super::plugins::FILTERS;
use super::preemption::post_filter;
use crate::api::Str;
use crate::api::core::Pod;
use crate::apiserver::ApiServer;
use crate::sim::{Arrange, SimTime};

/// What a gated pod is told.
// Models pkg/registry/core/pod/strategy.go applySchedulingGatedCondition.
const GATED: &str = "Scheduling is blocked due to non-empty scheduling gates";

/// Everything about a pod and all nodes: the verdict of every filter, the scores of the nodes that will do, the choice, or
/// the sentence of the refusal. The pod is looked at as if it had no node yet.
#[must_use]
pub fn explain(api: &ApiServer, pod: &Rc<Pod>, seed: u64, at: SimTime) -> Explanation {
    let (mut cache, profile) = (Cache::of(api, Some(&pod.meta.uid)), Profile::default());
    let mut handle = Handle {
        cache: &mut cache,
        api,
        profile: &profile,
    };
    let info = Rc::new(PodInfo::new(&unplaced(pod)));
    let nominations = Nominations::of(api, &pod.meta.uid);
    let search = Search {
        start: 0,
        exhaustive: true,
        nominations: &nominations,
    };
    let attempt = schedule_pod(&mut handle, &info, &search);
    let mut explanation = Explanation::of(handle.cache, pod, at, &attempt, usize::MAX);
    add_verdicts(&mut handle, &attempt, &mut explanation);
    let mut lots = lots(seed, &info, 1);
    if !pod.spec.scheduling_gates.is_empty() {
        explanation.message = GATED.into();
    } else if let Some(node) = attempt.choose(&mut lots) {
        let name = handle.cache.node(node).name().clone();
        explanation.message = format!("Successfully assigned {} to {name}", explanation.pod).into();
        explanation.chosen = Some(name);
    } else if attempt.total == 0 {
        explanation.message = NO_NODES.into();
    } else {
        let after = post_filter(&mut handle, &info, &attempt, &nominations, &mut lots);
        explanation.message = join(&attempt.message(), &after.message).into();
        explanation.nominated = after.candidate.as_ref().map(|candidate| candidate.node.clone());
        explanation.victims = after
            .candidate
            .iter()
            .flat_map(|candidate| &candidate.victims)
            .map(key_of)
            .collect();
    }
    explanation
}

/// Adds the nodes that nobody looked at, and to every node what each filter says of it.
fn add_verdicts(handle: &mut Handle<'_>, attempt: &Attempt, explanation: &mut Explanation) {
    let named: BTreeSet<Str> = explanation.nodes.iter().map(|node| node.node.clone()).collect();
    let order = handle.cache.order();
    for id in order.iter() {
        let name = handle.cache.node(*id).name();
        if !named.contains(name) {
            explanation.nodes.push(NodeExplanation {
                node: name.clone(),
                filters: Vec::new(),
                decided_by: attempt.absent.as_ref().and_then(|rejection| rejection.plugin),
                scores: Vec::new(),
                total: None,
            });
        }
    }
    explanation.left_out = 0;
    for node in &mut explanation.nodes {
        if let Some(id) = handle.cache.id_of(&node.node) {
            node.filters = verdicts(attempt, handle.cache.node(id));
        }
    }
}

/// What each filter says of a node. One that has nothing to say about the pod lets it pass; one that refused the pod
/// outright refuses every node.
fn verdicts(attempt: &Attempt, node: &NodeInfo) -> Vec<FilterVerdict> {
    let mut said: Vec<FilterVerdict> = match (&attempt.filters, &attempt.pre_filter) {
        (Some(filters), _) => filters.run_all(node).map(FilterVerdict::new).collect(),
        (None, Some(refusal)) => refusal
            .plugin
            .map(|plugin| FilterVerdict::refusal(plugin, refusal))
            .into_iter()
            .collect(),
        (None, None) => Vec::new(),
    };
    for plugin in FILTERS {
        if !said.iter().any(|verdict| verdict.plugin == plugin) {
            said.push(FilterVerdict::new((plugin, Ok(()))));
        }
    }
    said.arrange_by_key(|verdict| verdict.plugin);
    said
}

/// The pod as it was before it got its node.
fn unplaced(pod: &Rc<Pod>) -> Rc<Pod> {
    if pod.spec.node_name.is_empty() {
        return pod.clone();
    }
    let mut unplaced = (**pod).clone();
    Rc::make_mut(&mut unplaced.spec).node_name = Str::default();
    Rc::new(unplaced)
}
