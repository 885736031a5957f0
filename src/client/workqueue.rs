//! A controller's queue of keys: each key once, one at a time, with back-off for those that failed.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::Ctx;
use crate::apiserver::Key;
use crate::sim::{Duration, SimTime};

/// Keys that wait to be reconciled.
///
/// The queue keeps one timer of its owner armed: at `purpose`, object 0. The owner calls [`WorkQueue::next`] when it fires.
#[derive(Clone, Debug)]
pub struct WorkQueue {
    purpose: u8,
    ready: VecDeque<Key>,
    /// The keys in `ready`.
    waiting: BTreeSet<Key>,
    /// Keys that become ready later.
    later: BTreeSet<(SimTime, Key)>,
    later_at: BTreeMap<Key, SimTime>,
    failures: BTreeMap<Key, u32>,
    /// The worker is busy until then.
    busy_until: SimTime,
}

/// First wait after a failure; it doubles.
// Models k8s.io/client-go/util/workqueue/default_rate_limiters.go.
const BACKOFF_FIRST: Duration = Duration::from_millis(5);
/// Longest wait after a failure.
const BACKOFF_MAX: Duration = Duration::from_secs(1000);

impl WorkQueue {
    /// An empty queue that uses its owner's timer `purpose`.
    #[must_use]
    pub const fn new(purpose: u8) -> Self {
        Self {
            purpose,
            ready: VecDeque::new(),
            waiting: BTreeSet::new(),
            later: BTreeSet::new(),
            later_at: BTreeMap::new(),
            failures: BTreeMap::new(),
            busy_until: SimTime::ZERO,
        }
    }

    /// Adds a key unless it waits already.
    pub fn add(&mut self, ctx: &mut Ctx<'_>, key: Key) {
        if self.waiting.insert(key.clone()) {
            self.ready.push_back(key);
        }
        self.arm(ctx);
    }

    /// Adds a key after `delay`. Of two delays the earlier counts.
    pub fn add_after(&mut self, ctx: &mut Ctx<'_>, key: Key, delay: Duration) {
        if delay == Duration::ZERO {
            return self.add(ctx, key);
        }
        let at = ctx.now + delay;
        if let Some(before) = self.later_at.get(&key).copied() {
            if before <= at {
                return;
            }
            self.later.remove(&(before, key.clone()));
        }
        self.later_at.insert(key.clone(), at);
        self.later.insert((at, key));
        self.arm(ctx);
    }

    /// Adds a key that failed, after a wait that doubles with each failure.
    pub fn add_rate_limited(&mut self, ctx: &mut Ctx<'_>, key: Key) {
        let failures = self.failures.entry(key.clone()).or_default();
        let factor = 1_u64 << (*failures).min(20);
        *failures += 1;
        self.add_after(ctx, key, (BACKOFF_FIRST * factor).min(BACKOFF_MAX));
    }

    /// Forgets the failures of a key.
    pub fn forget(&mut self, key: &Key) {
        self.failures.remove(key);
    }

    /// How often a key failed in a row.
    #[must_use]
    pub fn failures(&self, key: &Key) -> u32 {
        self.failures.get(key).copied().unwrap_or_default()
    }

    /// How many keys are ready.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ready.len()
    }

    /// Whether no key is ready.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ready.is_empty()
    }

    /// The next key, when the owner's timer fired. The worker is then busy for one API call; the timer is armed again
    /// while keys wait.
    pub fn next(&mut self, ctx: &mut Ctx<'_>) -> Option<Key> {
        while let Some((at, key)) = self.later.first().cloned() {
            if at > ctx.now {
                break;
            }
            self.later.remove(&(at, key.clone()));
            self.later_at.remove(&key);
            if self.waiting.insert(key.clone()) {
                self.ready.push_back(key);
            }
        }
        let key = self.ready.pop_front();
        if let Some(key) = &key {
            self.waiting.remove(key);
            self.busy_until = ctx.now + ctx.delays.api_call;
        }
        self.arm(ctx);
        key
    }

    fn arm(&self, ctx: &mut Ctx<'_>) {
        let ready = (!self.ready.is_empty()).then_some(ctx.now);
        let later = self.later.first().map(|(at, _)| *at);
        if let Some(at) = [ready, later].into_iter().flatten().min() {
            ctx.arm(self.purpose, 0, at.max(self.busy_until));
        }
    }
}
