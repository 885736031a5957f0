//! Gateway API against facts that lie outside the repository, in the folder that `KUBARIUM_SHARED` names: vectors, and the
//! requests and statuses of the conformance tests. Rows that cannot apply are listed with their reasons.
#![allow(
    clippy::print_stdout,
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "a test reads files and prints what it leaves out"
)]

use std::fs;
use std::path::Path;

use kubarium::conformance::{Budget, Case, Verdict, jobs};
use kubarium::sim::btree::BTreeMap;

/// The tables and vectors.
const FACTS: [&str; 4] = [
    "vectors/gateway.jsonl",
    "corpus/facts/gateway_conformance_requests.csv",
    "corpus/facts/gateway_conformance_tests.csv",
    "corpus/facts/route_match_precedence.csv",
];
/// The manifests that they speak of.
const MANIFESTS: &str = "corpus/gateway-api";

fn read(root: &Path, folder: &Path, files: &mut BTreeMap<String, String>) {
    for entry in fs::read_dir(folder)
        .expect("a folder")
        .map(|entry| entry.expect("an entry").path())
    {
        if entry.is_dir() {
            read(root, &entry, files);
        } else {
            let name = entry.strip_prefix(root).expect("inside").to_string_lossy().into_owned();
            files.insert(name, fs::read_to_string(&entry).expect("a text"));
        }
    }
}

#[test]
fn facts_hold() {
    let Ok(shared) = std::env::var("KUBARIUM_SHARED") else {
        println!("skipped: KUBARIUM_SHARED is not set");
        return;
    };
    let root = Path::new(&shared);
    let mut files = BTreeMap::new();
    read(root, &root.join(MANIFESTS), &mut files);
    for name in FACTS {
        files.insert(name.to_owned(), fs::read_to_string(root.join(name)).expect("a table"));
    }
    let jobs = jobs(&files);
    let jobs: Vec<_> = jobs.iter().filter(|job| FACTS.contains(&job.file.as_str())).collect();
    let budget = Budget {
        events: 3_000_000,
        expired: &|| false,
    };
    let cases: Vec<Case> = jobs.iter().map(|job| job.run(budget)).collect();
    for name in FACTS {
        let of = |verdict| {
            cases
                .iter()
                .filter(move |case| case.file == name && case.verdict == verdict)
        };
        println!("{name}: {} passed", of(Verdict::Passed).count());
        for case in of(Verdict::NotApplicable) {
            println!("  not applicable: {} {}: {}", case.subject, case.id, case.why);
        }
        assert!(of(Verdict::Passed).count() > 0, "{name}: nothing passed");
    }
    let failed: Vec<String> = cases
        .iter()
        .filter(|case| case.verdict == Verdict::Failed)
        .map(|case| format!("{} {}: {}", case.file, case.id, case.why))
        .collect();
    assert!(failed.is_empty(), "{} failed:\n{}", failed.len(), failed.join("\n"));
}
