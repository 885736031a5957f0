//! The gallery: each scenario is sound, and the index says what the scenarios say.

use kubarium::sim::btree::BTreeSet;
use std::fs;
use std::path::PathBuf;

use kubarium::scenario::{Localised, Options, Scenario};
use kubarium::session::{Command, Player};
use kubarium::sim::SimTime;
use serde_json::Value;

mod common;

use common::invariants::Checked;

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("static/scenarios")
}

fn index() -> Vec<Value> {
    let text = fs::read_to_string(folder().join("index.json")).expect("an index");
    serde_json::from_str::<Value>(&text)
        .expect("JSON")
        .as_array()
        .expect("a list")
        .clone()
}

fn name(item: &Value) -> &str {
    item["name"].as_str().expect("a name")
}

fn read(name: &str) -> Scenario {
    let text = fs::read_to_string(folder().join(format!("{name}.yaml"))).expect("a scenario");
    Scenario::read(&text)
}

#[test]
fn the_index_names_every_file() {
    let files: BTreeSet<String> = fs::read_dir(folder())
        .expect("a folder")
        .filter_map(|entry| {
            entry
                .ok()?
                .file_name()
                .into_string()
                .ok()?
                .strip_suffix(".yaml")
                .map(str::to_owned)
        })
        .collect();
    let named: BTreeSet<String> = index().iter().map(|item| name(item).to_owned()).collect();
    assert_eq!(named, files);
    assert!(named.len() >= 8);
}

#[test]
fn each_group_stands_together_and_has_a_heading() {
    let groups: Vec<String> = index()
        .iter()
        .map(|item| item["group"].as_str().expect("a group").to_owned())
        .collect();
    let runs: Vec<&str> = groups.chunk_by(|one, next| one == next).map(|run| &*run[0]).collect();
    let apart: BTreeSet<&str> = runs.iter().copied().collect();
    assert_eq!(apart.len(), runs.len(), "{runs:?}");
    for language in ["en", "zh"] {
        let texts = fs::read_to_string(folder().join(format!("../../src/ui/text/{language}.txt"))).expect("texts");
        for group in &runs {
            assert!(texts.contains(&format!("\ngallery.{group} = ")), "{language}: {group}");
        }
    }
}

#[test]
fn the_index_says_what_the_scenarios_say() {
    for item in index() {
        let spec = read(name(&item)).spec;
        let same = |field: &str, own: &Localised| {
            for language in ["en", "zh"] {
                let own = own.get(language).expect("a text in each language");
                assert_eq!(item[field][language], **own, "{} {field} {language}", name(&item));
            }
        };
        same("title", &spec.title);
        same("text", &spec.description);
    }
}

#[test]
fn each_scenario_builds_and_runs_without_complaint() {
    for item in index() {
        let scenario = read(name(&item));
        assert_eq!(scenario.name, name(&item));
        let mut player = Checked::new(Player::new(scenario, Options::default()));
        assert_eq!(player.diagnostics(), [], "{}", name(&item));
        player.seek(SimTime(60_000_000_000));
        // What it comes to, event by event, stands in its golden (tests/timelines.rs).
        let golden = format!("tests/goldens/gallery/{}.txt", name(&item));
        let golden = fs::read_to_string(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(golden)).unwrap_or_default();
        let end = golden.lines().last().unwrap_or_default();
        assert!(end.starts_with("hash "), "{} has no golden", name(&item));
    }
}

/// What a scenario is to show: its name, the second, a question for kubectl, and words of the answer; `!` before a word that
/// is not to be there.
const SHOWN: [(&str, u64, &str, &[&str]); 42] = [
    ("init-register", 15, "get pod app", &["Init:"]),
    ("init-register", 90, "get pod app", &["1/1", "Running"]),
    (
        "init-delay",
        15,
        "get pods",
        &["node-0 1/1 Running", "node-1 1/1 Running", "node-2 0/1 Init:0/1"],
    ),
    ("init-fails", 30, "get pod app", &["0/1 Init:", "!Running"]),
    ("sidecar-watch", 20, "logs web -c watcher", &["now: Hello"]),
    ("sidecar-watch", 120, "logs web -c watcher", &["now: Good evening"]),
    ("sidecar-watch", 120, "get pod web", &["2/2 Running 0 "]),
    ("sidecar-guard", 30, "logs visitor -c front", &["welcome"]),
    (
        "sidecar-guard",
        30,
        "logs visitor -c back",
        &["nobody answers", "!welcome"],
    ),
    (
        "sidecar-sync",
        50,
        "exec copy -c nginx -- cat /usr/share/nginx/html/index.html",
        &["It works!"],
    ),
    (
        "sidecar-sync",
        80,
        "logs copy -c sync --tail=1",
        &["the origin is away"],
    ),
    (
        "daemon-storage",
        20,
        "get ds -n kube-system storage",
        &["storage 4 4 4"],
    ),
    (
        "daemon-storage",
        60,
        "get ds -n kube-system storage",
        &["storage 5 5 5"],
    ),
    (
        "daemon-logs",
        30,
        "logs -l app=collector --prefix --tail=1",
        &["on node-1", "on node-2"],
    ),
    (
        "daemon-monitoring",
        28,
        "logs watcher --tail=3",
        &["is well", "!DOES NOT ANSWER"],
    ),
    (
        "daemon-monitoring",
        50,
        "logs watcher --tail=6",
        &["is well", "DOES NOT ANSWER"],
    ),
    ("daemon-rollout", 48, "get ds agent", &["agent 5 5 5 5 5"]),
    ("daemon-rollout", 90, "get ds agent", &["agent 5 5 4 1 4"]),
    ("cron-report", 150, "get jobs", &["Complete 1/1"]),
    (
        "cron-report",
        170,
        "logs -l batch.kubernetes.io/job-name",
        &["delivered"],
    ),
    ("cron-report", 330, "get jobs", &["Failed 0/1"]),
    ("statefulset", 28, "get pods -l app=db", &["db-0", "db-1", "db-2"]),
    ("statefulset", 28, "logs caller --tail=3", &["db-2 answers"]),
    ("statefulset", 80, "get pods -l app=db", &["db-0", "!db-1", "!db-2"]),
    ("statefulset-stuck", 90, "get pods", &["web-2 0/1", "web-1 1/1"]),
    ("quota", 30, "get deployment web", &["4/6"]),
    ("quota", 30, "describe rs", &["exceeded quota: small"]),
    ("quota", 170, "get deployment web", &["7/7"]),
    ("label-release", 14, "get pods -l app=web --no-headers", &["early-bird"]),
    (
        "label-release",
        30,
        "get pods -l app=web --no-headers",
        &["!early-bird"],
    ),
    ("label-release", 50, "get rs web", &["web 3 3 3"]),
    ("deployment-paused", 38, "get deployment web", &["5/5 0 5"]),
    ("deployment-paused", 70, "get deployment web", &["5/5 5 5"]),
    (
        "config-missing",
        20,
        "get pods",
        &["variable 0/1 CreateContainerConfigError", "file 0/1 ContainerCreating"],
    ),
    (
        "config-missing",
        170,
        "get pods",
        &["variable 1/1 Running", "file 1/1 Running"],
    ),
    (
        "cron-too-slow",
        150,
        "get cronjobs",
        &["allows * * * * * <none> False 2", "forbids * * * * * <none> False 1"],
    ),
    ("cron-too-slow", 400, "get jobs", &["forbids-"]),
    ("autoscaler-blind", 50, "get hpa web", &["<unknown>"]),
    ("autoscaler-blind", 120, "get hpa web", &["cpu: 1%/50%"]),
    ("sidecar-log", 20, "logs batch -c shipper", &["step 3"]),
    ("init-wait", 40, "get pod app", &["1/1"]),
    ("cron-backup", 130, "get jobs", &["Complete"]),
];

#[test]
fn each_scenario_shows_what_it_says() {
    let mut missed = Vec::new();
    for (name, second, question, words) in SHOWN {
        let mut player = Player::new(read(name), Options::default());
        player.seek(SimTime(second * 1_000_000_000));
        let (line, stdin) = (question.to_owned(), String::new());
        let number = player.act(Command::Kubectl { line, stdin });
        let output = player.output(number).expect("it was asked").clone();
        let answer = output.stdout + &output.stderr;
        let plain: Vec<&str> = answer.split_whitespace().collect();
        let plain = plain.join(" ");
        let holds = |word: &&&str| match word.strip_prefix('!') {
            Some(word) => !plain.contains(word),
            None => plain.contains(**word),
        };
        if !words.iter().all(|word| holds(&word)) {
            missed.push(format!("{name} at {second} s, {question}: not {words:?} but\n{answer}"));
        }
    }
    assert!(missed.is_empty(), "{}", missed.join("\n"));
}
