//! The phase of a pod.

use crate::api::core::{Container, ContainerStatus, PodSpec};
use crate::kubelet::restart::{is_sidecar, should_restart};

/// Reason of containers that were removed because the whole pod restarts in place.
pub const RESTARTING_ALL: &str = "RestartingAllContainers";

/// How many containers are in which state.
#[derive(Default)]
struct Tally {
    init_pending: u32,
    init_failed_for_good: u32,
    sidecar_pending: u32,
    unknown: u32,
    running: u32,
    waiting: u32,
    stopped: u32,
    stopped_for_good: u32,
    succeeded: u32,
}

/// The phase of a pod from its spec and the statuses of its containers, init containers included.
///
/// `terminal`: its containers will not be started again whatever the policy says. `initialized`: an ordinary container
/// was started before.
// Models pkg/kubelet/kubelet_pods.go getPhase
#[must_use]
pub fn phase(spec: &PodSpec, statuses: &[ContainerStatus], terminal: bool, initialized: bool) -> &'static str {
    let mut tally = Tally::default();
    let find = |name: &str| statuses.iter().find(|status| *status.name == *name);
    for init in spec.init_containers.iter() {
        let status = find(&init.name);
        if is_sidecar(init) {
            tally.sidecar(status);
        } else {
            tally.init(init, spec, status);
        }
    }
    for container in spec.containers.iter() {
        tally.regular(container, spec, find(&container.name));
    }
    tally.phase(terminal, initialized)
}

/// Whether a container that ended in this way is started again.
fn restartable(container: &Container, spec: &PodSpec, code: i32, reason: &str) -> bool {
    should_restart(container, spec, code) || reason == RESTARTING_ALL
}

impl Tally {
    fn init(&mut self, init: &Container, spec: &PodSpec, status: Option<&ContainerStatus>) {
        let ended = status.and_then(|status| {
            let waiting_after = status.state.waiting.as_ref().and(status.last_state.terminated.as_ref());
            status.state.terminated.as_ref().or(waiting_after)
        });
        match ended {
            Some(end) => {
                let failed = end.exit_code != 0 && !restartable(init, spec, end.exit_code, &end.reason);
                self.init_failed_for_good += u32::from(failed);
            }
            None => self.init_pending += 1,
        }
    }

    fn sidecar(&mut self, status: Option<&ContainerStatus>) {
        let Some(status) = status else {
            self.unknown += 1;
            return;
        };
        if status.state.running.is_some() {
            self.sidecar_pending += u32::from(status.started != Some(true));
            self.running += 1;
        } else if status.state.terminated.is_some() {
            // Sidecars that ended do not count.
        } else if status.state.waiting.is_some() {
            let never_ran = status.last_state.terminated.is_none();
            self.sidecar_pending += u32::from(never_ran);
            self.waiting += u32::from(never_ran);
        } else {
            self.sidecar_pending += 1;
            self.unknown += 1;
        }
    }

    fn regular(&mut self, container: &Container, spec: &PodSpec, status: Option<&ContainerStatus>) {
        let Some(status) = status else {
            self.unknown += 1;
            return;
        };
        if status.state.running.is_some() {
            self.running += 1;
        } else if let Some(end) = &status.state.terminated {
            self.stopped += 1;
            self.stopped_for_good += u32::from(!restartable(container, spec, end.exit_code, &end.reason));
            self.succeeded += u32::from(end.exit_code == 0);
        } else if status.state.waiting.is_some() {
            match &status.last_state.terminated {
                Some(end) => {
                    self.stopped += 1;
                    self.stopped_for_good += u32::from(!restartable(container, spec, end.exit_code, &end.reason));
                }
                None => self.waiting += 1,
            }
        } else {
            self.unknown += 1;
        }
    }

    fn phase(&self, terminal: bool, initialized: bool) -> &'static str {
        if self.init_failed_for_good > 0 {
            return "Failed";
        }
        if self.init_pending > 0 || (self.sidecar_pending > 0 && !initialized) || self.waiting > 0 {
            return "Pending";
        }
        if self.unknown > 0 {
            return "Pending";
        }
        if self.running > 0 {
            return "Running";
        }
        if self.stopped == 0 {
            return "Pending";
        }
        if !terminal && self.stopped != self.stopped_for_good {
            return "Running";
        }
        if self.stopped == self.succeeded {
            "Succeeded"
        } else {
            "Failed"
        }
    }
}
