//! Prefers nodes in places that have fewer pods.
// Models pkg/scheduler/framework/plugins/podtopologyspread/scoring.go.

use crate::sim::btree::BTreeSet;
use std::rc::Rc;

use super::constraint::{Constraint, HOSTNAME, Inclusion, SCHEDULE_ANYWAY, constraints_of, has_all_keys};
use super::logarithm::{FRACTION_BITS, ln, round};
use crate::api::core::Pod;
use crate::scheduler::cache::NodeInfo;
use crate::scheduler::framework::{Handle, MAX_NODE_SCORE, Score};

/// The soft constraints of a pod with the pods in each place.
pub(super) struct Preference {
    constraints: Vec<Weighted>,
    /// Nodes without the labels, which get no score.
    ignored: BTreeSet<u32>,
}

/// A constraint, weighted by its number of places.
struct Weighted {
    constraint: Constraint,
    /// Pods by place; empty where each node is a place of its own.
    places: Vec<i64>,
    /// In fixed point.
    weight: i128,
}

impl Preference {
    /// None where the pod has no soft constraint.
    // Models podtopologyspread PreScore.
    pub(super) fn new(handle: &mut Handle<'_>, pod: &Rc<Pod>, nodes: &[u32]) -> Option<Self> {
        let constraints = constraints_of(handle, pod, SCHEDULE_ANYWAY);
        if constraints.is_empty() {
            return None;
        }
        let own = !pod.spec.topology_spread_constraints.is_empty();
        let all_keys = own || !handle.profile.spread.system_defaulted;
        let counts = |id: &&u32| !all_keys || has_all_keys(&constraints, **id);
        let ignored: BTreeSet<u32> = nodes.iter().filter(|id| !counts(id)).copied().collect();
        let seen: Vec<u32> = nodes.iter().filter(counts).copied().collect();
        let order = handle.cache.order();
        let all: Vec<u32> = order.iter().filter(counts).copied().collect();
        let inclusion = Inclusion::of(pod);
        let weigh = |constraint: &Constraint| Weighted::new(handle, constraint, &inclusion, &seen, &all);
        Some(Self {
            constraints: constraints.iter().map(weigh).collect(),
            ignored,
        })
    }
}

impl Weighted {
    /// `seen` are the nodes to be scored, `all` those whose pods count.
    fn new(handle: &Handle<'_>, constraint: &Constraint, inclusion: &Inclusion, seen: &[u32], all: &[u32]) -> Self {
        let topology = &constraint.topology;
        let single = &*constraint.topology_key == HOSTNAME;
        let mut places = Vec::new();
        let size = if single {
            seen.len()
        } else {
            places = topology.zeros();
            for id in all {
                let counts = inclusion.includes(constraint, handle.cache.node(*id).node());
                if let Some(place) = topology.domain(*id).filter(|_| counts) {
                    places[place as usize] += constraint.count(*id);
                }
            }
            // Nodes without the label are together a place of their own.
            let mut there = vec![false; topology.domains as usize + 1];
            for id in seen {
                there[topology.domain(*id).map_or(0, |place| place as usize + 1)] = true;
            }
            there.into_iter().filter(|there| *there).count()
        };
        let size = u32::try_from(size).expect("a cluster has fewer nodes than that");
        Self {
            constraint: constraint.clone(),
            places,
            weight: ln(size + 2),
        }
    }

    /// The score of a node in fixed point; none where it lacks the label.
    // Models podtopologyspread scoreForCount.
    fn score(&self, node: u32) -> Option<i128> {
        let place = self.constraint.topology.domain(node)?;
        let pods = self
            .places
            .get(place as usize)
            .copied()
            .unwrap_or_else(|| self.constraint.count(node));
        Some(i128::from(pods) * self.weight + (i128::from(self.constraint.max_skew - 1) << FRACTION_BITS))
    }
}

impl Score for Preference {
    fn score(&self, node: &NodeInfo) -> i64 {
        if self.ignored.contains(&node.id) {
            return 0;
        }
        round(
            self.constraints
                .iter()
                .filter_map(|constraint| constraint.score(node.id))
                .sum(),
        )
    }

    fn normalise(&self, nodes: &[u32], scores: &mut [i64]) {
        let counted = || {
            nodes
                .iter()
                .zip(scores.iter())
                .filter(|(id, _)| !self.ignored.contains(id))
                .map(|(_, score)| *score)
        };
        let (min, max) = (counted().min().unwrap_or_default(), counted().max().unwrap_or_default());
        for (id, score) in nodes.iter().zip(scores) {
            *score = match max {
                _ if self.ignored.contains(id) => 0,
                0 => MAX_NODE_SCORE,
                _ => MAX_NODE_SCORE * (max + min - *score) / max,
            };
        }
    }
}
