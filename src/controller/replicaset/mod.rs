//! ReplicaSets: as many pods of a template as are wanted.
// Models pkg/controller/replicaset/replica_set.go

mod ranking;
mod status;

use std::rc::Rc;

use crate::api::apps::ReplicaSet;
use crate::api::core::Pod;
use crate::api::labels::Selector;
use crate::api::status::{Reason, Status};
use crate::api::{Kind, Object, Resource};
use crate::apiserver::{Change, Key, Verb};
use crate::client::{Component, Ctx, Recorder, WorkQueue};
use crate::sim::Duration;

use super::tally::{Counts, Tally};
use super::{Reconciler, namespace_terminates, owners, pods, sibling, work};

pub(super) use ranking::{phase_ordinal, pods_to_delete, restarts, sort_for_deletion};
pub(super) use status::calculate as calculate_status;

/// Most pods that one sync creates or deletes.
const BURST: i32 = 500;
/// How many ReplicaSets are worked on at once.
const WORKERS: u32 = 5;
const QUEUE: u8 = 0;

/// The ReplicaSet controller.
#[derive(Clone, Debug)]
pub struct ReplicaSetController {
    queue: WorkQueue,
    recorder: Recorder,
    tally: Tally,
}

impl Default for ReplicaSetController {
    fn default() -> Self {
        Self {
            queue: WorkQueue::with_workers(QUEUE, WORKERS),
            recorder: Recorder::default(),
            tally: Tally::default(),
        }
    }
}

impl Component for ReplicaSetController {
    fn name(&self) -> &'static str {
        "replicaset-controller"
    }

    fn watches(&self) -> &'static [Kind] {
        &[ReplicaSet::KIND, Pod::KIND]
    }

    fn wants(&self, change: &Change) -> bool {
        match Pod::of(&change.object) {
            None => change.object.kind() == ReplicaSet::KIND,
            Some(pod) => concerns(pod) || change.old.as_ref().and_then(Pod::of).is_some_and(|old| concerns(old)),
        }
    }

    fn on_change(&mut self, ctx: &mut Ctx<'_>, change: &Change) {
        if let Object::ReplicaSet(set) = &change.object {
            if change.verb == Verb::Deleted {
                self.tally.forget(&set.meta.uid);
            }
            self.queue.add(ctx, Key::of(&change.object));
        }
        if let Object::Pod(pod) = &change.object {
            self.on_pod(ctx, change, pod);
        }
    }

    fn on_timer(&mut self, ctx: &mut Ctx<'_>, _purpose: u8, _object: u64) {
        work(self, ctx);
    }
}

/// Whether a pod is one of a ReplicaSet, or could become one.
fn concerns(pod: &Pod) -> bool {
    match pod.meta.controller() {
        Some(owner) => &*owner.kind == "ReplicaSet",
        None => !pod.meta.labels.is_empty(),
    }
}

impl Reconciler for ReplicaSetController {
    fn queue(&mut self) -> &mut WorkQueue {
        &mut self.queue
    }

    // Models pkg/controller/replicaset/replica_set.go syncReplicaSet
    fn sync(&mut self, ctx: &mut Ctx<'_>, key: &Key) -> Result<(), Status> {
        let Some(set) = ctx.api.get_key::<ReplicaSet>(key).cloned() else {
            return Ok(());
        };
        let min_ready_seconds = set.spec.min_ready_seconds;
        if self.tally.of(ctx.api, &set).is_none() {
            return Ok(());
        }
        self.claim(ctx, &set)?;
        let now_ns = ctx.api.wall_ns(ctx.now);
        let owned = self.tally.of(ctx.api, &set);
        let counts = owned.map_or_else(Counts::default, |owned| owned.counts(min_ready_seconds, now_ns));
        let managed = if set.meta.is_terminating() {
            Ok(())
        } else {
            self.manage(ctx, &set, counts.active)
        };
        let status = status::calculate(&set, &counts, managed.as_ref().err(), ctx.time());
        status::update(ctx, &set, status)?;
        managed?;
        if min_ready_seconds > 0 && counts.ready != counts.available {
            let seconds = u64::from(min_ready_seconds.unsigned_abs());
            let wait = counts.next_available.unwrap_or(Duration::from_secs(seconds));
            self.queue.add_after(ctx, key.clone(), wait);
        }
        Ok(())
    }
}

impl ReplicaSetController {
    /// Finds the ReplicaSets that a changed pod concerns.
    // Models pkg/controller/replicaset/replica_set.go addPod, updatePod, deletePod
    fn on_pod(&mut self, ctx: &mut Ctx<'_>, change: &Change, pod: &Rc<Pod>) {
        let old = change.old.as_ref().and_then(Pod::of);
        let same_owner = old.is_some_and(|old| old.meta.controller() == pod.meta.controller());
        for pod in [old.filter(|_| !same_owner), Some(pod)].into_iter().flatten() {
            if let Some(set) = owners::controller_of::<ReplicaSet>(ctx, &**pod) {
                let key = sibling(&**pod, &set.meta.name);
                self.queue.add(ctx, key);
            }
        }
        let relabelled = old.is_none_or(|old| old.meta.labels != pod.meta.labels);
        let is_stray = pod.meta.controller().is_none() && change.verb != Verb::Deleted;
        if is_stray && (relabelled || !same_owner) {
            self.add_matching(ctx, pod);
        }
    }

    /// Wakes the ReplicaSets that may want to adopt a pod.
    fn add_matching(&mut self, ctx: &mut Ctx<'_>, pod: &Pod) {
        let sets = ctx.api.list::<ReplicaSet>(Some(&pod.meta.namespace));
        let matching = sets.filter(|set| {
            let selector = Selector::from_label_selector(set.spec.selector.as_deref());
            selector.is_ok_and(|selector| selector.matches(&pod.meta.labels))
        });
        let keys: Vec<Key> = matching.map(|set| sibling(pod, &set.meta.name)).collect();
        for key in keys {
            self.queue.add(ctx, key);
        }
    }

    /// Adopts matching pods that nobody controls and lets pods go that match no more.
    // Models pkg/controller/controller_ref_manager.go ClaimPods
    fn claim(&self, ctx: &mut Ctx<'_>, set: &ReplicaSet) -> Result<(), Status> {
        let Some(owned) = self.tally.known(&set.meta.uid).filter(|_| !set.meta.is_terminating()) else {
            return Ok(());
        };
        let active = |ctx: &Ctx<'_>, key: &Key| ctx.api.get_key::<Pod>(key).filter(|pod| pod.is_active()).cloned();
        for key in owned.foreign() {
            if let Some(pod) = active(ctx, key) {
                owners::release(ctx, set, &*pod)?;
            }
        }
        for key in self.tally.strays(&set.meta.namespace) {
            if let Some(pod) = active(ctx, key).filter(|pod| owned.matcher().matches(&pod.meta.labels)) {
                owners::adopt(ctx, set, &*pod)?;
            }
        }
        Ok(())
    }

    /// Creates the pods that are missing, or deletes those that are too many.
    // Models pkg/controller/replicaset/replica_set.go manageReplicas
    fn manage(&mut self, ctx: &mut Ctx<'_>, set: &Rc<ReplicaSet>, active: i32) -> Result<(), Status> {
        let surplus = active - set.spec.replicas.unwrap_or(1);
        let count = surplus.abs().min(BURST).unsigned_abs();
        let owner = Object::ReplicaSet(set.clone());
        if surplus < 0 {
            let (_, result) = pods::slow_start(u64::from(count), || {
                let pod = pods::from_template(&**set, &set.spec.template);
                match pods::create(ctx, &mut self.recorder, &owner, pod) {
                    Err(error) if namespace_terminates(&error) => Ok(()),
                    result => result,
                }
            });
            return result;
        }
        if surplus == 0 {
            return Ok(());
        }
        let mut result = Ok(());
        for pod in ranking::choose(ctx, set, count as usize) {
            match pods::delete(ctx, &mut self.recorder, &owner, &pod) {
                Err(error) if error.reason != Reason::NotFound => result = result.and(Err(error)),
                _ => {}
            }
        }
        result
    }
}
