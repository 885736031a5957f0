//! The scheduler against recorded clusters, in `oracle/schedule.jsonl`.

#![allow(clippy::print_stdout, reason = "the counts are for people")]

use std::path::PathBuf;

use kubarium::scheduler::conformance::run_recording;

/// The folder of shared data; none where the environment names none.
fn shared() -> Option<PathBuf> {
    let folder = std::env::var_os("KUBARIUM_SHARED").map(PathBuf::from);
    if folder.is_none() {
        println!("skipped: KUBARIUM_SHARED is not set");
    }
    folder
}

#[test]
fn every_step_of_every_cluster_agrees() {
    let Some(folder) = shared() else { return };
    let path = folder.join("oracle/schedule.jsonl");
    let lines = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let (mut agreed, mut differences) = (0, Vec::new());
    for line in lines.lines() {
        let cluster = serde_json::from_str(line).expect("a cluster is JSON");
        let compared = run_recording(&cluster).expect("a cluster can be read");
        agreed += compared.agreed;
        differences.extend(compared.differences);
    }
    println!("{agreed} pods agree, {} differ", differences.len());
    for difference in differences.iter().take(30) {
        println!("{difference}");
    }
    assert!(differences.is_empty(), "{} pods differ", differences.len());
    assert!(agreed >= 4000, "too few pods were compared");
}
