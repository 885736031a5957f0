//! StatefulSets, DaemonSets, Jobs, CronJobs and what else makes pods.

use std::rc::Rc;

use serde_json::{Value, json};

use super::body::{Body, child, each, existing, fill, put, spec, text};
use super::default_template;
use super::storage;
use crate::api::core::PodTemplateSpec;
use crate::api::labels::Labels;
use crate::api::lean::Field;
use crate::api::meta::ObjectMeta;

/// Fills in the pod template that stands there.
pub(super) fn template(there: Option<&mut Value>) {
    let Some(value) = there else { return };
    let mut template = PodTemplateSpec::default();
    // A template of a wrong type is the validation's to refuse.
    if template.set(value.take()).is_ok() {
        default_template(&mut template);
        *value = template.get_always();
    }
}

/// Kinds of `apps/v1`.
pub(super) fn apps(kind: &str, body: &mut Body) {
    match kind {
        "StatefulSet" => stateful_set(spec(body)),
        "DaemonSet" => daemon_set(spec(body)),
        _ => {}
    }
}

// Models pkg/apis/apps/v1/defaults.go SetDefaults_StatefulSet.
fn stateful_set(spec: &mut Body) {
    template(spec.get_mut("template"));
    fill(spec, "podManagementPolicy", "OrderedReady");
    let strategy = child(spec, "updateStrategy");
    if text(strategy, "type").is_empty() {
        fill(strategy, "type", "RollingUpdate");
        child(strategy, "rollingUpdate");
    }
    if text(strategy, "type") == "RollingUpdate"
        && let Some(rolling) = existing(strategy, "rollingUpdate")
    {
        put(rolling, "partition", 0);
    }
    let retention = child(spec, "persistentVolumeClaimRetentionPolicy");
    fill(retention, "whenDeleted", "Retain");
    fill(retention, "whenScaled", "Retain");
    put(spec, "replicas", 1);
    put(spec, "revisionHistoryLimit", 10);
    for claim in each(spec, "volumeClaimTemplates") {
        fill(claim, "apiVersion", "v1");
        fill(claim, "kind", "PersistentVolumeClaim");
        storage::claim(claim);
    }
}

// Models SetDefaults_DaemonSet.
fn daemon_set(spec: &mut Body) {
    template(spec.get_mut("template"));
    let strategy = child(spec, "updateStrategy");
    fill(strategy, "type", "RollingUpdate");
    if text(strategy, "type") == "RollingUpdate" {
        let rolling = child(strategy, "rollingUpdate");
        put(rolling, "maxUnavailable", 1);
        put(rolling, "maxSurge", 0);
    }
    put(spec, "revisionHistoryLimit", 10);
}

/// Kinds of `batch/v1`.
pub(super) fn batch(kind: &str, body: &mut Body, meta: &mut ObjectMeta) {
    match kind {
        "Job" => {
            job(spec(body));
            if meta.labels.is_empty() {
                meta.labels = template_labels(spec(body));
            }
        }
        "CronJob" => cron_job(spec(body)),
        _ => {}
    }
}

// Models pkg/apis/batch/v1/defaults.go SetDefaults_Job.
fn job(spec: &mut Body) {
    template(spec.get_mut("template"));
    if !spec.contains_key("parallelism") {
        put(spec, "completions", 1);
        put(spec, "parallelism", 1);
    }
    let by_index = spec.contains_key("backoffLimitPerIndex");
    put(spec, "backoffLimit", if by_index { i32::MAX } else { 6 });
    put(spec, "completionMode", "NonIndexed");
    put(spec, "suspend", false);
    let by_policy = spec.contains_key("podFailurePolicy");
    put(
        spec,
        "podReplacementPolicy",
        if by_policy { "Failed" } else { "TerminatingOrFailed" },
    );
    put(spec, "manualSelector", false);
    failure_policy(spec);
}

// Models SetDefaults_PodFailurePolicyOnPodConditionsPattern.
fn failure_policy(spec: &mut Body) {
    if let Some(policy) = existing(spec, "podFailurePolicy") {
        for rule in each(policy, "rules") {
            each(rule, "onPodConditions").for_each(|pattern| fill(pattern, "status", "True"));
        }
    }
}

// Models SetDefaults_CronJob. The Jobs that it makes get their own defaults when they are made.
fn cron_job(spec: &mut Body) {
    fill(spec, "concurrencyPolicy", "Allow");
    put(spec, "suspend", false);
    put(spec, "successfulJobsHistoryLimit", 3);
    put(spec, "failedJobsHistoryLimit", 1);
    if let Some(job) = existing(spec, "jobTemplate").and_then(|template| existing(template, "spec")) {
        template(job.get_mut("template"));
        failure_policy(job);
    }
}

// Models pkg/apis/core/v1/defaults.go SetDefaults_ReplicationController.
pub(super) fn replication_controller(body: &mut Body, meta: &mut ObjectMeta) {
    let spec = spec(body);
    template(spec.get_mut("template"));
    put(spec, "replicas", 1);
    let labels = template_labels(spec);
    if labels.is_empty() {
        return;
    }
    if spec.get("selector").is_none_or(|selector| selector == &json!({})) {
        spec.insert("selector".to_owned(), labels.get_always());
    }
    if meta.labels.is_empty() {
        meta.labels = labels;
    }
}

fn template_labels(spec: &Body) -> Rc<Labels> {
    let mut labels = Rc::default();
    if let Some(there) = spec
        .get("template")
        .and_then(|template| template.pointer("/metadata/labels"))
    {
        // Labels of a wrong type were refused when the template was read.
        if Field::set(&mut labels, there.clone()).is_err() {
            labels = Rc::default();
        }
    }
    labels
}
