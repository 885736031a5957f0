//! The affinity terms of the pods on nodes, each different one once with the nodes it stands on.

use crate::sim::btree::BTreeMap;

use super::pod_info::PodInfo;
use super::terms::AffinityTerm;

/// How many pods with a term stand on each node.
pub type NodeCounts = BTreeMap<u32, u32>;

/// Terms of one sort.
pub type TermCounts<T> = BTreeMap<T, NodeCounts>;

/// All terms by sort.
#[derive(Clone, Debug, Default)]
pub struct Affinities {
    /// What pods require near.
    pub required: TermCounts<AffinityTerm>,
    /// What pods require away.
    pub required_anti: TermCounts<AffinityTerm>,
    /// What pods like near, with weights.
    pub preferred: TermCounts<(AffinityTerm, i64)>,
    /// What pods like away, with weights.
    pub preferred_anti: TermCounts<(AffinityTerm, i64)>,
}

impl Affinities {
    /// A pod came to a node, or left it.
    pub(super) fn change(&mut self, pod: &PodInfo, node: u32, came: bool) {
        let Some(terms) = &pod.terms else { return };
        change(&mut self.required, &terms.required, node, came);
        change(&mut self.required_anti, &terms.required_anti, node, came);
        change(&mut self.preferred, &terms.preferred, node, came);
        change(&mut self.preferred_anti, &terms.preferred_anti, node, came);
    }
}

fn change<T: Ord + Clone>(counts: &mut TermCounts<T>, terms: &[T], node: u32, came: bool) {
    for term in terms {
        if came {
            *counts.entry(term.clone()).or_default().entry(node).or_default() += 1;
        } else if let Some(nodes) = counts.get_mut(term) {
            leave(nodes, node);
            if nodes.is_empty() {
                counts.remove(term);
            }
        }
    }
}

fn leave(nodes: &mut NodeCounts, node: u32) {
    if let Some(count) = nodes.get_mut(&node) {
        *count -= 1;
        if *count == 0 {
            nodes.remove(&node);
        }
    }
}
