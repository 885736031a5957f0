//! What the scheduler notes on pods.

use crate::api::core::PodStatus;
use crate::api::meta::Condition;

/// The longest text of an event.
// Models pkg/apis/core/validation/events.go NoteLengthLimit.
const NOTE_LENGTH_LIMIT: usize = 1024;

/// Sets a condition; the time of the transition moves only with the status. Says whether anything changed.
// Models pkg/api/v1/pod/util.go UpdatePodCondition.
pub(super) fn set_condition(status: &mut PodStatus, mut condition: Condition) -> bool {
    let mut conditions = status.conditions.to_vec();
    match conditions.iter_mut().find(|old| old.kind == condition.kind) {
        Some(old) => {
            if old.status == condition.status {
                condition.last_transition_time = old.last_transition_time;
            }
            if *old == condition {
                return false;
            }
            *old = condition;
        }
        None => conditions.push(condition),
    }
    status.conditions = conditions.into();
    true
}

/// Cuts a text to the length of an event's.
// Models pkg/scheduler/schedule_one.go truncateMessage.
pub(super) fn truncate(message: &str) -> String {
    if message.len() <= NOTE_LENGTH_LIMIT {
        return message.to_owned();
    }
    let suffix = " ...";
    let mut end = NOTE_LENGTH_LIMIT - suffix.len();
    while !message.is_char_boundary(end) {
        end -= 1;
    }
    format!("{}{suffix}", &message[..end])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::time::Time;

    #[test]
    fn the_transition_time_moves_with_the_status_alone() {
        let mut status = PodStatus::default();
        let condition = |ok, message: &str, at| Condition::new("PodScheduled", ok, "R", message, Time(at));
        assert!(set_condition(&mut status, condition(false, "a", 1)));
        assert!(!set_condition(&mut status, condition(false, "a", 2)));
        assert!(set_condition(&mut status, condition(false, "b", 3)));
        assert_eq!(status.conditions[0].last_transition_time, Some(Time(1)));
        assert!(set_condition(&mut status, condition(true, "b", 4)));
        assert_eq!(status.conditions[0].last_transition_time, Some(Time(4)));
    }

    #[test]
    fn long_texts_are_cut() {
        assert_eq!(truncate("short"), "short");
        let cut = truncate(&"x".repeat(2000));
        assert_eq!(cut.len(), 1024);
        assert!(cut.ends_with("x ..."));
    }
}
