//! The gallery's scenarios: each keeps the invariants after every event, has one history, and that history is
//! the one written down. `UPDATE_EXPECT=1` writes it anew; read the difference before you commit it.
#![allow(
    clippy::disallowed_methods,
    reason = "the test asks the environment whether to rewrite its goldens"
)]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use kubarium::api::core::{Node, Pod};
use kubarium::api::{Kind, Object};
use kubarium::cluster::Cluster;
use kubarium::scenario::{Options, Scenario};
use kubarium::session::Player;
use kubarium::sim::SimTime;
use kubarium::view::Report;

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
        let mut events = player.world().cluster.events();
        while player.now() < PLAYED {
            let mut left = 50;
            player.run(PLAYED, &mut || {
                left -= 1;
                left > 0
            });
            check(&name, &player.world().cluster);
            events = player.world().cluster.events().max(events);
        }
        assert!(events > 10, "{name}: something happens");
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

/// What must hold at every moment.
fn check(name: &str, cluster: &Cluster) {
    let api = cluster.api();
    let mut addresses = BTreeMap::new();
    let mut used: BTreeMap<String, i64> = BTreeMap::new();
    for pod in api.list::<Pod>(None).filter(|pod| !pod.is_finished()) {
        if !pod.status.pod_ip.is_empty() && !pod.spec.host_network {
            let other = addresses.insert(pod.status.pod_ip.clone(), pod.meta.name.clone());
            assert!(
                other.is_none(),
                "{name}: {} and {other:?} share {}",
                pod.meta.name,
                pod.status.pod_ip
            );
        }
        let cpu = pod
            .spec
            .containers
            .iter()
            .filter_map(|container| container.resources.requests.get("cpu"));
        *used.entry(pod.spec.node_name.to_string()).or_default() += cpu.map(|amount| amount.milli_value()).sum::<i64>();
        assert!(
            pod.status.observed_generation <= pod.meta.generation,
            "{name}: {} is seen before it is written",
            pod.meta.name
        );
    }
    for node in api.list::<Node>(None) {
        let room = node
            .status
            .allocatable
            .get("cpu")
            .map_or(0, |amount| amount.milli_value());
        let taken = used.get(&*node.meta.name).copied().unwrap_or_default();
        assert!(
            taken <= room,
            "{name}: {} has {room}m and {taken}m are taken",
            node.meta.name
        );
    }
    let revision = api.revision();
    for object in Kind::all().flat_map(|kind| api.list_objects(kind, None)) {
        check_owner(name, object);
        assert!(
            object.meta().resource_version.0 <= revision,
            "{name}: a version from the future"
        );
    }
}

/// At most one owner controls an object.
fn check_owner(name: &str, object: &Object) {
    let count = object
        .meta()
        .owner_references
        .iter()
        .filter(|owner| owner.controller)
        .count();
    assert!(count <= 1, "{name}: {} has {count} controllers", object.meta().name);
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
