//! The status of a ReplicaSet.
// Models pkg/controller/replicaset/replica_set_utils.go

use crate::api::apps::{ReplicaSet, ReplicaSetStatus};
use crate::api::meta::{Condition, find_condition};
use crate::api::status::Status;
use crate::api::time::Time;
use crate::client::Ctx;
use crate::controller::tally::Counts;

const REPLICA_FAILURE: &str = "ReplicaFailure";

/// The status that follows from the counts, and from what went wrong.
// Models pkg/controller/replicaset/replica_set_utils.go calculateStatus
pub(in crate::controller) fn calculate(
    set: &ReplicaSet,
    counts: &Counts,
    error: Option<&Status>,
    now: Time,
) -> ReplicaSetStatus {
    let mut status = set.status.clone();
    let failed = find_condition(&set.status.conditions, REPLICA_FAILURE).is_some();
    let mut conditions = set.status.conditions.to_vec();
    match error {
        Some(error) if !failed => {
            let reason = match counts.active.cmp(&set.spec.replicas.unwrap_or(1)) {
                std::cmp::Ordering::Less => "FailedCreate",
                std::cmp::Ordering::Greater => "FailedDelete",
                std::cmp::Ordering::Equal => "",
            };
            conditions.push(Condition::new(REPLICA_FAILURE, true, reason, &error.message, now));
        }
        None if failed => conditions.retain(|condition| &*condition.kind != REPLICA_FAILURE),
        _ => {}
    }
    status.conditions = conditions.into();
    status.replicas = counts.active;
    status.fully_labeled_replicas = counts.fully_labeled;
    status.ready_replicas = counts.ready;
    status.available_replicas = counts.available;
    status.terminating_replicas = Some(counts.terminating);
    status
}

/// Writes the status where it says something new.
// Models pkg/controller/replicaset/replica_set_utils.go updateReplicaSetStatus
pub(super) fn update(ctx: &mut Ctx<'_>, set: &ReplicaSet, mut status: ReplicaSetStatus) -> Result<(), Status> {
    if status == set.status && set.meta.generation == set.status.observed_generation {
        return Ok(());
    }
    status.observed_generation = set.meta.generation;
    let mut set = set.clone();
    set.status = status;
    ctx.update_status(set).map(|_| ())
}
