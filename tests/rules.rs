//! Runs the shared vectors of validation, admission and resources, and the recorded refusals.
//!
//! The data lies outside the repository, in the folder that `KUBARIUM_SHARED` names. Without the variable the tests say
//! so and pass; with it, a missing file is a failure.

#![allow(
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a test that reads the shared data where it stands, and says what it ran"
)]

use std::collections::BTreeMap;
use std::path::PathBuf;

use kubarium::{api, apiserver};
use serde_json::Value;

fn shared() -> Option<PathBuf> {
    let Ok(folder) = std::env::var("KUBARIUM_SHARED") else {
        println!("skipped: KUBARIUM_SHARED is not set");
        return None;
    };
    Some(PathBuf::from(folder))
}

/// Runs all vectors of a file; those of subjects that others answer for are counted apart.
fn run(file: &str, run_vector: fn(&Value) -> Result<(), String>) {
    let Some(shared) = shared() else { return };
    let path = shared.join("vectors").join(file);
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let mut counts: BTreeMap<String, [usize; 2]> = BTreeMap::new();
    let mut wrong = Vec::new();
    for line in text.lines() {
        let case: Value = serde_json::from_str(line).unwrap();
        let count = counts.entry(case["subject"].as_str().unwrap().to_owned()).or_default();
        match run_vector(&case) {
            Ok(()) => count[0] += 1,
            Err(why) if why.starts_with("not applicable:") => count[1] += 1,
            Err(why) => wrong.push(format!("{}: {why}", case["id"])),
        }
    }
    println!("{file} [passed, not applicable]: {counts:?}");
    assert!(!counts.is_empty());
    assert!(wrong.is_empty(), "{} wrong\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn admission_vectors() {
    run("admission.jsonl", apiserver::conformance::run_vector);
}

#[test]
fn resource_vectors() {
    run("resources.jsonl", api::core::conformance::run_vector);
}

#[test]
fn pod_vectors() {
    run("pod.jsonl", api::core::conformance::run_vector);
}
