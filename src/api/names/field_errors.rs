//! All that is wrong with an object, and its text in a Status message.

use crate::sim::btree::BTreeSet;
use std::fmt;

use super::{FieldError, Path};

/// All that is wrong with an object, in the order found.
// Models apimachinery/pkg/util/validation/field ErrorList
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FieldErrors(pub Vec<FieldError>);

impl FieldErrors {
    /// Whether nothing is wrong.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many things are wrong.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Adds one.
    pub fn push(&mut self, error: FieldError) {
        self.0.push(error);
    }

    /// Adds an `Invalid value` for each message.
    pub fn push_invalid(&mut self, path: &Path<'_>, value: &str, messages: Vec<String>) {
        self.extend(
            messages
                .into_iter()
                .map(|message| FieldError::invalid(path, value, message)),
        );
    }

    /// The errors in order.
    pub fn iter(&self) -> std::slice::Iter<'_, FieldError> {
        self.0.iter()
    }

    /// The errors as one text: one alone as it is, several as `[a, b]`, equal ones once.
    // Models apimachinery/pkg/util/validation/field ErrorList.ToAggregate
    pub fn aggregate(&self) -> String {
        aggregate(self.0.iter().map(FieldError::to_string))
    }

    /// Success if nothing is wrong.
    pub fn into_result(self) -> Result<(), Self> {
        if self.is_empty() { Ok(()) } else { Err(self) }
    }
}

impl fmt::Display for FieldErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.aggregate())
    }
}

impl std::error::Error for FieldErrors {}

impl Extend<FieldError> for FieldErrors {
    fn extend<I: IntoIterator<Item = FieldError>>(&mut self, errors: I) {
        self.0.extend(errors);
    }
}

impl FromIterator<FieldError> for FieldErrors {
    fn from_iter<I: IntoIterator<Item = FieldError>>(errors: I) -> Self {
        Self(errors.into_iter().collect())
    }
}

impl IntoIterator for FieldErrors {
    type Item = FieldError;
    type IntoIter = std::vec::IntoIter<FieldError>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

/// Several messages as one: `[a, b]` without repetitions, or a single message as it is.
// Models apimachinery/pkg/util/errors aggregate.Error
pub fn aggregate(messages: impl IntoIterator<Item = String>) -> String {
    let mut seen = BTreeSet::new();
    let messages: Vec<String> = messages
        .into_iter()
        .filter(|message| seen.insert(message.clone()))
        .collect();
    match messages.as_slice() {
        [message] => message.clone(),
        [] => String::new(),
        several => format!("[{}]", several.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_print_as_aggregates() {
        let mut errors = FieldErrors::default();
        assert_eq!(errors.aggregate(), "");
        errors.push(FieldError::required(&Path::new("a"), ""));
        errors.push(FieldError::required(&Path::new("a"), ""));
        assert_eq!(errors.aggregate(), "a: Required value");
        errors.push_invalid(&Path::new("b"), "x", vec!["one".into(), "two".into()]);
        let want = r#"[a: Required value, b: Invalid value: "x": one, b: Invalid value: "x": two]"#;
        assert_eq!(errors.to_string(), want);
        assert_eq!(errors.0[2].body(), r#"Invalid value: "x": one"#);
        assert_eq!(errors.0[2].kind.reason(), "FieldValueInvalid");
    }
}
