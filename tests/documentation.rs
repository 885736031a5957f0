//! Manifests of the Kubernetes documentation, unmodified: what its pages show comes about.
#![allow(
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "the shared data lie where the environment says"
)]

use kubarium::api::core::{Event, Pod};
use kubarium::scenario::{Options, Scenario};
use kubarium::session::{Command, Player};
use kubarium::sim::SimTime;

mod common;

use common::invariants::Checked;

/// A player of a file of the documentation; none when the shared data are not there.
fn open(file: &str) -> Option<Checked> {
    let Ok(shared) = std::env::var("KUBARIUM_SHARED") else {
        println!("skipped: KUBARIUM_SHARED is not set");
        return None;
    };
    let path = format!("{shared}/corpus/kubernetes-website/{file}");
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    let player = Player::new(Scenario::read(&text), Options::default());
    assert!(player.diagnostics().is_empty(), "{:?}", player.diagnostics());
    Some(Checked::new(player))
}

fn seconds(count: u64) -> SimTime {
    SimTime(count * 1_000_000_000)
}

fn pod(player: &Player, name: &str) -> std::rc::Rc<Pod> {
    player
        .world()
        .cluster
        .api()
        .get::<Pod>("default", name)
        .cloned()
        .expect("the pod is there")
}

/// What a kubectl command prints, once it is done.
fn kubectl(player: &mut Checked, line: &str) -> String {
    let number = player.act(Command::parse(&format!("kubectl {line}"), "").expect("a command"));
    let until = SimTime(player.now().0 + 1_000_000_000);
    player.seek(until);
    let output = player.output(number).expect("kept");
    format!("{}{}", output.stdout, output.stderr)
}

/// Whole seconds since the start at which events of that reason happened last, and how often.
fn events(player: &Player, reason: &str) -> Vec<(i64, i32)> {
    let api = player.world().cluster.api();
    let start = api.time(SimTime::ZERO).0;
    let chosen = api.list::<Event>(None).filter(|event| *event.reason == *reason);
    chosen
        .map(|event| (event.last_timestamp.expect("a time").0 - start, event.count))
        .collect()
}

#[test]
fn exec_liveness_is_killed_and_restarted_again_and_again() {
    let Some(mut player) = open("pods/probe/exec-liveness.yaml") else {
        return;
    };
    player.seek(seconds(30));
    assert!(
        events(&player, "Unhealthy").is_empty(),
        "healthy for the first 30 seconds"
    );
    player.seek(seconds(60));
    // /tmp/healthy goes 30 s after the start; the third failure, 5 s apart each, kills; then 30 s of grace.
    let [(last, 3)] = events(&player, "Unhealthy")[..] else {
        panic!("{:?}", events(&player, "Unhealthy"))
    };
    assert!((40..=50).contains(&last), "the third failure is at {last} s");
    assert_eq!(events(&player, "Killing"), [(last, 1)]);
    player.seek(seconds(85));
    let restarted = pod(&player, "liveness-exec");
    assert_eq!(restarted.status.container_statuses[0].restart_count, 1);
    player.seek(seconds(400));
    let again = pod(&player, "liveness-exec");
    assert!(
        (4..=5).contains(&again.status.container_statuses[0].restart_count),
        "about every 75 seconds"
    );
}

#[test]
fn the_other_probes_of_the_page_do_what_it_says() {
    let Some(mut http) = open("pods/probe/http-liveness.yaml") else {
        return;
    };
    http.seek(seconds(9));
    assert_eq!(
        pod(&http, "liveness-http").status.container_statuses[0].restart_count,
        0
    );
    http.seek(seconds(60));
    assert!(
        pod(&http, "liveness-http").status.container_statuses[0].restart_count >= 1,
        "it answers 500 after ten seconds"
    );

    let Some(mut tcp) = open("pods/probe/tcp-liveness-readiness.yaml") else {
        return;
    };
    tcp.seek(seconds(12));
    assert!(
        !pod(&tcp, "goproxy").is_ready(),
        "the first readiness probe comes after 15 seconds"
    );
    tcp.seek(seconds(40));
    let ready = pod(&tcp, "goproxy");
    assert!(ready.is_ready() && ready.status.container_statuses[0].restart_count == 0);

    let Some(mut grpc) = open("pods/probe/grpc-liveness.yaml") else {
        return;
    };
    grpc.seek(seconds(60));
    let healthy = pod(&grpc, "etcd-with-grpc");
    assert!(healthy.is_ready() && healthy.status.container_statuses[0].restart_count == 0);
}

#[test]
fn a_deployment_rolls_gets_stuck_and_is_healed_by_undo() {
    let Some(mut player) = open("controllers/nginx-deployment.yaml") else {
        return;
    };
    player.seek(seconds(10));
    assert!(kubectl(&mut player, "get deployments").contains("nginx-deployment   3/3     3            3"));
    kubectl(&mut player, "set image deployment/nginx-deployment nginx=nginx:1.16.1");
    player.seek(seconds(40));
    assert_eq!(
        kubectl(&mut player, "rollout status deployment/nginx-deployment"),
        "deployment \"nginx-deployment\" successfully rolled out\n"
    );
    kubectl(&mut player, "set image deployment/nginx-deployment nginx=nginx:1.161");
    player.seek(seconds(100));
    let status = kubectl(&mut player, "rollout status deployment/nginx-deployment --watch=false");
    let want =
        "Waiting for deployment \"nginx-deployment\" rollout to finish: 1 out of 3 new replicas have been updated...\n";
    assert_eq!(status, want);
    let sets = kubectl(&mut player, "get rs --no-headers");
    let mut sizes: Vec<Vec<&str>> = sets
        .lines()
        .map(|line| line.split_whitespace().skip(1).take(3).collect())
        .collect();
    sizes.sort();
    assert_eq!(sizes, [["0", "0", "0"], ["1", "1", "0"], ["3", "3", "3"]], "{sets}");
    let pods = kubectl(&mut player, "get pods");
    let stuck = pods
        .lines()
        .filter(|line| line.contains("ImagePullBackOff") || line.contains("ErrImagePull"))
        .count();
    assert_eq!((stuck, pods.matches("1/1     Running").count()), (1, 3), "{pods}");
    kubectl(&mut player, "rollout undo deployment/nginx-deployment");
    player.seek(seconds(130));
    assert_eq!(
        kubectl(&mut player, "rollout status deployment/nginx-deployment"),
        "deployment \"nginx-deployment\" successfully rolled out\n"
    );
    assert!(kubectl(&mut player, "describe deployment nginx-deployment").contains("nginx:1.16.1"));
}
