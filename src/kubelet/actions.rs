//! What one sync of a pod has to do.

use super::podview::{ContainerState, ContainerView, PodView};
use super::probes::{ProbeKind, ProbeResult};
use super::restart::{is_sidecar, restarts_after_kill, restarts_all};
use super::status::is_to_start;
use crate::api::Str;
use crate::api::core::{Container, Pod, PodSpec};

/// Why a container is killed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KillReason {
    /// No special reason.
    Unknown,
    /// It failed its startup probe.
    StartupProbe,
    /// It failed its liveness probe.
    LivenessProbe,
    /// Its postStart hook failed.
    FailedPostStartHook,
    /// The whole pod restarts in place.
    RestartAllContainers,
}

/// A container to kill.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToKill {
    /// Its id.
    pub id: Str,
    /// Its name.
    pub name: Str,
    /// Text of the event; empty for the usual one.
    pub message: String,
    /// Why.
    pub reason: KillReason,
}

/// What one sync has to do. Containers are given by their index in the spec.
// Models pkg/kubelet/kuberuntime podActions
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PodActions {
    /// Kill all containers and the sandbox.
    pub kill_pod: bool,
    /// Make a new sandbox.
    pub create_sandbox: bool,
    /// Number of the sandbox.
    pub attempt: u32,
    /// Containers to kill.
    pub kill: Vec<ToKill>,
    /// Containers to remove, killed first where they run: the pod restarts in place.
    pub reset: Vec<Str>,
    /// Init containers to start.
    pub start_init: Vec<u32>,
    /// Containers to start.
    pub start: Vec<u32>,
    /// Ephemeral containers to start.
    pub start_ephemeral: Vec<u32>,
}

/// Looks up the last result of a container's probe, by kind and container id.
pub type Lookup<'a> = &'a dyn Fn(ProbeKind, &str) -> Option<ProbeResult>;

/// Works out what a sync of `pod` has to do. `restart_all`: the pod restarts in place.
// Models pkg/kubelet/kuberuntime computePodActions
#[must_use]
pub fn compute(pod: &Pod, view: &PodView, probe: Lookup<'_>, restart_all: bool) -> PodActions {
    let (create, attempt) = view.needs_sandbox(pod);
    let mut actions = PodActions {
        kill_pod: create,
        create_sandbox: create,
        attempt,
        ..PodActions::default()
    };
    if restart_all {
        actions.reset = to_reset(&pod.spec, view);
        return actions;
    }
    if create {
        start_over(pod, view, &mut actions);
        return actions;
    }
    let spec = &pod.spec;
    let new = |container: &Container| view.find(&container.name).is_none();
    actions.start_ephemeral = indexes(&spec.ephemeral_containers)
        .filter(|i| new(&spec.ephemeral_containers[*i as usize]))
        .collect();
    let initialized = init_actions(pod, view, probe, &mut actions);
    if actions.kill_pod || !initialized {
        return actions;
    }
    let mut kept = 0;
    for (index, container) in indexes(&spec.containers).zip(spec.containers.iter()) {
        match view.find(&container.name) {
            Some(record) if record.state == ContainerState::Running => {
                kept += u32::from(!running_action(spec, index, record, probe, &mut actions));
            }
            record => stopped_action(pod, index, record, &mut actions),
        }
    }
    if kept == 0 && actions.start.is_empty() {
        actions.kill_pod = true;
        actions.start_init.clear();
    }
    actions
}

/// The places of containers in their list.
fn indexes(containers: &[Container]) -> std::ops::Range<u32> {
    0..u32::try_from(containers.len()).unwrap_or(u32::MAX)
}

/// A pod without a sandbox begins with the first init container.
fn start_over(pod: &Pod, view: &PodView, actions: &mut PodActions) {
    let spec = &pod.spec;
    if &*spec.restart_policy == "Never" && actions.attempt != 0 && !view.containers.is_empty() {
        actions.create_sandbox = false;
        return;
    }
    let succeeded = |container: &Container| {
        view.find(&container.name)
            .is_some_and(|c| c.state == ContainerState::Exited && c.exit_code == 0)
    };
    let runs_once = |container: &Container| {
        let own = &container.restart_policy;
        let policy = if own.is_empty() { &spec.restart_policy } else { own };
        &**policy == "OnFailure"
    };
    let done = |container: &Container| runs_once(container) && succeeded(container);
    let start: Vec<u32> = indexes(&spec.containers)
        .filter(|i| !done(&spec.containers[*i as usize]))
        .collect();
    if start.is_empty() && view.any_regular_created(spec) {
        actions.create_sandbox = false;
        return;
    }
    if spec.init_containers.is_empty() {
        actions.start = start;
    } else {
        actions.start_init = vec![0];
    }
}

/// Ids of all containers, those whose end caused the restart last.
fn to_reset(spec: &PodSpec, view: &PodView) -> Vec<Str> {
    let is_source = |container: &Container, record: &ContainerView| {
        record.state == ContainerState::Exited && restarts_all(container, record.exit_code)
    };
    let pick = |containers: &[Container], source: bool| {
        let mut ids = Vec::new();
        for container in containers {
            let records = view.containers.iter().filter(|record| record.name == container.name);
            ids.extend(
                records
                    .filter(|record| is_source(container, record) == source)
                    .map(|record| record.id.clone()),
            );
        }
        ids
    };
    let (regular, init) = (&spec.containers, &spec.init_containers);
    [
        pick(regular, false),
        pick(init, false),
        pick(regular, true),
        pick(init, true),
    ]
    .concat()
}

fn stopped_action(pod: &Pod, index: u32, record: Option<&ContainerView>, actions: &mut PodActions) {
    let container = &pod.spec.containers[index as usize];
    if !is_to_start(pod, container, record) {
        return;
    }
    actions.start.push(index);
    if let Some(record) = record.filter(|record| record.state == ContainerState::Unknown) {
        let message = "Container is in \"unknown\" state, try killing it before restart".to_owned();
        actions.kill.push(to_kill(record, message, KillReason::Unknown));
    }
}

fn to_kill(record: &ContainerView, message: String, reason: KillReason) -> ToKill {
    ToKill {
        id: record.id.clone(),
        name: record.name.clone(),
        message,
        reason,
    }
}

/// Whether a running container is killed.
fn running_action(
    spec: &PodSpec,
    index: u32,
    record: &ContainerView,
    probe: Lookup<'_>,
    actions: &mut PodActions,
) -> bool {
    let container = &spec.containers[index as usize];
    let name = &container.name;
    let failed = |kind| probe(kind, &record.id) == Some(ProbeResult::Failure);
    let mut restart = restarts_after_kill(container, spec);
    let (mut message, reason) = if is_changed(container, record) {
        restart = true;
        (format!("Container {name} definition changed"), KillReason::Unknown)
    } else if failed(ProbeKind::Liveness) {
        (
            format!("Container {name} failed liveness probe"),
            KillReason::LivenessProbe,
        )
    } else if failed(ProbeKind::Startup) {
        (
            format!("Container {name} failed startup probe"),
            KillReason::StartupProbe,
        )
    } else {
        return false;
    };
    if restart {
        message.push_str(", will be restarted");
        actions.start.push(index);
    }
    actions.kill.push(to_kill(record, message, reason));
    true
}

fn is_changed(container: &Container, record: &ContainerView) -> bool {
    container.image != record.requested_image
}

/// Looks at the init containers from the last to the first; says whether all have done their work.
// Models pkg/kubelet/kuberuntime computeInitContainerActions
fn init_actions(pod: &Pod, view: &PodView, probe: Lookup<'_>, actions: &mut PodActions) -> bool {
    let spec = &pod.spec;
    if spec.init_containers.is_empty() {
        return true;
    }
    let started = |container: &Container| {
        view.find(&container.name)
            .is_some_and(|record| matches!(record.state, ContainerState::Created | ContainerState::Running))
    };
    let mut initialized = spec.containers.iter().any(started);
    let mut past = initialized;
    for index in indexes(&spec.init_containers).rev() {
        let container = &spec.init_containers[index as usize];
        let Some(record) = view.find(&container.name) else {
            if past && is_sidecar(container) {
                actions.start_init.push(index);
            }
            continue;
        };
        if past && !is_sidecar(container) {
            continue;
        }
        let step = Init {
            pod,
            container,
            record,
            index,
            past,
        };
        match step.act(probe, actions) {
            InitOutcome::Failed => return false,
            InitOutcome::LastDone => initialized = true,
            InitOutcome::Other => {}
        }
        past = true;
    }
    if !past {
        actions.start_init.push(0);
    }
    actions.start_init.reverse();
    initialized
}

/// One init container that the runtime has.
struct Init<'a> {
    pod: &'a Pod,
    container: &'a Container,
    record: &'a ContainerView,
    index: u32,
    /// The ones after it have run.
    past: bool,
}

enum InitOutcome {
    /// The pod has failed.
    Failed,
    /// It is the last one and has done its work.
    LastDone,
    Other,
}

impl Init<'_> {
    fn act(&self, probe: Lookup<'_>, actions: &mut PodActions) -> InitOutcome {
        match self.record.state {
            ContainerState::Created => {
                actions.start_init.push(self.index);
                InitOutcome::Other
            }
            ContainerState::Running if is_sidecar(self.container) => self.running_sidecar(probe, actions),
            ContainerState::Running => InitOutcome::Other,
            ContainerState::Exited => self.exited(actions),
            ContainerState::Unknown => self.unknown(actions),
        }
    }

    fn running_sidecar(&self, probe: Lookup<'_>, actions: &mut PodActions) -> InitOutcome {
        let name = &self.container.name;
        if self.container.startup_probe.is_some() {
            match probe(ProbeKind::Startup, &self.record.id) {
                Some(ProbeResult::Success) => {}
                Some(ProbeResult::Failure) => {
                    let message = format!("Init container {name} failed startup probe");
                    self.replace(message, KillReason::StartupProbe, actions);
                    return InitOutcome::Other;
                }
                _ => return InitOutcome::Other,
            }
        }
        let outcome = self.done(actions);
        if is_changed(self.container, self.record) {
            let message = format!("Init container {name} definition changed");
            self.replace(message, KillReason::Unknown, actions);
        } else if self.container.liveness_probe.is_some()
            && probe(ProbeKind::Liveness, &self.record.id) == Some(ProbeResult::Failure)
        {
            let message = format!("Init container {name} failed liveness probe");
            self.replace(message, KillReason::LivenessProbe, actions);
        }
        outcome
    }

    /// The next one may start.
    fn done(&self, actions: &mut PodActions) -> InitOutcome {
        if self.index as usize + 1 == self.pod.spec.init_containers.len() {
            return InitOutcome::LastDone;
        }
        if !self.past {
            actions.start_init.push(self.index + 1);
        }
        InitOutcome::Other
    }

    fn exited(&self, actions: &mut PodActions) -> InitOutcome {
        if is_sidecar(self.container) {
            actions.start_init.push(self.index);
            return InitOutcome::Other;
        }
        if self.record.exit_code == 0 {
            return self.done(actions);
        }
        if !is_to_start(self.pod, self.container, Some(self.record)) {
            return fail(actions);
        }
        actions.start_init.push(self.index);
        InitOutcome::Other
    }

    fn unknown(&self, actions: &mut PodActions) -> InitOutcome {
        if !is_sidecar(self.container) && !restarts_after_kill(self.container, &self.pod.spec) {
            return fail(actions);
        }
        let message = "Init container is in \"unknown\" state, try killing it before restart".to_owned();
        self.replace(message, KillReason::Unknown, actions);
        InitOutcome::Other
    }

    fn replace(&self, message: String, reason: KillReason, actions: &mut PodActions) {
        actions.kill.push(to_kill(self.record, message, reason));
        actions.start_init.push(self.index);
    }
}

fn fail(actions: &mut PodActions) -> InitOutcome {
    actions.kill_pod = true;
    actions.start_init.clear();
    InitOutcome::Failed
}
