//! The node agent: pod workers, status, probes, images, and the simulated container runtime.
//!
//! [`Kubelets`] is one component that is the kubelets of all nodes. Each pod has an agent with a worker that does one thing
//! at a time; each node has what its pods share. Nothing ticks: a relist or a tick of the sync loop takes place, on the
//! node's own phase, only when something waits for it.

pub mod actions;
mod admission;
mod agent;
pub mod backoff;
mod config;
pub mod conformance;
mod cri;
mod environment;
mod eviction;
mod hooks;
mod host_path;
pub mod images;
mod kill;
mod mounts;
mod names;
mod node;
mod nodes;
mod places;
mod pleg;
pub mod podview;
mod probe_tries;
mod prober;
pub mod probes;
mod query;
mod registration;
mod report;
pub mod restart;
pub mod runtime;
mod service_env;
mod start;
pub mod status;
pub mod stock;
mod sync;
mod terminate;
mod volumes;
mod worker;

use crate::sim::btree::BTreeMap;
use std::rc::Rc;

use crate::api::component_helpers::volume_fits_node;
use crate::api::core::{ConfigMap, Node, Pod, Secret};
use crate::api::storage::PersistentVolume;
use crate::api::{Kind, Object, Resource, Str};
use crate::apiserver::{Change, Key, Verb};
use crate::client::{Component, ContainerFault, Ctx, Message};

use agent::{Host, PodAgent, PodId, purpose};
use cri::Signal;
pub use kill::GraceClock;
use node::{NodeAgent, NodeId};
pub use query::{BackoffClock, ContainerClocks, ExecHandle, PodEffect, ProbeClock, PullClock};
pub use registration::settled;
use stock::Stock;

/// The kubelets of all nodes.
#[derive(Clone, Debug, Default)]
pub struct Kubelets {
    nodes: BTreeMap<NodeId, Rc<NodeAgent>>,
    node_ids: BTreeMap<Str, NodeId>,
    pods: BTreeMap<PodId, Rc<PodAgent>>,
    pod_ids: BTreeMap<Str, PodId>,
    /// Pods by namespace and name; of two the newer.
    keys: BTreeMap<Key, PodId>,
    /// How many nodes and pods there were.
    stock: Stock,
    /// What processes want from outside their pods.
    effects: Vec<PodEffect>,
    node_count: u32,
    pod_count: u64,
}

impl Component for Kubelets {
    fn name(&self) -> &'static str {
        "kubelet"
    }

    fn watches(&self) -> &'static [Kind] {
        &[
            Node::KIND,
            Pod::KIND,
            ConfigMap::KIND,
            Secret::KIND,
            PersistentVolume::KIND,
        ]
    }

    fn wants(&self, change: &Change) -> bool {
        match Pod::of(&change.object) {
            Some(pod) => !pod.spec.node_name.is_empty(),
            None if change.object.kind() == Node::KIND => true,
            None => (change.verb == Verb::Deleted) == (change.object.kind() == PersistentVolume::KIND),
        }
    }

    fn on_change(&mut self, ctx: &mut Ctx<'_>, change: &Change) {
        if let Some(pod) = Pod::of(&change.object) {
            self.on_pod(ctx, pod, change.verb);
        } else if let Some(node) = Node::of(&change.object) {
            self.on_node(ctx, node, change.verb);
        } else if let Some(volume) = PersistentVolume::of(&change.object) {
            self.delete_data(ctx, volume);
        } else {
            self.on_content(ctx, &change.object);
        }
    }

    fn on_timer(&mut self, ctx: &mut Ctx<'_>, purpose: u8, object: u64) {
        match purpose {
            purpose::PLEG => self.on_relist(ctx, object),
            purpose::PULL => self.on_pull(ctx, object),
            purpose::NODE => self.on_node_status(ctx, object),
            purpose::EVICT => self.on_eviction(ctx, object),
            purpose::PROBE => {
                let index = usize::try_from(object % 256).unwrap_or_default();
                self.with(ctx, object / 256, |agent, host| agent.on_probe(host, index));
            }
            purpose::STATUS => self.with(ctx, object, |agent, host| agent.send_status(host)),
            purpose::RUN => self.with(ctx, object, |agent, host| agent.on_processes(host)),
            purpose::RESYNC | purpose::DEADLINE | purpose::REFRESH => {
                self.with(ctx, object, |agent, _| agent.request_round());
            }
            _ => self.with(ctx, object, |_, _| ()),
        }
    }

    fn on_message(&mut self, ctx: &mut Ctx<'_>, message: &Message) {
        match message {
            Message::Fault {
                namespace,
                pod,
                container,
                what,
            } => {
                let key = Key::new(namespace, pod);
                if let Some(id) = self.keys.get(&key).copied() {
                    self.with(ctx, id, |agent, host| agent.on_fault(host, container, what));
                }
            }
            Message::NodePower { node, on } => self.set_power(ctx, node, *on),
            Message::StoragePower { .. } => message.keep_down(&mut self.stock.down),
        }
    }
}

impl Kubelets {
    /// Lets a pod's agent act, with its node; then its worker goes on.
    fn with(&mut self, ctx: &mut Ctx<'_>, id: PodId, act: impl FnOnce(&mut PodAgent, &mut Host<'_, '_>)) {
        let Some(pod) = self.pods.get_mut(&id) else { return };
        let Some(node_id) = self.node_ids.get(&pod.pod.spec.node_name) else {
            return;
        };
        let Some(node) = self.nodes.get_mut(node_id) else {
            return;
        };
        if !node.is_powered {
            return;
        }
        let agent = Rc::make_mut(pod);
        let mut host = Host {
            ctx,
            node: Rc::make_mut(node),
            stock: &mut self.stock,
        };
        act(agent, &mut host);
        agent.drive(&mut host);
        let wanted = agent.processes.take_outbox();
        let is_done = agent.worker.is_finished && agent.is_gone;
        if !wanted.is_empty() {
            let (pod, ip) = (agent.pod.clone(), agent.view.ip.clone());
            let make = |(container, effect)| PodEffect::new(id, &pod, &ip, container, effect);
            self.effects.extend(wanted.into_iter().map(make));
        }
        if is_done {
            self.forget(ctx, id);
        }
    }

    fn on_pod(&mut self, ctx: &mut Ctx<'_>, pod: &Rc<Pod>, verb: Verb) {
        if pod.spec.node_name.is_empty() || !self.node_ids.contains_key(&pod.spec.node_name) {
            return;
        }
        match (self.pod_ids.get(&pod.meta.uid).copied(), verb) {
            (None, Verb::Deleted) => {}
            (None, _) => self.add_pod(ctx, pod),
            (Some(id), Verb::Deleted) => self.remove_pod(ctx, id, pod),
            (Some(id), _) => self.with(ctx, id, |agent, host| {
                if agent.update(pod.clone()) {
                    agent.note_termination(host.ctx.now, false);
                    agent.request_round();
                }
            }),
        }
    }

    // Models pkg/kubelet HandlePodAdditions
    fn add_pod(&mut self, ctx: &mut Ctx<'_>, pod: &Rc<Pod>) {
        self.pod_count += 1;
        let id = self.pod_count;
        let refusal = if pod.is_finished() || pod.meta.is_terminating() {
            None
        } else {
            self.refusal(ctx, pod)
        };
        self.pods.insert(id, Rc::new(PodAgent::new(id, pod.clone())));
        self.pod_ids.insert(pod.meta.uid.clone(), id);
        self.keys.insert(
            Key {
                namespace: pod.meta.namespace.clone(),
                name: pod.meta.name.clone(),
            },
            id,
        );
        self.with(ctx, id, |agent, host| match refusal {
            Some(refusal) => agent.reject(host, &refusal),
            None => {
                agent.note_termination(host.ctx.now, false);
                agent.request_round();
            }
        });
    }

    /// A ConfigMap or a Secret has changed: pods that mount it see it after their next round.
    fn on_content(&mut self, ctx: &mut Ctx<'_>, object: &Object) {
        let meta = object.meta();
        let is_map = object.kind() == ConfigMap::KIND;
        let start = Key::new(&meta.namespace, "");
        let of_namespace = self
            .keys
            .range(start..)
            .take_while(|(key, _)| key.namespace == meta.namespace);
        let ids: Vec<PodId> = of_namespace.map(|(_, id)| *id).collect();
        for id in ids {
            let mounts = |agent: &Rc<PodAgent>| mounts::mentions(&agent.pod, is_map, &meta.name);
            if self.pods.get(&id).is_some_and(mounts) {
                self.with(ctx, id, PodAgent::note_content);
            }
        }
    }

    /// Hashes the data that outlives pods.
    pub fn hash_data(&self, hasher: &mut impl std::hash::Hasher) {
        use std::hash::Hash;
        self.stock.volumes.hash(hasher);
    }

    /// A volume is gone: its storage system has deleted what it stood for, unless that was to be kept.
    fn delete_data(&mut self, ctx: &Ctx<'_>, volume: &PersistentVolume) {
        let spec = &volume.spec;
        let on_node = spec.host_path.is_some() || spec.local.is_some();
        // A directory that could lie on any node is deleted by nobody.
        if &*spec.reclaim_policy != "Delete" || (on_node && spec.node_affinity.is_none()) {
            return;
        }
        let within = |node: &&Rc<Node>| volume_fits_node(volume, node);
        for node in ctx.api.list::<Node>(None).filter(within) {
            let place = places::Place::of_volume(volume, &node.meta.name);
            if place.path.is_empty() {
                self.stock.volumes.remove(&place.id);
            } else if let Some(tree) = self.stock.volumes.get_mut(&place.id) {
                let parts: Vec<&str> = place.path.split('/').filter(|part| !part.is_empty()).collect();
                tree.remove(&parts);
            }
        }
    }

    /// The object is gone: what still runs is stopped.
    fn remove_pod(&mut self, ctx: &mut Ctx<'_>, id: PodId, pod: &Rc<Pod>) {
        self.with(ctx, id, |agent, host| {
            agent.pod = pod.clone();
            agent.is_gone = true;
            agent.note_termination(host.ctx.now, true);
            agent.request_round();
        });
    }

    fn forget(&mut self, ctx: &mut Ctx<'_>, id: PodId) {
        let Some(agent) = self.pods.remove(&id) else { return };
        let meta = &agent.pod.meta;
        self.pod_ids.remove(&meta.uid);
        let key = Key {
            namespace: meta.namespace.clone(),
            name: meta.name.clone(),
        };
        if self.keys.get(&key) == Some(&id) {
            self.keys.remove(&key);
        }
        for purpose in [
            purpose::WORK,
            purpose::RUN,
            purpose::STATUS,
            purpose::RESYNC,
            purpose::DEADLINE,
            purpose::REFRESH,
        ] {
            ctx.disarm(purpose, id);
        }
        for index in 0..agent.probes.workers.len() {
            ctx.disarm(purpose::PROBE, id * 256 + index as u64);
        }
        let node_id = self.node_ids.get(&agent.pod.spec.node_name);
        if let Some(node) = node_id.and_then(|id| self.nodes.get_mut(id)) {
            let node = Rc::make_mut(node);
            node.images.forget(&meta.uid);
            node.forget_crashes(&meta.uid);
            node.dirty.remove(&id);
            node.waiting.remove(&id);
        }
    }

    fn on_relist(&mut self, ctx: &mut Ctx<'_>, node_id: NodeId) {
        let Some(node) = self.nodes.get_mut(&node_id) else {
            return;
        };
        let (dirty, waiting) = Rc::make_mut(node).relist(ctx.now);
        for id in &dirty {
            self.with(ctx, *id, |agent, host| agent.relist(host));
        }
        for id in waiting.difference(&dirty) {
            self.with(ctx, *id, |_, _| ());
        }
    }

    fn on_pull(&mut self, ctx: &mut Ctx<'_>, node_id: NodeId) {
        let Some(node) = self.nodes.get_mut(&node_id) else {
            return;
        };
        let node = Rc::make_mut(node);
        let Some((id, done)) = node.images.end_pull(&mut self.stock.catalogue, ctx.now) else {
            return;
        };
        node.begin_pull(ctx, &mut self.stock);
        if done.result.is_ok() {
            let at = node.status_at(ctx.now);
            ctx.arm_earlier(purpose::NODE, node_id, at);
        }
        self.with(ctx, id, |agent, _| agent.note_pull(done));
    }
}

impl PodAgent {
    /// Processes have something to do.
    fn on_processes(&mut self, host: &mut Host<'_, '_>) {
        self.run_processes(host);
        for index in prober::landed(self) {
            self.on_probe(host, index);
        }
    }

    /// The pull that the worker waits for is done.
    fn note_pull(&mut self, done: images::PullDone) {
        if let worker::Activity::Syncing(sync) = &mut self.worker.activity {
            sync.note_pull(done);
        }
    }

    fn on_fault(&mut self, host: &mut Host<'_, '_>, container: &Str, what: &ContainerFault) {
        if let ContainerFault::FailProbes(fail) = what {
            self.failing.retain(|name| name != container);
            if *fail {
                self.failing.push(container.clone());
            }
            return;
        }
        let Some(id) = self.running_id(container) else { return };
        match what {
            ContainerFault::Kill => self.signal(host, &id, Signal::Kill),
            ContainerFault::Exit(code) => {
                self.end_container(host, &id, *code, if *code == 0 { "Completed" } else { "Error" });
            }
            ContainerFault::OutOfMemory => {
                self.processes
                    .kill_for_memory(&id, &mut host.stock.volumes, host.ctx.now);
                self.run_processes(host);
            }
            ContainerFault::FailProbes(_) => {}
        }
    }

    /// Ends a container as if its process had ended in that way.
    fn end_container(&mut self, host: &mut Host<'_, '_>, id: &Str, code: i32, reason: &str) {
        let now = host.ctx.now;
        self.processes.signal(id, Signal::Kill, &mut host.stock.volumes, now);
        self.processes.poll_exit(id);
        self.note_exit(id, code, &reason.into(), &"".into(), now);
        self.mark_dirty(host);
        self.arm_processes(host);
    }
}
