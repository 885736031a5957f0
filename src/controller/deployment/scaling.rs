//! Resizing of ReplicaSets, and clearing away of those that are history.
// Models pkg/controller/deployment/sync.go scaleReplicaSet, cleanupDeployment

use crate::sim::Arrange;
use std::rc::Rc;

use crate::api::Resource;
use crate::api::apps::{Deployment, ReplicaSet};
use crate::api::status::Status;
use crate::apiserver::DeleteOptions;
use crate::client::{Ctx, Recorder, Severity};
use crate::controller::{owners, sibling};

use super::sizes::Resize;
use super::{revision, sets};

/// Gives a ReplicaSet another size and tells of it; with `force` its annotations are brought up to date in any case.
/// Gives the stored version where the size changed.
// Models pkg/controller/deployment/sync.go scaleReplicaSet
fn resize(
    ctx: &mut Ctx<'_>,
    recorder: &mut Recorder,
    deployment: &Deployment,
    set: &ReplicaSet,
    size: i32,
    force: bool,
) -> Result<Option<Rc<ReplicaSet>>, Status> {
    let before = sets::size(set);
    if !force && before == size {
        return Ok(None);
    }
    let mut next = set.clone();
    next.spec.replicas = Some(size);
    let annotated = revision::set_sizes(deployment, &mut next);
    if before == size && !annotated {
        return Ok(None);
    }
    let stored = ctx.update(next)?;
    if before == size {
        return Ok(None);
    }
    let direction = if before < size { "up" } else { "down" };
    let message = format!(
        "Scaled {direction} replica set {} from {before} to {size}",
        set.meta.name
    );
    let about = deployment.clone().into_object();
    recorder.event(ctx, &about, Severity::Normal, "ScalingReplicaSet", &message);
    Ok(ReplicaSet::of(&stored).cloned())
}

/// Resizes ReplicaSets step by step; says whether a size changed.
pub(super) fn resize_all(
    ctx: &mut Ctx<'_>,
    recorder: &mut Recorder,
    deployment: &Deployment,
    steps: Vec<Resize>,
    force: bool,
) -> Result<bool, Status> {
    let mut newest: Vec<Rc<ReplicaSet>> = Vec::new();
    for (set, size) in steps {
        // A second step of the same ReplicaSet goes on from the version that the first one stored.
        let known = newest.iter().rfind(|stored| stored.meta.uid == set.meta.uid);
        let set = known.unwrap_or(&set).clone();
        newest.extend(resize(ctx, recorder, deployment, &set, size, force)?);
    }
    Ok(!newest.is_empty())
}

/// Deletes the oldest revisions beyond the limit that have no pods.
// Models pkg/controller/deployment/sync.go cleanupDeployment
pub(super) fn clean_up(ctx: &mut Ctx<'_>, deployment: &Deployment, old: &[Rc<ReplicaSet>]) -> Result<(), Status> {
    for set in surplus_history(deployment, old) {
        let key = sibling(deployment, &set.meta.name);
        owners::ignore_absent(ctx.delete(ReplicaSet::KIND, &key, &DeleteOptions::default()))?;
    }
    Ok(())
}

/// Which old ReplicaSets are kept no longer.
pub(in crate::controller) fn surplus_history(deployment: &Deployment, old: &[Rc<ReplicaSet>]) -> Vec<Rc<ReplicaSet>> {
    let Some(limit) = deployment
        .spec
        .revision_history_limit
        .filter(|limit| *limit != i32::MAX)
    else {
        return Vec::new();
    };
    let mut alive: Vec<Rc<ReplicaSet>> = old.iter().filter(|set| !set.meta.is_terminating()).cloned().collect();
    alive.arrange_by(sets::by_revision);
    let surplus = alive.len().saturating_sub(usize::try_from(limit).unwrap_or_default());
    alive.truncate(surplus);
    alive.retain(|set| {
        set.status.replicas == 0 && sets::size(set) == 0 && set.meta.generation <= set.status.observed_generation
    });
    alive
}
