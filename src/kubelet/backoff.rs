//! Waits that double: crash loops and image pulls.

use crate::sim::btree::BTreeMap;

use crate::sim::{Duration, SimTime};

/// First wait.
pub const FIRST: Duration = Duration::from_secs(10);
/// Longest wait.
pub const MAX: Duration = Duration::from_secs(300);

/// The waits of one node, by key.
// Models k8s.io/client-go/util/flowcontrol Backoff
#[derive(Clone, Debug)]
pub struct Backoff<K: Ord> {
    entries: BTreeMap<K, Entry>,
}

impl<K: Ord> Default for Backoff<K> {
    fn default() -> Self {
        Self {
            entries: BTreeMap::new(),
        }
    }
}

/// The wait of one key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// How long.
    pub wait: Duration,
    /// When it was last lengthened.
    pub updated: SimTime,
    /// How often it was lengthened since it was forgotten last.
    pub steps: u32,
}

impl Entry {
    /// Calm for twice the longest wait: the next failure starts over.
    fn has_expired(self, at: SimTime) -> bool {
        at.since(self.updated) > MAX * 2
    }
}

impl<K: Ord> Backoff<K> {
    /// The wait of `key`; none before the first failure.
    pub fn get(&self, key: &K) -> Option<Entry> {
        self.entries.get(key).copied()
    }

    /// Lengthens the wait of `key` after something that happened at `event`.
    pub fn next(&mut self, key: K, event: SimTime, now: SimTime) {
        let entry = match self.entries.get(&key) {
            Some(entry) if !entry.has_expired(event) => Entry {
                wait: (entry.wait * 2).min(MAX),
                updated: now,
                steps: entry.steps + 1,
            },
            _ => Entry {
                wait: FIRST,
                updated: now,
                steps: 1,
            },
        };
        self.entries.insert(key, entry);
    }

    /// The wait that is still on, counted from `event`.
    pub fn in_force_since(&self, key: &K, event: SimTime, now: SimTime) -> Option<Duration> {
        let entry = self.get(key).filter(|entry| !entry.has_expired(event))?;
        (now.since(event) < entry.wait).then_some(entry.wait)
    }

    /// The wait that is still on, counted from when it was lengthened.
    pub fn in_force(&self, key: &K, now: SimTime) -> Option<Duration> {
        let entry = self.get(key).filter(|entry| !entry.has_expired(now))?;
        (now.since(entry.updated) < entry.wait).then_some(entry.wait)
    }

    /// Drops the waits that `keep` does not want.
    pub fn retain(&mut self, keep: impl Fn(&K) -> bool) {
        self.entries.retain(|key, _| keep(key));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn at(seconds: u64) -> SimTime {
        SimTime(seconds * 1_000_000_000)
    }

    #[test]
    fn waits_double_up_to_five_minutes() {
        let mut backoff = Backoff::default();
        let mut now = at(0);
        for want in [10, 20, 40, 80, 160, 300, 300] {
            backoff.next("a", now, now);
            assert_eq!(backoff.get(&"a").map(|entry| entry.wait.as_secs()), Some(want));
            now += Duration::from_secs(want);
        }
    }

    #[test]
    fn ten_quiet_minutes_forget() {
        for (quiet, want) in [(600, 20), (601, 10)] {
            let mut backoff = Backoff::default();
            backoff.next("a", at(0), at(0));
            backoff.next("a", at(quiet), at(quiet));
            assert_eq!(
                backoff.get(&"a").map(|entry| entry.wait.as_secs()),
                Some(want),
                "after {quiet}s"
            );
        }
    }

    #[test]
    fn the_wait_counts_from_the_event() {
        let mut backoff = Backoff::default();
        backoff.next("a", at(100), at(103));
        for (event, now, want) in [(105, 114, true), (105, 115, false), (95, 104, true), (95, 105, false)] {
            assert_eq!(
                backoff.in_force_since(&"a", at(event), at(now)).is_some(),
                want,
                "event {event}, now {now}"
            );
        }
        assert!(backoff.in_force(&"a", at(112)).is_some());
        assert!(backoff.in_force(&"a", at(113)).is_none());
        assert!(backoff.in_force(&"b", at(103)).is_none());
    }
}
