//! The containers of one pod in the simulated runtime, and the volumes that they share.

use crate::sim::btree::BTreeMap;
use std::rc::Rc;

use super::mounts::Shared;
use super::runtime::{
    Container, Effect, EffectId, EffectRequest, EffectResult, FileSystem, Image, Logs, Mount, NetError, VolumeId,
    Volumes,
};
pub(super) use super::runtime::{
    ContainerSpec, ExecId, ExecResult, Exit, GrpcOutcome, HttpOutcome, HttpRequest, Signal, StartError, TcpOutcome,
};
use crate::api::Str;
use crate::sim::{Duration, SimTime};

/// The containers of one pod.
#[derive(Clone, Debug, Default)]
pub(super) struct Processes {
    containers: BTreeMap<Str, Container>,
    volumes: Volumes,
    /// Volumes that show something of the API.
    shown: Vec<VolumeId>,
    /// Volumes that other pods may see too: they lie with the cluster between two calls.
    borrowed: Vec<VolumeId>,
    /// Answers of neighbours on their way.
    answers: Vec<Answer>,
    /// What processes want from outside the pod.
    outbox: Vec<(Str, Effect)>,
}

/// An answer to a process of the pod by another container of it.
#[derive(Clone, Debug)]
struct Answer {
    at: SimTime,
    container: Str,
    id: EffectId,
    result: EffectResult,
}

impl Processes {
    /// Mounts a volume of the pod, once.
    pub(super) fn add_volume(&mut self, id: VolumeId, tree: FileSystem) {
        if self.volumes.get(&id).is_none() {
            self.volumes.insert(id, tree);
        }
    }

    /// Mounts a volume that shows something of the API, or shows it anew.
    pub(super) fn show(&mut self, id: VolumeId, tree: FileSystem) {
        if !self.shown.contains(&id) {
            self.shown.push(id.clone());
        }
        self.volumes.insert(id, tree);
    }

    /// A path inside of a volume is mounted as it is: it does not follow what the volume shows later.
    fn pin(&mut self, container: &str, mounts: &mut [Mount]) {
        let of_content = |mount: &&mut Mount| !mount.sub_path.is_empty() && self.shown.contains(&mount.volume);
        for mount in mounts.iter_mut().filter(of_content) {
            let Some(tree) = self.volumes.get(&mount.volume).cloned() else {
                continue;
            };
            mount.volume = VolumeId(format!("{}#{container}", mount.volume.0).into());
            self.volumes.insert(mount.volume.clone(), tree);
        }
    }

    /// Mounts a volume that other pods may see too.
    pub(super) fn add_shared(&mut self, id: VolumeId, shared: &mut Shared) {
        if shared.get(&id).is_none() {
            shared.insert(id.clone(), FileSystem::new(0o755));
        }
        if !self.borrowed.contains(&id) {
            self.borrowed.push(id);
        }
    }

    /// Lets `act` work with all volumes in place; then sees to what the processes want.
    fn at<T>(&mut self, shared: &mut Shared, now: SimTime, act: impl FnOnce(&mut Self) -> T) -> T {
        for id in &self.borrowed {
            if let Some(tree) = shared.remove(id) {
                self.volumes.insert(id.clone(), tree);
            }
        }
        let result = act(self);
        self.settle(now);
        for id in &self.borrowed {
            if let Some(tree) = self.volumes.remove(id) {
                shared.insert(id.clone(), tree);
            }
        }
        result
    }

    /// Starts a container.
    pub(super) fn start(
        &mut self,
        id: &Str,
        mut spec: ContainerSpec,
        image: &Rc<Image>,
        shared: &mut Shared,
        now: SimTime,
    ) -> Result<(), StartError> {
        spec.taken_ports = self.held_ports(id);
        self.pin(id, &mut spec.mounts);
        self.at(shared, now, |pod| {
            let container = Container::start(Rc::new(spec), image.clone(), &mut pod.volumes, now)?;
            pod.containers.insert(id.clone(), container);
            Ok(())
        })
    }

    /// Ports that the containers but `id` hold: they share an address.
    fn held_ports(&self, id: &str) -> Vec<u16> {
        let others = self.containers.iter().filter(|(other, _)| ***other != *id);
        others.flat_map(|(_, container)| container.held_ports()).collect()
    }

    /// Does what is due.
    pub(super) fn advance(&mut self, shared: &mut Shared, now: SimTime) {
        self.at(shared, now, |pod| {
            let is_due = |(_, container): &(&Str, &Container)| container.next_wake().is_some_and(|at| at <= now);
            let due: Vec<Str> = pod.containers.iter().filter(is_due).map(|(id, _)| id.clone()).collect();
            for id in due {
                let taken = pod.held_ports(&id);
                if let Some(container) = pod.containers.get_mut(&id) {
                    container.set_taken_ports(taken);
                    container.advance(&mut pod.volumes, now);
                }
            }
        });
    }

    /// When something is due.
    pub(super) fn next_wake(&self) -> Option<SimTime> {
        let own = self.containers.values().filter_map(Container::next_wake).min();
        let answers = self.answers.iter().map(|answer| answer.at).min();
        [own, answers].into_iter().flatten().min()
    }

    /// How a container ended, told once.
    pub(super) fn poll_exit(&mut self, id: &str) -> Option<Exit> {
        self.containers.get_mut(id)?.poll_exit()
    }

    /// Whether a container has ended.
    pub(super) fn has_ended(&self, id: &str) -> bool {
        self.containers
            .get(id)
            .is_some_and(|container| container.exit().is_some())
    }

    /// Sends a signal to the first process of a container.
    pub(super) fn signal(&mut self, id: &str, signal: Signal, shared: &mut Shared, now: SimTime) {
        self.at(shared, now, |pod| {
            if let Some(container) = pod.containers.get_mut(id) {
                container.signal(signal, &mut pod.volumes, now);
            }
        });
    }

    /// Ends a container for its memory.
    pub(super) fn kill_for_memory(&mut self, id: &str, shared: &mut Shared, now: SimTime) {
        self.at(shared, now, |pod| {
            if let Some(container) = pod.containers.get_mut(id) {
                container.kill_for_memory(&mut pod.volumes, now);
            }
        });
    }

    /// The signal that stops a container, by its image.
    pub(super) fn stop_signal(&self, id: &str) -> Signal {
        self.containers
            .get(id)
            .map_or(Signal::Term, |container| container.image().stop_signal)
    }

    /// Starts a command in a container.
    pub(super) fn exec(
        &mut self,
        id: &str,
        command: &[Str],
        shared: &mut Shared,
        now: SimTime,
    ) -> Result<ExecId, String> {
        self.at(shared, now, |pod| match pod.containers.get_mut(id) {
            Some(container) => container
                .exec(command, "", &mut pod.volumes, now)
                .map_err(|error| error.message),
            None => Err("OCI runtime exec failed: exec failed: cannot exec in a stopped container".to_owned()),
        })
    }

    /// What came of a command, once it has ended.
    pub(super) fn exec_result(&mut self, id: &str, exec: ExecId) -> Option<ExecResult> {
        self.containers.get_mut(id)?.take_exec(exec)
    }

    /// Kills a command.
    pub(super) fn kill_exec(&mut self, id: &str, exec: ExecId, shared: &mut Shared, now: SimTime) {
        self.at(shared, now, |pod| {
            if let Some(container) = pod.containers.get_mut(id) {
                container.kill_exec(exec, &mut pod.volumes, now);
                container.take_exec(exec);
            }
        });
    }

    /// A request to the pod's address.
    pub(super) fn http(&mut self, request: &HttpRequest, shared: &mut Shared, now: SimTime) -> HttpOutcome {
        self.at(shared, now, |pod| pod.answer(request, now))
    }

    fn answer(&mut self, request: &HttpRequest, now: SimTime) -> HttpOutcome {
        let listens = |container: &&mut Container| container.listens(request.port, now);
        match self.containers.values_mut().find(listens) {
            Some(container) => container.http(request, &mut self.volumes, now),
            None => HttpOutcome::Refused,
        }
    }

    /// A connection to the pod's address.
    pub(super) fn tcp(&self, port: u16, now: SimTime) -> TcpOutcome {
        let open = |container: &Container| container.tcp(port, now) == TcpOutcome::Open;
        if self.containers.values().any(open) {
            TcpOutcome::Open
        } else {
            TcpOutcome::Refused
        }
    }

    /// A health check of the pod's address.
    pub(super) fn grpc(&self, port: u16, service: &str, now: SimTime) -> GrpcOutcome {
        let outcomes = self
            .containers
            .values()
            .map(|container| container.grpc_health(port, service, now));
        outcomes
            .into_iter()
            .find(|outcome| *outcome != GrpcOutcome::Refused)
            .unwrap_or(GrpcOutcome::Refused)
    }

    /// What a container wrote.
    pub(super) fn logs(&self, id: &str) -> Option<&Logs> {
        self.containers.get(id).map(Container::logs)
    }

    /// Memory in use and processor use, in bytes and thousandths of a core.
    pub(super) fn usage(&self, id: &str, now: SimTime) -> (u64, u32) {
        self.containers
            .get(id)
            .map_or((0, 0), |container| (container.memory_bytes(now), container.cpu_milli()))
    }

    /// Whether a container uses more memory as time goes on.
    pub(super) fn grows(&self, id: &str) -> bool {
        let behaviour = self
            .containers
            .get(id)
            .and_then(|container| container.spec().behaviour.as_ref());
        behaviour
            .and_then(|behaviour| behaviour.memory)
            .is_some_and(|memory| memory.growth_bytes_per_s > 0)
    }

    /// What a container wrote: files of its own, and its log.
    pub(super) fn written_bytes(&self, id: &str) -> u64 {
        self.containers
            .get(id)
            .map_or(0, |container| container.written_bytes() + container.logs().written())
    }

    /// What lies in a volume of the pod.
    pub(super) fn volume_bytes(&self, id: &VolumeId) -> u64 {
        self.volumes.get(id).map_or(0, FileSystem::usage_bytes)
    }

    /// Processor time that a request takes.
    pub(super) fn request_cost(&self, id: &str) -> Duration {
        let container = self.containers.get(id);
        container.map_or(Duration::ZERO, |container| container.request_cost())
    }

    /// Takes a container out.
    pub(super) fn remove(&mut self, id: &str) {
        if let Some(container) = self.containers.remove(id) {
            let pinned = container
                .spec()
                .mounts
                .iter()
                .filter(|mount| mount.volume.0.ends_with(id));
            pinned.for_each(|mount| drop(self.volumes.remove(&mount.volume)));
        }
        self.outbox.retain(|(container, _)| **container != *id);
    }

    /// What processes want from outside the pod.
    pub(super) fn take_outbox(&mut self) -> Vec<(Str, Effect)> {
        std::mem::take(&mut self.outbox)
    }

    /// Gives a process what it waited for.
    pub(super) fn resolve(
        &mut self,
        container: &str,
        id: EffectId,
        result: EffectResult,
        shared: &mut Shared,
        now: SimTime,
    ) {
        self.at(shared, now, |pod| {
            if let Some(found) = pod.containers.get_mut(container) {
                found.resolve(id, result, &mut pod.volumes, now);
            }
        });
    }

    /// Delivers answers that are due, and answers for neighbours what can be answered here.
    fn settle(&mut self, now: SimTime) {
        loop {
            if let Some(index) = self.answers.iter().position(|answer| answer.at <= now) {
                let answer = self.answers.remove(index);
                if let Some(container) = self.containers.get_mut(&answer.container) {
                    container.resolve(answer.id, answer.result, &mut self.volumes, now);
                }
                continue;
            }
            let next = self
                .containers
                .iter_mut()
                .find_map(|(id, container)| Some((id.clone(), container.poll_effect()?)));
            let Some((container, effect)) = next else { return };
            match self.local(&effect.request, &container, now) {
                Some((result, takes)) => {
                    self.answers.push(Answer {
                        at: now + takes,
                        container,
                        id: effect.id,
                        result,
                    });
                }
                None => self.outbox.push((container, effect)),
            }
        }
    }

    /// The answer of the pod itself to one of its processes, where the request is to its own address.
    fn local(&mut self, request: &EffectRequest, container: &str, now: SimTime) -> Option<(EffectResult, Duration)> {
        let own = self
            .containers
            .get(container)
            .map(|container| container.spec().ip.clone())
            .unwrap_or_default();
        let is_own =
            |host: &str| matches!(host, "localhost" | "127.0.0.1" | "::1") || (!own.is_empty() && *host == *own);
        let address = |host: &str| -> Str {
            if host == "localhost" {
                "127.0.0.1".into()
            } else {
                host.into()
            }
        };
        let refused = |host: &str| EffectResult::Failed(NetError::Refused { address: address(host) });
        let open = |host: &str| EffectResult::Open { address: address(host) };
        match request {
            EffectRequest::Http(http) if is_own(&http.host) => {
                let host = http.host.clone();
                Some(match self.answer(http, now) {
                    HttpOutcome::Reply(reply) => {
                        let takes = reply.latency;
                        (
                            EffectResult::Http {
                                address: address(&host),
                                reply,
                            },
                            takes,
                        )
                    }
                    HttpOutcome::Refused => (refused(&host), Duration::ZERO),
                    HttpOutcome::Eof => (
                        EffectResult::Failed(NetError::Eof {
                            address: address(&host),
                        }),
                        Duration::ZERO,
                    ),
                    // The process gives up by itself.
                    HttpOutcome::NoReply => return None,
                })
            }
            EffectRequest::Tcp { host, port } if is_own(host) => {
                let result = if self.tcp(*port, now) == TcpOutcome::Open {
                    open(host)
                } else {
                    refused(host)
                };
                Some((result, Duration::ZERO))
            }
            EffectRequest::Ping { host } if is_own(host) => Some((open(host), Duration::ZERO)),
            EffectRequest::Grpc { host, port, service } if is_own(host) => {
                Some((EffectResult::Grpc(self.grpc(*port, service, now)), Duration::ZERO))
            }
            _ => None,
        }
    }
}
