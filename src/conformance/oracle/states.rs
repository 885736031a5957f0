//! Compares what became of an object there and here.
//!
//! An object is looked at as a set of facets that change on their own: its spec, each condition, each container's state.
//! A facet's values, each once in a row, must be the same in the same order, at about the same times. Which facets change
//! in one write and which in two depends on races, so whole versions are not compared. How many pods become ready or are
//! gone between two looks of a controller is a race too. So numbers that several pods count up or down (a status's
//! replicas, the endpoints that are ready) must begin and end alike and reach the same least and greatest value but for
//! one; and a ReplicaSet's sizes must begin with the same step and turn and end at the same sizes. A condition or a
//! container's state that lasted a moment on one side may be missing on the other, where two writes became one.

use crate::sim::btree::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::history::Track;
use super::json::text;
use super::normal::Names;
use super::slack::Slack;

/// A facet's values with their times in milliseconds.
type Values = Vec<(i64, String)>;
/// The facets of an object.
type Facets = BTreeMap<String, Values>;

/// A controller's step, in milliseconds: a count that it corrects at once may be missing on the other side.
const STEP_MS: i64 = 50;
/// A status that lasted no longer than from one look of a kubelet to the next, in milliseconds, may be missing on the other
/// side: one look showed both changes there.
const BRIEF_MS: i64 = super::slack::LOOK_MS + 100;

/// What became of an object.
pub(super) struct Life {
    kind: String,
    /// When it was created.
    pub(super) start: i64,
    facets: Facets,
}

impl Life {
    pub(super) fn of(track: &Track, names: &Names) -> Self {
        Self {
            kind: track.kind.clone(),
            start: track.versions.first().map_or(0, |(at, _)| *at),
            facets: facets(track, names),
        }
    }
}

impl Life {
    /// How far apart two lives are in time, in milliseconds; the recording ends at `end`.
    pub(super) fn distance(&self, other: &Self, end: i64) -> i64 {
        let over = |life: &Self| {
            let last = life.facets.get("life").and_then(|values| values.last());
            last.filter(|(_, value)| value == "ends").map_or(end, |(at, _)| *at)
        };
        (self.start - other.start).abs() + (over(self) - over(other)).abs()
    }

    /// Whether a pod was to go before its containers could have started: whether they did is a race.
    pub(super) fn is_stillborn(&self) -> bool {
        let marked = self
            .facets
            .get("metadata.deletionTimestamp")
            .and_then(|marks| marks.first());
        self.kind == "Pod" && marked.is_some_and(|(at, _)| at - self.start < BRIEF_MS)
    }
}

/// What containers use is read from their cgroups, of which the recorder has none: it is compared as it was first told.
fn is_measured(facet: &str) -> bool {
    facet.starts_with("status.") && facet.ends_with("esources")
}

/// The differences of one object there and here; the recording ends at `end`.
pub(super) fn compare(recorded: &Life, replayed: &Life, end: i64, slack: &Slack) -> Vec<String> {
    let (want_start, got_start) = (recorded.start, replayed.start);
    let mut differences = Vec::new();
    let all: BTreeSet<&String> = recorded.facets.keys().chain(replayed.facets.keys()).collect();
    let stillborn = recorded.is_stillborn() || replayed.is_stillborn();
    for facet in all
        .into_iter()
        .filter(|facet| !stillborn || !facet.starts_with("status."))
    {
        let values = |life: &Life| life.facets.get(facet).cloned().unwrap_or_default();
        let (mut want, mut got) = (values(recorded), values(replayed));
        let all_values = (want.clone(), got.clone());
        if is_measured(facet) {
            want.truncate(1);
            got.truncate(1);
        }
        if !is_counter(&recorded.kind, facet) && !agree(&recorded.kind, facet, &want, &got, slack) {
            cut_ends(&mut want, (end, want_start), got.len(), slack);
            cut_ends(&mut got, (end, got_start), want.len(), slack);
        }
        let (want, got) = (&want, &got);
        if !agree(&recorded.kind, facet, want, got, slack) {
            differences.push(format!(
                "{facet}:\n      want {}\n      got  {}",
                shown(&all_values.0),
                shown(&all_values.1)
            ));
        } else if want.len() == got.len() {
            let timed = !is_counter(&recorded.kind, facet) && facet != "spec.replicas";
            let late = want
                .iter()
                .filter(|_| timed)
                .zip(got)
                .find(|(want, got)| !slack.near((want.0, want_start), (got.0, got_start)));
            if let Some((want, got)) = late {
                let (want_ms, got_ms) = (want.0 - want_start, got.0 - got_start);
                differences.push(format!(
                    "{facet} becomes {} {got_ms} ms after creation, not {want_ms}",
                    short(&want.1)
                ));
            }
        }
    }
    differences
}

/// Takes off what one side shows so near the end of the recording that the other may not have come to it yet.
fn cut_ends(longer: &mut Values, (end, start): (i64, i64), length: usize, slack: &Slack) {
    while longer.len() > length
        && longer
            .last()
            .is_some_and(|(at, _)| slack.near((end, start), (*at, start)))
    {
        longer.pop();
    }
}

fn agree(kind: &str, facet: &str, want_values: &Values, got_values: &Values, slack: &Slack) -> bool {
    if may_merge(facet) {
        // A pod ends in one look more than its containers.
        let brief = if facet == "status.phase" {
            2 * BRIEF_MS
        } else {
            BRIEF_MS
        };
        return same_way(want_values, got_values, brief, slack);
    }
    if is_counter(kind, facet) {
        if facet == "status.completedIndexes" || facet == "status.uncountedTerminatedPods" {
            return sets_alike(want_values, got_values, slack);
        }
        return counts_alike(want_values, got_values, slack);
    }
    let texts = |values: &Values| -> Vec<String> { values.iter().map(|(_, value)| value.clone()).collect() };
    let (want, got) = (texts(want_values), texts(got_values));
    want == got || (kind == "ReplicaSet" && facet == "spec.replicas" && sizes_alike(&want, &got))
}

/// Whether a facet is a status in which several writes may be merged into one.
fn may_merge(facet: &str) -> bool {
    let merged = [
        "status.conditions.",
        "status.containerStatuses.",
        "status.phase",
        "status.podIP",
    ];
    merged.iter().any(|status| facet.starts_with(status))
}

/// Whether two statuses go the same way when what was brief on one side may be missing on the other.
fn same_way(want: &Values, got: &Values, brief_ms: i64, slack: &Slack) -> bool {
    let brief = |values: &Values, index: usize| {
        values
            .get(index + 1)
            .is_some_and(|(next, _)| next - values[index].0 < brief_ms + slack.held_before(*next))
    };
    // Every way to go through both lists: how far each is gone through, and the last value that both had.
    let mut ways: BTreeSet<(usize, usize, &str)> = BTreeSet::from([(0, 0, "")]);
    while let Some((a, b, last)) = ways.pop_first() {
        let (one, other) = (want.get(a).map(|(_, value)| value), got.get(b).map(|(_, value)| value));
        if one.is_none() && other.is_none() {
            return want.last().map(|(_, value)| value) == got.last().map(|(_, value)| value);
        }
        if let Some(both) = one.filter(|one| other == Some(*one)) {
            ways.insert((a + 1, b + 1, both));
        }
        if one.is_some_and(|one| one == last || brief(want, a)) {
            ways.insert((a + 1, b, last));
        }
        if other.is_some_and(|other| other == last || brief(got, b)) {
            ways.insert((a, b + 1, last));
        }
    }
    false
}

/// Whether a ReplicaSet's sizes begin with the same step and turn and end at the same sizes.
pub(super) fn sizes_alike(want: &[String], got: &[String]) -> bool {
    want.iter().take(2).eq(got.iter().take(2)) && turning_points(want) == turning_points(got)
}

/// Whether two counts end alike and have the same extremes but for one, and for the pods whose statuses were held back
/// there; nothing counts as zero.
fn counts_alike(want: &Values, got: &Values, slack: &Slack) -> bool {
    let (Some(one), Some(other)) = (Extremes::of(want), Extremes::of(got)) else {
        return want
            .iter()
            .map(|(_, value)| value)
            .eq(got.iter().map(|(_, value)| value));
    };
    let near = |a: Extreme, b: Extreme| {
        let held = slack.held_pods(a.at, a.until);
        a.raw.min(a.settled) - b.raw.max(b.settled) <= 1 + held
            && b.raw.min(b.settled) - a.raw.max(a.settled) <= 1 + held
    };
    one.last == other.last && near(one.most, other.most) && near(one.least, other.least)
}

/// The least or the greatest value of a count.
#[derive(Clone, Copy, Debug)]
struct Extreme {
    raw: i64,
    /// The same of the values that stood for longer than a controller's next step: what one side corrected at once the
    /// other may not have shown.
    settled: i64,
    /// From when to when it stood.
    at: i64,
    until: i64,
}

/// The extremes of a count: the greatest value, and the least since, as what comes before is the way up.
#[derive(Clone, Copy, Debug)]
struct Extremes {
    most: Extreme,
    least: Extreme,
    last: i64,
}

impl Extremes {
    /// None of what is no count.
    fn of(values: &Values) -> Option<Self> {
        let number = |text: &String| if text.is_empty() { Some(0) } else { text.parse().ok() };
        let mut numbers: Vec<(i64, i64)> = vec![(i64::MIN, 0)];
        for (at, value) in values {
            numbers.push((*at, number(value)?));
        }
        let next = |index: usize| numbers.get(index + 1).map_or(i64::MAX, |(at, _)| *at);
        let lasts = |index: usize| next(index).saturating_sub(numbers[index].0) > STEP_MS;
        let extreme = |from: usize, best: &dyn Fn(i64) -> i64| {
            let pick = |brief: bool| {
                let all = (from..numbers.len()).filter(|index| brief || lasts(*index));
                all.max_by_key(|index| best(numbers[*index].1))
            };
            let index = pick(true)?;
            Some((
                index,
                Extreme {
                    raw: numbers[index].1,
                    settled: pick(false).map_or(numbers[index].1, |index| numbers[index].1),
                    at: numbers[index].0,
                    until: next(index),
                },
            ))
        };
        let top = numbers.iter().map(|(_, number)| *number).max()?;
        let from = numbers.iter().position(|(_, number)| *number == top)?;
        Some(Self {
            most: extreme(0, &|number| number)?.1,
            least: extreme(from, &|number| -number)?.1,
            last: numbers.last()?.1,
        })
    }
}

/// Whether two lists that pods are written into end alike and were about as long: how many pods a controller sees in one
/// look is a race.
fn sets_alike(want: &Values, got: &Values, slack: &Slack) -> bool {
    let sizes = |values: &Values| -> Values { values.iter().map(|(at, text)| (*at, size(text).to_string())).collect() };
    let last = |values: &Values| values.last().map(|(_, value)| value.clone());
    last(want) == last(got) && counts_alike(&sizes(want), &sizes(got), slack)
}

/// How many indexes a text such as `"0,2-4"` names, or how many uids stand in a list.
fn size(text: &str) -> i64 {
    if text.contains("UID") {
        return i64::try_from(text.matches("UID").count()).unwrap_or(i64::MAX);
    }
    let ranges = text.trim_matches('"').split(',').filter_map(|range| {
        let (first, last) = range.split_once('-').unwrap_or((range, range));
        Some(last.parse::<i64>().ok()? - first.parse::<i64>().ok()? + 1)
    });
    ranges.sum()
}

fn is_counter(kind: &str, facet: &str) -> bool {
    match kind {
        "EndpointSlice" => facet.starts_with("endpoint "),
        "Deployment" | "ReplicaSet" | "StatefulSet" | "DaemonSet" | "Job" => {
            facet.starts_with("status.") && !facet.starts_with("status.conditions")
        }
        "PodDisruptionBudget" => matches!(facet, "status.currentHealthy" | "status.expectedPods"),
        _ => false,
    }
}

/// The first value, those at which a number turns, and the last; of what is no number, all.
fn turning_points(values: &[String]) -> Vec<String> {
    let numbers: Option<Vec<i64>> = values.iter().map(|value| value.parse().ok()).collect();
    let Some(numbers) = numbers else { return values.to_vec() };
    let mut points: Vec<i64> = Vec::new();
    for number in numbers {
        if let [.., before, last] = points[..]
            && ((before < last && last < number) || (before > last && last > number))
        {
            points.pop();
        }
        points.push(number);
    }
    points.iter().map(ToString::to_string).collect()
}

/// The facets of an object over time.
fn facets(track: &Track, names: &Names) -> Facets {
    let mut facets = Facets::new();
    for (at, object) in &track.versions {
        let Some(object) = object else {
            for (facet, values) in facets.iter_mut().filter(|(facet, _)| may_merge(facet)) {
                if values
                    .last()
                    .is_some_and(|(_, last)| !last.is_empty() && facet != "life")
                {
                    values.push((*at, String::new()));
                }
            }
            push(&mut facets, *at, "life", "ends");
            continue;
        };
        push(&mut facets, *at, "life", "begins");
        let mut now = BTreeMap::new();
        spread(&track.kind, &names.value(object), &mut now);
        // A facet that is gone has no value; one that never had any is not kept.
        for (facet, values) in &mut facets {
            if facet != "life" && !now.contains_key(facet) && values.last().is_some_and(|(_, last)| !last.is_empty()) {
                values.push((
                    *at,
                    if facet.starts_with("endpoint ") {
                        "0".to_owned()
                    } else {
                        String::new()
                    },
                ));
            }
        }
        for (facet, value) in now {
            push(&mut facets, *at, &facet, &value);
        }
    }
    facets
}

fn push(facets: &mut Facets, at: i64, facet: &str, value: &str) {
    let values = facets.entry(facet.to_owned()).or_default();
    if values.last().is_none_or(|(_, last)| last != value) {
        values.push((at, value.to_owned()));
    }
}

/// The facets of one version.
fn spread(kind: &str, object: &Value, facets: &mut BTreeMap<String, String>) {
    for (key, value) in object.as_object().into_iter().flatten() {
        match (key.as_str(), value) {
            ("kind" | "apiVersion", _) => {}
            ("metadata" | "status", Value::Object(map)) => {
                for (inner, value) in map {
                    spread_field(&format!("{key}.{inner}"), value, facets);
                }
            }
            ("spec", Value::Object(map)) if matches!(kind, "Deployment" | "ReplicaSet") => {
                for (inner, value) in map {
                    put(facets, &format!("spec.{inner}"), value);
                }
            }
            ("endpoints", Value::Array(endpoints)) => count_endpoints(endpoints, facets),
            _ => put(facets, key, value),
        }
    }
}

fn put(facets: &mut BTreeMap<String, String>, facet: &str, value: &Value) {
    if !value.is_null() {
        facets.insert(facet.to_owned(), value.to_string());
    }
}

fn spread_field(facet: &str, value: &Value, facets: &mut BTreeMap<String, String>) {
    match (facet, value) {
        ("metadata.name" | "metadata.generateName" | "metadata.namespace", _) => {}
        ("metadata.annotations" | "metadata.labels", Value::Object(map)) => {
            for (key, value) in map {
                put(facets, &format!("{facet}.{key}"), value);
            }
        }
        ("status.conditions", Value::Array(conditions)) => {
            for condition in conditions {
                // Which generation was seen is compared once, for the whole status.
                let mut told = condition.clone();
                told.as_object_mut().map(|fields| fields.remove("observedGeneration"));
                put(facets, &format!("{facet}.{}", text(condition, "/type")), &told);
            }
        }
        (
            "status.containerStatuses" | "status.initContainerStatuses" | "status.ephemeralContainerStatuses",
            Value::Array(containers),
        ) => {
            for container in containers {
                let name = text(container, "/name");
                for (key, value) in container
                    .as_object()
                    .into_iter()
                    .flatten()
                    .filter(|(key, _)| *key != "name")
                {
                    put(facets, &format!("{facet}.{name}.{key}"), value);
                }
            }
        }
        _ => put(facets, facet, value),
    }
}

/// How many endpoints there are of each sort.
fn count_endpoints(endpoints: &[Value], facets: &mut BTreeMap<String, String>) {
    let mut counts: BTreeMap<String, u32> = BTreeMap::new();
    for endpoint in endpoints {
        let mut sort = endpoint.clone();
        sort["addresses"] = Value::Null;
        *counts.entry(format!("endpoint {sort}")).or_default() += 1;
    }
    facets.extend(counts.into_iter().map(|(sort, count)| (sort, count.to_string())));
}

fn shown(values: &Values) -> String {
    let all: Vec<String> = values
        .iter()
        .map(|(at, value)| format!("[{at}] {}", short(value)))
        .collect();
    if all.is_empty() {
        "nothing".to_owned()
    } else {
        all.join(" ")
    }
}

fn short(value: &str) -> String {
    if value.is_empty() {
        return "gone".to_owned();
    }
    let mut short: String = value.chars().take(700).collect();
    if short.len() < value.len() {
        short.push('…');
    }
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(list: &[&str]) -> Vec<String> {
        list.iter().map(|text| (*text).to_owned()).collect()
    }

    /// A value a second.
    fn values(list: &[&str]) -> Values {
        (0..)
            .step_by(1000)
            .zip(list.iter().map(|text| (*text).to_owned()))
            .collect()
    }

    #[test]
    fn what_stood_for_a_moment_may_be_missing_of_a_count() {
        let at = |list: &[(i64, &str)]| -> Values { list.iter().map(|(at, text)| (*at, (*text).to_owned())).collect() };
        let want = at(&[(0, "5"), (8000, "3"), (8100, "5")]);
        for (got, same) in [
            (at(&[(0, "5"), (8000, ""), (8010, "3"), (8020, "5")]), true),
            (at(&[(0, "5"), (8000, ""), (8010, "3"), (8100, "5")]), true),
            (at(&[(0, "5"), (8000, ""), (8100, "3"), (8200, "5")]), false),
        ] {
            assert_eq!(counts_alike(&want, &got, &Slack::default()), same, "{got:?}");
        }
    }

    #[test]
    fn counters_are_compared_where_they_turn() {
        let cases = [
            (vec!["0", "1", "2", "4"], vec!["0", "4"]),
            (vec!["4", "3", "4", "2", "0"], vec!["4", "3", "4", "0"]),
            (vec!["a", "b"], vec!["a", "b"]),
            (vec![], vec![]),
        ];
        for (values, want) in cases {
            assert_eq!(turning_points(&texts(&values)), texts(&want), "{values:?}");
        }
    }

    #[test]
    fn counts_begin_end_and_turn_alike() {
        let cases = [
            (vec!["4", "3", "4", "5", "4"], vec!["4", "3", "4"], true),
            (vec!["4", "3", "4"], vec!["4", "1", "4"], false),
            (vec!["1", "4"], vec!["1", "3"], false),
            (vec!["", "1", ""], vec![], true),
            (vec!["2", ""], vec![], false),
        ];
        for (want, got, same) in cases {
            let alike = counts_alike(&values(&want), &values(&got), &Slack::default());
            assert_eq!(alike, same, "{want:?} {got:?}");
        }
    }

    #[test]
    fn lists_of_pods_may_grow_in_other_steps() {
        let cases = [
            (
                vec!["\"0,1\"", "\"0-3\""],
                vec!["\"1\"", "\"0,1\"", "\"0-2\"", "\"0-3\""],
                true,
            ),
            (vec!["\"0-3\""], vec!["\"0,1\"", "\"0-4\""], false),
            (
                vec!["{}", "{\"failed\":[\"UID\",\"UID\"]}", "{}"],
                vec!["{}", "{\"failed\":[\"UID\"]}", "{}"],
                true,
            ),
        ];
        for (want, got, same) in cases {
            let alike = sets_alike(&values(&want), &values(&got), &Slack::default());
            assert_eq!(alike, same, "{want:?} {got:?}");
        }
    }

    #[test]
    fn sizes_may_go_in_finer_steps_but_not_elsewhere() {
        let cases = [
            (vec!["3", "2", "0"], vec!["3", "2", "1", "0"], true),
            (vec!["3", "2", "0"], vec!["3", "2", "1"], false),
            (vec!["3", "2", "0"], vec!["3", "1", "0"], false),
            (vec!["3", "2", "3"], vec!["3", "2", "1", "3"], false),
        ];
        for (want, got, same) in cases {
            assert_eq!(
                agree(
                    "ReplicaSet",
                    "spec.replicas",
                    &values(&want),
                    &values(&got),
                    &Slack::default()
                ),
                same,
                "{want:?} {got:?}"
            );
        }
        let at = |list: &[(i64, &str)]| {
            list.iter()
                .map(|(at, text)| (*at, (*text).to_owned()))
                .collect::<Values>()
        };
        let way = at(&[(0, "a"), (100, "b"), (5000, "c")]);
        for (got, same) in [
            (at(&[(0, "b"), (5000, "c")]), true),
            (at(&[(0, "a"), (5000, "c")]), false),
            (at(&[(0, "a"), (100, "b")]), false),
            (at(&[(0, "b"), (5000, "c"), (5100, "d")]), false),
        ] {
            assert_eq!(same_way(&way, &got, BRIEF_MS, &Slack::default()), same, "{got:?}");
        }
        assert!(!agree(
            "Pod",
            "status.phase",
            &at(&[(0, "a"), (9000, "c")]),
            &at(&[(0, "a"), (4000, "b"), (9000, "c")]),
            &Slack::default()
        ));
    }
}
