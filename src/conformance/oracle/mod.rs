//! Recordings of a real control plane, replayed.
//!
//! A scenario's commands are run at their times on a cluster like the recorder's. Then three things are compared: what
//! became of each object ([`states`]), what events were told of it ([`events`]), and what each command printed
//! ([`output`]). Names that were generated are random: objects of one generated name are paired so that they differ least.
//! Phases and jitter are random there and here: several seeds are tried, and the one that comes nearest counts.

mod events;
mod history;
mod json;
mod normal;
mod output;
mod pairing;
mod recorder;
mod recording;
mod refusals;
mod replay;
mod rollouts;
mod slack;
mod states;

use serde_json::Value;

use super::Budget;
use crate::scheduler;
use history::{History, Track};
use normal::Names;
use recording::Recording;
use replay::Replay;
use states::Life;

pub(super) use refusals::run_refusal;
pub(super) use rollouts::run_rollout;

/// Seeds that are tried.
const SEEDS: u64 = 6;

/// The group that a recorded scenario belongs to.
pub(super) fn group(scenario: &str) -> Option<String> {
    let scenario: Value = serde_json::from_str(scenario).ok()?;
    scenario["group"].as_str().map(str::to_owned)
}

/// Replays a scenario and compares all that was recorded.
pub(super) fn run_scenario(scenario: &str, watch: &str, budget: Budget<'_>) -> Result<(), String> {
    let recording = Recording::read(scenario, watch)?;
    let mut nearest: Option<Vec<String>> = None;
    for seed in 0..SEEDS {
        let replay = Replay::run(&recording, seed, budget)?;
        let differences = differences(&recording, &replay);
        if differences.is_empty() {
            return Ok(());
        }
        if nearest.as_ref().is_none_or(|nearest| differences.len() < nearest.len()) {
            nearest = Some(differences);
        }
        if (budget.expired)() {
            break;
        }
    }
    let nearest = nearest.unwrap_or_default();
    Err(format!("{} differences\n{}", nearest.len(), nearest.join("\n")))
}

/// All differences of a replay.
fn differences(recording: &Recording, replay: &Replay<'_>) -> Vec<String> {
    let (names, own_names) = (Names::of(&recording.history), Names::of(&replay.history));
    let mut found = compare_histories(recording, &names, &replay.history, &own_names);
    let compared = recording
        .steps
        .iter()
        .enumerate()
        .filter(|(_, step)| step.usage.is_none() && step.node.is_none());
    for (index, step) in compared {
        let outcome = replay.outcomes.iter().find(|outcome| outcome.step == index);
        found.extend(output::compare(step, (&names, &own_names), outcome, &recording.slack));
    }
    found
}

/// What objects are called when generated names are all the same.
fn common_name(track: &Track) -> (String, String) {
    let name = if track.prefix.is_empty() {
        track.name.clone()
    } else {
        format!("{}#", track.prefix)
    };
    (track.kind.clone(), name)
}

fn compare_histories(recording: &Recording, names: &Names, replayed: &History, own_names: &Names) -> Vec<String> {
    let objects = |history: &History| -> Vec<(String, String)> {
        // The recorder left out what every namespace holds.
        let objects = history
            .tracks
            .iter()
            .filter(|track| track.kind != "Event" && track.name != "kube-root-ca.crt");
        objects.map(common_name).collect()
    };
    let recorded = &recording.history;
    let mut all: Vec<(String, String)> = objects(recorded);
    all.extend(objects(replayed));
    all.sort();
    all.dedup();
    let mut differences = Vec::new();
    for (kind, name) in all {
        let same = |track: &&Track| common_name(track) == (kind.clone(), name.clone());
        let want: Vec<&Track> = recorded.tracks.iter().filter(same).collect();
        let got: Vec<&Track> = replayed.tracks.iter().filter(same).collect();
        if want.len() != got.len() {
            differences.push(format!("{kind}/{name}: {} objects, not {}", got.len(), want.len()));
        }
        for (want, got) in want
            .iter()
            .zip(&got)
            .filter_map(|(want, got)| Some((want.versions.first()?.0, got.versions.first()?.0)))
        {
            if !recording.slack.near((want, 0), (got, 0)) {
                differences.push(format!("{kind}/{name}: created at {got}, not at {want}"));
            }
        }
        let stories = |tracks: &[&Track], history: &History, names: &Names| -> Vec<Story> {
            let story = |track: &&Track| (Life::of(track, names), events::of(history, names, track));
            tracks.iter().map(story).collect()
        };
        let (stories, own_stories) = (stories(&want, recorded, names), stories(&got, replayed, own_names));
        for (index, found) in paired(&stories, &own_stories, recording) {
            let name = &want[index].name;
            differences.extend(found.iter().map(|difference| format!("{kind}/{name}: {difference}")));
        }
    }
    differences
}

/// A difference of two objects weighs more than any distance in time, in milliseconds.
const DIFFERENCE: i64 = 1_000_000_000;

/// What became of an object, and what was told of it.
type Story = (Life, Vec<events::Told>);

/// Pairs objects so that they differ least, and gives the differences of each pair under the index of the recorded one.
fn paired(want: &[Story], got: &[Story], recording: &Recording) -> Vec<(usize, Vec<String>)> {
    let compare = |(life, told): &Story, (own_life, own_told): &Story| {
        let (end, slack) = (recording.duration_ms, &recording.slack);
        let mut differences = states::compare(life, own_life, end, slack);
        if life.is_stillborn() || own_life.is_stillborn() {
            return differences;
        }
        differences.extend(events::compare(
            told,
            own_told,
            (life.start, own_life.start),
            (end, slack),
        ));
        differences
    };
    let stories: Vec<Vec<Vec<String>>> = want
        .iter()
        .map(|want| got.iter().map(|got| compare(want, got)).collect())
        .collect();
    let cost = |a: usize, b: usize, found: &Vec<String>| {
        let near = want[a].0.distance(&got[b].0, recording.duration_ms).min(DIFFERENCE - 1);
        i64::try_from(found.len()).unwrap_or(i64::MAX / DIFFERENCE) * DIFFERENCE + near
    };
    let rows = stories.iter().enumerate();
    let costs: Vec<Vec<i64>> = rows
        .map(|(a, row)| row.iter().enumerate().map(|(b, found)| cost(a, b, found)).collect())
        .collect();
    let pairs = pairing::cheapest(&costs).into_iter();
    pairs.map(|(a, b)| (a, stories[a][b].clone())).collect()
}

/// Replays the pods of a recorded cluster through the scheduler.
pub(super) fn run_schedule(cluster: &Value) -> Result<(), String> {
    let compared = scheduler::conformance::run_recording(cluster)?;
    if compared.differences.is_empty() {
        Ok(())
    } else {
        Err(compared.differences.join("; "))
    }
}
