//! Whether a rollout gets on, is done, or is stuck.
// Models pkg/controller/deployment/progress.go

use crate::api::apps::{Deployment, DeploymentStatus};
use crate::api::meta::{Condition, find_condition};
use crate::api::time::Time;
use crate::sim::Duration;

use super::sets::Sets;
use super::sizes::replicas;
use super::status::{
    NEW_SET_AVAILABLE, PROGRESSING, REPLICA_FAILURE, SET_UPDATED, TIMED_OUT, calculate, condition, remove_condition,
    set_condition,
};

const SECOND_NS: i64 = 1_000_000_000;

/// Whether the Deployment minds how long a rollout takes.
// Models pkg/controller/deployment/util/deployment_util.go HasProgressDeadline
pub(super) fn has_deadline(deployment: &Deployment) -> bool {
    deployment
        .spec
        .progress_deadline_seconds
        .is_some_and(|seconds| seconds != i32::MAX)
}

/// Whether all pods are new and available, and no old one is left.
// Models pkg/controller/deployment/util/deployment_util.go DeploymentComplete
pub(in crate::controller) fn is_complete(deployment: &Deployment, status: &DeploymentStatus) -> bool {
    let wanted = replicas(deployment);
    status.updated_replicas == wanted
        && status.replicas == wanted
        && status.available_replicas == wanted
        && status.observed_generation >= deployment.meta.generation
}

/// Whether there are more new pods, fewer old ones, or more that are ready or available.
// Models pkg/controller/deployment/util/deployment_util.go DeploymentProgressing
fn is_progressing(old: &DeploymentStatus, new: &DeploymentStatus) -> bool {
    new.updated_replicas > old.updated_replicas
        || new.replicas - new.updated_replicas < old.replicas - old.updated_replicas
        || new.ready_replicas > old.ready_replicas
        || new.available_replicas > old.available_replicas
}

/// Whether the last progress is longer ago than the deadline allows.
// Models pkg/controller/deployment/util/deployment_util.go DeploymentTimedOut
pub(in crate::controller) fn is_timed_out(deployment: &Deployment, status: &DeploymentStatus, now_ns: i64) -> bool {
    if !has_deadline(deployment) {
        return false;
    }
    match find_condition(&status.conditions, PROGRESSING) {
        None => false,
        Some(condition) if &*condition.reason == NEW_SET_AVAILABLE => false,
        Some(condition) if &*condition.reason == TIMED_OUT => true,
        Some(condition) => remaining_ns(deployment, condition, now_ns) < 0,
    }
}

fn remaining_ns(deployment: &Deployment, progressing: &Condition, now_ns: i64) -> i64 {
    let from = progressing.last_update_time.unwrap_or_default().0;
    let deadline = i64::from(deployment.spec.progress_deadline_seconds.unwrap_or_default());
    (from + deadline) * SECOND_NS - now_ns
}

/// The status during a rollout.
// Models pkg/controller/deployment/progress.go syncRolloutStatus
pub(super) fn rollout_status(deployment: &Deployment, sets: &Sets, now: Time, now_ns: i64) -> DeploymentStatus {
    let mut status = calculate(deployment, sets, now);
    if !has_deadline(deployment) {
        remove_condition(&mut status, PROGRESSING);
    }
    let current = find_condition(&deployment.status.conditions, PROGRESSING);
    let was_complete = status.replicas == status.updated_replicas
        && current.is_some_and(|current| &*current.reason == NEW_SET_AVAILABLE);
    if has_deadline(deployment) && !was_complete {
        estimate(deployment, sets, &mut status, current, now, now_ns);
    }
    match failure(sets) {
        Some(failure) => set_condition(&mut status, failure),
        None => remove_condition(&mut status, REPLICA_FAILURE),
    }
    status
}

fn estimate(
    deployment: &Deployment,
    sets: &Sets,
    status: &mut DeploymentStatus,
    current: Option<&Condition>,
    now: Time,
    now_ns: i64,
) {
    let subject = match &sets.new {
        Some(new) => format!("ReplicaSet \"{}\"", new.meta.name),
        None => format!("Deployment \"{}\"", deployment.meta.name),
    };
    let progressing = |status, reason, what| condition(PROGRESSING, status, reason, &format!("{subject} {what}"), now);
    if is_complete(deployment, status) {
        set_condition(
            status,
            progressing("True", NEW_SET_AVAILABLE, "has successfully progressed."),
        );
    } else if is_progressing(&deployment.status, status) {
        let mut progress = progressing("True", SET_UPDATED, "is progressing.");
        // The same reason again is news here: it moves the time of the last update.
        if let Some(current) = current {
            if current.is_true() {
                progress.last_transition_time = current.last_transition_time;
            }
            remove_condition(status, PROGRESSING);
        }
        set_condition(status, progress);
    } else if is_timed_out(deployment, status, now_ns) {
        set_condition(status, progressing("False", TIMED_OUT, "has timed out progressing."));
    }
}

/// What keeps a ReplicaSet from its pods; the new one's trouble before the others'.
// Models pkg/controller/deployment/progress.go getReplicaFailures
fn failure(sets: &Sets) -> Option<Condition> {
    let mut all = sets.new.iter().chain(&sets.old);
    let failure = all.find_map(|set| find_condition(&set.status.conditions, REPLICA_FAILURE))?;
    let mut condition = failure.clone();
    condition.last_update_time = failure.last_transition_time;
    Some(condition)
}

/// After what time to look again whether the deadline has passed; none where it cannot pass.
///
/// Upstream comes back at once, again and again, from the last second before the deadline on, and without end for a
/// rollout that was complete and has lost a pod since. Neither shows anywhere: one look is enough.
// Models pkg/controller/deployment/progress.go requeueStuckDeployment
pub(super) fn recheck(deployment: &Deployment, status: &DeploymentStatus, now_ns: i64) -> Option<Duration> {
    const MOMENT_NS: i64 = 5_000_000;
    let current = find_condition(&deployment.status.conditions, PROGRESSING)?;
    let decided = matches!(&*current.reason, TIMED_OUT | NEW_SET_AVAILABLE);
    if !has_deadline(deployment) || decided || is_complete(deployment, status) {
        return None;
    }
    let left_ns = remaining_ns(deployment, current, now_ns);
    // One second more, so that the deadline has passed for sure.
    let more_ns = if left_ns < SECOND_NS { MOMENT_NS } else { SECOND_NS };
    Some(Duration((left_ns.max(0) + more_ns).unsigned_abs()))
}
