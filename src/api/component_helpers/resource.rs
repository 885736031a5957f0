//! What a pod asks for, over all its containers.

use crate::api::core::{Container, Pod, ResourceList};

/// What the pod requests: the larger of its running containers together and its greediest init step, its own requests
/// for the resources that a pod may set as a whole, and its overhead.
///
/// `defaults` stand in where a container names no request of a resource; only scores use them.
// Models k8s.io/component-helpers/resource/helpers.go PodRequests.
#[must_use]
pub fn pod_requests(pod: &Pod, defaults: Option<&ResourceList>) -> ResourceList {
    let mut requests = aggregate_container_requests(pod, defaults);
    if let Some(resources) = &pod.spec.resources {
        for (name, quantity) in resources.requests.iter() {
            if is_pod_level_resource(name) {
                requests.insert(name.clone(), quantity.clone());
            }
        }
    }
    add_resources(&mut requests, &pod.spec.overhead);
    requests
}

/// Whether the pod requests something as a whole.
// Models k8s.io/component-helpers/resource/helpers.go IsPodLevelRequestsSet.
#[must_use]
pub fn pod_level_requests_set(pod: &Pod) -> bool {
    let resources = pod.spec.resources.as_ref();
    resources.is_some_and(|resources| resources.requests.keys().any(|name| is_pod_level_resource(name)))
}

/// Adds the amounts of `more` to `list`.
pub fn add_resources(list: &mut ResourceList, more: &ResourceList) {
    for (name, quantity) in more {
        list.entry(name.clone())
            .and_modify(|sum| sum.add(quantity))
            .or_insert_with(|| quantity.clone());
    }
}

fn is_pod_level_resource(name: &str) -> bool {
    matches!(name, "cpu" | "memory") || name.starts_with("hugepages-")
}

// Models k8s.io/component-helpers/resource/helpers.go AggregateContainerRequests.
fn aggregate_container_requests(pod: &Pod, defaults: Option<&ResourceList>) -> ResourceList {
    let mut requests = ResourceList::new();
    for container in pod.spec.containers.iter() {
        add_resources(&mut requests, &container_requests(container, defaults));
    }
    let mut sidecars = ResourceList::new();
    let mut steps = ResourceList::new();
    for container in pod.spec.init_containers.iter() {
        let own = container_requests(container, defaults);
        if &*container.restart_policy == "Always" {
            add_resources(&mut requests, &own);
            add_resources(&mut sidecars, &own);
            take_larger(&mut steps, &sidecars);
        } else {
            let mut step = own;
            add_resources(&mut step, &sidecars);
            take_larger(&mut steps, &step);
        }
    }
    take_larger(&mut requests, &steps);
    requests
}

fn container_requests(container: &Container, defaults: Option<&ResourceList>) -> ResourceList {
    let mut requests = (*container.resources.requests).clone();
    for (name, quantity) in defaults.into_iter().flatten() {
        requests.entry(name.clone()).or_insert_with(|| quantity.clone());
    }
    requests
}

fn take_larger(list: &mut ResourceList, other: &ResourceList) {
    for (name, quantity) in other {
        match list.get_mut(name) {
            Some(old) if *old >= *quantity => {}
            Some(old) => *old = quantity.clone(),
            None => {
                list.insert(name.clone(), quantity.clone());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::lean;
    use serde_json::json;

    fn cpu(spec: serde_json::Value) -> String {
        let pod: Pod = lean::decode(json!({"spec": spec})).expect("a pod");
        pod_requests(&pod, None)
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
