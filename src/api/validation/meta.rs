//! Rules for the metadata of every object.
// Models apimachinery/pkg/api/validation/objectmeta.go.

use crate::sim::Arrange;
use serde_json::Value;

use super::at::At;
use crate::api::labels::Labels;
use crate::api::labels::validate_labels;
use crate::api::lean::Field;
use crate::api::names::{FieldError, FieldErrors, Path, is_qualified_name, name_is_dns_label, quote};

const ANNOTATIONS_SIZE_MAX: usize = 256 * 1024;
const ORPHAN: &str = "orphan";
const FOREGROUND: &str = "foregroundDeletion";

/// The rule for the names of a kind; the flag says that characters will be added.
pub(super) type NameRule = fn(&str, bool) -> Vec<String>;

// Models ValidateObjectMeta.
pub(super) fn metadata(meta: &At<'_, '_>, namespaced: bool, rule: NameRule, errors: &mut FieldErrors) {
    plain_metadata(meta, namespaced, rule, errors);
    standard_finalizers(meta, errors);
}

/// The same without what Kubernetes' own kinds of old ask of finalizers.
pub(super) fn plain_metadata(meta: &At<'_, '_>, namespaced: bool, rule: NameRule, errors: &mut FieldErrors) {
    let (name, base) = (meta.get("name"), meta.get("generateName"));
    if !base.text().is_empty() {
        base.rule(errors, rule(base.text(), true));
    }
    if name.text().is_empty() {
        name.required(errors, "name or generateName is required");
    } else {
        name.rule(errors, rule(name.text(), false));
    }
    let namespace = meta.get("namespace");
    match (namespaced, namespace.text().is_empty()) {
        (true, true) => namespace.required(errors, ""),
        (true, false) => namespace.rule(errors, name_is_dns_label(namespace.text(), false)),
        (false, false) => namespace.forbidden(errors, "not allowed on this type"),
        (false, true) => {}
    }
    labels(&meta.get("labels"), errors);
    annotations(&meta.get("annotations"), errors);
    owners(&meta.get("ownerReferences"), errors);
    finalizers(&meta.get("finalizers"), errors);
}

// Models ValidateObjectMetaUpdate: what the server itself keeps cannot be wrong here.
pub(super) fn metadata_update(meta: &At<'_, '_>, old: &Value, errors: &mut FieldErrors) {
    plain_metadata_update(meta, old, errors);
    standard_finalizers(meta, errors);
}

pub(super) fn plain_metadata_update(meta: &At<'_, '_>, old: &Value, errors: &mut FieldErrors) {
    let finalizers = meta.get("finalizers");
    if !old["deletionTimestamp"].is_null() {
        let before: Vec<&str> = old["finalizers"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect();
        let mut extra: Vec<String> = finalizers
            .texts()
            .filter(|name| !before.contains(name))
            .map(quote)
            .collect();
        extra.arrange();
        if !extra.is_empty() {
            let detail = "no new finalizers can be added if the object is being deleted, found new finalizers";
            finalizers.forbidden(errors, &format!("{detail} []string{{{}}}", extra.join(", ")));
        }
    }
    labels(&meta.get("labels"), errors);
    annotations(&meta.get("annotations"), errors);
    owners(&meta.get("ownerReferences"), errors);
}

/// Labels, and maps that must be like labels.
pub(super) fn labels(at: &At<'_, '_>, errors: &mut FieldErrors) {
    let mut labels = Labels::default();
    // A map of wrong values was refused when the document was read.
    if at.is_set() && labels.set(at.value.clone()).is_ok() {
        errors.extend(validate_labels(&labels, &at.path));
    }
}

pub(super) fn annotations(at: &At<'_, '_>, errors: &mut FieldErrors) {
    let mut size = 0;
    for (key, value) in at.entries() {
        errors.push_invalid(&at.path, key, is_qualified_name(&key.to_ascii_lowercase()));
        size += key.len() + value.text().len();
    }
    if size > ANNOTATIONS_SIZE_MAX {
        errors.push(FieldError::too_long(&at.path, ANNOTATIONS_SIZE_MAX));
    }
}

// Models ValidateOwnerReferences.
fn owners(at: &At<'_, '_>, errors: &mut FieldErrors) {
    let mut controller: Option<String> = None;
    for owner in at.items() {
        let owner = owner.told_as(at.path);
        if owner.get("apiVersion").text().is_empty() {
            owner
                .get("apiVersion")
                .invalid_text(errors, "version must not be empty");
        }
        for field in ["kind", "name", "uid"] {
            if owner.get(field).text().is_empty() {
                owner.get(field).invalid_text(errors, "must not be empty");
            }
        }
        if owner.get("apiVersion").text() == "v1" && owner.get("kind").text() == "Event" {
            owner.invalid(errors, "/v1, Kind=Event is disallowed from being an owner");
        }
        if owner.get("controller").is_true() {
            let this = format!("{}/{}", owner.get("kind").text(), owner.get("name").text());
            match &controller {
                Some(other) => {
                    let detail = format!(
                        "Only one reference can have Controller set to true. Found \"true\" in references for {other} and {this}"
                    );
                    at.invalid(errors, detail);
                }
                None => controller = Some(this),
            }
        }
    }
}

/// Finalizers without a domain must be of those that Kubernetes has.
// Models pkg/apis/core/validation/validation.go validateKubeFinalizerName.
fn standard_finalizers(meta: &At<'_, '_>, errors: &mut FieldErrors) {
    for finalizer in meta.get("finalizers").items() {
        standard_finalizer(&finalizer.path, finalizer.text(), errors);
    }
}

pub(super) fn standard_finalizer(path: &Path<'_>, name: &str, errors: &mut FieldErrors) {
    if !name.contains('/') && !["kubernetes", ORPHAN, FOREGROUND].contains(&name) {
        let detail = "name is neither a standard finalizer name nor is it fully qualified";
        errors.push(FieldError::invalid(path, name, detail));
    }
}

// Models ValidateFinalizers.
fn finalizers(at: &At<'_, '_>, errors: &mut FieldErrors) {
    let names: Vec<&str> = at.texts().collect();
    for name in &names {
        errors.push_invalid(&at.path, name, is_qualified_name(name));
    }
    if names.contains(&ORPHAN) && names.contains(&FOREGROUND) {
        at.invalid(
            errors,
            format!("finalizer {ORPHAN} and {FOREGROUND} cannot be both set"),
        );
    }
}
