//! From what the runtime says to the status in the API.

use crate::sim::btree::BTreeMap;
use std::rc::Rc;

use super::conditions;
use super::phase::{RESTARTING_ALL, phase};
use crate::api::Str;
use crate::api::core::{
    Container, ContainerState as ApiState, ContainerStateRunning, ContainerStateTerminated, ContainerStateWaiting,
    ContainerStatus, HostIp, Pod, PodIp, PodSpec, PodStatus, VolumeMount, VolumeMountStatus,
};
use crate::api::meta::{Condition, find_condition};
use crate::api::time::Time;
use crate::kubelet::podview::{ContainerState, ContainerView, PodView};
use crate::kubelet::probes::{ProbeKind, ProbeResult, Probes};
use crate::kubelet::restart::{is_sidecar, restarts_all as rule_restarts_all, should_restart};
use crate::sim::{Arrange, SimTime};

/// Why a container could not be started, as the last sync found: reason and message.
pub(in crate::kubelet) type Reasons = BTreeMap<Str, (Str, Str)>;

/// What a status is made of.
pub(in crate::kubelet) struct Inputs<'a> {
    /// The pod as the API has it.
    pub(in crate::kubelet) pod: &'a Pod,
    /// The pod as the runtime has it.
    pub(in crate::kubelet) view: &'a PodView,
    /// The status before.
    pub(in crate::kubelet) old: &'a PodStatus,
    /// Why containers could not be started.
    pub(in crate::kubelet) reasons: &'a Reasons,
    /// Probe results.
    pub(in crate::kubelet) probes: &'a Probes,
    /// The containers will not be started again, whatever the policy says.
    pub(in crate::kubelet) terminal: bool,
    /// Address of the node.
    pub(in crate::kubelet) host_ip: &'a Str,
    /// The kubelet itself ends the pod: reason and message.
    pub(in crate::kubelet) evict: Option<(&'static str, &'static str)>,
    /// The wall clock at an instant.
    pub(in crate::kubelet) wall: &'a dyn Fn(SimTime) -> Time,
}

/// The status of a pod; names of containers whose readiness is to be probed at once are added to `to_probe`.
// Models pkg/kubelet/kubelet_pods.go generateAPIPodStatus
pub(in crate::kubelet) fn generate(inputs: &Inputs<'_>, to_probe: &mut Vec<Str>) -> PodStatus {
    let (pod, old) = (inputs.pod, inputs.old);
    let spec = &pod.spec;
    let mut regular = inputs.list(&spec.containers, &old.container_statuses, false);
    let mut init = inputs.list(&spec.init_containers, &old.init_container_statuses, true);
    let mut ephemeral = inputs.list(&spec.ephemeral_containers, &old.ephemeral_container_statuses, false);
    regular.arrange_by(|a, b| a.name.cmp(&b.name));
    ephemeral.arrange_by(|a, b| a.name.cmp(&b.name));
    let all: Vec<ContainerStatus> = regular.iter().chain(&init).cloned().collect();
    let initialized = inputs.view.any_active_regular_started(spec);
    let mut status = PodStatus {
        qos_class: old.qos_class.clone(),
        start_time: old.start_time,
        ..PodStatus::default()
    };
    inputs.set_phase(&mut status, phase(spec, &all, inputs.terminal, initialized));
    inputs.probe_results(&mut regular, &mut init, to_probe);
    status.observed_generation = pod.meta.generation;
    status.nominated_node_name = pod.status.nominated_node_name.clone();
    let all: Vec<ContainerStatus> = init.iter().chain(&regular).cloned().collect();
    status.conditions = inputs.conditions(&all, &status.phase).into();
    status.init_container_statuses = init.into();
    status.container_statuses = regular.into();
    status.ephemeral_container_statuses = ephemeral.into();
    inputs.set_addresses(&mut status);
    status.rest = pod.status.rest.clone();
    status
}

impl Inputs<'_> {
    fn set_phase(&self, status: &mut PodStatus, phase: &'static str) {
        let finished = |phase: &str| matches!(phase, "Failed" | "Succeeded");
        let api = &self.pod.status;
        status.phase = phase.into();
        if !finished(phase) {
            if finished(&self.old.phase) {
                status.phase = self.old.phase.clone();
            } else if finished(&api.phase) {
                status.phase = api.phase.clone();
            }
        }
        if status.phase == self.old.phase {
            let pick = |old: &Str, api: &Str| if old.is_empty() { api.clone() } else { old.clone() };
            status.reason = pick(&self.old.reason, &api.reason);
            status.message = pick(&self.old.message, &api.message);
        }
        if let Some((reason, message)) = self.evict {
            status.phase = "Failed".into();
            status.reason = reason.into();
            status.message = message.into();
        }
        if finished(&api.phase) {
            status.phase = api.phase.clone();
        }
    }

    fn set_addresses(&self, status: &mut PodStatus) {
        let mut ip = self.view.ip.clone();
        if self.pod.spec.host_network && ip.is_empty() {
            ip = self.host_ip.clone();
        }
        if !ip.is_empty() {
            status.pod_ips = [PodIp {
                ip: ip.clone(),
                ..PodIp::default()
            }]
            .into();
            status.pod_ip = ip;
        }
        status.host_ips = [HostIp {
            ip: self.host_ip.clone(),
            ..HostIp::default()
        }]
        .into();
        status.host_ip = self.host_ip.clone();
    }

    fn conditions(&self, all: &[ContainerStatus], phase: &str) -> Vec<Condition> {
        let (pod, spec) = (self.pod, &self.pod.spec);
        let generation = pod.meta.generation;
        let foreign = |condition: &&Condition| !conditions::OWN.contains(&&*condition.kind);
        let mut list: Vec<Condition> = pod.status.conditions.iter().filter(foreign).cloned().collect();
        if let Some(kept) = find_condition(&self.old.conditions, "DisruptionTarget") {
            list.retain(|condition| condition.kind != kept.kind);
            list.push(kept.clone());
        }
        let was = find_condition(&self.old.conditions, "Initialized").is_some_and(Condition::is_true);
        let sandbox = conditions::Verdict {
            holds: !self.view.needs_sandbox(pod).0,
            ..conditions::Verdict::default()
        };
        let initialized = conditions::initialized(spec, Some(all), phase, was);
        let ready = conditions::ready(spec, &list, Some(all), phase);
        let containers = conditions::containers_ready(spec, Some(all), phase);
        let scheduled = conditions::Verdict {
            holds: true,
            ..conditions::Verdict::default()
        };
        list.push(sandbox.condition("PodReadyToStartContainers", generation));
        list.push(initialized.condition("Initialized", generation));
        list.push(ready.condition("Ready", generation));
        list.push(containers.condition("ContainersReady", generation));
        list.push(scheduled.condition("PodScheduled", generation));
        if could_restart_all(spec) {
            let verdict = self.restart_all_verdict(phase);
            list.push(Condition {
                observed_generation: 0,
                ..verdict.condition("AllContainersRestarting", generation)
            });
        }
        list
    }

    // Models pkg/kubelet/status GenerateAllContainersRestartingCondition
    fn restart_all_verdict(&self, phase: &str) -> conditions::Verdict {
        let no = |reason| conditions::Verdict {
            reason,
            ..conditions::Verdict::default()
        };
        match phase {
            "Succeeded" => return no("PodCompleted"),
            "Failed" => return no("PodFailed"),
            _ => {}
        }
        if !restarts_all(self.pod, self.view, self.old) || is_cleaned_up(self.pod, self.view) {
            return no("");
        }
        conditions::Verdict {
            holds: true,
            reason: "RestartAllContainersStarted",
            message: "container exited with restart policy rule".to_owned(),
        }
    }

    /// `started` and `ready` from the probes.
    // Models pkg/kubelet/prober UpdatePodStatus
    fn probe_results(&self, regular: &mut [ContainerStatus], init: &mut [ContainerStatus], to_probe: &mut Vec<Str>) {
        for status in regular {
            let started = self.is_started(status);
            status.started = Some(started);
            if started {
                status.ready = self.is_ready(status, to_probe);
            }
        }
        for (status, container) in init.iter_mut().zip(self.pod.spec.init_containers.iter()) {
            let started = self.is_started(status);
            status.started = Some(started);
            if !is_sidecar(container) {
                status.ready |= status.state.terminated.as_ref().is_some_and(|end| end.exit_code == 0);
            } else if started {
                status.ready = self.is_ready(status, to_probe);
            }
        }
    }

    fn is_started(&self, status: &ContainerStatus) -> bool {
        if status.state.running.is_none() {
            return false;
        }
        match self.probes.result(ProbeKind::Startup, bare_id(&status.container_id)) {
            Some(result) => result == ProbeResult::Success,
            None => !self.probes.has_worker(ProbeKind::Startup, &status.name),
        }
    }

    fn is_ready(&self, status: &ContainerStatus, to_probe: &mut Vec<Str>) -> bool {
        let id = bare_id(&status.container_id);
        if self.probes.result(ProbeKind::Readiness, id) == Some(ProbeResult::Success) {
            return true;
        }
        if self.probes.has_worker(ProbeKind::Readiness, &status.name) {
            to_probe.push(status.name.clone());
            return false;
        }
        true
    }

    // Models pkg/kubelet/kubelet_pods.go convertToAPIContainerStatuses
    fn list(&self, containers: &Rc<[Container]>, old: &[ContainerStatus], init: bool) -> Vec<ContainerStatus> {
        let find = |name: &str| old.iter().find(|status| *status.name == *name);
        containers
            .iter()
            .map(|container| self.one(container, find(&container.name), init))
            .collect()
    }

    fn one(&self, container: &Container, old: Option<&ContainerStatus>, init: bool) -> ContainerStatus {
        let mut records = self
            .view
            .containers
            .iter()
            .filter(|record| record.name == container.name);
        let latest = records.next();
        let mut status = match latest {
            Some(record) => {
                let mut status = self.converted(container, record, old);
                if let Some(before) = records.next() {
                    status.last_state = self.state(before, None);
                }
                status
            }
            None => self.absent(container, old),
        };
        if init && self.init_is_done(container, latest, &mut status) {
            return status;
        }
        if !self.is_to_start(container, latest) {
            return status;
        }
        if let Some((reason, message)) = self.reasons.get(&container.name) {
            if status.state.terminated.is_some() {
                status.last_state = std::mem::take(&mut status.state);
            }
            status.state = waiting(reason, message);
        }
        status
    }

    /// Whether an init container has ended well and will not be started again.
    fn init_is_done(
        &self,
        container: &Container,
        latest: Option<&ContainerView>,
        status: &mut ContainerStatus,
    ) -> bool {
        if let Some(record) = latest {
            return record.state == ContainerState::Exited && record.exit_code == 0;
        }
        let created = self.view.any_regular_created(&self.pod.spec);
        if !created || is_sidecar(container) || status.state.waiting.is_none() {
            return false;
        }
        let message = "Unable to get init container status from container runtime and pod has been initialized, treat it as exited normally";
        status.state = ended("Completed", message, 0);
        true
    }

    // Models pkg/kubelet/container ShouldContainerBeRestarted
    fn is_to_start(&self, container: &Container, latest: Option<&ContainerView>) -> bool {
        is_to_start(self.pod, container, latest)
    }

    /// The status of a container that the runtime does not have.
    fn absent(&self, container: &Container, old: Option<&ContainerStatus>) -> ContainerStatus {
        let default = if self.pod.spec.init_containers.is_empty() {
            "ContainerCreating"
        } else {
            "PodInitializing"
        };
        let mut status = ContainerStatus {
            name: container.name.clone(),
            image: container.image.clone(),
            state: waiting(default, ""),
            ..ContainerStatus::default()
        };
        mounts(container, &mut status);
        let Some(old) = old else { return status };
        if old.state.waiting.is_none() && restarts_all(self.pod, self.view, self.old) {
            let message = "The container is removed because RestartAllContainers in place";
            status.state = waiting(RESTARTING_ALL, message);
            status.last_state = ended(RESTARTING_ALL, message, 137);
            status.restart_count = old.restart_count + 1;
            return status;
        }
        if old.state.terminated.is_some() {
            return old.clone();
        }
        status.restart_count = old.restart_count;
        status.last_state = old.last_state.clone();
        if old.state.running.is_some() && status.last_state.terminated.is_none() {
            let message =
                "The container could not be located when the pod was deleted.  The container used to be Running";
            status.last_state = ended("ContainerStatusUnknown", message, 137);
            status.restart_count += i32::from(!self.pod.meta.is_terminating());
        }
        status
    }

    fn converted(
        &self,
        container: &Container,
        record: &ContainerView,
        old: Option<&ContainerStatus>,
    ) -> ContainerStatus {
        let mut status = ContainerStatus {
            name: record.name.clone(),
            state: self.state(record, old),
            restart_count: record.attempt,
            image: record.image.clone(),
            image_id: record.image_id.clone(),
            container_id: full_id(&record.id),
            ..ContainerStatus::default()
        };
        mounts(container, &mut status);
        resources(container, &mut status);
        let Some(old) = old else { return status };
        status.restart_count = status.restart_count.max(old.restart_count);
        if old.container_id != status.container_id && old.state.terminated.is_some() {
            status.last_state.terminated.clone_from(&old.state.terminated);
        } else {
            status.last_state.terminated.clone_from(&old.last_state.terminated);
        }
        let again = old.state.terminated.is_some() && old.restart_count >= record.attempt;
        if record.state == ContainerState::Running && again {
            status.restart_count = old.restart_count + 1;
        }
        status
    }

    fn state(&self, record: &ContainerView, old: Option<&ContainerStatus>) -> ApiState {
        let wall = |at: SimTime| Some((self.wall)(at));
        match record.state {
            ContainerState::Running => {
                let running = ContainerStateRunning {
                    started_at: wall(record.started_at),
                    ..Default::default()
                };
                ApiState {
                    running: Some(running),
                    ..ApiState::default()
                }
            }
            ContainerState::Exited => {
                let end = ContainerStateTerminated {
                    exit_code: record.exit_code,
                    reason: record.reason.clone(),
                    message: record.message.clone(),
                    started_at: wall(record.started_at),
                    finished_at: wall(record.finished_at),
                    container_id: full_id(&record.id),
                    ..Default::default()
                };
                ApiState {
                    terminated: Some(end),
                    ..ApiState::default()
                }
            }
            ContainerState::Unknown if old.is_some_and(|old| old.state.running.is_some()) => ended(
                "ContainerStatusUnknown",
                "The container could not be located when the pod was terminated",
                137,
            ),
            ContainerState::Created | ContainerState::Unknown => waiting("", ""),
        }
    }
}

/// Whether a rule of the pod may restart all its containers.
// Models pkg/api/v1/pod AllContainersCouldRestart
fn could_restart_all(spec: &PodSpec) -> bool {
    let rules = |container: &Container| {
        container
            .restart_policy_rules
            .iter()
            .any(|r| &*r.action == "RestartAllContainers")
    };
    spec.init_containers.iter().chain(spec.containers.iter()).any(rules)
}

/// Whether the pod restarts in place: it has begun to, or the end of a container asks for it.
// Models pkg/kubelet/container ShouldAllContainersRestart
fn restarts_all(pod: &Pod, view: &PodView, old: &PodStatus) -> bool {
    if !could_restart_all(&pod.spec) {
        return false;
    }
    if find_condition(&old.conditions, "AllContainersRestarting").is_some_and(Condition::is_true) {
        return true;
    }
    pod.spec
        .init_containers
        .iter()
        .chain(pod.spec.containers.iter())
        .any(|container| {
            let last = view
                .find(&container.name)
                .filter(|record| record.state == ContainerState::Exited);
            last.is_some_and(|record| rule_restarts_all(container, record.exit_code))
        })
}

// Models pkg/kubelet/container AllContainersRestartCleanedUp
fn is_cleaned_up(pod: &Pod, view: &PodView) -> bool {
    let mut all = pod.spec.init_containers.iter().chain(pod.spec.containers.iter());
    all.all(|container| view.find(&container.name).is_none())
}

/// Whether the next sync starts the container.
// Models pkg/kubelet/container ShouldContainerBeRestarted
pub(in crate::kubelet) fn is_to_start(pod: &Pod, container: &Container, latest: Option<&ContainerView>) -> bool {
    if pod.meta.is_terminating() {
        return false;
    }
    let Some(record) = latest else { return true };
    match record.state {
        ContainerState::Running => false,
        ContainerState::Unknown | ContainerState::Created => true,
        ContainerState::Exited => should_restart(container, &pod.spec, record.exit_code),
    }
}

/// A state of waiting.
fn waiting(reason: &str, message: &str) -> ApiState {
    let waiting = ContainerStateWaiting {
        reason: reason.into(),
        message: message.into(),
        ..Default::default()
    };
    ApiState {
        waiting: Some(waiting),
        ..ApiState::default()
    }
}

/// A state of having ended nobody knows when.
pub(super) fn ended(reason: &str, message: &str, exit_code: i32) -> ApiState {
    let end = ContainerStateTerminated {
        exit_code,
        reason: reason.into(),
        message: message.into(),
        ..ContainerStateTerminated::default()
    };
    ApiState {
        terminated: Some(end),
        ..ApiState::default()
    }
}

fn full_id(id: &str) -> Str {
    format!("containerd://{id}").into()
}

/// The id without the name of the runtime.
fn bare_id(id: &str) -> &str {
    id.strip_prefix("containerd://").unwrap_or(id)
}

/// `resources` and `allocatedResources` of a container that the runtime has.
fn resources(container: &Container, status: &mut ContainerStatus) {
    status.resources = Some(container.resources.clone());
    status.allocated_resources = container.resources.requests.clone();
}

/// `volumeMounts` as the spec has them.
fn mounts(container: &Container, status: &mut ContainerStatus) {
    let mount_status = |mount: &VolumeMount| VolumeMountStatus {
        name: mount.name.clone(),
        mount_path: mount.mount_path.clone(),
        read_only: mount.read_only,
        recursive_read_only: if mount.read_only {
            "Disabled".into()
        } else {
            Str::default()
        },
        ..VolumeMountStatus::default()
    };
    status.volume_mounts = container.volume_mounts.iter().map(mount_status).collect();
}
