//! Jobs and CronJobs.

use std::fmt::Display;

use super::{Page, controller, template};
use crate::api::Str;
use crate::api::batch::{CronJob, Job, JobSpec};
use crate::api::duration::human_duration;
use crate::api::time::Time;

const UNSET: &str = "<unset>";

// Models describeJob.
pub(super) fn job(page: &mut Page, job: &Job) {
    let (meta, spec, status) = (&job.meta, &job.spec, &job.status);
    page.pair(0, "Name", &meta.name);
    page.pair(0, "Namespace", &meta.namespace);
    page.pair(0, "Selector", &selector(spec).unwrap_or_default());
    page.labels("Labels", &meta.labels);
    page.annotations("Annotations", &meta.annotations);
    if let Some(owner) = controller(meta) {
        page.pair(0, "Controlled By", &owner);
    }
    shown(page, "Parallelism", spec.parallelism);
    page.pair(0, "Completions", &or_unset(spec.completions));
    if !spec.completion_mode.is_empty() {
        page.pair(0, "Completion Mode", &spec.completion_mode);
    }
    shown(page, "Suspend", spec.suspend);
    shown(page, "Backoff Limit", spec.backoff_limit);
    shown(page, "TTL Seconds After Finished", spec.ttl_seconds_after_finished);
    shown(page, "Start Time", status.start_time.map(Time::rfc1123z));
    shown(page, "Completed At", status.completion_time.map(Time::rfc1123z));
    if let (Some(start), Some(end)) = (status.start_time, status.completion_time) {
        page.pair(0, "Duration", &human_duration(end.0 - start.0));
    }
    deadline(page, spec);
    let ready = status
        .ready
        .map(|ready| format!(" ({ready} Ready)"))
        .unwrap_or_default();
    let statuses = format!(
        "{} Active{ready} / {} Succeeded / {} Failed",
        status.active, status.succeeded, status.failed
    );
    page.pair(0, "Pods Statuses", &statuses);
    if spec.is_indexed() {
        page.pair(0, "Completed Indexes", &capped(&status.completed_indexes));
    }
    template::describe(page, &spec.template);
}

/// Indexes, cut off after so many bytes at the next comma.
// Models capIndexesListOrNone.
fn capped(indexes: &str) -> String {
    const LENGTH: usize = 50;
    if indexes.is_empty() {
        return "<none>".to_owned();
    }
    let comma = indexes.get(LENGTH..).and_then(|rest| rest.find(','));
    match comma {
        Some(at) => format!("{}...", &indexes[..=LENGTH + at]),
        None => indexes.to_owned(),
    }
}

fn selector(spec: &JobSpec) -> Option<String> {
    spec.selector.as_ref().map(ToString::to_string)
}

fn or_unset<T: Display>(value: Option<T>) -> String {
    value.map_or_else(|| UNSET.to_owned(), |value| value.to_string())
}

/// A line for what is set.
fn shown<T: Display>(page: &mut Page, title: &str, value: Option<T>) {
    if let Some(value) = value {
        page.pair(0, title, &value.to_string());
    }
}

fn deadline(page: &mut Page, spec: &JobSpec) {
    let seconds = spec.active_deadline_seconds.map(|seconds| format!("{seconds}s"));
    shown(page, "Active Deadline Seconds", seconds);
}

// Models describeCronJob.
pub(super) fn cron_job(page: &mut Page, job: &CronJob) {
    let (meta, spec, status) = (&job.meta, &job.spec, &job.status);
    page.pair(0, "Name", &meta.name);
    page.pair(0, "Namespace", &meta.namespace);
    page.labels("Labels", &meta.labels);
    page.annotations("Annotations", &meta.annotations);
    page.pair(0, "Schedule", &spec.schedule);
    page.pair(0, "Concurrency Policy", &spec.concurrency_policy);
    let suspended = spec.suspend.map(|suspend| if suspend { "True" } else { "False" });
    page.pair(0, "Suspend", &or_unset(suspended));
    page.pair(0, "Time Zone", &or_unset(spec.time_zone.as_ref()));
    for (title, limit) in [
        ("Successful Job History Limit", spec.successful_jobs_history_limit),
        ("Failed Job History Limit", spec.failed_jobs_history_limit),
    ] {
        page.pair(0, title, &or_unset(limit));
    }
    let late = spec.starting_deadline_seconds.map(|seconds| format!("{seconds}s"));
    page.pair(0, "Starting Deadline Seconds", &or_unset(late));
    let template = &spec.job_template.spec;
    page.pair(0, "Selector", &or_unset(selector(template)));
    page.pair(0, "Parallelism", &or_unset(template.parallelism));
    page.pair(0, "Completions", &or_unset(template.completions));
    deadline(page, template);
    template::describe(page, &template.template);
    page.pair(
        0,
        "Last Schedule Time",
        &or_unset(status.last_schedule_time.map(Time::rfc1123z)),
    );
    let active: Vec<Str> = status.active.iter().map(|job| job.name.clone()).collect();
    let active = if active.is_empty() {
        "<none>".to_owned()
    } else {
        active.join(", ")
    };
    page.pair(0, "Active Jobs", &active);
}

#[cfg(test)]
mod tests {
    use super::capped;

    #[test]
    fn long_lists_of_indexes_are_cut() {
        let long: Vec<String> = (10..40).map(|index| (index * 2).to_string()).collect();
        for (indexes, want) in [
            ("", "<none>"),
            ("0-3", "0-3"),
            (
                &long.join(","),
                "20,22,24,26,28,30,32,34,36,38,40,42,44,46,48,50,52,...",
            ),
        ] {
            assert_eq!(capped(indexes), want);
        }
    }
}
