//! Why a thing is as it is: a sentence that a person would say, then the evidence.

use super::say::Say;
use crate::api::core::{ContainerState, ContainerStatus, Node, Pod, Service};
use crate::api::discovery::EndpointSlice;
use crate::api::duration::go_duration;
use crate::api::labels::format_labels;
use crate::api::meta::find_condition;
use crate::api::{Object, Resource};
use crate::cluster::Cluster;
use crate::kubelet::ContainerClocks;
use crate::kubelet::probes::{ProbeKind, ProbeResult};
use crate::sim::SimTime;

/// The answer to *why*.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Why {
    /// The sentence.
    pub sentence: Say,
    /// What it rests on, the weightiest first.
    pub evidence: Vec<Say>,
}

/// Nodes that are named in the evidence.
const NODES_SHOWN: usize = 12;

/// Why `object` is as it is; none for kinds about which there is nothing to say.
#[must_use]
pub fn why(cluster: &Cluster, object: &Object) -> Option<Why> {
    match object {
        Object::Pod(pod) => Some(why_pod(cluster, pod)),
        Object::Node(node) => Some(why_node(cluster, node)),
        Object::Service(service) => Some(why_service(cluster, service)),
        _ => None,
    }
}

impl Why {
    const fn plain(sentence: Say) -> Self {
        Self {
            sentence,
            evidence: Vec::new(),
        }
    }
}

fn why_pod(cluster: &Cluster, pod: &Pod) -> Why {
    if pod.spec.node_name.is_empty() {
        return why_unplaced(cluster, pod);
    }
    let clocks = cluster
        .kubelets()
        .clocks(cluster.now(), &pod.meta.namespace, &pod.meta.name);
    let mut why = Why::plain(pod_sentence(cluster, pod, &clocks));
    why.evidence.extend(
        clocks
            .iter()
            .flat_map(|clocks| clock_evidence(cluster.now(), pod, clocks)),
    );
    why.evidence.extend(restart_evidence(pod));
    why.evidence.extend(placement(cluster, pod));
    why
}

fn why_unplaced(cluster: &Cluster, pod: &Pod) -> Why {
    let scheduled = pod.status.condition("PodScheduled");
    match scheduled.map(|condition| &*condition.reason) {
        Some("SchedulingGated") => return Why::plain(Say::plain("why.gated")),
        Some("Unschedulable") => {}
        _ if &*pod.spec.scheduler_name != "default-scheduler" && !pod.spec.scheduler_name.is_empty() => {
            return Why::plain(Say::plain("why.no-scheduler").with("name", &pod.spec.scheduler_name));
        }
        _ => return Why::plain(Say::plain("why.queued")),
    }
    let message = scheduled.map(|condition| condition.message.clone()).unwrap_or_default();
    let mut why = Why::plain(Say::plain("why.unschedulable"));
    why.evidence
        .push(Say::plain("why.scheduler-says").with("message", message));
    if !pod.status.nominated_node_name.is_empty() {
        why.evidence
            .push(Say::plain("why.nominated").with("node", &pod.status.nominated_node_name));
    }
    if let Some(explanation) = cluster.scheduler().explanation(&pod.meta.uid) {
        for node in explanation.nodes.iter().take(NODES_SHOWN) {
            let refused = node.filters.iter().find(|filter| !filter.passed);
            let reason = refused.map(|filter| filter.reasons.join(", ")).unwrap_or_default();
            why.evidence
                .push(Say::plain("why.node").with("node", &node.node).with("reason", reason));
        }
    }
    why
}

fn pod_sentence(cluster: &Cluster, pod: &Pod, clocks: &[ContainerClocks]) -> Say {
    let node = &pod.spec.node_name;
    let lost = node_is_lost(cluster, node);
    if pod.meta.is_terminating() && !pod.is_finished() {
        if lost {
            return Say::plain("why.terminating-lost").with("node", node);
        }
        let until = pod
            .meta
            .deletion_timestamp
            .map_or(cluster.now(), |time| cluster.api().sim_time(time));
        return Say::plain("why.terminating").with("left", left(cluster.now(), until));
    }
    match &*pod.status.phase {
        "Succeeded" => return Say::plain("why.succeeded"),
        "Failed" => {
            return Say::plain("why.failed")
                .with("reason", &pod.status.reason)
                .with("message", &pod.status.message);
        }
        _ if lost => return Say::plain("why.lost").with("node", node),
        _ => {}
    }
    let now = cluster.now();
    if let Some(say) = clocks.iter().find_map(|clocks| waiting_sentence(now, pod, clocks)) {
        return say;
    }
    if let Some(say) = statuses(pod).find_map(ended_sentence) {
        return say;
    }
    if let Some(say) = clocks.iter().find_map(|clocks| probe_sentence(pod, clocks)) {
        return say;
    }
    if pod.is_ready() {
        return Say::plain("why.ready").with("node", node);
    }
    if let Some(init) = pod
        .status
        .init_container_statuses
        .iter()
        .find(|status| status.state.running.is_some() && status.started != Some(true))
    {
        return Say::plain("why.init").with("container", &init.name);
    }
    if pod
        .status
        .container_statuses
        .iter()
        .any(|status| status.state.running.is_some())
    {
        return Say::plain("why.running").with("node", node);
    }
    Say::plain("why.creating").with("node", node)
}

fn node_is_lost(cluster: &Cluster, name: &str) -> bool {
    let node = cluster.api().get::<Node>("", name);
    node.is_some_and(|node| {
        find_condition(&node.status.conditions, "Ready").is_some_and(|ready| &*ready.status == "Unknown")
    })
}

fn statuses(pod: &Pod) -> impl Iterator<Item = &ContainerStatus> {
    pod.status
        .init_container_statuses
        .iter()
        .chain(pod.status.container_statuses.iter())
}

fn status<'a>(pod: &'a Pod, name: &str) -> Option<&'a ContainerStatus> {
    statuses(pod).find(|status| *status.name == *name)
}

/// A wait of the kubelet: for an image, or before it starts a container again.
fn waiting_sentence(now: SimTime, pod: &Pod, clocks: &ContainerClocks) -> Option<Say> {
    let status = status(pod, &clocks.name);
    let image = status.map(|status| status.image.to_string()).unwrap_or_default();
    if let Some(pull) = &clocks.pull {
        let say = if pull.began_at.is_some() {
            Say::plain("why.pulling")
        } else {
            Say::plain("why.pull-waits")
        };
        return Some(
            say.with("image", &pull.image)
                .with("container", &clocks.name)
                .with("left", left(now, pull.ends_at)),
        );
    }
    let backoff = clocks.backoff.as_ref()?;
    if backoff.reason == "ImagePullBackOff" {
        let waiting = status.and_then(|status| status.state.waiting.as_ref());
        let error = waiting.map(|waiting| waiting.message.to_string()).unwrap_or_default();
        let say = Say::plain("why.pull-backoff")
            .with("image", image)
            .with("container", &clocks.name);
        return Some(say.with("error", error).with("left", left(now, backoff.until)));
    }
    let how = status.and_then(last_end).unwrap_or_default();
    Some(
        Say::plain("why.crash-backoff")
            .with("container", &clocks.name)
            .with("how", how)
            .with("left", left(now, backoff.until)),
    )
}

/// A container that waits for something else, or ended and stays so.
fn ended_sentence(status: &ContainerStatus) -> Option<Say> {
    if let Some(waiting) = &status.state.waiting {
        let on_its_way = matches!(&*waiting.reason, "" | "ContainerCreating" | "PodInitializing");
        return (!on_its_way).then(|| {
            Say::plain("why.waiting")
                .with("container", &status.name)
                .with("reason", &waiting.reason)
                .with("message", &waiting.message)
        });
    }
    let ended = status.state.terminated.as_ref().filter(|ended| ended.exit_code != 0)?;
    let how = end_words(&ended.reason, ended.exit_code);
    Some(
        Say::plain("why.ended-error")
            .with("container", &status.name)
            .with("how", how),
    )
}

fn probe_sentence(pod: &Pod, clocks: &ContainerClocks) -> Option<Say> {
    let failing = |kind: ProbeKind| {
        clocks.probes.iter().find(|probe| {
            let last = probe.history.last().and_then(|entry| entry.result);
            probe.kind == kind && last == Some(ProbeResult::Failure)
        })
    };
    let status = status(pod, &clocks.name)?;
    status.state.running.as_ref()?;
    if status.started == Some(false) && clocks.probes.iter().any(|probe| probe.kind == ProbeKind::Startup) {
        return Some(Say::plain("why.starting").with("container", &clocks.name));
    }
    if let Some(probe) = failing(ProbeKind::Liveness) {
        let threshold = threshold(pod, &clocks.name);
        let say = Say::plain("why.liveness-failing").with("container", &clocks.name);
        return Some(say.with("run", probe.run).with("threshold", threshold));
    }
    let unready = !status.ready && failing(ProbeKind::Readiness).is_some();
    unready.then(|| Say::plain("why.not-ready").with("container", &clocks.name))
}

fn threshold(pod: &Pod, name: &str) -> i32 {
    let mut all = pod.spec.init_containers.iter().chain(pod.spec.containers.iter());
    let container = all.find(|container| *container.name == *name);
    container
        .and_then(|container| container.liveness_probe.as_ref())
        .map_or(3, |probe| probe.failure_threshold)
}

/// What the clocks of a container show.
fn clock_evidence(now: SimTime, pod: &Pod, clocks: &ContainerClocks) -> Vec<Say> {
    let mut evidence = Vec::new();
    if let Some(backoff) = &clocks.backoff {
        let wait = duration(backoff.until.since(backoff.from).0);
        evidence.push(
            Say::plain("why.backoff-sum")
                .with("count", backoff.count)
                .with("wait", wait),
        );
    }
    if let Some(grace) = &clocks.grace {
        let key = if grace.pre_stop { "why.prestop" } else { "why.kill" };
        evidence.push(
            Say::plain(key)
                .with("container", &clocks.name)
                .with("left", left(now, grace.kill_at)),
        );
    }
    let runs = status(pod, &clocks.name).is_some_and(|status| status.state.running.is_some());
    for probe in clocks.probes.iter().filter(|_| runs) {
        let Some(last) = probe.history.last() else { continue };
        let ok = last.result == Some(ProbeResult::Success);
        let kind = match probe.kind {
            ProbeKind::Liveness => "Liveness",
            ProbeKind::Readiness => "Readiness",
            ProbeKind::Startup => "Startup",
        };
        evidence.push(
            Say::plain("why.probe")
                .with("kind", kind)
                .with("container", &clocks.name)
                .with("run", probe.run)
                .with("result", if ok { "{ok}" } else { "{bad}" })
                .with("output", if ok { "" } else { last.output.trim() }),
        );
    }
    evidence
}

fn restart_evidence(pod: &Pod) -> Vec<Say> {
    let restarted = statuses(pod).filter(|status| status.restart_count > 0);
    restarted
        .map(|status| {
            let how = last_end(status).unwrap_or_default();
            Say::plain("why.restarts")
                .with("container", &status.name)
                .with("count", status.restart_count)
                .with("how", how)
        })
        .collect()
}

/// How a container ended last: `exit code 1 (Error)`.
fn last_end(status: &ContainerStatus) -> Option<String> {
    let ended = |state: &ContainerState| {
        state
            .terminated
            .as_ref()
            .map(|ended| end_words(&ended.reason, ended.exit_code))
    };
    ended(&status.state).or_else(|| ended(&status.last_state))
}

fn end_words(reason: &str, code: i32) -> String {
    format!("{{exit}} {code} ({reason})")
}

/// Why the pod is on its node.
fn placement(cluster: &Cluster, pod: &Pod) -> Option<Say> {
    let explanation = cluster.scheduler().explanation(&pod.meta.uid)?;
    let node = explanation.chosen.as_ref()?;
    let fit: Vec<_> = explanation.nodes.iter().filter(|node| node.total.is_some()).collect();
    let Some(total) = fit.iter().find(|other| other.node == *node).and_then(|node| node.total) else {
        return Some(Say::plain("why.chosen-only").with("node", node));
    };
    Some(
        Say::plain("why.chosen")
            .with("node", node)
            .with("count", fit.len())
            .with("total", total),
    )
}

fn why_node(cluster: &Cluster, node: &Node) -> Why {
    let ready = find_condition(&node.status.conditions, "Ready");
    let count = cluster.api().pods_on(&node.meta.name).count();
    let sentence = match ready.map(|ready| &*ready.status) {
        Some("True") => Say::plain("why.node-ready").with("count", count),
        Some("Unknown") => Say::plain("why.node-unknown"),
        _ => Say::plain("why.node-not-ready")
            .with("message", ready.map(|ready| ready.message.clone()).unwrap_or_default()),
    };
    let mut why = Why::plain(sentence);
    if node.spec.unschedulable {
        why.evidence.push(Say::plain("why.node-cordoned"));
    }
    why
}

fn why_service(cluster: &Cluster, service: &Service) -> Why {
    if service.spec.selector.is_empty() {
        return Why::plain(Say::plain("why.service-no-selector"));
    }
    let (mut count, mut ready) = (0, 0);
    for slice in cluster.api().owned_by(&service.meta.uid).filter_map(EndpointSlice::of) {
        count += slice.endpoints.len();
        ready += slice
            .endpoints
            .iter()
            .filter(|endpoint| endpoint.conditions.ready == Some(true))
            .count();
    }
    let key = match (count, ready) {
        (0, _) => "why.service-none",
        (_, 0) => "why.service-unready",
        _ => "why.service-ready",
    };
    let selector = format_labels(&service.spec.selector);
    Why::plain(
        Say::plain(key)
            .with("count", count)
            .with("ready", ready)
            .with("selector", selector),
    )
}

fn left(now: SimTime, until: SimTime) -> String {
    if until == SimTime::NEVER {
        return "…".to_owned();
    }
    // Tenths of a second are as fine as anybody wants to read.
    duration(until.since(now).0 / 100_000_000 * 100_000_000)
}

fn duration(ns: u64) -> String {
    go_duration(i64::try_from(ns).unwrap_or(i64::MAX))
}
