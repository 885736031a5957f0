//! Probing: ticks, tries, thresholds, events.
//!
//! A worker ticks on a grid of its period, but only while a tick would do something: its timer is not armed while its
//! container does not run, has not started, is within its initial delay, or waits to be replaced.

use super::agent::{Host, PodAgent, container_of, container_spec, purpose};
use super::probe_tries::{made_to_fail, seconds_text};
use super::probes::{Flight, Outcome, ProbeKind, ProbeResult, Worker};
use crate::api::Str;
use crate::api::core::ContainerStatus;
use crate::api::time::Time;
use crate::client::Severity;
use crate::sim::{Duration, SimTime};

/// What the status says of a container, as a probe sees it.
struct Target {
    /// It is another container than the worker probed so far.
    is_new: bool,
    /// When it was started, in whole seconds; none when it does not run.
    running_since: Option<SimTime>,
    is_started: bool,
    has_ended: bool,
}

impl PodAgent {
    /// Makes the pod's probe workers, at the first round that gets this far.
    pub(super) fn start_probes(&mut self, host: &Host<'_, '_>) {
        let now = host.ctx.now;
        let up = now.since(host.node.started_at);
        let mut stream = host.ctx.stream(&self.pod.meta.uid, "probe-start");
        let pod = self.pod.clone();
        self.probes.add_pod(&pod, |period| {
            // A kubelet that has just begun spreads the probes of its pods.
            let spread = if period > up {
                Duration(stream.below(period.0))
            } else {
                Duration::ZERO
            };
            now + spread
        });
    }

    /// The status of the container that a worker probes, once there is a container.
    fn probed(&self, worker: &Worker) -> Option<&ContainerStatus> {
        let status = &self.status.as_ref()?.status;
        let lists = [&status.container_statuses, &status.init_container_statuses];
        let is_it = |s: &&ContainerStatus| s.name == worker.container && !s.container_id.is_empty();
        lists.into_iter().find_map(|list| list.iter().find(is_it))
    }

    fn target(&self, worker: &Worker, host: &Host<'_, '_>) -> Option<Target> {
        let found = self.probed(worker)?;
        let running = found.state.running.as_ref();
        let since = |started: Option<Time>| host.ctx.api.sim_time(started.unwrap_or_default());
        Some(Target {
            is_new: bare_id(&found.container_id) != &*worker.container_id,
            running_since: running.map(|running| since(running.started_at)),
            is_started: found.started == Some(true),
            has_ended: found.state.terminated.is_some(),
        })
    }

    /// Arms the timers of all workers that have something to do.
    pub(super) fn arm_probes(&mut self, host: &mut Host<'_, '_>) {
        for index in 0..self.probes.workers.len() {
            let due = self.probe_due(index, host);
            let object = self.probe_timer(index);
            match due {
                Some(at) => host.ctx.arm(purpose::PROBE, object, at),
                None => host.ctx.disarm(purpose::PROBE, object),
            }
        }
    }

    const fn probe_timer(&self, index: usize) -> u64 {
        self.id * 256 + index as u64
    }

    /// When a worker has something to do next.
    fn probe_due(&mut self, index: usize, host: &Host<'_, '_>) -> Option<SimTime> {
        let now = host.ctx.now;
        let worker = &self.probes.workers[index];
        if worker.is_stopped {
            return None;
        }
        match &worker.flight {
            Some(Flight::Exec { deadline, .. }) => return Some(*deadline),
            Some(Flight::Reply { at, .. }) => return Some(*at),
            None => {}
        }
        if worker.is_asked {
            return Some(now);
        }
        let target = self.target(worker, host)?;
        let earliest = self.earliest_tick(worker, &target)?;
        Some(next_tick(&mut self.probes.workers[index], earliest.max(now)))
    }

    /// The instant from which on a tick would do something.
    fn earliest_tick(&self, worker: &Worker, target: &Target) -> Option<SimTime> {
        if target.is_new {
            return Some(SimTime::ZERO);
        }
        if worker.is_on_hold {
            return None;
        }
        let Some(since) = target.running_since else {
            let known = self.probes.result(worker.kind, &worker.container_id) == Some(ProbeResult::Failure);
            return (!known && target.has_ended).then_some(SimTime::ZERO);
        };
        if target.is_started == (worker.kind == ProbeKind::Startup) {
            return None;
        }
        Some(since + initial_delay(worker))
    }

    /// A status was made that would like to know about readiness.
    pub(super) fn ask_for_readiness(&mut self, host: &mut Host<'_, '_>, container: &str) {
        if let Some(index) = self.probes.index(ProbeKind::Readiness, container) {
            let worker = &mut self.probes.workers[index];
            worker.is_asked = true;
            if worker.flight.is_none() {
                let at = host.ctx.now;
                host.ctx.arm(purpose::PROBE, self.probe_timer(index), at);
            }
        }
    }

    /// The timer of a worker fired, or a command of it has ended.
    pub(super) fn on_probe(&mut self, host: &mut Host<'_, '_>, index: usize) {
        if index >= self.probes.workers.len() || self.probes.workers[index].is_stopped {
            return;
        }
        if self.probes.workers[index].flight.is_some() {
            self.land(host, index);
        } else {
            self.tick(host, index);
        }
        self.arm_probe(host, index);
    }

    fn arm_probe(&mut self, host: &mut Host<'_, '_>, index: usize) {
        let due = self.probe_due(index, host);
        let object = self.probe_timer(index);
        match due {
            Some(at) => host.ctx.arm(purpose::PROBE, object, at),
            None => host.ctx.disarm(purpose::PROBE, object),
        }
    }

    // Models pkg/kubelet/prober worker.doProbe
    fn tick(&mut self, host: &mut Host<'_, '_>, index: usize) {
        let now = host.ctx.now;
        let worker = &mut self.probes.workers[index];
        if std::mem::take(&mut worker.is_asked) {
            worker.next_tick = now + worker.period();
        } else {
            while worker.next_tick <= now {
                worker.next_tick += worker.period();
            }
        }
        let kind = worker.kind;
        let Some(target) = self.target(&self.probes.workers[index], host) else {
            return;
        };
        if target.is_new {
            self.adopt(host, index);
        }
        let worker = &self.probes.workers[index];
        if worker.is_on_hold {
            return;
        }
        let id = worker.container_id.clone();
        let Some(since) = target.running_since else {
            if self.probes.set(kind, &id, ProbeResult::Failure) {
                self.on_result(host, kind, &id, ProbeResult::Failure);
            }
            return;
        };
        if now < since + initial_delay(worker) || target.is_started == (kind == ProbeKind::Startup) {
            return;
        }
        self.try_probe(host, index, &id);
        self.land(host, index);
    }

    /// A worker has found a new container.
    fn adopt(&mut self, host: &mut Host<'_, '_>, index: usize) {
        let kind = self.probes.workers[index].kind;
        let Some(found) = self.probed(&self.probes.workers[index]) else {
            return;
        };
        let id: Str = bare_id(&found.container_id).into();
        if self.probes.adopt(index, &id) {
            self.on_result(host, kind, &id, kind.initial());
        }
    }

    /// Begins a try.
    fn try_probe(&mut self, host: &mut Host<'_, '_>, index: usize, id: &Str) {
        let now = host.ctx.now;
        let worker = &self.probes.workers[index];
        let (spec, timeout) = (worker.spec.clone(), worker.timeout());
        let pod = self.pod.clone();
        let Some(container) = container_of(&pod.spec, &worker.container) else {
            return;
        };
        let (outcome, takes) = if self.failing.contains(&container.name) {
            (made_to_fail(&spec), Duration::ZERO)
        } else if let Some(exec) = &spec.exec {
            match self.exec(host, id, &exec.command) {
                Ok(exec_id) => {
                    let flight = Flight::Exec {
                        id: exec_id,
                        command: exec.command.join(" ").into(),
                        deadline: now + timeout,
                    };
                    self.probes.workers[index].flight = Some(flight);
                    return;
                }
                Err(error) => (Outcome::Error(self.exec_error(host, &error)), Duration::ZERO),
            }
        } else if let Some(get) = &spec.http_get {
            self.probe_http(host, index, container, get)
        } else if let Some(tcp) = &spec.tcp_socket {
            (self.probe_tcp(host, container, &tcp.port, &tcp.host), Duration::ZERO)
        } else if let Some(grpc) = &spec.grpc {
            self.probe_grpc(host, grpc.port, grpc.service.as_deref().unwrap_or_default(), timeout)
        } else {
            let (name, namespace) = (&pod.meta.name, &pod.meta.namespace);
            let message = format!(
                "missing probe handler for {name}_{namespace}({}):{}",
                pod.meta.uid, container.name
            );
            (Outcome::Error(message), Duration::ZERO)
        };
        self.probes.workers[index].flight = Some(Flight::Reply {
            at: now + takes,
            outcome,
        });
    }

    /// Ends a try whose outcome is there.
    fn land(&mut self, host: &mut Host<'_, '_>, index: usize) {
        let now = host.ctx.now;
        let container_id = self.probes.workers[index].container_id.clone();
        let outcome = match self.probes.workers[index].flight.take() {
            Some(Flight::Reply { at, outcome }) if at <= now => outcome,
            Some(Flight::Exec { id, command, deadline }) => match self.processes.exec_result(&container_id, id) {
                Some(result) if result.exit_code == 0 => Outcome::Success,
                Some(result) => Outcome::Failure(result.stdout + &result.stderr),
                None if deadline <= now => {
                    self.processes
                        .kill_exec(&container_id, id, &mut host.stock.volumes, now);
                    self.run_processes(host);
                    let seconds = self.probes.workers[index].timeout().as_secs();
                    Outcome::Failure(format!(
                        "command timed out: \"{command}\" timed out after {}",
                        seconds_text(seconds)
                    ))
                }
                None => {
                    self.probes.workers[index].flight = Some(Flight::Exec { id, command, deadline });
                    return;
                }
            },
            other => {
                self.probes.workers[index].flight = other;
                return;
            }
        };
        self.conclude(host, index, outcome);
    }

    // Models pkg/kubelet/prober prober.probe
    fn conclude(&mut self, host: &mut Host<'_, '_>, index: usize, outcome: Outcome) {
        let worker = &self.probes.workers[index];
        let word = worker.kind.word();
        if outcome == Outcome::Success {
            self.note_try(host, index, Some(ProbeResult::Success), "");
            return;
        }
        let part = container_spec(&self.pod.spec, &worker.container)
            .map(|(_, part)| part)
            .unwrap_or_default();
        let (result, output) = match outcome {
            Outcome::Success => (Some(ProbeResult::Success), String::new()),
            Outcome::Warning(text) => {
                host.event_on(
                    self,
                    &part,
                    Severity::Warning,
                    "ProbeWarning",
                    &format!("{word} probe warning: {text}"),
                );
                (Some(ProbeResult::Success), text)
            }
            Outcome::Failure(text) => {
                host.event_on(
                    self,
                    &part,
                    Severity::Warning,
                    "Unhealthy",
                    &format!("{word} probe failed: {text}"),
                );
                (Some(ProbeResult::Failure), text)
            }
            Outcome::Error(text) => {
                let told = format!("{word} probe errored and resulted in unknown state: {text}");
                host.event_on(self, &part, Severity::Warning, "Unhealthy", &told);
                (None, text)
            }
        };
        self.note_try(host, index, result, &output);
    }

    /// Counts a try, and tells where that changes something.
    fn note_try(&mut self, host: &mut Host<'_, '_>, index: usize, result: Option<ProbeResult>, output: &str) {
        let worker = &mut self.probes.workers[index];
        worker.remember(host.ctx.now, result, output);
        let Some(state) = result.and_then(|result| worker.count(result)) else {
            return;
        };
        let (kind, container_id) = (worker.kind, worker.container_id.clone());
        if self.probes.set(kind, &container_id, state) {
            self.on_result(host, kind, &container_id, state);
        }
    }

    /// A result has changed.
    // Models pkg/kubelet syncLoopIteration
    fn on_result(&mut self, host: &mut Host<'_, '_>, kind: ProbeKind, id: &Str, result: ProbeResult) {
        let passes = result == ProbeResult::Success;
        match kind {
            ProbeKind::Liveness if result != ProbeResult::Failure => return,
            ProbeKind::Liveness => {}
            ProbeKind::Readiness => self.set_ready(host, id, passes),
            ProbeKind::Startup => self.set_started(host, id, passes),
        }
        self.request_round();
    }

    /// The words of a command that could not be started.
    fn exec_error(&mut self, host: &Host<'_, '_>, error: &str) -> String {
        let id = self.new_id(host.ctx);
        format!("rpc error: code = Unknown desc = failed to exec in container: failed to start exec \"{id}\": {error}")
    }
}

/// The id without the name of the runtime.
fn bare_id(id: &str) -> &str {
    id.strip_prefix("containerd://").unwrap_or(id)
}

fn initial_delay(worker: &Worker) -> Duration {
    Duration::from_secs(u64::from(worker.spec.initial_delay_seconds.max(0).unsigned_abs()))
}

/// The worker's first tick at or after `earliest`.
fn next_tick(worker: &mut Worker, earliest: SimTime) -> SimTime {
    let period = worker.period();
    if worker.next_tick < earliest {
        let missed = earliest.since(worker.next_tick).0.div_ceil(period.0);
        worker.next_tick += period * missed;
    }
    worker.next_tick
}

/// Moves probes whose command has ended.
pub(super) fn landed(agent: &PodAgent) -> Vec<usize> {
    let is_exec = |worker: &Worker| matches!(worker.flight, Some(Flight::Exec { .. }));
    (0..agent.probes.workers.len())
        .filter(|index| is_exec(&agent.probes.workers[*index]))
        .collect()
}
