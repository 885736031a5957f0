//! DaemonSets: a pod on each node that takes it.
// Models pkg/controller/daemon/daemon_controller.go

mod placement;
mod plan;
mod revisions;
mod status;

use crate::sim::btree::BTreeMap;
use std::rc::Rc;

use crate::api::apps::DaemonSet;
use crate::api::core::{Node, Pod};
use crate::api::labels::Selector;
use crate::api::status::{Reason, Status};
use crate::api::{Kind, Object, Resource, Str};
use crate::apiserver::{Change, Key, Verb};
use crate::client::{Component, Ctx, Recorder, Severity, WorkQueue};
use crate::sim::{Duration, SimTime};

use super::{Reconciler, namespace_terminates, owners, pods, sibling, work};
use placement::Demands;
use plan::{OnNodes, Plan, View};

/// Most pods that one sync creates or deletes.
const BURST: usize = 250;
/// How many DaemonSets are worked on at once.
const WORKERS: u32 = 2;
/// Between two removals of failed pods on a node: at first, and at most.
const BACKOFF_FIRST: Duration = Duration::from_secs(1);
const BACKOFF_MAX: Duration = Duration::from_secs(900);
const QUEUE: u8 = 0;

/// The DaemonSet controller.
#[derive(Clone, Debug)]
pub struct DaemonSetsController {
    queue: WorkQueue,
    recorder: Recorder,
    /// Failed pods that were removed, by DaemonSet and node: when the last went, and how long the next waits.
    failed: BTreeMap<(Str, Str), (SimTime, Duration)>,
}

impl Default for DaemonSetsController {
    fn default() -> Self {
        Self {
            queue: WorkQueue::with_workers(QUEUE, WORKERS),
            recorder: Recorder::default(),
            failed: BTreeMap::new(),
        }
    }
}

impl Component for DaemonSetsController {
    fn name(&self) -> &'static str {
        "daemonset-controller"
    }

    fn watches(&self) -> &'static [Kind] {
        &[DaemonSet::KIND, Pod::KIND, Node::KIND]
    }

    fn wants(&self, change: &Change) -> bool {
        let concerns = |pod: &Rc<Pod>| match pod.meta.controller() {
            Some(owner) => &*owner.kind == "DaemonSet",
            None => !pod.meta.labels.is_empty(),
        };
        let old = change.old.as_ref();
        match &change.object {
            Object::DaemonSet(_) => true,
            Object::Pod(pod) => concerns(pod) || old.and_then(Pod::of).is_some_and(concerns),
            Object::Node(node) => old.and_then(Node::of).is_none_or(|old| {
                change.verb == Verb::Deleted
                    || old.meta.labels != node.meta.labels
                    || old.spec.taints != node.spec.taints
                    || old.spec.unschedulable != node.spec.unschedulable
            }),
            _ => false,
        }
    }

    fn on_change(&mut self, ctx: &mut Ctx<'_>, change: &Change) {
        match &change.object {
            Object::DaemonSet(_) => self.queue.add(ctx, Key::of(&change.object)),
            Object::Pod(pod) => self.on_pod(ctx, change, pod),
            Object::Node(_) => {
                let sets = ctx.api.list_objects(DaemonSet::KIND, None).map(Key::of);
                for key in sets.collect::<Vec<_>>() {
                    self.queue.add(ctx, key);
                }
            }
            _ => {}
        }
    }

    fn on_timer(&mut self, ctx: &mut Ctx<'_>, _purpose: u8, _object: u64) {
        work(self, ctx);
    }
}

impl Reconciler for DaemonSetsController {
    fn queue(&mut self) -> &mut WorkQueue {
        &mut self.queue
    }

    // Models pkg/controller/daemon/daemon_controller.go syncDaemonSet
    fn sync(&mut self, ctx: &mut Ctx<'_>, key: &Key) -> Result<(), Status> {
        let set = ctx.api.get_key::<DaemonSet>(key).cloned();
        let Some(set) = set.filter(|set| !set.meta.is_terminating()) else {
            return Ok(());
        };
        let (current, old) = revisions::construct(ctx, &set)?;
        let view = View {
            set: &set,
            hash: current.hash(),
            demands: Demands::of(&set),
            nodes: ctx.api.list::<Node>(None).cloned().collect(),
            now_ns: ctx.api.wall_ns(ctx.now),
        };
        // The status tells what was seen before this sync, as an informer does not show its own changes at once.
        let pods = self.pods(ctx, &set)?;
        let result = self.update(ctx, &set, &view, &old, &pods);
        let waits = status::update(ctx, &view, pods)?;
        result?;
        if waits {
            let seconds = u64::from(set.spec.min_ready_seconds.unsigned_abs());
            self.queue.add_after(ctx, key.clone(), Duration::from_secs(seconds));
        }
        Ok(())
    }
}

impl DaemonSetsController {
    // Models pkg/controller/daemon/daemon_controller.go addPod, updatePod, deletePod
    fn on_pod(&mut self, ctx: &mut Ctx<'_>, change: &Change, pod: &Rc<Pod>) {
        let old = change.old.as_ref().and_then(Pod::of);
        for pod in old.into_iter().chain([pod]) {
            if let Some(set) = owners::controller_of::<DaemonSet>(ctx, &**pod).cloned() {
                let key = sibling(&**pod, &set.meta.name);
                self.queue.add(ctx, key.clone());
                // A second more than its clock can be off.
                let turned_ready = pod.is_ready() && old.is_some_and(|old| !old.is_ready());
                if turned_ready && set.spec.min_ready_seconds > 0 {
                    let seconds = u64::from(set.spec.min_ready_seconds.unsigned_abs()) + 1;
                    self.queue.add_after(ctx, key, Duration::from_secs(seconds));
                }
            }
        }
        if pod.meta.controller().is_none() && change.verb != Verb::Deleted {
            let sets = ctx.api.list::<DaemonSet>(Some(&pod.meta.namespace));
            let matching = sets.filter(|set| {
                let selector = Selector::from_label_selector(set.spec.selector.as_deref());
                selector.is_ok_and(|selector| selector.matches(&pod.meta.labels))
            });
            for key in matching.map(|set| sibling(&**pod, &set.meta.name)).collect::<Vec<_>>() {
                self.queue.add(ctx, key);
            }
        }
    }

    /// The pods of a DaemonSet by node; matching ones without a controller are adopted, others let go.
    // Models pkg/controller/daemon/daemon_controller.go getNodesToDaemonPods
    fn pods(&self, ctx: &mut Ctx<'_>, set: &DaemonSet) -> Result<OnNodes, Status> {
        let mut on_nodes = OnNodes::new();
        for pod in pods::claim(ctx, set, set.spec.selector.as_deref(), &|_| true)? {
            if pod.is_finished() && pod.meta.is_terminating() {
                continue;
            }
            if let Some(node) = placement::target_node(&pod) {
                on_nodes.entry(node).or_default().push(pod);
            }
        }
        Ok(on_nodes)
    }

    // Models pkg/controller/daemon/daemon_controller.go updateDaemonSet
    fn update(
        &mut self,
        ctx: &mut Ctx<'_>,
        set: &Rc<DaemonSet>,
        view: &View<'_>,
        old: &[super::history::Revision],
        pods: &OnNodes,
    ) -> Result<(), Status> {
        let mut plan = view.manage(pods);
        let ended = std::mem::take(&mut plan.ended);
        plan.delete.extend(self.allowed(ctx, set, ended));
        let is_busy = !plan.create.is_empty() || !plan.delete.is_empty();
        self.carry_out(ctx, set, view, plan)?;
        // Upstream waits until it has seen its own changes before it rolls on.
        if !is_busy {
            self.carry_out(ctx, set, view, view.roll(pods))?;
        }
        revisions::clean_up(ctx, set, old)
    }

    /// Creates and deletes pods.
    // Models pkg/controller/daemon/daemon_controller.go syncNodes
    fn carry_out(&mut self, ctx: &mut Ctx<'_>, set: &Rc<DaemonSet>, view: &View<'_>, plan: Plan) -> Result<(), Status> {
        let owner = Object::DaemonSet(set.clone());
        let template = placement::template(set, view.hash);
        let nodes: Vec<Str> = plan.create.into_iter().take(BURST).collect();
        let mut next = nodes.iter();
        let (_, mut result) = pods::slow_start(nodes.len() as u64, || {
            let Some(node) = next.next() else { return Ok(()) };
            let pod = pods::from_template(&**set, &placement::bind_to(&template, node));
            match pods::create(ctx, &mut self.recorder, &owner, pod) {
                Err(error) if namespace_terminates(&error) => Ok(()),
                result => result,
            }
        });
        for pod in plan.delete.iter().take(BURST) {
            match pods::delete(ctx, &mut self.recorder, &owner, pod) {
                Err(error) if error.reason != Reason::NotFound => result = result.and(Err(error)),
                _ => {}
            }
        }
        result
    }

    /// The ended pods that may go now: a node that refuses its pod again and again is given time.
    fn allowed(&mut self, ctx: &mut Ctx<'_>, set: &Rc<DaemonSet>, ended: Vec<Rc<Pod>>) -> Vec<Rc<Pod>> {
        let mut allowed = Vec::new();
        for pod in ended {
            let Some(node) = placement::target_node(&pod) else {
                continue;
            };
            let failed = &*pod.status.phase == "Failed";
            if failed {
                let key = (set.meta.uid.clone(), node.clone());
                // After a quiet time the waits start anew.
                let before = self.failed.get(&key).copied();
                let before = before.filter(|(last, _)| ctx.now.since(*last) <= BACKOFF_MAX * 2);
                if let Some((last, wait)) = before
                    && ctx.now < last + wait
                {
                    self.queue.add_after(ctx, sibling(&**set, &set.meta.name), wait);
                    continue;
                }
                let wait = before.map_or(BACKOFF_FIRST, |(_, wait)| (wait * 2).min(BACKOFF_MAX));
                self.failed.insert(key, (ctx.now, wait));
            }
            self.tell_ended(ctx, set, &pod, &node, failed);
            allowed.push(pod);
        }
        allowed
    }

    fn tell_ended(&mut self, ctx: &mut Ctx<'_>, set: &Rc<DaemonSet>, pod: &Pod, node: &str, failed: bool) {
        let path = format!("{}/{}", pod.meta.namespace, pod.meta.name);
        let (severity, reason, message) = if failed {
            let message = format!("Found failed daemon pod {path} on node {node}, will try to kill it");
            (Severity::Warning, "FailedDaemonPod", message)
        } else {
            let message = format!("Found succeeded daemon pod {path} on node {node}, will try to delete it");
            (Severity::Normal, "SucceededDaemonPod", message)
        };
        self.recorder
            .event(ctx, &Object::DaemonSet(set.clone()), severity, reason, &message);
    }
}
