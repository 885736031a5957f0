//! The status that the kubelet holds for a pod, and what of it goes to the API.

use super::conditions::OWN;
use super::convert::ended;
use crate::api::core::{ContainerStatus, Pod, PodStatus};
use crate::api::meta::{Condition, find_condition};
use crate::api::time::Time;
use crate::kubelet::restart::is_sidecar;

/// The status of one pod as the kubelet has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::kubelet) struct StatusEntry {
    /// The status.
    pub(in crate::kubelet) status: PodStatus,
    /// Grows with each change.
    pub(in crate::kubelet) version: u64,
    /// The version that the API has.
    pub(in crate::kubelet) sent: u64,
    /// The pod's worker has finished.
    pub(in crate::kubelet) finished: bool,
}

impl StatusEntry {
    /// Takes a new status; says whether it differs. `force`: it counts as different anyway.
    // Models pkg/kubelet/status updateStatusInternal
    pub(in crate::kubelet) fn set(
        entry: &mut Option<Self>,
        pod: &Pod,
        mut status: PodStatus,
        now: Time,
        force: bool,
    ) -> bool {
        let old = entry.as_ref().map_or(&pod.status, |entry| &entry.status);
        set_transition_times(&mut status, old, now);
        status.start_time = old.start_time.or(status.start_time).or(Some(now));
        status.observed_generation = status.observed_generation.max(old.observed_generation);
        match entry {
            Some(entry) => {
                if !force && same_by_kubelet(&entry.status, &status) {
                    return false;
                }
                entry.status = status;
                entry.version += 1;
            }
            None => {
                *entry = Some(Self {
                    status,
                    version: 1,
                    sent: 0,
                    finished: false,
                });
            }
        }
        true
    }
}

/// A transition is a change of status alone.
fn set_transition_times(status: &mut PodStatus, old: &PodStatus, now: Time) {
    let mut conditions = status.conditions.to_vec();
    for condition in conditions
        .iter_mut()
        .filter(|condition| is_own(condition) || is_shared(condition))
    {
        let before = find_condition(&old.conditions, &condition.kind).filter(|old| old.status == condition.status);
        condition.last_transition_time = before.map_or(Some(now), |old| old.last_transition_time);
    }
    status.conditions = conditions.into();
}

fn is_own(condition: &Condition) -> bool {
    OWN.contains(&&*condition.kind)
}

fn is_shared(condition: &Condition) -> bool {
    &*condition.kind == "DisruptionTarget"
}

// Models pkg/kubelet/status isPodStatusByKubeletEqual
fn same_by_kubelet(a: &PodStatus, b: &PodStatus) -> bool {
    let own = |status: &PodStatus| {
        status
            .conditions
            .iter()
            .filter(|c| is_own(c) || is_shared(c))
            .cloned()
            .collect()
    };
    let strip = |status: &PodStatus| PodStatus {
        conditions: own(status),
        ..status.clone()
    };
    let mut b = strip(b);
    let a = strip(a);
    b.rest = a.rest.clone();
    b.nominated_node_name = a.nominated_node_name.clone();
    a == b
}

/// What is written to the API: a pod does not end there while its containers may run.
// Models pkg/kubelet/status mergePodStatus
pub(in crate::kubelet) fn merge(api: &PodStatus, cached: &PodStatus, may_run: bool) -> PodStatus {
    let finished = |status: &PodStatus| matches!(&*status.phase, "Succeeded" | "Failed");
    let ends = !finished(api) && finished(cached);
    let mut merged = cached.clone();
    let mut conditions: Vec<Condition> = api.conditions.iter().filter(|c| !is_own(c)).cloned().collect();
    for condition in cached.conditions.iter() {
        if is_own(condition) {
            conditions.push(condition.clone());
        } else if is_shared(condition) && ends && !may_run {
            conditions.retain(|other| other.kind != condition.kind);
            conditions.push(condition.clone());
        }
    }
    merged.conditions = conditions.into();
    if ends && may_run {
        merged.phase = api.phase.clone();
        merged.reason = api.reason.clone();
        merged.message = api.message.clone();
    }
    merged.rest = api.rest.clone();
    merged.qos_class = api.qos_class.clone();
    merged.nominated_node_name = api.nominated_node_name.clone();
    merged
}

/// The last status of a pod whose worker has finished: what is not known to have ended well counts as failed.
// Models pkg/kubelet/status TerminatePod
pub(in crate::kubelet) fn terminate(pod: &Pod, status: &PodStatus) -> PodStatus {
    let mut last = status.clone();
    let lost = || {
        ended(
            "ContainerStatusUnknown",
            "The container could not be located when the pod was terminated",
            137,
        )
    };
    let close = |status: &mut ContainerStatus| {
        if status.state.terminated.is_none() {
            status.state = lost();
        }
    };
    if has_initialized(pod) {
        let mut list = last.container_statuses.to_vec();
        list.iter_mut().for_each(close);
        last.container_statuses = list.into();
    }
    let mut init = last.init_container_statuses.to_vec();
    let ran = |s: &ContainerStatus| s.state.waiting.is_none() || s.last_state.terminated.is_some();
    let count = init.iter().rposition(ran).map_or(0, |index| index + 1);
    init.iter_mut().take(count).for_each(close);
    last.init_container_statuses = init.into();
    if matches!(&*last.phase, "Pending" | "Running" | "") {
        last.phase = "Failed".into();
    }
    last
}

// Models pkg/kubelet/status hasPodInitialized
fn has_initialized(pod: &Pod) -> bool {
    if pod.spec.init_containers.is_empty() {
        return true;
    }
    let moved = |s: &ContainerStatus| s.last_state.terminated.is_some() || s.state.waiting.is_none();
    if pod.status.container_statuses.iter().any(moved) {
        return true;
    }
    let (Some(status), Some(container)) = (
        pod.status.init_container_statuses.last(),
        pod.spec.init_containers.last(),
    ) else {
        return false;
    };
    if is_sidecar(container) && status.state.running.is_some() && status.started == Some(true) {
        return true;
    }
    let well =
        |state: &crate::api::core::ContainerState| state.terminated.as_ref().is_some_and(|end| end.exit_code == 0);
    well(&status.state) || well(&status.last_state)
}
