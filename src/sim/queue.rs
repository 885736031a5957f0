//! The one queue of everything that is going to happen.

use crate::sim::btree::BTreeMap;
use std::cmp::Ordering;
use std::collections::BinaryHeap;

use super::SimTime;

/// The order of work that falls on the same instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    /// A write that others have to hear of.
    Delivery,
    /// A message between components.
    Message,
    /// A timer.
    Timer,
    /// What the user or the scenario does.
    Command,
}

/// What a timer belongs to. Arming a key again replaces its timer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TimerKey {
    /// The component that armed it.
    pub owner: u8,
    /// What it is for; the component's own numbering.
    pub purpose: u8,
    /// What it is about; the component's own numbering.
    pub object: u64,
}

/// What comes out of the queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fired<E> {
    /// An event that was pushed.
    Event(E),
    /// A timer that was armed and not replaced.
    Timer(TimerKey),
}

#[derive(Clone, Debug)]
struct Entry<E> {
    at: SimTime,
    class: Class,
    sequence: u64,
    what: Fired<E>,
}

/// Events in the order (time, class, sequence).
#[derive(Clone, Debug)]
pub struct EventQueue<E> {
    heap: BinaryHeap<Entry<E>>,
    sequence: u64,
    /// The live timer of each key: when, and the sequence number of its entry.
    timers: BTreeMap<TimerKey, (SimTime, u64)>,
}

impl<E> Default for EventQueue<E> {
    fn default() -> Self {
        Self {
            heap: BinaryHeap::new(),
            sequence: 0,
            timers: BTreeMap::new(),
        }
    }
}

impl<E> EventQueue<E> {
    /// Schedules `event`.
    pub fn push(&mut self, at: SimTime, class: Class, event: E) {
        self.insert(at, class, Fired::Event(event));
    }

    /// Arms the timer `key`, replacing the one that may run under it.
    pub fn arm(&mut self, key: TimerKey, at: SimTime) {
        let sequence = self.insert(at, Class::Timer, Fired::Timer(key));
        self.timers.insert(key, (at, sequence));
    }

    /// Arms the timer `key` unless one is due sooner.
    pub fn arm_earlier(&mut self, key: TimerKey, at: SimTime) {
        if self.timers.get(&key).is_none_or(|(due, _)| at < *due) {
            self.arm(key, at);
        }
    }

    /// Takes the timer `key` back.
    pub fn disarm(&mut self, key: TimerKey) {
        self.timers.remove(&key);
    }

    /// When the timer `key` is due.
    #[must_use]
    pub fn due(&self, key: TimerKey) -> Option<SimTime> {
        self.timers.get(&key).map(|(at, _)| *at)
    }

    /// When the next event is due.
    pub fn next_at(&mut self) -> Option<SimTime> {
        self.drop_stale();
        self.heap.peek().map(|entry| entry.at)
    }

    /// Takes the next event out.
    pub fn pop(&mut self) -> Option<(SimTime, Fired<E>)> {
        self.drop_stale();
        let entry = self.heap.pop()?;
        if let Fired::Timer(key) = &entry.what {
            self.timers.remove(key);
        }
        Some((entry.at, entry.what))
    }

    /// How many entries wait, stale timers included.
    #[must_use]
    pub fn len(&self) -> usize {
        self.heap.len()
    }

    /// Whether nothing waits.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.heap.is_empty()
    }

    fn insert(&mut self, at: SimTime, class: Class, what: Fired<E>) -> u64 {
        self.sequence += 1;
        self.heap.push(Entry {
            at,
            class,
            sequence: self.sequence,
            what,
        });
        self.sequence
    }

    /// Drops timers at the head that were replaced or taken back.
    fn drop_stale(&mut self) {
        while let Some(entry) = self.heap.peek() {
            let Fired::Timer(key) = &entry.what else { return };
            if self.timers.get(key).is_some_and(|(_, live)| *live == entry.sequence) {
                return;
            }
            self.heap.pop();
        }
    }
}

impl<E> Entry<E> {
    fn key(&self) -> (SimTime, Class, u64) {
        (self.at, self.class, self.sequence)
    }
}

impl<E> PartialEq for Entry<E> {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

impl<E> Eq for Entry<E> {}

impl<E> PartialOrd for Entry<E> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<E> Ord for Entry<E> {
    /// Reversed: the heap gives the greatest first, we want the earliest.
    fn cmp(&self, other: &Self) -> Ordering {
        other.key().cmp(&self.key())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: TimerKey = TimerKey {
        owner: 1,
        purpose: 0,
        object: 5,
    };

    #[test]
    fn order_is_time_then_class_then_sequence() {
        let mut queue = EventQueue::default();
        queue.push(SimTime(5), Class::Command, "c");
        queue.push(SimTime(5), Class::Delivery, "a");
        queue.push(SimTime(5), Class::Delivery, "b");
        queue.push(SimTime(1), Class::Command, "first");
        let order: Vec<_> = std::iter::from_fn(|| queue.pop()).collect();
        let want = [(1, "first"), (5, "a"), (5, "b"), (5, "c")];
        assert_eq!(order, want.map(|(at, e)| (SimTime(at), Fired::Event(e))));
    }

    #[test]
    fn arming_again_replaces() {
        let mut queue = EventQueue::<()>::default();
        queue.arm(KEY, SimTime(3));
        queue.arm(KEY, SimTime(9));
        assert_eq!(queue.next_at(), Some(SimTime(9)));
        queue.arm_earlier(KEY, SimTime(12));
        assert_eq!(queue.due(KEY), Some(SimTime(9)));
        assert_eq!(queue.pop(), Some((SimTime(9), Fired::Timer(KEY))));
        assert_eq!(queue.pop(), None);
        queue.arm(KEY, SimTime(10));
        queue.disarm(KEY);
        assert_eq!(queue.pop(), None);
    }
}
