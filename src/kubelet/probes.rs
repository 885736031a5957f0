//! Probe workers of a pod and their results.

use std::collections::VecDeque;
use std::rc::Rc;

use super::cri::{ExecId, HttpRequest};
use crate::api::Str;
use crate::api::core::{Container, Pod, Probe};
use crate::sim::{Duration, SimTime};

/// What a probe is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ProbeKind {
    /// A container that fails it is killed.
    Liveness,
    /// A container that fails it gets no requests.
    Readiness,
    /// Until it succeeds the other two do not begin.
    Startup,
}

/// What the last probes of a container amount to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ProbeResult {
    /// Not known yet.
    Unknown,
    /// It passes.
    Success,
    /// It fails.
    Failure,
}

impl ProbeKind {
    /// The word in events.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Liveness => "Liveness",
            Self::Readiness => "Readiness",
            Self::Startup => "Startup",
        }
    }

    /// The result of a container before its first probe.
    pub(super) const fn initial(self) -> ProbeResult {
        match self {
            Self::Liveness => ProbeResult::Success,
            Self::Readiness => ProbeResult::Failure,
            Self::Startup => ProbeResult::Unknown,
        }
    }

    /// The probe of that kind of a container.
    #[must_use]
    pub fn of(self, container: &Container) -> Option<&Rc<Probe>> {
        match self {
            Self::Liveness => container.liveness_probe.as_ref(),
            Self::Readiness => container.readiness_probe.as_ref(),
            Self::Startup => container.startup_probe.as_ref(),
        }
    }
}

/// One try of a probe.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProbeTry {
    /// When its outcome was known.
    pub at: SimTime,
    /// Its outcome; none when the probe itself could not be run.
    pub result: Option<ProbeResult>,
    /// What it said.
    pub output: Str,
}

/// How many tries are remembered for each probe.
const HISTORY: usize = 24;

/// What comes of a try that takes time.
#[derive(Clone, Debug)]
pub(super) enum Flight {
    /// A command runs in the container; it is given up at the deadline.
    Exec {
        id: ExecId,
        command: Str,
        deadline: SimTime,
    },
    /// The outcome is known, and when it arrives.
    Reply { at: SimTime, outcome: Outcome },
}

/// What a try found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    Success,
    /// It passes, with something to say.
    Warning(String),
    Failure(String),
    /// The probe could not be run.
    Error(String),
}

/// Probes one container in one way.
// Models pkg/kubelet/prober worker
#[derive(Clone, Debug)]
pub(super) struct Worker {
    pub(super) kind: ProbeKind,
    pub(super) container: Str,
    pub(super) spec: Rc<Probe>,
    /// The container that it probes; empty before it has seen one.
    pub(super) container_id: Str,
    pub(super) next_tick: SimTime,
    /// A try was asked for outside the ticks.
    pub(super) is_asked: bool,
    /// It waits for a new container.
    pub(super) is_on_hold: bool,
    pub(super) last: Option<ProbeResult>,
    /// How often in a row the last result came.
    pub(super) run: i32,
    pub(super) flight: Option<Flight>,
    /// The request of an HTTP probe, made once for each container.
    pub(super) request: Option<Rc<HttpRequest>>,
    pub(super) history: VecDeque<ProbeTry>,
    pub(super) is_stopped: bool,
}

impl Worker {
    fn new(kind: ProbeKind, container: &Container, spec: &Rc<Probe>, first_tick: SimTime) -> Self {
        Self {
            kind,
            container: container.name.clone(),
            spec: spec.clone(),
            container_id: "".into(),
            next_tick: first_tick,
            is_asked: false,
            is_on_hold: false,
            last: None,
            run: 0,
            flight: None,
            request: None,
            history: VecDeque::new(),
            is_stopped: false,
        }
    }

    pub(super) fn period(&self) -> Duration {
        Duration::from_secs(u64::from(self.spec.period_seconds.max(1).unsigned_abs()))
    }

    pub(super) fn timeout(&self) -> Duration {
        Duration::from_secs(u64::from(self.spec.timeout_seconds.max(1).unsigned_abs()))
    }

    /// Counts a result; gives the new state where a threshold is reached.
    pub(super) fn count(&mut self, result: ProbeResult) -> Option<ProbeResult> {
        if self.last == Some(result) {
            self.run += 1;
        } else {
            self.last = Some(result);
            self.run = 1;
        }
        let threshold = match result {
            ProbeResult::Failure => self.spec.failure_threshold,
            _ => self.spec.success_threshold,
        };
        if self.run < threshold {
            return None;
        }
        let ends = self.kind == ProbeKind::Liveness && result == ProbeResult::Failure;
        if ends || self.kind == ProbeKind::Startup {
            self.is_on_hold = true;
            self.run = 0;
        }
        Some(result)
    }

    pub(super) fn remember(&mut self, at: SimTime, result: Option<ProbeResult>, output: &str) {
        if self.history.len() == HISTORY {
            self.history.pop_front();
        }
        // Tries in a row mostly say the same.
        let before = self
            .history
            .back()
            .map(|last| &last.output)
            .filter(|last| ***last == *output);
        let output = before.cloned().unwrap_or_else(|| output.into());
        self.history.push_back(ProbeTry { at, result, output });
    }
}

/// The probes of one pod.
#[derive(Clone, Debug, Default)]
pub struct Probes {
    pub(super) workers: Vec<Worker>,
    /// Few enough to be looked through.
    results: Vec<(ProbeKind, Str, ProbeResult)>,
}

impl Probes {
    /// The last result for a container id.
    #[must_use]
    pub fn result(&self, kind: ProbeKind, container_id: &str) -> Option<ProbeResult> {
        let is_it = |entry: &&(ProbeKind, Str, ProbeResult)| entry.0 == kind && *entry.1 == *container_id;
        self.results.iter().find(is_it).map(|entry| entry.2)
    }

    /// Whether that probe of a container is at work.
    #[must_use]
    pub fn has_worker(&self, kind: ProbeKind, container: &str) -> bool {
        self.index(kind, container).is_some()
    }

    pub(super) fn index(&self, kind: ProbeKind, container: &str) -> Option<usize> {
        self.workers
            .iter()
            .position(|w| w.kind == kind && *w.container == *container && !w.is_stopped)
    }

    /// Makes the workers of a pod, once. `first_tick` gives each its first tick.
    // Models pkg/kubelet/prober AddPod
    pub(super) fn add_pod(&mut self, pod: &Pod, mut first_tick: impl FnMut(Duration) -> SimTime) {
        if !self.workers.is_empty() {
            return;
        }
        let sidecars = pod
            .spec
            .init_containers
            .iter()
            .filter(|init| super::restart::is_sidecar(init));
        for container in pod.spec.containers.iter().chain(sidecars) {
            for kind in [ProbeKind::Startup, ProbeKind::Readiness, ProbeKind::Liveness] {
                if let Some(spec) = kind.of(container) {
                    let mut worker = Worker::new(kind, container, spec, SimTime::ZERO);
                    worker.next_tick = first_tick(worker.period());
                    self.workers.push(worker);
                }
            }
        }
    }

    /// Sets a result; says whether it is another one than before.
    pub(super) fn set(&mut self, kind: ProbeKind, container_id: &Str, result: ProbeResult) -> bool {
        match self
            .results
            .iter_mut()
            .find(|entry| entry.0 == kind && entry.1 == *container_id)
        {
            Some(entry) => std::mem::replace(&mut entry.2, result) != result,
            None => {
                self.results.push((kind, container_id.clone(), result));
                true
            }
        }
    }

    /// A worker has found a new container; says whether the first result differs from what was known.
    pub(super) fn adopt(&mut self, index: usize, container_id: &Str) -> bool {
        let worker = &mut self.workers[index];
        let kind = worker.kind;
        let before = std::mem::replace(&mut worker.container_id, container_id.clone());
        worker.is_on_hold = false;
        worker.request = None;
        self.results.retain(|entry| entry.0 != kind || entry.1 != before);
        self.set(kind, container_id, kind.initial())
    }

    /// Stops the workers that `wanted` names.
    pub(super) fn stop(&mut self, wanted: impl Fn(ProbeKind) -> bool) {
        for worker in self.workers.iter_mut().filter(|worker| wanted(worker.kind)) {
            worker.is_stopped = true;
            worker.flight = None;
        }
    }
}
