//! Kinds of policy, networking, scaling and access.

use serde_json::{Map, Value, json};

use super::body::{Body, child, each, existing, fill, put, spec, text};

// Models pkg/apis/autoscaling/v2/defaults.go SetDefaults_HorizontalPodAutoscaler.
pub(super) fn autoscaler(body: &mut Body) {
    let spec = spec(body);
    put(spec, "minReplicas", 1);
    let cpu = json!({"type": "Resource", "resource": {
        "name": "cpu", "target": {"type": "Utilization", "averageUtilization": 80},
    }});
    fill(spec, "metrics", json!([cpu]));
    let Some(behavior) = existing(spec, "behavior") else {
        return;
    };
    let by_percent = json!({"type": "Percent", "value": 100, "periodSeconds": 15});
    let up = child(behavior, "scaleUp");
    put(up, "stabilizationWindowSeconds", 0);
    put(up, "selectPolicy", "Max");
    put(
        up,
        "policies",
        json!([{"type": "Pods", "value": 4, "periodSeconds": 15}, by_percent]),
    );
    let down = child(behavior, "scaleDown");
    put(down, "selectPolicy", "Max");
    put(down, "policies", json!([by_percent]));
}

// Models pkg/apis/core/v1/defaults.go SetDefaults_LimitRangeItem.
pub(super) fn limit_range(body: &mut Body) {
    for item in each(spec(body), "limits") {
        if text(item, "type") != "Container" {
            continue;
        }
        for (to, from) in [
            ("default", "max"),
            ("defaultRequest", "default"),
            ("defaultRequest", "min"),
        ] {
            let source = item.get(from).and_then(Value::as_object).cloned().unwrap_or_default();
            if source.is_empty() {
                continue;
            }
            let target = child(item, to);
            source.into_iter().for_each(|(name, amount)| put(target, &name, amount));
        }
    }
}

// Models SetDefaults_Endpoints.
pub(super) fn endpoints(body: &mut Body) {
    for subset in each(body, "subsets") {
        each(subset, "ports").for_each(|port| fill(port, "protocol", "TCP"));
    }
}

// Models pkg/apis/networking/v1/defaults.go SetDefaults_NetworkPolicy and SetDefaults_NetworkPolicyPort.
pub(super) fn network_policy(body: &mut Body) {
    let spec = spec(body);
    let egress = spec
        .get("egress")
        .and_then(Value::as_array)
        .is_some_and(|rules| !rules.is_empty());
    let types = if egress {
        json!(["Ingress", "Egress"])
    } else {
        json!(["Ingress"])
    };
    fill(spec, "policyTypes", types);
    for direction in ["ingress", "egress"] {
        for rule in each(spec, direction) {
            each(rule, "ports").for_each(|port| put(port, "protocol", "TCP"));
        }
    }
}

// Models pkg/apis/networking/v1/defaults.go SetDefaults_IngressClass.
pub(super) fn ingress_class_parameters(parameters: &mut Body) {
    put(parameters, "scope", "Cluster");
}

// Models pkg/apis/rbac/v1/defaults.go.
pub(super) fn rbac(kind: &str, body: &mut Body) {
    if !matches!(kind, "RoleBinding" | "ClusterRoleBinding") {
        return;
    }
    const GROUP: &str = "rbac.authorization.k8s.io";
    fill(child(body, "roleRef"), "apiGroup", GROUP);
    for subject in each(body, "subjects") {
        if matches!(text(subject, "kind"), "User" | "Group") {
            fill(subject, "apiGroup", GROUP);
        }
    }
}

// Models pkg/apis/admissionregistration/v1/defaults.go.
pub(super) fn webhooks(body: &mut Body) {
    for webhook in each(body, "webhooks") {
        put(webhook, "failurePolicy", "Fail");
        put(webhook, "timeoutSeconds", 10);
        match_resources(webhook);
        if let Some(service) = existing(webhook, "clientConfig").and_then(|config| existing(config, "service")) {
            put(service, "port", 443);
        }
        each(webhook, "rules").for_each(|rule| put(rule, "scope", "*"));
    }
    let Some(spec) = existing(body, "spec") else { return };
    if spec.contains_key("validations") || spec.contains_key("mutations") {
        put(spec, "failurePolicy", "Fail");
    }
    for field in ["matchConstraints", "matchResources"] {
        if let Some(there) = existing(spec, field) {
            match_resources(there);
        }
    }
}

fn match_resources(map: &mut Map<String, Value>) {
    put(map, "matchPolicy", "Equivalent");
    put(map, "namespaceSelector", json!({}));
    put(map, "objectSelector", json!({}));
    for rules in ["resourceRules", "excludeResourceRules"] {
        each(map, rules).for_each(|rule| put(rule, "scope", "*"));
    }
}

// Models pkg/apis/flowcontrol/v1/defaults.go.
pub(super) fn flow_control(body: &mut Body) {
    let spec = spec(body);
    if spec.contains_key("priorityLevelConfiguration") {
        fill_number(spec, "matchingPrecedence", 1000);
    }
    if let Some(exempt) = existing(spec, "exempt") {
        put(exempt, "nominalConcurrencyShares", 0);
        put(exempt, "lendablePercent", 0);
    }
    let Some(limited) = existing(spec, "limited") else {
        return;
    };
    put(limited, "nominalConcurrencyShares", 30);
    put(limited, "lendablePercent", 0);
    if let Some(queuing) = existing(limited, "limitResponse").and_then(|response| existing(response, "queuing")) {
        fill_number(queuing, "handSize", 8);
        fill_number(queuing, "queues", 64);
        fill_number(queuing, "queueLengthLimit", 50);
    }
}

fn fill_number(map: &mut Body, name: &str, value: i32) {
    if map.get(name).and_then(Value::as_i64).unwrap_or_default() == 0 {
        map.insert(name.to_owned(), value.into());
    }
}
