//! Clusters of scenarios that have nothing wrong.

use kubarium::cluster::Cluster;
use kubarium::scenario::{Options, Scenario};

/// The cluster of a scenario, at its start.
pub fn cluster(text: &str) -> Cluster {
    let scenario = Scenario::read(text);
    let (cluster, refused) = scenario.build(Options::default());
    let problems: Vec<String> = scenario
        .diagnostics
        .iter()
        .chain(&refused)
        .map(ToString::to_string)
        .collect();
    assert_eq!(problems, Vec::<String>::new());
    cluster
}
