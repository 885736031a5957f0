//! What a pod's containers ask for and may use, taken together.

use crate::api::core::{Container, PodSpec, ResourceList, ResourceRequirements};

/// Which of the two lists of a container.
type Pick = fn(&ResourceRequirements) -> &ResourceList;

/// What a pod requests: the larger of its running containers together and its greediest init step, with what it says of
/// itself as a whole and its overhead.
// Models k8s.io/component-helpers/resource/helpers.go PodRequests.
#[must_use]
pub fn pod_requests(spec: &PodSpec) -> ResourceList {
    pod_requests_or(spec, &ResourceList::new())
}

/// The same, where `defaults` stand in for what a container does not name; only scores use them.
// Models NonMissingContainerRequests of PodRequests.
#[must_use]
pub fn pod_requests_or(spec: &PodSpec, defaults: &ResourceList) -> ResourceList {
    let mut requests = of_containers(spec, |resources| &resources.requests, defaults);
    set_pod_level(&mut requests, spec, |resources| &resources.requests, is_pod_level);
    add_resources(&mut requests, &spec.overhead);
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
    let mut sum = of_containers(spec, pick, &ResourceList::new());
    set_pod_level(&mut sum, spec, pick, allowed);
    sum
}

fn set_pod_level(sum: &mut ResourceList, spec: &PodSpec, pick: Pick, allowed: fn(&str) -> bool) {
    let own = spec.resources.iter().flat_map(pick);
    for (name, amount) in own.filter(|(name, _)| allowed(name)) {
        sum.insert(name.clone(), amount.clone());
    }
}

/// Whether the pod requests something as a whole.
// Models IsPodLevelRequestsSet.
#[must_use]
pub fn pod_level_requests_set(spec: &PodSpec) -> bool {
    let resources = spec.resources.as_ref();
    resources.is_some_and(|resources| resources.requests.keys().any(|name| is_pod_level(name)))
}

fn is_pod_level(name: &str) -> bool {
    matches!(name, "cpu" | "memory") || name.starts_with("hugepages-")
}

/// The larger of the running containers together and the greediest init step. Sidecars run beside all that follow.
// Models AggregateContainerRequests and AggregateContainerLimits.
fn of_containers(spec: &PodSpec, pick: Pick, defaults: &ResourceList) -> ResourceList {
    let add_own = |sum: &mut ResourceList, container: &Container| {
        let own = pick(&container.resources);
        add_resources(sum, own);
        for (name, amount) in defaults.iter().filter(|(name, _)| !own.contains_key(*name)) {
            sum.entry(name.clone()).or_default().add(amount);
        }
    };
    let mut running = ResourceList::new();
    for container in spec.containers.iter() {
        add_own(&mut running, container);
    }
    let (mut sidecars, mut steps) = (ResourceList::new(), ResourceList::new());
    for container in spec.init_containers.iter() {
        let mut step = sidecars.clone();
        add_own(&mut step, container);
        if &*container.restart_policy == "Always" {
            add_own(&mut running, container);
            sidecars.clone_from(&step);
        }
        take_larger(&mut steps, step);
    }
    take_larger(&mut running, steps);
    running
}

/// Adds the amounts of `more` to `sum`.
pub fn add_resources(sum: &mut ResourceList, more: &ResourceList) {
    for (name, amount) in more {
        match sum.get_mut(name) {
            Some(old) => old.add(amount),
            None => {
                sum.insert(name.clone(), amount.clone());
            }
        }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::core::Pod;
    use crate::api::lean;
    use serde_json::json;

    fn cpu(spec: serde_json::Value) -> String {
        let pod: Pod = lean::decode(json!({"spec": spec})).expect("a pod");
        pod_requests(&pod.spec)
            .get("cpu")
            .map(ToString::to_string)
            .unwrap_or_default()
    }

    #[test]
    fn init_steps_sidecars_and_overhead_count() {
        let container = |cpu: &str| json!({"name": "c", "resources": {"requests": {"cpu": cpu}}});
        let sidecar =
            |cpu: &str| json!({"name": "s", "restartPolicy": "Always", "resources": {"requests": {"cpu": cpu}}});
        for (spec, want) in [
            (json!({"containers": [container("1"), container("500m")]}), "1500m"),
            (
                json!({"containers": [container("1")], "initContainers": [container("3")]}),
                "3",
            ),
            (
                json!({"containers": [container("1")], "initContainers": [sidecar("1"), container("3")]}),
                "4",
            ),
            (
                json!({"containers": [container("1")], "initContainers": [container("1500m"), sidecar("1")]}),
                "2",
            ),
            (
                json!({"containers": [container("1")], "overhead": {"cpu": "250m"}}),
                "1250m",
            ),
            (
                json!({"containers": [container("1")], "resources": {"requests": {"cpu": "5"}}}),
                "5",
            ),
        ] {
            assert_eq!(cpu(spec.clone()), want, "{spec}");
        }
    }
}
