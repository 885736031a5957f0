//! A controller's queue of keys: each key once, one at a time, with back-off for those that failed.

use crate::sim::btree::{BTreeMap, BTreeSet};
use std::collections::VecDeque;

use super::Ctx;
use crate::apiserver::Key;
use crate::sim::{Duration, SimTime};

/// Keys that wait to be reconciled.
///
/// The queue keeps one timer of its owner armed: at `purpose`, object 0. The owner calls [`WorkQueue::next`] when it fires.
/// A key that is being worked on is not handed out again before its worker is done; meanwhile it may be added.
#[derive(Clone, Debug)]
pub struct WorkQueue {
    purpose: u8,
    workers: u32,
    /// First wait after a failure, and the longest.
    backoff: (Duration, Duration),
    ready: VecDeque<Key>,
    /// The keys in `ready`.
    waiting: BTreeSet<Key>,
    /// Keys that become ready later.
    later: BTreeSet<(SimTime, Key, Cause)>,
    later_at: BTreeMap<(Key, Cause), SimTime>,
    failures: BTreeMap<Key, u32>,
    /// When the workers are done with the keys that they work on: not more keys than workers.
    busy: BTreeMap<Key, SimTime>,
}

/// Why a key is not ready yet: two waits of one key do not know of each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Cause {
    /// It was added after a delay.
    Delay,
    /// It was added while it is worked on.
    Busy,
}

/// First wait after a failure; it doubles.
// Models k8s.io/client-go/util/workqueue/default_rate_limiters.go.
const BACKOFF_FIRST: Duration = Duration::from_millis(5);
/// Longest wait after a failure.
const BACKOFF_MAX: Duration = Duration::from_secs(1000);

impl WorkQueue {
    /// An empty queue with one worker that uses its owner's timer `purpose`.
    #[must_use]
    pub const fn new(purpose: u8) -> Self {
        Self::with_workers(purpose, 1)
    }

    /// An empty queue whose keys are worked on by so many workers at once.
    #[must_use]
    pub const fn with_workers(purpose: u8, workers: u32) -> Self {
        Self {
            purpose,
            workers,
            backoff: (BACKOFF_FIRST, BACKOFF_MAX),
            ready: VecDeque::new(),
            waiting: BTreeSet::new(),
            later: BTreeSet::new(),
            later_at: BTreeMap::new(),
            failures: BTreeMap::new(),
            busy: BTreeMap::new(),
        }
    }

    /// The same with other waits after failures: the first, and the longest.
    #[must_use]
    pub const fn with_backoff(mut self, first: Duration, max: Duration) -> Self {
        self.backoff = (first, max);
        self
    }

    /// Adds a key unless it waits already.
    pub fn add(&mut self, ctx: &mut Ctx<'_>, key: Key) {
        match self.busy.get(&key) {
            Some(done) if *done > ctx.now => self.add_at(*done, key, Cause::Busy),
            _ => self.make_ready(key),
        }
        self.arm(ctx);
    }

    /// Adds a key after `delay`. Of two delays the earlier counts.
    pub fn add_after(&mut self, ctx: &mut Ctx<'_>, key: Key, delay: Duration) {
        if delay == Duration::ZERO {
            return self.add(ctx, key);
        }
        self.add_at(ctx.now + delay, key, Cause::Delay);
        self.arm(ctx);
    }

    /// Adds a key that failed, after a wait that doubles with each failure.
    pub fn add_rate_limited(&mut self, ctx: &mut Ctx<'_>, key: Key) {
        let failures = self.failures.entry(key.clone()).or_default();
        let factor = 1_u64 << (*failures).min(20);
        *failures += 1;
        let (first, max) = self.backoff;
        self.add_after(ctx, key, (first * factor).min(max));
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

    /// The keys that are ready, in their order.
    pub fn iter(&self) -> impl Iterator<Item = &Key> {
        self.ready.iter()
    }

    /// The next key, when the owner's timer fired. A worker is busy with it for one API call, or as [`WorkQueue::done`] says.
    pub fn next(&mut self, ctx: &mut Ctx<'_>) -> Option<Key> {
        self.busy.retain(|_, done| *done > ctx.now);
        self.take_due(ctx.now);
        let free = self.busy.len() < self.workers as usize;
        let key = free.then(|| self.ready.pop_front()).flatten();
        if let Some(key) = &key {
            self.waiting.remove(key);
            self.busy.insert(key.clone(), ctx.now + ctx.delays.api_call);
        }
        self.arm(ctx);
        key
    }

    /// Says how many API calls the work on a key took, one after the other; its worker is busy until then.
    pub fn done(&mut self, ctx: &mut Ctx<'_>, key: &Key, calls: u64) {
        if calls == 0 {
            self.busy.remove(key);
        } else {
            self.busy.insert(key.clone(), ctx.now + ctx.delays.api_call * calls);
        }
        self.arm(ctx);
    }

    fn make_ready(&mut self, key: Key) {
        if self.waiting.insert(key.clone()) {
            self.ready.push_back(key);
        }
    }

    /// Notes that a key becomes ready `at`; of two times for one cause the earlier counts.
    // Models k8s.io/client-go/util/workqueue/delaying_queue.go insert
    fn add_at(&mut self, at: SimTime, key: Key, cause: Cause) {
        let before = self.later_at.get(&(key.clone(), cause)).copied();
        if before.is_some_and(|before| before <= at) {
            return;
        }
        if let Some(before) = before {
            self.later.remove(&(before, key.clone(), cause));
        }
        self.later_at.insert((key.clone(), cause), at);
        self.later.insert((at, key, cause));
    }

    /// Makes the keys ready whose time has come; those that are being worked on, when that is done.
    fn take_due(&mut self, now: SimTime) {
        while let Some((at, key, cause)) = self.later.first().cloned() {
            if at > now {
                break;
            }
            self.later.remove(&(at, key.clone(), cause));
            self.later_at.remove(&(key.clone(), cause));
            match self.busy.get(&key) {
                Some(done) => self.add_at(*done, key, Cause::Busy),
                None => self.make_ready(key),
            }
        }
    }

    fn arm(&self, ctx: &mut Ctx<'_>) {
        let ready = (!self.ready.is_empty()).then(|| self.worker_free(ctx.now));
        let later = self.later.first().map(|(at, ..)| *at);
        if let Some(at) = [ready, later].into_iter().flatten().min() {
            ctx.arm(self.purpose, 0, at);
        }
    }

    /// When a worker is free.
    fn worker_free(&self, now: SimTime) -> SimTime {
        if self.busy.len() < self.workers as usize {
            return now;
        }
        self.busy.values().min().copied().unwrap_or(now)
    }
}
