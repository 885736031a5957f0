//! Rules for Deployments, ReplicaSets, StatefulSets and DaemonSets.
// Models pkg/apis/apps/validation/validation.go.

use serde_json::Value;

use super::at::At;
use super::internal::bad_value;
use super::{meta, pod, storage};
use crate::api::labels::{Labels, Selector};
use crate::api::lean::Field;
use crate::api::names::{
    FieldError, FieldErrors, is_dns1123_label, is_valid_percent, name_is_dns_label, name_is_dns_subdomain,
};

const MISMATCH: &str = "`selector` does not match template `labels`";

/// What is wrong with the selector; gives its meaning, or nothing where it has none.
fn selector(spec: &At<'_, '_>, kind: &str, errors: &mut FieldErrors) -> Option<Selector> {
    let at = spec.get("selector");
    if at.is_set() {
        at.check_selector(errors);
        if at.selector().is_some_and(|selector| selector.is_empty()) {
            at.invalid(errors, format!("empty selector is invalid for {kind}"));
        }
    } else {
        at.required(errors, "");
    }
    meaning(&at)
}

fn meaning(at: &At<'_, '_>) -> Option<Selector> {
    Selector::from_label_selector(at.selector().as_ref()).ok()
}

/// The labels of the template must match the selector.
pub(super) fn template_labels(spec: &At<'_, '_>, selector: &Selector, errors: &mut FieldErrors) {
    let template = spec.get("template");
    let metadata = template.get("metadata");
    let at = metadata.get("labels");
    let mut labels = Labels::default();
    let readable = !at.is_set() || labels.set(at.value.clone()).is_ok();
    if readable && !selector.is_everything() && !selector.matches(&labels) {
        at.invalid(errors, MISMATCH);
    }
}

/// Pods that are to run forever.
fn always(spec: &At<'_, '_>, kind: &str, errors: &mut FieldErrors) {
    let template = spec.get("template");
    let pod = template.get("spec");
    pod.get("restartPolicy").among(errors, &["Always"]);
    let deadline = pod.get("activeDeadlineSeconds");
    if deadline.is_set() {
        deadline.forbidden(errors, &format!("activeDeadlineSeconds in {kind} is not Supported"));
    }
}

pub(super) fn deployment(at: &At<'_, '_>, errors: &mut FieldErrors) {
    meta::metadata(&at.get("metadata"), true, name_is_dns_subdomain, errors);
    deployment_spec(&at.get("spec"), errors);
}

pub(super) fn deployment_update(at: &At<'_, '_>, old: &Value, errors: &mut FieldErrors) {
    meta::metadata_update(&at.get("metadata"), &old["metadata"], errors);
    let spec = at.get("spec");
    deployment_spec(&spec, errors);
    spec.get("selector").immutable(errors, &old["spec"]["selector"]);
}

// Models ValidateDeploymentSpec.
fn deployment_spec(spec: &At<'_, '_>, errors: &mut FieldErrors) {
    spec.get("replicas").non_negative(errors);
    selector_and_template(spec, errors);
    strategy(&spec.get("strategy"), errors);
    let (ready, deadline) = (spec.get("minReadySeconds"), spec.get("progressDeadlineSeconds"));
    ready.non_negative(errors);
    spec.get("revisionHistoryLimit").non_negative(errors);
    if deadline.is_set() {
        deadline.non_negative(errors);
        if deadline.int() <= ready.int() {
            deadline.invalid(errors, "must be greater than minReadySeconds");
        }
    }
}

fn selector_and_template(spec: &At<'_, '_>, errors: &mut FieldErrors) {
    match selector(spec, "deployment", errors) {
        None => spec.get("selector").invalid(errors, "invalid label selector"),
        Some(selector) => {
            template_labels(spec, &selector, errors);
            pod::template(&spec.get("template"), errors);
            always(spec, "ReplicaSet", errors);
        }
    }
}

// Models ValidateDeploymentStrategy.
fn strategy(at: &At<'_, '_>, errors: &mut FieldErrors) {
    let rolling = at.get("rollingUpdate");
    match at.get("type").text() {
        "Recreate" => {
            if rolling.is_set() {
                let detail = "may not be specified when strategy `type` is 'Recreate'";
                rolling.forbidden(errors, detail);
            }
        }
        "RollingUpdate" => rolling_update(&rolling, errors),
        _ => {
            let shown = bad_value("apps", "DeploymentStrategy", at.value);
            errors.push(FieldError::not_supported(
                &at.path,
                shown,
                &["Recreate", "RollingUpdate"],
            ));
        }
    }
}

// Models ValidateRollingUpdateDeployment.
fn rolling_update(at: &At<'_, '_>, errors: &mut FieldErrors) {
    let (unavailable, surge) = (at.get("maxUnavailable"), at.get("maxSurge"));
    int_or_percent(&unavailable, errors);
    int_or_percent(&surge, errors);
    if amount(&unavailable) == 0 && amount(&surge) == 0 {
        unavailable.invalid(errors, "may not be 0 when `maxSurge` is 0");
    }
    at_most_all(&unavailable, errors);
}

// Models ValidatePositiveIntOrPercent.
pub(super) fn int_or_percent(at: &At<'_, '_>, errors: &mut FieldErrors) {
    match at.value {
        Value::String(text) => at.rule(errors, is_valid_percent(text)),
        _ => at.non_negative(errors),
    }
}

fn percent(at: &At<'_, '_>) -> Option<i64> {
    let text = at.value.as_str().filter(|text| is_valid_percent(text).is_empty())?;
    text.strip_suffix('%')?.parse().ok()
}

// Models getIntOrPercentValue.
fn amount(at: &At<'_, '_>) -> i64 {
    percent(at).unwrap_or_else(|| {
        at.value
            .as_str()
            .map_or(at.int(), |text| text.parse().unwrap_or_default())
    })
}

// Models IsNotMoreThan100Percent.
pub(super) fn at_most_all(at: &At<'_, '_>, errors: &mut FieldErrors) {
    if percent(at).is_some_and(|percent| percent > 100) {
        at.invalid(errors, "must not be greater than 100%");
    }
}

pub(super) fn replica_set(at: &At<'_, '_>, errors: &mut FieldErrors) {
    meta::metadata(&at.get("metadata"), true, name_is_dns_subdomain, errors);
    replica_set_spec(&at.get("spec"), errors);
}

pub(super) fn replica_set_update(at: &At<'_, '_>, old: &Value, errors: &mut FieldErrors) {
    meta::metadata_update(&at.get("metadata"), &old["metadata"], errors);
    let spec = at.get("spec");
    replica_set_spec(&spec, errors);
    spec.get("selector").immutable(errors, &old["spec"]["selector"]);
}

fn replica_set_spec(spec: &At<'_, '_>, errors: &mut FieldErrors) {
    spec.get("replicas").non_negative(errors);
    spec.get("minReadySeconds").non_negative(errors);
    selector_and_template(spec, errors);
}

pub(super) fn stateful_set(at: &At<'_, '_>, errors: &mut FieldErrors) {
    meta::metadata(&at.get("metadata"), true, name_is_dns_label, errors);
    let spec = at.get("spec");
    stateful_set_spec(&spec, true, errors);
}

const KEPT: [&str; 7] = [
    "replicas",
    "template",
    "updateStrategy",
    "minReadySeconds",
    "ordinals",
    "revisionHistoryLimit",
    "persistentVolumeClaimRetentionPolicy",
];

// Models ValidateStatefulSetUpdate.
pub(super) fn stateful_set_update(at: &At<'_, '_>, old: &Value, errors: &mut FieldErrors) {
    meta::metadata_update(&at.get("metadata"), &old["metadata"], errors);
    let spec = at.get("spec");
    stateful_set_spec(&spec, false, errors);
    let rest = |spec: &Value| {
        let mut spec = spec.clone();
        if let Some(map) = spec.as_object_mut() {
            map.retain(|name, _| !KEPT.contains(&name.as_str()));
        }
        spec
    };
    if rest(spec.value) != rest(&old["spec"]) {
        let detail = "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', \
             'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' \
             are forbidden";
        spec.forbidden(errors, detail);
    }
}

// Models ValidateStatefulSetSpec.
fn stateful_set_spec(spec: &At<'_, '_>, is_new: bool, errors: &mut FieldErrors) {
    let policy = spec.get("podManagementPolicy");
    match policy.text() {
        "OrderedReady" | "Parallel" => {}
        "" => policy.required(errors, ""),
        _ => policy.invalid(errors, "must be 'OrderedReady' or 'Parallel'"),
    }
    stateful_set_strategy(&spec.get("updateStrategy"), errors);
    let retention = spec.get("persistentVolumeClaimRetentionPolicy");
    for field in ["whenDeleted", "whenScaled"] {
        if retention.is_set() {
            retention.get(field).among(errors, &["Retain", "Delete"]);
        }
    }
    if is_new {
        for claim in spec.get("volumeClaimTemplates").items() {
            storage::claim_spec(&claim.get("spec"), errors);
        }
    }
    spec.get("replicas").non_negative(errors);
    spec.get("minReadySeconds").non_negative(errors);
    let ordinals = spec.get("ordinals");
    let start = ordinals.get("start");
    start.told_as(spec.path.child("ordinals.start")).non_negative(errors);
    let service = spec.get("serviceName");
    if is_new && !service.text().is_empty() {
        service.rule(errors, is_dns1123_label(service.text()));
    }
    match selector(spec, "statefulset", errors) {
        None => spec.get("selector").invalid(errors, ""),
        Some(selector) => {
            template_labels(spec, &selector, errors);
            let template = with_claims(spec);
            pod::template(&At::new(&template, spec.path.child("template")), errors);
        }
    }
    always(spec, "StatefulSet", errors);
}

fn stateful_set_strategy(at: &At<'_, '_>, errors: &mut FieldErrors) {
    let rolling = at.get("rollingUpdate");
    match at.get("type").text() {
        "" => at.required(errors, ""),
        "OnDelete" => {
            if rolling.is_set() {
                let shown = bad_value("apps", "RollingUpdateStatefulSetStrategy", rolling.value);
                rolling.invalid_as(errors, shown, "only allowed for updateStrategy 'RollingUpdate'");
            }
        }
        "RollingUpdate" => {
            rolling.get("partition").non_negative(errors);
            let unavailable = rolling.get("maxUnavailable");
            if unavailable.is_set() {
                int_or_percent(&unavailable, errors);
                if amount(&unavailable) == 0 {
                    unavailable.invalid(errors, "cannot be 0");
                }
                at_most_all(&unavailable, errors);
            }
        }
        _ => {
            let shown = bad_value("apps", "StatefulSetUpdateStrategy", at.value);
            at.invalid_as(errors, shown, "must be 'RollingUpdate' or 'OnDelete'");
        }
    }
}

/// The template as its pods will be: with a volume for each claim, and without the names that the set gives.
fn with_claims(spec: &At<'_, '_>) -> Value {
    let mut template = spec.get("template").value.clone();
    let Some(pod) = template.get_mut("spec").and_then(Value::as_object_mut) else {
        return template;
    };
    pod.remove("subdomain");
    pod.remove("hostname");
    let claims = spec.get("volumeClaimTemplates");
    if claims.len() == 0 {
        return template;
    }
    let names: Vec<String> = claims
        .items()
        .map(|claim| claim.get("metadata").get("name").text().to_owned())
        .collect();
    let volume = |name: &String| serde_json::json!({"name": name, "persistentVolumeClaim": {"claimName": name}});
    let mut volumes: Vec<Value> = names.iter().map(volume).collect();
    let own = pod
        .get("volumes")
        .and_then(Value::as_array)
        .cloned()
        .unwrap_or_default();
    volumes.extend(
        own.into_iter()
            .filter(|volume| !names.iter().any(|name| volume["name"] == **name)),
    );
    pod.insert("volumes".to_owned(), Value::Array(volumes));
    template
}

pub(super) fn daemon_set(at: &At<'_, '_>, errors: &mut FieldErrors) {
    meta::metadata(&at.get("metadata"), true, name_is_dns_subdomain, errors);
    daemon_set_spec(&at.get("spec"), errors);
}

pub(super) fn daemon_set_update(at: &At<'_, '_>, old: &Value, errors: &mut FieldErrors) {
    meta::metadata_update(&at.get("metadata"), &old["metadata"], errors);
    let spec = at.get("spec");
    spec.get("selector").immutable(errors, &old["spec"]["selector"]);
    daemon_set_spec(&spec, errors);
}

// Models ValidateDaemonSetSpec.
fn daemon_set_spec(spec: &At<'_, '_>, errors: &mut FieldErrors) {
    let at = spec.get("selector");
    at.check_selector(errors);
    if let Some(selector) = meaning(&at) {
        template_labels(spec, &selector, errors);
    }
    if at.selector().is_some_and(|selector| selector.is_empty()) {
        at.invalid(errors, "empty selector is invalid for daemonset");
    }
    pod::template(&spec.get("template"), errors);
    always(spec, "DaemonSet", errors);
    spec.get("minReadySeconds").non_negative(errors);
    daemon_set_strategy(&spec.get("updateStrategy"), errors);
    spec.get("revisionHistoryLimit").non_negative(errors);
}

// Models ValidateDaemonSetUpdateStrategy.
fn daemon_set_strategy(at: &At<'_, '_>, errors: &mut FieldErrors) {
    let rolling = at.get("rollingUpdate");
    match at.get("type").text() {
        "OnDelete" => {}
        "RollingUpdate" if !rolling.is_set() => rolling.required(errors, ""),
        "RollingUpdate" => {
            let (unavailable, surge) = (rolling.get("maxUnavailable"), rolling.get("maxSurge"));
            int_or_percent(&unavailable, errors);
            int_or_percent(&surge, errors);
            at_most_all(&unavailable, errors);
            at_most_all(&surge, errors);
            match (amount(&unavailable) != 0, amount(&surge) != 0) {
                (true, true) => surge.invalid(errors, "may not be set when maxUnavailable is non-zero"),
                (false, false) => unavailable.required(errors, "cannot be 0 when maxSurge is 0"),
                _ => {}
            }
        }
        _ => {
            let shown = bad_value("apps", "DaemonSetUpdateStrategy", at.value);
            errors.push(FieldError::not_supported(
                &at.path,
                shown,
                &["RollingUpdate", "OnDelete"],
            ));
        }
    }
}

/// A ReplicationController.
// Models ValidateReplicationController.
pub(super) fn replication_controller(at: &At<'_, '_>, errors: &mut FieldErrors) {
    meta::metadata(&at.get("metadata"), true, name_is_dns_subdomain, errors);
    replication_controller_spec(at, errors);
}

pub(super) fn replication_controller_update(at: &At<'_, '_>, old: &Value, errors: &mut FieldErrors) {
    meta::metadata_update(&at.get("metadata"), &old["metadata"], errors);
    replication_controller_spec(at, errors);
}

// Models ValidatePodTemplate.
pub(super) fn pod_template(at: &At<'_, '_>, errors: &mut FieldErrors) {
    meta::metadata(&at.get("metadata"), true, name_is_dns_subdomain, errors);
    pod::template(&at.get("template"), errors);
}

fn replication_controller_spec(at: &At<'_, '_>, errors: &mut FieldErrors) {
    let spec = at.get("spec");
    spec.get("minReadySeconds").non_negative(errors);
    let selector = spec.get("selector");
    if selector.len() == 0 {
        selector.required(errors, "");
    }
    spec.get("replicas").non_negative(errors);
    let template = spec.get("template");
    if !template.is_set() {
        return template.required(errors, "");
    }
    let mut labels = Labels::default();
    if labels.set(selector.value.clone()).is_ok() {
        template_labels(&spec, &Selector::from_set(&labels), errors);
    }
    pod::template(&template, errors);
    always(&spec, "ReplicationController", errors);
}
