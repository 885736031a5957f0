//! Taints that follow from a node's conditions.
// Models pkg/controller/nodelifecycle/node_lifecycle_controller.go

use crate::api::core::{Node, Taint};
use crate::api::meta::find_condition;
use crate::api::time::Time;

pub(super) const NOT_READY: &str = "node.kubernetes.io/not-ready";
pub(super) const UNREACHABLE: &str = "node.kubernetes.io/unreachable";
const UNSCHEDULABLE: &str = "node.kubernetes.io/unschedulable";
const NO_SCHEDULE: &str = "NoSchedule";
const NO_EXECUTE: &str = "NoExecute";

/// Condition, its status, and the taint that says so.
const OF_CONDITIONS: [(&str, &str, &str); 6] = [
    ("Ready", "False", NOT_READY),
    ("Ready", "Unknown", UNREACHABLE),
    ("MemoryPressure", "True", "node.kubernetes.io/memory-pressure"),
    ("DiskPressure", "True", "node.kubernetes.io/disk-pressure"),
    ("NetworkUnavailable", "True", "node.kubernetes.io/network-unavailable"),
    ("PIDPressure", "True", "node.kubernetes.io/pid-pressure"),
];

/// The keys of the NoSchedule taints that a node is to have.
// Models pkg/controller/nodelifecycle/node_lifecycle_controller.go doNoScheduleTaintingPass
fn no_schedule_keys(node: &Node) -> Vec<&'static str> {
    let holds = |kind: &str, status: &str| {
        find_condition(&node.status.conditions, kind).is_some_and(|condition| *condition.status == *status)
    };
    let of_conditions = OF_CONDITIONS.iter().filter(|(kind, status, _)| holds(kind, status));
    let mut keys: Vec<&str> = of_conditions.map(|(_, _, taint)| *taint).collect();
    keys.extend(node.spec.unschedulable.then_some(UNSCHEDULABLE));
    keys
}

/// The node with the NoSchedule taints that it is to have; none where it has them.
pub(in crate::controller) fn with_no_schedule(node: &Node, now: Time) -> Option<Node> {
    let wanted = no_schedule_keys(node);
    let managed = |taint: &Taint| {
        let ours = OF_CONDITIONS.iter().any(|(_, _, key)| *taint.key == **key) || &*taint.key == UNSCHEDULABLE;
        ours && &*taint.effect == NO_SCHEDULE
    };
    let has = |key: &str| {
        node.spec
            .taints
            .iter()
            .any(|taint| managed(taint) && *taint.key == *key)
    };
    let keeps = |taint: &&Taint| !managed(taint) || wanted.contains(&&*taint.key);
    let mut taints: Vec<Taint> = node.spec.taints.iter().filter(keeps).cloned().collect();
    let missing = wanted.iter().filter(|key| !has(key));
    taints.extend(missing.map(|key| taint(key, NO_SCHEDULE, now)));
    with_taints(node, taints)
}

/// The NoExecute taint that a node is to have, by its readiness.
pub(super) fn no_execute_key(node: &Node) -> Option<&'static str> {
    match ready_status(node) {
        "False" => Some(NOT_READY),
        "True" => None,
        _ => Some(UNREACHABLE),
    }
}

/// Whether the NoExecute taints of a node are as they are to be.
pub(super) fn no_execute_fits(node: &Node, wanted: Option<&str>) -> bool {
    let mut keys = node
        .spec
        .taints
        .iter()
        .filter(|taint| is_no_execute(taint))
        .map(|taint| &*taint.key);
    keys.next() == wanted && keys.next().is_none()
}

/// The node with that NoExecute taint instead of those that it has; none where that changes nothing.
// Models pkg/controller/nodelifecycle/node_lifecycle_controller.go processTaintBaseEviction
pub(super) fn with_no_execute(node: &Node, wanted: Option<&str>, now: Time) -> Option<Node> {
    let keeps = |other: &&Taint| !is_no_execute(other) || wanted == Some(&*other.key);
    let mut taints: Vec<Taint> = node.spec.taints.iter().filter(keeps).cloned().collect();
    let has = taints.iter().any(is_no_execute);
    taints.extend(wanted.filter(|_| !has).map(|key| taint(key, NO_EXECUTE, now)));
    with_taints(node, taints)
}

/// Whether it is one of the two taints by which a node that is not well loses its pods.
pub(super) fn is_no_execute(taint: &Taint) -> bool {
    &*taint.effect == NO_EXECUTE && [NOT_READY, UNREACHABLE].contains(&&*taint.key)
}

/// The status of the condition Ready; `Unknown` for none.
pub(super) fn ready_status(node: &Node) -> &str {
    find_condition(&node.status.conditions, "Ready").map_or("Unknown", |ready| &*ready.status)
}

fn taint(key: &str, effect: &str, now: Time) -> Taint {
    Taint {
        key: key.into(),
        effect: effect.into(),
        time_added: Some(now),
        ..Taint::default()
    }
}

fn with_taints(node: &Node, taints: Vec<Taint>) -> Option<Node> {
    if node.spec.taints[..] == taints[..] {
        return None;
    }
    let mut node = node.clone();
    node.spec.taints = taints.into();
    Some(node)
}
