//! Deployments: pods of one template, and the way from one template to the next.
// Models pkg/controller/deployment

mod new_set;
mod progress;
mod revision;
mod rollout;
mod scaling;
mod sets;
mod sizes;
mod status;

use crate::sim::btree::BTreeSet;
use std::rc::Rc;

use crate::api::apps::{Deployment, ReplicaSet};
use crate::api::core::Pod;
use crate::api::labels::Selector;
use crate::api::status::Status;
use crate::api::{Kind, Object, Resource};
use crate::apiserver::{Change, Key, Verb};
use crate::client::{Component, Ctx, Recorder, WorkQueue};

use super::{Reconciler, namespace_terminates, owners, sibling, work};

pub(super) use new_set::set_name;
pub(super) use progress::{is_complete, is_timed_out};
pub(super) use rollout::old_pods_running;
pub(super) use scaling::surplus_history;
pub(super) use sets::{Sets, size};
pub(super) use sizes::{
    clean_up_unhealthy, fenceposts, fraction, max_unavailable, min_available, new_size, reconcile_new, reconcile_old,
    scale, scale_down_old,
};

/// How many Deployments are worked on at once.
const WORKERS: u32 = 5;
/// How often a Deployment is tried again.
// Models pkg/controller/deployment/deployment_controller.go maxRetries
const RETRIES: u32 = 15;
const QUEUE: u8 = 0;

/// The Deployment controller.
#[derive(Clone, Debug)]
pub struct DeploymentController {
    queue: WorkQueue,
    recorder: Recorder,
    /// ReplicaSets without a controller.
    strays: BTreeSet<Key>,
}

impl Default for DeploymentController {
    fn default() -> Self {
        Self {
            queue: WorkQueue::with_workers(QUEUE, WORKERS),
            recorder: Recorder::default(),
            strays: BTreeSet::new(),
        }
    }
}

impl Component for DeploymentController {
    fn name(&self) -> &'static str {
        "deployment-controller"
    }

    fn watches(&self) -> &'static [Kind] {
        &[Deployment::KIND, ReplicaSet::KIND, Pod::KIND]
    }

    fn wants(&self, change: &Change) -> bool {
        match Pod::of(&change.object) {
            None => self.watches().contains(&change.object.kind()),
            Some(pod) => {
                let owner = pod.meta.controller().filter(|_| change.verb == Verb::Deleted);
                owner.is_some_and(|owner| &*owner.kind == "ReplicaSet")
            }
        }
    }

    fn on_change(&mut self, ctx: &mut Ctx<'_>, change: &Change) {
        match &change.object {
            Object::Deployment(_) => self.queue.add(ctx, Key::of(&change.object)),
            Object::ReplicaSet(set) => self.on_set(ctx, change, set),
            Object::Pod(pod) => self.on_pod_gone(ctx, pod),
            _ => {}
        }
    }

    fn on_timer(&mut self, ctx: &mut Ctx<'_>, _purpose: u8, _object: u64) {
        work(self, ctx);
    }
}

impl Reconciler for DeploymentController {
    fn queue(&mut self) -> &mut WorkQueue {
        &mut self.queue
    }

    fn retries(&self) -> u32 {
        RETRIES
    }

    // Models pkg/controller/deployment/deployment_controller.go syncDeployment
    fn sync(&mut self, ctx: &mut Ctx<'_>, key: &Key) -> Result<(), Status> {
        let Some(deployment) = ctx.api.get_key::<Deployment>(key).cloned() else {
            return Ok(());
        };
        match self.sync_deployment(ctx, (*deployment).clone()) {
            Err(error) if namespace_terminates(&error) => Ok(()),
            result => result,
        }
    }
}

impl DeploymentController {
    /// Finds the Deployments that a changed ReplicaSet concerns.
    // Models pkg/controller/deployment/deployment_controller.go addReplicaSet, updateReplicaSet, deleteReplicaSet
    fn on_set(&mut self, ctx: &mut Ctx<'_>, change: &Change, set: &Rc<ReplicaSet>) {
        let is_stray = set.meta.controller().is_none() && change.verb != Verb::Deleted;
        if is_stray {
            self.strays.insert(Key::of(&change.object));
        } else {
            self.strays.remove(&Key::of(&change.object));
        }
        let old = change.old.as_ref().and_then(ReplicaSet::of);
        let same_owner = old.is_some_and(|old| old.meta.controller() == set.meta.controller());
        for set in [old.filter(|_| !same_owner), Some(set)].into_iter().flatten() {
            if let Some(deployment) = owners::controller_of::<Deployment>(ctx, &**set) {
                let key = sibling(&**set, &deployment.meta.name);
                self.queue.add(ctx, key);
            }
        }
        let relabelled = old.is_none_or(|old| old.meta.labels != set.meta.labels);
        if is_stray && (relabelled || !same_owner) && !set.meta.labels.is_empty() {
            self.add_matching(ctx, set);
        }
    }

    /// Wakes the Deployments that may want to adopt a ReplicaSet.
    fn add_matching(&mut self, ctx: &mut Ctx<'_>, set: &ReplicaSet) {
        let deployments = ctx.api.list::<Deployment>(Some(&set.meta.namespace));
        let matching = deployments.filter(|deployment| {
            let selector = Selector::from_label_selector(deployment.spec.selector.as_deref());
            selector.is_ok_and(|selector| !selector.is_everything() && selector.matches(&set.meta.labels))
        });
        let keys: Vec<Key> = matching.map(|deployment| sibling(set, &deployment.meta.name)).collect();
        for key in keys {
            self.queue.add(ctx, key);
        }
    }

    /// A Deployment that recreates its pods waits for the last one to go.
    // Models pkg/controller/deployment/deployment_controller.go deletePod
    fn on_pod_gone(&mut self, ctx: &mut Ctx<'_>, pod: &Rc<Pod>) {
        let Some(set) = owners::controller_of::<ReplicaSet>(ctx, &**pod) else {
            return;
        };
        let Some(deployment) = owners::controller_of::<Deployment>(ctx, &**set) else {
            return;
        };
        let mut pods = rollout::pods(ctx, deployment);
        if &*deployment.spec.strategy.kind == "Recreate" && pods.next().is_none() {
            let key = sibling(&**pod, &deployment.meta.name);
            drop(pods);
            self.queue.add(ctx, key);
        }
    }

    fn sync_deployment(&mut self, ctx: &mut Ctx<'_>, mut deployment: Deployment) -> Result<(), Status> {
        let sets = self.claim(ctx, &deployment)?;
        let deployment = &mut deployment;
        if deployment.meta.is_terminating() {
            return self.sync_status_only(ctx, deployment, &sets);
        }
        rollout::check_paused(ctx, deployment)?;
        if deployment.spec.paused || self.is_scaling(ctx, deployment, &sets)? {
            return self.sync_size(ctx, deployment, &sets);
        }
        match &*deployment.spec.strategy.kind {
            "Recreate" => self.recreate(ctx, deployment, &sets),
            _ => self.roll(ctx, deployment, &sets),
        }
    }

    /// The ReplicaSets of a Deployment. Matching ones that nobody controls are adopted, those that match no more let go.
    // Models pkg/controller/deployment/deployment_controller.go getReplicaSetsForDeployment
    fn claim(&self, ctx: &mut Ctx<'_>, deployment: &Deployment) -> Result<Vec<Rc<ReplicaSet>>, Status> {
        let Ok(selector) = Selector::from_label_selector(deployment.spec.selector.as_deref()) else {
            return Ok(Vec::new());
        };
        let owned = ctx.api.owned_by(&deployment.meta.uid).filter_map(ReplicaSet::of);
        let owned = owned.filter(|set| owners::is_controlled_by(&***set, deployment));
        let (mut claimed, foreign): (Vec<_>, Vec<_>) =
            owned.cloned().partition(|set| selector.matches(&set.meta.labels));
        if deployment.meta.is_terminating() {
            return Ok(claimed);
        }
        for set in foreign {
            owners::release(ctx, deployment, &*set)?;
        }
        let from = Key::new(&deployment.meta.namespace, "");
        for key in self
            .strays
            .range(from.clone()..)
            .take_while(|key| key.namespace == from.namespace)
        {
            let set = ctx.api.get_key::<ReplicaSet>(key).cloned();
            let free = |set: &Rc<ReplicaSet>| set.meta.controller().is_none() && !set.meta.is_terminating();
            if let Some(set) = set.filter(free).filter(|set| selector.matches(&set.meta.labels)) {
                owners::adopt(ctx, deployment, &*set)?;
                claimed.push(set);
            }
        }
        Ok(claimed)
    }
}
