//! Pods that nobody else removes: those of nodes that are gone, and finished ones beyond a limit.
// Models pkg/controller/podgc/gc_controller.go

use crate::sim::btree::BTreeMap;
use std::rc::Rc;

use crate::api::core::{Node, Pod};
use crate::api::meta::Condition;
use crate::api::{Kind, Object, Resource, Str};
use crate::apiserver::{Change, DeleteOptions, Key, Verb};
use crate::client::{Component, Ctx};
use crate::sim::{Arrange, Duration, SimTime};

use super::owners;

/// How often the collector looks.
const PERIOD: Duration = Duration::from_secs(20);
/// How long a node has to be gone.
// Models pkg/controller/podgc/gc_controller.go quarantineTime
const QUARANTINE: Duration = Duration::from_secs(40);
/// Finished pods that may stay.
const FINISHED_MAX: u32 = 12_500;
const ROUND: u8 = 0;

/// The pod garbage collector. It arms its round only when there may be something to do.
#[derive(Clone, Debug, Default)]
pub struct PodGcController {
    /// Nodes that pods name and that are not there, by when that is certain.
    missing: BTreeMap<Str, SimTime>,
    /// How many finished pods there are.
    finished: u32,
}

impl Component for PodGcController {
    fn name(&self) -> &'static str {
        "pod-garbage-collector-controller"
    }

    fn watches(&self) -> &'static [Kind] {
        &[Node::KIND, Pod::KIND]
    }

    fn wants(&self, change: &Change) -> bool {
        match &change.object {
            Object::Node(_) => change.verb == Verb::Deleted,
            Object::Pod(pod) => {
                let was_finished = change
                    .old
                    .as_ref()
                    .and_then(Pod::of)
                    .is_some_and(|old| old.is_finished());
                let placed = change.verb == Verb::Added && !pod.spec.node_name.is_empty();
                placed || was_finished != pod.is_finished() || (was_finished && change.verb == Verb::Deleted)
            }
            _ => false,
        }
    }

    fn on_change(&mut self, ctx: &mut Ctx<'_>, change: &Change) {
        match &change.object {
            Object::Node(node) => self.miss(ctx, &node.meta.name),
            Object::Pod(pod) => {
                let was_finished = change
                    .old
                    .as_ref()
                    .and_then(Pod::of)
                    .is_some_and(|old| old.is_finished());
                let is_finished = pod.is_finished() && change.verb != Verb::Deleted;
                self.finished += u32::from(is_finished);
                self.finished = self.finished.saturating_sub(u32::from(was_finished));
                if self.finished > FINISHED_MAX {
                    arm(ctx);
                }
                let node = &pod.spec.node_name;
                if !node.is_empty() && ctx.api.get::<Node>("", node).is_none() {
                    self.miss(ctx, node);
                }
            }
            _ => {}
        }
    }

    fn on_timer(&mut self, ctx: &mut Ctx<'_>, _purpose: u8, _object: u64) {
        if self.finished > FINISHED_MAX {
            remove_finished(ctx, self.finished - FINISHED_MAX);
        }
        let due: Vec<Str> = self
            .missing
            .iter()
            .filter(|(_, at)| **at <= ctx.now)
            .map(|(node, _)| node.clone())
            .collect();
        for node in due {
            self.missing.remove(&node);
            if ctx.api.get::<Node>("", &node).is_none() {
                remove_orphans(ctx, &node);
            }
        }
        if !self.missing.is_empty() {
            arm(ctx);
        }
    }
}

impl PodGcController {
    fn miss(&mut self, ctx: &mut Ctx<'_>, node: &Str) {
        self.missing.entry(node.clone()).or_insert(ctx.now + QUARANTINE);
        arm(ctx);
    }
}

/// Arms the next round: rounds stand on a grid.
fn arm(ctx: &mut Ctx<'_>) {
    let next = SimTime(ctx.now.0 + 1).next_on_grid(Duration::ZERO, PERIOD);
    ctx.arm_earlier(ROUND, 0, next);
}

// Models pkg/controller/podgc/gc_controller.go gcOrphaned
fn remove_orphans(ctx: &mut Ctx<'_>, node: &Str) {
    let pods: Vec<Rc<Pod>> = ctx.api.pods_on(node).cloned().collect();
    for pod in pods {
        mark(ctx, &pod);
        remove(ctx, &pod);
    }
}

/// Says on the pod why it goes, and that it failed where it had not ended.
// Models pkg/controller/podgc/gc_controller.go markFailedAndDeletePodWithCondition
fn mark(ctx: &mut Ctx<'_>, pod: &Pod) {
    let mut pod = pod.clone();
    if !pod.is_finished() {
        pod.status.phase = "Failed".into();
    }
    let message = "PodGC: node no longer exists";
    let mut condition = Condition::new("DisruptionTarget", true, "DeletionByPodGC", message, ctx.time());
    condition.observed_generation = pod.meta.generation;
    let mut conditions = pod.status.conditions.to_vec();
    conditions.retain(|other| other.kind != condition.kind);
    conditions.push(condition);
    pod.status.conditions = conditions.into();
    // The pod goes in any case.
    drop(ctx.update_status(pod));
}

// Models pkg/controller/podgc/gc_controller.go gcTerminated
fn remove_finished(ctx: &mut Ctx<'_>, count: u32) {
    let mut pods: Vec<Rc<Pod>> = ctx
        .api
        .list::<Pod>(None)
        .filter(|pod| pod.is_finished())
        .cloned()
        .collect();
    pods.arrange_by_key(|pod| (pod.meta.creation_timestamp, pod.meta.name.clone()));
    for pod in pods.into_iter().take(count as usize) {
        remove(ctx, &pod);
    }
}

fn remove(ctx: &mut Ctx<'_>, pod: &Pod) {
    let key = Key {
        namespace: pod.meta.namespace.clone(),
        name: pod.meta.name.clone(),
    };
    let options = DeleteOptions {
        grace_period_seconds: Some(0),
        ..DeleteOptions::default()
    };
    // A pod that cannot be removed now is looked at again by the next round.
    drop(owners::ignore_absent(ctx.delete(Pod::KIND, &key, &options)));
}
