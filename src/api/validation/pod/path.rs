//! Rules for paths inside volumes and containers.

use crate::api::names::FieldErrors;
use crate::api::validation::at::At;

// Models validateLocalDescendingPath.
pub(super) fn descending_path(at: &At<'_, '_>, errors: &mut FieldErrors) {
    if at.text().starts_with('/') {
        at.invalid_text(errors, "must be a relative path");
    }
    no_backsteps(at, errors);
}

// Models validatePathNoBacksteps.
pub(in crate::api::validation) fn no_backsteps(at: &At<'_, '_>, errors: &mut FieldErrors) {
    if at.text().split('/').any(|part| part == "..") {
        at.invalid_text(errors, "must not contain '..'");
    }
}

// Models ValidateLocalNonReservedPath.
pub(super) fn non_reserved_path(at: &At<'_, '_>, errors: &mut FieldErrors) {
    descending_path(at, errors);
    if at.text().starts_with("..") && !at.text().starts_with("../") {
        at.invalid_text(errors, "must not start with '..'");
    }
}
