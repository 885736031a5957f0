//! What a new pod gets from the server: its first status, and selectors completed from its labels.
// Models pkg/registry/core/pod/strategy.go.

use std::rc::Rc;

use crate::api::Str;
use crate::api::core::{Affinity, Pod, PodAffinityTerm, qos_class};
use crate::api::labels::{LabelSelector, LabelSelectorRequirement, Labels};
use crate::api::meta::Condition;
use crate::api::time::Time;

// Models podStrategy.PrepareForCreate.
pub(super) fn first_status(pod: &mut Pod, now: Time) {
    pod.status.phase = "Pending".into();
    pod.status.qos_class = qos_class(&pod.spec).into();
    if !pod.spec.scheduling_gates.is_empty() {
        pod.status.conditions = [Condition {
            kind: "PodScheduled".into(),
            status: "False".into(),
            reason: "SchedulingGated".into(),
            message: "Scheduling is blocked due to non-empty scheduling gates".into(),
            last_transition_time: Some(now),
            ..Condition::default()
        }]
        .into();
    }
}

/// Adds the pod's own values of `matchLabelKeys` and `mismatchLabelKeys` to the selectors they stand beside.
// Models mutatePodAffinity and mutateTopologySpreadConstraints.
pub(super) fn complete_selectors(pod: &mut Pod) {
    let labels = pod.meta.labels.clone();
    let by_keys = |term: &PodAffinityTerm| !term.match_label_keys.is_empty() || !term.mismatch_label_keys.is_empty();
    let terms = pod.spec.affinity.as_deref().map(affinity_terms).unwrap_or_default();
    if terms.into_iter().any(by_keys) {
        let spec = Rc::make_mut(&mut pod.spec);
        if let Some(affinity) = spec.affinity.as_mut().map(Rc::make_mut) {
            each_term(affinity, |term| complete_term(term, &labels));
        }
    }
    if pod
        .spec
        .topology_spread_constraints
        .iter()
        .any(|constraint| !constraint.match_label_keys.is_empty())
    {
        let spec = Rc::make_mut(&mut pod.spec);
        for constraint in Rc::make_mut(&mut spec.topology_spread_constraints) {
            if let Some(selector) = &mut constraint.label_selector {
                add_keys(selector, &constraint.match_label_keys, "In", &labels);
            }
        }
    }
}

fn affinity_terms(affinity: &Affinity) -> Vec<&PodAffinityTerm> {
    let mut terms = Vec::new();
    if let Some(near) = &affinity.pod_affinity {
        terms.extend(near.required.iter());
        terms.extend(near.preferred.iter().map(|wish| &wish.pod_affinity_term));
    }
    if let Some(away) = &affinity.pod_anti_affinity {
        terms.extend(away.required.iter());
        terms.extend(away.preferred.iter().map(|wish| &wish.pod_affinity_term));
    }
    terms
}

fn each_term(affinity: &mut Affinity, change: impl Fn(&mut PodAffinityTerm)) {
    let near = affinity
        .pod_affinity
        .as_mut()
        .map(|near| (&mut near.required, &mut near.preferred));
    let away = affinity
        .pod_anti_affinity
        .as_mut()
        .map(|away| (&mut away.required, &mut away.preferred));
    for (required, preferred) in near.into_iter().chain(away) {
        Rc::make_mut(required).iter_mut().for_each(&change);
        Rc::make_mut(preferred)
            .iter_mut()
            .for_each(|wish| change(&mut wish.pod_affinity_term));
    }
}

fn complete_term(term: &mut PodAffinityTerm, labels: &Labels) {
    if let Some(selector) = &mut term.label_selector {
        add_keys(selector, &term.match_label_keys, "In", labels);
        add_keys(selector, &term.mismatch_label_keys, "NotIn", labels);
    }
}

// Models applyLabelKeysToLabelSelector.
fn add_keys(selector: &mut LabelSelector, keys: &[Str], operator: &str, labels: &Labels) {
    for key in keys {
        if let Some(value) = labels.get(key) {
            selector.match_expressions.push(LabelSelectorRequirement {
                key: key.clone(),
                operator: operator.into(),
                values: vec![value.clone()],
            });
        }
    }
}

/// Notes on a pod that it has a node now; a node that it was promised is forgotten.
// Models pkg/registry/core/pod/storage/storage.go setPodNodeAndMetadata.
pub(in crate::apiserver) fn mark_scheduled(pod: &mut Pod, now: Time) {
    let scheduled = Condition::new("PodScheduled", true, "", "", now);
    let mut conditions = pod.status.conditions.to_vec();
    match conditions.iter_mut().find(|old| old.kind == scheduled.kind) {
        Some(old) => *old = scheduled,
        None => conditions.push(scheduled),
    }
    pod.status.conditions = conditions.into();
    pod.status.nominated_node_name = Str::default();
}

/// Keeps the class of service, which is fixed at creation, in a status that leaves it out.
// Models podStatusStrategy.PrepareForUpdate.
pub(super) fn prepare_for_status_update(pod: &mut Rc<Pod>, old: &Pod) {
    if pod.status.qos_class.is_empty() && !old.status.qos_class.is_empty() {
        Rc::make_mut(pod).status.qos_class = old.status.qos_class.clone();
    }
}
