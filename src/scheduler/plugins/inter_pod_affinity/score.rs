//! Prefers nodes near pods that are liked and away from those that are not.
// Models pkg/scheduler/framework/plugins/interpodaffinity/scoring.go.

use crate::sim::btree::BTreeMap;
use std::rc::Rc;

use super::namespaces::{Meant, by_name, labels_of};
use crate::api::Str;
use crate::api::labels::Labels;
use crate::scheduler::cache::{AffinityTerm, NodeCounts, NodeInfo, PodInfo, Topology};
use crate::scheduler::framework::{Handle, MAX_NODE_SCORE, Score};

/// How much each place is liked, by topology.
pub(super) struct Sympathies {
    places: BTreeMap<Str, Places>,
}

struct Places {
    topology: Rc<Topology>,
    liking: Vec<i64>,
}

impl Sympathies {
    /// None where nobody likes or dislikes anyone.
    // Models interpodaffinity PreScore.
    pub(super) fn new(handle: &mut Handle<'_>, pod: &Rc<PodInfo>) -> Option<Self> {
        let args = handle.profile.pod_affinity;
        let own = pod.terms.clone().unwrap_or_default();
        let has_own = !own.preferred.is_empty() || !own.preferred_anti.is_empty();
        if args.ignore_preferred_of_existing && !has_own {
            return None;
        }
        let mut sympathies = Self {
            places: BTreeMap::new(),
        };
        for (terms, sign) in [(&own.preferred, 1), (&own.preferred_anti, -1)] {
            for (term, weight) in terms {
                sympathies.add_own(handle, &by_name(handle.api, term), sign * weight);
            }
        }
        let namespace_labels = labels_of(handle.api, &pod.pod.meta.namespace);
        for (key, nodes, weight) in of_others(handle, pod, &namespace_labels) {
            let topology = handle.cache.topology(&key);
            sympathies.add(
                &key,
                &topology,
                nodes.iter().map(|(node, pods)| (*node, i64::from(*pods) * weight)),
            );
        }
        (!sympathies.places.is_empty()).then_some(sympathies)
    }

    /// Counts the pods that one of the pod's own terms means.
    fn add_own(&mut self, handle: &mut Handle<'_>, term: &AffinityTerm, weight: i64) {
        let topology = handle.cache.topology(&term.topology_key);
        let meant = Meant::by_all(handle, &[term]);
        let order = handle.cache.order();
        let pods = order
            .iter()
            .map(|node| (*node, meant.on(*node)))
            .filter(|(_, pods)| *pods > 0);
        self.add(
            &term.topology_key,
            &topology,
            pods.map(|(node, pods)| (node, pods * weight)),
        );
    }

    // Models interpodaffinity scoreMap.processTerm.
    fn add(&mut self, key: &Str, topology: &Rc<Topology>, nodes: impl Iterator<Item = (u32, i64)>) {
        for (node, liking) in nodes {
            if let Some(place) = topology.domain(node) {
                let new = || Places {
                    topology: topology.clone(),
                    liking: topology.zeros(),
                };
                let places = self.places.entry(key.clone()).or_insert_with(new);
                places.liking[place as usize] += liking;
            }
        }
    }
}

/// The terms of other pods that mean this one, with the nodes on which they stand and their weights.
// Models interpodaffinity processExistingPod.
fn of_others(handle: &Handle<'_>, pod: &PodInfo, namespace_labels: &Labels) -> Vec<(Str, NodeCounts, i64)> {
    let all = handle.cache.affinities();
    let hard_weight = handle.profile.pod_affinity.hard_weight;
    let hard = all
        .required
        .iter()
        .filter(|_| hard_weight > 0)
        .map(|(term, nodes)| (term, nodes, hard_weight));
    let liked = all
        .preferred
        .iter()
        .map(|((term, weight), nodes)| (term, nodes, *weight));
    let disliked = all
        .preferred_anti
        .iter()
        .map(|((term, weight), nodes)| (term, nodes, -*weight));
    let meant = hard
        .chain(liked)
        .chain(disliked)
        .filter(|(term, ..)| term.matches(&pod.pod, namespace_labels));
    meant
        .map(|(term, nodes, weight)| (term.topology_key.clone(), nodes.clone(), weight))
        .collect()
}

impl Score for Sympathies {
    fn score(&self, node: &NodeInfo) -> i64 {
        let around = |places: &Places| {
            places
                .topology
                .domain(node.id)
                .map(|place| places.liking[place as usize])
        };
        self.places.values().filter_map(around).sum()
    }

    fn normalise(&self, _nodes: &[u32], scores: &mut [i64]) {
        let (min, max) = (
            scores.iter().min().copied().unwrap_or(0),
            scores.iter().max().copied().unwrap_or(0),
        );
        for score in scores {
            *score = if max > min { share(*score - min, max - min) } else { 0 };
        }
    }
}

/// `part` of `whole`, out of 100.
///
/// In the floating point of upstream, whose rounding shows in the score; each step is exact by IEEE 754.
#[expect(
    clippy::float_arithmetic,
    clippy::cast_possible_truncation,
    reason = "bit for bit as upstream, and not stored"
)]
fn share(part: i64, whole: i64) -> i64 {
    (MAX_NODE_SCORE as f64 * (part as f64 / whole as f64)) as i64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_round_as_floats_do() {
        for (part, whole, want) in [(0, 7, 0), (7, 7, 100), (1, 3, 33), (29, 100, 28), (58, 100, 57)] {
            assert_eq!(share(part, whole), want, "{part} of {whole}");
        }
    }
}
