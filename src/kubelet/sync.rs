//! One round of a living pod: status, volumes, sandbox, containers.

use std::collections::VecDeque;
use std::rc::Rc;

use super::actions::{KillReason, PodActions, compute};
use super::agent::{Host, PodAgent, purpose};
use super::kill::{Killing, Order, prerequisites};
use super::podview::{PodView, SandboxView};
use super::start::{Place, Starting};
use super::worker::{Activity, RoundEnd};
use crate::api::Str;
use crate::api::meta::{Condition, find_condition};
use crate::client::Severity;
use crate::sim::SimTime;

/// A round under way.
#[derive(Clone, Debug)]
pub(super) struct Sync {
    /// The runtime as this round sees it.
    pub(super) view: Rc<PodView>,
    step: Step,
    actions: PodActions,
    /// Something was done.
    pub(super) has_results: bool,
    pub(super) has_failed: bool,
    /// The earliest end of a back-off that is on.
    pub(super) backoff_until: Option<SimTime>,
    is_cancelled: bool,
}

#[derive(Clone, Debug)]
enum Step {
    Volumes {
        next_poll: SimTime,
        since: SimTime,
    },
    Killing(Killing),
    Sandbox {
        at: SimTime,
        id: Str,
    },
    Starting {
        queue: VecDeque<Place>,
        current: Option<Starting>,
    },
}

impl Sync {
    /// Breaks off a round that only waits for volumes.
    pub(super) const fn cancel(&mut self) {
        self.is_cancelled = true;
    }

    /// Containers that are being stopped, and the one that is being started.
    pub(super) const fn killing(&self) -> Option<&Killing> {
        match &self.step {
            Step::Killing(kill) => Some(kill),
            Step::Starting {
                current: Some(current), ..
            } => current.killing(),
            _ => None,
        }
    }

    /// A container whose image is being pulled.
    pub(super) fn pulling(&self) -> Option<&Str> {
        match &self.step {
            Step::Starting {
                current: Some(current), ..
            } => current.pulling(),
            _ => None,
        }
    }

    /// The image that the round waits for has come, or has not.
    pub(super) fn note_pull(&mut self, result: super::images::PullDone) {
        if let Step::Starting {
            current: Some(current), ..
        } = &mut self.step
        {
            current.note_pull(result);
        }
    }
}

impl PodAgent {
    // Models pkg/kubelet SyncPod
    pub(super) fn begin_sync(&mut self, host: &mut Host<'_, '_>) -> Option<RoundEnd> {
        let view = self.seen.clone();
        let status = self.generate_status(host, &view, false);
        let ended = matches!(&*status.phase, "Succeeded" | "Failed");
        self.set_status(host, status, false);
        if ended {
            return Some(RoundEnd::Terminal);
        }
        self.volumes.begin(host.ctx, &self.pod);
        let now = host.ctx.now;
        let sync = Sync {
            view,
            step: Step::Volumes {
                next_poll: now,
                since: now,
            },
            actions: PodActions::default(),
            has_results: false,
            has_failed: false,
            backoff_until: None,
            is_cancelled: false,
        };
        self.advance_sync(host, Box::new(sync))
    }

    /// Goes on with a round; gives its end when it is there.
    pub(super) fn advance_sync(&mut self, host: &mut Host<'_, '_>, mut sync: Box<Sync>) -> Option<RoundEnd> {
        loop {
            let progress = match &mut sync.step {
                Step::Volumes { .. } => self.step_volumes(host, &mut sync),
                Step::Killing(_) => self.step_killing(host, &mut sync),
                Step::Sandbox { .. } => self.step_sandbox(host, &mut sync),
                Step::Starting { .. } => self.step_starting(host, &mut sync),
            };
            match progress {
                Progress::Go => {}
                Progress::WaitUntil(at) => {
                    match at {
                        Some(at) => host.ctx.arm(purpose::WORK, self.id, at),
                        None => host.ctx.disarm(purpose::WORK, self.id),
                    }
                    self.worker.activity = Activity::Syncing(sync);
                    return None;
                }
                Progress::End(end) => return Some(end),
            }
        }
    }

    // Models pkg/kubelet/volumemanager WaitForAttachAndMount
    fn step_volumes(&mut self, host: &mut Host<'_, '_>, sync: &mut Sync) -> Progress {
        if sync.is_cancelled {
            return Progress::End(RoundEnd::Cancelled);
        }
        let Step::Volumes { next_poll, since } = &mut sync.step else {
            return Progress::Go;
        };
        let now = host.ctx.now;
        self.try_volumes(host);
        while *next_poll < now {
            *next_poll += super::volumes::POLL;
        }
        let polls = *next_poll == now;
        if polls && self.volumes.is_mounted() {
            return self.step_actions(host, sync);
        }
        if now.since(*since) >= super::volumes::TIMEOUT {
            // The next round goes on waiting; a time-out is not told.
            return Progress::End(RoundEnd::Failed { until: None });
        }
        if polls {
            *next_poll += super::volumes::POLL;
        }
        let next = if self.volumes.is_mounted() {
            Some(*next_poll)
        } else {
            self.volumes.next_try()
        };
        let limit = *since + super::volumes::TIMEOUT;
        Progress::WaitUntil(Some(next.map_or(limit, |next| next.min(limit))))
    }

    /// Works out what is to be done, and begins with the killing.
    // Models pkg/kubelet/kuberuntime SyncPod
    fn step_actions(&mut self, host: &mut Host<'_, '_>, sync: &mut Sync) -> Progress {
        self.start_probes(host);
        self.refresh_volumes(host);
        self.check_pull_secrets(host);
        let status = self.status.as_ref().map_or(&self.pod.status, |entry| &entry.status);
        let asked = find_condition(&status.conditions, "AllContainersRestarting");
        let restart_all = asked.is_some_and(Condition::is_true);
        let lookup = |kind, id: &str| self.probes.result(kind, id);
        let actions = compute(&self.pod, &sync.view, &lookup, restart_all);
        let mut killing = Killing::default();
        let pod = self.pod.clone();
        if actions.kill_pod {
            let running: Vec<(Str, Str)> = sync.view.running().map(|c| (c.id.clone(), c.name.clone())).collect();
            for (id, name) in &running {
                let waits_for = prerequisites(&pod, name);
                let order = Order {
                    id,
                    name,
                    message: "",
                    reason: KillReason::Unknown,
                    grace_s: None,
                    waits_for,
                };
                killing.add(host, self, order);
            }
            sync.has_results |= !running.is_empty() || sync.view.sandboxes.iter().any(|sandbox| sandbox.ready);
        }
        for kill in actions.kill.iter().filter(|_| !actions.kill_pod) {
            let (message, reason) = (&*kill.message, kill.reason);
            let order = Order {
                id: &kill.id,
                name: &kill.name,
                message,
                reason,
                grace_s: None,
                waits_for: Vec::new(),
            };
            killing.add(host, self, order);
            sync.has_results = true;
        }
        self.reset_containers(host, &actions, &mut killing, sync);
        sync.actions = actions;
        sync.step = Step::Killing(killing);
        Progress::Go
    }

    /// Kills the containers of a pod that restarts in place.
    fn reset_containers(
        &mut self,
        host: &mut Host<'_, '_>,
        actions: &PodActions,
        killing: &mut Killing,
        sync: &mut Sync,
    ) {
        for id in &actions.reset {
            sync.has_results = true;
            let Some(record) = sync.view.running().find(|record| record.id == *id) else {
                continue;
            };
            let (name, reason) = (&record.name, KillReason::RestartAllContainers);
            let order = Order {
                id,
                name,
                message: "killing",
                reason,
                grace_s: Some(0),
                waits_for: Vec::new(),
            };
            killing.add(host, self, order);
        }
    }

    fn step_killing(&mut self, host: &mut Host<'_, '_>, sync: &mut Sync) -> Progress {
        let Step::Killing(killing) = &mut sync.step else {
            return Progress::Go;
        };
        let next = killing.advance(host, self);
        if !killing.is_done() {
            return Progress::WaitUntil(next);
        }
        if sync.actions.kill_pod {
            self.stop_sandboxes(host);
        }
        for id in &sync.actions.reset {
            self.remove_container(host, id);
        }
        if !sync.actions.reset.is_empty() {
            // The containers are started at once, not when something is heard of them.
            self.request_round();
        }
        if sync.actions.create_sandbox {
            if !sync.view.sandboxes.is_empty() {
                let message = "Pod sandbox changed, it will be killed and re-created.";
                host.event(self, Severity::Normal, "SandboxChanged", message);
            }
            let id = self.new_id(host.ctx);
            sync.has_results = true;
            sync.step = Step::Sandbox {
                at: host.ctx.now + host.ctx.delays.sandbox,
                id,
            };
        } else {
            sync.step = Step::Starting {
                queue: places(&sync.actions),
                current: None,
            };
        }
        Progress::Go
    }

    fn step_sandbox(&mut self, host: &mut Host<'_, '_>, sync: &mut Sync) -> Progress {
        let Step::Sandbox { at, id } = &sync.step else {
            return Progress::Go;
        };
        if host.ctx.now < *at {
            return Progress::WaitUntil(Some(*at));
        }
        let ip: Str = if self.pod.spec.host_network {
            "".into()
        } else {
            host.node.addresses.allocate()
        };
        let sandbox = SandboxView {
            id: id.clone(),
            attempt: sync.actions.attempt,
            ready: true,
            ip: ip.clone(),
        };
        self.view.sandboxes.insert(0, sandbox);
        self.view.sandboxes.truncate(2);
        self.view.ip = ip;
        self.mark_dirty(host);
        self.note_sandbox_ready(host);
        sync.step = Step::Starting {
            queue: places(&sync.actions),
            current: None,
        };
        Progress::Go
    }

    fn step_starting(&mut self, host: &mut Host<'_, '_>, sync: &mut Sync) -> Progress {
        let Step::Starting { queue, current } = &mut sync.step else {
            return Progress::Go;
        };
        let Some(mut starting) = current.take() else {
            let Some(place) = queue.pop_front() else {
                return Progress::End(round_end(sync));
            };
            let starting = Starting::begin(self, place);
            sync.has_results = true;
            if let Step::Starting { current, .. } = &mut sync.step {
                *current = Some(starting);
            }
            return Progress::Go;
        };
        let view = sync.view.clone();
        match starting.advance(host, self, &view) {
            super::start::Started::Waits(next) => {
                *current = Some(starting);
                Progress::WaitUntil(next)
            }
            super::start::Started::Runs => {
                self.reasons.remove(starting.name());
                Progress::Go
            }
            super::start::Started::Failed(failure) => {
                if starting.stops_the_rest() {
                    queue.clear();
                }
                sync.has_failed = true;
                sync.backoff_until = [sync.backoff_until, failure.until].into_iter().flatten().min();
                self.reasons.insert(
                    starting.name().clone(),
                    (failure.reason.into(), failure.message.as_str().into()),
                );
                Progress::Go
            }
        }
    }

    /// Stops the sandbox: what still runs in it is killed.
    pub(super) fn stop_sandboxes(&mut self, host: &mut Host<'_, '_>) {
        let mut stopped = false;
        for sandbox in self.view.sandboxes.iter_mut().filter(|sandbox| sandbox.ready) {
            sandbox.ready = false;
            host.node.addresses.release(&sandbox.ip);
            stopped = true;
        }
        if stopped {
            self.mark_dirty(host);
        }
    }

    /// Takes a container out of the runtime.
    fn remove_container(&mut self, host: &mut Host<'_, '_>, id: &Str) {
        self.view.containers.retain(|record| record.id != *id);
        self.processes.remove(id);
        self.mark_dirty(host);
    }
}

/// What a step leads to.
enum Progress {
    Go,
    WaitUntil(Option<SimTime>),
    End(RoundEnd),
}

const fn round_end(sync: &Sync) -> RoundEnd {
    if sync.has_failed {
        RoundEnd::Failed {
            until: sync.backoff_until,
        }
    } else {
        RoundEnd::Done {
            relist: sync.has_results,
        }
    }
}

fn places(actions: &PodActions) -> VecDeque<Place> {
    let ephemeral = actions.start_ephemeral.iter().map(|index| Place::Ephemeral(*index));
    let init = actions.start_init.iter().map(|index| Place::Init(*index));
    ephemeral
        .chain(init)
        .chain(actions.start.iter().map(|index| Place::Regular(*index)))
        .collect()
}
