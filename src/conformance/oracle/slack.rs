//! How far apart times may lie there and here, and why.
//!
//! | noise | how much | why |
//! |---|---|---|
//! | a kubelet's look at its containers | [`LOOK_MS`] | it looks once a second, at a phase that is random there and here |
//! | a pull | [`PULL_MS`] | whether an image is on the node already depends on the node, and that on what else ran |
//! | a controller's step | [`STEP_LATE_MS`] | some twenty scenarios shared one client limit, but for the groups in [`UNSHARED`] |
//! | clocks that add up | [`PERCENT`] of the object's age | each back-off or grace period starts when the last thing was seen to end |
//! | statuses that were held back | [`Slack::held_before`] | the recorder's machine stood still for a while: a status came later than the times that stand in it |

use crate::sim::btree::BTreeSet;

use serde_json::Value;

use super::recording::Track;
use crate::api::time::Time;

/// A kubelet looks at its containers once a second.
const LOOK_MS: i64 = 1100;
/// A pull takes this long, where one is needed.
const PULL_MS: i64 = 1200;
/// A controller's step may come this much later.
const STEP_LATE_MS: i64 = 1000;
/// Groups whose controllers had no limit.
const UNSHARED: [&str; 3] = ["rolling", "deployment", "replicaset"];
/// Groups whose scenarios ran alone.
const ALONE: [&str; 2] = ["node", "sched"];
/// Part of an object's age, in parts per hundred.
const PERCENT: i64 = 20;
/// A status that is later than the times in it by less than this was not held back, in milliseconds: times are whole
/// seconds, and a write takes some time.
const HELD_MIN_MS: i64 = 300;
/// How long a kubelet takes to let a pod go whose containers have ended, in milliseconds: two looks at most.
const LET_GO_MS: i64 = 2000;
/// Fields of a pod's status that say when it changed.
const STAMPS: [&str; 4] = ["startedAt", "finishedAt", "lastTransitionTime", "startTime"];

/// What times may differ by.
#[derive(Clone, Debug, Default)]
pub(super) struct Slack {
    /// Whether controllers' steps may come late.
    shared: bool,
    /// Whether other scenarios ran at the same time.
    others: bool,
    /// When the recorder's kubelets held statuses back, in milliseconds since the start, in order and apart.
    held: Vec<(i64, i64)>,
    /// When the first pod went of several that were alike.
    first_choice: Option<i64>,
}

impl Slack {
    /// The slack of a recording of a group, that started at `start_ms` of the wall clock and took `duration_ms`.
    pub(super) fn of(group: &str, (start_ms, duration_ms): (i64, i64), tracks: &[Track]) -> Self {
        let pods = tracks.iter().filter(|track| track.kind == "Pod");
        let late = |track| held_back(track, start_ms).into_iter().chain(kept(track, duration_ms));
        let mut held: Vec<(i64, i64)> = pods.flat_map(late).collect();
        held.sort_unstable();
        let mut apart: Vec<(i64, i64)> = Vec::new();
        for (from, to) in held {
            match apart.last_mut().filter(|(_, end)| *end >= from) {
                Some((_, end)) => *end = to.max(*end),
                None => apart.push((from, to)),
            }
        }
        Self {
            shared: !UNSHARED.contains(&group) && !ALONE.contains(&group),
            others: !ALONE.contains(&group),
            held: apart,
            first_choice: first_choice(tracks),
        }
    }

    /// Whether a controller had chosen before a time which of several pods goes: of those that are alike it takes the one
    /// whose node holds most, and where pods are depends on what else ran.
    pub(super) fn has_chosen(&self, at: i64) -> bool {
        self.first_choice.is_some_and(|first| first < at)
    }

    /// For how long statuses were held back before a time, in milliseconds.
    pub(super) fn held_before(&self, at: i64) -> i64 {
        self.held.iter().map(|(from, to)| (at.min(*to) - from).max(0)).sum()
    }

    /// Whether other scenarios ran on the same nodes.
    pub(super) const fn others_ran(&self) -> bool {
        self.others
    }

    /// What a time may differ by that is `age` after the one that it is counted from.
    pub(super) fn at(&self, time: i64, age: i64) -> i64 {
        let late = if self.shared { STEP_LATE_MS } else { 0 };
        LOOK_MS + PULL_MS + late + age * PERCENT / 100 + self.held_before(time)
    }

    /// Whether something that happened to an object at `want` there and at `got` here happened at the same time: since
    /// the object's creation, which is given with each; or since the start, as which of several siblings goes is random.
    pub(super) fn near(&self, (want, want_start): (i64, i64), (got, got_start): (i64, i64)) -> bool {
        let age = want - want_start;
        let slack = self.at(want, age);
        (age - (got - got_start)).abs() <= slack || (want - got).abs() <= slack
    }
}

/// When statuses of a pod came late: from the newest time that is new in them, until they came.
fn held_back(pod: &Track, start_ms: i64) -> Vec<(i64, i64)> {
    let mut held = Vec::new();
    let mut known = BTreeSet::new();
    for (at, object) in &pod.versions {
        let mut stamps = BTreeSet::new();
        if let Some(object) = object {
            collect(&object["status"], &mut stamps);
        }
        let fresh = stamps.difference(&known).max();
        if let Some(stamp) = fresh {
            let from = (stamp + 1) * 1000 - start_ms;
            if at - from > HELD_MIN_MS {
                held.push((from, *at));
            }
        }
        known.extend(stamps);
    }
    held
}

fn first_choice(tracks: &[Track]) -> Option<i64> {
    let pods = tracks
        .iter()
        .filter(|track| track.kind == "Pod" && !track.prefix.is_empty());
    let marks = pods.filter_map(|pod| {
        let marked = |object: &Value| !object["metadata"]["deletionTimestamp"].is_null();
        let version = pod
            .versions
            .iter()
            .find(|(_, object)| object.as_ref().is_some_and(marked))?;
        Some(version.0)
    });
    marks.min()
}

/// For how long a pod was kept whose containers had ended.
fn kept(pod: &Track, end: i64) -> Option<(i64, i64)> {
    let over = |object: &Value| {
        let ended = matches!(object["status"]["phase"].as_str(), Some("Succeeded" | "Failed"));
        ended && !object["metadata"]["deletionTimestamp"].is_null()
    };
    let first = pod
        .versions
        .iter()
        .position(|(_, object)| object.as_ref().is_some_and(over))?;
    let gone = pod.versions[first..].iter().find(|(_, object)| object.is_none());
    let (from, to) = (pod.versions[first].0 + LET_GO_MS, gone.map_or(end, |(at, _)| *at));
    (to > from).then_some((from, to))
}

/// The times in a value, in seconds since 1970.
fn collect(value: &Value, stamps: &mut BTreeSet<i64>) {
    match value {
        Value::Object(fields) => {
            for (key, value) in fields {
                match value.as_str().filter(|_| STAMPS.contains(&key.as_str())) {
                    Some(text) => stamps.extend(Time::parse(text).ok().map(|time| time.0)),
                    None => collect(value, stamps),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, stamps)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_came_later_than_it_says_was_held_back() {
        let status = |time: &str| Some(json!({"status": {"startTime": time}}));
        let pod = Track {
            kind: "Pod".to_owned(),
            versions: vec![
                (500, status("1970-01-01T00:00:00Z")),
                (4000, status("1970-01-01T00:00:01Z")),
                (9000, None),
            ],
            ..Track::default()
        };
        let slack = Slack::of("rolling", (0, 9000), &[pod.clone(), pod]);
        for (at, want) in [(1000, 0), (3000, 1000), (4000, 2000), (9000, 2000)] {
            assert_eq!(slack.held_before(at), want, "{at}");
        }
        assert!(slack.near((6000, 100), (1000, 0)));
        assert!(!Slack::default().near((6000, 100), (1000, 0)));
    }
}
