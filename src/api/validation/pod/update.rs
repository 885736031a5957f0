//! What may change in a pod: little.
// Models ValidatePodUpdate.

use serde_json::Value;

use super::{metadata_and_spec, same};
use crate::api::names::{FieldErrors, inclusive_range_error};
use crate::api::validation::at::At;
use crate::api::validation::diff::diff;
use crate::api::validation::internal::bad_value;
use crate::api::validation::meta;

const UPDATABLE: &str = "`spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,\
     `spec.tolerations` (only additions to existing tolerations),\
     `spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)";

/// A pod that replaces `old`.
pub(in crate::api::validation) fn update(pod: &At<'_, '_>, old: &Value, errors: &mut FieldErrors) {
    meta::metadata_update(&pod.get("metadata"), &old["metadata"], errors);
    metadata_and_spec(pod, errors);
    kept_annotations(pod, old, errors);
    let (spec, before) = (pod.get("spec"), &old["spec"]);
    for field in ["containers", "initContainers"] {
        if same_containers(&spec.get(field), &before[field], errors).is_none() {
            return;
        }
    }
    if deadline(
        &spec.get("activeDeadlineSeconds"),
        &before["activeDeadlineSeconds"],
        errors,
    )
    .is_none()
    {
        return;
    }
    only_added(&spec.get("tolerations"), &before["tolerations"], errors);
    only_removed(&spec.get("schedulingGates"), &before["schedulingGates"], errors);
    if !same(spec.value, before) {
        rest(&spec, before, errors);
    }
}

/// Annotations that say how a pod was made stay as they are.
// Models ValidatePodSpecificAnnotationUpdates.
fn kept_annotations(pod: &At<'_, '_>, old: &Value, errors: &mut FieldErrors) {
    let metadata = pod.get("metadata");
    let annotations = metadata.get("annotations");
    let before = &old["metadata"]["annotations"];
    let what = |key: &str| match key {
        super::MIRROR => Some("mirror pod annotation"),
        key if key.starts_with("container.apparmor.security.beta.kubernetes.io/") => Some("AppArmor annotations"),
        _ => None,
    };
    let mut refuse = |key: &str, verb: &str| {
        if let Some(what) = what(key) {
            annotations
                .told_as(annotations.path.key(key))
                .forbidden(errors, &[verb, what].concat());
        }
    };
    for (key, value) in before.as_object().into_iter().flatten() {
        if annotations.get(key).value != value {
            refuse(key, "may not remove or update ");
        }
    }
    for (key, _) in annotations.entries().filter(|(key, _)| before[*key].is_null()) {
        refuse(key, "may not add ");
    }
    let spec = pod.get("spec");
    super::annotations(&annotations, &spec, errors);
}

/// None where containers came or went: then nothing else is compared.
// Models ValidateContainerUpdates.
fn same_containers(at: &At<'_, '_>, old: &Value, errors: &mut FieldErrors) -> Option<()> {
    if at.len() != old.as_array().map_or(0, Vec::len) {
        at.forbidden(errors, "pod updates may not add or remove containers");
        return None;
    }
    for container in at.items() {
        let image = container.get("image");
        if image.text().is_empty() {
            image.required(errors, "");
        }
        super::container::no_space_in_image(&container, errors);
    }
    Some(())
}

fn deadline(at: &At<'_, '_>, old: &Value, errors: &mut FieldErrors) -> Option<()> {
    if !at.is_set() {
        if !old.is_null() {
            at.invalid(errors, "must not update from a positive integer to nil value");
        }
        return Some(());
    }
    if !(0..=i64::from(i32::MAX)).contains(&at.int()) {
        at.invalid(errors, inclusive_range_error(0, i64::from(i32::MAX)));
        return None;
    }
    if old.as_i64().is_some_and(|old| old < at.int()) {
        at.invalid(errors, "must be less than or equal to previous value");
        return None;
    }
    Some(())
}

// Models validateOnlyAddedTolerations.
fn only_added(at: &At<'_, '_>, old: &Value, errors: &mut FieldErrors) {
    let core = |toleration: &Value| {
        let mut toleration = toleration.clone();
        if let Some(map) = toleration.as_object_mut() {
            map.remove("tolerationSeconds");
        }
        toleration
    };
    for toleration in old.as_array().into_iter().flatten() {
        if !at.items().any(|new| core(new.value) == core(toleration)) {
            at.forbidden(
                errors,
                "existing toleration can not be modified except its tolerationSeconds",
            );
            return;
        }
    }
    super::tolerations(at, errors);
}

// Models validateOnlyDeletedSchedulingGates.
fn only_removed(at: &At<'_, '_>, old: &Value, errors: &mut FieldErrors) {
    let before: Vec<&Value> = old.as_array().into_iter().flatten().map(|gate| &gate["name"]).collect();
    for gate in at.items().filter(|gate| !before.contains(&gate.get("name").value)) {
        let detail = format!(
            "only deletion is allowed, but found new scheduling gate '{}'",
            gate.get("name").text()
        );
        gate.get("name").forbidden(errors, &detail);
    }
}

/// All else must be as it was.
fn rest(spec: &At<'_, '_>, old: &Value, errors: &mut FieldErrors) {
    let mut munged = spec.value.clone();
    for field in ["containers", "initContainers"] {
        let items = munged.get_mut(field).and_then(Value::as_array_mut);
        for (index, container) in items.into_iter().flatten().enumerate() {
            container["image"] = old[field][index]["image"].clone();
        }
    }
    let gated = old["schedulingGates"].as_array().is_some_and(|gates| !gates.is_empty());
    let mut kept = vec!["activeDeadlineSeconds", "schedulingGates", "tolerations"];
    if old["terminationGracePeriodSeconds"].as_i64().is_some_and(|old| old < 0)
        && munged["terminationGracePeriodSeconds"] == 1
    {
        kept.push("terminationGracePeriodSeconds");
    }
    if gated {
        only_narrowed(spec, old, errors);
        kept.push("nodeSelector");
    }
    for field in kept {
        keep(&mut munged, old, field);
    }
    if gated && let Some(affinity) = munged.get_mut("affinity").filter(|affinity| affinity.is_object()) {
        keep(affinity, &old["affinity"], "nodeAffinity");
    }
    if !same(&munged, old) {
        let changes = diff("core", "PodSpec", old, &munged);
        spec.forbidden(
            errors,
            &format!("pod updates may not change fields other than {UPDATABLE}\n{changes}"),
        );
    }
}

/// A gated pod may ask for more of its node, not for less.
// Models validateNodeSelectorMutation and validateNodeAffinityMutation.
fn only_narrowed(spec: &At<'_, '_>, old: &Value, errors: &mut FieldErrors) {
    let selector = spec.get("nodeSelector");
    let mut before = old["nodeSelector"].as_object().into_iter().flatten();
    if before.any(|(key, value)| selector.get(key).value != value) {
        let detail = "only additions to spec.nodeSelector are allowed (no mutations or deletions)";
        selector.invalid(errors, detail);
    }
    let required = "requiredDuringSchedulingIgnoredDuringExecution";
    let affinity = spec.get("affinity");
    let node = affinity.get("nodeAffinity");
    let rules = node.get(required);
    let terms = rules.get("nodeSelectorTerms");
    let before = old["affinity"]["nodeAffinity"][required]["nodeSelectorTerms"].as_array();
    let before: Vec<&Value> = before.into_iter().flatten().collect();
    if !before.is_empty() && before.len() != terms.len() {
        let detail = "no additions/deletions to non-empty NodeSelectorTerms list are allowed";
        return terms.invalid(errors, detail);
    }
    let list = |term: &Value, field: &str| term[field].as_array().cloned().unwrap_or_default();
    for (term, old) in terms.items().zip(before) {
        let fields = ["matchExpressions", "matchFields"];
        let was_empty = fields.iter().all(|field| list(old, field).is_empty());
        let only_added = fields.iter().all(|field| {
            let now = list(term.value, field);
            (now.is_empty() || !was_empty) && now.starts_with(&list(old, field))
        });
        if !only_added {
            let shown = bad_value("core", "NodeSelectorTerm", term.value);
            term.invalid_as(errors, shown, "only additions are allowed (no mutations or deletions)");
        }
    }
}

fn keep(spec: &mut Value, old: &Value, field: &str) {
    let Some(map) = spec.as_object_mut() else { return };
    match old.get(field) {
        Some(value) => map.insert(field.to_owned(), value.clone()),
        None => map.remove(field),
    };
}
