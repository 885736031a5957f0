//! Lives of pods, one behaviour each: `tests/stories/NAME.yaml` is a scenario, and `tests/goldens/stories/NAME.txt` what is
//! told of its pods. `UPDATE_EXPECT=1` writes the latter anew; read the difference before you commit it.
#![allow(
    clippy::disallowed_methods,
    reason = "the test asks the environment whether to rewrite its goldens"
)]

use kubarium::sim::btree::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use kubarium::api::Resource;
use kubarium::api::core::{Event, Node, Pod};
use kubarium::apiserver::ApiServer;
use kubarium::scenario::{Options, Scenario};
use kubarium::session::{Command, Player};
use kubarium::sim::SimTime;

mod common;
mod pod_story;

use common::invariants::Checked;

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(name)
}

/// The seconds that a story is played: `# 60 s: what it shows` is its first line.
fn seconds(text: &str) -> u64 {
    let first = text.lines().next().and_then(|line| line.strip_prefix("# "));
    let number = first.and_then(|line| line.split_once(" s: ")).map(|(number, _)| number);
    number
        .and_then(|number| number.parse().ok())
        .expect("a first line with the seconds")
}

/// The parts of a story: the scenario, and what is applied later, after lines such as `# at 20 s`.
fn parts(text: &str) -> (String, Vec<(u64, String)>) {
    let mut parts: Vec<(u64, String)> = vec![(0, String::new())];
    for line in text.lines() {
        let at = line.strip_prefix("# at ").and_then(|rest| rest.strip_suffix(" s"));
        match at.map(str::parse) {
            Some(second) => parts.push((second.expect("a second"), String::new())),
            None => *parts.last_mut().map(|(_, text)| text).expect("a part") += &format!("{line}\n"),
        }
    }
    let (_, scenario) = parts.remove(0);
    (scenario, parts)
}

/// Plays a story; gives what is told of its pods and nodes.
fn play(text: &str) -> String {
    let (scenario, later) = parts(text);
    let mut player = Checked::new(Player::new(Scenario::read(&scenario), Options::default()));
    assert_eq!(player.diagnostics(), []);
    let (mut told, mut seen) = (String::new(), 0);
    for second in 1..=seconds(text) {
        player.seek(SimTime(second * 1_000_000_000));
        for (_, stdin) in later.iter().filter(|(at, _)| *at == second) {
            let (line, stdin) = ("apply -f -".to_owned(), stdin.clone());
            player.act(Command::Kubectl { line, stdin });
        }
        tell(player.world().cluster.api(), &mut seen, &mut told);
    }
    told
}

fn tell(api: &ApiServer, seen: &mut u64, told: &mut String) {
    for change in api.changes_after(*seen).expect("the log reaches a second back") {
        *seen = change.revision;
        let name = match (
            Event::of(&change.object),
            Pod::of(&change.object),
            Node::of(&change.object),
        ) {
            (Some(event), ..) => &event.involved_object.name,
            (_, Some(pod), _) => &pod.meta.name,
            (.., Some(node)) => &node.meta.name,
            _ => continue,
        };
        let line = pod_story::describe(change);
        if !line.is_empty() {
            let ms = change.at.0 / 1_000_000;
            writeln!(told, "{:>4}.{:03} {name}: {line}", ms / 1000, ms % 1000).expect("a string takes text");
        }
    }
}

#[test]
fn each_story_is_told_as_it_was() {
    let only = std::env::var("STORY").unwrap_or_default();
    let mut different = Vec::new();
    let mut names = BTreeSet::new();
    for entry in fs::read_dir(folder("stories")).expect("the stories are there") {
        let path = entry.expect("a file").path();
        let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
        names.insert(name.clone());
        if !name.contains(&only) {
            continue;
        }
        let told = play(&fs::read_to_string(&path).expect("a text"));
        let golden = folder("goldens/stories").join(format!("{name}.txt"));
        let want = fs::read_to_string(&golden).unwrap_or_default();
        if told == want {
            continue;
        }
        if std::env::var_os("UPDATE_EXPECT").is_some() {
            fs::write(&golden, &told).expect("the golden can be written");
            continue;
        }
        let differs = told.lines().zip(want.lines()).find(|(now, before)| now != before);
        different.push(format!("{name}: {differs:?}"));
    }
    let golden_names: BTreeSet<String> = fs::read_dir(folder("goldens/stories"))
        .expect("the goldens are there")
        .map(|entry| {
            entry
                .expect("a file")
                .path()
                .file_stem()
                .expect("a name")
                .to_string_lossy()
                .into_owned()
        })
        .collect();
    assert_eq!(golden_names, names, "a golden for each story");
    assert!(
        different.is_empty(),
        "(UPDATE_EXPECT=1 rewrites them)\n{}",
        different.join("\n")
    );
}
