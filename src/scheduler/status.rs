//! What the scheduler notes on pods.

/// The longest text of an event.
// Models pkg/apis/core/validation/events.go NoteLengthLimit.
const NOTE_LENGTH_LIMIT: usize = 1024;

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

    #[test]
    fn long_texts_are_cut() {
        assert_eq!(truncate("short"), "short");
        let cut = truncate(&"x".repeat(2000));
        assert_eq!(cut.len(), 1024);
        assert!(cut.ends_with("x ..."));
    }
}
