//! Disruption budgets, quotas and priority classes.

use serde_json::{Value, json};

use super::{head, number};
use crate::api::intstr::IntOrString;
use crate::api::labels::{Operator, Selector};
use crate::api::quantity::Quantity;
use crate::kubectl::args::Args;
use crate::kubectl::commands::Context;

// Models create_pdb.go.
pub(super) fn budget(_: &Context<'_>, args: &Args, name: &str) -> Result<Value, String> {
    let bounds = ["min-available", "max-unavailable"].map(|flag| args.get(flag).filter(|text| !text.is_empty()));
    let Some(selector) = args.get("selector").filter(|text| !text.is_empty()) else {
        return Err("a selector must be specified".to_owned());
    };
    let (field, flag, text) = match bounds {
        [None, None] => return Err("one of min-available or max-unavailable must be specified".to_owned()),
        [Some(_), Some(_)] => return Err("min-available and max-unavailable cannot be both specified".to_owned()),
        [Some(min), None] => ("minAvailable", "min-available", min),
        [None, Some(max)] => ("maxUnavailable", "max-unavailable", max),
    };
    let digits = text.strip_suffix('%').unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(format!("invalid format specified for {flag}"));
    }
    let bound = match IntOrString::parse(text) {
        IntOrString::Int(number) => json!(number),
        IntOrString::String(text) => json!(*text),
    };
    let mut budget = head("policy/v1", "PodDisruptionBudget", name);
    budget["spec"] = json!({field: bound, "selector": label_selector(selector)?});
    budget["status"] = json!({"currentHealthy": 0, "desiredHealthy": 0, "disruptionsAllowed": 0, "expectedPods": 0});
    Ok(budget)
}

/// The selector that stands in objects, of the one that stands on command lines.
// Models apimachinery/pkg/apis/meta/v1 ParseToLabelSelector.
fn label_selector(text: &str) -> Result<Value, String> {
    let parsed =
        Selector::parse(text).map_err(|why| format!("couldn't parse the selector string \"{text}\": {why}"))?;
    let mut selector = json!({});
    let mut expressions: Vec<Value> = Vec::new();
    for requirement in parsed.requirements() {
        let key = requirement.key();
        let values: Vec<&str> = requirement.values().iter().map(AsRef::as_ref).collect();
        match requirement.operator() {
            Operator::Equals | Operator::DoubleEquals => selector["matchLabels"][&**key] = values[0].into(),
            Operator::In => expressions.push(json!({"key": **key, "operator": "In", "values": values})),
            Operator::NotIn | Operator::NotEquals => {
                expressions.push(json!({"key": **key, "operator": "NotIn", "values": values}));
            }
            Operator::Exists => expressions.push(json!({"key": **key, "operator": "Exists"})),
            Operator::DoesNotExist => expressions.push(json!({"key": **key, "operator": "DoesNotExist"})),
            other => return Err(format!("{other:?} isn't supported in label selectors")),
        }
    }
    if !expressions.is_empty() {
        selector["matchExpressions"] = expressions.into();
    }
    Ok(selector)
}

// Models create_quota.go.
pub(super) fn quota(_: &Context<'_>, args: &Args, name: &str) -> Result<Value, String> {
    let mut quota = head("v1", "ResourceQuota", name);
    quota["spec"] = json!({});
    for statement in args.all("hard") {
        let parts: Vec<&str> = statement.split('=').collect();
        let [resource, amount] = parts[..] else {
            return Err(format!(
                "Invalid argument syntax {statement}, expected <resource>=<value>"
            ));
        };
        Quantity::parse(amount).map_err(|why| why.to_string())?;
        quota["spec"]["hard"][resource] = amount.into();
    }
    let scopes = args.all("scopes");
    if scopes.contains(&"") {
        return Err("invalid resource quota scope \"\"".to_owned());
    }
    if !scopes.is_empty() {
        quota["spec"]["scopes"] = json!(scopes);
    }
    quota["status"] = json!({});
    Ok(quota)
}

// Models create_priorityclass.go.
pub(super) fn priority_class(_: &Context<'_>, args: &Args, name: &str) -> Result<Value, String> {
    let mut class = head("scheduling.k8s.io/v1", "PriorityClass", name);
    class["value"] = number(args, "value")?.unwrap_or_default().into();
    class["preemptionPolicy"] = args.get("preemption-policy").unwrap_or("PreemptLowerPriority").into();
    if args.is_set("global-default") {
        class["globalDefault"] = true.into();
    }
    if let Some(text) = args.get("description").filter(|text| !text.is_empty()) {
        class["description"] = text.into();
    }
    Ok(class)
}
