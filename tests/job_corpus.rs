//! Jobs and CronJobs of others, run to their end.
#![allow(
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "the figures are what the test is run for"
)]

use std::path::{Path, PathBuf};

use kubarium::api::Resource;
use kubarium::api::batch::{CronJob, Job};
use kubarium::api::core::Pod;
use kubarium::cluster::Cluster;
use kubarium::conformance::corpus::with_namespaces;
use kubarium::scenario::Options;
use kubarium::sim::SimTime;

/// How long each manifest runs: a Job may have to run several pods one after the other, and a CronJob some Jobs.
const RUN: SimTime = SimTime(3_600_000_000_000);

fn manifests(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("the corpus is there") {
        let path = entry.expect("a file").path();
        if path.is_dir() {
            manifests(&path, found);
        } else if path
            .extension()
            .is_some_and(|ending| ending == "yaml" || ending == "yml")
        {
            let text = std::fs::read_to_string(&path).unwrap_or_default();
            if text.lines().any(|line| line == "kind: Job" || line == "kind: CronJob") {
                found.push(path);
            }
        }
    }
}

/// How a Job stands at the end: its last condition, or what its pods wait for.
fn outcome(cluster: &Cluster, job: &Job) -> String {
    if let Some(end) = job.status.finished() {
        return format!("{} {}", end.kind, end.reason);
    }
    let pods: Vec<_> = cluster.api().owned_by(&job.meta.uid).filter_map(Pod::of).collect();
    let unscheduled = pods.iter().any(|pod| pod.spec.node_name.is_empty());
    let mut waits = pods.iter().flat_map(|pod| {
        let statuses = pod
            .status
            .init_container_statuses
            .iter()
            .chain(pod.status.container_statuses.iter());
        statuses.filter_map(|status| status.state.waiting.as_ref())
    });
    match waits.find(|waiting| &*waiting.reason != "PodInitializing") {
        _ if unscheduled => "waits for a node".to_owned(),
        Some(waiting) => format!("waits: {}", waiting.reason),
        None if pods.is_empty() => "its pods are refused".to_owned(),
        None => "runs".to_owned(),
    }
}

/// Where Jobs end that do not complete, by the start of their name: their image has no legal name or cannot be pulled, their
/// pods need a service account, a device, a claim or a ConfigMap that the file does not bring, or a rule fails them.
const ENDS: [(&str, &str); 9] = [
    ("scale-", "waits: InvalidImageName"),
    ("job-pod-failure-policy-config-issue", "waits: ImagePullBackOff"),
    ("job-pod-failure-policy-example", "Failed PodFailurePolicy"),
    ("job-pod-failure-policy-failjob", "Failed PodFailurePolicy"),
    ("example-dra-job", "runs"),
    ("warm-cache", "its pods are refused"),
    ("cyclonus", "its pods are refused"),
    ("grafana-import-dashboards", "waits: ContainerCreating"),
    ("workload", "waits for a node"),
];

#[test]
fn jobs_reach_their_end() {
    let Some(shared) = std::env::var_os("KUBARIUM_SHARED").map(PathBuf::from) else {
        println!("skipped: KUBARIUM_SHARED is not set");
        return;
    };
    let mut files = Vec::new();
    manifests(&shared.join("corpus"), &mut files);
    files.sort();
    let (mut count, mut ended, mut strange) = (0, 0, Vec::new());
    for path in &files {
        let text = std::fs::read_to_string(path).expect("a text");
        let (mut cluster, _) = with_namespaces(&text).build(Options::default());
        cluster.run_until(RUN);
        for job in cluster.api().list::<Job>(None) {
            let got = outcome(&cluster, job);
            let name = &job.meta.name;
            let want = ENDS
                .iter()
                .find(|(known, _)| name.starts_with(known))
                .map(|(_, want)| *want);
            let expected = want.map_or_else(|| got.starts_with("Complete"), |want| got.starts_with(want));
            count += 1;
            ended += u32::from(job.status.finished().is_some());
            println!("{name}: {got}");
            if !expected {
                strange.push(format!("{}: {name}: {got}", path.display()));
            }
        }
        for cron in cluster.api().list::<CronJob>(None) {
            let last = cron.status.last_schedule_time;
            println!("cronjob {} {}: last {last:?}", cron.meta.name, cron.spec.schedule);
        }
    }
    println!("{} files, {count} Jobs, {ended} ended", files.len());
    assert!(count >= 20, "the corpus has Jobs");
    assert!(strange.is_empty(), "{}", strange.join("\n"));
}
