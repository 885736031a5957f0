//! A pod that waits.

use std::cmp::Reverse;
use std::rc::Rc;

use crate::scheduler::cache::PodInfo;
use crate::scheduler::framework::{PluginName, PluginSet};
use crate::sim::SimTime;

/// Where in the queue a pod waits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Place {
    /// On its way from one place to another.
    #[default]
    Nowhere,
    /// To be tried next.
    Active,
    /// Backing off after a refusal.
    Backoff,
    /// Backing off after an error.
    ErrorBackoff,
    /// Waiting for something to happen.
    Unschedulable,
}

/// A pod that waits, and how it fared so far.
// Models pkg/scheduler/framework/types.go QueuedPodInfo.
#[derive(Clone, Debug)]
pub struct Waiting {
    /// The pod.
    pub pod: Rc<PodInfo>,
    /// Where it waits.
    pub place: Place,
    /// Since when it waits here: its coming, or its last attempt.
    pub since: SimTime,
    /// When it came.
    pub added: SimTime,
    /// How often it was tried.
    pub attempts: u32,
    /// How often it was refused.
    pub unschedulable_count: u32,
    /// How often in a row an error stopped it.
    pub consecutive_errors: u32,
    /// When its back-off ends.
    pub backoff_until: SimTime,
    /// The plugins that refused it last.
    pub rejectors: PluginSet,
    /// What keeps it from being tried at all.
    pub gated_by: Option<PluginName>,
}

impl Waiting {
    pub(super) fn new(pod: Rc<PodInfo>, now: SimTime) -> Self {
        Self {
            pod,
            place: Place::Nowhere,
            since: now,
            added: now,
            attempts: 0,
            unschedulable_count: 0,
            consecutive_errors: 0,
            backoff_until: SimTime::ZERO,
            rejectors: PluginSet::default(),
            gated_by: None,
        }
    }

    // Models pkg/scheduler/framework/plugins/queuesort/priority_sort.go Less.
    pub(super) fn active_key(&self, number: u64) -> (Reverse<i32>, SimTime, u64) {
        (Reverse(self.pod.priority()), self.since, number)
    }

    pub(super) fn backoff_key(&self, number: u64) -> (SimTime, Reverse<i32>, SimTime, u64) {
        (self.backoff_until, Reverse(self.pod.priority()), self.since, number)
    }
}
