//! What one LimitRange says: default amounts for containers, and bounds.
// Models plugin/pkg/admission/limitranger/admission.go.

use std::cmp::Ordering;
use std::rc::Rc;

use serde_json::{Map, Value};

use crate::api::core::{Container, Pod, PodSpec, ResourceList, with_pod_level};
use crate::api::lean::Field;
use crate::api::quantity::Quantity;
use crate::api::storage::PersistentVolumeClaim;

/// Notes on a pod what was filled in.
pub(in crate::apiserver::admission) const ANNOTATION: &str = "kubernetes.io/limit-ranger";

fn items<'a>(range: &'a Map<String, Value>, kind: &'a str) -> impl Iterator<Item = &'a Value> {
    let limits = range
        .get("spec")
        .and_then(|spec| spec.get("limits"))
        .and_then(Value::as_array);
    limits.into_iter().flatten().filter(move |item| item["type"] == kind)
}

fn amounts(item: &Value, field: &str) -> ResourceList {
    let mut list = ResourceList::new();
    // A list of wrong values was refused when the LimitRange came in.
    match item.get(field).map(|value| list.set(value.clone())) {
        Some(Err(_)) => ResourceList::new(),
        _ => list,
    }
}

// Models PodMutateLimitFunc.
pub(in crate::apiserver::admission) fn set_defaults(range: &Map<String, Value>, pod: &mut Pod) {
    let (mut requests, mut limits) = (ResourceList::new(), ResourceList::new());
    for item in items(range, "Container") {
        requests.extend(amounts(item, "defaultRequest"));
        limits.extend(amounts(item, "default"));
    }
    if requests.is_empty() && limits.is_empty() {
        return;
    }
    let mut notes = Vec::new();
    let spec = Rc::make_mut(&mut pod.spec);
    for (containers, what) in [
        (&mut spec.containers, "container"),
        (&mut spec.init_containers, "init container"),
    ] {
        if containers.is_empty() {
            continue;
        }
        for container in Rc::make_mut(containers) {
            let added_limits = merge(&mut container.resources.limits, &limits);
            let added_requests = merge(&mut container.resources.requests, &requests);
            for (added, which) in [(added_requests, "request"), (added_limits, "limit")] {
                if !added.is_empty() {
                    notes.push(format!("{} {which} for {what} {}", added.join(", "), container.name));
                }
            }
        }
    }
    if !notes.is_empty() {
        let note = format!("LimitRanger plugin set: {}", notes.join("; "));
        pod.meta.set_annotation(ANNOTATION, &note);
    }
}

/// Adds what is missing and gives its names.
fn merge(list: &mut Rc<ResourceList>, defaults: &ResourceList) -> Vec<String> {
    let mut added = Vec::new();
    for (name, amount) in defaults {
        if !list.contains_key(name) {
            Rc::make_mut(list).insert(name.clone(), amount.clone());
            added.push(name.to_string());
        }
    }
    added
}

// Models PodValidateLimitFunc.
pub(in crate::apiserver::admission) fn check_pod(range: &Map<String, Value>, spec: &PodSpec) -> Vec<String> {
    let mut wrong = Vec::new();
    for item in items(range, "Container") {
        for Container { resources, .. } in spec.containers.iter().chain(spec.init_containers.iter()) {
            check(item, "Container", &resources.requests, &resources.limits, &mut wrong);
        }
    }
    for item in items(range, "Pod") {
        let of_pod = |name: &str| matches!(name, "cpu" | "memory");
        let requests = with_pod_level(spec, |resources| &resources.requests, of_pod);
        let limits = with_pod_level(spec, |resources| &resources.limits, of_pod);
        check(item, "Pod", &requests, &limits, &mut wrong);
    }
    wrong
}

fn check(item: &Value, kind: &str, requests: &ResourceList, limits: &ResourceList, wrong: &mut Vec<String>) {
    wrong.extend(check_bounds(item, kind, &[("request", requests), ("limit", limits)]));
    for (name, bound) in amounts(item, "maxLimitRequestRatio") {
        wrong.extend(check_ratio(kind, &name, &bound, requests, limits));
    }
}

/// Complains of amounts below the item's minima or above its maxima. Lists by what they are; of a minimum the first must
/// name the resource, of a maximum the last.
// Models minConstraint, maxConstraint, minRequestConstraint and maxRequestConstraint.
fn check_bounds(item: &Value, kind: &str, lists: &[(&str, &ResourceList)]) -> Vec<String> {
    let mut wrong = Vec::new();
    for (field, word, beyond) in [
        ("min", "minimum", Ordering::Less),
        ("max", "maximum", Ordering::Greater),
    ] {
        let mut lists = lists.to_vec();
        if field == "max" {
            lists.reverse();
        }
        for (name, bound) in amounts(item, field) {
            let about = format!("{word} {name} usage per {kind} is {bound}");
            let missing = lists.first().filter(|(_, list)| !list.contains_key(&name));
            let beyond = || {
                lists.iter().find_map(|(what, list)| {
                    let amount = list.get(&name).filter(|amount| (*amount).cmp(&bound) == beyond)?;
                    Some(format!("{about}, but {what} is {amount}"))
                })
            };
            wrong.extend(match missing {
                Some((what, _)) => Some(format!("{about}.  No {what} is specified")),
                None => beyond(),
            });
        }
    }
    wrong
}

// Models limitRequestRatioConstraint.
fn check_ratio(
    kind: &str,
    name: &str,
    bound: &Quantity,
    requests: &ResourceList,
    limits: &ResourceList,
) -> Option<String> {
    let about = format!("{name} max limit to request ratio per {kind} is {bound}");
    let there = |list: &ResourceList| {
        list.get(name)
            .map(|amount| i128::from(amount.milli_value()))
            .filter(|n| *n != 0)
    };
    let Some(request) = there(requests) else {
        return Some(format!("{about}, but no request is specified or request is 0"));
    };
    let Some(limit) = there(limits) else {
        return Some(format!("{about}, but no limit is specified or limit is 0"));
    };
    if limit * 1000 <= i128::from(bound.milli_value()) * request {
        return None;
    }
    let millionths = (limit * 2_000_000 + request) / (request * 2);
    let (whole, rest) = (millionths / 1_000_000, millionths % 1_000_000);
    Some(format!("{about}, but provided ratio is {whole}.{rest:06}"))
}

// Models PersistentVolumeClaimValidateLimitFunc.
pub(in crate::apiserver::admission) fn check_claim(
    range: &Map<String, Value>,
    claim: &PersistentVolumeClaim,
) -> Vec<String> {
    let requests = &claim.spec.resources.requests;
    let kind = "PersistentVolumeClaim";
    let check = |item| check_bounds(item, kind, &[("request", requests)]);
    items(range, kind).flat_map(check).collect()
}
