//! What a pod's containers ask for and may use, taken together.

use crate::sim::btree::BTreeMap;

use crate::api::core::{PodSpec, ResourceList, ResourceRequirements};

/// Which of the two lists of a container.
type Pick = fn(&ResourceRequirements) -> &ResourceList;

/// What a pod requests: the larger of its running containers together and its greediest init step, with what it says of
/// itself as a whole and its overhead.
// Models k8s.io/component-helpers/resource/helpers.go PodRequests.
#[must_use]
pub fn pod_requests(spec: &PodSpec) -> ResourceList {
    let mut requests = with_pod_level(spec, |resources| &resources.requests, is_pod_level);
    add(&mut requests, &spec.overhead);
    requests
}

/// What a pod may use: as [`pod_requests`], but overhead counts only for resources that are limited.
// Models PodLimits.
#[must_use]
pub fn pod_limits(spec: &PodSpec) -> ResourceList {
    let mut limits = with_pod_level(spec, |resources| &resources.limits, is_pod_level);
    for (name, amount) in spec.overhead.iter() {
        if let Some(limit) = limits.get_mut(name).filter(|limit| !limit.is_zero()) {
            limit.add(amount);
        }
    }
    limits
}

/// The sum over containers, each resource replaced by what the pod says of itself as a whole, where `allowed`.
pub fn with_pod_level(spec: &PodSpec, pick: Pick, allowed: fn(&str) -> bool) -> ResourceList {
    let mut sum = of_containers(spec, pick);
    if let Some(resources) = &spec.resources {
        for (name, amount) in pick(resources).iter().filter(|(name, _)| allowed(name)) {
            sum.insert(name.clone(), amount.clone());
        }
    }
    sum
}

fn is_pod_level(name: &str) -> bool {
    matches!(name, "cpu" | "memory") || name.starts_with("hugepages-")
}

/// The larger of the running containers together and the greediest init step. Sidecars run beside all that follow.
// Models AggregateContainerRequests and AggregateContainerLimits.
pub fn of_containers(spec: &PodSpec, pick: Pick) -> ResourceList {
    let mut running = BTreeMap::new();
    for container in spec.containers.iter() {
        add(&mut running, pick(&container.resources));
    }
    let (mut sidecars, mut steps) = (BTreeMap::new(), BTreeMap::new());
    for container in spec.init_containers.iter() {
        let own = pick(&container.resources);
        let mut step = sidecars.clone();
        add(&mut step, own);
        if &*container.restart_policy == "Always" {
            add(&mut running, own);
            add(&mut sidecars, own);
        }
        take_larger(&mut steps, step);
    }
    take_larger(&mut running, steps);
    running
}

fn add(sum: &mut ResourceList, list: &ResourceList) {
    for (name, amount) in list {
        sum.entry(name.clone()).or_default().add(amount);
    }
}

fn take_larger(sum: &mut ResourceList, other: ResourceList) {
    for (name, amount) in other {
        match sum.get_mut(&name) {
            Some(old) if *old >= amount => {}
            _ => {
                sum.insert(name, amount);
            }
        }
    }
}
