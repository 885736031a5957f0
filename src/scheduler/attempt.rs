//! One attempt to place a pod: which nodes will do, and which of them is best.
// Models pkg/scheduler/schedule_one.go schedulePod.

use std::rc::Rc;

use super::cache::PodInfo;
use super::framework::{
    Code, Filters, Handle, Nominations, PluginSet, PreFiltered, Rejection, Scores, fit_error, narrowed_out, pre_filter,
    score,
};
use super::plugins;
use crate::sim::Stream;

/// Below this many nodes all are looked at.
// Models pkg/scheduler/schedule_one.go minFeasibleNodesToFind.
const MIN_FEASIBLE_NODES_TO_FIND: usize = 100;
/// The smallest share of the nodes that is looked at, in percent.
// Models pkg/scheduler/schedule_one.go minFeasibleNodesPercentageToFind.
const MIN_FEASIBLE_NODES_PERCENTAGE_TO_FIND: usize = 5;

/// What came of looking for a node.
#[derive(Default)]
pub struct Attempt {
    /// How many nodes there are.
    pub total: u32,
    /// The nodes that will do, in the order in which they were found.
    pub feasible: Vec<u32>,
    /// Their scores; without plugins where there is nothing to choose.
    pub scores: Scores,
    /// The nodes that will not do, in the order in which they were looked at.
    pub rejected: Vec<(u32, Rejection)>,
    /// What the nodes say that are in neither list; absent where nobody looked at them.
    pub absent: Option<Rejection>,
    /// The refusal of the pod before any node was looked at.
    pub pre_filter: Option<Rejection>,
    /// Whether the nodes were searched: not where the pod was refused before, nor where its promised node will do.
    pub searched: bool,
    /// The plugins that refused.
    pub rejectors: PluginSet,
    /// What judged the nodes; none where the pod was refused before.
    pub filters: Option<Filters>,
}

/// How to search.
pub struct Search<'a> {
    /// Where in the order of nodes to start.
    pub start: u32,
    /// Whether to look at all nodes, however many will do.
    pub exhaustive: bool,
    /// Nodes that are promised to other pods.
    pub nominations: &'a Nominations,
}

impl Attempt {
    /// How many nodes were looked at or ruled out by name.
    #[must_use]
    pub fn processed(&self) -> u32 {
        count(self.feasible.len() + self.rejected.len())
    }

    /// What a node says; absent nodes count as beyond help.
    #[must_use]
    pub fn code_of(&self, node: u32) -> Code {
        let explicit = self
            .rejected
            .iter()
            .find(|(id, _)| *id == node)
            .map(|(_, rejection)| rejection);
        let rejection = explicit.or(self.absent.as_ref());
        rejection.map_or(Code::UnschedulableAndUnresolvable, |rejection| rejection.code)
    }

    /// The sentence about nodes that all refuse the pod.
    #[must_use]
    pub fn message(&self) -> String {
        let explicit = self.rejected.iter().map(|(_, rejection)| rejection);
        fit_error(
            self.total as usize,
            self.pre_filter.as_ref(),
            explicit,
            self.absent.as_ref(),
        )
    }

    /// The places in `feasible` of the best nodes.
    #[must_use]
    pub fn best(&self) -> Vec<usize> {
        let highest = self.scores.totals.iter().max();
        let best = self
            .scores
            .totals
            .iter()
            .enumerate()
            .filter(|(_, total)| Some(*total) == highest);
        best.map(|(place, _)| place).collect()
    }

    /// The node chosen: one of the best by lot.
    #[must_use]
    pub fn choose(&self, lots: &mut Stream) -> Option<u32> {
        let best = self.best();
        let lot = if best.len() > 1 {
            lots.below(best.len() as u64)
        } else {
            0
        };
        let place = best.get(usize::try_from(lot).ok()?)?;
        self.feasible.get(*place).copied()
    }

    fn reject(&mut self, node: u32, rejection: Rejection) {
        if let Some(plugin) = rejection.plugin {
            self.rejectors.insert(plugin);
        }
        self.rejected.push((node, rejection));
    }
}

/// Looks for a node for the pod.
pub fn schedule_pod(handle: &mut Handle<'_>, pod: &Rc<PodInfo>, search: &Search<'_>) -> Attempt {
    let order = handle.cache.order();
    let mut attempt = Attempt {
        total: count(order.len()),
        ..Attempt::default()
    };
    let pre = match pre_filter(plugins::ALL, handle, pod) {
        Ok(pre) => pre,
        Err(rejection) => {
            attempt.rejectors.extend(rejection.plugin);
            attempt.absent = Some(rejection.clone());
            attempt.pre_filter = Some(rejection);
            return attempt;
        }
    };
    let promised = handle
        .cache
        .id_of(&pod.pod.status.nominated_node_name)
        .filter(|_| !search.exhaustive);
    if let Some(node) = promised {
        let verdict = pre
            .filters
            .run_with_nominated(pod, handle.cache.node(node), search.nominations);
        attempt.feasible.extend(verdict.is_ok().then_some(node));
    }
    if attempt.feasible.is_empty() {
        attempt.searched = true;
        let nodes = nodes_to_look_at(handle, &pre, &order, &mut attempt);
        find_feasible(handle, pod, &pre.filters, &nodes, search, &mut attempt);
    }
    attempt.filters = Some(pre.filters);
    attempt.scores = match attempt.feasible.as_slice() {
        [_] if !search.exhaustive => Scores {
            plugins: Vec::new(),
            totals: vec![0],
        },
        nodes => score(plugins::ALL, handle, pod, nodes),
    };
    attempt
}

/// All nodes, or those that plugins left.
fn nodes_to_look_at(handle: &Handle<'_>, pre: &PreFiltered, order: &Rc<[u32]>, attempt: &mut Attempt) -> Rc<[u32]> {
    let Some(names) = &pre.nodes else { return order.clone() };
    attempt.rejectors = pre.narrowed_by;
    attempt.absent = Some(narrowed_out(pre.narrowed_by));
    names.iter().filter_map(|name| handle.cache.id_of(name)).collect()
}

/// Judges nodes until enough will do.
// Models pkg/scheduler/schedule_one.go findNodesThatPassFilters.
fn find_feasible(
    handle: &Handle<'_>,
    pod: &PodInfo,
    filters: &Filters,
    nodes: &[u32],
    search: &Search<'_>,
    attempt: &mut Attempt,
) {
    let enough = if search.exhaustive {
        nodes.len()
    } else {
        nodes_to_find(handle, nodes.len())
    };
    for step in 0..nodes.len() {
        let id = nodes[(search.start as usize + step) % nodes.len()];
        match filters.run_with_nominated(pod, handle.cache.node(id), search.nominations) {
            // The node after the last one that is needed ends the search.
            Ok(()) if attempt.feasible.len() == enough => return,
            Ok(()) => attempt.feasible.push(id),
            Err(rejection) => attempt.reject(id, rejection),
        }
    }
}

fn count(nodes: usize) -> u32 {
    u32::try_from(nodes).expect("a cluster has fewer nodes than that")
}

/// How many fit nodes are enough.
// Models pkg/scheduler/schedule_one.go numFeasibleNodesToFind.
fn nodes_to_find(handle: &Handle<'_>, nodes: usize) -> usize {
    if nodes < MIN_FEASIBLE_NODES_TO_FIND {
        return nodes;
    }
    let percentage = match handle.profile.percentage_of_nodes_to_score {
        0 => 50_usize
            .saturating_sub(nodes / 125)
            .max(MIN_FEASIBLE_NODES_PERCENTAGE_TO_FIND),
        set => set as usize,
    };
    (nodes * percentage / 100).max(MIN_FEASIBLE_NODES_TO_FIND)
}
