//! Nodes.

use crate::api::Str;
use crate::api::core::{Node, ResourceList};
use crate::api::meta::find_condition;
use crate::cluster::Cluster;
use crate::view::scene::{NodeState, NodeView, Usage};

/// Taints that a cordon or a lost node puts on a node.
const OWN_TAINTS: &str = "node.kubernetes.io/";
const PRESSURES: [&str; 3] = ["MemoryPressure", "DiskPressure", "PIDPressure"];

pub(super) fn view(cluster: &Cluster, id: u64, node: &Node) -> NodeView {
    let status = &node.status;
    let state = match find_condition(&status.conditions, "Ready").map(|ready| &*ready.status) {
        Some("True") => NodeState::Ready,
        Some("Unknown") => NodeState::Unknown,
        _ => NodeState::NotReady,
    };
    let pressed = |kind: &&str| find_condition(&status.conditions, kind).is_some_and(|condition| condition.is_true());
    let mut view = NodeView::new(id, node.meta.name.clone());
    view.zone = node
        .meta
        .label("topology.kubernetes.io/zone")
        .cloned()
        .unwrap_or_default();
    view.state = state;
    view.cordoned = node.spec.unschedulable;
    let own = node
        .spec
        .taints
        .iter()
        .filter(|taint| !taint.key.starts_with(OWN_TAINTS))
        .count();
    view.taint_count = u32::try_from(own).unwrap_or(u32::MAX);
    view.pressure = PRESSURES
        .into_iter()
        .find(|kind| pressed(kind))
        .map_or_else(Str::default, Into::into);
    add_usage(cluster, node, &mut view);
    view
}

fn add_usage(cluster: &Cluster, node: &Node, view: &mut NodeView) {
    let amount = |list: &ResourceList, name: &str, milli: bool| {
        let found = list.get(name).map_or(0, |quantity| {
            if milli {
                quantity.milli_value()
            } else {
                quantity.value()
            }
        });
        u64::try_from(found).unwrap_or_default()
    };
    let allocatable = &node.status.allocatable;
    let mut usage = [Usage::default(); 3];
    usage[0].allocatable = amount(allocatable, "cpu", true);
    usage[1].allocatable = amount(allocatable, "memory", false);
    usage[2].allocatable = amount(allocatable, "pods", false);
    for pod in cluster.api().pods_on(&node.meta.name).filter(|pod| !pod.is_finished()) {
        for container in pod.spec.containers.iter() {
            usage[0].requested += amount(&container.resources.requests, "cpu", true);
            usage[1].requested += amount(&container.resources.requests, "memory", false);
        }
        usage[2].requested += 1;
    }
    [view.cpu, view.memory, view.pods] = usage;
}
