//! What Kubernetes refuses, in its words.

use super::Object;
use super::names::FieldErrors;

/// What is wrong with a new object.
#[must_use]
pub fn validate_create(_object: &Object) -> FieldErrors {
    FieldErrors::default()
}

/// What is wrong with an object that replaces `old`.
#[must_use]
pub fn validate_update(_object: &Object, _old: &Object) -> FieldErrors {
    FieldErrors::default()
}
