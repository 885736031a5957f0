//! StatefulSets: pods with names of their own, made, changed and removed in order.
// Models pkg/controller/statefulset/stateful_set.go

mod claims;
mod control;
mod identity;
mod revisions;

use std::rc::Rc;

use crate::api::apps::StatefulSet;
use crate::api::core::Pod;
use crate::api::labels::Selector;
use crate::api::status::Status;
use crate::api::{Kind, Object, Resource};
use crate::apiserver::{Change, Key, Verb};
use crate::client::{Component, Ctx, Recorder, WorkQueue};
use crate::sim::Duration;

use super::pods::is_available;
use super::{Reconciler, owners, pods, sibling, work};
use control::Round;
use revisions::Revisions;

const SECOND_NS: i64 = 1_000_000_000;
/// How many StatefulSets are worked on at once.
const WORKERS: u32 = 5;
const QUEUE: u8 = 0;

/// The StatefulSet controller.
#[derive(Clone, Debug)]
pub struct StatefulSetController {
    queue: WorkQueue,
    recorder: Recorder,
}

impl Default for StatefulSetController {
    fn default() -> Self {
        Self {
            queue: WorkQueue::with_workers(QUEUE, WORKERS),
            recorder: Recorder::default(),
        }
    }
}

impl Component for StatefulSetController {
    fn name(&self) -> &'static str {
        "statefulset-controller"
    }

    fn watches(&self) -> &'static [Kind] {
        &[StatefulSet::KIND, Pod::KIND]
    }

    fn wants(&self, change: &Change) -> bool {
        let concerns = |pod: &Rc<Pod>| match pod.meta.controller() {
            Some(owner) => &*owner.kind == "StatefulSet",
            None => !pod.meta.labels.is_empty(),
        };
        match &change.object {
            Object::StatefulSet(_) => true,
            Object::Pod(pod) => concerns(pod) || change.old.as_ref().and_then(Pod::of).is_some_and(concerns),
            _ => false,
        }
    }

    fn on_change(&mut self, ctx: &mut Ctx<'_>, change: &Change) {
        match &change.object {
            Object::StatefulSet(_) => self.queue.add(ctx, Key::of(&change.object)),
            Object::Pod(pod) => self.on_pod(ctx, change, pod),
            _ => {}
        }
    }

    fn on_timer(&mut self, ctx: &mut Ctx<'_>, _purpose: u8, _object: u64) {
        work(self, ctx);
    }
}

impl Reconciler for StatefulSetController {
    fn queue(&mut self) -> &mut WorkQueue {
        &mut self.queue
    }

    // Models pkg/controller/statefulset/stateful_set.go sync
    fn sync(&mut self, ctx: &mut Ctx<'_>, key: &Key) -> Result<(), Status> {
        let Some(set) = ctx.api.get_key::<StatefulSet>(key).cloned() else {
            return Ok(());
        };
        let is_member = |pod: &Pod| identity::ordinal(&set, pod).is_some();
        let pods = pods::claim(ctx, &*set, set.spec.selector.as_deref(), &is_member)?;
        let revisions = Revisions::of(ctx, &set)?;
        let mut round = Round::new(ctx, &set, &revisions, &pods);
        let result = round.run(ctx, &mut self.recorder);
        let status = control::update_status(ctx, &set, round.status);
        result.and(status)?;
        revisions.truncate(ctx, &set, &pods)?;
        if let Some(wait) = next_available(ctx, &set, &pods) {
            self.queue.add_after(ctx, key.clone(), wait);
        }
        Ok(())
    }
}

/// When the next ready pod becomes available.
fn next_available(ctx: &Ctx<'_>, set: &StatefulSet, pods: &[Rc<Pod>]) -> Option<Duration> {
    let now_ns = ctx.api.wall_ns(ctx.now);
    let min = set.spec.min_ready_seconds;
    let waiting = pods
        .iter()
        .filter(|pod| pod.is_ready() && !is_available(pod, min, now_ns));
    let waits = waiting.filter_map(|pod| {
        let since = pod.status.condition("Ready")?.last_transition_time?;
        let wait_ns = (since.0 + i64::from(min)) * SECOND_NS - now_ns;
        Some(Duration(wait_ns.max(0).unsigned_abs()))
    });
    waits.min()
}

impl StatefulSetController {
    // Models pkg/controller/statefulset/stateful_set.go addPod, updatePod, deletePod
    fn on_pod(&mut self, ctx: &mut Ctx<'_>, change: &Change, pod: &Rc<Pod>) {
        let old = change.old.as_ref().and_then(Pod::of);
        for pod in old.into_iter().chain([pod]) {
            if let Some(set) = owners::controller_of::<StatefulSet>(ctx, &**pod) {
                let key = sibling(&**pod, &set.meta.name);
                self.queue.add(ctx, key);
            }
        }
        if pod.meta.controller().is_none() && change.verb != Verb::Deleted {
            let sets = ctx.api.list::<StatefulSet>(Some(&pod.meta.namespace));
            let matching = sets.filter(|set| {
                let selector = Selector::from_label_selector(set.spec.selector.as_deref());
                selector.is_ok_and(|selector| selector.matches(&pod.meta.labels))
            });
            for key in matching.map(|set| sibling(&**pod, &set.meta.name)).collect::<Vec<_>>() {
                self.queue.add(ctx, key);
            }
        }
    }
}
