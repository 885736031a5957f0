//! A node tells the API what it is.

use std::rc::Rc;

use super::node::{NodeAgent, node_ip, pod_cidr};
use crate::api::core::{Address, ContainerImage, Node, NodeStatus, NodeSystemInfo, ResourceList};
use crate::api::lean::Rest;
use crate::api::meta::{Condition, find_condition};
use crate::api::quantity::Quantity;
use crate::api::time::Time;
use crate::api::{Object, Str};
use crate::client::{Ctx, Severity};
use crate::sim::{Arrange, Duration, SimTime};

/// From the registration of a node to its being ready.
pub(super) const READY_AFTER: Duration = Duration::from_millis(350);
/// Nodes that come this early belong to the cluster as it was found.
const FROM_THE_START: Duration = Duration::from_secs(1);
/// How often a node looks whether its status has changed.
pub(super) const STATUS_PERIOD: Duration = Duration::from_secs(10);

/// What a node has that says nothing of it.
const CAPACITY: [(&str, &str); 4] = [
    ("cpu", "4"),
    ("ephemeral-storage", "100Gi"),
    ("memory", "8Gi"),
    ("pods", "110"),
];

/// The node of that number as its kubelet registers it.
// Models pkg/kubelet/kubelet_node_status.go initialNode
pub(super) fn register(ctx: &mut Ctx<'_>, agent: &mut NodeAgent, index: u32, node: &Node) {
    let mut next = node.clone();
    complete(&mut next, index);
    next.meta.resource_version.0 = 0;
    // Nodes that are there from the start have been up for long: nobody is told of it.
    let is_old = ctx.now < SimTime::ZERO + FROM_THE_START;
    let status = status(&next, index, is_old, ctx.time());
    // A node that was deleted in the meantime is no node any more.
    if ctx.update(next.clone()).is_err() {
        return;
    }
    next.status = status;
    if ctx.update_status(next).is_err() || is_old {
        return;
    }
    tell(ctx, agent, Severity::Normal, "Starting", "Starting kubelet.");
    for (_, reason, _) in &TOLD[..3] {
        tell_status(ctx, agent, reason);
    }
}

/// A node as it stands when it has been up for a while: registered and ready.
#[must_use]
pub fn settled(node: &Node, index: u32, now: Time) -> Node {
    let mut node = node.clone();
    complete(&mut node, index);
    node.status = status(&node, index, true, now);
    node
}

/// Whether the kubelet of a node has nothing left to tell before pods may come.
pub(super) fn is_settled(node: &Node) -> bool {
    let ready = find_condition(&node.status.conditions, "Ready").is_some_and(Condition::is_true);
    ready && !node.status.node_info.kubelet_version.is_empty()
}

/// Fills in labels and addresses.
fn complete(node: &mut Node, index: u32) {
    let name = node.meta.name.clone();
    label(node, &name);
    if node.spec.pod_cidr.is_empty() {
        let cidr: Str = pod_cidr(index).into();
        node.spec.pod_cidrs = [cidr.clone()].into();
        node.spec.pod_cidr = cidr;
    }
}

fn label(node: &mut Node, name: &str) {
    let defaults = [
        ("beta.kubernetes.io/arch", "amd64"),
        ("beta.kubernetes.io/os", "linux"),
        ("kubernetes.io/arch", "amd64"),
        ("kubernetes.io/hostname", name),
        ("kubernetes.io/os", "linux"),
    ];
    for (key, value) in defaults {
        if node.meta.label(key).is_none() {
            node.meta.set_label(key, value);
        }
    }
}

fn status(node: &Node, index: u32, ready: bool, now: Time) -> NodeStatus {
    let given = &node.status;
    let mut capacity: ResourceList = (*given.capacity).clone();
    for (name, amount) in CAPACITY {
        let amount = Quantity::parse(amount).expect("the default is a quantity");
        capacity.entry(name.into()).or_insert(amount);
    }
    let mut allocatable: ResourceList = capacity.clone();
    allocatable.extend(
        given
            .allocatable
            .iter()
            .map(|(name, amount)| (name.clone(), amount.clone())),
    );
    let address = |kind: &str, address: &str| Address {
        kind: kind.into(),
        address: address.into(),
        ..Address::default()
    };
    NodeStatus {
        capacity: Rc::new(capacity),
        allocatable: Rc::new(allocatable),
        conditions: conditions(&given.conditions, ready, false, now).into(),
        addresses: [
            address("InternalIP", &node_ip(index)),
            address("Hostname", &node.meta.name),
        ]
        .into(),
        node_info: Rc::new(system_info()),
        ..given.clone()
    }
}

fn system_info() -> NodeSystemInfo {
    NodeSystemInfo {
        architecture: "amd64".into(),
        container_runtime_version: "containerd://2.1.4".into(),
        kernel_version: "6.12.0".into(),
        kubelet_version: "v1.36.2".into(),
        operating_system: "linux".into(),
        os_image: "Debian GNU/Linux 13 (trixie)".into(),
        ..NodeSystemInfo::default()
    }
}

/// The four conditions of a node whose kubelet lives.
// Models pkg/kubelet/nodestatus setters.go
fn conditions(old: &[Condition], ready: bool, is_short: bool, now: Time) -> Vec<Condition> {
    let ready = if ready {
        ("Ready", true, "KubeletReady", "kubelet is posting ready status")
    } else {
        ("Ready", false, "KubeletNotReady", "CSINode is not yet initialized")
    };
    let (memory, message) = if is_short {
        (
            "KubeletHasInsufficientMemory",
            "kubelet has insufficient memory available",
        )
    } else {
        ("KubeletHasSufficientMemory", "kubelet has sufficient memory available")
    };
    let fresh = [
        ("MemoryPressure", is_short, memory, message),
        (
            "DiskPressure",
            false,
            "KubeletHasNoDiskPressure",
            "kubelet has no disk pressure",
        ),
        (
            "PIDPressure",
            false,
            "KubeletHasSufficientPID",
            "kubelet has sufficient PID available",
        ),
        ready,
    ];
    let own = |kind: &str| fresh.iter().any(|(known, ..)| *known == kind);
    let foreign = old.iter().filter(|condition| !own(&condition.kind)).cloned();
    let made = fresh.iter().map(|(kind, status, reason, message)| {
        let mut condition = Condition::new(kind, *status, reason, message, now);
        let before = find_condition(old, kind).filter(|before| before.status == condition.status);
        if let Some(before) = before {
            condition.last_transition_time = before.last_transition_time;
        }
        let mut rest = Rest::default();
        rest.set("lastHeartbeatTime", now.to_string().into());
        condition.rest = rest;
        condition
    });
    foreign.chain(made).collect()
}

/// Brings the node's status up to date: its conditions and its images.
pub(super) fn refresh(ctx: &mut Ctx<'_>, agent: &mut NodeAgent) {
    let Some(node) = ctx.api.get::<Node>("", &agent.name).cloned() else {
        return;
    };
    let was_ready = find_condition(&node.status.conditions, "Ready").is_some_and(Condition::is_true);
    let images = images(agent);
    let is_short = agent.pressure_since.is_some();
    let was_short = find_condition(&node.status.conditions, "MemoryPressure").is_some_and(Condition::is_true);
    if std::mem::replace(&mut agent.is_cordoned, node.spec.unschedulable) != node.spec.unschedulable {
        let word = if node.spec.unschedulable { "Not" } else { "" };
        tell_status(ctx, agent, &format!("Node{word}Schedulable"));
    }
    if was_ready && was_short == is_short && *images == *node.status.images {
        return;
    }
    let mut next = (*node).clone();
    let fresh = conditions(&node.status.conditions, true, is_short, ctx.time());
    next.status.conditions = fresh.clone().into();
    next.status.images = images.into();
    next.meta.resource_version.0 = 0;
    if ctx.update_status(next).is_err() {
        return;
    }
    if std::mem::take(&mut agent.has_rebooted) {
        let mut stream = ctx.stream(&agent.name, &format!("boot-{}", agent.started_at.0));
        let id = format!("{:016x}{:016x}", stream.next_u64(), stream.next_u64());
        let (a, b, c, d, e) = (&id[..8], &id[8..12], &id[12..16], &id[16..20], &id[20..]);
        let told = format!("Node {} has been rebooted, boot id: {a}-{b}-{c}-{d}-{e}", agent.name);
        tell(ctx, agent, Severity::Warning, "Rebooted", &told);
    }
    for (kind, no, yes) in TOLD {
        let status = |list: &[Condition]| find_condition(list, kind).map(|condition| condition.status.clone());
        if status(&node.status.conditions) != status(&fresh) {
            let holds = find_condition(&fresh, kind).is_some_and(Condition::is_true);
            tell_status(ctx, agent, if holds { yes } else { no });
        }
    }
}

/// What is told when a condition changes: when it does not hold any more, and when it holds.
const TOLD: [(&str, &str, &str); 4] = [
    ("MemoryPressure", "NodeHasSufficientMemory", "NodeHasInsufficientMemory"),
    ("DiskPressure", "NodeHasNoDiskPressure", "NodeHasDiskPressure"),
    ("PIDPressure", "NodeHasSufficientPID", "NodeHasInsufficientPID"),
    ("Ready", "NodeNotReady", "NodeReady"),
];

/// The images of a node, the largest first.
fn images(agent: &NodeAgent) -> Vec<ContainerImage> {
    let mut list: Vec<ContainerImage> = agent
        .images
        .present()
        .map(|image| ContainerImage {
            names: [image.id.clone(), image.reference.clone()].into(),
            size_bytes: i64::try_from(image.size_bytes).unwrap_or(i64::MAX),
            ..ContainerImage::default()
        })
        .collect();
    list.arrange_by(|a, b| b.size_bytes.cmp(&a.size_bytes).then_with(|| a.names.cmp(&b.names)));
    list.truncate(50);
    list
}

fn tell_status(ctx: &mut Ctx<'_>, agent: &mut NodeAgent, reason: &str) {
    let message = format!("Node {} status is now: {reason}", agent.name);
    tell(ctx, agent, Severity::Normal, reason, &message);
}

/// An event about the node, in the namespace `default`.
pub(super) fn tell(ctx: &mut Ctx<'_>, agent: &mut NodeAgent, severity: Severity, reason: &str, message: &str) {
    let Some(node) = ctx.api.get::<Node>("", &agent.name).cloned() else {
        return;
    };
    agent
        .recorder
        .event(ctx, &Object::Node(node), severity, reason, message);
}
