//! The gallery's scenarios: each keeps the invariants after every event, has one history, and that history is
//! the one written down. `UPDATE_EXPECT=1` writes it anew; read the difference before you commit it.
#![allow(
    clippy::disallowed_methods,
    reason = "the test asks the environment whether to rewrite its goldens"
)]

use std::fs;
use std::path::{Path, PathBuf};

use kubarium::scenario::{Options, Scenario};
use kubarium::session::Player;
use kubarium::sim::SimTime;
use kubarium::view::Report;

mod common;

use common::invariants::{Invariants, play};

/// How long each scenario is played, in nanoseconds.
const PLAYED: SimTime = SimTime(180_000_000_000);

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()
}

/// Name and text of each scenario of the gallery.
fn gallery() -> Vec<(String, String)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(root().join("static/scenarios")).expect("the gallery is there") {
        let path = entry.expect("a file").path();
        if path.extension().is_some_and(|extension| extension == "yaml") {
            let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
            found.push((name, fs::read_to_string(&path).expect("a text")));
        }
    }
    found.sort();
    assert!(found.len() >= 8, "the gallery has {} scenarios", found.len());
    found
}

fn player(text: &str) -> Player {
    Player::new(Scenario::read(text), Options::default())
}

#[test]
fn each_scenario_has_one_history() {
    for (name, text) in gallery() {
        let (mut once, mut again) = (player(&text), player(&text));
        once.seek(PLAYED);
        // In other steps, and with looks back in between.
        for second in [7, 60, 31, 90, 3, 180] {
            again.seek(SimTime(second * 1_000_000_000));
        }
        assert_eq!(
            once.world().cluster.state_hash(),
            again.world().cluster.state_hash(),
            "{name}"
        );
    }
}

#[test]
fn each_scenario_keeps_the_invariants_and_its_timeline() {
    let mut changed = Vec::new();
    for (name, text) in gallery() {
        let mut player = player(&text);
        play(&name, &mut player, PLAYED, &mut Invariants::default());
        let cluster = &player.world().cluster;
        let timeline = format!(
            "{}hash {:016x}\n",
            Report::start(cluster).events_text(cluster),
            cluster.state_hash()
        );
        changed.extend(compare(&name, &timeline));
    }
    assert!(
        changed.is_empty(),
        "timelines differ (UPDATE_EXPECT=1 rewrites them):\n{}",
        changed.join("\n")
    );
}

fn compare(name: &str, timeline: &str) -> Option<String> {
    let path = root().join(format!("tests/goldens/gallery/{name}.txt"));
    if std::env::var("UPDATE_EXPECT").is_ok() {
        fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        fs::write(&path, timeline).expect("written");
        return None;
    }
    let want = fs::read_to_string(&path).unwrap_or_default();
    let lines = timeline.lines().zip(want.lines().chain(std::iter::repeat("")));
    let first = lines.clone().find(|(got, want)| got != want);
    (timeline != want).then(|| match first {
        Some((got, want)) => format!("{name}:\n  have {got}\n  want {want}"),
        None => format!("{name}: has fewer lines"),
    })
}
