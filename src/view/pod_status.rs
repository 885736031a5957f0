//! A pod in one line, as `kubectl get pods` shows it: READY, STATUS, RESTARTS.
// Models pkg/printers/internalversion/printers.go printPod.

use crate::api::core::{ContainerState, ContainerStatus, Pod};
use crate::api::time::Time;

/// The columns of a pod.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PodSummary {
    /// Containers that are ready: ordinary ones and sidecars.
    pub ready: usize,
    /// Containers that count: ordinary ones and sidecars.
    pub total: usize,
    /// The word under STATUS.
    pub status: String,
    /// Restarts of the containers that count.
    pub restarts: i64,
    /// When a container ended that was started again since.
    pub last_restart: Option<Time>,
}

/// The line of `pod`.
#[must_use]
pub fn summary(pod: &Pod) -> PodSummary {
    let mut line = Line::new(pod);
    let initialising = line.init_containers(pod);
    if !initialising || is_initialized(pod) {
        line.containers(pod);
    }
    line.deletion(pod);
    line.summary
}

struct Line {
    summary: PodSummary,
    /// Restarts of the sidecars so far, which count in the end with the ordinary containers.
    sidecar_restarts: i64,
    sidecar_last: Option<Time>,
}

fn is_initialized(pod: &Pod) -> bool {
    pod.status
        .condition("Initialized")
        .is_some_and(|condition| condition.is_true())
}

fn is_sidecar(pod: &Pod, name: &str) -> bool {
    let found = pod
        .spec
        .init_containers
        .iter()
        .find(|container| *container.name == *name);
    found.is_some_and(|container| &*container.restart_policy == "Always")
}

impl Line {
    fn new(pod: &Pod) -> Self {
        let status = &pod.status;
        let mut word = if status.reason.is_empty() {
            &status.phase
        } else {
            &status.reason
        }
        .to_string();
        let gated = status
            .condition("PodScheduled")
            .is_some_and(|scheduled| &*scheduled.reason == "SchedulingGated");
        if gated {
            "SchedulingGated".clone_into(&mut word);
        }
        let sidecars = pod
            .spec
            .init_containers
            .iter()
            .filter(|container| &*container.restart_policy == "Always");
        let summary = PodSummary {
            ready: 0,
            total: pod.spec.containers.len() + sidecars.count(),
            status: word,
            restarts: 0,
            last_restart: None,
        };
        Self {
            summary,
            sidecar_restarts: 0,
            sidecar_last: None,
        }
    }

    /// The first init container that is not done decides; says whether there was one.
    fn init_containers(&mut self, pod: &Pod) -> bool {
        let count = pod.spec.init_containers.len();
        for (index, container) in pod.status.init_container_statuses.iter().enumerate() {
            self.summary.restarts += i64::from(container.restart_count);
            self.summary.last_restart = self.summary.last_restart.max(last_end(container));
            let sidecar = is_sidecar(pod, &container.name);
            if sidecar {
                self.sidecar_restarts += i64::from(container.restart_count);
                self.sidecar_last = self.sidecar_last.max(last_end(container));
            }
            let state = &container.state;
            if state.terminated.as_ref().is_some_and(|ended| ended.exit_code == 0) {
                continue;
            }
            if sidecar && container.started == Some(true) {
                self.summary.ready += usize::from(container.ready);
                continue;
            }
            self.summary.status = format!(
                "Init:{}",
                init_word(state).unwrap_or_else(|| format!("{index}/{count}"))
            );
            return true;
        }
        false
    }

    /// The first container of the list wins, so they are gone through from the last one.
    fn containers(&mut self, pod: &Pod) {
        self.summary.restarts = self.sidecar_restarts;
        self.summary.last_restart = self.sidecar_last;
        let mut running = false;
        let mut error = None;
        for container in pod.status.container_statuses.iter().rev() {
            self.summary.restarts += i64::from(container.restart_count);
            self.summary.last_restart = self.summary.last_restart.max(last_end(container));
            let state = &container.state;
            match (&state.waiting, &state.terminated) {
                (Some(waiting), _) if !waiting.reason.is_empty() => self.summary.status = waiting.reason.to_string(),
                (_, Some(ended)) => {
                    self.summary.status = end_word(state).unwrap_or_default();
                    if ended.exit_code != 0 {
                        error = Some(self.summary.status.clone());
                    }
                }
                _ if container.ready && state.running.is_some() => {
                    running = true;
                    self.summary.ready += 1;
                }
                _ => {}
            }
        }
        if self.summary.status == "Completed" {
            if running && pod.is_ready() {
                "Running".clone_into(&mut self.summary.status);
            } else if let Some(error) = error {
                self.summary.status = error;
            } else if running {
                "NotReady".clone_into(&mut self.summary.status);
            }
        }
    }

    fn deletion(&mut self, pod: &Pod) {
        if !pod.meta.is_terminating() {
            return;
        }
        if &*pod.status.reason == "NodeLost" {
            "Unknown".clone_into(&mut self.summary.status);
        } else if !pod.is_finished() {
            "Terminating".clone_into(&mut self.summary.status);
        }
    }
}

fn last_end(container: &ContainerStatus) -> Option<Time> {
    container.last_state.terminated.as_ref()?.finished_at
}

/// What an init container that is not done says after `Init:`; none for those that are on their way.
fn init_word(state: &ContainerState) -> Option<String> {
    if let Some(ended) = &state.terminated {
        return Some(match (&*ended.reason, ended.signal) {
            ("", 0) => format!("ExitCode:{}", ended.exit_code),
            ("", signal) => format!("Signal:{signal}"),
            (reason, _) => reason.to_owned(),
        });
    }
    let waiting = state.waiting.as_ref()?;
    let tells = !waiting.reason.is_empty() && &*waiting.reason != "PodInitializing";
    tells.then(|| waiting.reason.to_string())
}

/// What an ended container says.
fn end_word(state: &ContainerState) -> Option<String> {
    let ended = state.terminated.as_ref()?;
    Some(match (&*ended.reason, ended.signal) {
        ("", 0) => format!("ExitCode:{}", ended.exit_code),
        ("", signal) => format!("Signal:{signal}"),
        (reason, _) => reason.to_owned(),
    })
}
