//! What a plugin is.
//!
//! A plugin looks at a pod once and then at each node. What it works out of the pod and of the cluster it keeps in the
//! [`Filter`] or [`Score`] that it makes for the pod; upstream keeps it in a cycle state under a key.

use crate::sim::btree::BTreeSet;
use std::rc::Rc;

use super::event::{ClusterEvent, Interest};
use super::profile::Profile;
use super::status::{PluginName, Rejection, Verdict};
use crate::api::Str;
use crate::apiserver::ApiServer;
use crate::scheduler::cache::{Cache, NodeInfo, PodInfo};

/// The highest score of a node.
pub const MAX_NODE_SCORE: i64 = 100;

/// What plugins may look at.
pub struct Handle<'a> {
    /// Nodes and the pods on them.
    pub cache: &'a mut Cache,
    /// Everything else: namespaces, services, owners, claims.
    pub api: &'a ApiServer,
    /// How plugins are set up.
    pub profile: &'a Profile,
}

/// What a plugin makes of a pod before it looks at nodes.
pub enum PreFilter {
    /// The plugin has nothing to say about this pod.
    Skip,
    /// The pod is refused whatever the nodes.
    Reject(Rejection),
    /// Each node is to be looked at.
    Filter(Box<dyn Filter>),
    /// Only these nodes can do, and each is to be looked at.
    Narrow(BTreeSet<Str>, Box<dyn Filter>),
}

/// A plugin that has seen the pod, ready to judge nodes.
pub trait Filter {
    /// Whether the node will do.
    ///
    /// # Errors
    /// Why not.
    fn filter(&self, node: &NodeInfo) -> Verdict;

    /// Supposes that a pod came to the node (`by` 1) or left it (-1).
    // Models k8s.io/kube-scheduler/framework PreFilterExtensions.
    fn suppose(&mut self, _pod: &PodInfo, _node: &NodeInfo, _by: i64) {}

    /// A copy to suppose things on.
    fn fork(&self) -> Box<dyn Filter>;
}

/// A plugin that has seen the pod and the nodes that will do, ready to score them.
pub trait Score {
    /// How good the node is, before normalisation.
    fn score(&self, node: &NodeInfo) -> i64;

    /// Brings the scores of all nodes to 0..=100.
    fn normalise(&self, _nodes: &[u32], _scores: &mut [i64]) {}
}

/// A plugin.
// Models k8s.io/kube-scheduler/framework Plugin with its extension points.
pub trait Plugin {
    /// Its name.
    fn name(&self) -> PluginName;

    /// Looks at the pod.
    fn pre_filter(&self, _handle: &mut Handle<'_>, _pod: &Rc<PodInfo>) -> PreFilter {
        PreFilter::Skip
    }

    /// Looks at the pod and the nodes that will do; none where the plugin has nothing to say.
    fn pre_score(&self, _handle: &mut Handle<'_>, _pod: &Rc<PodInfo>, _nodes: &[u32]) -> Option<Box<dyn Score>> {
        None
    }

    /// The events that could make it change its mind.
    fn interests(&self) -> &'static [Interest] {
        &[]
    }

    /// Whether the event, one of its interests, might let in a pod that it refused.
    fn hint(&self, _handle: &mut Handle<'_>, _pod: &PodInfo, _event: &ClusterEvent) -> bool {
        true
    }
}

/// Brings scores to 0..=100 by the highest; `reverse` makes the lowest the best.
// Models pkg/scheduler/framework/plugins/helper/normalize_score.go DefaultNormalizeScore.
pub fn default_normalise(scores: &mut [i64], reverse: bool) {
    let max = scores.iter().copied().max().unwrap_or_default().max(0);
    for score in scores {
        let share = if max == 0 { 0 } else { MAX_NODE_SCORE * *score / max };
        *score = if reverse { MAX_NODE_SCORE - share } else { share };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn normalisation_is_by_the_highest() {
        for (scores, reverse, want) in [
            ([0, 0, 0], false, [0, 0, 0]),
            ([0, 0, 0], true, [100, 100, 100]),
            ([1, 2, 3], false, [33, 66, 100]),
            ([1, 2, 3], true, [67, 34, 0]),
        ] {
            let mut got = scores;
            default_normalise(&mut got, reverse);
            assert_eq!(got, want, "{scores:?} reversed {reverse}");
        }
    }
}
