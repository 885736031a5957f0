//! Rules for Jobs and CronJobs.
// Models pkg/apis/batch/validation/validation.go.

use crate::sim::btree::BTreeSet;

use serde_json::{Value, json};

use super::at::At;
use super::internal::bad_value;
use super::{apps, meta, pod};
use crate::api::cron::{Schedule, Zone};
use crate::api::labels::{Labels, Selector};
use crate::api::lean::Field;
use crate::api::names::{
    FieldError, FieldErrors, is_dns1123_label, is_domain_prefixed_path, is_qualified_name, name_is_dns_subdomain,
};

pub(super) fn job(at: &At<'_, '_>, errors: &mut FieldErrors) {
    let metadata = at.get("metadata");
    meta::metadata(&metadata, true, name_is_dns_subdomain, errors);
    let spec = at.get("spec");
    generated_selector(&metadata, &spec, errors);
    full_spec(&spec, errors);
    let completions = spec.get("completions");
    if spec.get("completionMode").text() == "Indexed" && completions.int() > 0 {
        let name = metadata.get("name");
        let hostname = format!("{}-{}", name.text(), completions.int() - 1);
        if !is_dns1123_label(&hostname).is_empty() {
            name.invalid(
                errors,
                format!("will not able to create pod with invalid DNS label: {hostname}"),
            );
        }
    }
}

// Models validateGeneratedSelector.
fn generated_selector(metadata: &At<'_, '_>, spec: &At<'_, '_>, errors: &mut FieldErrors) {
    if spec.get("manualSelector").is_true() || !spec.get("selector").is_set() {
        return;
    }
    let template = spec.get("template");
    let labels = template.get("metadata");
    let labels = labels.get("labels");
    let (uid, name) = (metadata.get("uid").text(), metadata.get("name").text());
    for (key, want) in [
        ("controller-uid", uid),
        ("job-name", name),
        ("batch.kubernetes.io/controller-uid", uid),
        ("batch.kubernetes.io/job-name", name),
    ] {
        let path = labels.path.key(key);
        let told = labels.told_as(path);
        match labels.get(key).value.as_str() {
            None => told.required(errors, &format!("must be '{want}'")),
            Some(label) if label != want => told.invalid(errors, format!("must be '{want}'")),
            Some(_) => {}
        }
    }
    let selector = spec.get("selector");
    let mut expected = Labels::default();
    let given = json!({
        "controller-uid": uid, "job-name": name,
        "batch.kubernetes.io/controller-uid": uid, "batch.kubernetes.io/job-name": name,
    });
    let meaning = Selector::from_label_selector(selector.selector().as_ref());
    if expected.set(given).is_ok() && meaning.is_ok_and(|meaning| !meaning.matches(&expected)) {
        selector.invalid(errors, "`selector` not auto-generated");
    }
}

// Models ValidateJobSpec.
fn full_spec(spec: &At<'_, '_>, errors: &mut FieldErrors) {
    job_spec(spec, errors);
    let selector = spec.get("selector");
    if selector.is_set() {
        selector.check_selector(errors);
    } else {
        selector.required(errors, "");
    }
    if let Ok(meaning) = Selector::from_label_selector(selector.selector().as_ref()) {
        apps::template_labels(spec, &meaning, errors);
    }
}

const MANAGER_MAX: usize = 63;
const PARALLELISM_OF_INDEXED_MAX: i64 = 100_000;
const FAILED_INDEXES_MAX: i64 = 100_000;
const COMPLETIONS_SOFT_MAX: i64 = 100_000;
const PARALLELISM_OF_MANY_MAX: i64 = 10_000;

// Models validateJobSpec.
fn job_spec(spec: &At<'_, '_>, errors: &mut FieldErrors) {
    for field in [
        "parallelism",
        "completions",
        "activeDeadlineSeconds",
        "backoffLimit",
        "ttlSecondsAfterFinished",
        "backoffLimitPerIndex",
        "maxFailedIndexes",
    ] {
        spec.get(field).non_negative(errors);
    }
    if spec.get("maxFailedIndexes").is_set() && !spec.get("backoffLimitPerIndex").is_set() {
        spec.get("backoffLimitPerIndex")
            .required(errors, "when maxFailedIndexes is specified");
    }
    let manager = spec.get("managedBy");
    if manager.is_set() {
        errors.extend(is_domain_prefixed_path(&manager.path, manager.text()));
        if manager.text().len() > MANAGER_MAX {
            errors.push(FieldError::too_long(&manager.path, MANAGER_MAX));
        }
    }
    completion_mode(spec, errors);
    let (policy, success) = (spec.get("podFailurePolicy"), spec.get("successPolicy"));
    if policy.is_set() {
        failure_policy(spec, &policy, errors);
    }
    if success.is_set() {
        success_policy(spec, &success, errors);
    }
    let replacement = spec.get("podReplacementPolicy");
    if replacement.is_set() {
        let supported: &[&str] = if policy.is_set() {
            &["Failed"]
        } else {
            &["Failed", "TerminatingOrFailed"]
        };
        replacement.among(errors, supported);
    }
    pod::template(&spec.get("template"), errors);
    restart_policy(spec, policy.is_set(), errors);
}

fn restart_policy(spec: &At<'_, '_>, with_failure_policy: bool, errors: &mut FieldErrors) {
    let template = spec.get("template");
    let pod = template.get("spec");
    let policy = pod.get("restartPolicy");
    match policy.text() {
        "Always" | "" => policy.required(errors, "valid values: \"OnFailure\", \"Never\""),
        "Never" => {}
        "OnFailure" if !with_failure_policy => {}
        "OnFailure" => policy.invalid(errors, "only \"Never\" is supported when podFailurePolicy is specified"),
        _ => policy.not_supported(errors, &["OnFailure", "Never"]),
    }
}

fn completion_mode(spec: &At<'_, '_>, errors: &mut FieldErrors) {
    let (mode, completions) = (spec.get("completionMode"), spec.get("completions"));
    let (parallelism, failed) = (spec.get("parallelism"), spec.get("maxFailedIndexes"));
    let by_index = spec.get("backoffLimitPerIndex");
    if mode.is_set() {
        mode.among(errors, &["NonIndexed", "Indexed"]);
    }
    if mode.text() != "Indexed" {
        for field in [&by_index, &failed] {
            if field.is_set() && matches!(mode.text(), "" | "NonIndexed") {
                field.invalid(errors, "requires indexed completion mode");
            }
        }
        return;
    }
    if !completions.is_set() {
        completions.required(errors, "when completion mode is Indexed");
    }
    let at_most = |field: &At<'_, '_>, max: i64, when: &str, errors: &mut FieldErrors| {
        if field.int() > max {
            field.invalid(errors, format!("must be less than or equal to {max}{when}"));
        }
    };
    let when = " when completion mode is Indexed";
    at_most(&parallelism, PARALLELISM_OF_INDEXED_MAX, when, errors);
    if completions.is_set() && failed.is_set() && failed.int() > completions.int() {
        failed.invalid(errors, "must be less than or equal to completions");
    }
    at_most(&failed, FAILED_INDEXES_MAX, "", errors);
    if completions.int() > COMPLETIONS_SOFT_MAX && by_index.is_set() {
        if !failed.is_set() {
            let detail = format!("must be specified when completions is above {COMPLETIONS_SOFT_MAX}");
            failed.required(errors, &detail);
        }
        let when = format!(" when completions are above {COMPLETIONS_SOFT_MAX} and used with backoff limit per index");
        at_most(&parallelism, PARALLELISM_OF_MANY_MAX, &when, errors);
        at_most(&failed, PARALLELISM_OF_MANY_MAX, &when, errors);
    }
}

const RULES_MAX: usize = 20;
const VALUES_MAX: usize = 255;
const OPERATORS: [&str; 2] = ["In", "NotIn"];

// Models validatePodFailurePolicy.
fn failure_policy(spec: &At<'_, '_>, policy: &At<'_, '_>, errors: &mut FieldErrors) {
    let rules = policy.get("rules");
    if rules.len() > RULES_MAX {
        errors.push(FieldError::too_many(&rules.path, rules.len(), RULES_MAX));
    }
    for rule in rules.items() {
        let action = rule.get("action");
        let actions = ["Count", "FailIndex", "FailJob", "Ignore"];
        match action.text() {
            "" => action.required(errors, "valid values: [\"Count\" \"FailIndex\" \"FailJob\" \"Ignore\"]"),
            "FailIndex" if !spec.get("backoffLimitPerIndex").is_set() => {
                action.invalid(errors, "requires the backoffLimitPerIndex to be set");
            }
            _ => action.among(errors, &actions),
        }
        let (codes, conditions) = (rule.get("onExitCodes"), rule.get("onPodConditions"));
        if codes.is_set() {
            exit_codes(spec, &codes, errors);
        }
        pod_conditions(&conditions, errors);
        match (codes.is_set(), conditions.len() > 0) {
            (true, true) => omit(
                &rule,
                "specifying both OnExitCodes and OnPodConditions is not supported",
                errors,
            ),
            (false, false) => omit(
                &rule,
                "specifying one of OnExitCodes and OnPodConditions is required",
                errors,
            ),
            _ => {}
        }
    }
}

/// An invalid value that is too long to show.
fn omit(at: &At<'_, '_>, detail: &str, errors: &mut FieldErrors) {
    let mut error = FieldError::invalid(&at.path, "", detail);
    error.value = None;
    errors.push(error);
}

// Models validatePodFailurePolicyRuleOnExitCodes.
fn exit_codes(spec: &At<'_, '_>, at: &At<'_, '_>, errors: &mut FieldErrors) {
    let (operator, name, values) = (at.get("operator"), at.get("containerName"), at.get("values"));
    if operator.text().is_empty() {
        operator.required(errors, "valid values: [\"In\" \"NotIn\"]");
    } else {
        operator.among(errors, &OPERATORS);
    }
    let template = spec.get("template");
    let pod = template.get("spec");
    let known = ["containers", "initContainers"].iter().any(|field| {
        pod.get(field)
            .items()
            .any(|container| container.get("name").text() == name.text())
    });
    if name.is_set() && !known {
        let detail = "must be one of the container or initContainer names in the pod template";
        name.invalid(errors, detail);
    }
    if values.len() == 0 {
        values.invalid(errors, "at least one value is required");
    } else if values.len() > VALUES_MAX {
        errors.push(FieldError::too_many(&values.path, values.len(), VALUES_MAX));
    }
    let mut seen = BTreeSet::new();
    for value in values.items() {
        if operator.text() == "In" && value.int() == 0 {
            value.invalid(errors, "must not be 0 for the In operator");
        }
        if !seen.insert(value.int()) {
            errors.push(FieldError::duplicate(&value.path, value.int()));
        }
    }
    let list: Vec<i64> = values.items().map(|value| value.int()).collect();
    if !list.is_sorted() {
        values.invalid(errors, "must be ordered");
    }
}

fn pod_conditions(at: &At<'_, '_>, errors: &mut FieldErrors) {
    if at.len() > RULES_MAX {
        errors.push(FieldError::too_many(&at.path, at.len(), RULES_MAX));
    }
    for pattern in at.items() {
        let (kind, status) = (pattern.get("type"), pattern.get("status"));
        kind.rule(errors, is_qualified_name(kind.text()));
        if status.text().is_empty() {
            status.required(errors, "valid values: [\"False\" \"True\" \"Unknown\"]");
        } else {
            status.among(errors, &["False", "True", "Unknown"]);
        }
    }
}

// Models validateSuccessPolicy.
fn success_policy(spec: &At<'_, '_>, at: &At<'_, '_>, errors: &mut FieldErrors) {
    if spec.get("completionMode").text() != "Indexed" {
        let shown = bad_value("batch", "SuccessPolicy", at.value);
        return at.invalid_as(errors, shown, "requires indexed completion mode");
    }
    let rules = at.get("rules");
    if rules.len() == 0 {
        rules.required(
            errors,
            "at least one rules must be specified when the successPolicy is specified",
        );
    }
    if rules.len() > RULES_MAX {
        errors.push(FieldError::too_many(&rules.path, rules.len(), RULES_MAX));
    }
    let completions = spec.get("completions").int();
    for rule in rules.items() {
        let (count, indexes) = (rule.get("succeededCount"), rule.get("succeededIndexes"));
        if !count.is_set() && !indexes.is_set() {
            rule.required(
                errors,
                "at least one of succeededCount or succeededIndexes must be specified",
            );
        }
        let total = indexes
            .is_set()
            .then(|| match total_indexes(indexes.text(), completions) {
                Ok(total) => total,
                Err(problem) => {
                    indexes.invalid_text(errors, ["error parsing succeededIndexes: ", &problem].concat());
                    0
                }
            });
        if count.is_set() {
            count.non_negative(errors);
            if count.int() > completions {
                let detail =
                    format!("must be less than or equal to {completions} (the number of specified completions)");
                count.invalid(errors, detail);
            }
            if let Some(total) = total.filter(|total| count.int() > *total) {
                let detail = format!(
                    "must be less than or equal to {total} (the number of indexes in the specified succeededIndexes field)"
                );
                count.invalid(errors, detail);
            }
        }
    }
}

/// How many indexes `1,3-5` names.
// Models validateIndexesFormat.
fn total_indexes(text: &str, completions: i64) -> Result<i64, String> {
    let number = |part: &str| {
        let index: i64 = part
            .parse()
            .map_err(|_| format!("cannot convert string to integer for index: {part:?}"))?;
        if index >= completions {
            return Err(format!("too large index: {part:?}"));
        }
        Ok(index)
    };
    let order = |before: i64, now: i64| match before < now {
        true => Ok(()),
        false => Err(format!("non-increasing order, previous: {before}, current: {now}")),
    };
    let (mut last, mut total) = (None, 0);
    for interval in text.split(',').filter(|_| !text.is_empty()) {
        let parts: Vec<&str> = interval.split('-').collect();
        let (from, to) = match parts[..] {
            [one] => (number(one)?, None),
            [from, to] => (number(from)?, Some(number(to)?)),
            _ => {
                return Err(format!(
                    "the fragment {interval:?} violates the requirement that an index interval can have at most two parts \
                     separated by '-'"
                ));
            }
        };
        if let Some(to) = to {
            order(from, to)?;
        }
        if let Some(last) = last {
            order(last, from)?;
        }
        let to = to.unwrap_or(from);
        total += to - from + 1;
        last = Some(to);
    }
    Ok(total)
}

// Models ValidateJobUpdate.
pub(super) fn job_update(at: &At<'_, '_>, old: &Value, errors: &mut FieldErrors) {
    meta::metadata_update(&at.get("metadata"), &old["metadata"], errors);
    let (spec, before) = (at.get("spec"), &old["spec"]);
    full_spec(&spec, errors);
    completions_update(&spec, before, errors);
    let shown = |field: &str, package: &str, name: &str, errors: &mut FieldErrors| {
        let value = spec.get(field);
        if *value.value != before[field] {
            value.invalid_as(errors, bad_value(package, name, value.value), "field is immutable");
        }
    };
    spec.get("selector").immutable(errors, &before["selector"]);
    template_update(&spec, old, errors);
    spec.get("completionMode").immutable(errors, &before["completionMode"]);
    shown("podFailurePolicy", "batch", "PodFailurePolicy", errors);
    for field in ["backoffLimitPerIndex", "managedBy"] {
        spec.get(field).immutable(errors, &before[field]);
    }
    shown("successPolicy", "batch", "SuccessPolicy", errors);
}

// Models validateCompletions.
fn completions_update(spec: &At<'_, '_>, before: &Value, errors: &mut FieldErrors) {
    let completions = spec.get("completions");
    if spec.get("completionMode").text() != "Indexed" {
        return completions.immutable(errors, &before["completions"]);
    }
    let changed = *completions.value != before["completions"] && completions.is_set();
    if changed && completions.int() != spec.get("parallelism").int() {
        completions.invalid(errors, "can only be modified in tandem with spec.parallelism");
    }
}

/// A suspended Job that has no pods may change where and with what they are to run.
// Models validatePodTemplateUpdate, and pkg/registry/batch/job/strategy.go shouldAllowMutablePodTemplate.
fn template_update(spec: &At<'_, '_>, old: &Value, errors: &mut FieldErrors) {
    let (template, before) = (spec.get("template"), &old["spec"]["template"]);
    let status = &old["status"];
    let mut conditions = status["conditions"].as_array().into_iter().flatten();
    let told = conditions.any(|condition| condition["type"] == "Suspended" && condition["status"] == "True");
    let idle = status["startTime"].is_null() || told;
    let is_active = status["active"].as_i64().unwrap_or_default() > 0;
    if old["spec"]["suspend"] != true || !idle || is_active {
        if template.value != before {
            let shown = bad_value("core", "PodTemplateSpec", template.value);
            template.invalid_as(errors, shown, "field is immutable");
        }
        return;
    }
    let changed = template.get("spec");
    if stripped(template.value.clone())["spec"] != stripped(before.clone())["spec"] {
        changed.invalid_as(
            errors,
            bad_value("core", "PodSpec", changed.value),
            "field is immutable",
        );
    }
}

/// A template without what a suspended Job may change.
fn stripped(mut template: Value) -> Value {
    let Some(spec) = template.get_mut("spec").and_then(Value::as_object_mut) else {
        return template;
    };
    for field in ["nodeSelector", "tolerations", "schedulingGates"] {
        spec.remove(field);
    }
    let alone = spec
        .get_mut("affinity")
        .and_then(Value::as_object_mut)
        .is_some_and(|affinity| {
            affinity.remove("nodeAffinity");
            affinity.is_empty()
        });
    if alone {
        spec.remove("affinity");
    }
    for field in ["containers", "initContainers"] {
        for container in spec.get_mut(field).and_then(Value::as_array_mut).into_iter().flatten() {
            container["resources"] = Value::Null;
        }
    }
    template
}

const CRON_NAME_MAX: usize = 52;

// Models ValidateCronJobCreate.
pub(super) fn cron_job(at: &At<'_, '_>, errors: &mut FieldErrors) {
    let metadata = at.get("metadata");
    meta::metadata(&metadata, true, name_is_dns_subdomain, errors);
    cron_spec(&at.get("spec"), &Value::Null, errors);
    let name = metadata.get("name");
    if name.text().len() > CRON_NAME_MAX {
        name.invalid(errors, format!("must be no more than {CRON_NAME_MAX} characters"));
    }
}

pub(super) fn cron_job_update(at: &At<'_, '_>, old: &Value, errors: &mut FieldErrors) {
    meta::metadata_update(&at.get("metadata"), &old["metadata"], errors);
    cron_spec(&at.get("spec"), &old["spec"], errors);
}

// Models validateCronJobSpec.
fn cron_spec(spec: &At<'_, '_>, old: &Value, errors: &mut FieldErrors) {
    let (schedule, zone) = (spec.get("schedule"), spec.get("timeZone"));
    if schedule.text().is_empty() {
        schedule.required(errors, "");
    } else {
        if let Err(problem) = Schedule::parse(schedule.text()) {
            schedule.invalid(errors, problem);
        }
        let before = old["schedule"].as_str().is_some_and(|old| old.contains("TZ"));
        match (schedule.text().contains("TZ"), before) {
            (true, false) => {
                schedule.invalid(
                    errors,
                    "cannot use TZ or CRON_TZ in schedule, use timeZone field instead",
                );
            }
            (true, true) if zone.is_set() => {
                schedule.invalid(errors, "cannot use both timeZone field and TZ or CRON_TZ in schedule");
            }
            _ => {}
        }
    }
    spec.get("startingDeadlineSeconds").non_negative(errors);
    if zone.is_set() && *zone.value != old["timeZone"] {
        time_zone(&zone, errors);
    }
    spec.get("concurrencyPolicy")
        .one_of(errors, &["Allow", "Forbid", "Replace"]);
    let template = spec.get("jobTemplate");
    let job = template.get("spec");
    job_spec(&job, errors);
    if job.get("selector").is_set() {
        job.get("selector").invalid(errors, "`selector` will be auto-generated");
    }
    let manual = job.get("manualSelector");
    if manual.is_true() {
        errors.push(FieldError::not_supported(&manual.path, true, &["nil", "false"]));
    }
    spec.get("successfulJobsHistoryLimit").non_negative(errors);
    spec.get("failedJobsHistoryLimit").non_negative(errors);
}

// Models validateTimeZone.
fn time_zone(at: &At<'_, '_>, errors: &mut FieldErrors) {
    let name = at.text();
    if name.is_empty() {
        return at.invalid(errors, "timeZone must be nil or non-empty string");
    }
    if name.eq_ignore_ascii_case("local") {
        let detail = "timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones";
        return at.invalid(errors, detail);
    }
    if Zone::find(name).is_none() {
        at.invalid(errors, format!("unknown time zone {name}"));
    }
}
