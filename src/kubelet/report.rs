//! The status of a pod on its way to the API.

use std::rc::Rc;

use super::agent::{Host, PodAgent, purpose};
use super::podview::PodView;
use super::status::{Inputs, StatusEntry, conditions, generate, merge};
use crate::api::Resource;
use crate::api::core::{Container, ContainerStatus, Pod, PodStatus, ResourceList, ResourceRequirements};
use crate::api::meta::Condition;
use crate::apiserver::{DeleteOptions, Key};
use crate::client::Severity;
use crate::sim::Duration;

const DEADLINE_EXCEEDED: (&str, &str) = (
    "DeadlineExceeded",
    "Pod was active on the node longer than the specified deadline",
);

impl PodAgent {
    /// The status of the pod in `view`; asks for the probes that it needs.
    pub(super) fn generate_status(&mut self, host: &mut Host<'_, '_>, view: &PodView, terminal: bool) -> PodStatus {
        let evict = self.is_past_deadline(host).then_some(DEADLINE_EXCEEDED);
        if let Some((reason, message)) = evict {
            host.event(self, Severity::Normal, reason, message);
        }
        let old = self.status.as_ref().map_or(&self.pod.status, |entry| &entry.status);
        let api = &*host.ctx.api;
        let inputs = Inputs {
            pod: &self.pod,
            view,
            old,
            reasons: &self.reasons,
            probes: &self.probes,
            terminal,
            host_ip: &host.node.ip,
            evict,
            wall: &|at| api.time(at),
        };
        let mut to_probe = Vec::new();
        let status = generate(&inputs, &mut to_probe);
        for container in &to_probe {
            self.ask_for_readiness(host, container);
        }
        status
    }

    /// Keeps a status and sends it when it is new.
    pub(super) fn set_status(&mut self, host: &mut Host<'_, '_>, status: PodStatus, force: bool) {
        let now = host.ctx.time();
        let first = self.status.is_none();
        if StatusEntry::set(&mut self.status, &self.pod, status, now, force) {
            let at = host.ctx.now + host.ctx.delays.api_call;
            host.ctx.arm_earlier(purpose::STATUS, self.id, at);
            self.arm_probes(host);
        }
        if first {
            self.arm_deadline(host);
        }
    }

    /// The sandbox is up: told at once, before images are pulled.
    // Models pkg/kubelet OnPodSandboxReady
    pub(super) fn note_sandbox_ready(&mut self, host: &mut Host<'_, '_>) {
        let mut status = self
            .status
            .as_ref()
            .map_or_else(|| self.pod.status.clone(), |entry| entry.status.clone());
        let mut conditions = status.conditions.to_vec();
        for condition in conditions
            .iter_mut()
            .filter(|c| &*c.kind == "PodReadyToStartContainers")
        {
            condition.status = "True".into();
            condition.observed_generation = self.pod.meta.generation;
        }
        status.conditions = conditions.into();
        self.set_status(host, status, false);
    }

    /// The readiness of a container is told before the next round.
    // Models pkg/kubelet/status SetContainerReadiness
    pub(super) fn set_ready(&mut self, host: &mut Host<'_, '_>, container_id: &str, ready: bool) {
        let differs = |container: &mut ContainerStatus| {
            let before = std::mem::replace(&mut container.ready, ready);
            before != ready
        };
        let Some(mut status) = self.changed_container(container_id, differs) else {
            return;
        };
        let all: Vec<_> = status
            .init_container_statuses
            .iter()
            .chain(status.container_statuses.iter())
            .cloned()
            .collect();
        let spec = &self.pod.spec;
        let ready = conditions::ready(spec, &status.conditions, Some(&all), &status.phase);
        let containers = conditions::containers_ready(spec, Some(&all), &status.phase);
        let generation = self.pod.meta.generation;
        let mut list = status.conditions.to_vec();
        for condition in &mut list {
            match &*condition.kind {
                "Ready" => *condition = ready.condition("Ready", generation),
                "ContainersReady" => *condition = containers.condition("ContainersReady", generation),
                _ => {}
            }
        }
        status.conditions = list.into();
        self.set_status(host, status, false);
    }

    /// That a container has started is told before the next round.
    // Models pkg/kubelet/status SetContainerStartup
    pub(super) fn set_started(&mut self, host: &mut Host<'_, '_>, container_id: &str, started: bool) {
        let differs = |container: &mut ContainerStatus| {
            let before = container.started.replace(started);
            before != Some(started)
        };
        if let Some(status) = self.changed_container(container_id, differs) {
            self.set_status(host, status, false);
        }
    }

    /// The status with one container changed; none when it is not there or nothing differs.
    fn changed_container(
        &self,
        container_id: &str,
        change: impl Fn(&mut ContainerStatus) -> bool,
    ) -> Option<PodStatus> {
        let mut status = self.status.as_ref()?.status.clone();
        let mut differs = false;
        for list in [&mut status.container_statuses, &mut status.init_container_statuses] {
            let is_it = |container: &&mut ContainerStatus| {
                container.container_id.strip_prefix("containerd://") == Some(container_id)
            };
            let mut changed = list.to_vec();
            if let Some(container) = changed.iter_mut().find(is_it) {
                differs = change(container);
                *list = changed.into();
            }
        }
        differs.then_some(status)
    }

    /// Sends the status, and deletes a pod that is done with.
    // Models pkg/kubelet/status syncPod
    pub(super) fn send_status(&mut self, host: &mut Host<'_, '_>) {
        let Some(entry) = &mut self.status else { return };
        let key = Key {
            namespace: self.pod.meta.namespace.clone(),
            name: self.pod.meta.name.clone(),
        };
        let Some(api) = host
            .ctx
            .api
            .get_key::<Pod>(&key)
            .filter(|pod| pod.meta.uid == self.pod.meta.uid)
        else {
            return;
        };
        let may_run = self.worker.terminated_at.is_none();
        let mut next = Pod {
            status: merge(&api.status, &entry.status, may_run),
            ..(**api).clone()
        };
        next.meta.resource_version.0 = 0;
        set_resources(&mut next);
        let deleting = api.meta.is_terminating();
        entry.sent = entry.version;
        let finished = entry.finished;
        let ended = next.is_finished();
        // The pod may have been deleted in between; then nobody waits for its status.
        if host.ctx.update_status(next).is_err() || !(deleting && finished && ended) {
            return;
        }
        let options = DeleteOptions {
            grace_period_seconds: Some(0),
            uid: Some(self.pod.meta.uid.clone()),
            ..DeleteOptions::default()
        };
        // Somebody else may have forced it.
        host.ctx.delete(Pod::KIND, &key, &options).ok();
    }

    /// Whether the pod was active for longer than it may.
    fn is_past_deadline(&self, host: &Host<'_, '_>) -> bool {
        self.deadline(host).is_some_and(|deadline| host.ctx.now >= deadline)
    }

    fn deadline(&self, host: &Host<'_, '_>) -> Option<crate::sim::SimTime> {
        let seconds = self.pod.spec.active_deadline_seconds?;
        let start = self.status.as_ref()?.status.start_time?;
        let epoch = host.ctx.api.sim_time(start);
        Some(epoch + Duration::from_secs(seconds.max(0).unsigned_abs()))
    }

    /// Wakes at the first tick after the deadline.
    pub(super) fn arm_deadline(&self, host: &mut Host<'_, '_>) {
        if let Some(deadline) = self.deadline(host) {
            let tick = host.node.tick_at(deadline);
            host.ctx.arm(purpose::DEADLINE, self.id, tick);
        }
    }

    /// Takes the version that the API has now. Says whether the worker has to look at it.
    // Models pkg/kubelet/config updatePodFunc
    pub(super) fn update(&mut self, pod: Rc<Pod>) -> bool {
        let old = std::mem::replace(&mut self.pod, pod);
        let new = &self.pod;
        let (a, b) = (&old.meta, &new.meta);
        let differs = old.spec != new.spec
            || a.labels != b.labels
            || a.annotations != b.annotations
            || a.deletion_timestamp != b.deletion_timestamp
            || a.deletion_grace_period_seconds != b.deletion_grace_period_seconds;
        // Volumes may show labels and annotations.
        self.volumes.is_stale |= a.labels != b.labels || a.annotations != b.annotations;
        differs || self.gates_moved()
    }

    /// Whether a readiness gate was opened or closed.
    // Models pkg/kubelet/status NeedToReconcilePodReadiness
    fn gates_moved(&self) -> bool {
        use super::status::conditions::ready;
        let (spec, status) = (&self.pod.spec, &self.pod.status);
        if spec.readiness_gates.is_empty() {
            return false;
        }
        let all: Vec<_> = status
            .init_container_statuses
            .iter()
            .chain(status.container_statuses.iter())
            .cloned()
            .collect();
        let verdict = ready(spec, &status.conditions, Some(&all), &status.phase);
        status
            .condition("Ready")
            .is_some_and(|now: &Condition| now.is_true() != verdict.holds || *now.message != *verdict.message)
    }
}

/// `resources` and `allocatedResources` of the pod: the sums over its containers.
// Models pkg/kubelet convertToAPIPodLevelResourcesStatus
fn set_resources(pod: &mut Pod) {
    let containers = &pod.spec.containers;
    let sum = |list: &dyn Fn(&Container) -> Rc<ResourceList>| {
        let mut total = ResourceList::new();
        for (name, amount) in containers.iter().flat_map(|container| (*list(container)).clone()) {
            total.entry(name).or_default().add(&amount);
        }
        total
    };
    let mut limits = sum(&|container| container.resources.limits.clone());
    let requests = sum(&|container| container.resources.requests.clone());
    // A pod has a limit only where each container has one.
    limits.retain(|name, _| {
        containers
            .iter()
            .all(|container| container.resources.limits.contains_key(name))
    });
    let requests = Rc::new(requests);
    pod.status.allocated_resources = requests.clone();
    pod.status.resources = Some(ResourceRequirements {
        limits: Rc::new(limits),
        requests,
        ..ResourceRequirements::default()
    });
}
