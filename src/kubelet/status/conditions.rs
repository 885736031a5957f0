//! The conditions of a pod.

use crate::api::core::{Container, ContainerStatus, PodSpec};
use crate::api::meta::{Condition, find_condition};
use crate::kubelet::restart::is_sidecar;

/// Conditions that only the kubelet sets.
pub const OWN: [&str; 6] = [
    "PodReadyToStartContainers",
    "Initialized",
    "Ready",
    "ContainersReady",
    "PodScheduled",
    "AllContainersRestarting",
];

/// What a condition says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verdict {
    /// Whether it holds.
    pub holds: bool,
    /// Why, in a word.
    pub reason: &'static str,
    /// Why, in a sentence.
    pub message: String,
}

impl Verdict {
    const TRUE: Self = Self {
        holds: true,
        reason: "",
        message: String::new(),
    };

    const fn no(reason: &'static str, message: String) -> Self {
        Self {
            holds: false,
            reason,
            message,
        }
    }

    /// The condition of type `kind` that says it, for that generation of the pod.
    #[must_use]
    pub fn condition(&self, kind: &str, generation: i64) -> Condition {
        Condition {
            kind: kind.into(),
            status: if self.holds { "True" } else { "False" }.into(),
            observed_generation: generation,
            reason: self.reason.into(),
            message: self.message.as_str().into(),
            ..Condition::default()
        }
    }
}

/// Names in Go's form of a list: `[a b]`.
fn listed(what: &str, names: &[&str]) -> Option<String> {
    (!names.is_empty()).then(|| format!("containers with {what} status: [{}]", names.join(" ")))
}

fn find<'a>(statuses: &'a [ContainerStatus], name: &str) -> Option<&'a ContainerStatus> {
    statuses.iter().find(|status| *status.name == *name)
}

/// Names of containers without a status, and of those whose status does not pass.
fn sort_out<'a>(
    containers: impl Iterator<Item = &'a Container>,
    statuses: &[ContainerStatus],
    passes: impl Fn(&Container, &ContainerStatus) -> bool,
) -> (Vec<&'a str>, Vec<&'a str>) {
    let (mut unknown, mut failing) = (Vec::new(), Vec::new());
    for container in containers {
        match find(statuses, &container.name) {
            None => unknown.push(&*container.name),
            Some(status) if !passes(container, status) => failing.push(&*container.name),
            Some(_) => {}
        }
    }
    (unknown, failing)
}

fn sentence(unknown: &[&str], what: &str, failing: &[&str]) -> Option<String> {
    let parts: Vec<String> = listed("unknown", unknown)
        .into_iter()
        .chain(listed(what, failing))
        .collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}

/// Whether all containers and sidecars are ready. `statuses` of all containers; none when they are not known.
// Models pkg/kubelet/status GenerateContainersReadyCondition
#[must_use]
pub fn containers_ready(spec: &PodSpec, statuses: Option<&[ContainerStatus]>, phase: &str) -> Verdict {
    let Some(statuses) = statuses else {
        return Verdict::no("UnknownContainerStatuses", String::new());
    };
    let sidecars = spec.init_containers.iter().filter(|init| is_sidecar(init));
    let (unknown, unready) = sort_out(sidecars.chain(spec.containers.iter()), statuses, |_, status| {
        status.ready
    });
    match phase {
        "Succeeded" if unknown.is_empty() => Verdict::no("PodCompleted", String::new()),
        "Failed" => Verdict::no("PodFailed", String::new()),
        _ => match sentence(&unknown, "unready", &unready) {
            Some(message) => Verdict::no("ContainersNotReady", message),
            None => Verdict::TRUE,
        },
    }
}

/// Whether the pod takes requests: its containers are ready and its readiness gates open.
// Models pkg/kubelet/status GeneratePodReadyCondition
#[must_use]
pub fn ready(spec: &PodSpec, conditions: &[Condition], statuses: Option<&[ContainerStatus]>, phase: &str) -> Verdict {
    let containers = containers_ready(spec, statuses, phase);
    if !containers.holds {
        return containers;
    }
    let closed: Vec<String> = spec
        .readiness_gates
        .iter()
        .filter_map(|gate| {
            let kind = &gate.condition_type;
            match find_condition(conditions, kind) {
                None => Some(format!(
                    "corresponding condition of pod readiness gate \"{kind}\" does not exist."
                )),
                Some(condition) if condition.is_true() => None,
                Some(condition) => Some(format!(
                    "the status of pod readiness gate \"{kind}\" is not \"True\", but {}",
                    condition.status
                )),
            }
        })
        .collect();
    if closed.is_empty() {
        Verdict::TRUE
    } else {
        Verdict::no("ReadinessGatesNotReady", closed.join(", "))
    }
}

/// Whether the init containers have done their work. `was`: they had before.
// Models pkg/kubelet/status GeneratePodInitializedCondition
#[must_use]
pub fn initialized(spec: &PodSpec, statuses: Option<&[ContainerStatus]>, phase: &str, was: bool) -> Verdict {
    let Some(statuses) = statuses else {
        if spec.init_containers.is_empty() {
            return Verdict::TRUE;
        }
        return Verdict::no("UnknownContainerStatuses", String::new());
    };
    let (unknown, incomplete) = sort_out(spec.init_containers.iter(), statuses, |init, status| {
        if is_sidecar(init) {
            status.started == Some(true)
        } else {
            status.ready
        }
    });
    if phase == "Succeeded" && unknown.is_empty() {
        return Verdict {
            holds: true,
            reason: "PodCompleted",
            message: String::new(),
        };
    }
    if any_regular_started(spec, statuses) || was {
        return Verdict::TRUE;
    }
    match sentence(&unknown, "incomplete", &incomplete) {
        Some(message) => Verdict::no("ContainersNotInitialized", message),
        None => Verdict::TRUE,
    }
}

// Models pkg/kubelet/container HasAnyRegularContainerStarted
fn any_regular_started(spec: &PodSpec, statuses: &[ContainerStatus]) -> bool {
    spec.containers
        .iter()
        .filter_map(|container| find(statuses, &container.name))
        .any(|status| status.state.running.is_some() || status.state.terminated.is_some())
}
