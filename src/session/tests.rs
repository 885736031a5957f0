//! The player's promises.

use super::*;
use crate::scenario::{Options, Scenario};
use crate::sim::SimTime;

const TEXT: &str = "\
apiVersion: kubarium.dev/v1
kind: Scenario
metadata: {name: test}
spec:
  seed: 3
  nodes: [{count: 2}]
  timeline:
  - {at: 20s, fail: node/node-2, for: 30s}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 3
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers: [{name: web, image: \"nginx:1.27\"}]
";

fn player() -> Player {
    let player = Player::new(Scenario::read(TEXT), Options::default());
    assert!(player.diagnostics().is_empty(), "{:?}", player.diagnostics());
    player
}

fn seconds(count: u64) -> SimTime {
    SimTime(count * 1_000_000_000)
}

fn hash_at(player: &mut Player, at: SimTime) -> u64 {
    player.seek(at);
    assert_eq!(player.now(), at);
    player.world().cluster.state_hash()
}

fn command(text: &str) -> Command {
    Command::parse(text, "").expect("a command")
}

#[test]
fn looking_back_changes_nothing() {
    let mut straight = player();
    let want: Vec<u64> = (0..12).map(|step| hash_at(&mut straight, seconds(step * 7))).collect();
    let mut jumping = player();
    for step in [11_u64, 3, 9, 0, 5, 1, 11, 2, 10] {
        assert_eq!(
            hash_at(&mut jumping, seconds(step * 7)),
            want[usize::try_from(step).expect("small")],
            "at step {step}"
        );
    }
    assert_eq!(jumping.latest(), seconds(77));
}

#[test]
fn acting_in_the_past_begins_another_history() {
    let mut player = player();
    player.seek(seconds(10));
    player.act(command("kill pod/nobody"));
    player.seek(seconds(60));
    player.seek(seconds(5));
    assert_eq!(player.latest(), seconds(60));
    player.act(command("fail node/node-1"));
    assert_eq!(player.latest(), seconds(5));
    let log: Vec<String> = player.log().map(|(at, command)| format!("{at} {command}")).collect();
    assert_eq!(log, ["5.000 fail node/node-1"]);
}

#[test]
fn undo_takes_back_what_was_done() {
    let (mut plain, mut undone) = (player(), player());
    undone.seek(seconds(10));
    undone.act(command("fail node/node-1"));
    undone.seek(seconds(70));
    assert!(undone.undo());
    assert_eq!(undone.world().cluster.state_hash(), hash_at(&mut plain, seconds(70)));
    assert!(!undone.undo(), "nothing is left to take back");
}

#[test]
fn a_link_opens_the_same_moment() {
    let mut player = player();
    player.seek(seconds(12));
    player.act(command("fail node/node-1 for 40s"));
    player.seek(seconds(45));
    let link = player.link("", serde_json::Value::Null);
    let read = crate::scenario::Link::decode(&link.encode()).expect("a link");
    let opened = Player::open(&read, &read.text).expect("a session");
    assert_eq!(opened.now(), player.now());
    assert_eq!(opened.world().cluster.state_hash(), player.world().cluster.state_hash());
}

#[test]
fn play_follows_real_time_at_its_speed_and_stops_at_the_budget() {
    let mut player = player();
    assert_eq!(player.advance(1_000_000_000, &mut || true), Progress::Done);
    assert_eq!(player.now(), SimTime::ZERO, "paused");
    player.play();
    player.set_speed(Speed(4000));
    player.advance(100_000_000, &mut || true);
    assert_eq!(player.now(), SimTime(400_000_000));
    player.advance(3_600_000_000_000, &mut || true);
    assert_eq!(player.now(), SimTime(2_400_000_000), "a hidden page does not run away");
    player.set_speed(Speed::MAX);
    assert_eq!(player.advance(500_000_000, &mut || false), Progress::Behind);
}

fn request(method: &str, target: &str, body: &str) -> ApiRequest {
    ApiRequest {
        method: method.to_owned(),
        target: target.to_owned(),
        content_type: String::new(),
        body: body.to_owned(),
    }
}

const PODS: &str = "/api/v1/namespaces/default/pods";
const SLEEPER: &str = r#"{"metadata": {"name": "a"}, "spec": {"containers": [
    {"name": "main", "image": "busybox:1.36", "command": ["sh", "-c", "echo one; echo two; sleep 1000"]}]}}"#;

#[test]
fn requests_and_programs_are_part_of_the_history() {
    let mut player = player();
    player.seek(seconds(5));
    assert_eq!(player.request(&request("POST", PODS, SLEEPER)).code, 201);
    assert_eq!(player.request(&request("POST", PODS, SLEEPER)).code, 409);
    assert_eq!(player.request(&request("POST", PODS, "{")).code, 400);
    player.seek(seconds(15));
    let program = |text: &str| command(&format!("exec pod/a -- {text}"));
    let number = player.act(program("sh -c 'echo \"a b\" > /tmp/x; sleep 2; cat /tmp/x; exit 3'"));
    assert_eq!(player.output(number).and_then(|output| output.code), None);
    let want = hash_at(&mut player, seconds(60));
    let output = player.output(number).cloned().unwrap_or_default();
    assert_eq!((output.stdout.as_str(), output.code), ("a b\n", Some(3)));
    assert_eq!(player.request(&request("GET", PODS, "")).code, 200);
    assert_eq!(
        player
            .request(&request("DELETE", &format!("{PODS}/a?dryRun=All"), ""))
            .code,
        200
    );
    assert_eq!(player.log().count(), 4, "what only looks is not in the log");

    let link = player.link("", serde_json::Value::Null);
    assert_eq!(hash_at(&mut player, seconds(10)), hash_at(&mut player, seconds(10)));
    assert_eq!(hash_at(&mut player, seconds(60)), want);
    let copy = Player::open(&link, &link.text).expect("a link that opens");
    assert_eq!(copy.world().cluster.state_hash(), want);
}

#[test]
fn a_request_through_the_network_is_part_of_the_history_whole() {
    use crate::network::{Origin, Request};
    let mut player = player();
    let echo = r#"{"metadata": {"name": "echo", "labels": {"app": "echo"}}, "spec": {"containers": [
        {"name": "echo", "image": "registry.k8s.io/echoserver:1.10", "ports": [{"containerPort": 8080}]}]}}"#;
    player.request(&request("POST", PODS, echo));
    player.seek(seconds(30));
    let pod = player.request(&request("GET", &format!("{PODS}/echo"), "")).body;
    let address = pod["status"]["podIP"].as_str().unwrap_or_default().to_owned();
    let sent = Request {
        method: "POST".into(),
        headers: vec![("X-Mood".into(), "it's fine".into())],
        body: "two\nlines".into(),
        ..Request::get(Origin::Node("node-1".into()), &format!("http://{address}:8080/cart"))
    };
    let outcome = player.fetch(&sent);
    assert_eq!(outcome.result, Ok(200));
    for part in ["POST", "x-mood=it's fine", "two\nlines"] {
        assert!(outcome.body.contains(part), "{part} in {}", outcome.body);
    }
    let number = player.act(command("kubectl get pods --no-headers"));
    let want = player.output(number).cloned();
    let link = player.link("", serde_json::Value::Null);
    let mut copy = Player::open(&link, &link.text).expect("a link that opens");
    assert_eq!(copy.world().cluster.state_hash(), player.world().cluster.state_hash());
    assert_eq!(copy.output(number).cloned(), want, "numbers of commands stay");
    let trips = |player: &Player| player.world().cluster.requests().cloned().collect::<Vec<_>>();
    assert_eq!(trips(&copy), trips(&player));
    assert!(copy.undo() && copy.undo());
    assert_eq!(trips(&copy), []);
}

#[test]
fn a_program_that_cannot_run_says_why() {
    let mut player = player();
    let cases = [
        ("exec pod/nobody -- true", "pods \"nobody\" not found"),
        ("exec pod/a -c b -- true", "container not found (\"b\")"),
    ];
    player.request(&request("POST", PODS, SLEEPER));
    player.seek(seconds(20));
    for (text, want) in cases {
        let number = player.act(command(text));
        let output = player.output(number).cloned().unwrap_or_default();
        assert_eq!(
            (output.stderr.as_str(), output.code),
            (want, Some(NOT_STARTED)),
            "{text}"
        );
    }
}

#[test]
fn a_request_gives_the_log_of_a_container() {
    let mut player = player();
    player.request(&request("POST", PODS, SLEEPER));
    player.seek(seconds(20));
    let cases = [
        ("", "one\ntwo\n"),
        ("?tailLines=1", "two\n"),
        ("?limitBytes=2", "on"),
        ("?sinceSeconds=1", ""),
        ("?container=main&tailLines=0", ""),
    ];
    for (query, want) in cases {
        let response = player.request(&request("GET", &format!("{PODS}/a/log{query}"), ""));
        assert_eq!((response.code, response.body.as_str()), (200, Some(want)), "{query}");
    }
    let refusals = [
        ("a/log?container=b", 400, "container b is not valid for pod a"),
        (
            "a/log?tailLines=x",
            400,
            "tailLines: \"x\" is no number of zero or more",
        ),
        ("b/log", 404, "pods \"b\" not found"),
    ];
    for (path, code, want) in refusals {
        let response = player.request(&request("GET", &format!("{PODS}/{path}"), ""));
        assert_eq!(
            (response.code, response.body["message"].as_str()),
            (code, Some(want)),
            "{path}"
        );
    }
}

#[test]
fn named_files_are_kept_in_the_log() {
    let mut player = player();
    let mut files = crate::kubectl::Files::default();
    for name in ["a", "b"] {
        let text = format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}}}\n");
        files.named.insert(format!("{name}.yaml"), text);
    }
    let number = player.act(Command::Kubectl {
        line: "apply -f a.yaml -f b.yaml".to_owned(),
        stdin: pack_files(&files),
    });
    let printed = player.output(number).map(|output| output.stdout.clone());
    assert_eq!(printed.as_deref(), Some("configmap/a created\nconfigmap/b created\n"));
    let link = player.link("", serde_json::Value::Null);
    let copy = Player::open(&link, &link.text).expect("a link that opens");
    assert_eq!(copy.world().cluster.state_hash(), player.world().cluster.state_hash());
}
