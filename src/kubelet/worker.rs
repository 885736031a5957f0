//! The worker of a pod: one thing at a time, each begun with a fresh look at the runtime.

use super::agent::{Host, PodAgent, purpose};
use super::kill::Killing;
use super::sync::Sync;
use crate::sim::{Duration, SimTime};

/// What a pod's worker is about and what waits for it.
// Models pkg/kubelet podSyncStatus
#[derive(Clone, Debug, Default)]
pub(super) struct Worker {
    pub(super) activity: Activity,
    /// Something asked for another round.
    pub(super) is_pending: bool,
    /// When the last round ended.
    pub(super) last_round: Option<SimTime>,
    /// The pod was looked at in the runtime after the last round.
    pub(super) is_fresh: bool,
    /// When it was first known that the pod ends.
    pub(super) terminating_at: Option<SimTime>,
    /// When all its containers had stopped.
    pub(super) terminated_at: Option<SimTime>,
    /// Nothing is left to do.
    pub(super) is_finished: bool,
    /// Seconds that the containers get to stop in; it can only get shorter.
    pub(super) grace_s: Option<i64>,
    /// Makes each jitter a draw of its own.
    pub(super) rounds: u64,
}

/// What a worker does at the moment.
#[derive(Clone, Debug, Default)]
pub(super) enum Activity {
    #[default]
    Idle,
    /// It waits for a look at the runtime that is newer than its last round.
    Waiting,
    /// It brings the pod to what its spec says.
    Syncing(Box<Sync>),
    /// It stops the containers.
    Terminating(Killing),
    /// It waits for the volumes to be unmounted.
    Unmounting { until: SimTime },
}

/// How a round ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RoundEnd {
    /// Well; the pod may need a round now and then.
    Done { relist: bool },
    /// The pod has ended by itself.
    Terminal,
    /// All containers have stopped.
    Terminated,
    /// There is nothing left to do.
    Finished,
    /// Something failed; `until`: the end of the back-off, where one is on.
    Failed { until: Option<SimTime> },
    /// It was broken off because the pod ends.
    Cancelled,
}

/// Time between two rounds of a pod at rest.
const RESYNC: Duration = Duration::from_secs(60);
/// Time until the next round after an error.
const BACKOFF: Duration = Duration::from_secs(10);

impl PodAgent {
    /// Asks for a round of the worker.
    pub(super) fn request_round(&mut self) {
        if !self.worker.is_finished {
            self.worker.is_pending = true;
        }
    }

    /// Goes on with whatever can go on now.
    pub(super) fn drive(&mut self, host: &mut Host<'_, '_>) {
        loop {
            let end = match std::mem::take(&mut self.worker.activity) {
                Activity::Idle => {
                    if !std::mem::take(&mut self.worker.is_pending) || self.worker.is_finished {
                        return;
                    }
                    self.worker.activity = Activity::Waiting;
                    continue;
                }
                Activity::Waiting if !self.sees_enough(host) => {
                    self.worker.activity = Activity::Waiting;
                    return;
                }
                Activity::Waiting => self.begin(host),
                Activity::Syncing(sync) => self.advance_sync(host, sync),
                Activity::Terminating(kill) => self.advance_termination(host, kill),
                Activity::Unmounting { until } => self.advance_unmounting(host, until),
            };
            match end {
                Some(end) => self.end_round(host, end),
                None => return,
            }
        }
    }

    /// Whether the last look at the runtime is newer than the last round.
    // Models pkg/kubelet/container Cache.GetNewerThan
    fn sees_enough(&self, host: &mut Host<'_, '_>) -> bool {
        let Some(last) = self.worker.last_round else {
            return true;
        };
        if self.worker.is_fresh || host.node.last_relist(host.ctx.now) > last {
            return true;
        }
        host.node.waiting.insert(self.id);
        host.node.arm_relist(host.ctx);
        false
    }

    fn begin(&mut self, host: &mut Host<'_, '_>) -> Option<RoundEnd> {
        self.worker.rounds += 1;
        if self.worker.terminated_at.is_some() {
            self.begin_terminated(host)
        } else if self.worker.terminating_at.is_some() {
            self.begin_termination(host)
        } else {
            self.begin_sync(host)
        }
    }

    // Models pkg/kubelet podWorkers.completeWork
    fn end_round(&mut self, host: &mut Host<'_, '_>, end: RoundEnd) {
        let now = host.ctx.now;
        self.worker.last_round = Some(now);
        self.worker.is_fresh = false;
        host.ctx.disarm(purpose::WORK, self.id);
        match end {
            RoundEnd::Done { relist } => {
                if relist {
                    // The worker takes what waits for it before the relist can tell anything.
                    if std::mem::take(&mut self.worker.is_pending) {
                        self.worker.activity = Activity::Waiting;
                    }
                    self.relist(host);
                }
                if self.has_to_be_probed() {
                    self.enqueue(host, RESYNC);
                } else {
                    // A pod at rest needs no round: it would find nothing to do.
                    host.ctx.disarm(purpose::RESYNC, self.id);
                }
            }
            RoundEnd::Failed { until } => {
                let wait = until.map_or(BACKOFF, |until| until.since(now).min(RESYNC));
                self.enqueue(host, wait);
            }
            RoundEnd::Terminal => {
                self.worker.terminating_at.get_or_insert(now);
                self.request_round();
            }
            RoundEnd::Terminated => {
                self.worker.terminated_at = Some(now);
                self.request_round();
            }
            RoundEnd::Finished => {
                self.worker.is_finished = true;
                self.worker.is_pending = false;
                host.ctx.disarm(purpose::RESYNC, self.id);
                host.ctx.disarm(purpose::DEADLINE, self.id);
            }
            RoundEnd::Cancelled => self.request_round(),
        }
    }

    /// Puts the pod into the work queue, which is looked at once a second.
    fn enqueue(&self, host: &mut Host<'_, '_>, wait: Duration) {
        let mut stream = host
            .ctx
            .stream(&self.pod.meta.uid, &format!("resync-{}", self.worker.rounds));
        let jitter = u128::from(wait.0) * u128::from(stream.below(500_001)) / 1_000_000;
        let due = host.ctx.now + wait + Duration(u64::try_from(jitter).unwrap_or(u64::MAX));
        let tick = host.node.tick_at(due);
        host.ctx.arm(purpose::RESYNC, self.id, tick);
    }

    /// Whether a round would ask for a probe: a running container that is not ready yet has one.
    fn has_to_be_probed(&self) -> bool {
        use super::probes::{ProbeKind, ProbeResult};
        self.probes.workers.iter().any(|worker| {
            worker.kind == ProbeKind::Readiness
                && !worker.is_stopped
                && self.probes.result(ProbeKind::Readiness, &worker.container_id) != Some(ProbeResult::Success)
        })
    }

    /// The API says that the pod ends, or it has ended.
    // Models pkg/kubelet podWorkers.UpdatePod
    pub(super) fn note_termination(&mut self, now: SimTime, forced: bool) {
        let finished = self.pod.is_finished();
        if self.worker.terminating_at.is_none() && (forced || finished || self.pod.meta.is_terminating()) {
            self.worker.terminating_at = Some(now);
            if let Activity::Syncing(sync) = &mut self.worker.activity {
                sync.cancel();
            }
        }
        if self.worker.terminating_at.is_some() {
            let api = self.pod.meta.deletion_grace_period_seconds;
            let spec = self.pod.spec.termination_grace_period_seconds;
            let known = self.worker.grace_s;
            let grace = match (known, api) {
                (Some(known), Some(api)) => known.min(api),
                (Some(known), None) => known,
                (None, api) => api.or(spec).unwrap_or(30),
            };
            self.worker.grace_s = Some(grace.max(1));
        }
    }
}
