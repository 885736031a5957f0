//! What an object counts for.
// Models pkg/quota/v1/evaluator/core.

use crate::api::core::{Pod, ResourceList, ResourceRequirements, Service, pod_limits, pod_requests};
use crate::api::quantity::Quantity;
use crate::api::storage::PersistentVolumeClaim;
use crate::api::time::Time;
use crate::api::{Object, Str};

/// Kinds that also count under their plain plural.
const PLAIN: [&str; 4] = ["configmaps", "secrets", "replicationcontrollers", "resourcequotas"];
/// Resources that containers must name when a quota counts them.
const REQUIRED: [&str; 6] = [
    "cpu",
    "memory",
    "requests.cpu",
    "requests.memory",
    "limits.cpu",
    "limits.memory",
];

/// What the object counts for at the time `now`.
pub(in crate::apiserver) fn usage(object: &Object, now: Time) -> ResourceList {
    let resource = object.kind().info().resource();
    let mut usage = one(&format!("count/{resource}"));
    match object {
        Object::Pod(pod) => of_pod(pod, now, &mut usage),
        Object::Service(service) => of_service(service, &mut usage),
        Object::PersistentVolumeClaim(claim) => of_claim(claim, &mut usage),
        _ if PLAIN.contains(&&*resource) => usage.extend(one(&resource)),
        _ => {}
    }
    usage
}

fn one(name: &str) -> ResourceList {
    [(Str::from(name), number(1))].into()
}

fn number(n: usize) -> Quantity {
    Quantity::parse(&n.to_string()).expect("digits are a quantity")
}

// Models PodUsageFunc.
fn of_pod(pod: &Pod, now: Time, usage: &mut ResourceList) {
    if pod.is_finished() || is_overdue(pod, now) {
        return;
    }
    usage.extend(one("pods"));
    usage.extend(compute(&pod_requests(&pod.spec), &pod_limits(&pod.spec)));
}

/// Whether the pod should have stopped by now: its node may be lost.
fn is_overdue(pod: &Pod, now: Time) -> bool {
    let until = pod.meta.deletion_timestamp.zip(pod.meta.deletion_grace_period_seconds);
    until.is_some_and(|(deletion, grace)| now.0 > deletion.0 + grace)
}

// Models podComputeUsageHelper.
fn compute(requests: &ResourceList, limits: &ResourceList) -> ResourceList {
    let mut usage = ResourceList::new();
    for (name, amount) in requests {
        let native = matches!(&**name, "cpu" | "memory" | "ephemeral-storage") || name.starts_with("hugepages-");
        if native {
            usage.insert(name.clone(), amount.clone());
        }
        if native || is_extended(name) {
            usage.insert(format!("requests.{name}").into(), amount.clone());
        }
    }
    for name in ["cpu", "memory", "ephemeral-storage"] {
        if let Some(amount) = limits.get(name) {
            usage.insert(format!("limits.{name}").into(), amount.clone());
        }
    }
    usage
}

/// A resource of somebody's own domain.
// Models pkg/apis/core/helper IsExtendedResourceName.
fn is_extended(name: &str) -> bool {
    name.contains('/') && !name.contains("kubernetes.io/") && !name.starts_with("requests.")
}

/// What a container must name for a quota of these resources and does not.
// Models enforcePodContainerConstraints.
pub(super) fn missing(resources: &ResourceRequirements, counted: &[&str]) -> Vec<&'static str> {
    let named = compute(&resources.requests, &resources.limits);
    let lacks = |name: &&'static str| counted.contains(name) && !named.contains_key(*name);
    REQUIRED.into_iter().filter(lacks).collect()
}

// Models serviceEvaluator.Usage.
fn of_service(service: &Service, usage: &mut ResourceList) {
    let spec = &service.spec;
    let is_balanced = &*spec.kind == "LoadBalancer";
    let node_ports = match &*spec.kind {
        "LoadBalancer" if spec.allocate_load_balancer_node_ports == Some(false) => {
            spec.ports.iter().filter(|port| port.node_port != 0).count()
        }
        "LoadBalancer" | "NodePort" => spec.ports.len(),
        _ => 0,
    };
    usage.extend(one("services"));
    usage.insert("services.nodeports".into(), number(node_ports));
    usage.insert("services.loadbalancers".into(), number(usize::from(is_balanced)));
}

// Models pvcEvaluator.Usage.
fn of_claim(claim: &PersistentVolumeClaim, usage: &mut ResourceList) {
    let quantity = |list: &ResourceList| {
        let mut quantity = list.get("storage")?.clone();
        quantity.round_up(0);
        Some(quantity)
    };
    let class = claim.spec.storage_class_name.as_deref().unwrap_or_default();
    let requested = quantity(&claim.spec.resources.requests);
    let allocated = quantity(&claim.status.allocated_resources);
    let storage = requested.map(|requested| allocated.map_or(requested.clone(), |other| other.max(requested)));
    let mut put = |name: &str, amount: Quantity| {
        if !class.is_empty() {
            usage.insert(
                format!("{class}.storageclass.storage.k8s.io/{name}").into(),
                amount.clone(),
            );
        }
        usage.insert(name.into(), amount);
    };
    put("persistentvolumeclaims", number(1));
    if let Some(storage) = storage {
        put("requests.storage", storage);
    }
}
