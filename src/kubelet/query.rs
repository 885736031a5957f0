//! What others may ask: logs, commands, requests, and the clocks that a picture shows.

use super::Kubelets;
use super::agent::{PodAgent, container_spec};
use super::cri::{ExecId, ExecResult, GrpcOutcome, HttpOutcome, HttpRequest, TcpOutcome};
use super::kill::GraceClock;
use super::node::{CrashKey, NodeAgent};
use super::podview::ContainerState;
use super::probes::{ProbeKind, ProbeResult, ProbeTry};
use super::runtime::{Effect, EffectResult, Logs};
use super::status::is_to_start;
use super::stock::{BehaviourRule, Rules};
use super::worker::Activity;
use crate::api::Str;
use crate::api::core::Pod;
use crate::apiserver::Key;
use crate::client::Ctx;
use crate::sim::{Duration, SimTime};

/// A wait that doubles, while it is on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BackoffClock {
    /// `CrashLoopBackOff` or `ImagePullBackOff`.
    pub reason: &'static str,
    /// When it began.
    pub from: SimTime,
    /// When it ends.
    pub until: SimTime,
    /// How often it was lengthened.
    pub count: u32,
}

/// An image that a pod waits for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PullClock {
    /// The container.
    pub container: Str,
    /// The image.
    pub image: Str,
    /// When the pull began; none while it waits for other pulls.
    pub began_at: Option<SimTime>,
    /// When it ends; never, while it waits.
    pub ends_at: SimTime,
}

/// A probe of a container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProbeClock {
    /// What it is for.
    pub kind: ProbeKind,
    /// What its last tries amount to.
    pub result: Option<ProbeResult>,
    /// How many tries in a row had the last outcome.
    pub run: i32,
    /// Its next try, if one is due.
    pub next_at: Option<SimTime>,
    /// Its last tries, oldest first.
    pub history: Vec<ProbeTry>,
}

/// The clocks of a container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContainerClocks {
    /// Its name.
    pub name: Str,
    /// The wait that is on.
    pub backoff: Option<BackoffClock>,
    /// Its probes.
    pub probes: Vec<ProbeClock>,
    /// Set while it is being stopped.
    pub grace: Option<GraceClock>,
    /// Set while its image is being pulled.
    pub pull: Option<PullClock>,
}

/// A command that runs in a container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExecHandle {
    pod: u64,
    container: Str,
    id: ExecId,
}

/// Something that a process wants from outside its pod: a name, a connection, an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PodEffect {
    pod: u64,
    container: Str,
    /// The pod.
    pub key: Key,
    /// Its node.
    pub node: Str,
    /// Its address.
    pub ip: Str,
    /// What the process wants, and until when it waits.
    pub effect: Effect,
}

impl PodEffect {
    pub(super) fn new(id: u64, pod: &Pod, ip: &Str, container: Str, effect: Effect) -> Self {
        let key = Key {
            namespace: pod.meta.namespace.clone(),
            name: pod.meta.name.clone(),
        };
        Self {
            pod: id,
            container,
            key,
            node: pod.spec.node_name.clone(),
            ip: ip.clone(),
            effect,
        }
    }
}

impl Kubelets {
    /// Sets what a scenario says of containers; those started from now on heed it.
    pub fn set_behaviours(&mut self, rules: Vec<BehaviourRule>) {
        self.stock.rules = Rules(rules.into());
    }

    /// What processes want from outside their pods since this was asked for last. Whoever routes it answers with
    /// [`Kubelets::resolve`]; a process that gets no answer gives up in its own time.
    pub fn take_effects(&mut self) -> Vec<PodEffect> {
        std::mem::take(&mut self.effects)
    }

    /// Gives a process what it waited for.
    pub fn resolve(&mut self, ctx: &mut Ctx<'_>, wanted: &PodEffect, result: EffectResult) {
        self.with(ctx, wanted.pod, |agent, host| {
            let now = host.ctx.now;
            agent.processes.resolve(
                &wanted.container,
                wanted.effect.id,
                result,
                &mut host.stock.volumes,
                now,
            );
            agent.run_processes(host);
        });
    }

    /// Memory in bytes and processor time in thousandths of a core that a container uses.
    #[must_use]
    pub fn usage(&self, now: SimTime, namespace: &str, pod: &str, container: &str) -> (u64, u32) {
        let Some((agent, _)) = self.agent(namespace, pod) else {
            return (0, 0);
        };
        agent
            .running_id(container)
            .map_or((0, 0), |id| agent.processes.usage(&id, now))
    }

    /// Processor time that a request to a container takes.
    #[must_use]
    pub fn request_cost(&self, namespace: &str, pod: &str, container: &str) -> Duration {
        let Some((agent, _)) = self.agent(namespace, pod) else {
            return Duration::ZERO;
        };
        let id = agent.running_id(container);
        id.map_or(Duration::ZERO, |id| agent.processes.request_cost(&id))
    }

    /// Whether a node's machine runs. One that no kubelet has registered from does not.
    #[must_use]
    pub fn is_powered(&self, node: &str) -> bool {
        let node = self.node_ids.get(node).and_then(|id| self.nodes.get(id));
        node.is_some_and(|node| node.is_powered)
    }

    /// A connection to a pod's port.
    #[must_use]
    pub fn tcp(&self, now: SimTime, namespace: &str, pod: &str, port: u16) -> TcpOutcome {
        self.agent(namespace, pod)
            .map_or(TcpOutcome::Refused, |(agent, _)| agent.processes.tcp(port, now))
    }

    /// A gRPC health check of a pod's port.
    #[must_use]
    pub fn grpc(&self, now: SimTime, namespace: &str, pod: &str, port: u16, service: &str) -> GrpcOutcome {
        self.agent(namespace, pod).map_or(GrpcOutcome::Refused, |(agent, _)| {
            agent.processes.grpc(port, service, now)
        })
    }

    fn agent(&self, namespace: &str, pod: &str) -> Option<(&PodAgent, &NodeAgent)> {
        let agent = self.pods.get(self.keys.get(&Key::new(namespace, pod))?)?;
        let node = self.nodes.get(self.node_ids.get(&agent.pod.spec.node_name)?)?;
        Some((agent, node))
    }

    /// The clocks of a pod's containers in the order of its spec, init containers first.
    #[must_use]
    pub fn clocks(&self, now: SimTime, namespace: &str, pod: &str) -> Vec<ContainerClocks> {
        let Some((agent, node)) = self.agent(namespace, pod) else {
            return Vec::new();
        };
        let spec = &agent.pod.spec;
        let names = spec
            .init_containers
            .iter()
            .chain(spec.containers.iter())
            .map(|container| &container.name);
        names.map(|name| agent.container_clocks(node, name, now)).collect()
    }

    /// The log of a container.
    ///
    /// # Errors
    /// With the words of the API server, when there is none.
    // Models pkg/kubelet validateContainerLogStatus
    pub fn logs(&self, namespace: &str, pod: &str, container: &str, previous: bool) -> Result<&Logs, String> {
        let Some((agent, _)) = self.agent(namespace, pod) else {
            return Err(format!("pod {pod} not found"));
        };
        let waits = |why: &str| format!("container \"{container}\" in pod \"{pod}\" is waiting to start: {why}");
        let mut records = agent.view.containers.iter().filter(|record| *record.name == *container);
        if previous {
            let last = records.nth(1).or_else(|| {
                let latest = agent.view.find(container)?;
                (latest.state == ContainerState::Exited && latest.attempt > 0).then_some(latest)
            });
            let missing = || format!("previous terminated container \"{container}\" in pod \"{pod}\" not found");
            return last
                .and_then(|record| agent.processes.logs(&record.id))
                .ok_or_else(missing);
        }
        let started = records.find(|record| record.state != ContainerState::Created);
        match (started, agent.reasons.get(container)) {
            (Some(record), _) => {
                let lost = || format!("unable to retrieve container logs for containerd://{}", record.id);
                agent.processes.logs(&record.id).ok_or_else(lost)
            }
            (None, Some((reason, _))) => Err(waits(match &**reason {
                "ErrImagePull" => "image can't be pulled",
                "ImagePullBackOff" => "trying and failing to pull image",
                other => other,
            })),
            (None, None) if agent.pod.spec.init_containers.is_empty() => Err(waits("ContainerCreating")),
            (None, None) => Err(waits("PodInitializing")),
        }
    }

    /// Starts a command in a container; the answer is asked for with [`Kubelets::exec_result`], as time goes on.
    ///
    /// # Errors
    /// With the words of the kubelet or the runtime, when the container does not run or has no such program.
    pub fn exec(
        &mut self,
        ctx: &mut Ctx<'_>,
        namespace: &str,
        pod: &str,
        container: &str,
        command: &[Str],
    ) -> Result<ExecHandle, String> {
        let absent = || format!("container not found (\"{container}\")");
        let id = *self
            .keys
            .get(&Key::new(namespace, pod))
            .ok_or_else(|| format!("pods \"{pod}\" not found"))?;
        let mut outcome = Err(absent());
        self.with(ctx, id, |agent, host| {
            let Some(container_id) = agent.running_id(container) else {
                return;
            };
            outcome = match agent.exec(host, &container_id, command) {
                Ok(exec) => Ok(ExecHandle {
                    pod: id,
                    container: container_id,
                    id: exec,
                }),
                Err(error) => Err(error),
            };
        });
        outcome
    }

    /// What came of a command; none while it runs, and an error when its container has ended.
    pub fn exec_result(&mut self, handle: &ExecHandle) -> Option<ExecResult> {
        let agent = std::rc::Rc::make_mut(self.pods.get_mut(&handle.pod)?);
        agent.exec_result(&handle.container, handle.id)
    }

    /// A request to a pod, answered by the process that listens on its port.
    pub fn http(&mut self, ctx: &mut Ctx<'_>, namespace: &str, pod: &str, request: &HttpRequest) -> HttpOutcome {
        let Some(id) = self.keys.get(&Key::new(namespace, pod)).copied() else {
            return HttpOutcome::NoReply;
        };
        let mut outcome = HttpOutcome::NoReply;
        self.with(ctx, id, |agent, host| {
            outcome = agent.processes.http(request, &mut host.stock.volumes, host.ctx.now);
            agent.run_processes(host);
        });
        outcome
    }
}

impl PodAgent {
    fn container_clocks(&self, node: &NodeAgent, name: &Str, now: SimTime) -> ContainerClocks {
        ContainerClocks {
            name: name.clone(),
            backoff: self.backoff_clock(node, name, now),
            probes: self.probe_clocks(name),
            grace: self.grace_clock(name),
            pull: self.pull_clock(node, name),
        }
    }

    fn backoff_clock(&self, node: &NodeAgent, name: &Str, now: SimTime) -> Option<BackoffClock> {
        let (container, _) = container_spec(&self.pod.spec, name)?;
        if let Some((from, until, count)) = node.images.backoff_of(&self.pod.meta.uid, &container.image, now) {
            return Some(BackoffClock {
                reason: "ImagePullBackOff",
                from,
                until,
                count,
            });
        }
        let record = self
            .view
            .find(name)
            .filter(|record| record.state == ContainerState::Exited)?;
        if !is_to_start(&self.pod, container, Some(record)) {
            return None;
        }
        let key = CrashKey::new(&self.pod, container);
        let wait = node.crashes.in_force_since(&key, record.finished_at, now)?;
        let count = node.crashes.get(&key).map_or(0, |entry| entry.steps);
        Some(BackoffClock {
            reason: "CrashLoopBackOff",
            from: record.finished_at,
            until: record.finished_at + wait,
            count,
        })
    }

    fn probe_clocks(&self, name: &Str) -> Vec<ProbeClock> {
        let workers = self
            .probes
            .workers
            .iter()
            .filter(|worker| worker.container == *name && !worker.is_stopped);
        workers
            .map(|worker| ProbeClock {
                kind: worker.kind,
                result: self.probes.result(worker.kind, &worker.container_id),
                run: worker.run,
                next_at: (!worker.is_on_hold && self.running_id(name).is_some()).then_some(worker.next_tick),
                history: worker.history.iter().cloned().collect(),
            })
            .collect()
    }

    fn grace_clock(&self, name: &Str) -> Option<GraceClock> {
        let kill = match &self.worker.activity {
            Activity::Terminating(kill) => kill,
            Activity::Syncing(sync) => sync.killing()?,
            _ => return None,
        };
        kill.clocks().find(|clock| clock.container == *name)
    }

    fn pull_clock(&self, node: &NodeAgent, name: &Str) -> Option<PullClock> {
        let Activity::Syncing(sync) = &self.worker.activity else {
            return None;
        };
        let container = sync.pulling().filter(|container| *container == name)?;
        let pull = node.images.pull_of(self.id)?;
        Some(PullClock {
            container: container.clone(),
            image: pull.image.clone(),
            began_at: pull.began_at,
            ends_at: pull.ends_at,
        })
    }
}
