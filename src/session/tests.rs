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
