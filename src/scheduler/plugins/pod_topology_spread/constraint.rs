//! The constraints of a pod, its own or those by default.
// Models pkg/scheduler/framework/plugins/podtopologyspread/common.go.

use std::rc::Rc;

use super::default_selector::default_selector;
use crate::api::Str;
use crate::api::component_helpers::{RequiredNodes, find_untolerated_taint, is_hard};
use crate::api::core::{Node, Pod, TopologySpreadConstraint};
use crate::api::labels::{Labels, Selector};
use crate::scheduler::cache::{Counted, PodCounts, Topology};
use crate::scheduler::framework::Handle;

/// What happens to a pod that would break the constraint: it is not placed.
pub(super) const DO_NOT_SCHEDULE: &str = "DoNotSchedule";
/// What happens to a pod that would break the constraint: it is placed elsewhere where that is possible.
pub(super) const SCHEDULE_ANYWAY: &str = "ScheduleAnyway";
/// The label whose values are single nodes.
pub(super) const HOSTNAME: &str = "kubernetes.io/hostname";

/// A constraint, ready to count.
#[derive(Clone)]
pub(super) struct Constraint {
    pub(super) max_skew: i64,
    pub(super) topology_key: Str,
    pub(super) topology: Rc<Topology>,
    pub(super) selector: Selector,
    pub(super) min_domains: i64,
    /// Whether nodes that the pod's node selector or affinity rules out do not count.
    honors_affinity: bool,
    /// Whether nodes whose taints the pod does not tolerate do not count.
    honors_taints: bool,
    /// The pods that count, by node.
    counts: PodCounts,
}

/// The nodes that count for a pod.
#[derive(Clone)]
pub(super) struct Inclusion {
    pod: Rc<Pod>,
    required: RequiredNodes,
}

impl Inclusion {
    pub(super) fn of(pod: &Rc<Pod>) -> Self {
        Self {
            required: RequiredNodes::of(pod),
            pod: pod.clone(),
        }
    }

    /// Whether the node counts for the constraint.
    // Models podtopologyspread matchNodeInclusionPolicies.
    pub(super) fn includes(&self, constraint: &Constraint, node: &Node) -> bool {
        let fits = !constraint.honors_affinity || self.required.is_empty() || self.required.matches(node);
        let tolerations = &self.pod.spec.tolerations;
        fits && !(constraint.honors_taints && find_untolerated_taint(&node.spec.taints, tolerations, is_hard).is_some())
    }
}

impl Constraint {
    fn new(handle: &mut Handle<'_>, pod: &Pod, constraint: &TopologySpreadConstraint, selector: Selector) -> Self {
        let counted = Counted {
            namespace: Some(pod.meta.namespace.clone()),
            selector: selector.clone(),
            live_only: true,
        };
        // A selector without any requirement counts nothing, though the pod itself matches it.
        let counts = if selector.is_everything() {
            PodCounts::default()
        } else {
            handle.cache.counts(&counted)
        };
        Self {
            max_skew: i64::from(constraint.max_skew),
            topology_key: constraint.topology_key.clone(),
            topology: handle.cache.topology(&constraint.topology_key),
            selector,
            min_domains: i64::from(constraint.min_domains.unwrap_or(1)),
            honors_affinity: constraint
                .node_affinity_policy
                .as_deref()
                .is_none_or(|policy| policy == "Honor"),
            honors_taints: constraint.node_taints_policy.as_deref() == Some("Honor"),
            counts,
        }
    }

    /// How many pods of a node count.
    pub(super) fn count(&self, node: u32) -> i64 {
        self.counts.get(node as usize).map_or(0, |count| i64::from(*count))
    }
}

/// The constraints of that action: the pod's own, or, where it has none at all, those by default.
// Models podtopologyspread getConstraints and buildDefaultConstraints.
pub(super) fn constraints_of(handle: &mut Handle<'_>, pod: &Pod, action: &str) -> Vec<Constraint> {
    let own = &pod.spec.topology_spread_constraints;
    if !own.is_empty() {
        let own = own
            .iter()
            .filter(|constraint| &*constraint.when_unsatisfiable == action);
        return own
            .map(|constraint| Constraint::new(handle, pod, constraint, selector_of(constraint, pod)))
            .collect();
    }
    let defaults = handle.profile.spread.default_constraints.iter();
    let defaults: Vec<_> = defaults
        .filter(|constraint| &*constraint.when_unsatisfiable == action)
        .cloned()
        .collect();
    if defaults.is_empty() {
        return Vec::new();
    }
    let selector = default_selector(handle.api, pod);
    if selector.is_everything() {
        return Vec::new();
    }
    defaults
        .iter()
        .map(|constraint| Constraint::new(handle, pod, constraint, selector.clone()))
        .collect()
}

/// The selectors of the pod's own hard constraints with their labels, for those who only want to match.
pub(super) fn hard_constraints(pod: &Pod) -> Vec<(&TopologySpreadConstraint, Selector)> {
    let own = pod.spec.topology_spread_constraints.iter();
    let hard = own.filter(|constraint| &*constraint.when_unsatisfiable == DO_NOT_SCHEDULE);
    hard.map(|constraint| (constraint, selector_of(constraint, pod)))
        .collect()
}

/// The selector of a constraint, narrowed by the pod's own values of the labels that it names.
// Models podtopologyspread filterTopologySpreadConstraints and mergeLabelSetWithSelector.
fn selector_of(constraint: &TopologySpreadConstraint, pod: &Pod) -> Selector {
    let selector = Selector::from_label_selector(constraint.label_selector.as_ref()).unwrap_or(Selector::Nothing);
    let own = constraint
        .match_label_keys
        .iter()
        .filter_map(|key| Some((key.clone(), pod.meta.label(key)?.clone())));
    let own: Labels = own.collect();
    match selector {
        Selector::All(requirements) if !own.is_empty() => {
            let narrowed = Selector::from_set(&own)
                .requirements()
                .iter()
                .cloned()
                .chain(requirements)
                .collect();
            Selector::new(narrowed)
        }
        other => other,
    }
}

/// Whether the node has the labels of all constraints.
// Models podtopologyspread nodeLabelsMatchSpreadConstraints.
pub(super) fn has_all_keys(constraints: &[Constraint], node: u32) -> bool {
    constraints
        .iter()
        .all(|constraint| constraint.topology.domain(node).is_some())
}
