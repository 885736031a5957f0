//! The pods that wait for a node: those to be tried next, those that back off, and those for which nothing has changed.

mod backoff;
mod hints;
mod waiting;

use crate::sim::btree::{BTreeMap, BTreeSet};
use std::cmp::Reverse;
use std::rc::Rc;

pub use backoff::WallClock;
pub use hints::PreEnqueue;
pub use waiting::{Place, Waiting};

use super::cache::PodInfo;
use super::framework::{ClusterEvent, Handle, PluginName, PluginSet};
use crate::api::Str;
use crate::sim::{Duration, SimTime};

/// A pod refused for so long is tried again even if nothing happened.
// Models pkg/scheduler/backend/queue/scheduling_queue.go DefaultPodMaxInUnschedulablePodsDuration.
const MAX_IN_UNSCHEDULABLE: Duration = Duration::from_secs(300);
/// How often the pool is searched for such pods.
const FLUSH_PERIOD: Duration = Duration::from_secs(30);

/// A pod of the queue by number.
type Number = u64;

/// All pods that wait.
// Models pkg/scheduler/backend/queue/scheduling_queue.go PriorityQueue.
#[derive(Clone, Debug, Default)]
pub struct Queue {
    clock: WallClock,
    next: Number,
    by_uid: BTreeMap<Str, Number>,
    pods: BTreeMap<Number, Waiting>,
    /// To be tried next: highest priority first, then the longest wait.
    active: BTreeSet<(Reverse<i32>, SimTime, Number)>,
    /// Back off after a refusal: earliest end first.
    backoff: BTreeSet<(SimTime, Reverse<i32>, SimTime, Number)>,
    /// Back off after an error: earliest end first.
    error_backoff: BTreeSet<(SimTime, Number)>,
    /// Wait for something to happen: longest wait first.
    unschedulable: BTreeSet<(SimTime, Number)>,
    /// May not be tried at all for now.
    gated: BTreeSet<Number>,
    /// The same by the plugins that refused them.
    refused_by: BTreeMap<PluginName, BTreeSet<Number>>,
    /// The same where no plugin refused: any event will do.
    refused_by_none: BTreeSet<Number>,
}

/// How many pods wait in each part.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct QueueLengths {
    /// To be tried next.
    pub active: u64,
    /// Backing off.
    pub backoff: u64,
    /// Waiting for something to happen, gated pods included.
    pub unschedulable: u64,
}

impl Queue {
    /// Sets where the seconds of the wall clock begin: back-offs end on them.
    pub const fn set_clock(&mut self, clock: WallClock) {
        self.clock = clock;
    }

    /// How many pods wait.
    #[must_use]
    pub fn lengths(&self) -> QueueLengths {
        QueueLengths {
            active: self.active.len() as u64,
            backoff: (self.backoff.len() + self.error_backoff.len()) as u64,
            unschedulable: (self.unschedulable.len() + self.gated.len()) as u64,
        }
    }

    /// The pod of that uid and where it waits.
    #[must_use]
    pub fn get(&self, uid: &str) -> Option<&Waiting> {
        self.pods.get(self.by_uid.get(uid)?)
    }

    /// All pods that wait, oldest first.
    pub fn iter(&self) -> impl Iterator<Item = &Waiting> {
        self.pods.values()
    }

    /// Adds a pod that is new.
    pub fn add(&mut self, now: SimTime, pod: Rc<PodInfo>, gate: &PreEnqueue<'_>) {
        if self.by_uid.contains_key(pod.uid()) {
            return;
        }
        self.next += 1;
        let number = self.next;
        self.by_uid.insert(pod.uid().clone(), number);
        self.pods.insert(number, Waiting::new(pod, now));
        self.move_to_active(number, gate);
    }

    /// Takes a pod out, for good.
    pub fn remove(&mut self, uid: &str) -> Option<Waiting> {
        let number = self.by_uid.remove(uid)?;
        self.leave_place(number);
        self.pods.remove(&number)
    }

    /// Takes over a newer version of a pod that waits. `events` say what changed of it.
    pub fn update(
        &mut self,
        handle: &mut Handle<'_>,
        now: SimTime,
        pod: Rc<PodInfo>,
        events: &[ClusterEvent],
        gate: &PreEnqueue<'_>,
    ) {
        let Some(number) = self.by_uid.get(pod.uid()).copied() else {
            return self.add(now, pod, gate);
        };
        let place = self.leave_place(number);
        if let Some(waiting) = self.pods.get_mut(&number) {
            waiting.pod = pod;
        }
        self.enter_place(number, place);
        if place != Place::Unschedulable {
            return;
        }
        for event in events {
            if self.worth_requeuing(handle, number, event) && self.requeue(now, number, gate) {
                return;
            }
        }
    }

    /// The pod to be tried now. With nothing else to do, a pod need not back off to the end.
    // Models pkg/scheduler/backend/queue/active_queue.go pop.
    pub fn pop(&mut self) -> Option<Waiting> {
        let number = match self.active.first() {
            Some((.., number)) => *number,
            None => self.backoff.first()?.3,
        };
        self.leave_place(number);
        let mut waiting = self.pods.remove(&number)?;
        self.by_uid.remove(waiting.pod.uid());
        waiting.attempts += 1;
        Some(waiting)
    }

    /// Whether a pod can be tried now.
    #[must_use]
    pub fn has_next(&self) -> bool {
        !self.active.is_empty() || !self.backoff.is_empty()
    }

    /// Puts a pod back that was tried in vain. `rejectors` are the plugins that refused it; none after an error.
    // Models pkg/scheduler/backend/queue/scheduling_queue.go AddUnschedulableIfNotPresent.
    pub fn put_back(&mut self, now: SimTime, mut waiting: Waiting, rejectors: PluginSet, gate: &PreEnqueue<'_>) {
        if rejectors.is_empty() {
            waiting.consecutive_errors += 1;
        } else {
            waiting.unschedulable_count += 1;
            waiting.consecutive_errors = 0;
        }
        waiting.rejectors = rejectors;
        waiting.place = Place::Nowhere;
        waiting.since = now;
        waiting.backoff_until = self.clock.backoff_end(&waiting);
        self.next += 1;
        let number = self.next;
        self.by_uid.insert(waiting.pod.uid().clone(), number);
        self.pods.insert(number, waiting);
        if rejectors.is_empty() {
            self.requeue(now, number, gate);
        } else {
            self.enter_place(number, Place::Unschedulable);
        }
    }

    /// Something happened: moves the pods on that it might help.
    // Models pkg/scheduler/backend/queue/scheduling_queue.go MoveAllToActiveOrBackoffQueue.
    pub fn on_event(
        &mut self,
        handle: &mut Handle<'_>,
        now: SimTime,
        event: &ClusterEvent,
        only: impl Fn(&PodInfo) -> bool,
        gate: &PreEnqueue<'_>,
    ) {
        for number in self.interested(event) {
            let Some(waiting) = self.pods.get(&number) else {
                continue;
            };
            if only(&waiting.pod) && self.worth_requeuing(handle, number, event) {
                self.requeue(now, number, gate);
            }
        }
    }

    /// Moves pods on whose back-off is over, and pods that have waited too long for anything to happen.
    // Models pkg/scheduler/backend/queue/scheduling_queue.go flushBackoffQCompleted and flushUnschedulablePodsLeftover.
    pub fn flush(&mut self, now: SimTime, gate: &PreEnqueue<'_>) {
        let mut over: Vec<Number> = Vec::new();
        over.extend(
            self.backoff
                .iter()
                .take_while(|(end, ..)| self.clock.is_over(*end, now))
                .map(|(.., number)| *number),
        );
        over.extend(
            self.error_backoff
                .iter()
                .take_while(|(end, _)| self.clock.is_over(*end, now))
                .map(|(_, number)| *number),
        );
        for number in over {
            self.move_to_active_unchecked(number);
        }
        let stale = self
            .unschedulable
            .iter()
            .take_while(|(since, _)| flush_at(*since) <= now);
        let stale: Vec<Number> = stale.map(|(_, number)| *number).collect();
        for number in stale {
            self.requeue(now, number, gate);
        }
    }

    /// When [`Queue::flush`] has something to do next.
    #[must_use]
    pub fn next_flush(&self) -> Option<SimTime> {
        let backoff = self.backoff.first().map(|(end, ..)| self.clock.first_tick_after(*end));
        let errors = self
            .error_backoff
            .first()
            .map(|(end, _)| self.clock.first_tick_after(*end));
        let stale = self.unschedulable.first().map(|(since, _)| flush_at(*since));
        [backoff, errors, stale].into_iter().flatten().min()
    }

    /// Moves a pod on after an event: to be tried at once, or, while it backs off, after that.
    /// Says whether it left the pool.
    // Models pkg/scheduler/backend/queue/scheduling_queue.go requeuePodWithQueueingStrategy.
    fn requeue(&mut self, now: SimTime, number: Number, gate: &PreEnqueue<'_>) -> bool {
        let Some(waiting) = self.pods.get(&number) else {
            return false;
        };
        if self.clock.is_over(waiting.backoff_until, now) {
            return self.move_to_active(number, gate);
        }
        let place = if waiting.rejectors.is_empty() {
            Place::ErrorBackoff
        } else {
            Place::Backoff
        };
        if self.is_held_back(number, gate) {
            return false;
        }
        self.leave_place(number);
        self.enter_place(number, place);
        true
    }

    fn move_to_active(&mut self, number: Number, gate: &PreEnqueue<'_>) -> bool {
        if self.is_held_back(number, gate) {
            return false;
        }
        self.move_to_active_unchecked(number);
        true
    }

    fn move_to_active_unchecked(&mut self, number: Number) {
        self.leave_place(number);
        self.enter_place(number, Place::Active);
    }

    /// Asks whether the pod may be tried at all, and keeps it in the pool if not.
    // Models pkg/scheduler/backend/queue/scheduling_queue.go runPreEnqueuePlugins.
    fn is_held_back(&mut self, number: Number, gate: &PreEnqueue<'_>) -> bool {
        let Some(waiting) = self.pods.get(&number) else {
            return true;
        };
        let held_by = gate.holds_back(&waiting.pod);
        self.leave_place(number);
        if let Some(waiting) = self.pods.get_mut(&number) {
            waiting.gated_by = held_by;
            waiting.rejectors.extend(held_by);
        }
        self.enter_place(number, Place::Unschedulable);
        held_by.is_some()
    }

    fn leave_place(&mut self, number: Number) -> Place {
        let Some(waiting) = self.pods.get(&number) else {
            return Place::Nowhere;
        };
        match waiting.place {
            Place::Active => {
                self.active.remove(&waiting.active_key(number));
            }
            Place::Backoff => {
                self.backoff.remove(&waiting.backoff_key(number));
            }
            Place::ErrorBackoff => {
                self.error_backoff.remove(&(waiting.backoff_until, number));
            }
            Place::Unschedulable => {
                self.unschedulable.remove(&(waiting.since, number));
                self.gated.remove(&number);
                self.refused_by_none.remove(&number);
                for set in self.refused_by.values_mut() {
                    set.remove(&number);
                }
            }
            Place::Nowhere => {}
        }
        waiting.place
    }

    fn enter_place(&mut self, number: Number, place: Place) {
        let Some(waiting) = self.pods.get_mut(&number) else {
            return;
        };
        waiting.place = place;
        match place {
            Place::Active => {
                self.active.insert(waiting.active_key(number));
            }
            Place::Backoff => {
                self.backoff.insert(waiting.backoff_key(number));
            }
            Place::ErrorBackoff => {
                self.error_backoff.insert((waiting.backoff_until, number));
            }
            Place::Unschedulable => {
                match waiting.gated_by {
                    Some(_) => self.gated.insert(number),
                    None => self.unschedulable.insert((waiting.since, number)),
                };
                if waiting.rejectors.is_empty() {
                    self.refused_by_none.insert(number);
                }
                for plugin in PluginName::all().filter(|plugin| waiting.rejectors.has(*plugin)) {
                    self.refused_by.entry(plugin).or_default().insert(number);
                }
            }
            Place::Nowhere => {}
        }
    }
}

/// When the pool lets a pod go that nothing has helped: the first search after five minutes.
fn flush_at(since: SimTime) -> SimTime {
    let earliest = since + MAX_IN_UNSCHEDULABLE + Duration(1);
    earliest.next_on_grid(Duration::ZERO, FLUSH_PERIOD)
}
