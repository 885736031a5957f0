//! Which pods a quota is about.
// Models pkg/quota/v1/evaluator/core/pods.go podMatchesScopeFunc.

use serde_json::Value;

use crate::api::core::{Pod, PodAffinityTerm, qos_class};

/// Whether the quota of that `spec` is about the pod: all of its scopes are.
pub(super) fn matches(spec: &Value, pod: &Pod) -> bool {
    let by_name = spec["scopes"].as_array().into_iter().flatten();
    let by_selector = spec
        .pointer("/scopeSelector/matchExpressions")
        .and_then(Value::as_array);
    by_name.filter_map(Value::as_str).all(|scope| in_scope(scope, pod))
        && by_selector
            .into_iter()
            .flatten()
            .all(|expression| selected(expression, pod))
}

/// Whether the quota has any scope.
pub(super) fn is_scoped(spec: &Value) -> bool {
    let filled = |value: Option<&Value>| value.and_then(Value::as_array).is_some_and(|items| !items.is_empty());
    filled(spec.get("scopes")) || filled(spec.pointer("/scopeSelector/matchExpressions"))
}

fn selected(expression: &Value, pod: &Pod) -> bool {
    let (scope, operator) = (expression["scopeName"].as_str(), expression["operator"].as_str());
    if scope != Some("PriorityClass") {
        return in_scope(scope.unwrap_or_default(), pod);
    }
    let class = &*pod.spec.priority_class_name;
    let listed = expression["values"]
        .as_array()
        .into_iter()
        .flatten()
        .any(|value| value == class);
    match operator {
        Some("In") => !class.is_empty() && listed,
        Some("NotIn") => class.is_empty() || !listed,
        Some("DoesNotExist") => class.is_empty(),
        _ => !class.is_empty(),
    }
}

fn in_scope(scope: &str, pod: &Pod) -> bool {
    let ends = pod.spec.active_deadline_seconds.is_some_and(|seconds| seconds >= 0);
    let best_effort = || qos_class(&pod.spec) == "BestEffort";
    match scope {
        "Terminating" => ends,
        "NotTerminating" => !ends,
        "BestEffort" => best_effort(),
        "NotBestEffort" => !best_effort(),
        "PriorityClass" => !pod.spec.priority_class_name.is_empty(),
        "CrossNamespacePodAffinity" => crosses_namespaces(pod),
        _ => false,
    }
}

fn crosses_namespaces(pod: &Pod) -> bool {
    let crosses = |term: &PodAffinityTerm| !term.namespaces.is_empty() || term.namespace_selector.is_some();
    let Some(affinity) = &pod.spec.affinity else {
        return false;
    };
    let near = affinity.pod_affinity.as_ref().is_some_and(|near| {
        near.required.iter().any(crosses) || near.preferred.iter().any(|wish| crosses(&wish.pod_affinity_term))
    });
    near || affinity.pod_anti_affinity.as_ref().is_some_and(|away| {
        away.required.iter().any(crosses) || away.preferred.iter().any(|wish| crosses(&wish.pod_affinity_term))
    })
}
