//! Compares the events that were told of an object.

use serde_json::Value;

use super::history::{History, Track};
use super::json::text;
use super::normal::Names;
use super::slack::Slack;

/// One event: what it says, when it was first told, and how often in the end.
#[derive(Clone, Debug)]
pub(super) struct Told {
    at: i64,
    what: String,
    count: i64,
}

/// Events that are told within this time of each other, in milliseconds, may come in another order.
const ORDER_MS: i64 = 1500;

/// A probe's period, in milliseconds, more or less.
const PROBE_MS: i64 = 3000;

/// A probe that meets a container within this time of its start or its end, in milliseconds, may see it or not.
const EDGE_MS: i64 = 1500;

/// An attempt to schedule a pod may fail so long before the next succeeds, in milliseconds, as changes come one by one.
const TRIES_MS: i64 = 150;

/// What the recorder's machine and runtime complain about: a busy kubelet when many pods start, a runtime that cannot do
/// all that real ones can.
pub(super) fn is_noise(message: &str) -> bool {
    [
        "failed to sync configmap cache",
        "nsenter: cannot open /proc/",
        // How long ago that was is not the scenario's.
        "Registered Node",
    ]
    .iter()
    .any(|noise| message.contains(noise))
        || message.ends_with("Error: not implemented")
}

/// The events about one object, in the order in which they were first told.
pub(super) fn of(history: &History, names: &Names, track: &Track) -> Vec<Told> {
    let mut told: Vec<Told> = Vec::new();
    for event in history.tracks.iter().filter(|track| track.kind == "Event") {
        let Some((at, Some(first))) = event.versions.first() else {
            continue;
        };
        if text(first, "/involvedObject/kind") != track.kind || text(first, "/involvedObject/name") != track.name {
            continue;
        }
        let message = text(first, "/message");
        if is_noise(message) || names.tells_of_good_pull(message) {
            continue;
        }
        let last = event
            .versions
            .iter()
            .rev()
            .find_map(|(_, object)| object.as_ref())
            .unwrap_or(first);
        let what = line(names, last);
        let count = count(last);
        match told.iter_mut().find(|other| other.what == what) {
            Some(other) => other.count += count,
            None => told.push(Told { at: *at, what, count }),
        }
    }
    told.sort_by_key(|told| told.at);
    told
}

fn line(names: &Names, event: &Value) -> String {
    let source = match text(event, "/source/component") {
        "" => text(event, "/reportingComponent"),
        source => source,
    };
    let field = text(event, "/involvedObject/fieldPath");
    let line = [
        text(event, "/type"),
        text(event, "/reason"),
        source,
        field,
        text(event, "/message"),
    ];
    names.text(&line.join(" "))
}

fn count(event: &Value) -> i64 {
    let series = event.pointer("/series/count").and_then(Value::as_i64);
    series.or_else(|| event["count"].as_i64()).unwrap_or(1).max(1)
}

/// Whether an event tells of attempts to schedule a pod just before one that succeeded.
fn is_early_try(told: &Told, all: &[Told]) -> bool {
    let binds = |other: &Told| other.what.contains(" Scheduled ") && (0..TRIES_MS).contains(&(other.at - told.at));
    told.what.contains(" FailedScheduling ") && all.iter().any(binds)
}

/// Whether an event is one that a race decides about: between a probe and its container's start or end, or between two
/// changes and the scheduler, which tries in vain after the first and not after the second.
fn is_race(told: &Told, all: &[Told]) -> bool {
    if is_early_try(told, all) {
        return true;
    }
    let edge = |other: &Told| other.what.contains(" Started ") || other.what.contains(" Killing ");
    let near = |other: &Told| edge(other) && (told.at - other.at).abs() < EDGE_MS;
    told.count == 1 && told.what.contains(" Unhealthy ") && all.iter().any(near)
}

/// The differences; `start` is when the object was created there and here, `end` when the recording ended.
pub(super) fn compare(want: &[Told], got: &[Told], start: (i64, i64), (end, slack): (i64, &Slack)) -> Vec<String> {
    let mut differences = Vec::new();
    let is_others = |told: &&Told| {
        let until = slack.crowded_until.unwrap_or(i64::MIN);
        told.what.contains(" FailedScheduling ") && told.at <= until
    };
    let own = |all: &[Told]| -> Vec<Told> { all.iter().filter(|told| !is_others(told)).cloned().collect() };
    let (want, got) = (&own(want), &own(got));
    // What is told near the end the other side may not have come to.
    let is_last = |told: &Told| slack.is_near_end(told.at, end);
    let mut order: Vec<(&Told, &Told)> = Vec::new();
    for told in want {
        match got.iter().find(|other| other.what == told.what) {
            None if is_race(told, want) || is_last(told) => {}
            None => differences.push(format!("event missing: {} x{} at {}", told.what, told.count, told.at)),
            Some(other) => {
                // Repeated warnings depend on the phases of probes and of back-off.
                let noise = if told.count >= 3 { 1 + told.count / 8 } else { 0 };
                // Told again where a controller's cache was behind its own write.
                let noise = if told.what.contains(" SawCompletedJob ") {
                    noise + 1
                } else {
                    noise
                };
                // A rollout's steps are compared as the sizes of its ReplicaSets.
                let steps = told.what.contains(" ScalingReplicaSet ");
                let tries = is_early_try(told, want) && is_early_try(other, got);
                if !steps && !tries && !is_last(told) && (told.count - other.count).abs() > noise {
                    differences.push(format!("event {}: x{}, not x{}", told.what, other.count, told.count));
                }
                // Whether the first probe comes with the container's start or a period later is a race.
                let late = if told.what.contains(" Unhealthy ") { PROBE_MS } else { 0 };
                let near = |late: i64| slack.near((told.at, start.0), (other.at + late, start.1));
                if !near(0) && !near(late) && !near(-late) {
                    let (want, got) = (told.at - start.0, other.at - start.1);
                    differences.push(format!("event {}: {got} ms after creation, not {want}", told.what));
                }
                order.push((told, other));
            }
        }
    }
    for told in got
        .iter()
        .filter(|told| !want.iter().any(|other| other.what == told.what) && !is_race(told, got) && !is_last(told))
    {
        differences.push(format!(
            "event not recorded: {} x{} at {}",
            told.what, told.count, told.at
        ));
    }
    for (index, (first, own_first)) in order.iter().enumerate() {
        let wrong = order[index + 1..]
            .iter()
            .find(|(told, own)| told.at - first.at > ORDER_MS && own.at < own_first.at);
        if let Some((told, _)) = wrong {
            differences.push(format!("event {} comes after {}", first.what, told.what));
        }
    }
    differences
}
