//! Disruption budgets and autoscalers, one behaviour each: `tests/policy_stories/NAME.yaml` is a scenario, and
//! `tests/goldens/policy_stories/NAME.txt` what is told of them. `UPDATE_EXPECT=1` writes the latter anew; read the
//! difference before you commit it. `STORY=NAME` plays one.
#![allow(
    clippy::disallowed_methods,
    reason = "the test asks the environment whether to rewrite its goldens"
)]

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use kubarium::api::Object;
use kubarium::api::autoscaling::HorizontalPodAutoscaler;
use kubarium::api::core::{Event, Pod};
use kubarium::api::policy::PodDisruptionBudget;
use kubarium::apiserver::{ApiServer, Change};
use kubarium::scenario::{Options, Scenario};
use kubarium::session::Player;
use kubarium::sim::SimTime;

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(name)
}

/// The seconds that a story is played: `# 60 s: what it shows` is its first line.
fn seconds(text: &str) -> u64 {
    let first = text.lines().next().and_then(|line| line.strip_prefix("# "));
    let number = first.and_then(|line| line.split_once(" s: ")).map(|(number, _)| number);
    let number = number.and_then(|number| number.parse().ok());
    number.expect("a first line with the seconds")
}

fn play(text: &str) -> String {
    let mut player = Player::new(Scenario::read(text), Options::default());
    assert_eq!(player.diagnostics(), []);
    let (mut told, mut seen) = (String::new(), 0);
    for second in 1..=seconds(text) {
        player.seek(SimTime(second * 1_000_000_000));
        tell(player.world().cluster.api(), &mut seen, &mut told);
    }
    told
}

fn tell(api: &ApiServer, seen: &mut u64, told: &mut String) {
    for change in api.changes_after(*seen).expect("the log reaches a second back") {
        *seen = change.revision;
        if let Some(line) = line(change) {
            let ms = change.at.0 / 1_000_000;
            writeln!(told, "{:>5}.{:03} {line}", ms / 1000, ms % 1000).expect("a string takes text");
        }
    }
}

fn line(change: &Change) -> Option<String> {
    match &change.object {
        Object::Event(event) => told_event(event),
        Object::PodDisruptionBudget(budget) => {
            let old = change.old.as_ref().and_then(PodDisruptionBudget::of_object);
            (old.is_none_or(|old| old.status != budget.status)).then(|| told_budget(budget))
        }
        Object::HorizontalPodAutoscaler(scaler) => {
            let old = change.old.as_ref().and_then(HorizontalPodAutoscaler::of_object);
            (old.is_none_or(|old| old.status != scaler.status)).then(|| told_scaler(scaler))
        }
        Object::Node(node) => {
            let old = change.old.as_ref()?.encode();
            let before = old.pointer("/spec/unschedulable").is_some();
            let word = if node.spec.unschedulable { "closed" } else { "open" };
            (before != node.spec.unschedulable).then(|| format!("node {}: {word}", node.meta.name))
        }
        Object::Pod(pod) => {
            let is_evicted = |pod: &Pod| pod.status.condition("DisruptionTarget").is_some();
            let old = change.old.as_ref().and_then(Pod::of_object);
            let newly = is_evicted(pod) && old.is_some_and(|old| !is_evicted(old));
            newly.then(|| format!("pod {} on {}: evicted", pod.meta.name, pod.spec.node_name))
        }
        _ => None,
    }
}

/// [`kubarium::api::Resource::of`] without the counter.
trait OfObject: kubarium::api::Resource {
    fn of_object(object: &Object) -> Option<&Self> {
        Self::of(object).map(|object| &**object)
    }
}

impl<T: kubarium::api::Resource> OfObject for T {}

fn told_event(event: &Event) -> Option<String> {
    let about = &event.involved_object;
    let kinds = ["PodDisruptionBudget", "HorizontalPodAutoscaler"];
    kinds.contains(&&*about.kind).then(|| {
        let count = if event.count > 1 {
            format!(" x{}", event.count)
        } else {
            String::new()
        };
        format!(
            "{} {}: {} {}{count}",
            event.kind, about.name, event.reason, event.message
        )
    })
}

fn told_budget(budget: &PodDisruptionBudget) -> String {
    let status = &budget.status;
    let condition = status.disruption_allowed();
    format!(
        "budget {}: allowed {} healthy {} of {}, expected {} disrupted {} {}",
        budget.meta.name,
        status.disruptions_allowed,
        status.current_healthy,
        status.desired_healthy,
        status.expected_pods,
        status.disrupted_pods.len(),
        condition.map_or("", |condition| &*condition.reason)
    )
}

fn told_scaler(scaler: &HorizontalPodAutoscaler) -> String {
    let status = &scaler.status;
    let mut text = format!(
        "autoscaler {}: {} to {}",
        scaler.meta.name, status.current_replicas, status.desired_replicas
    );
    for metric in status.current_metrics.iter().flat_map(|metrics| metrics.iter()) {
        let current = metric.resource.as_ref().map(|resource| &resource.current);
        let current = current.or(metric.pods.as_ref().map(|pods| &pods.current));
        let shown = current.map_or("unknown".to_owned(), |current| {
            let average = current.average_value.as_ref().map(ToString::to_string);
            let percent = current.average_utilization.map(|percent| format!(" ({percent}%)"));
            format!("{}{}", average.unwrap_or_default(), percent.unwrap_or_default())
        });
        write!(text, ", {shown}").expect("a string takes text");
    }
    for condition in status.conditions.iter() {
        let parts = (&condition.kind, &condition.status, &condition.reason);
        write!(text, " {}={}({})", parts.0, parts.1, parts.2).expect("a string takes text");
    }
    text
}

#[test]
fn each_story_is_told_as_it_was() {
    let only = std::env::var("STORY").unwrap_or_default();
    let mut different = Vec::new();
    let mut count = 0;
    for entry in fs::read_dir(folder("policy_stories")).expect("the folder is there") {
        let path = entry.expect("a file").path();
        let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
        if !name.contains(&only) {
            continue;
        }
        count += 1;
        let told = play(&fs::read_to_string(&path).expect("a text"));
        let golden = folder("goldens/policy_stories").join(format!("{name}.txt"));
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
    assert!(count > 0, "a story");
    assert!(
        different.is_empty(),
        "(UPDATE_EXPECT=1 rewrites them)\n{}",
        different.join("\n")
    );
}
