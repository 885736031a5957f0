//! What new objects without a struct get from the server.

use serde_json::{Value, json};

use crate::api::Dynamic;
use crate::api::time::Time;

/// Kinds by group and name; the others get nothing.
pub(super) fn prepare_for_create(object: &mut Dynamic, now: Time) {
    match (object.kind.info().group, object.kind.info().kind) {
        ("batch", "Job") => generate_selector(object),
        ("", "PersistentVolume") => {
            object.body.insert(
                "status".to_owned(),
                json!({"phase": "Pending", "lastPhaseTransitionTime": now.to_string()}),
            );
        }
        _ => {}
    }
}

const JOB_NAME: [&str; 2] = ["job-name", "batch.kubernetes.io/job-name"];
const CONTROLLER_UID: [&str; 2] = ["controller-uid", "batch.kubernetes.io/controller-uid"];

/// A Job chooses its pods by its own uid, unless it says how.
// Models pkg/registry/batch/job/strategy.go generateSelector.
fn generate_selector(job: &mut Dynamic) {
    let (name, uid) = (job.meta.name.to_string(), job.meta.uid.to_string());
    let Some(Value::Object(spec)) = job.body.get_mut("spec") else {
        return;
    };
    if spec.get("manualSelector") == Some(&json!(true)) {
        return;
    }
    let template = spec.entry("template").or_insert_with(|| json!({}));
    let names = JOB_NAME.map(|label| (label, &name));
    let uids = CONTROLLER_UID.map(|label| (label, &uid));
    for (label, value) in names.into_iter().chain(uids) {
        set_absent(template, &["metadata", "labels", label], value);
    }
    let selector = spec.entry("selector").or_insert_with(|| json!({}));
    if selector.is_null() {
        *selector = json!({});
    }
    set_absent(selector, &["matchLabels", CONTROLLER_UID[1]], &uid);
}

/// Sets the text under `path` where there is none; what is no object stays, for the validation to refuse.
fn set_absent(value: &mut Value, path: &[&str], text: &str) {
    let Some((first, rest)) = path.split_first() else {
        return;
    };
    let Some(map) = value.as_object_mut() else { return };
    if rest.is_empty() {
        map.entry(*first).or_insert_with(|| json!(text));
    } else {
        set_absent(map.entry(*first).or_insert_with(|| json!({})), rest, text);
    }
}
