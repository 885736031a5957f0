//! What new objects without a struct get from the server.

use serde_json::{Value, json};

use crate::api::Dynamic;
use crate::api::labels::Labels;
use crate::api::lean::Field;

/// Kinds by group and name; the others get nothing.
pub(super) fn prepare_for_create(object: &mut Dynamic) {
    match (object.kind.info().group, object.kind.info().kind) {
        ("batch", "Job") => generate_selector(object),
        ("apps", "DaemonSet") => object.meta.set_annotation(TEMPLATE_GENERATION, "1"),
        _ => {}
    }
}

/// Counts the changes of a DaemonSet's template.
const TEMPLATE_GENERATION: &str = "deprecated.daemonset.template.generation";

/// What an update changes by the way.
pub(super) fn prepare_for_update(object: &mut Dynamic, old: &Dynamic) {
    let template = |object: &Dynamic| object.body.get("spec").and_then(|spec| spec.get("template")).cloned();
    if object.kind.info().kind == "DaemonSet" {
        let before = old
            .meta
            .annotation(TEMPLATE_GENERATION)
            .and_then(|text| text.parse::<i64>().ok());
        let changed = template(object) != template(old);
        let now = before.unwrap_or_default() + i64::from(changed);
        object.meta.set_annotation(TEMPLATE_GENERATION, &now.to_string());
    }
}

const JOB_NAME: [&str; 2] = ["job-name", "batch.kubernetes.io/job-name"];
const CONTROLLER_UID: [&str; 2] = ["controller-uid", "batch.kubernetes.io/controller-uid"];

/// A Job chooses its pods by its own uid, unless it says how.
// Models pkg/registry/batch/job/strategy.go generateSelector.
fn generate_selector(job: &mut Dynamic) {
    let shares_labels = job.meta.labels.is_empty() || Some(job.meta.labels.get_always()) == template_labels(job);
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
    // The labels of a Job that names none are those of its pods, the generated ones too.
    if shares_labels && let Some(labels) = template_labels(job) {
        let mut own = Labels::default();
        if own.set(labels).is_ok() {
            job.meta.labels = own.into();
        }
    }
}

fn template_labels(job: &Dynamic) -> Option<Value> {
    job.body.get("spec")?.pointer("/template/metadata/labels").cloned()
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
