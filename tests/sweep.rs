//! Random scenarios with random actions: whatever is asked of a cluster, it keeps its rules, comes to rest and has one
//! history. `KUBARIUM_SEED=n` plays the scenario of that seed alone; `KUBARIUM_SEEDS=n` so many of them.
#![allow(
    clippy::disallowed_methods,
    clippy::print_stderr,
    reason = "the test asks the environment for seeds, and says what a failure needs to be played again"
)]

use kubarium::scenario::{Options, Scenario};
use kubarium::session::{Command, Player};
use kubarium::sim::SimTime;

#[path = "sweep/actions.rs"]
mod actions;
mod common;
#[path = "sweep/draw.rs"]
mod draw;
#[path = "sweep/scenario.rs"]
mod scenario;

use common::invariants::{Invariants, play};
use draw::Draw;

/// How many seeds are tried where none is asked for: fewer where it takes longer.
const SEEDS: u64 = if cfg!(target_arch = "wasm32") { 40 } else { 200 };
/// Virtual time with actions, in seconds.
const ACTIVE_S: u64 = 180;
/// Virtual time in all, in seconds: long enough for a node to be given up.
const ALL_S: u64 = 420;
/// More events than that in either half: somebody runs in circles.
const EVENTS_MAX: u64 = 12_000;

const fn at(seconds: u64) -> SimTime {
    SimTime(seconds * 1_000_000_000)
}

/// One number of the environment.
fn asked(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

/// Plays the seeds of one of several equal parts, so that they run side by side.
fn part(number: u64) {
    const PARTS: u64 = 4;
    match asked("KUBARIUM_SEED") {
        Some(seed) if seed % PARTS == number => sweep(seed),
        Some(_) => {}
        None => (0..asked("KUBARIUM_SEEDS").unwrap_or(SEEDS))
            .filter(|seed| seed % PARTS == number)
            .for_each(sweep),
    }
}

#[test]
fn first_quarter() {
    part(0);
}

#[test]
fn second_quarter() {
    part(1);
}

#[test]
fn third_quarter() {
    part(2);
}

#[test]
fn last_quarter() {
    part(3);
}

/// Says on the way out of a panic how to play it again.
struct Replay(u64);

impl Drop for Replay {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!(
                "play it again: KUBARIUM_SEED={} cargo test --no-default-features --test sweep",
                self.0
            );
        }
    }
}

fn sweep(seed: u64) {
    let _replay = Replay(seed);
    let is_told = asked("KUBARIUM_SEED").is_some();
    let name = format!("seed {seed}");
    let drawn = scenario::draw(seed);
    let mut player = Player::new(Scenario::read(&drawn.text), Options::default());
    assert!(
        player.diagnostics().is_empty(),
        "{:?}\n{}",
        player.diagnostics(),
        drawn.text
    );

    if is_told {
        eprintln!("{}", drawn.text);
    }
    let mut rules = Invariants::default();
    let mut draw = Draw::new(seed, "actions");
    let mut acts: Vec<(SimTime, Command)> = Vec::new();
    let mut copy = None;
    let mut now = at(draw.number(0, 20));
    while now < at(ACTIVE_S) {
        play(&name, &mut player, now, &mut rules);
        if copy.is_none() && now > at(ACTIVE_S / 2) {
            copy = Some((Box::new(player.clone()), acts.len()));
        }
        let text = actions::draw(&mut draw, &player.world().cluster, &drawn.workloads);
        if is_told {
            eprintln!("# {} ms: {text}", now.0 / 1_000_000);
        }
        let command = Command::parse(&text, "").expect("the actions are commands");
        player.act(command.clone());
        acts.push((now, command));
        now = SimTime(now.0 + draw.number(0, 25_000) * 1_000_000);
    }
    play(&name, &mut player, at(ACTIVE_S), &mut rules);
    let active = player.world().cluster.events();
    assert!(active < EVENTS_MAX, "{name}: {active} events, too many");
    let resting = play(&name, &mut player, at(ALL_S), &mut rules);
    assert!(resting < EVENTS_MAX, "{name}: {resting} events without a cause");

    let broken = Invariants::at_rest(&player.world().cluster);
    assert!(broken.is_empty(), "{name}: at rest:\n  {}", broken.join("\n  "));

    let hash = player.world().cluster.state_hash();
    if let Some((mut copy, done)) = copy {
        for (at, command) in acts.drain(done..) {
            copy.seek(at);
            copy.act(command);
        }
        copy.seek(at(ALL_S));
        assert_eq!(
            copy.world().cluster.state_hash(),
            hash,
            "{name}: a copy goes another way"
        );
    }
    open_again(&name, &player, &drawn.text, hash);
}

/// The link of a session leads to the same state.
fn open_again(name: &str, player: &Player, text: &str, hash: u64) {
    let again = Player::open(&player.link("", serde_json::Value::Null), text).expect("a link opens");
    assert_eq!(
        again.world().cluster.state_hash(),
        hash,
        "{name}: the link goes another way"
    );
}
