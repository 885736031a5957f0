//! The kubelet's functions on shared test data.

use kubarium::sim::btree::BTreeMap;
use std::path::PathBuf;

use kubarium::kubelet::conformance::run_vector;
use serde_json::Value;

#[test]
fn vectors() {
    let Some(shared) = std::env::var_os("KUBARIUM_SHARED") else {
        println!("skipped: KUBARIUM_SHARED is not set");
        return;
    };
    let path = PathBuf::from(shared).join("vectors/kubelet.jsonl");
    let text = std::fs::read_to_string(&path).expect("the vectors are there");
    let mut counts: BTreeMap<String, (u32, u32)> = BTreeMap::new();
    let mut failures = Vec::new();
    for line in text.lines().filter(|line| !line.is_empty()) {
        let case: Value = serde_json::from_str(line).expect("a line of JSON");
        let count = counts
            .entry(case["subject"].as_str().unwrap_or_default().to_owned())
            .or_default();
        count.1 += 1;
        match run_vector(&case) {
            Ok(()) => count.0 += 1,
            Err(why) => failures.push(format!("{} ({}): {why}", case["id"], case["about"])),
        }
    }
    for (subject, (passed, total)) in &counts {
        println!("{subject}: {passed} of {total}");
    }
    assert!(
        counts.values().map(|count| count.1).sum::<u32>() > 100,
        "too few cases were read"
    );
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}
