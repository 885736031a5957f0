//! Runs the shared vectors of the plain values: quantities, numbers or texts, durations, labels, names.
//!
//! The data lies outside the repository, in the folder that `KUBARIUM_SHARED` names. Without the variable the tests say
//! so and pass; with it, a missing file is a failure.

// The harness is compiled natively only; what it runs is tested in wasm beside the code.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::print_stdout, reason = "the counts are for people")]

use kubarium::sim::btree::BTreeMap;
use std::path::PathBuf;

use kubarium::conformance::values::run_vector;
use serde_json::Value;

#[test]
fn plain_values() {
    let Some(shared) = std::env::var_os("KUBARIUM_SHARED").map(PathBuf::from) else {
        println!("skipped: KUBARIUM_SHARED is not set");
        return;
    };
    let mut counts: BTreeMap<String, [u32; 2]> = BTreeMap::new();
    let mut wrong = Vec::new();
    for file in ["quantity", "intstr", "duration", "labels", "validation"] {
        let path = shared.join("vectors").join(format!("{file}.jsonl"));
        let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        for line in text.lines() {
            let case: Value = serde_json::from_str(line).expect("a case is JSON");
            let count = counts
                .entry(case["subject"].as_str().unwrap_or_default().to_owned())
                .or_default();
            match run_vector(&case) {
                Ok(()) => count[0] += 1,
                Err(why) if why.starts_with("not applicable") => count[1] += 1,
                Err(why) => wrong.push(format!("{}: {why}", case["id"])),
            }
        }
    }
    println!("[passed, not applicable]: {counts:?}");
    assert!(counts.len() > 20, "too few subjects: {}", counts.len());
    assert!(wrong.is_empty(), "{} wrong\n{}", wrong.len(), wrong.join("\n"));
}
