//! Pods that are bound to a node which cannot take them.

use std::rc::Rc;

use super::Kubelets;
use super::agent::{Host, PodAgent};
use crate::api::core::{Container, Node, NodeSelectorRequirement, NodeSelectorTerm, Pod, PodStatus, Taint, Toleration};
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
        lacks(node, pod, &others)
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

fn request(container: &Container, resource: &str) -> i64 {
    container
        .resources
        .requests
        .get(resource)
        .map_or(0, |quantity| amount(quantity, resource))
}

/// What a pod asks for: its containers and sidecars together, or the most that its init containers need.
// Models k8s.io/component-helpers/resource PodRequests
fn pod_request(pod: &Pod, resource: &str) -> i64 {
    let spec = &pod.spec;
    if let Some(given) = spec
        .resources
        .as_ref()
        .and_then(|resources| resources.requests.get(resource))
    {
        return amount(given, resource);
    }
    let regular: i64 = spec
        .containers
        .iter()
        .map(|container| request(container, resource))
        .sum();
    let (mut sidecars, mut most) = (0, 0);
    for init in spec.init_containers.iter() {
        let own = request(init, resource);
        if super::restart::is_sidecar(init) {
            sidecars += own;
            most = most.max(sidecars);
        } else {
            most = most.max(sidecars + own);
        }
    }
    let overhead = spec
        .overhead
        .get(resource)
        .map_or(0, |quantity| amount(quantity, resource));
    most.max(regular + sidecars) + overhead
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
        let requested = pod_request(pod, resource);
        let used: i64 = others.iter().map(|other| pod_request(other, resource)).sum();
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
    let labels = &node.meta.labels;
    let selected = pod
        .spec
        .node_selector
        .iter()
        .all(|(key, value)| labels.get(key) == Some(value));
    let affinity = pod
        .spec
        .affinity
        .as_ref()
        .and_then(|affinity| affinity.node_affinity.as_ref());
    let required = affinity.and_then(|affinity| affinity.required.as_ref());
    let fits = required.is_none_or(|required| required.node_selector_terms.iter().any(|term| term_fits(node, term)));
    (!selected || !fits).then(|| failed("NodeAffinity", "node(s) didn't match Pod's node affinity/selector"))
}

fn term_fits(node: &Node, term: &NodeSelectorTerm) -> bool {
    let by_label = |r: &NodeSelectorRequirement| requirement_fits(node.meta.label(&r.key).map(|value| &**value), r);
    let by_field =
        |r: &NodeSelectorRequirement| requirement_fits((&*r.key == "metadata.name").then_some(&*node.meta.name), r);
    let empty = term.match_expressions.is_empty() && term.match_fields.is_empty();
    !empty && term.match_expressions.iter().all(by_label) && term.match_fields.iter().all(by_field)
}

fn requirement_fits(value: Option<&str>, requirement: &NodeSelectorRequirement) -> bool {
    let listed = |value: &str| requirement.values.iter().any(|known| **known == *value);
    let number = |text: &str| text.parse::<i64>().ok();
    let bound = requirement.values.first().and_then(|text| number(text));
    match &*requirement.operator {
        "In" => value.is_some_and(listed),
        "NotIn" => !value.is_some_and(listed),
        "Exists" => value.is_some(),
        "DoesNotExist" => value.is_none(),
        "Gt" => value
            .and_then(number)
            .zip(bound)
            .is_some_and(|(value, bound)| value > bound),
        "Lt" => value
            .and_then(number)
            .zip(bound)
            .is_some_and(|(value, bound)| value < bound),
        _ => false,
    }
}

fn not_tolerated(node: &Node, pod: &Pod) -> Option<Refusal> {
    let tolerates = |taint: &Taint| pod.spec.tolerations.iter().any(|toleration| covers(toleration, taint));
    let bad = node
        .spec
        .taints
        .iter()
        .any(|taint| &*taint.effect == "NoExecute" && !tolerates(taint));
    bad.then(|| failed("TaintToleration", "node(s) had untolerated taint(s)"))
}

// Models k8s.io/api/core/v1 Toleration.ToleratesTaint
fn covers(toleration: &Toleration, taint: &Taint) -> bool {
    let effect = toleration.effect.is_empty() || toleration.effect == taint.effect;
    let key = toleration.key.is_empty() || toleration.key == taint.key;
    let value = match &*toleration.operator {
        "Exists" => true,
        _ => toleration.value == taint.value && !toleration.key.is_empty(),
    };
    effect && key && value
}
