//! Rules about pods and the nodes that hold them.

use kubarium::sim::btree::BTreeMap;

use kubarium::api::Str;
use kubarium::api::core::{ContainerStatus, Node, Pod, ResourceList, pod_requests};
use kubarium::api::quantity::Quantity;

use super::{Seen, versions};

pub(super) fn check(seen: &Seen<'_>, broken: &mut Vec<String>) {
    let Some((old, new)) = versions::<Pod>(seen.change) else {
        return;
    };
    let mut say = |what: String| broken.push(format!("{}: {what}", seen.name()));
    if let Some(old) = old {
        check_life(old, new, &mut say);
    }
    // What is done to a pod whose node is gone leaves its conditions as they were.
    let ready = new.is_ready() && seen.change.actor == "kubelet";
    let containers_ready = new.status.condition("ContainersReady");
    if ready && (&*new.status.phase != "Running" || containers_ready.is_none_or(|condition| !condition.is_true())) {
        say("is ready without its containers".to_owned());
    }
    for container in new.status.container_statuses.iter() {
        check_container(container, &mut say);
    }
    if is_held(new) && !old.is_some_and(is_held) {
        check_node(seen, new, is_held, &mut say);
    }
    // The scheduler never promises what others hold or were promised.
    let bound = !new.spec.node_name.is_empty() && old.is_some_and(|old| old.spec.node_name.is_empty());
    if bound && seen.change.actor == "default-scheduler" {
        check_node(seen, new, is_bound, &mut say);
    }
}

/// Whether a kubelet has let the pod in and it may use its node's resources.
fn is_held(pod: &Pod) -> bool {
    is_bound(pod) && pod.status.start_time.is_some()
}

/// Whether the pod has a place on a node, or is to have it.
fn is_bound(pod: &Pod) -> bool {
    !pod.spec.node_name.is_empty() && !pod.is_finished()
}

fn check_life(old: &Pod, new: &Pod, say: &mut impl FnMut(String)) {
    if old.is_finished() && old.status.phase != new.status.phase {
        say(format!("goes from {} to {}", old.status.phase, new.status.phase));
    }
    if old.status.start_time.is_some() && new.status.start_time != old.status.start_time {
        say("changes when it started".to_owned());
    }
    if !old.spec.node_name.is_empty() && old.spec.node_name != new.spec.node_name {
        say(format!("moves from {} to {}", old.spec.node_name, new.spec.node_name));
    }
    for before in old.status.container_statuses.iter() {
        let after = new
            .status
            .container_statuses
            .iter()
            .find(|after| after.name == before.name);
        if after.is_some_and(|after| after.restart_count < before.restart_count) {
            say(format!("has fewer restarts of {} than before", before.name));
        }
    }
}

fn check_container(container: &ContainerStatus, say: &mut impl FnMut(String)) {
    let state = &container.state;
    let states = [
        state.waiting.is_some(),
        state.running.is_some(),
        state.terminated.is_some(),
    ];
    if states.into_iter().filter(|is| *is).count() != 1 {
        say(format!("{} is in {states:?} states", container.name));
    }
    if container.ready && state.running.is_none() {
        say(format!("{} is ready and does not run", container.name));
    }
    if container.started == Some(true) && state.running.is_none() {
        say(format!("{} has started and does not run", container.name));
    }
}

/// The pods that count fit on the node of `new`, and no two of them want the same port of it.
fn check_node(seen: &Seen<'_>, new: &Pod, counts: fn(&Pod) -> bool, say: &mut impl FnMut(String)) {
    let Some(node) = seen.api.get::<Node>("", &new.spec.node_name) else {
        return;
    };
    let mut used = ResourceList::new();
    let mut ports: BTreeMap<(Str, i32, Str), &str> = BTreeMap::new();
    for pod in seen.api.pods_on(&new.spec.node_name).filter(|pod| counts(pod)) {
        add(&mut used, "pods", &Quantity::from_value(1));
        for (name, amount) in pod_requests(&pod.spec) {
            add(&mut used, &name, &amount);
        }
        let sidecars = pod.spec.init_containers.iter();
        let sidecars = sidecars.filter(|container| &*container.restart_policy == "Always");
        for port in pod
            .spec
            .containers
            .iter()
            .chain(sidecars)
            .flat_map(|one| one.ports.iter())
        {
            let key = (port.protocol.clone(), port.host_port, port.host_ip.clone());
            if port.host_port != 0
                && let Some(other) = ports.insert(key, &pod.meta.name)
            {
                say(format!(
                    "{other} and {} share host port {}",
                    pod.meta.name, port.host_port
                ));
            }
        }
    }
    for (name, amount) in &used {
        let room = node.status.allocatable.get(name).cloned().unwrap_or_default();
        if *amount > room {
            say(format!(
                "{} has {room} of {name} and {amount} are taken",
                node.meta.name
            ));
        }
    }
}

fn add(sum: &mut ResourceList, name: &str, amount: &Quantity) {
    sum.entry(name.into()).or_default().add(amount);
}
