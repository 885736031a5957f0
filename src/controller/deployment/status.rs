//! The status of a Deployment and its conditions.
// Models pkg/controller/deployment/sync.go calculateStatus, pkg/controller/deployment/util/deployment_util.go

use crate::api::apps::{Deployment, DeploymentStatus};
use crate::api::meta::{Condition, find_condition};
use crate::api::time::Time;

use super::sets::Sets;
use super::sizes::{max_unavailable, replicas};

pub(in crate::controller) const AVAILABLE: &str = "Available";
pub(in crate::controller) const PROGRESSING: &str = "Progressing";
pub(in crate::controller) const REPLICA_FAILURE: &str = "ReplicaFailure";

pub(in crate::controller) const NEW_SET_CREATED: &str = "NewReplicaSetCreated";
pub(in crate::controller) const NEW_SET_FOUND: &str = "FoundNewReplicaSet";
pub(in crate::controller) const SET_UPDATED: &str = "ReplicaSetUpdated";
pub(in crate::controller) const SET_CREATE_ERROR: &str = "ReplicaSetCreateError";
pub(in crate::controller) const NEW_SET_AVAILABLE: &str = "NewReplicaSetAvailable";
pub(in crate::controller) const TIMED_OUT: &str = "ProgressDeadlineExceeded";
pub(in crate::controller) const PAUSED: &str = "DeploymentPaused";
pub(in crate::controller) const RESUMED: &str = "DeploymentResumed";

/// A condition of a Deployment, with the time of its last update.
// Models pkg/controller/deployment/util/deployment_util.go NewDeploymentCondition
pub(super) fn condition(kind: &str, status: &str, reason: &str, message: &str, now: Time) -> Condition {
    Condition {
        kind: kind.into(),
        status: status.into(),
        last_update_time: Some(now),
        last_transition_time: Some(now),
        reason: reason.into(),
        message: message.into(),
        ..Condition::default()
    }
}

/// Puts a condition into the status. One of the same status and reason stays as it is.
// Models pkg/controller/deployment/util/deployment_util.go SetDeploymentCondition
pub(super) fn set_condition(status: &mut DeploymentStatus, mut condition: Condition) {
    let old = find_condition(&status.conditions, &condition.kind);
    if let Some(old) = old.filter(|old| old.status == condition.status) {
        if old.reason == condition.reason {
            return;
        }
        condition.last_transition_time = old.last_transition_time;
    }
    remove_condition(status, &condition.kind);
    let mut conditions = status.conditions.to_vec();
    conditions.push(condition);
    status.conditions = conditions.into();
}

/// Takes a condition out of the status.
pub(super) fn remove_condition(status: &mut DeploymentStatus, kind: &str) {
    if find_condition(&status.conditions, kind).is_some() {
        let rest = status.conditions.iter().filter(|condition| &*condition.kind != kind);
        status.conditions = rest.cloned().collect();
    }
}

/// The status that follows from the ReplicaSets.
// Models pkg/controller/deployment/sync.go calculateStatus
pub(super) fn calculate(deployment: &Deployment, sets: &Sets, now: Time) -> DeploymentStatus {
    let sum =
        |part: fn(&crate::api::apps::ReplicaSetStatus) -> i32| sets.all().map(|set| part(&set.status)).sum::<i32>();
    let available = sum(|status| status.available_replicas);
    let mut status = DeploymentStatus {
        observed_generation: deployment.meta.generation,
        replicas: sum(|status| status.replicas),
        updated_replicas: sets.new.as_ref().map_or(0, |new| new.status.replicas),
        ready_replicas: sum(|status| status.ready_replicas),
        available_replicas: available,
        unavailable_replicas: (sets.total_size() - available).max(0),
        terminating_replicas: terminating(sets),
        conditions: deployment.status.conditions.clone(),
        collision_count: deployment.status.collision_count,
        rest: deployment.status.rest.clone(),
    };
    let condition = if available >= replicas(deployment) - max_unavailable(deployment) {
        let message = "Deployment has minimum availability.";
        condition(AVAILABLE, "True", "MinimumReplicasAvailable", message, now)
    } else {
        let message = "Deployment does not have minimum availability.";
        condition(AVAILABLE, "False", "MinimumReplicasUnavailable", message, now)
    };
    set_condition(&mut status, condition);
    status
}

/// How many pods terminate; nothing as long as a ReplicaSet does not say.
// Models pkg/controller/deployment/util/deployment_util.go GetTerminatingReplicaCountForReplicaSets
fn terminating(sets: &Sets) -> Option<i32> {
    let synced = sets
        .all()
        .filter(|set| set.status.observed_generation != 0 || set.status.terminating_replicas.is_some());
    synced.map(|set| set.status.terminating_replicas).sum()
}
