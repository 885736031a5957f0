//! Stopping containers: preStop hook, TERM, and KILL when the grace period is over.

use super::actions::KillReason;
use super::agent::{Host, PodAgent, container_spec};
use super::cri::Signal;
use super::hooks::{Hook, HookState};
use super::podview::ContainerState;
use super::restart::is_sidecar;
use crate::api::Str;
use crate::api::core::{Container, Pod};
use crate::client::Severity;
use crate::sim::{Duration, SimTime};

/// The runtime needs this long at least to stop a container.
const STOP_TIME: Duration = Duration::from_millis(10);
/// Every container gets this long to stop, in seconds.
const MINIMUM_GRACE_S: i64 = 2;

/// Containers that are being stopped.
#[derive(Clone, Debug, Default)]
pub(super) struct Killing {
    items: Vec<Item>,
}

#[derive(Clone, Debug)]
struct Item {
    id: Str,
    name: Str,
    /// Seconds left, whole ones as the kubelet counts.
    grace_s: i64,
    stage: Stage,
    /// Containers that must have stopped before this one gets its signal.
    waits_for: Vec<Str>,
}

#[derive(Clone, Debug)]
enum Stage {
    PreStop {
        hook: HookState,
        since: SimTime,
    },
    Turn {
        since: SimTime,
    },
    /// The signal was sent; KILL comes at that time. The runtime is never done at once.
    Stopping {
        kill_at: SimTime,
        not_before: SimTime,
    },
    Done,
}

/// The clock of a container that is being stopped, for display.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GraceClock {
    /// The container.
    pub container: Str,
    /// Whether its preStop hook is still at work.
    pub pre_stop: bool,
    /// When it is killed at the latest.
    pub kill_at: SimTime,
}

/// Seconds that a container gets to stop in.
// Models pkg/kubelet/kuberuntime setTerminationGracePeriod
#[must_use]
pub(super) fn grace_period_s(pod: &Pod, container: &Container, reason: KillReason) -> i64 {
    if let Some(grace) = pod.meta.deletion_grace_period_seconds {
        return grace;
    }
    let Some(grace) = pod.spec.termination_grace_period_seconds else {
        return MINIMUM_GRACE_S;
    };
    let probe = match reason {
        KillReason::StartupProbe => container.startup_probe.as_ref(),
        KillReason::LivenessProbe => container.liveness_probe.as_ref(),
        _ => None,
    };
    probe
        .and_then(|probe| probe.termination_grace_period_seconds)
        .unwrap_or(grace)
}

impl Killing {
    /// Whether all have stopped.
    pub(super) fn is_done(&self) -> bool {
        self.items.iter().all(|item| matches!(item.stage, Stage::Done))
    }

    /// The clocks, for display.
    pub(super) fn clocks(&self) -> impl Iterator<Item = GraceClock> {
        self.items.iter().filter_map(|item| {
            let grace = |since: SimTime| since + Duration::from_secs(item.grace_s.max(MINIMUM_GRACE_S).unsigned_abs());
            let (pre_stop, kill_at) = match &item.stage {
                Stage::PreStop { since, .. } => (true, grace(*since)),
                Stage::Turn { since } => (false, grace(*since)),
                Stage::Stopping { kill_at, .. } => (false, *kill_at),
                Stage::Done => return None,
            };
            Some(GraceClock {
                container: item.name.clone(),
                pre_stop,
                kill_at,
            })
        })
    }

    /// Adds a container: tells of it and begins with its preStop hook.
    // Models pkg/kubelet/kuberuntime killContainer
    pub(super) fn add(&mut self, host: &mut Host<'_, '_>, agent: &mut PodAgent, order: Order<'_>) {
        let pod = agent.pod.clone();
        let Some((container, part)) = container_spec(&pod.spec, order.name) else {
            return;
        };
        let mut grace_s = grace_period_s(&pod, container, order.reason);
        let stopping = format!("Stopping container {}", container.name);
        let message = if order.message.is_empty() {
            &stopping
        } else {
            order.message
        };
        host.event_on(agent, &part, Severity::Normal, "Killing", message);
        if let Some(grace) = order.grace_s {
            grace_s = grace;
        }
        let now = host.ctx.now;
        let hook = container
            .lifecycle
            .as_ref()
            .and_then(|lifecycle| lifecycle.pre_stop.as_ref());
        let stage = match hook.filter(|_| grace_s > 0) {
            Some(handler) => {
                let hook = HookState::begin(host, agent, order.id, container, handler);
                Stage::PreStop { hook, since: now }
            }
            None => Stage::Turn { since: now },
        };
        self.items.push(Item {
            id: order.id.clone(),
            name: container.name.clone(),
            grace_s,
            stage,
            waits_for: order.waits_for,
        });
    }

    /// Goes on as far as it can; gives the time of the next step.
    pub(super) fn advance(&mut self, host: &mut Host<'_, '_>, agent: &mut PodAgent) -> Option<SimTime> {
        loop {
            let stopped: Vec<Str> = self
                .items
                .iter()
                .filter(|i| !matches!(i.stage, Stage::Done))
                .map(|i| i.name.clone())
                .collect();
            let mut moved = false;
            for item in &mut self.items {
                let blocked = item.waits_for.iter().any(|name| stopped.contains(name));
                moved |= item.step(host, agent, blocked);
            }
            if !moved {
                break;
            }
        }
        self.items.iter().filter_map(|item| item.next_at(host.ctx.now)).min()
    }
}

/// A container to stop.
pub(super) struct Order<'a> {
    pub(super) id: &'a Str,
    pub(super) name: &'a str,
    /// Text of the event; empty for the usual one.
    pub(super) message: &'a str,
    pub(super) reason: KillReason,
    /// Seconds to stop in, instead of those that the pod says.
    pub(super) grace_s: Option<i64>,
    pub(super) waits_for: Vec<Str>,
}

impl Item {
    fn deadline(&self, since: SimTime) -> SimTime {
        since + Duration::from_secs(self.grace_s.max(0).unsigned_abs())
    }

    fn next_at(&self, now: SimTime) -> Option<SimTime> {
        match &self.stage {
            Stage::PreStop { hook, since } => Some(hook.next_at().unwrap_or(SimTime::NEVER).min(self.deadline(*since))),
            Stage::Turn { since } => Some(self.deadline(*since)),
            Stage::Stopping { kill_at, not_before } if now < *not_before => Some(*not_before.min(kill_at)),
            Stage::Stopping { kill_at, .. } => Some(*kill_at),
            Stage::Done => None,
        }
    }

    /// One step; says whether something moved.
    fn step(&mut self, host: &mut Host<'_, '_>, agent: &mut PodAgent, blocked: bool) -> bool {
        let now = host.ctx.now;
        match &mut self.stage {
            Stage::PreStop { hook, since } => {
                let since = *since;
                let outcome = hook.advance(host, agent, &self.id);
                let over = now >= since + Duration::from_secs(self.grace_s.unsigned_abs());
                if matches!(outcome, Hook::Running) && !over {
                    return false;
                }
                let pod = agent.pod.clone();
                if let (Hook::Failed(_), Some((_, part))) = (outcome, container_spec(&pod.spec, &self.name)) {
                    host.event_on(
                        agent,
                        &part,
                        Severity::Warning,
                        "FailedPreStopHook",
                        "PreStopHook failed",
                    );
                }
                self.use_up(now.since(since));
                self.stage = Stage::Turn { since: now };
                true
            }
            Stage::Turn { since } => {
                let since = *since;
                let over = self.grace_s <= 0 || now >= self.deadline(since);
                if blocked && !over {
                    return false;
                }
                self.use_up(now.since(since));
                self.signal(host, agent);
                true
            }
            Stage::Stopping { kill_at, not_before } => {
                let running = agent
                    .view
                    .by_id(&self.id)
                    .is_some_and(|c| c.state == ContainerState::Running);
                if running && now >= *kill_at {
                    agent.signal(host, &self.id, Signal::Kill);
                    return true;
                }
                let done = !running && now >= *not_before;
                if done {
                    self.stage = Stage::Done;
                }
                done
            }
            Stage::Done => false,
        }
    }

    fn use_up(&mut self, span: Duration) {
        self.grace_s -= i64::try_from(span.as_secs()).unwrap_or(i64::MAX);
    }

    fn signal(&mut self, host: &mut Host<'_, '_>, agent: &mut PodAgent) {
        let grace_s = self.grace_s.max(MINIMUM_GRACE_S);
        self.stage = Stage::Stopping {
            not_before: host.ctx.now + STOP_TIME,
            kill_at: host.ctx.now + Duration::from_secs(grace_s.unsigned_abs()),
        };
        let pod = agent.pod.clone();
        let own = container_spec(&pod.spec, &self.name)
            .and_then(|(container, _)| container.lifecycle.as_ref())
            .and_then(|lifecycle| Signal::parse(&lifecycle.stop_signal));
        let signal = own.unwrap_or_else(|| agent.stop_signal(&self.id));
        agent.signal(host, &self.id, signal);
    }
}

/// What must stop before a container of `name` does: sidecars go last, in reverse order.
// Models pkg/kubelet/kuberuntime newTerminationOrdering
pub(super) fn prerequisites(pod: &Pod, name: &str) -> Vec<Str> {
    let init = &pod.spec.init_containers;
    let Some(index) = init
        .iter()
        .position(|container| *container.name == *name && is_sidecar(container))
    else {
        return Vec::new();
    };
    let later = init.iter().skip(index + 1).find(|container| is_sidecar(container));
    pod.spec
        .containers
        .iter()
        .chain(later)
        .map(|container| container.name.clone())
        .collect()
}
