//! The ways of a Deployment: rolling, recreating, scaling, pausing.
// Models pkg/controller/deployment/rolling.go, recreate.go, sync.go

use std::rc::Rc;

use crate::api::Resource;
use crate::api::apps::{Deployment, ReplicaSet};
use crate::api::core::Pod;
use crate::api::meta::find_condition;
use crate::api::status::Status;
use crate::client::Ctx;
use crate::controller::owners::is_controlled_by;
use crate::controller::sibling;

use super::progress::{has_deadline, is_complete, recheck, rollout_status};
use super::sets::{self, Sets};
use super::status::{PAUSED, PROGRESSING, RESUMED, TIMED_OUT, calculate, condition, set_condition};
use super::{DeploymentController, new_set, scaling, sizes};

type Owned = [Rc<ReplicaSet>];

impl DeploymentController {
    /// Replaces pods little by little.
    // Models pkg/controller/deployment/rolling.go rolloutRolling
    pub(super) fn roll(&mut self, ctx: &mut Ctx<'_>, deployment: &mut Deployment, owned: &Owned) -> Result<(), Status> {
        let sets = new_set::find(ctx, &mut self.recorder, deployment, owned, true)?;
        let Some(new) = sets.new.clone() else {
            return Ok(());
        };
        let size = sizes::reconcile_new(deployment, &sets, &new);
        if scaling::resize_all(ctx, &mut self.recorder, deployment, vec![(new.clone(), size)], false)? {
            return self.sync_rollout_status(ctx, deployment, &sets);
        }
        let steps = sizes::reconcile_old(deployment, &sets, &new);
        // A failure here is no failure of the sync: the next one goes on.
        let shrunk = scaling::resize_all(ctx, &mut self.recorder, deployment, steps, false);
        if !shrunk.is_ok_and(|shrunk| shrunk) && is_complete(deployment, &deployment.status) {
            scaling::clean_up(ctx, deployment, &sets.old)?;
        }
        self.sync_rollout_status(ctx, deployment, &sets)
    }

    /// Removes all old pods, then creates the new ones.
    // Models pkg/controller/deployment/recreate.go rolloutRecreate
    pub(super) fn recreate(
        &mut self,
        ctx: &mut Ctx<'_>,
        deployment: &mut Deployment,
        owned: &Owned,
    ) -> Result<(), Status> {
        let mut sets = new_set::find(ctx, &mut self.recorder, deployment, owned, false)?;
        let steps = sets.active_old().into_iter().map(|set| (set, 0)).collect();
        if scaling::resize_all(ctx, &mut self.recorder, deployment, steps, false)? {
            return self.sync_rollout_status(ctx, deployment, &sets);
        }
        let pods: Vec<Rc<Pod>> = pods(ctx, deployment).cloned().collect();
        if old_pods_running(&sets, &pods) {
            return self.sync_rollout_status(ctx, deployment, &sets);
        }
        if sets.new.is_none() {
            sets = new_set::find(ctx, &mut self.recorder, deployment, owned, true)?;
        }
        let steps = sets
            .new
            .iter()
            .map(|new| (new.clone(), sizes::replicas(deployment)))
            .collect();
        scaling::resize_all(ctx, &mut self.recorder, deployment, steps, false)?;
        if is_complete(deployment, &deployment.status) {
            scaling::clean_up(ctx, deployment, &sets.old)?;
        }
        self.sync_rollout_status(ctx, deployment, &sets)
    }

    /// Follows a change of the size, or keeps the size of a paused Deployment.
    // Models pkg/controller/deployment/sync.go sync
    pub(super) fn sync_size(
        &mut self,
        ctx: &mut Ctx<'_>,
        deployment: &mut Deployment,
        owned: &Owned,
    ) -> Result<(), Status> {
        let sets = new_set::find(ctx, &mut self.recorder, deployment, owned, false)?;
        let (steps, force) = sizes::scale(deployment, &sets);
        scaling::resize_all(ctx, &mut self.recorder, deployment, steps, force)?;
        if deployment.spec.paused {
            scaling::clean_up(ctx, deployment, &sets.old)?;
        }
        sync_status(ctx, deployment, &sets)
    }

    /// Only tells how things stand.
    // Models pkg/controller/deployment/sync.go syncStatusOnly
    pub(super) fn sync_status_only(
        &mut self,
        ctx: &mut Ctx<'_>,
        deployment: &mut Deployment,
        owned: &Owned,
    ) -> Result<(), Status> {
        let sets = new_set::find(ctx, &mut self.recorder, deployment, owned, false)?;
        sync_status(ctx, deployment, &sets)
    }

    /// Whether the Deployment has another size than its ReplicaSets were made for.
    // Models pkg/controller/deployment/sync.go isScalingEvent
    pub(super) fn is_scaling(
        &mut self,
        ctx: &mut Ctx<'_>,
        deployment: &mut Deployment,
        owned: &Owned,
    ) -> Result<bool, Status> {
        let sets = new_set::find(ctx, &mut self.recorder, deployment, owned, false)?;
        let wanted = sizes::replicas(deployment);
        let other = |set: &Rc<ReplicaSet>| sets::number(set, sets::DESIRED_REPLICAS).is_some_and(|size| size != wanted);
        Ok(sets.active().iter().any(other))
    }

    // Models pkg/controller/deployment/progress.go syncRolloutStatus
    fn sync_rollout_status(&mut self, ctx: &mut Ctx<'_>, deployment: &Deployment, sets: &Sets) -> Result<(), Status> {
        let now_ns = ctx.api.wall_ns(ctx.now);
        let status = rollout_status(deployment, sets, ctx.time(), now_ns);
        if status != deployment.status {
            let mut deployment = deployment.clone();
            deployment.status = status;
            return ctx.update_status(deployment).map(|_| ());
        }
        let key = sibling(deployment, &deployment.meta.name);
        if let Some(wait) = recheck(deployment, &status, now_ns) {
            self.queue.add_after(ctx, key, wait);
        }
        Ok(())
    }
}

// Models pkg/controller/deployment/sync.go syncDeploymentStatus
fn sync_status(ctx: &mut Ctx<'_>, deployment: &Deployment, sets: &Sets) -> Result<(), Status> {
    let status = calculate(deployment, sets, ctx.time());
    if status == deployment.status {
        return Ok(());
    }
    let mut deployment = deployment.clone();
    deployment.status = status;
    ctx.update_status(deployment).map(|_| ())
}

/// Tells in a condition that the rollout is paused or goes on, so that the pause does not count against the deadline.
// Models pkg/controller/deployment/sync.go checkPausedConditions
pub(super) fn check_paused(ctx: &mut Ctx<'_>, deployment: &mut Deployment) -> Result<(), Status> {
    if !has_deadline(deployment) {
        return Ok(());
    }
    let reason = find_condition(&deployment.status.conditions, PROGRESSING).map(|current| current.reason.clone());
    if reason.as_deref() == Some(TIMED_OUT) {
        return Ok(());
    }
    let was_paused = reason.as_deref() == Some(PAUSED);
    let (reason, message) = match (deployment.spec.paused, was_paused) {
        (true, false) => (PAUSED, "Deployment is paused"),
        (false, true) => (RESUMED, "Deployment is resumed"),
        _ => return Ok(()),
    };
    let told = condition(PROGRESSING, "Unknown", reason, message, ctx.time());
    set_condition(&mut deployment.status, told);
    ctx.update_status(deployment.clone()).map(|_| ())
}

/// The pods of all ReplicaSets of a Deployment.
// Models pkg/controller/deployment/deployment_controller.go getPodMapForDeployment
pub(super) fn pods<'a>(ctx: &'a Ctx<'_>, deployment: &'a Deployment) -> impl Iterator<Item = &'a Rc<Pod>> {
    let sets = ctx.api.owned_by(&deployment.meta.uid).filter_map(ReplicaSet::of);
    let sets = sets.filter(move |set| is_controlled_by(&***set, deployment));
    sets.flat_map(|set| {
        let pods = ctx.api.owned_by(&set.meta.uid).filter_map(Pod::of);
        pods.filter(move |pod| is_controlled_by(&***pod, &**set))
    })
}

/// Whether a pod of an old ReplicaSet is still there, or one of them says so.
// Models pkg/controller/deployment/recreate.go oldPodsRunning
pub(in crate::controller) fn old_pods_running(sets: &Sets, pods: &[Rc<Pod>]) -> bool {
    if sets.old.iter().map(|set| set.status.replicas).sum::<i32>() > 0 {
        return true;
    }
    pods.iter().any(|pod| {
        let is_new = sets.new.as_ref().is_some_and(|new| is_controlled_by(&**pod, &**new));
        !is_new && !pod.is_finished()
    })
}
