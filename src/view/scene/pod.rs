//! A pod as it is drawn: one state, its clocks, its probes and its containers.

use super::Str;

/// A pod.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PodView {
    /// Stable for the life of the pod, never used again.
    pub id: u64,
    /// The namespace.
    pub namespace: Str,
    /// The full name.
    pub name: Str,
    /// The name as short as it can be and still be told from its siblings: `web-x2v4q` for `web-7c9f8d-x2v4q`.
    pub label: Str,
    /// The same for all pods of one workload (Deployment, StatefulSet, Job ...), and different between workloads:
    /// it chooses the tint. Zero is for pods without an owner.
    pub owner_key: u32,
    /// The workload that owns it, by its id in the scene.
    pub owner: Option<u64>,
    /// Its number among its siblings, where they are numbered.
    pub ordinal: u32,
    /// The node it is bound to; none while it waits for the scheduler.
    pub node: Option<u64>,
    /// Where it waits in the scheduler's queue, while it has no node.
    pub queue: Option<QueueKind>,
    /// The one thing to say about it at a glance.
    pub state: PodState,
    /// The word in kubectl's STATUS column at this moment, which is not always that of `state`.
    pub status: Str,
    /// Whether the Ready condition is True.
    pub ready: bool,
    /// Restarts of all containers together, as kubectl's RESTARTS column counts them.
    pub restart_count: u32,
    /// Clocks that run down. The picture draws those that hold at the playing time.
    pub arcs: Vec<ArcView>,
    /// Probe results of the last minute or so, oldest first.
    pub probes: Vec<ProbeTick>,
    /// Containers in the order of the spec, init containers first.
    pub containers: Vec<ContainerView>,
}

impl PodView {
    /// A pod with nothing but a name, for callers that fill in the rest.
    #[must_use]
    pub fn new(id: u64, namespace: Str, name: Str) -> Self {
        Self {
            id,
            namespace,
            label: name.clone(),
            name,
            owner_key: 0,
            owner: None,
            ordinal: 0,
            node: None,
            queue: None,
            state: PodState::Pending,
            status: Str::from("Pending"),
            ready: false,
            restart_count: 0,
            arcs: Vec::new(),
            probes: Vec::new(),
            containers: Vec::new(),
        }
    }

    /// The clock to draw at this instant: of those that hold, the one that ends last.
    #[must_use]
    pub fn arc_at(&self, now_ns: u64) -> Option<&ArcView> {
        self.arcs
            .iter()
            .filter(|arc| arc.from_ns <= now_ns && now_ns < arc.until_ns)
            .max_by_key(|arc| arc.until_ns)
    }

    /// What is drawn: a back-off in force shows, whatever the state said when the scene was made.
    #[must_use]
    pub fn state_at(&self, now_ns: u64) -> PodState {
        if matches!(self.state, PodState::Terminating | PodState::Unknown) {
            return self.state;
        }
        match self.arc_at(now_ns).map(|arc| arc.kind) {
            Some(ArcKind::Backoff) => PodState::CrashLoopBackOff,
            Some(ArcKind::ImagePullBackoff) => PodState::ImagePullBackOff,
            _ => self.state,
        }
    }
}

/// What a pod is doing, as far as one glance goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PodState {
    /// Waits for the scheduler.
    Pending,
    /// Bound; volumes, images, sandbox or init containers are being prepared.
    ContainerCreating,
    /// Its containers run and it has not been ready yet.
    Running,
    /// Ready to serve.
    Ready,
    /// Was ready and is not now.
    NotReady,
    /// A container ended and the kubelet waits before it starts it again, whatever word kubectl prints for it.
    CrashLoopBackOff,
    /// An image could not be pulled and the kubelet waits before it tries again.
    ImagePullBackOff,
    /// Failed, or a container ended in error and is not waiting.
    Error,
    /// All containers ended well and will not start again.
    Completed,
    /// Being deleted.
    Terminating,
    /// Its node is lost.
    Unknown,
}

impl PodState {
    /// Every state, in the order of the legend.
    pub const ALL: [Self; 11] = [
        Self::Pending,
        Self::ContainerCreating,
        Self::Running,
        Self::Ready,
        Self::NotReady,
        Self::CrashLoopBackOff,
        Self::ImagePullBackOff,
        Self::Error,
        Self::Completed,
        Self::Terminating,
        Self::Unknown,
    ];

    /// The name in Kubernetes' own spelling.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Pending => "Pending",
            Self::ContainerCreating => "ContainerCreating",
            Self::Running => "Running",
            Self::Ready => "Ready",
            Self::NotReady => "NotReady",
            Self::CrashLoopBackOff => "CrashLoopBackOff",
            Self::ImagePullBackOff => "ImagePullBackOff",
            Self::Error => "Error",
            Self::Completed => "Completed",
            Self::Terminating => "Terminating",
            Self::Unknown => "Unknown",
        }
    }
}

/// The part of the scheduler's queue a pod waits in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum QueueKind {
    /// Next in turn.
    Active,
    /// Waits out a back-off.
    Backoff,
    /// Fits nowhere; waits for the cluster to change.
    Unschedulable,
    /// Held by a scheduling gate.
    Gated,
}

/// A clock that runs down on a pod.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ArcView {
    /// What it waits for.
    pub kind: ArcKind,
    /// When it started, nanoseconds.
    pub from_ns: u64,
    /// When it ends, nanoseconds.
    pub until_ns: u64,
}

/// What a clock waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ArcKind {
    /// Before a container that ended is started again.
    Backoff,
    /// Before an image is tried again.
    ImagePullBackoff,
    /// Until a container that was asked to stop is killed.
    Grace,
    /// Before the first probe (`initialDelaySeconds`), or until a startup probe gives up.
    ProbeDelay,
    /// An image on its way.
    ImagePull,
}

/// One probe result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProbeTick {
    /// When the result was known, nanoseconds.
    pub at_ns: u64,
    /// Which probe.
    pub kind: ProbeKind,
    /// Whether it succeeded.
    pub ok: bool,
}

/// Which probe.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ProbeKind {
    /// Kills when it fails.
    Liveness,
    /// Takes out of Services when it fails.
    Readiness,
    /// Holds the other two back until it succeeds.
    Startup,
}

/// A container of a pod.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContainerView {
    /// Its name.
    pub name: Str,
    /// Its kind.
    pub kind: ContainerKind,
    /// What it is doing.
    pub state: ContainerState,
    /// Whether it counts as ready.
    pub ready: bool,
    /// Its own restarts.
    pub restart_count: u32,
}

/// The kind of a container.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ContainerKind {
    /// Runs before the others and ends.
    Init,
    /// An init container that stays (`restartPolicy: Always`).
    Sidecar,
    /// An ordinary container.
    App,
    /// Added for debugging.
    Ephemeral,
}

/// One of Kubernetes' three container states.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ContainerState {
    /// Waits, and why.
    Waiting {
        /// `ContainerCreating`, `CrashLoopBackOff` ...
        reason: Str,
    },
    /// Runs.
    Running,
    /// Ended, and how.
    Terminated {
        /// `Completed`, `Error`, `OOMKilled` ...
        reason: Str,
        /// The exit code.
        exit_code: i32,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pod(state: PodState, arcs: &[(ArcKind, u64, u64)]) -> PodView {
        let mut pod = PodView::new(1, "default".into(), "web".into());
        pod.state = state;
        pod.arcs = arcs
            .iter()
            .map(|&(kind, from_ns, until_ns)| ArcView {
                kind,
                from_ns,
                until_ns,
            })
            .collect();
        pod
    }

    #[test]
    fn back_off_shows_whenever_it_is_in_force() {
        let rows = [
            (
                "error during its back-off",
                PodState::Error,
                vec![(ArcKind::Backoff, 10, 20)],
                15,
                PodState::CrashLoopBackOff,
            ),
            (
                "the instant it starts",
                PodState::Error,
                vec![(ArcKind::Backoff, 10, 20)],
                10,
                PodState::CrashLoopBackOff,
            ),
            (
                "the instant it ends",
                PodState::Error,
                vec![(ArcKind::Backoff, 10, 20)],
                20,
                PodState::Error,
            ),
            (
                "a pull",
                PodState::ContainerCreating,
                vec![(ArcKind::ImagePullBackoff, 0, 9)],
                3,
                PodState::ImagePullBackOff,
            ),
            (
                "deletion wins",
                PodState::Terminating,
                vec![(ArcKind::Backoff, 10, 20)],
                15,
                PodState::Terminating,
            ),
            (
                "another clock changes nothing",
                PodState::Running,
                vec![(ArcKind::ProbeDelay, 10, 20)],
                15,
                PodState::Running,
            ),
        ];
        for (name, state, arcs, now_ns, want) in rows {
            assert_eq!(pod(state, &arcs).state_at(now_ns), want, "{name}");
        }
    }

    #[test]
    fn the_clock_that_ends_last_is_drawn() {
        let pod = pod(
            PodState::Running,
            &[
                (ArcKind::ProbeDelay, 0, 50),
                (ArcKind::Grace, 0, 90),
                (ArcKind::Backoff, 95, 200),
            ],
        );
        assert_eq!(pod.arc_at(10).map(|arc| arc.kind), Some(ArcKind::Grace));
        assert_eq!(pod.arc_at(92), None);
    }
}
