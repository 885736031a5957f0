//! Runs the shared cases of the controllers through the functions that they are about.

#![allow(clippy::print_stdout, reason = "the figures are what the test is run for")]

use kubarium::sim::btree::BTreeMap;
use std::path::PathBuf;

use serde_json::Value;

/// Files of cases.
const FILES: [&str; 8] = [
    "autoscaler",
    "cronjob",
    "deployment",
    "disruption",
    "endpointslice",
    "job",
    "node",
    "replicaset",
];

fn shared() -> Option<PathBuf> {
    let folder = std::env::var_os("KUBARIUM_SHARED").map(PathBuf::from);
    if folder.is_none() {
        println!("skipped: KUBARIUM_SHARED is not set");
    }
    folder
}

#[test]
fn cases_agree() {
    let Some(shared) = shared() else { return };
    let mut counts: BTreeMap<String, (u32, u32)> = BTreeMap::new();
    let mut failures = Vec::new();
    for file in FILES {
        let path = shared.join("vectors").join(format!("{file}.jsonl"));
        let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        for line in text.lines() {
            let case: Value = serde_json::from_str(line).expect("a case is JSON");
            let subject = case["subject"].as_str().expect("a case has a subject").to_owned();
            let count = counts.entry(subject).or_default();
            count.1 += 1;
            match kubarium::controller::conformance::run_vector(&case) {
                Ok(()) => count.0 += 1,
                Err(why) if why.starts_with("not applicable") => count.1 -= 1,
                Err(why) => failures.push(format!("{}: {why}", case["id"])),
            }
        }
    }
    for (subject, (passed, total)) in &counts {
        println!("{subject}: {passed} of {total}");
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}
