//! What the runtime says of a pod: its sandboxes and containers, newest first.

use crate::api::Str;
use crate::api::core::{Pod, PodSpec};
use crate::sim::SimTime;

/// State of a container in the runtime.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ContainerState {
    /// Made, not started.
    Created,
    /// Its main process runs.
    Running,
    /// Its main process ended.
    Exited,
    /// The runtime does not know.
    Unknown,
}

/// A container in the runtime.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContainerView {
    /// 64 hex digits.
    pub id: Str,
    /// Name in the pod's spec.
    pub name: Str,
    /// The sandbox that it is in.
    pub sandbox: Str,
    /// How often it was restarted before.
    pub attempt: i32,
    /// State.
    pub state: ContainerState,
    /// When it was made.
    pub created_at: SimTime,
    /// When it was started.
    pub started_at: SimTime,
    /// When it ended.
    pub finished_at: SimTime,
    /// How it ended.
    pub exit_code: i32,
    /// Reason of its end: `Completed`, `Error`, `OOMKilled`, `StartError`.
    pub reason: Str,
    /// Its termination message.
    pub message: Str,
    /// The image as the spec names it: another one there means a changed definition.
    pub requested_image: Str,
    /// The image in full.
    pub image: Str,
    /// Repository with digest.
    pub image_id: Str,
}

/// A sandbox in the runtime: the pod's network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SandboxView {
    /// 64 hex digits.
    pub id: Str,
    /// Its number in the pod's life.
    pub attempt: u32,
    /// Whether it is up.
    pub ready: bool,
    /// Its address; empty for none. Pods in the host's network have none of their own.
    pub ip: Str,
}

/// A pod in the runtime.
// Models pkg/kubelet/container PodStatus
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PodView {
    /// The pod's address; empty for none.
    pub ip: Str,
    /// Containers, newest first.
    pub containers: Vec<ContainerView>,
    /// Sandboxes, newest first.
    pub sandboxes: Vec<SandboxView>,
}

impl PodView {
    /// The newest container of that name.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<&ContainerView> {
        self.containers.iter().find(|container| *container.name == *name)
    }

    /// The container of that id.
    #[must_use]
    pub fn by_id(&self, id: &str) -> Option<&ContainerView> {
        self.containers.iter().find(|container| *container.id == *id)
    }

    /// The container of that id, to change.
    pub fn by_id_mut(&mut self, id: &str) -> Option<&mut ContainerView> {
        self.containers.iter_mut().find(|container| *container.id == *id)
    }

    /// The newest container of that name that ended.
    #[must_use]
    pub fn last_exited(&self, name: &str) -> Option<&ContainerView> {
        self.containers
            .iter()
            .find(|container| *container.name == *name && container.state == ContainerState::Exited)
    }

    /// Containers that run.
    pub fn running(&self) -> impl Iterator<Item = &ContainerView> {
        self.containers
            .iter()
            .filter(|container| container.state == ContainerState::Running)
    }

    /// Whether an ordinary container was ever made.
    // Models pkg/kubelet/kuberuntime HasAnyRegularContainerCreated
    #[must_use]
    pub fn any_regular_created(&self, spec: &PodSpec) -> bool {
        spec.containers
            .iter()
            .any(|container| self.find(&container.name).is_some())
    }

    /// Whether an ordinary container was started in the sandbox that is up.
    // Models pkg/kubelet/container HasAnyActiveRegularContainerStarted
    #[must_use]
    pub fn any_active_regular_started(&self, spec: &PodSpec) -> bool {
        let Some(sandbox) = self.sandboxes.first() else {
            return false;
        };
        let active = |name: &str| {
            self.containers
                .iter()
                .any(|c| *c.name == *name && c.sandbox == sandbox.id)
        };
        spec.containers.iter().any(|container| active(&container.name))
    }

    /// Whether the pod needs a sandbox, and the number of the next one.
    // Models pkg/kubelet/kuberuntime/util PodSandboxChanged
    #[must_use]
    pub fn needs_sandbox(&self, pod: &Pod) -> (bool, u32) {
        let Some(latest) = self.sandboxes.first() else {
            return (true, 0);
        };
        let ready = self.sandboxes.iter().filter(|sandbox| sandbox.ready).count();
        if ready > 1 || !latest.ready || (!pod.spec.host_network && latest.ip.is_empty()) {
            return (true, latest.attempt + 1);
        }
        (false, latest.attempt)
    }
}
