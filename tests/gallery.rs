//! The gallery: each scenario is sound, and the index says what the scenarios say.

use kubarium::sim::btree::BTreeSet;
use std::fs;
use std::path::PathBuf;

use kubarium::scenario::{Localised, Options, Scenario};
use kubarium::session::Player;
use kubarium::sim::SimTime;
use serde_json::Value;

mod common;

use common::invariants::Checked;

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("static/scenarios")
}

fn index() -> Vec<Value> {
    let text = fs::read_to_string(folder().join("index.json")).expect("an index");
    serde_json::from_str::<Value>(&text)
        .expect("JSON")
        .as_array()
        .expect("a list")
        .clone()
}

fn name(item: &Value) -> &str {
    item["name"].as_str().expect("a name")
}

fn read(name: &str) -> Scenario {
    let text = fs::read_to_string(folder().join(format!("{name}.yaml"))).expect("a scenario");
    Scenario::read(&text)
}

#[test]
fn the_index_names_every_file() {
    let files: BTreeSet<String> = fs::read_dir(folder())
        .expect("a folder")
        .filter_map(|entry| {
            entry
                .ok()?
                .file_name()
                .into_string()
                .ok()?
                .strip_suffix(".yaml")
                .map(str::to_owned)
        })
        .collect();
    let named: BTreeSet<String> = index().iter().map(|item| name(item).to_owned()).collect();
    assert_eq!(named, files);
    assert!(named.len() >= 8);
}

#[test]
fn the_index_says_what_the_scenarios_say() {
    for item in index() {
        let spec = read(name(&item)).spec;
        let same = |field: &str, own: &Localised| {
            for language in ["en", "zh"] {
                let own = own.get(language).expect("a text in each language");
                assert_eq!(item[field][language], **own, "{} {field} {language}", name(&item));
            }
        };
        same("title", &spec.title);
        same("text", &spec.description);
    }
}

#[test]
fn each_scenario_builds_and_runs_without_complaint() {
    for item in index() {
        let scenario = read(name(&item));
        assert_eq!(scenario.name, name(&item));
        let mut player = Checked::new(Player::new(scenario, Options::default()));
        assert_eq!(player.diagnostics(), [], "{}", name(&item));
        player.seek(SimTime(60_000_000_000));
        // What it comes to, event by event, stands in its golden (tests/timelines.rs).
        let golden = format!("tests/goldens/gallery/{}.txt", name(&item));
        let golden = fs::read_to_string(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(golden)).unwrap_or_default();
        let end = golden.lines().last().unwrap_or_default();
        assert!(end.starts_with("hash "), "{} has no golden", name(&item));
    }
}
