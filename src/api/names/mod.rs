//! Rules for names, label keys and values, and the messages of what breaks them.
//!
//! A rule is a function from a text to the list of what is wrong with it, in upstream's words; an empty list means
//! that the text is legal. [`FieldError`] joins such a message to the [`Path`] of a field; [`FieldErrors`] is all that is
//! wrong with an object.

mod dns;
mod field_error;
mod field_errors;
mod path;
mod quote;
mod rules;

pub use dns::*;
pub use field_error::{BadValue, FieldError, FieldErrorKind};
pub use field_errors::{FieldErrors, aggregate};
pub use path::Path;
pub use quote::quote;
pub(super) use quote::quote_ascii;
pub use rules::*;

/// The message of a text over a number of characters.
// Models apimachinery/pkg/util/validation MaxLenError
pub fn max_len_error(max: usize) -> String {
    format!("must be no more than {max} characters")
}

/// The message of a text over a number of bytes. The newer rules, those of label keys and values, speak of bytes.
// Models apimachinery/pkg/api/validate/content MaxLenError
pub fn max_bytes_error(max: usize) -> String {
    format!("must be no more than {max} bytes")
}

/// The message of a number out of bounds.
// Models apimachinery/pkg/util/validation InclusiveRangeError
pub fn inclusive_range_error(min: i64, max: i64) -> String {
    format!("must be between {min} and {max}, inclusive")
}

/// The message of a text of the wrong form.
// Models apimachinery/pkg/util/validation RegexError
pub fn regex_error(message: &str, regex: &str, examples: &[&str]) -> String {
    if examples.is_empty() {
        return format!("{message} (regex used for validation is '{regex}')");
    }
    let examples: Vec<String> = examples.iter().map(|example| format!("'{example}', ")).collect();
    format!(
        "{message} (e.g. {}regex used for validation is '{regex}')",
        examples.join(" or ")
    )
}

/// A list of one message, or of none where the rule holds.
fn unless(holds: bool, message: impl FnOnce() -> String) -> Vec<String> {
    if holds { Vec::new() } else { vec![message()] }
}
