//! How far apart times may lie there and here, and why.
//!
//! | noise | how much | why |
//! |---|---|---|
//! | a kubelet's look at its containers | [`LOOK_MS`] by the root of the looks passed | it looks once a second, at a phase that is random there and here; chains of pods add up as random walks do |
//! | a pull | [`PULL_MS`] | whether an image is on the node already depends on the node, and that on what else ran |
//! | a controller's step | [`STEP_LATE_MS`] | some twenty scenarios shared one client limit, but for the groups in [`UNSHARED`] |
//! | a kubelet's waits | [`JITTER_PERCENT`] of the time since the first back-off | kubelets lengthen each wait by up to a half, at random |
//! | statuses that were held back | [`Slack::held_before`] | the recorder's machine stood still for a while: a status came later than the times that stand in it |

use crate::sim::btree::BTreeSet;

use serde_json::Value;

use super::history::Track;
use super::json::text;
use crate::api::time::Time;

/// A kubelet looks at its containers once a second.
pub(super) const LOOK_MS: i64 = 1100;
/// A pull takes this long, where one is needed.
const PULL_MS: i64 = 1200;
/// A controller's step may come this much later.
const STEP_LATE_MS: i64 = 1000;
/// Groups whose controllers had no limit.
const UNSHARED: [&str; 3] = ["rolling", "deployment", "replicaset"];
/// Groups whose scenarios ran alone.
const ALONE: [&str; 2] = ["node", "sched"];
/// Part of the time since the first back-off, in parts per hundred. A wait is longer by up to 50 at random, there and here;
/// of several seeds the nearest counts.
const JITTER_PERCENT: i64 = 5;
/// What happens to a container shows within this time, in milliseconds: at the next look, written some time later.
/// A status that is later than the times in it by more was held back.
const HELD_MIN_MS: i64 = LOOK_MS + 200;
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
    /// The same of each pod that is one of several.
    held_pods: Vec<(i64, i64)>,
    /// When the first pod went of several that were alike.
    first_choice: Option<i64>,
    /// When looks of kubelets showed something new, in order, each at least a look after the one before.
    looks: Vec<i64>,
    /// Until when pods of somebody else's filled the nodes: how often the scheduler tried until then is not the scenario's.
    pub(super) crowded_until: Option<i64>,
    /// When a kubelet waited first before it tried something again.
    first_wait: Option<i64>,
}

impl Slack {
    /// The slack of a recording of a group, that started at `start_ms` of the wall clock and took `duration_ms`.
    pub(super) fn of(group: &str, (start_ms, duration_ms): (i64, i64), tracks: &[Track]) -> Self {
        let pods = tracks.iter().filter(|track| track.kind == "Pod");
        let late = |track: &Track| held_back(track, start_ms).into_iter().chain(kept(track, duration_ms));
        let several = pods.clone().filter(|pod| !pod.prefix.is_empty());
        let held_pods = several.flat_map(late).collect();
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
            held_pods,
            first_choice: first_choice(tracks),
            looks: looks(tracks),
            first_wait: first_wait(tracks),
            crowded_until: None,
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

    /// How many times a pod's status was held back between two times: so many pods may lack in a count.
    pub(super) fn held_pods(&self, from: i64, to: i64) -> i64 {
        let pods = self.held_pods.iter().filter(|(held, came)| *held < to && *came > from);
        i64::try_from(pods.count()).unwrap_or(i64::MAX)
    }

    /// Whether what happened at a time may have come after the end on the other side.
    pub(super) fn is_near_end(&self, at: i64, end: i64) -> bool {
        at + self.at(end) >= end
    }

    /// Whether other scenarios ran on the same nodes.
    pub(super) const fn others_ran(&self) -> bool {
        self.others
    }

    /// What a time may differ by.
    pub(super) fn at(&self, time: i64) -> i64 {
        let late = if self.shared { STEP_LATE_MS } else { 0 };
        let looks = self.looks.partition_point(|look| *look < time).max(1);
        let looks = (i64::try_from(looks)
            .unwrap_or(i64::MAX)
            .saturating_mul(LOOK_MS * LOOK_MS))
        .isqrt();
        let waited = self.first_wait.map_or(0, |first| (time - first).max(0));
        looks + PULL_MS + late + waited * JITTER_PERCENT / 100 + self.held_before(time)
    }

    /// Whether something that happened to an object at `want` there and at `got` here happened at the same time: since
    /// the object's creation, which is given with each; or since the start, as which of several siblings goes is random.
    pub(super) fn near(&self, (want, want_start): (i64, i64), (got, got_start): (i64, i64)) -> bool {
        let slack = self.at(want);
        ((want - want_start) - (got - got_start)).abs() <= slack || (want - got).abs() <= slack
    }
}

/// When looks showed that a container of a pod was in another state.
fn looks(tracks: &[Track]) -> Vec<i64> {
    let mut all: Vec<i64> = Vec::new();
    for pod in tracks.iter().filter(|track| track.kind == "Pod") {
        let mut known = Vec::new();
        for (at, object) in &pod.versions {
            let state = states(object.as_ref());
            if state != known {
                known = state;
                all.push(*at);
            }
        }
    }
    all.sort_unstable();
    let mut apart: Vec<i64> = Vec::new();
    for at in all {
        if apart.last().is_none_or(|last| at - last >= LOOK_MS) {
            apart.push(at);
        }
    }
    apart
}

/// The states of a pod's containers.
fn states(pod: Option<&Value>) -> Vec<&Value> {
    let lists = ["initContainerStatuses", "containerStatuses"];
    let containers = lists
        .iter()
        .filter_map(|list| pod?["status"][*list].as_array())
        .flatten();
    containers.map(|container| &container["state"]).collect()
}

/// When a pod was first seen to wait before something is tried again.
fn first_wait(tracks: &[Track]) -> Option<i64> {
    let waits = |state: &&Value| text(state, "/waiting/reason").ends_with("BackOff");
    let pods = tracks.iter().filter(|track| track.kind == "Pod");
    let versions = pods.flat_map(|pod| &pod.versions);
    let waiting = versions.filter(|(_, object)| states(object.as_ref()).iter().any(waits));
    waiting.map(|(at, _)| *at).min()
}

/// When statuses of a pod came late: from the newest time that is new in them, until they came. The first one is written
/// as soon as the pod is bound.
fn held_back(pod: &Track, start_ms: i64) -> Vec<(i64, i64)> {
    let mut held = Vec::new();
    let mut known = BTreeSet::new();
    let first = |path: &str| {
        let is_there = |object: &Value| !text(object, path).is_empty();
        let version = pod
            .versions
            .iter()
            .find(|(_, object)| object.as_ref().is_some_and(is_there));
        version.map(|(at, _)| *at)
    };
    if let (Some(bound), Some(started)) = (first("/spec/nodeName"), first("/status/startTime"))
        && started > bound + HELD_MIN_MS
    {
        held.push((bound + HELD_MIN_MS, started));
    }
    for (at, object) in &pod.versions {
        let mut stamps = BTreeSet::new();
        if let Some(object) = object {
            collect(&object["status"], &mut stamps);
        }
        let fresh = stamps.difference(&known).max();
        if let Some(stamp) = fresh {
            // Times are whole seconds.
            let from = (stamp + 1) * 1000 - start_ms + HELD_MIN_MS;
            if *at > from {
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
        for (at, want) in [(1000, 0), (3300, 0), (3800, 500), (4000, 700), (9000, 700)] {
            assert_eq!(slack.held_before(at), want, "{at}");
        }
        assert!(slack.near((6000, 100), (3100, 0)));
        assert!(!Slack::default().near((6000, 100), (3100, 0)));
    }

    #[test]
    fn looks_and_waits_add_up() {
        let state = |state: Value| Some(json!({"status": {"containerStatuses": [{"state": state}]}}));
        let pod = Track {
            kind: "Pod".to_owned(),
            versions: vec![
                (0, state(json!(1))),
                (500, state(json!(2))),
                (2000, state(json!(3))),
                (4000, state(json!({"waiting": {"reason": "CrashLoopBackOff"}}))),
                (6000, state(json!(5))),
            ],
            ..Track::default()
        };
        let slack = Slack::of("rolling", (0, 100_000), &[pod]);
        assert_eq!(
            (slack.looks.clone(), slack.first_wait),
            (vec![0, 2000, 4000, 6000], Some(4000))
        );
        for (at, want) in [(1, 1100), (7000, 2200 + 150), (104_000, 2200 + 5000)] {
            assert_eq!(slack.at(at), PULL_MS + want, "{at}");
        }
    }
}
