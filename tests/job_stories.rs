//! Lives of Jobs and CronJobs, one behaviour each: `tests/job_stories/NAME.yaml` is a scenario, and
//! `tests/goldens/job_stories/NAME.txt` what is told of them. See `tests/common/stories.rs`.

use std::fmt::Write as _;

use kubarium::api::batch::{CronJob, Job, JobStatus};
use kubarium::api::core::{Event, Pod};
use kubarium::api::{Object, Resource};
use kubarium::apiserver::{Change, Verb};

mod common;

fn line(change: &Change) -> Option<String> {
    let line = described(change);
    (!line.is_empty()).then_some(line)
}

fn described(change: &Change) -> String {
    let what = match change.verb {
        Verb::Added => "created",
        Verb::Deleted => "gone",
        Verb::Modified => "",
    };
    match &change.object {
        Object::Event(event) => told_event(event),
        Object::Job(job) => {
            let kept = change
                .old
                .as_ref()
                .and_then(Job::of)
                .is_some_and(|old| old.status == job.status);
            let status = if kept || !what.is_empty() {
                String::new()
            } else {
                told_status(&job.status)
            };
            told("job", job.meta(), what, &status)
        }
        Object::CronJob(job) => {
            let status = if what.is_empty() { told_cron(job) } else { String::new() };
            told("cronjob", job.meta(), what, &status)
        }
        Object::Pod(pod) => told_pod(change, pod, what),
        _ => String::new(),
    }
}

fn told(kind: &str, meta: &kubarium::api::meta::ObjectMeta, what: &str, status: &str) -> String {
    if what.is_empty() && status.is_empty() {
        return String::new();
    }
    format!("{kind} {}: {what}{status}", meta.name)
}

fn told_event(event: &Event) -> String {
    let about = &event.involved_object;
    if !matches!(&*about.kind, "Job" | "CronJob") {
        return String::new();
    }
    let count = common::stories::times(event.count);
    format!(
        "{} {}: {} {}{count}",
        about.kind.to_ascii_lowercase(),
        about.name,
        event.reason,
        event.message
    )
}

fn told_status(status: &JobStatus) -> String {
    let mut text = format!(
        "active {} ready {} terminating {} succeeded {} failed {}",
        status.active,
        status.ready.unwrap_or_default(),
        status.terminating.unwrap_or_default(),
        status.succeeded,
        status.failed
    );
    let mut add = |name: &str, value: &str| {
        if !value.is_empty() {
            write!(text, " {name} {value}").expect("a string takes text");
        }
    };
    add("completed", &status.completed_indexes);
    add("failed indexes", status.failed_indexes.as_deref().unwrap_or_default());
    let uncounted = status.uncounted.clone().unwrap_or_default();
    let number = uncounted.succeeded.len() + uncounted.failed.len();
    add(
        "uncounted",
        &if number > 0 { number.to_string() } else { String::new() },
    );
    for condition in status.conditions.iter() {
        add(&condition.kind, &format!("{}({})", condition.status, condition.reason));
    }
    text
}

fn told_cron(job: &CronJob) -> String {
    let status = &job.status;
    let time = |time: Option<kubarium::api::time::Time>| time.map_or("none".to_owned(), |time| time.to_string());
    let active: Vec<&str> = status.active.iter().map(|job| &*job.name).collect();
    format!(
        "active [{}] last {} succeeded {}",
        active.join(" "),
        time(status.last_schedule_time),
        time(status.last_successful_time)
    )
}

fn told_pod(change: &Change, pod: &Pod, what: &str) -> String {
    let old = change.old.as_ref().and_then(Pod::of);
    let is_new = |now: bool, before: &dyn Fn(&Pod) -> bool| now && !old.is_some_and(|old| before(old));
    let mut parts = vec![what.to_owned()];
    let phase = &pod.status.phase;
    if what.is_empty() && old.is_some_and(|old| old.status.phase != *phase) {
        parts.push(phase.to_string());
    }
    if is_new(pod.meta.is_terminating(), &|old| old.meta.is_terminating()) {
        parts.push("terminating".to_owned());
    }
    if what.is_empty() && old.is_some_and(|old| old.meta.finalizers.len() > pod.meta.finalizers.len()) {
        parts.push("let go".to_owned());
    }
    if what == "created" {
        let notes = pod
            .meta
            .annotations
            .iter()
            .filter(|(key, _)| key.starts_with("batch.kubernetes.io/"));
        parts.extend(notes.map(|(key, value)| format!("{}={value}", key.trim_start_matches("batch.kubernetes.io/"))));
    }
    parts.retain(|part| !part.is_empty());
    told("pod", pod.meta(), "", &parts.join(" "))
}

#[test]
fn each_story_is_told_as_it_was() {
    let stories = common::stories::Stories {
        folder: "job_stories",
        width: 5,
        line,
    };
    stories.check();
}
