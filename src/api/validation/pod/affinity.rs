//! Rules for affinity and spreading.

use crate::api::names::{
    FieldError, FieldErrors, is_dns1123_subdomain, is_qualified_name, is_valid_label_value, name_is_dns_label,
};
use crate::api::validation::at::At;

const REQUIRED: &str = "requiredDuringSchedulingIgnoredDuringExecution";
const PREFERRED: &str = "preferredDuringSchedulingIgnoredDuringExecution";

// Models validateAffinity.
pub(super) fn affinity(at: &At<'_, '_>, errors: &mut FieldErrors) {
    let node = at.get("nodeAffinity");
    let required = node.get(REQUIRED);
    if required.is_set() {
        node_selector(&required, errors);
    }
    for wish in node.get(PREFERRED).items() {
        weight(&wish, errors);
        term(&wish.get("preference"), errors);
    }
    for field in ["podAffinity", "podAntiAffinity"] {
        let pods = at.get(field);
        pods.get(REQUIRED).items().for_each(|term| pod_term(&term, errors));
        for wish in pods.get(PREFERRED).items() {
            weight(&wish, errors);
            pod_term(&wish.get("podAffinityTerm"), errors);
        }
    }
}

fn weight(wish: &At<'_, '_>, errors: &mut FieldErrors) {
    let weight = wish.get("weight");
    if !(1..=100).contains(&weight.int()) {
        weight.invalid_int(errors, "must be in the range 1-100");
    }
}

// Models ValidateNodeSelector.
pub(in crate::api::validation) fn node_selector(at: &At<'_, '_>, errors: &mut FieldErrors) {
    let terms = at.get("nodeSelectorTerms");
    if terms.len() == 0 {
        return terms.required(errors, "must have at least one node selector term");
    }
    terms.items().for_each(|one| term(&one, errors));
}

// Models ValidateNodeSelectorTerm.
fn term(at: &At<'_, '_>, errors: &mut FieldErrors) {
    at.get("matchExpressions")
        .items()
        .for_each(|one| expression(&one, errors));
    at.get("matchFields").items().for_each(|one| field(&one, errors));
}

// Models ValidateNodeSelectorRequirement.
fn expression(at: &At<'_, '_>, errors: &mut FieldErrors) {
    let (operator, values, key) = (at.get("operator"), at.get("values"), at.get("key"));
    match (operator.text(), values.len()) {
        ("In" | "NotIn", 0) => {
            values.required(errors, "must be specified when `operator` is 'In' or 'NotIn'");
        }
        ("Exists" | "DoesNotExist", 1..) => {
            let detail = "may not be specified when `operator` is 'Exists' or 'DoesNotExist'";
            values.forbidden(errors, detail);
        }
        ("Gt" | "Lt", 0 | 2..) => {
            let detail = "must be specified single value when `operator` is 'Lt' or 'Gt'";
            values.required(errors, detail);
        }
        ("In" | "NotIn" | "Exists" | "DoesNotExist" | "Gt" | "Lt", _) => {}
        _ => operator.invalid_text(errors, "not a valid selector operator"),
    }
    key.rule(errors, is_qualified_name(key.text()));
    for value in values.items() {
        value.rule(errors, is_valid_label_value(value.text()));
    }
}

// Models ValidateNodeFieldSelectorRequirement.
fn field(at: &At<'_, '_>, errors: &mut FieldErrors) {
    let (operator, values, key) = (at.get("operator"), at.get("values"), at.get("key"));
    if !matches!(operator.text(), "In" | "NotIn") {
        operator.invalid_text(errors, "not a valid selector operator");
    } else if values.len() != 1 {
        let detail = "must be only one value when `operator` is 'In' or 'NotIn' for node field selector";
        values.required(errors, detail);
    }
    if key.text() != "metadata.name" {
        return key.invalid_text(errors, "not a valid field selector key");
    }
    for value in values.items() {
        value.rule(errors, is_dns1123_subdomain(value.text()));
    }
}

// Models validatePodAffinityTerm.
fn pod_term(at: &At<'_, '_>, errors: &mut FieldErrors) {
    at.get("labelSelector").check_selector(errors);
    at.get("namespaceSelector").check_selector(errors);
    for name in at.get("namespaces").texts() {
        errors.push_invalid(&at.path.child("namespace"), name, name_is_dns_label(name, false));
    }
    label_keys(at, errors);
    let key = at.get("topologyKey");
    if key.text().is_empty() {
        key.required(errors, "can not be empty");
    }
    key.rule(errors, is_qualified_name(key.text()));
}

// Models ValidateMatchLabelKeysAndMismatchLabelKeys.
fn label_keys(at: &At<'_, '_>, errors: &mut FieldErrors) {
    let (selector, same, other) = (
        at.get("labelSelector"),
        at.get("matchLabelKeys"),
        at.get("mismatchLabelKeys"),
    );
    for keys in [&same, &other] {
        if keys.len() > 0 && !selector.is_set() {
            keys.forbidden(errors, "must not be specified when labelSelector is not set");
            continue;
        }
        keys.items()
            .for_each(|key| key.rule(errors, is_qualified_name(key.text())));
    }
    let mut named: Vec<&str> = selector
        .get("matchLabels")
        .value
        .as_object()
        .into_iter()
        .flatten()
        .map(|(key, _)| key.as_str())
        .collect();
    for expression in selector.get("matchExpressions").items() {
        let key = expression.get("key").text();
        if let Some(index) = same
            .texts()
            .position(|name| name == key)
            .filter(|_| named.contains(&key))
        {
            let detail = "exists in both matchLabelKeys and labelSelector";
            errors.push(FieldError::invalid(&at.path.index(index), key, detail));
        }
        named.push(key);
    }
    for key in same.items() {
        if other.texts().any(|name| name == key.text()) {
            key.invalid(errors, "exists in both matchLabelKeys and mismatchLabelKeys");
        }
    }
}

// Models validateTopologySpreadConstraints.
pub(super) fn spread(at: &At<'_, '_>, errors: &mut FieldErrors) {
    let all: Vec<(&str, &str)> = at
        .value
        .as_array()
        .into_iter()
        .flatten()
        .map(|one| {
            let text = |name: &str| one[name].as_str().unwrap_or_default();
            (text("topologyKey"), text("whenUnsatisfiable"))
        })
        .collect();
    for (index, constraint) in at.items().enumerate() {
        let (skew, key, action) = (
            constraint.get("maxSkew"),
            constraint.get("topologyKey"),
            constraint.get("whenUnsatisfiable"),
        );
        positive(&skew, errors);
        if key.text().is_empty() {
            key.required(errors, "can not be empty");
        }
        action.among(errors, &["DoNotSchedule", "ScheduleAnyway"]);
        if all[index + 1..].contains(&(key.text(), action.text())) {
            let pair = format!("{{{}, {}}}", key.text(), action.text());
            let path = constraint.path.child("{topologyKey, whenUnsatisfiable}");
            errors.push(FieldError::duplicate(&path, &pair));
        }
        let domains = constraint.get("minDomains");
        if domains.is_set() {
            positive(&domains, errors);
            if action.text() != "DoNotSchedule" {
                let detail = format!(
                    "can only use minDomains if whenUnsatisfiable=DoNotSchedule, not {}",
                    action.text()
                );
                domains.invalid(errors, detail);
            }
        }
        for field in ["nodeAffinityPolicy", "nodeTaintsPolicy"] {
            let policy = constraint.get(field);
            if policy.is_set() {
                policy.among(errors, &["Honor", "Ignore"]);
            }
        }
        label_keys(&constraint, errors);
        constraint.get("labelSelector").check_selector(errors);
    }
}

fn positive(at: &At<'_, '_>, errors: &mut FieldErrors) {
    if at.int() <= 0 {
        at.invalid_int(errors, "must be greater than zero");
    }
}
