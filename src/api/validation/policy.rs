//! Rules for quotas, budgets, priorities, scaling and access.

use crate::sim::btree::BTreeSet;

use serde_json::Value;

use super::at::At;
use super::internal::bad_value;
use super::resources::{self, Names};
use super::{apps, meta};
use crate::api::names::{FieldErrors, is_dns1123_label, is_path_segment_name, name_is_dns_subdomain};

// Models pkg/apis/core/validation/validation.go ValidateResourceQuota.
pub(super) fn quota(at: &At<'_, '_>, errors: &mut FieldErrors) {
    meta::metadata(&at.get("metadata"), true, name_is_dns_subdomain, errors);
    quota_spec(&at.get("spec"), errors);
}

pub(super) fn quota_update(at: &At<'_, '_>, old: &Value, errors: &mut FieldErrors) {
    meta::metadata_update(&at.get("metadata"), &old["metadata"], errors);
    let spec = at.get("spec");
    quota_spec(&spec, errors);
    let scopes = spec.get("scopes");
    let before = &old["spec"]["scopes"];
    let set = |list: &Value| -> BTreeSet<String> {
        let words = list.as_array().into_iter().flatten().filter_map(Value::as_str);
        words.map(str::to_owned).collect()
    };
    if set(scopes.value) != set(before) {
        scopes.invalid(errors, "field is immutable");
    }
}

const SCOPES: [&str; 7] = [
    "Terminating",
    "NotTerminating",
    "BestEffort",
    "NotBestEffort",
    "PriorityClass",
    "CrossNamespacePodAffinity",
    "VolumeAttributesClass",
];

fn quota_spec(spec: &At<'_, '_>, errors: &mut FieldErrors) {
    let (hard, scopes) = (spec.get("hard"), spec.get("scopes"));
    for (name, amount) in hard.entries() {
        resources::check_name(name, &amount, Names::Quota, errors);
        resources::check_amount(name, &amount, errors);
    }
    for scope in scopes.texts() {
        if !SCOPES.contains(&scope) {
            scopes.invalid(errors, "unsupported scope");
        }
        for (name, _) in hard.entries() {
            if resources::is_standard_for_quota(name) && !fits(scope, name) {
                scopes.invalid(errors, "unsupported scope applied to resource");
            }
        }
    }
    conflicting(&scopes, &scopes, &scopes.texts().collect::<Vec<_>>(), errors);
    scope_selector(spec, &scopes, errors);
}

fn conflicting(told: &At<'_, '_>, scopes: &At<'_, '_>, named: &[&str], errors: &mut FieldErrors) {
    for (a, b) in [("BestEffort", "NotBestEffort"), ("Terminating", "NotTerminating")] {
        if named.contains(&a) && named.contains(&b) {
            scopes.told_as(told.path).invalid(errors, "conflicting scopes");
        }
    }
}

const MUST_EXIST: &str = "must be 'Exists' when scope is any of ResourceQuotaScopeTerminating, ResourceQuotaScopeNotTerminating, \
     ResourceQuotaScopeBestEffort, ResourceQuotaScopeNotBestEffort or ResourceQuotaScopeCrossNamespacePodAffinity";

// Models validateScopedResourceSelectorRequirement: upstream tells of no index.
fn scope_selector(spec: &At<'_, '_>, scopes: &At<'_, '_>, errors: &mut FieldErrors) {
    let selector = spec.get("scopeSelector");
    let list = selector.get("matchExpressions");
    let mut named = Vec::new();
    for expression in list.items() {
        let expression = expression.told_as(list.path);
        let (name, operator, values) = (
            expression.get("scopeName"),
            expression.get("operator"),
            expression.get("values"),
        );
        if !SCOPES.contains(&name.text()) {
            name.invalid_text(errors, "unsupported scope");
        }
        for (resource, _) in spec.get("hard").entries() {
            if resources::is_standard_for_quota(resource) && !fits(name.text(), resource) {
                let shown = bad_value("core", "ScopeSelector", selector.value);
                list.invalid_as(errors, shown, "unsupported scope applied to resource");
            }
        }
        let by_value = ["PriorityClass", "VolumeAttributesClass"].contains(&name.text());
        if SCOPES.contains(&name.text()) && !by_value && operator.text() != "Exists" {
            operator.invalid_text(errors, MUST_EXIST);
        }
        match operator.text() {
            "In" | "NotIn" if values.len() == 0 => values.required(
                errors,
                "must be at least one value when `operator` is 'In' or 'NotIn' for scope selector",
            ),
            "Exists" | "DoesNotExist" if values.len() > 0 => values.invalid(
                errors,
                "must be no value when `operator` is 'Exist' or 'DoesNotExist' for scope selector",
            ),
            "In" | "NotIn" | "Exists" | "DoesNotExist" => {}
            _ => operator.invalid_text(errors, "not a valid selector operator"),
        }
        named.push(name.text());
    }
    conflicting(&list, scopes, &named, errors);
}

/// Whether a quota of that scope can count the resource.
// Models pkg/apis/core/helper IsResourceQuotaScopeValidForResource.
fn fits(scope: &str, resource: &str) -> bool {
    let compute = ["requests.", "limits."]
        .iter()
        .any(|prefix| resource.starts_with(prefix))
        || matches!(resource, "cpu" | "memory" | "ephemeral-storage");
    match scope {
        "BestEffort" => resource == "pods",
        "Terminating" | "NotTerminating" | "NotBestEffort" | "PriorityClass" | "CrossNamespacePodAffinity" => {
            resource == "pods" || (compute && resource != "requests.storage")
        }
        _ => true,
    }
}

// Models pkg/apis/policy/validation/validation.go ValidatePodDisruptionBudget: its metadata is not judged.
pub(super) fn budget(at: &At<'_, '_>, errors: &mut FieldErrors) {
    let spec = at.get("spec");
    let (least, most, policy) = (
        spec.get("minAvailable"),
        spec.get("maxUnavailable"),
        spec.get("unhealthyPodEvictionPolicy"),
    );
    if least.is_set() && most.is_set() {
        let shown = bad_value("policy", "PodDisruptionBudgetSpec", spec.value);
        spec.invalid_as(errors, shown, "minAvailable and maxUnavailable cannot be both set");
    }
    for amount in [&least, &most] {
        if amount.is_set() {
            apps::int_or_percent(amount, errors);
            apps::at_most_all(amount, errors);
        }
    }
    spec.get("selector").check_selector(errors);
    if policy.is_set() {
        policy.among(errors, &["AlwaysAllow", "IfHealthyBudget"]);
    }
    // Only what every object's metadata must be.
    if errors.is_empty() {
        meta::plain_metadata(&at.get("metadata"), true, is_path_segment_name, errors);
    }
}

const PRIORITY_MAX: i64 = 1_000_000_000;

// Models pkg/apis/scheduling/validation/validation.go ValidatePriorityClass.
pub(super) fn priority_class(at: &At<'_, '_>, errors: &mut FieldErrors) {
    let metadata = at.get("metadata");
    meta::metadata(&metadata, false, name_is_dns_subdomain, errors);
    let (name, value, policy) = (metadata.get("name"), at.get("value"), at.get("preemptionPolicy"));
    let known = matches!(
        (name.text(), value.int()),
        ("system-node-critical", 2_000_001_000) | ("system-cluster-critical", 2_000_000_000)
    );
    if name.text().starts_with("system-") {
        if !known || at.get("globalDefault").is_true() {
            let why = format!("{} is not a known system priority class", name.text());
            let detail =
                format!("priority class names with 'system-' prefix are reserved for system use only. error: {why}");
            name.forbidden(errors, &detail);
        }
    } else if value.int() > PRIORITY_MAX {
        let detail = format!("maximum allowed value of a user defined priority is {PRIORITY_MAX}");
        value.forbidden(errors, &detail);
    }
    if policy.is_set() {
        policy.one_of(errors, &["PreemptLowerPriority", "Never"]);
    }
}

pub(super) fn priority_class_update(at: &At<'_, '_>, old: &Value, errors: &mut FieldErrors) {
    meta::metadata_update(&at.get("metadata"), &old["metadata"], errors);
    if at.get("value").int() != old["value"].as_i64().unwrap_or_default() {
        at.get("value").forbidden(errors, "may not be changed in an update.");
    }
    at.get("preemptionPolicy").immutable(errors, &old["preemptionPolicy"]);
}

// Models pkg/apis/autoscaling/validation/validation.go ValidateHorizontalPodAutoscaler.
pub(super) fn autoscaler(at: &At<'_, '_>, errors: &mut FieldErrors) {
    meta::metadata(&at.get("metadata"), true, name_is_dns_subdomain, errors);
    autoscaler_spec(&at.get("spec"), errors);
}

pub(super) fn autoscaler_update(at: &At<'_, '_>, old: &Value, errors: &mut FieldErrors) {
    meta::metadata_update(&at.get("metadata"), &old["metadata"], errors);
    autoscaler_spec(&at.get("spec"), errors);
}

fn autoscaler_spec(spec: &At<'_, '_>, errors: &mut FieldErrors) {
    let (min, max) = (spec.get("minReplicas"), spec.get("maxReplicas"));
    if min.is_set() && min.int() < 1 {
        min.invalid(errors, "must be greater than or equal to 1");
    }
    if max.int() == 0 {
        max.required(errors, "must be set and greater than 0");
    } else if max.int() < 0 {
        max.invalid(errors, "must be greater than or equal to 1");
    }
    if min.is_set() && max.int() < min.int() {
        max.invalid_int(errors, "must be greater than or equal to `minReplicas`");
    }
    target_reference(&spec.get("scaleTargetRef"), false, errors);
    spec.get("metrics").items().for_each(|one| metric(&one, errors));
    // Version 1 has one metric in a field of its own; upstream judges it in its later form.
    let share = spec.get("targetCPUUtilizationPercentage");
    if share.is_set() && share.int() < 1 {
        let told = spec.path.child("metrics[0].resource.target.averageUtilization");
        share.told_as(told).invalid(errors, "must be greater than 0");
    }
    let behavior = spec.get("behavior");
    for field in ["scaleUp", "scaleDown"] {
        let rules = behavior.get(field);
        if rules.is_set() {
            scaling_rules(&rules, errors);
        }
    }
}

// Models ValidateCrossVersionObjectReference.
fn target_reference(at: &At<'_, '_>, any_version: bool, errors: &mut FieldErrors) {
    for field in ["kind", "name"] {
        at.get(field)
            .required_rule(errors, |text| is_path_segment_name(text, false));
    }
    let version = at.get("apiVersion");
    let text = version.text();
    if text.matches('/').count() > 1 {
        version.invalid_text(errors, format!("unexpected GroupVersion string: {text}"));
    } else if !any_version && !text.contains('/') {
        let is_core_workload = at.get("kind").text() == "ReplicationController" && text == "v1";
        if !is_core_workload {
            version.invalid_text(errors, "apiVersion must specify API group");
        }
    }
}

const WINDOW_MAX: i64 = 3600;
const PERIOD_MAX: i64 = 1800;

// Models validateScalingRules.
fn scaling_rules(at: &At<'_, '_>, errors: &mut FieldErrors) {
    let (window, select, policies) = (
        at.get("stabilizationWindowSeconds"),
        at.get("selectPolicy"),
        at.get("policies"),
    );
    if window.int() < 0 {
        window.invalid(errors, "must be greater than or equal to zero");
    }
    if window.int() > WINDOW_MAX {
        window.invalid(errors, format!("must be less than or equal to {WINDOW_MAX}"));
    }
    if select.is_set() {
        select.among(errors, &["Disabled", "Max", "Min"]);
    }
    if policies.len() == 0 {
        policies.required(errors, "must specify at least one Policy");
    }
    for policy in policies.items() {
        policy.get("type").among(errors, &["Percent", "Pods"]);
        let period = policy.get("periodSeconds");
        for amount in [&policy.get("value"), &period] {
            if amount.int() <= 0 {
                amount.invalid_int(errors, "must be greater than zero");
            }
        }
        if period.int() > PERIOD_MAX {
            period.invalid(errors, format!("must be less than or equal to {PERIOD_MAX}"));
        }
    }
    let tolerance = at.get("tolerance");
    if let Some(amount) = tolerance.quantity().filter(|amount| amount.sign() < 0) {
        tolerance.invalid_as(errors, &amount.to_string(), "must be greater than or equal to 0");
    }
}

/// The field and the type of each source of a metric.
const METRICS: [(&str, &str); 5] = [
    ("object", "Object"),
    ("external", "External"),
    ("pods", "Pods"),
    ("resource", "Resource"),
    ("containerResource", "ContainerResource"),
];
const METRIC_TYPES: [&str; 5] = ["ContainerResource", "External", "Object", "Pods", "Resource"];

// Models validateMetricSpec.
fn metric(at: &At<'_, '_>, errors: &mut FieldErrors) {
    let kind = at.get("type");
    if kind.text().is_empty() {
        kind.required(errors, "must specify a metric source type");
    }
    kind.among(errors, &METRIC_TYPES);
    let mut present: Vec<&str> = METRICS
        .iter()
        .map(|(field, _)| *field)
        .filter(|field| at.get(field).is_set())
        .collect();
    if let Some(first) = present.first() {
        source(first, &at.get(first), errors);
    }
    match METRICS.iter().find(|(_, name)| *name == kind.text()) {
        Some((field, _)) => {
            if !at.get(field).is_set() {
                at.get(field)
                    .required(errors, "must populate information for the given metric source");
            }
            if present.len() != 1 {
                present.retain(|name| name != field);
            } else {
                present.clear();
            }
        }
        None => kind.among(errors, &METRIC_TYPES),
    }
    if METRIC_TYPES.contains(&kind.text()) {
        for field in present {
            at.get(field)
                .forbidden(errors, "must populate the given metric source only");
        }
    }
}

fn source(field: &str, at: &At<'_, '_>, errors: &mut FieldErrors) {
    let goal = at.get("target");
    let (value, average, utilization) = (
        goal.get("value"),
        goal.get("averageValue"),
        goal.get("averageUtilization"),
    );
    match field {
        "object" => target_reference(&at.get("describedObject"), true, errors),
        "resource" | "containerResource" if at.get("name").text().is_empty() => {
            at.get("name").required(errors, "must specify a resource name");
        }
        _ => {}
    }
    if field == "containerResource" {
        let name = at.get("name");
        if name.is_filled() {
            resources::check_name(name.text(), &name, Names::Container, errors);
        }
        let container = at.get("container");
        if container.text().is_empty() {
            container.required(errors, "must specify a container");
        } else {
            container.rule(errors, is_dns1123_label(container.text()));
        }
    }
    if matches!(field, "object" | "external" | "pods") {
        let metric = at.get("metric");
        let name = metric.get("name");
        if name.text().is_empty() {
            name.required(errors, "must specify a metric name");
        } else {
            name.rule(errors, is_path_segment_name(name.text(), false));
        }
    }
    target(&goal, errors);
    match field {
        "object" if !value.is_set() && !average.is_set() => {
            average.required(errors, "must set either a target value or averageValue");
        }
        "external" if !value.is_set() && !average.is_set() => {
            average.required(errors, "must set either a target value for metric or a per-pod target");
        }
        "external" if value.is_set() && average.is_set() => {
            value.forbidden(
                errors,
                "may not set both a target value for metric and a per-pod target",
            );
        }
        "pods" if !average.is_set() => average.required(errors, "must specify a positive target averageValue"),
        "resource" | "containerResource" => match (utilization.is_set(), average.is_set()) {
            (false, false) => {
                utilization.required(errors, "must set either a target raw value or a target utilization");
            }
            (true, true) => average.forbidden(errors, "may not set both a target raw value and a target utilization"),
            _ => {}
        },
        _ => {}
    }
}

// Models validateMetricTarget.
fn target(at: &At<'_, '_>, errors: &mut FieldErrors) {
    let (kind, utilization) = (at.get("type"), at.get("averageUtilization"));
    if kind.text().is_empty() {
        kind.required(errors, "must specify a metric target type");
    }
    if !matches!(kind.text(), "Utilization" | "Value" | "AverageValue") {
        kind.invalid_text(errors, "must be either Utilization, Value, or AverageValue");
    }
    for field in ["value", "averageValue"] {
        let amount = at.get(field);
        if let Some(quantity) = amount.quantity().filter(|amount| amount.sign() <= 0) {
            amount.invalid_as(errors, &quantity.to_string(), "must be positive");
        }
    }
    if utilization.is_set() && utilization.int() < 1 {
        utilization.invalid(errors, "must be greater than 0");
    }
}

/// Roles and their bindings.
// Models pkg/apis/rbac/validation/validation.go.
pub(super) fn rbac(at: &At<'_, '_>, namespaced: bool, errors: &mut FieldErrors) {
    let rule = |name: &str, prefix: bool| is_path_segment_name(name, prefix);
    meta::metadata(&at.get("metadata"), namespaced, rule, errors);
    for rule in at.get("rules").items() {
        if rule.get("verbs").len() == 0 {
            rule.get("verbs")
                .required(errors, "verbs must contain at least one value");
        }
        let urls = rule.get("nonResourceURLs");
        if urls.len() > 0 {
            if namespaced {
                urls.invalid(errors, "namespaced rules cannot apply to non-resource URLs");
            }
            if ["apiGroups", "resources", "resourceNames"]
                .iter()
                .any(|field| rule.get(field).len() > 0)
            {
                let detail = "rules cannot apply to both regular resources and non-resource URLs";
                urls.invalid(errors, detail);
            }
            continue;
        }
        for (field, what) in [
            ("apiGroups", "resource rules must supply at least one api group"),
            ("resources", "resource rules must supply at least one resource"),
        ] {
            if rule.get(field).len() == 0 {
                rule.get(field).required(errors, what);
            }
        }
    }
    let aggregation = at.get("aggregationRule");
    let selectors = aggregation.get("clusterRoleSelectors");
    if aggregation.is_set() && selectors.len() == 0 {
        let detail = "at least one clusterRoleSelector required if aggregationRule is non-nil";
        selectors.required(errors, detail);
    }
    selectors.items().for_each(|selector| selector.check_selector(errors));
    let role = at.get("roleRef");
    if role.is_set() {
        role.get("apiGroup").among(errors, &["rbac.authorization.k8s.io"]);
        let kinds: &[&str] = if namespaced {
            &["Role", "ClusterRole"]
        } else {
            &["ClusterRole"]
        };
        role.get("kind").among(errors, kinds);
        role.get("name")
            .required_rule(errors, |name| is_path_segment_name(name, false));
    }
    for subject in at.get("subjects").items() {
        let (kind, name) = (subject.get("kind"), subject.get("name"));
        if name.text().is_empty() {
            name.required(errors, "");
        }
        match kind.text() {
            "ServiceAccount" => {
                let (namespace, group) = (subject.get("namespace"), subject.get("apiGroup"));
                name.optional_rule(errors, |name| name_is_dns_subdomain(name, false));
                if group.is_filled() {
                    group.not_supported(errors, &[""]);
                }
                if !namespaced && namespace.text().is_empty() {
                    namespace.required(errors, "");
                }
            }
            "User" | "Group" => subject.get("apiGroup").among(errors, &["rbac.authorization.k8s.io"]),
            _ => kind.not_supported(errors, &["ServiceAccount", "User", "Group"]),
        }
    }
}

/// What RBAC forbids to change.
pub(super) fn rbac_update(at: &At<'_, '_>, old: &Value, errors: &mut FieldErrors) {
    let role = at.get("roleRef");
    if *role.value != old["roleRef"] {
        role.invalid_as(
            errors,
            bad_value("rbac", "RoleRef", role.value),
            "cannot change roleRef",
        );
    }
}
