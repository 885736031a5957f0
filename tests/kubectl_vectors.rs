//! Rows of `kubectl get` against the shared vectors.

use kubarium::sim::btree::BTreeMap;

use kubarium::kubectl::printers::run_vector;
use serde_json::Value;

#[test]
#[allow(clippy::disallowed_methods, reason = "the test data lie where the environment says")]
fn rows_are_those_of_kubernetes() {
    let Ok(shared) = std::env::var("KUBARIUM_SHARED") else {
        println!("skipped: KUBARIUM_SHARED is not set");
        return;
    };
    let path = format!("{shared}/vectors/printers.jsonl");
    let text = std::fs::read_to_string(&path).expect("the shared folder has vectors/printers.jsonl");
    let mut counts: BTreeMap<String, (u32, u32)> = BTreeMap::new();
    let mut problems = Vec::new();
    for line in text.lines() {
        let case: Value = serde_json::from_str(line).expect("a vector is JSON");
        let count = counts
            .entry(case["subject"].as_str().unwrap_or_default().to_owned())
            .or_default();
        match run_vector(&case) {
            Ok(()) => count.0 += 1,
            Err(problem) => {
                count.1 += 1;
                problems.push(format!("{}: {problem}", case["id"]));
            }
        }
    }
    for (subject, (passed, failed)) in &counts {
        println!("{subject}: {passed} passed, {failed} failed");
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}
