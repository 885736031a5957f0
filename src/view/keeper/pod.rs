//! Pods: their state at a glance, their clocks, their probes, their containers.

use crate::sim::Arrange;
use std::rc::Rc;

use super::Ids;
use crate::api::Str;
use crate::api::core::{Container, ContainerStatus, Node, Pod};
use crate::api::meta::find_condition;
use crate::cluster::Cluster;
use crate::kubelet::ContainerClocks;
use crate::kubelet::probes::{ProbeKind as KubeletProbe, ProbeResult};
use crate::scheduler::queue::Place;
use crate::view::pod_status::summary;
use crate::view::scene::{
    ArcKind, ArcView, ContainerKind, ContainerState, ContainerView, PodState, PodView, ProbeKind, ProbeTick, QueueKind,
};

/// Probe results that are older than this are not shown, in nanoseconds.
const TICKS_NS: u64 = 60_000_000_000;

pub(super) fn view(cluster: &Cluster, ids: &mut Ids, pod: &Rc<Pod>) -> PodView {
    let id = ids.of_uid(&pod.meta.uid);
    let line = summary(pod);
    let mut view = PodView::new(id, pod.meta.namespace.clone(), pod.meta.name.clone());
    view.label = label(pod);
    view.owner_key = owner_key(pod, ids);
    view.owner = pod.meta.controller().map(|owner| ids.of_uid(&owner.uid));
    let ordinal = pod.meta.label("apps.kubernetes.io/pod-index");
    view.ordinal = ordinal.and_then(|text| text.parse().ok()).unwrap_or_default();
    let node = cluster.api().get::<Node>("", &pod.spec.node_name);
    view.node = node.map(|node| ids.of_uid(&node.meta.uid));
    view.queue = queue(cluster, pod);
    view.state = state(pod, node.map(Rc::as_ref));
    view.status = line.status.into();
    view.ready = pod.is_ready();
    view.restart_count = u32::try_from(line.restarts).unwrap_or_default();
    view.containers = containers(pod);
    if view.node.is_some() {
        for clocks in cluster
            .kubelets()
            .clocks(cluster.now(), &pod.meta.namespace, &pod.meta.name)
        {
            add_arcs(&mut view, &clocks, pod);
            add_ticks(&mut view, &clocks, cluster.now().0);
        }
        view.probes.arrange_by_key(|tick| tick.at_ns);
    }
    view
}

/// `web-x2v4q` for `web-7c9f8d-x2v4q`: the template's hash says nothing at a glance.
fn label(pod: &Pod) -> Str {
    let Some(hash) = pod.meta.label("pod-template-hash") else {
        return pod.meta.name.clone();
    };
    pod.meta.name.replacen(&format!("-{hash}-"), "-", 1).into()
}

/// A number for the workload: pods of one Deployment share it over all its ReplicaSets.
fn owner_key(pod: &Pod, ids: &mut Ids) -> u32 {
    let Some(owner) = pod.meta.controller() else { return 0 };
    let workload = match pod.meta.label("pod-template-hash") {
        Some(hash) => owner.name.strip_suffix(&format!("-{hash}")).unwrap_or(&owner.name),
        None => &owner.name,
    };
    ids.of_workload(format!("{}/{workload}", pod.meta.namespace).into())
}

fn queue(cluster: &Cluster, pod: &Pod) -> Option<QueueKind> {
    if !pod.spec.node_name.is_empty() {
        return None;
    }
    let scheduled = pod.status.condition("PodScheduled");
    match scheduled.map(|condition| &*condition.reason) {
        Some("SchedulingGated") => Some(QueueKind::Gated),
        Some("Unschedulable") => Some(waiting_kind(cluster, pod)),
        _ => Some(QueueKind::Active),
    }
}

/// A pod that found no node waits out a back-off or for the cluster to change.
fn waiting_kind(cluster: &Cluster, pod: &Pod) -> QueueKind {
    let waiting = cluster
        .scheduler()
        .waiting()
        .find(|waiting| waiting.pod.pod.meta.uid == pod.meta.uid);
    match waiting.map(|waiting| waiting.place) {
        Some(Place::Active) => QueueKind::Active,
        Some(Place::Backoff | Place::ErrorBackoff) => QueueKind::Backoff,
        _ => QueueKind::Unschedulable,
    }
}

fn state(pod: &Pod, node: Option<&Node>) -> PodState {
    let node_is_lost =
        |node: &Node| find_condition(&node.status.conditions, "Ready").is_some_and(|ready| &*ready.status == "Unknown");
    if pod.meta.is_terminating() {
        return PodState::Terminating;
    }
    match &*pod.status.phase {
        "Succeeded" => return PodState::Completed,
        "Failed" => return PodState::Error,
        _ if node.is_some_and(node_is_lost) => return PodState::Unknown,
        _ if pod.spec.node_name.is_empty() => return PodState::Pending,
        _ => {}
    }
    let all = pod
        .status
        .init_container_statuses
        .iter()
        .chain(pod.status.container_statuses.iter());
    let told: Vec<PodState> = all.filter_map(container_tells).collect();
    let worst = [
        PodState::CrashLoopBackOff,
        PodState::ImagePullBackOff,
        PodState::Error,
        PodState::ContainerCreating,
    ];
    if let Some(state) = worst.into_iter().find(|state| told.contains(state)) {
        return state;
    }
    if pod.status.container_statuses.is_empty() {
        return PodState::ContainerCreating;
    }
    if pod.is_ready() {
        return PodState::Ready;
    }
    if was_ready(pod) {
        PodState::NotReady
    } else {
        PodState::Running
    }
}

/// What a container makes of its pod, when it does not simply run.
fn container_tells(status: &ContainerStatus) -> Option<PodState> {
    if let Some(waiting) = &status.state.waiting {
        return Some(match &*waiting.reason {
            "CrashLoopBackOff" => PodState::CrashLoopBackOff,
            "ImagePullBackOff" | "ErrImagePull" | "ErrImageNeverPull" | "InvalidImageName" => {
                PodState::ImagePullBackOff
            }
            "" | "ContainerCreating" | "PodInitializing" => PodState::ContainerCreating,
            _ => PodState::Error,
        });
    }
    let ended = status.state.terminated.as_ref()?;
    (ended.exit_code != 0).then_some(PodState::Error)
}

/// A pod that lost its readiness lost it after its containers had started.
fn was_ready(pod: &Pod) -> bool {
    let lost = pod
        .status
        .condition("Ready")
        .and_then(|ready| ready.last_transition_time);
    let started = pod
        .status
        .container_statuses
        .iter()
        .filter_map(|status| status.state.running.as_ref()?.started_at)
        .max();
    matches!((lost, started), (Some(lost), Some(started)) if lost > started)
}

fn containers(pod: &Pod) -> Vec<ContainerView> {
    let mut views = Vec::new();
    let init_kind = |container: &Container| {
        if &*container.restart_policy == "Always" {
            ContainerKind::Sidecar
        } else {
            ContainerKind::Init
        }
    };
    for container in pod.spec.init_containers.iter() {
        views.push(container_view(
            container,
            init_kind(container),
            &pod.status.init_container_statuses,
        ));
    }
    for container in pod.spec.containers.iter() {
        views.push(container_view(
            container,
            ContainerKind::App,
            &pod.status.container_statuses,
        ));
    }
    for container in pod.spec.ephemeral_containers.iter() {
        views.push(container_view(
            container,
            ContainerKind::Ephemeral,
            &pod.status.ephemeral_container_statuses,
        ));
    }
    views
}

fn container_view(container: &Container, kind: ContainerKind, statuses: &[ContainerStatus]) -> ContainerView {
    let status = statuses.iter().find(|status| status.name == container.name);
    let state = match status.map(|status| &status.state) {
        Some(state) if state.running.is_some() => ContainerState::Running,
        Some(state) => match (&state.terminated, &state.waiting) {
            (Some(ended), _) => ContainerState::Terminated {
                reason: ended.reason.clone(),
                exit_code: ended.exit_code,
            },
            (None, waiting) => ContainerState::Waiting {
                reason: waiting
                    .as_ref()
                    .map(|waiting| waiting.reason.clone())
                    .unwrap_or_default(),
            },
        },
        None => ContainerState::Waiting { reason: Str::default() },
    };
    ContainerView {
        name: container.name.clone(),
        kind,
        state,
        ready: status.is_some_and(|status| status.ready),
        restart_count: status.map_or(0, |status| u32::try_from(status.restart_count).unwrap_or_default()),
    }
}

fn add_arcs(view: &mut PodView, clocks: &ContainerClocks, pod: &Pod) {
    let mut add = |kind, from_ns, until_ns| {
        view.arcs.push(ArcView {
            kind,
            from_ns,
            until_ns,
        });
    };
    if let Some(backoff) = &clocks.backoff {
        let kind = if backoff.reason == "ImagePullBackOff" {
            ArcKind::ImagePullBackoff
        } else {
            ArcKind::Backoff
        };
        add(kind, backoff.from.0, backoff.until.0);
    }
    if let Some(grace) = &clocks.grace {
        let period = pod
            .meta
            .deletion_grace_period_seconds
            .or(pod.spec.termination_grace_period_seconds)
            .unwrap_or(30);
        let period_ns = u64::try_from(period).unwrap_or_default().saturating_mul(1_000_000_000);
        add(
            ArcKind::Grace,
            grace.kill_at.0.saturating_sub(period_ns),
            grace.kill_at.0,
        );
    }
    if let Some(pull) = &clocks.pull
        && let Some(began_at) = pull.began_at
    {
        add(ArcKind::ImagePull, began_at.0, pull.ends_at.0);
    }
    for probe in &clocks.probes {
        if probe.history.is_empty()
            && let Some(next) = probe.next_at
        {
            let delay_ns = delay_ns(pod, &clocks.name, probe.kind);
            if delay_ns > 0 {
                add(ArcKind::ProbeDelay, next.0.saturating_sub(delay_ns), next.0);
            }
        }
    }
}

/// `initialDelaySeconds` of a probe, in nanoseconds.
fn delay_ns(pod: &Pod, container: &str, kind: KubeletProbe) -> u64 {
    let mut all = pod.spec.init_containers.iter().chain(pod.spec.containers.iter());
    let Some(container) = all.find(|other| *other.name == *container) else {
        return 0;
    };
    let probe = match kind {
        KubeletProbe::Liveness => &container.liveness_probe,
        KubeletProbe::Readiness => &container.readiness_probe,
        KubeletProbe::Startup => &container.startup_probe,
    };
    let seconds = probe.as_ref().map_or(0, |probe| probe.initial_delay_seconds);
    u64::try_from(seconds).unwrap_or_default().saturating_mul(1_000_000_000)
}

fn add_ticks(view: &mut PodView, clocks: &ContainerClocks, now_ns: u64) {
    for probe in &clocks.probes {
        let kind = match probe.kind {
            KubeletProbe::Liveness => ProbeKind::Liveness,
            KubeletProbe::Readiness => ProbeKind::Readiness,
            KubeletProbe::Startup => ProbeKind::Startup,
        };
        let recent = probe.history.iter().filter(|entry| entry.at.0 + TICKS_NS > now_ns);
        view.probes.extend(recent.map(|entry| ProbeTick {
            at_ns: entry.at.0,
            kind,
            ok: entry.result == Some(ProbeResult::Success),
        }));
    }
}
