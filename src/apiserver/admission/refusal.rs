//! How admission refuses an object.

use crate::api::status::Status;
use crate::api::{Object, Str};

/// A refusal of the object by an admission plugin.
// Models k8s.io/apiserver/pkg/admission/errors.go NewForbidden.
pub(super) fn forbidden(object: &Object, why: &str) -> Status {
    Status::forbidden(object.kind(), &display_name(object), why)
}

/// The name, or what it will begin with: the server has not named the object yet.
fn display_name(object: &Object) -> Str {
    let meta = object.meta();
    if meta.name.is_empty() {
        meta.generate_name.clone()
    } else {
        meta.name.clone()
    }
}
