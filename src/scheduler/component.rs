//! The scheduler as a component: it hears of pods and nodes, and tries one pod at a time.

use crate::sim::btree::{BTreeMap, BTreeSet};
use std::rc::Rc;

use super::cache::{Cache, PodInfo};
use super::explain::{Explanation, Explanations};
use super::framework::{Action, ClusterEvent, Handle, Nominations, Profile, Subject, node_changes, pod_changes};
use super::pending::{Preemption, VolumeWait};
use super::queue::{PreEnqueue, Queue, QueueLengths, Waiting, WallClock};
use crate::api::core::{Node, Pod};
use crate::api::storage::{PersistentVolume, PersistentVolumeClaim, StorageClass};
use crate::api::{Kind, Object, Resource, Str};
use crate::apiserver::{Change, Verb};
use crate::client::{Component, Ctx, SeriesRecorder};
use crate::sim::SimTime;

/// The name under which pods ask for this scheduler.
// Models k8s.io/api/core/v1 DefaultSchedulerName.
pub const SCHEDULER_NAME: &str = "default-scheduler";

/// Places pods on nodes.
// Models pkg/scheduler/scheduler.go Scheduler.
#[derive(Clone, Debug, Default)]
pub struct Scheduler {
    pub(super) profile: Profile,
    pub(super) cache: Cache,
    pub(super) queue: Queue,
    pub(super) nominations: Nominations,
    pub(super) explanations: Explanations,
    pub(super) recorder: SeriesRecorder,
    /// Where in the order of nodes the next search starts.
    pub(super) next_start: u32,
    /// Room that is about to be made, by number.
    pub(super) preemptions: BTreeMap<u64, Preemption>,
    pub(super) preemption_count: u64,
    /// Uids of the pods for which room is about to be made: they are not tried meanwhile.
    pub(super) preempting: BTreeSet<Str>,
    /// Pods that have a node and wait for their volumes, by uid.
    pub(super) volume_waits: BTreeMap<Str, VolumeWait>,
}

/// The timers of the scheduler.
pub(super) mod timer {
    /// A pod's turn is over: its outcome becomes known.
    pub(in crate::scheduler) const CYCLE: u8 = 0;
    /// Back-offs end, or pods have waited too long.
    pub(in crate::scheduler) const FLUSH: u8 = 1;
    /// Victims are told to go; the object is the number of the preemption.
    pub(in crate::scheduler) const PREEMPT: u8 = 2;
    /// Pods have waited too long for their volumes.
    pub(in crate::scheduler) const VOLUMES: u8 = 3;
}

impl Component for Scheduler {
    fn name(&self) -> &'static str {
        SCHEDULER_NAME
    }

    fn watches(&self) -> &'static [Kind] {
        const KINDS: &[Kind] = &[
            Pod::KIND,
            Node::KIND,
            PersistentVolumeClaim::KIND,
            PersistentVolume::KIND,
            StorageClass::KIND,
        ];
        KINDS
    }

    fn on_change(&mut self, ctx: &mut Ctx<'_>, change: &Change) {
        self.queue
            .set_clock(WallClock::starting_at(ctx.api.wall_ns(SimTime::ZERO)));
        let gone = change.verb == Verb::Deleted;
        match &change.object {
            Object::Pod(pod) => {
                let old = change.old.as_ref().and_then(Pod::of).filter(|pod| !pod.is_finished());
                let new = Some(pod).filter(|pod| !gone && !pod.is_finished());
                self.on_pod(ctx, old, new);
            }
            Object::Node(node) => {
                let old = change.old.as_ref().and_then(Node::of);
                self.on_node(ctx, old, Some(node).filter(|_| !gone));
            }
            _ => self.on_storage(ctx, change),
        }
        self.arm(ctx);
    }

    fn on_timer(&mut self, ctx: &mut Ctx<'_>, purpose: u8, object: u64) {
        self.queue
            .set_clock(WallClock::starting_at(ctx.api.wall_ns(SimTime::ZERO)));
        match purpose {
            timer::CYCLE => self.schedule_one(ctx),
            timer::PREEMPT => self.make_room(ctx, object),
            timer::VOLUMES => self.check_volumes(ctx),
            _ => self.queue.flush(
                ctx.now,
                &PreEnqueue {
                    preempting: &self.preempting,
                },
            ),
        }
        self.arm(ctx);
    }
}

impl Scheduler {
    /// Why the pod is where it is, or why its last attempt failed; none where it is not kept or was never tried.
    #[must_use]
    pub fn explanation(&self, uid: &str) -> Option<&Rc<Explanation>> {
        self.explanations.get(uid)
    }

    /// How many pods wait.
    #[must_use]
    pub fn queue_lengths(&self) -> QueueLengths {
        self.queue.lengths()
    }

    /// Where in the order of nodes the next search starts.
    #[must_use]
    pub const fn next_start(&self) -> u32 {
        self.next_start
    }

    /// The pods that wait, oldest first.
    pub fn waiting(&self) -> impl Iterator<Item = &Waiting> {
        self.queue.iter()
    }

    /// Arms the timers for what comes next.
    fn arm(&self, ctx: &mut Ctx<'_>) {
        if self.queue.has_next() && ctx.due(timer::CYCLE, 0).is_none() {
            ctx.arm(timer::CYCLE, 0, ctx.now + ctx.delays.scheduling);
        }
        match self.queue.next_flush() {
            Some(at) if ctx.due(timer::FLUSH, 0) != Some(at) => ctx.arm(timer::FLUSH, 0, at),
            Some(_) => {}
            None => ctx.disarm(timer::FLUSH, 0),
        }
    }

    /// A pod came, changed or went. Finished pods are as good as gone.
    // Models pkg/scheduler/eventhandlers.go addPod, updatePod and deletePod.
    fn on_pod(&mut self, ctx: &Ctx<'_>, old: Option<&Rc<Pod>>, new: Option<&Rc<Pod>>) {
        match (old, new) {
            (None, Some(new)) if is_assigned(new) => self.add_assigned(ctx, new),
            (None, Some(new)) => self.add_waiting(ctx.now, new),
            (Some(old), Some(new)) if is_assigned(old) => self.update_assigned(ctx, old, new),
            (Some(old), Some(new)) if is_assigned(new) => {
                self.drop_waiting(old);
                self.add_assigned(ctx, new);
            }
            (Some(old), Some(new)) => self.update_waiting(ctx, old, new),
            (Some(old), None) if is_assigned(old) => {
                self.explanations.forget(&old.meta.uid);
                self.cache.remove_pod(&old.meta.uid);
                self.tell(ctx, &deleted(old), |_| true);
            }
            (Some(old), None) => self.delete_waiting(ctx, old),
            (None, None) => {}
        }
    }

    fn add_assigned(&mut self, ctx: &Ctx<'_>, pod: &Rc<Pod>) {
        self.cache.update_pod(pod, &pod.spec.node_name);
        let event = ClusterEvent::assigned_pod(Action::ADD, None, Some(Object::Pod(pod.clone())));
        self.tell(ctx, &event, |_| true);
    }

    fn update_assigned(&mut self, ctx: &Ctx<'_>, old: &Rc<Pod>, new: &Rc<Pod>) {
        self.cache.update_pod(new, &new.spec.node_name);
        for action in pod_changes(old, new) {
            let versions = (Some(Object::Pod(old.clone())), Some(Object::Pod(new.clone())));
            self.tell(ctx, &ClusterEvent::assigned_pod(action, versions.0, versions.1), |_| {
                true
            });
        }
    }

    fn add_waiting(&mut self, now: SimTime, pod: &Rc<Pod>) {
        if !is_ours(pod) {
            return;
        }
        let info = Rc::new(PodInfo::new(pod));
        if !pod.status.nominated_node_name.is_empty() {
            self.nominations.set(&info, &pod.status.nominated_node_name);
        }
        self.queue.add(
            now,
            info,
            &PreEnqueue {
                preempting: &self.preempting,
            },
        );
    }

    // Models pkg/scheduler/eventhandlers.go updatePodInSchedulingQueue.
    fn update_waiting(&mut self, ctx: &Ctx<'_>, old: &Rc<Pod>, new: &Rc<Pod>) {
        if !is_ours(new) {
            return;
        }
        if self.cache.is_assumed(&new.meta.uid) {
            if new.meta.is_terminating() && !old.meta.is_terminating() {
                self.cache.remove_pod(&new.meta.uid);
                self.volume_waits.remove(&new.meta.uid);
                self.tell(ctx, &deleted(new), |_| true);
            }
            return;
        }
        let info = match self.queue.get(&new.meta.uid) {
            Some(waiting) => Rc::new(waiting.pod.updated(new)),
            None => Rc::new(PodInfo::new(new)),
        };
        self.update_nomination(old, &info);
        let events: Vec<_> = pod_changes(old, new)
            .into_iter()
            .map(|action| ClusterEvent {
                subject: Subject::UnscheduledPod,
                action,
                old: Some(Object::Pod(old.clone())),
                new: Some(Object::Pod(new.clone())),
            })
            .collect();
        let mut handle = Handle {
            cache: &mut self.cache,
            api: ctx.api,
            profile: &self.profile,
        };
        let gate = PreEnqueue {
            preempting: &self.preempting,
        };
        self.queue.update(&mut handle, ctx.now, info, &events, &gate);
        let before = &old.status.nominated_node_name;
        if !before.is_empty() && *before != new.status.nominated_node_name {
            self.tell_no_more_important(ctx, old);
        }
    }

    // Models pkg/scheduler/backend/queue/nominator.go UpdateNominatedPod.
    fn update_nomination(&mut self, old: &Pod, new: &Rc<PodInfo>) {
        let (before, now) = (&old.status.nominated_node_name, &new.pod.status.nominated_node_name);
        let kept = self
            .nominations
            .node_of(new.uid())
            .filter(|_| before.is_empty() && now.is_empty())
            .cloned();
        let node = kept.unwrap_or_else(|| now.clone());
        if node.is_empty() {
            self.nominations.remove(new.uid());
        } else {
            self.nominations.set(new, &node);
        }
    }

    /// The pod got a node, from here or from elsewhere.
    fn drop_waiting(&mut self, pod: &Pod) {
        self.nominations.remove(&pod.meta.uid);
        self.queue.remove(&pod.meta.uid);
    }

    // Models pkg/scheduler/eventhandlers.go deletePodFromSchedulingQueue.
    fn delete_waiting(&mut self, ctx: &Ctx<'_>, pod: &Rc<Pod>) {
        if !is_ours(pod) {
            return;
        }
        self.explanations.forget(&pod.meta.uid);
        self.drop_waiting(pod);
        self.volume_waits.remove(&pod.meta.uid);
        if self.cache.is_assumed(&pod.meta.uid) {
            self.cache.remove_pod(&pod.meta.uid);
            self.tell(ctx, &deleted(pod), |_| true);
        } else if !pod.status.nominated_node_name.is_empty() {
            self.tell_no_more_important(ctx, pod);
        }
    }

    /// A pod gave up the node it was promised: of use to pods that are not more important than it.
    fn tell_no_more_important(&mut self, ctx: &Ctx<'_>, pod: &Rc<Pod>) {
        let priority = crate::api::component_helpers::pod_priority(pod);
        self.tell(ctx, &deleted(pod), |waiting| waiting.priority() <= priority);
    }

    // Models pkg/scheduler/eventhandlers.go addNodeToCache, updateNodeInCache and deleteNodeFromCache.
    fn on_node(&mut self, ctx: &Ctx<'_>, old: Option<&Rc<Node>>, new: Option<&Rc<Node>>) {
        let actions = match (old, new) {
            (Some(old), Some(new)) => node_changes(old, new),
            (None, _) => vec![Action::ADD],
            (Some(_), None) => vec![Action::DELETE],
        };
        if let Some(new) = new {
            self.cache.set_node(new);
        }
        for action in actions {
            let wrap = |node: Option<&Rc<Node>>| node.map(|node| Object::Node(node.clone()));
            let event = ClusterEvent {
                subject: Subject::Node,
                action,
                old: wrap(old),
                new: wrap(new),
            };
            self.tell(ctx, &event, |_| true);
        }
        if let (Some(old), None) = (old, new) {
            self.cache.remove_node(&old.meta.name);
        }
    }

    fn on_storage(&mut self, ctx: &mut Ctx<'_>, change: &Change) {
        if !self.volume_waits.is_empty() {
            self.check_volumes(ctx);
        }
        let (action, new) = match change.verb {
            Verb::Added => (Action::ADD, Some(change.object.clone())),
            Verb::Modified => (Action::OTHER_UPDATE, Some(change.object.clone())),
            Verb::Deleted => (Action::DELETE, None),
        };
        let event = ClusterEvent {
            subject: Subject::Storage,
            action,
            old: change.old.clone(),
            new,
        };
        self.tell(ctx, &event, |_| true);
    }

    /// Tells the queue what happened.
    pub(super) fn tell(&mut self, ctx: &Ctx<'_>, event: &ClusterEvent, only: impl Fn(&PodInfo) -> bool) {
        let mut handle = Handle {
            cache: &mut self.cache,
            api: ctx.api,
            profile: &self.profile,
        };
        let gate = PreEnqueue {
            preempting: &self.preempting,
        };
        self.queue.on_event(&mut handle, ctx.now, event, only, &gate);
    }
}

/// A pod that held a node, or was promised one, is gone from there.
fn deleted(pod: &Rc<Pod>) -> ClusterEvent {
    ClusterEvent::assigned_pod(Action::DELETE, Some(Object::Pod(pod.clone())), None)
}

fn is_assigned(pod: &Pod) -> bool {
    !pod.spec.node_name.is_empty()
}

fn is_ours(pod: &Pod) -> bool {
    &*pod.spec.scheduler_name == SCHEDULER_NAME
}
