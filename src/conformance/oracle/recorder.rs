//! The recorder's cluster, and what happened to it besides the commands.

use crate::sim::btree::BTreeMap;

use serde_json::{Value, json};

use super::history::History;
use super::json::text;
use crate::api::core::{Node, Pod};
use crate::api::quantity::Quantity;
use crate::api::{Object, Resource};

/// The recorder's nodes.
pub(super) const NODES: [&str; 3] = ["node-1", "node-2", "node-3"];

/// Milli-cores of a node.
const CPU_MILLI: i64 = 4000;

/// The nodes as the recorder's kubelets registered them.
pub(super) fn nodes() -> Result<Vec<Node>, String> {
    NODES.iter().map(|name| node(name, ("4", "8Gi"), &[])).collect()
}

/// A node with processors and memory, as its kubelet registers it.
pub(super) fn node(name: &str, (cpu, memory): (&str, &str), labels: &[(String, String)]) -> Result<Node, String> {
    let room = json!({"cpu": cpu, "memory": memory, "pods": "110", "ephemeral-storage": "0"});
    let labels: BTreeMap<&String, &String> = labels.iter().map(|(key, value)| (key, value)).collect();
    let labels: serde_json::Map<String, Value> = labels
        .into_iter()
        .map(|(key, value)| (key.clone(), json!(value)))
        .collect();
    let node = json!({
        "metadata": {"name": name, "labels": labels, "annotations": {"node.alpha.kubernetes.io/ttl": "0"}},
        "spec": {"providerID": format!("kubemark://{name}")},
        "status": {"capacity": room, "allocatable": room},
    });
    let object = Object::decode(Node::KIND, node).map_err(|error| error.to_string())?;
    Node::of(&object)
        .map(|node| (**node).clone())
        .ok_or_else(|| "no node".to_owned())
}

/// A pod of somebody else's that filled a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Occupant {
    pub(super) node: String,
    pub(super) cpu_milli: i64,
    /// When it was gone, in milliseconds.
    pub(super) until: i64,
}

impl Occupant {
    /// The pod, under a name.
    pub(super) fn pod(&self, name: &str) -> Result<Object, String> {
        let resources = json!({"requests": {"cpu": format!("{}m", self.cpu_milli)}});
        let container = json!({"name": "c", "image": "registry.k8s.io/pause:3.10", "resources": resources});
        let spec = json!({"nodeName": self.node, "containers": [container], "terminationGracePeriodSeconds": 1});
        let pod = json!({"metadata": {"name": name, "namespace": "default"}, "spec": spec});
        Object::decode(Pod::KIND, pod).map_err(|error| error.to_string())
    }
}

/// What must have filled the nodes: pods were told that no node had room, though the scenario's own pods left some where
/// the pod then went, and none of these had gone. The recorder's scenarios followed each other closely.
pub(super) fn occupants(history: &History) -> Vec<Occupant> {
    let mut found: BTreeMap<String, Occupant> = BTreeMap::new();
    let pods = history.tracks.iter().filter(|track| track.kind == "Pod");
    let lives: Vec<Stay> = pods.filter_map(|track| Stay::of(&track.versions)).collect();
    for stay in &lives {
        let (Some(refused), Some((node, bound))) = (stay.refused, &stay.bound) else {
            continue;
        };
        let used = |at: i64| -> i64 {
            let there = lives.iter().filter(|other| other.is_on(node, at));
            there.map(|other| other.cpu_milli).sum()
        };
        if used(refused) + stay.cpu_milli > CPU_MILLI {
            continue;
        }
        let cpu_milli = CPU_MILLI - used(refused);
        let until = *bound;
        let occupant = found.entry(node.clone()).or_insert(Occupant {
            node: node.clone(),
            cpu_milli,
            until,
        });
        occupant.cpu_milli = occupant.cpu_milli.min(cpu_milli);
        occupant.until = occupant.until.min(until);
    }
    found.into_values().collect()
}

/// When a pod was where, and what it asked for.
struct Stay {
    cpu_milli: i64,
    /// When it was told first that no node has room.
    refused: Option<i64>,
    bound: Option<(String, i64)>,
    ended: i64,
}

impl Stay {
    fn of(versions: &[(i64, Option<Value>)]) -> Option<Self> {
        let (_, first) = versions.first()?;
        let mut stay = Self {
            cpu_milli: cpu_milli(first.as_ref()?),
            refused: None,
            bound: None,
            ended: i64::MAX,
        };
        for (at, object) in versions {
            let over = |object: &Value| matches!(object["status"]["phase"].as_str(), Some("Succeeded" | "Failed"));
            let Some(object) = object.as_ref().filter(|object| !over(object)) else {
                stay.ended = stay.ended.min(*at);
                continue;
            };
            let node = text(object, "/spec/nodeName");
            if !node.is_empty() {
                stay.bound.get_or_insert((node.to_owned(), *at));
            } else if is_refused(object) {
                stay.refused.get_or_insert(*at);
            }
        }
        Some(stay)
    }

    fn is_on(&self, node: &str, at: i64) -> bool {
        self.ended > at
            && self
                .bound
                .as_ref()
                .is_some_and(|(own, bound)| own == node && *bound <= at)
    }
}

fn is_refused(pod: &Value) -> bool {
    let all = format!("0/{0} nodes are available: {0} Insufficient cpu.", NODES.len());
    let conditions = pod["status"]["conditions"].as_array();
    conditions
        .into_iter()
        .flatten()
        .any(|condition| text(condition, "/message").starts_with(&all))
}

fn cpu_milli(pod: &Value) -> i64 {
    let containers = pod.pointer("/spec/containers").and_then(Value::as_array);
    let cpu = |container: &Value| {
        let amount = Quantity::parse(text(container, "/resources/requests/cpu")).ok()?;
        Some(amount.milli_value())
    };
    containers.into_iter().flatten().filter_map(cpu).sum()
}

/// After how many seconds a container is to run out of memory: the recorder's runtime reads it from an annotation.
pub(super) fn out_of_memory_after_s(pod: &Pod, container: &str) -> Option<i64> {
    let annotation = format!("sim/oom-after.{container}");
    pod.meta.annotation(&annotation)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_filled_a_node_is_found() {
        let mut history = History::default();
        let refused = json!([{"type": "PodScheduled", "message": "0/3 nodes are available: 3 Insufficient cpu. no."}]);
        let mut pod = json!({"spec": {"containers": [{"resources": {"requests": {"cpu": "1500m"}}}]}});
        pod["status"] = json!({"conditions": refused});
        let mut bound = pod.clone();
        bound["spec"]["nodeName"] = json!("node-2");
        history.add(100, "Pod", "a", Some(pod));
        history.add(5000, "Pod", "a", Some(bound));
        let want = Occupant {
            node: "node-2".to_owned(),
            cpu_milli: 4000,
            until: 5000,
        };
        assert_eq!(occupants(&history), [want]);
    }
}
