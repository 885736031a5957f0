//! Lives of Jobs and CronJobs, one behaviour each: `tests/job_stories/NAME.yaml` is a scenario, and
//! `tests/goldens/job_stories/NAME.txt` what is told of them. `UPDATE_EXPECT=1` writes the latter anew; read the difference
//! before you commit it. `STORY=NAME` plays one.
#![allow(
    clippy::disallowed_methods,
    reason = "the test asks the environment whether to rewrite its goldens"
)]

use kubarium::sim::btree::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use kubarium::api::batch::{CronJob, Job, JobStatus};
use kubarium::api::core::{Event, Pod};
use kubarium::api::{Object, Resource};
use kubarium::apiserver::{ApiServer, Change, Verb};
use kubarium::scenario::{Options, Scenario};
use kubarium::session::Player;
use kubarium::sim::SimTime;

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(name)
}

/// The seconds that a story is played: `# 60 s: what it shows` is its first line.
fn seconds(text: &str) -> u64 {
    let first = text.lines().next().and_then(|line| line.strip_prefix("# "));
    let number = first.and_then(|line| line.split_once(" s: ")).map(|(number, _)| number);
    number
        .and_then(|number| number.parse().ok())
        .expect("a first line with the seconds")
}

/// Plays a story; gives what is told of its Jobs, CronJobs and of the coming and going of their pods.
fn play(text: &str) -> String {
    let mut player = Player::new(Scenario::read(text), Options::default());
    assert_eq!(player.diagnostics(), []);
    let (mut told, mut seen) = (String::new(), 0);
    for second in 1..=seconds(text) {
        player.seek(SimTime(second * 1_000_000_000));
        tell(player.world().cluster.api(), &mut seen, &mut told);
    }
    told
}

fn tell(api: &ApiServer, seen: &mut u64, told: &mut String) {
    for change in api.changes_after(*seen).expect("the log reaches a second back") {
        *seen = change.revision;
        let line = line(change);
        if !line.is_empty() {
            let ms = change.at.0 / 1_000_000;
            writeln!(told, "{:>5}.{:03} {line}", ms / 1000, ms % 1000).expect("a string takes text");
        }
    }
}

fn line(change: &Change) -> String {
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
    let count = if event.count > 1 {
        format!(" x{}", event.count)
    } else {
        String::new()
    };
    format!(
        "{} {}: {} {}{count}",
        about.kind.to_lowercase(),
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
    let only = std::env::var("STORY").unwrap_or_default();
    let mut different = Vec::new();
    let names = |folder: PathBuf| -> BTreeSet<String> {
        let files = fs::read_dir(folder).expect("the folder is there");
        let stem = |path: &Path| path.file_stem().expect("a name").to_string_lossy().into_owned();
        files.map(|entry| stem(&entry.expect("a file").path())).collect()
    };
    for name in names(folder("job_stories")).iter().filter(|name| name.contains(&only)) {
        let text = fs::read_to_string(folder("job_stories").join(format!("{name}.yaml"))).expect("a text");
        let told = play(&text);
        let golden = folder("goldens/job_stories").join(format!("{name}.txt"));
        let want = fs::read_to_string(&golden).unwrap_or_default();
        if told == want {
            continue;
        }
        if std::env::var_os("UPDATE_EXPECT").is_some() {
            fs::write(&golden, &told).expect("the golden can be written");
            continue;
        }
        let differs = told.lines().zip(want.lines()).find(|(now, before)| now != before);
        different.push(format!("{name}: {differs:?}"));
    }
    assert_eq!(
        names(folder("goldens/job_stories")),
        names(folder("job_stories")),
        "a golden for each story"
    );
    assert!(
        different.is_empty(),
        "(UPDATE_EXPECT=1 rewrites them)\n{}",
        different.join("\n")
    );
}
