//! How long a pod that was tried in vain waits before the next attempt.
// Models pkg/scheduler/backend/queue/backoff_queue.go.

use super::waiting::Waiting;
use crate::sim::{Duration, SimTime};

/// The first back-off; it doubles.
const INITIAL_BACKOFF: Duration = Duration::from_secs(1);
/// The longest back-off.
const MAX_BACKOFF: Duration = Duration::from_secs(10);
/// Back-offs end on whole seconds of the wall clock, so that pods which end together are tried by priority.
const WINDOW_NS: u64 = 1_000_000_000;

/// Where the seconds of the wall clock begin.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WallClock {
    /// Nanoseconds into a second of the wall clock at which virtual time starts.
    pub offset_ns: u64,
}

impl WallClock {
    /// The clock of a cluster that starts at that unix time, in nanoseconds.
    #[must_use]
    pub fn starting_at(unix_ns: i64) -> Self {
        Self {
            offset_ns: u64::try_from(unix_ns.rem_euclid(1_000_000_000)).expect("a remainder is not negative"),
        }
    }

    /// The last whole second at or before `time`.
    fn align(self, time: SimTime) -> SimTime {
        SimTime(time.0.saturating_sub((time.0 + self.offset_ns) % WINDOW_NS))
    }

    /// When the back-off of a pod that just failed ends.
    // Models getBackoffTime and calculateBackoffDuration.
    pub(super) fn backoff_end(self, waiting: &Waiting) -> SimTime {
        let count = if waiting.consecutive_errors > 0 {
            waiting.consecutive_errors
        } else {
            waiting.unschedulable_count
        };
        if count == 0 {
            return SimTime::ZERO;
        }
        let doubled = INITIAL_BACKOFF * (1 << (count - 1).min(8));
        self.align(waiting.since + doubled.min(MAX_BACKOFF))
    }

    /// Whether a back-off that ends at `end` is over. A pod that never failed does not back off.
    // Models isPodBackingoff.
    pub(super) fn is_over(self, end: SimTime, now: SimTime) -> bool {
        end == SimTime::ZERO || end < self.align(now)
    }

    /// The first whole second at which a back-off that ends at `end` is over.
    pub(super) fn first_tick_after(self, end: SimTime) -> SimTime {
        self.align(end + Duration(WINDOW_NS))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scheduler::cache::PodInfo;
    use std::rc::Rc;

    #[test]
    fn back_off_doubles_to_ten_seconds_and_is_cut_to_whole_seconds() {
        let clock = WallClock { offset_ns: 250_000_000 };
        let mut waiting = Waiting::new(Rc::new(PodInfo::new(&Rc::default())), SimTime(100_500_000_000));
        for (count, errors, want_ms) in [
            (1, 0, 100_750),
            (2, 0, 101_750),
            (3, 0, 103_750),
            (4, 0, 107_750),
            (5, 0, 109_750),
            (40, 0, 109_750),
            (5, 1, 100_750),
        ] {
            waiting.unschedulable_count = count;
            waiting.consecutive_errors = errors;
            assert_eq!(
                clock.backoff_end(&waiting),
                SimTime(want_ms * 1_000_000),
                "{count} {errors}"
            );
        }
    }

    #[test]
    fn back_off_is_over_in_the_second_after_its_end() {
        let clock = WallClock::default();
        let end = SimTime(5_000_000_000);
        assert!(!clock.is_over(end, SimTime(5_900_000_000)));
        assert!(clock.is_over(end, SimTime(6_000_000_000)));
        assert_eq!(clock.first_tick_after(end), SimTime(6_000_000_000));
    }
}
