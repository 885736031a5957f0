//! One pod on its node: what the kubelet knows of it and does with it.

use std::rc::Rc;

use super::cri::{ExecId, ExecResult, Processes, Signal};
use super::eviction::Eviction;
use super::node::NodeAgent;
use super::podview::{ContainerState, PodView};
use super::probes::Probes;
use super::status::{Reasons, StatusEntry};
use super::stock::Stock;
use super::volumes::Volumes;
use super::worker::Worker;
use crate::api::core::{Container, Pod, PodSpec, Secret};
use crate::api::{Object, Str};
use crate::client::{Ctx, Severity};
use crate::sim::{Duration, SimTime};

/// A pod by number.
pub(super) type PodId = u64;

/// Timers of the kubelets: what each is for. The object is a pod, a node, or a probe.
pub(super) mod purpose {
    /// The next step of a pod's worker.
    pub(in crate::kubelet) const WORK: u8 = 0;
    /// The processes of a pod.
    pub(in crate::kubelet) const RUN: u8 = 1;
    /// A probe: pod number times 256 and the place of the probe.
    pub(in crate::kubelet) const PROBE: u8 = 2;
    /// The status of a pod goes to the API.
    pub(in crate::kubelet) const STATUS: u8 = 3;
    /// A pod is due in the work queue.
    pub(in crate::kubelet) const RESYNC: u8 = 4;
    /// The relist of a node.
    pub(in crate::kubelet) const PLEG: u8 = 5;
    /// The pull of a node is done.
    pub(in crate::kubelet) const PULL: u8 = 6;
    /// The status of a node.
    pub(in crate::kubelet) const NODE: u8 = 7;
    /// A pod's active deadline.
    pub(in crate::kubelet) const DEADLINE: u8 = 8;
    /// What is in a pod's volumes has changed in the API.
    pub(in crate::kubelet) const REFRESH: u8 = 9;
    /// The eviction loop of a node.
    pub(in crate::kubelet) const EVICT: u8 = 10;
}

/// From the start of a container to the first thing that its process does.
const EXEC_TIME: Duration = Duration::from_millis(20);

/// What a pod's code has in hand: the world and the pod's node.
pub(super) struct Host<'a, 'b> {
    pub(super) ctx: &'a mut Ctx<'b>,
    pub(super) node: &'a mut NodeAgent,
    pub(super) stock: &'a mut Stock,
}

/// One pod on its node.
#[derive(Clone, Debug)]
pub(super) struct PodAgent {
    pub(super) id: PodId,
    /// The pod as the API had it last.
    pub(super) pod: Rc<Pod>,
    /// The pod in the runtime, as it is.
    pub(super) view: PodView,
    /// The pod in the runtime, as the last relist found it.
    pub(super) seen: Rc<PodView>,
    pub(super) processes: Processes,
    pub(super) worker: Worker,
    pub(super) status: Option<StatusEntry>,
    pub(super) reasons: Reasons,
    pub(super) probes: Probes,
    pub(super) volumes: Volumes,
    /// How many ids were given out.
    pub(super) id_count: u32,
    /// Containers whose probes are made to fail.
    pub(super) failing: Vec<Str>,
    /// The object is gone from the API.
    pub(super) is_gone: bool,
    /// The kubelet ends the pod.
    pub(super) eviction: Option<Eviction>,
}

/// The container of that name.
pub(super) fn container_of<'a>(spec: &'a PodSpec, name: &str) -> Option<&'a Container> {
    let lists = [&spec.containers, &spec.init_containers, &spec.ephemeral_containers];
    lists
        .into_iter()
        .find_map(|list| list.iter().find(|container| *container.name == *name))
}

/// The container of that name and the path of its place in the spec.
pub(super) fn container_spec<'a>(spec: &'a PodSpec, name: &str) -> Option<(&'a Container, String)> {
    let lists = [
        (&spec.containers, "containers"),
        (&spec.init_containers, "initContainers"),
        (&spec.ephemeral_containers, "ephemeralContainers"),
    ];
    lists.into_iter().find_map(|(list, field)| {
        let container = list.iter().find(|container| *container.name == *name)?;
        Some((container, format!("spec.{field}{{{name}}}")))
    })
}

/// `name_namespace(uid)`, as messages have it.
pub(super) fn pod_text(pod: &Pod) -> String {
    format!("{}_{}({})", pod.meta.name, pod.meta.namespace, pod.meta.uid)
}

impl Host<'_, '_> {
    /// An event about a pod.
    pub(super) fn event(&mut self, agent: &PodAgent, severity: Severity, reason: &str, message: &str) {
        let object = Object::Pod(agent.pod.clone());
        self.node.recorder.event(self.ctx, &object, severity, reason, message);
    }

    /// An event about a container.
    pub(super) fn event_on(&mut self, agent: &PodAgent, part: &str, severity: Severity, reason: &str, message: &str) {
        let object = Object::Pod(agent.pod.clone());
        self.node
            .recorder
            .event_on(self.ctx, &object, part, severity, reason, message);
    }
}

impl PodAgent {
    pub(super) fn new(id: PodId, pod: Rc<Pod>) -> Self {
        Self {
            id,
            pod,
            view: PodView::default(),
            seen: Rc::default(),
            processes: Processes::default(),
            worker: Worker::default(),
            status: None,
            reasons: Reasons::new(),
            probes: Probes::default(),
            volumes: Volumes::default(),
            id_count: 0,
            failing: Vec::new(),
            is_gone: false,
            eviction: None,
        }
    }

    /// 64 hex digits that nothing else has.
    pub(super) fn new_id(&mut self, ctx: &Ctx<'_>) -> Str {
        self.id_count += 1;
        let mut stream = ctx.stream(&self.pod.meta.uid, &format!("id-{}", self.id_count));
        (0..4)
            .map(|_| format!("{:016x}", stream.next_u64()))
            .collect::<String>()
            .into()
    }

    /// The secrets for pulling images that are not there.
    fn missing_pull_secrets(&self, host: &Host<'_, '_>) -> Vec<&str> {
        let namespace = &self.pod.meta.namespace;
        let is_missing = |name: &&str| !name.is_empty() && host.ctx.api.get::<Secret>(namespace, name).is_none();
        let secrets = self.pod.spec.image_pull_secrets.iter();
        secrets.map(|secret| &*secret.name).filter(is_missing).collect()
    }

    /// Whether the pod has secrets for pulling images, and none of them is there.
    pub(super) fn has_no_credentials(&self, host: &Host<'_, '_>) -> bool {
        let count = self.pod.spec.image_pull_secrets.len();
        count > 0 && self.missing_pull_secrets(host).len() == count
    }

    /// Tells of secrets for pulling images that are not there.
    // Models pkg/kubelet getPullSecretsForPod
    pub(super) fn check_pull_secrets(&self, host: &mut Host<'_, '_>) {
        let missing = self.missing_pull_secrets(host);
        if missing.is_empty() {
            return;
        }
        let missing = missing.join(", ");
        let told = format!(
            "Unable to retrieve some image pull secrets ({missing}); attempting to pull the image may not succeed."
        );
        host.event(self, Severity::Warning, "FailedToRetrieveImagePullSecret", &told);
    }

    /// Something changed in the runtime: the next relist has to look.
    pub(super) fn mark_dirty(&self, host: &mut Host<'_, '_>) {
        host.node.dirty.insert(self.id);
        host.node.arm_relist(host.ctx);
    }

    /// Runs the processes up to now and notes those that ended.
    pub(super) fn run_processes(&mut self, host: &mut Host<'_, '_>) {
        let now = host.ctx.now;
        self.processes.advance(&mut host.stock.volumes, now);
        for (id, started_at) in self.running_since() {
            // The first process needs a moment to begin, so its end is never seen before it.
            if now < started_at + EXEC_TIME {
                continue;
            }
            let Some(mut exit) = self.processes.poll_exit(&id) else {
                continue;
            };
            exit.at = exit.at.max(started_at + EXEC_TIME);
            self.note_exit(&id, exit.code, &exit.reason, &exit.message, exit.at);
            self.mark_dirty(host);
        }
        self.arm_processes(host);
    }

    fn running_since(&self) -> Vec<(Str, SimTime)> {
        self.view
            .running()
            .map(|container| (container.id.clone(), container.started_at))
            .collect()
    }

    pub(super) fn note_exit(&mut self, id: &Str, code: i32, reason: &Str, message: &Str, at: SimTime) {
        let text = self.termination_message(id, code, message);
        let Some(record) = self.view.by_id_mut(id) else { return };
        record.state = ContainerState::Exited;
        record.exit_code = code;
        record.reason = reason.clone();
        record.message = text;
        record.finished_at = at;
    }

    /// The message of a container that ended: its file, or the tail of its log where that is asked for.
    // Models pkg/kubelet/kuberuntime getTerminationMessage
    fn termination_message(&self, id: &Str, code: i32, message: &Str) -> Str {
        let name = self.view.by_id(id).map(|record| record.name.clone());
        let spec = name.as_ref().and_then(|name| container_spec(&self.pod.spec, name));
        let from_logs =
            spec.is_some_and(|(container, _)| &*container.termination_message_policy == "FallbackToLogsOnError");
        if !message.is_empty() || code == 0 || !from_logs {
            return message.clone();
        }
        self.processes
            .logs(id)
            .map_or_else(|| "".into(), |logs| logs.tail(80, 2048).into())
    }

    /// Arms the timer of the processes.
    pub(super) fn arm_processes(&self, host: &mut Host<'_, '_>) {
        let ended_early = self
            .view
            .running()
            .filter(|container| self.processes.has_ended(&container.id));
        let early = ended_early.map(|container| container.started_at + EXEC_TIME).min();
        match [self.processes.next_wake(), early].into_iter().flatten().min() {
            Some(at) => host.ctx.arm(purpose::RUN, self.id, at),
            None => host.ctx.disarm(purpose::RUN, self.id),
        }
    }

    /// Sends a signal to the main process of a container.
    pub(super) fn signal(&mut self, host: &mut Host<'_, '_>, id: &Str, signal: Signal) {
        self.processes.signal(id, signal, &mut host.stock.volumes, host.ctx.now);
        self.run_processes(host);
    }

    /// The signal that stops a container, by its image.
    pub(super) fn stop_signal(&self, id: &Str) -> Signal {
        self.processes.stop_signal(id)
    }

    /// Starts a command in a container.
    pub(super) fn exec(&mut self, host: &mut Host<'_, '_>, id: &Str, command: &[Str]) -> Result<ExecId, String> {
        let exec = self
            .processes
            .exec(id, command, &mut host.stock.volumes, host.ctx.now)?;
        self.run_processes(host);
        Ok(exec)
    }

    /// What came of a command, once it has ended.
    pub(super) fn exec_result(&mut self, id: &Str, exec: ExecId) -> Option<ExecResult> {
        self.processes.exec_result(id, exec)
    }

    /// The container that runs under that name.
    pub(super) fn running_id(&self, name: &str) -> Option<Str> {
        self.view
            .running()
            .find(|container| *container.name == *name)
            .map(|container| container.id.clone())
    }
}
