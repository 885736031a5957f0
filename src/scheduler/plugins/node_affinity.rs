//! Node selectors and node affinity.
// Models pkg/scheduler/framework/plugins/nodeaffinity/node_affinity.go.

use crate::sim::btree::BTreeSet;
use std::rc::Rc;

use crate::api::Str;
use crate::api::component_helpers::{NodeMatcher, PreferredNodes, RequiredNodes};
use crate::api::core::{NodeAffinity as Affinity, NodeSelectorTerm, Pod};
use crate::scheduler::cache::{NodeInfo, PodInfo};
use crate::scheduler::framework::{
    Action, ClusterEvent, Filter, Handle, Interest, Plugin, PluginName, PreFilter, Profile, Rejection, Score, Verdict,
    default_normalise,
};

/// The plugin.
pub(super) struct NodeAffinity;

#[derive(Clone)]
struct Demands {
    /// What the profile demands for every pod.
    added: Option<NodeMatcher>,
    own: RequiredNodes,
}

struct Wishes {
    added: PreferredNodes,
    own: PreferredNodes,
}

impl Plugin for NodeAffinity {
    fn name(&self) -> PluginName {
        PluginName::NodeAffinity
    }

    fn pre_filter(&self, handle: &mut Handle<'_>, pod: &Rc<PodInfo>) -> PreFilter {
        let demands = Demands {
            added: added(handle.profile),
            own: RequiredNodes::of(&pod.pod),
        };
        if demands.added.is_none() && demands.own.is_empty() {
            return PreFilter::Skip;
        }
        match named_nodes(&pod.pod) {
            Some(names) if names.is_empty() => {
                PreFilter::Reject(Rejection::unresolvable("pod affinity terms conflict"))
            }
            Some(names) => PreFilter::Narrow(names, Box::new(demands)),
            None => PreFilter::Filter(Box::new(demands)),
        }
    }

    fn pre_score(&self, handle: &mut Handle<'_>, pod: &Rc<PodInfo>, _nodes: &[u32]) -> Option<Box<dyn Score>> {
        let added = handle
            .profile
            .added_affinity
            .as_ref()
            .filter(|affinity| !affinity.preferred.is_empty());
        let own = affinity(&pod.pod).filter(|affinity| !affinity.preferred.is_empty());
        if added.is_none() && own.is_none() {
            return None;
        }
        let wishes = |affinity: Option<&Affinity>| {
            affinity
                .map(|affinity| PreferredNodes::new(&affinity.preferred))
                .unwrap_or_default()
        };
        Some(Box::new(Wishes {
            added: wishes(added),
            own: wishes(own),
        }))
    }

    fn interests(&self) -> &'static [Interest] {
        const INTERESTS: &[Interest] = &[Interest::Node(Action::ADD.or(Action::NODE_LABEL))];
        INTERESTS
    }

    fn hint(&self, handle: &mut Handle<'_>, pod: &PodInfo, event: &ClusterEvent) -> bool {
        let demands = Demands {
            added: added(handle.profile),
            own: RequiredNodes::of(&pod.pod),
        };
        let Some(node) = event.new_node() else { return false };
        let matched = event.old_node().is_some_and(|node| demands.own.matches(node));
        !matched && demands.own.matches(node) && demands.added.is_none_or(|added| added.matches(node))
    }
}

fn added(profile: &Profile) -> Option<NodeMatcher> {
    profile.added_affinity.as_ref()?.required.as_ref().map(NodeMatcher::new)
}

fn affinity(pod: &Pod) -> Option<&Affinity> {
    pod.spec.affinity.as_ref()?.node_affinity.as_ref()
}

/// The nodes that the pod asks for by name in every term, as pods of a DaemonSet do.
fn named_nodes(pod: &Pod) -> Option<BTreeSet<Str>> {
    let terms = &affinity(pod)?.required.as_ref()?.node_selector_terms;
    if terms.is_empty() {
        return None;
    }
    let mut names = BTreeSet::new();
    for term in terms.iter() {
        names.extend(named_by(term)?);
    }
    Some(names)
}

fn named_by(term: &NodeSelectorTerm) -> Option<BTreeSet<Str>> {
    let by_name = term
        .match_fields
        .iter()
        .filter(|field| &*field.key == "metadata.name" && &*field.operator == "In");
    by_name
        .map(|field| field.values.iter().cloned().collect::<BTreeSet<Str>>())
        .reduce(|names, more| names.intersection(&more).cloned().collect())
}

impl Filter for Demands {
    fn filter(&self, node: &NodeInfo) -> Verdict {
        if self.added.as_ref().is_some_and(|added| !added.matches(node.node())) {
            return Err(Rejection::unresolvable(
                "node(s) didn't match scheduler-enforced node affinity",
            ));
        }
        if !self.own.matches(node.node()) {
            return Err(Rejection::unresolvable(
                "node(s) didn't match Pod's node affinity/selector",
            ));
        }
        Ok(())
    }

    fn fork(&self) -> Box<dyn Filter> {
        Box::new(self.clone())
    }
}

impl Score for Wishes {
    fn score(&self, node: &NodeInfo) -> i64 {
        self.added.score(node.node()) + self.own.score(node.node())
    }

    fn normalise(&self, _nodes: &[u32], scores: &mut [i64]) {
        default_normalise(scores, false);
    }
}
