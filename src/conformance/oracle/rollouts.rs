//! Recorded random rolling updates: the sizes that ReplicaSets go through, the Deployment's conditions, and the end.

use crate::sim::btree::BTreeMap;

use serde_json::Value;

use super::json::{millis, text};
use super::recorder::NODES;
use super::recording::{Recording, Step};
use super::replay::Replay;
use crate::conformance::Budget;

/// Seeds that are tried.
const SEEDS: u64 = 20;

/// A write is seen so many milliseconds later.
const SEEN_MS: i64 = 5;

/// What is compared of a rollout: lists of values, each once in a row, by what they are of.
type Story = BTreeMap<String, Vec<String>>;

/// Replays a rollout and compares its trace and its last table.
pub(in crate::conformance) fn run_rollout(case: &Value, budget: Budget<'_>) -> Result<(), String> {
    let mut recording = Recording {
        namespace: text(case, "/namespace").to_owned(),
        start_ms: 1_795_390_000_000,
        ..Recording::default()
    };
    recording
        .files
        .insert("web.yaml".to_owned(), text(case, "/manifest").to_owned());
    for command in case["commands"].as_array().into_iter().flatten() {
        recording.steps.push(Step {
            at: millis(&command[0]),
            took: 100,
            command: command[1].as_str().unwrap_or_default().to_owned(),
            ..Step::default()
        });
    }
    let last = recording.steps.len().checked_sub(1).ok_or("no commands")?;
    recording.duration_ms = recording.steps[last].at + 2000;
    recording.steps[last].stdout = text(case, "/final").to_owned();
    // Its images were pulled by those before it.
    for image in ["nginx:1.27", "nginx:1.28", "nginx:1.29"] {
        let nodes = NODES.iter();
        recording
            .present
            .extend(nodes.map(|node| ((*node).to_owned(), image.to_owned())));
    }
    // When in a second of the wall clock it began was not told: one of the seeds may hit it.
    let whole_second = whole_second(case);
    recording.start_ms -= whole_second.unwrap_or_default();
    let mut first = None;
    for seed in 0..SEEDS {
        if whole_second.is_none() {
            recording.start_ms += 1000 / SEEDS.cast_signed();
        }
        let replay = Replay::run(&recording, seed, budget)?;
        match compare(case, &recording, &replay) {
            Ok(()) => return Ok(()),
            Err(why) => first.get_or_insert(why),
        };
    }
    Err(first.unwrap_or_default())
}

/// When a second of the wall clock began, where that shows: pods that are ready become available at such times alone.
fn whole_second(case: &Value) -> Option<i64> {
    let mut before: BTreeMap<&str, (i64, i64)> = BTreeMap::new();
    for entry in case["trace"].as_array().into_iter().flatten() {
        let state = &entry[1];
        if text(state, "/kind") != "ReplicaSet" || state["status"].is_null() {
            continue;
        }
        let number = |field: &str| state["status"][field].as_i64().unwrap_or_default();
        let now = (number("readyReplicas"), number("availableReplicas"));
        let old = before.insert(text(state, "/name"), now).unwrap_or_default();
        if old.0 == now.0 && old.1 < now.1 {
            return Some(millis(&entry[0]).rem_euclid(1000) - SEEN_MS);
        }
    }
    None
}

fn compare(case: &Value, recording: &Recording, replay: &Replay<'_>) -> Result<(), String> {
    let (want, got) = (recorded(case), replayed(replay));
    let mut differences = Vec::new();
    let keys: crate::sim::btree::BTreeSet<&String> = want.keys().chain(got.keys()).collect();
    for key in keys {
        let none = Vec::new();
        let (want, got) = (want.get(key).unwrap_or(&none), got.get(key).unwrap_or(&none));
        let finer = key.starts_with("size ") && super::states::sizes_alike(want, got);
        if want != got && !finer {
            differences.push(format!("{key}: want {want:?}, got {got:?}"));
        }
    }
    let last = recording.steps.len() - 1;
    let (none, outcome) = (
        super::Names::default(),
        replay.outcomes.iter().find(|outcome| outcome.step == last),
    );
    differences.extend(super::output::compare(
        &recording.steps[last],
        (&none, &none),
        outcome,
        &recording.slack,
    ));
    if differences.is_empty() {
        Ok(())
    } else {
        Err(differences.join("\n"))
    }
}

fn push(story: &mut Story, key: String, value: String) {
    let values = story.entry(key).or_default();
    if values.last() != Some(&value) {
        values.push(value);
    }
}

fn recorded(case: &Value) -> Story {
    let mut story = Story::new();
    for entry in case["trace"].as_array().into_iter().flatten() {
        let state = &entry[1];
        match text(state, "/kind") {
            "ReplicaSet" => {
                let name = text(state, "/name");
                if let Some(size) = state["spec"].as_i64() {
                    push(&mut story, format!("size {name}"), size.to_string());
                }
                if let Some(revision) = state["revision"].as_str() {
                    push(&mut story, format!("revision {name}"), revision.to_owned());
                }
            }
            "Deployment" => {
                for (kind, told) in state["conditions"].as_object().into_iter().flatten() {
                    push(
                        &mut story,
                        format!("condition {kind}"),
                        format!("{} {}", text(told, "/0"), text(told, "/1")),
                    );
                }
            }
            _ => {}
        }
    }
    story
}

fn replayed(replay: &Replay<'_>) -> Story {
    let mut story = Story::new();
    let tracks = replay.history.tracks.iter();
    let versions = tracks.flat_map(|track| track.versions.iter().map(move |(at, object)| (*at, track, object)));
    for (_, track, object) in versions {
        let Some(object) = object else { continue };
        match track.kind.as_str() {
            "ReplicaSet" => {
                let size = object
                    .pointer("/spec/replicas")
                    .and_then(Value::as_i64)
                    .unwrap_or_default();
                push(&mut story, format!("size {}", track.name), size.to_string());
                let revision = text(object, "/metadata/annotations/deployment.kubernetes.io~1revision");
                push(&mut story, format!("revision {}", track.name), revision.to_owned());
            }
            "Deployment" => {
                for condition in object
                    .pointer("/status/conditions")
                    .and_then(Value::as_array)
                    .into_iter()
                    .flatten()
                {
                    let told = format!("{} {}", text(condition, "/status"), text(condition, "/reason"));
                    push(&mut story, format!("condition {}", text(condition, "/type")), told);
                }
            }
            _ => {}
        }
    }
    story
}
