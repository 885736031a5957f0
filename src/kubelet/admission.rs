//! Pods that are bound to a node which cannot take them.

use std::rc::Rc;

use super::Kubelets;
use super::agent::{Host, PodAgent};
use super::eviction::is_critical;
use crate::api::component_helpers::{NO_EXECUTE, NO_SCHEDULE, RequiredNodes, find_untolerated_taint, tolerated};
use crate::api::core::{Node, Pod, PodStatus, Taint, pod_requests, qos_class};
use crate::api::quantity::Quantity;
use crate::client::{Ctx, Severity};

/// Why a node does not take a pod.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    reason: String,
    message: String,
}

/// Counts every resource of a pod in the unit of the kubelet's messages.
const RESOURCES: [&str; 3] = ["cpu", "memory", "ephemeral-storage"];

impl Kubelets {
    /// Why the pod's node does not take it.
    // Models pkg/kubelet/lifecycle predicateAdmitHandler.Admit
    pub(super) fn refusal(&self, ctx: &Ctx<'_>, pod: &Pod) -> Option<Refusal> {
        let node = ctx.api.get::<Node>("", &pod.spec.node_name)?;
        let known = |other: &&Rc<Pod>| self.pod_ids.contains_key(&other.meta.uid) && !other.is_finished();
        let others: Vec<&Rc<Pod>> = ctx.api.pods_on(&pod.spec.node_name).filter(known).collect();
        let node_agent = self.nodes.get(self.node_ids.get(&pod.spec.node_name)?)?;
        let is_short = node_agent.pressure_since.is_some();
        is_short
            .then(|| under_pressure(pod))
            .flatten()
            .or_else(|| lacks(node, pod, &others))
            .or_else(|| wrong_node(node, pod))
            .or_else(|| port_taken(pod, &others))
            .or_else(|| not_tolerated(node, pod))
    }
}

impl PodAgent {
    /// The pod ends before it has begun.
    // Models pkg/kubelet rejectPod
    pub(super) fn reject(&mut self, host: &mut Host<'_, '_>, refusal: &Refusal) {
        host.event(self, Severity::Warning, &refusal.reason, &refusal.message);
        let status = PodStatus {
            phase: "Failed".into(),
            reason: refusal.reason.as_str().into(),
            message: format!("Pod was rejected: {}", refusal.message).into(),
            observed_generation: self.pod.meta.generation,
            ..PodStatus::default()
        };
        let now = host.ctx.now;
        self.worker.terminating_at = Some(now);
        self.worker.terminated_at = Some(now);
        self.worker.is_finished = true;
        self.set_status(host, status, true);
    }
}

fn failed(predicate: &str, why: &str) -> Refusal {
    Refusal {
        reason: predicate.to_owned(),
        message: format!("Predicate {predicate} failed: {why}"),
    }
}

fn amount(quantity: &Quantity, resource: &str) -> i64 {
    if resource == "cpu" {
        quantity.milli_value()
    } else {
        quantity.value()
    }
}

fn lacks(node: &Node, pod: &Pod, others: &[&Rc<Pod>]) -> Option<Refusal> {
    let out_of = |resource: &str, requested: i64, used: i64, capacity: i64| Refusal {
        reason: format!("OutOf{resource}"),
        message: format!(
            "Node didn't have enough resource: {resource}, requested: {requested}, used: {used}, capacity: {capacity}"
        ),
    };
    let allocatable = |resource: &str| node.status.allocatable.get(resource).map_or(0, |q| amount(q, resource));
    let count = i64::try_from(others.len()).unwrap_or(i64::MAX);
    if count + 1 > allocatable("pods") {
        return Some(out_of("pods", 1, count, allocatable("pods")));
    }
    RESOURCES.into_iter().find_map(|resource| {
        let of = |pod: &Pod| pod_requests(&pod.spec).get(resource).map_or(0, |q| amount(q, resource));
        let requested = of(pod);
        let used: i64 = others.iter().map(|other| of(other)).sum();
        let capacity = allocatable(resource);
        (requested > 0 && requested + used > capacity).then(|| out_of(resource, requested, used, capacity))
    })
}

fn host_ports(pod: &Pod) -> impl Iterator<Item = (i32, &str, &str)> {
    let containers = pod.spec.containers.iter().chain(pod.spec.init_containers.iter());
    containers
        .flat_map(|container| container.ports.iter())
        .filter(|port| port.host_port > 0)
        .map(|port| {
            let protocol = if port.protocol.is_empty() {
                "TCP"
            } else {
                &*port.protocol
            };
            let ip = if port.host_ip.is_empty() {
                "0.0.0.0"
            } else {
                &*port.host_ip
            };
            (port.host_port, protocol, ip)
        })
}

fn port_taken(pod: &Pod, others: &[&Rc<Pod>]) -> Option<Refusal> {
    let clash = |a: (i32, &str, &str), b: (i32, &str, &str)| {
        a.0 == b.0 && a.1 == b.1 && (a.2 == b.2 || a.2 == "0.0.0.0" || b.2 == "0.0.0.0")
    };
    let taken = others
        .iter()
        .flat_map(|other| host_ports(other))
        .any(|b| host_ports(pod).any(|a| clash(a, b)));
    taken.then(|| {
        failed(
            "NodePorts",
            "node(s) didn't have free ports for the requested pod ports",
        )
    })
}

fn wrong_node(node: &Node, pod: &Pod) -> Option<Refusal> {
    let fits = RequiredNodes::of(pod).matches(node);
    (!fits).then(|| failed("NodeAffinity", "node(s) didn't match Pod's node affinity/selector"))
}

fn not_tolerated(node: &Node, pod: &Pod) -> Option<Refusal> {
    let taint = find_untolerated_taint(&node.spec.taints, &pod.spec.tolerations, |taint| {
        &*taint.effect == NO_EXECUTE
    });
    taint.map(|_| failed("TaintToleration", "node(s) had untolerated taint(s)"))
}

/// A node that is short of memory takes nobody who asks for nothing.
// Models pkg/kubelet/eviction managerImpl.Admit
fn under_pressure(pod: &Pod) -> Option<Refusal> {
    let taint = Taint {
        key: "node.kubernetes.io/memory-pressure".into(),
        effect: NO_SCHEDULE.into(),
        ..Taint::default()
    };
    let is_taken = is_critical(pod) || qos_class(&pod.spec) != "BestEffort" || tolerated(&pod.spec.tolerations, &taint);
    (!is_taken).then(|| Refusal {
        reason: "Evicted".to_owned(),
        message: "The node had condition: [MemoryPressure]. ".to_owned(),
    })
}
