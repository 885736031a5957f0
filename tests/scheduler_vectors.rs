//! The scheduler against the facts in `vectors/scheduler-*.jsonl`.

#![allow(clippy::print_stdout, reason = "the counts are for people")]

use kubarium::sim::btree::BTreeMap;
use std::path::PathBuf;

use kubarium::scheduler::conformance::{is_applicable, run_vector};
use serde_json::Value;

const FILES: [&str; 6] = [
    "scheduler-filter.jsonl",
    "scheduler-filter-interpodaffinity.jsonl",
    "scheduler-filter-podtopologyspread.jsonl",
    "scheduler-score.jsonl",
    "scheduler-score-pods.jsonl",
    "scheduler-preemption.jsonl",
];

/// The folder of shared data; none where the environment names none.
fn shared() -> Option<PathBuf> {
    let folder = std::env::var_os("KUBARIUM_SHARED").map(PathBuf::from);
    if folder.is_none() {
        println!("skipped: KUBARIUM_SHARED is not set");
    }
    folder
}

#[test]
fn every_fact_holds() {
    let Some(folder) = shared() else { return };
    let mut counts: BTreeMap<String, [usize; 3]> = BTreeMap::new();
    let mut failures = Vec::new();
    for file in FILES {
        let path = folder.join("vectors").join(file);
        let lines = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        for line in lines.lines() {
            let case: Value = serde_json::from_str(line).expect("a case is JSON");
            let count = counts
                .entry(case["subject"].as_str().unwrap_or_default().to_owned())
                .or_default();
            if !is_applicable(&case) {
                count[2] += 1;
                continue;
            }
            match run_vector(&case) {
                Ok(()) => count[0] += 1,
                Err(why) => {
                    count[1] += 1;
                    failures.push(format!("{} ({}): {why}", case["id"], case["about"]));
                }
            }
        }
    }
    println!("passed failed n/a");
    for (subject, [passed, failed, other]) in &counts {
        println!("{passed:6} {failed:6} {other:3} {subject}");
    }
    for failure in failures.iter().take(40) {
        println!("{failure}");
    }
    assert!(failures.is_empty(), "{} facts do not hold", failures.len());
    assert!(
        counts.values().map(|count| count[0]).sum::<usize>() >= 180,
        "too few facts were checked"
    );
}
