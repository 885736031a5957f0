//! How long a Job waits before it replaces failed pods.
// Models pkg/controller/job/backoff_utils.go

use std::rc::Rc;

use crate::api::core::{ContainerStatus, Pod};
use crate::api::time::Time;
use crate::sim::Duration;

/// First wait after a failure; it doubles.
pub(super) const FIRST: Duration = Duration::from_secs(10);
/// Longest wait after a failure.
pub(super) const MAX: Duration = Duration::from_secs(600);
const SECOND_NS: i64 = 1_000_000_000;

/// The failures since the last success.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::controller) struct Backoff {
    pub(in crate::controller) failures: u32,
    pub(in crate::controller) last_failure: Option<Time>,
}

impl Backoff {
    /// What it is after more pods have ended.
    // Models pkg/controller/job/backoff_utils.go newBackoffRecord
    pub(super) fn after(self, succeeded: &[Rc<Pod>], failed: &[Rc<Pod>]) -> Self {
        let ends = |pods: &[Rc<Pod>]| pods.iter().map(|pod| finish_time(pod)).max();
        let last_success = ends(succeeded);
        let since = |pod: &&Rc<Pod>| last_success.is_none_or(|success| finish_time(pod) > success);
        let count = u32::try_from(failed.iter().filter(since).count()).unwrap_or(u32::MAX);
        let last_failure = ends(failed).filter(|failure| last_success.is_none_or(|success| *failure > success));
        if last_success.is_some() {
            return Self {
                failures: count,
                last_failure,
            };
        }
        Self {
            failures: self.failures.saturating_add(count),
            last_failure: last_failure.or(self.last_failure),
        }
    }

    /// How long the wait is in all.
    pub(super) fn whole(self, first: Duration, max: Duration) -> Duration {
        let mut wait = first;
        for _ in 1..self.failures {
            wait = wait * 2;
            if wait >= max {
                return max;
            }
        }
        wait
    }

    /// How long it is still to wait, at a moment of the wall clock in nanoseconds.
    // Models pkg/controller/job/backoff_utils.go getRemainingTimeForFailuresCount
    pub(in crate::controller) fn remaining(self, now_ns: i64, first: Duration, max: Duration) -> Duration {
        let Some(last) = self.last_failure.filter(|_| self.failures > 0) else {
            return Duration::ZERO;
        };
        let wait = self.whole(first, max);
        let due_ns = last.0.saturating_mul(SECOND_NS).saturating_add_unsigned(wait.0);
        Duration(u64::try_from(due_ns - now_ns).unwrap_or_default())
    }
}

/// When a pod ended: with its last container; else when it stopped being ready, was deleted, was made.
// Models pkg/controller/job/backoff_utils.go getFinishedTime
pub(in crate::controller) fn finish_time(pod: &Pod) -> Time {
    let not_ready = pod.status.condition("Ready").filter(|ready| &*ready.status == "False");
    let deleted = pod
        .meta
        .deletion_timestamp
        .map(|time| Time(time.0 - pod.meta.deletion_grace_period_seconds.unwrap_or_default()));
    last_exit(pod)
        .or_else(|| not_ready?.last_transition_time)
        .or(deleted)
        .or(pod.meta.creation_timestamp)
        .unwrap_or_default()
}

/// When the last container ended, sidecars too; none while one runs.
// Models pkg/controller/job/backoff_utils.go getFinishTimeFromContainers
fn last_exit(pod: &Pod) -> Option<Time> {
    let is_sidecar = |status: &&ContainerStatus| {
        let mut containers = pod.spec.init_containers.iter();
        containers.any(|container| container.name == status.name && &*container.restart_policy == "Always")
    };
    // Upstream begins anew with the sidecars where an ordinary container still runs.
    let latest = |before: Option<Time>, statuses: &mut dyn Iterator<Item = &ContainerStatus>| {
        let mut latest = before;
        for status in statuses {
            latest = latest.max(Some(status.state.terminated.as_ref()?.finished_at?));
        }
        latest
    };
    let ordinary = latest(None, &mut pod.status.container_statuses.iter());
    let sidecars = &mut pod.status.init_container_statuses.iter().filter(is_sidecar);
    latest(ordinary, sidecars)
}
