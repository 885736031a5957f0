//! What was recorded: the steps, and each object's versions.

use crate::sim::btree::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::slack::Slack;
use crate::api::time::Time;

/// The versions of one object over time; of several in a row where its name was used again.
#[derive(Clone, Debug, Default)]
pub(super) struct Track {
    pub(super) kind: String,
    pub(super) name: String,
    /// What the name was generated from; empty for names that were given.
    pub(super) prefix: String,
    /// When, in milliseconds since the start, and the object; none when it was gone.
    pub(super) versions: Vec<(i64, Option<Value>)>,
}

/// Whether a name is random after its prefix: the pods of a StatefulSet have a prefix too, and an ordinal.
fn is_random(name: &str, prefix: &str) -> bool {
    const SUFFIX: usize = 5;
    name.strip_prefix(prefix).is_some_and(|suffix| suffix.len() == SUFFIX)
}

/// All objects of a namespace, in the order in which they were first seen.
#[derive(Clone, Debug, Default)]
pub(super) struct History {
    pub(super) tracks: Vec<Track>,
    by_name: BTreeMap<(String, String), usize>,
}

impl History {
    /// The track of an object; a new one at first sight.
    fn track(&mut self, kind: &str, name: &str) -> &mut Track {
        let next = self.tracks.len();
        let index = *self.by_name.entry((kind.to_owned(), name.to_owned())).or_insert(next);
        if index == next {
            self.tracks.push(Track {
                kind: kind.to_owned(),
                name: name.to_owned(),
                ..Track::default()
            });
        }
        &mut self.tracks[index]
    }

    /// Adds a version of an object; none when it is gone.
    pub(super) fn add(&mut self, at: i64, kind: &str, name: &str, object: Option<Value>) {
        let track = self.track(kind, name);
        if let Some(prefix) = object
            .as_ref()
            .and_then(|object| object["metadata"]["generateName"].as_str())
            .filter(|prefix| is_random(name, prefix))
        {
            prefix.clone_into(&mut track.prefix);
        }
        track.versions.push((at, object));
    }

    /// The latest version of an object.
    fn latest(&self, kind: &str, name: &str) -> Option<Value> {
        let index = self.by_name.get(&(kind.to_owned(), name.to_owned()))?;
        self.tracks[*index].versions.last()?.1.clone()
    }

    /// Generated names, and what they were generated from.
    pub(super) fn generated(&self) -> impl Iterator<Item = (&str, &str)> {
        let generated = self
            .tracks
            .iter()
            .filter(|track| !track.prefix.is_empty() && track.kind != "Event");
        generated.map(|track| (track.name.as_str(), track.prefix.as_str()))
    }

    /// The names of the objects of a kind that were generated from `prefix`, in the order of their creation.
    pub(super) fn names_from<'a>(&'a self, kind: &'a str, prefix: &'a str) -> impl Iterator<Item = &'a str> {
        let same = self
            .tracks
            .iter()
            .filter(move |track| track.kind == kind && track.prefix == prefix);
        same.map(|track| track.name.as_str())
    }
}

/// Something that was done.
#[derive(Clone, Debug, Default)]
pub(super) struct Step {
    /// When it began, in milliseconds.
    pub(super) at: i64,
    /// How long it took, in milliseconds.
    pub(super) took: i64,
    /// The command; empty where it was something else.
    pub(super) command: String,
    pub(super) stdin: String,
    /// What was sent, where the step is a call of the API; `code` and `stdout` are its answer then.
    pub(super) body: Option<Value>,
    /// What happened to a node, where the step is that.
    pub(super) node: Option<NodeAction>,
    /// What pods report from then on, where the step is that.
    pub(super) usage: Option<Value>,
    pub(super) stdout: String,
    pub(super) stderr: String,
    pub(super) code: i64,
    /// It ran beside the others; its lines stand in `stdout`.
    pub(super) background: bool,
    /// It was stopped at the end.
    pub(super) stopped: bool,
}

/// A recorded scenario.
#[derive(Clone, Debug, Default)]
pub(super) struct Recording {
    pub(super) namespace: String,
    /// The wall clock at the start, in milliseconds since 1970.
    pub(super) start_ms: i64,
    pub(super) duration_ms: i64,
    pub(super) files: BTreeMap<String, String>,
    pub(super) steps: Vec<Step>,
    pub(super) history: History,
    /// Since when there are nodes, where that was told.
    pub(super) nodes_created: BTreeMap<String, Time>,
    /// What times may differ by.
    pub(super) slack: Slack,
    /// Images that were on a node before: node, image.
    pub(super) present: BTreeSet<(String, String)>,
}

/// A JSON number of seconds as milliseconds.
pub(super) fn millis(value: &Value) -> i64 {
    let text = value.to_string();
    let (whole, part) = text.split_once('.').unwrap_or((&text, ""));
    let part: String = part.chars().chain("000".chars()).take(3).collect();
    let whole_ms = whole.parse::<i64>().unwrap_or_default() * 1000;
    let part_ms = part.parse::<i64>().unwrap_or_default();
    if text.starts_with('-') {
        whole_ms - part_ms
    } else {
        whole_ms + part_ms
    }
}

/// A text field; empty where there is none.
pub(super) fn text<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

impl Recording {
    /// Reads a scenario and its watch events.
    pub(super) fn read(scenario: &str, watch: &str) -> Result<Self, String> {
        let scenario: Value = serde_json::from_str(scenario).map_err(|error| format!("the scenario: {error}"))?;
        let mut recording = Self {
            namespace: text(&scenario, "/namespace").to_owned(),
            start_ms: millis(&scenario["start_unix"]),
            duration_ms: millis(&scenario["duration"]),
            ..Self::default()
        };
        for (name, manifest) in scenario["manifests"].as_object().into_iter().flatten() {
            recording
                .files
                .insert(name.clone(), manifest.as_str().unwrap_or_default().to_owned());
        }
        for step in scenario["steps"].as_array().into_iter().flatten() {
            recording.steps.push(read_step(step)?);
        }
        for line in watch.lines() {
            let change: Value = serde_json::from_str(line).map_err(|error| format!("a watch event: {error}"))?;
            recording.take(&change);
        }
        recording.note_images();
        let tracks = &recording.history.tracks;
        recording.slack = Slack::of(
            text(&scenario, "/group"),
            (recording.start_ms, recording.duration_ms),
            tracks,
        );
        let occupants = super::recorder::occupants(&recording);
        recording.slack.crowded_until = occupants.iter().map(|occupant| occupant.until).max();
        Ok(recording)
    }

    fn take(&mut self, change: &Value) {
        let (kind, name) = (text(change, "/kind"), text(change, "/name"));
        // Objects of other namespaces and of none are not the scenario's, but for its own namespace.
        if change.get("ns").is_some() || (matches!(kind, "Node" | "PersistentVolume")) {
            if let Ok(created) = Time::parse(text(change, "/object/metadata/creationTimestamp")) {
                self.nodes_created.entry(name.to_owned()).or_insert(created);
            }
            return;
        }
        let at = millis(&change["t"]);
        if text(change, "/type") == "DELETED" {
            self.history.add(at, kind, name, None);
            return;
        }
        let object = match change.get("object") {
            Some(whole) => whole.clone(),
            None => {
                let mut object = self.history.latest(kind, name).unwrap_or_default();
                merge(&mut object, &change["patch"]);
                object
            }
        };
        self.history.add(at, kind, name, Some(object));
    }

    /// An image that is used before it was pulled was there.
    fn note_images(&mut self) {
        let mut pulled = BTreeSet::new();
        let mut everywhere = BTreeSet::new();
        let events = self.history.tracks.iter().filter(|track| track.kind == "Event");
        for event in events.filter_map(|track| track.versions.first()?.1.as_ref()) {
            let node = text(event, "/source/host").to_owned();
            let Some(image) = text(event, "/message").split('"').nth(1).map(str::to_owned) else {
                continue;
            };
            match text(event, "/reason") {
                "Pulling" => {
                    everywhere.remove(&image);
                    pulled.insert((node, image));
                }
                "Pulled" if text(event, "/message").contains("already present") => {
                    if !pulled.iter().any(|(_, other)| *other == image) {
                        everywhere.insert(image.clone());
                    }
                    if !pulled.contains(&(node.clone(), image.clone())) {
                        self.present.insert((node, image));
                    }
                }
                _ => {}
            }
        }
        for image in everywhere {
            self.present
                .extend(NODES.iter().map(|node| ((*node).to_owned(), image.clone())));
        }
    }
}

/// The recorder's nodes.
pub(super) const NODES: [&str; 3] = ["node-1", "node-2", "node-3"];

/// What the recorder did to a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum NodeAction {
    /// Its kubelet stands still, or goes on.
    Power(String, bool),
    /// It starts: name, processors, memory, labels.
    Starts(String, String, String, Vec<(String, String)>),
}

impl NodeAction {
    fn read(action: &str) -> Option<Self> {
        let (name, what) = action.split_once(' ')?;
        let name = name.trim_end_matches(':').to_owned();
        if !name.starts_with("node-") {
            return None;
        }
        if what.contains("frozen") || what.contains("killed") {
            return Some(Self::Power(name, false));
        }
        if what.contains("resumed") {
            return Some(Self::Power(name, true));
        }
        let parts = what.strip_prefix("starts (")?.strip_suffix(')')?.split(", ");
        let (mut cpu, mut memory, mut labels) = (String::new(), String::new(), Vec::new());
        for part in parts {
            match part.split_once(' ')? {
                ("cpu", amount) => amount.clone_into(&mut cpu),
                ("memory", amount) => amount.clone_into(&mut memory),
                ("label", label) => {
                    let (key, value) = label.split_once('=')?;
                    labels.push((key.to_owned(), value.to_owned()));
                }
                _ => return None,
            }
        }
        Some(Self::Starts(name, cpu, memory, labels))
    }
}

fn read_step(step: &Value) -> Result<Step, String> {
    if step.get("api").is_some() {
        return Ok(Step {
            at: millis(&step["t"]),
            command: text(step, "/api").to_owned(),
            body: Some(step["body"].clone()),
            stdout: step["response"].to_string(),
            code: step["code"].as_i64().unwrap_or_default(),
            ..Step::default()
        });
    }
    let action = text(step, "/action");
    if let Some(usage) = action.strip_prefix("reported usage set: ") {
        let usage = usage.find('}').and_then(|end| usage.get(..=end)).unwrap_or_default();
        let usage: Value = serde_json::from_str(usage).map_err(|error| format!("{action}: {error}"))?;
        return Ok(Step {
            at: millis(&step["t"]),
            usage: Some(usage),
            ..Step::default()
        });
    }
    if let Some(node) = NodeAction::read(action) {
        return Ok(Step {
            at: millis(&step["t"]),
            node: Some(node),
            ..Step::default()
        });
    }
    if !action.is_empty() {
        return Err("not applicable: an action of the recorder cannot be replayed yet".to_owned());
    }
    let background = step["background"] == true;
    let lines = step["lines"].as_array().into_iter().flatten();
    let lines: String = lines
        .map(|line| format!("{}\n", line[1].as_str().unwrap_or_default()))
        .collect();
    let at = millis(&step["t"]);
    Ok(Step {
        at,
        took: if background {
            (millis(&step["t_end"]) - at).max(0)
        } else {
            millis(&step["dt"])
        },
        command: text(step, "/cmd").to_owned(),
        stdin: text(step, "/stdin").to_owned(),
        stdout: if background {
            lines
        } else {
            text(step, "/out").to_owned()
        },
        stderr: text(step, "/err").to_owned(),
        code: step["rc"].as_i64().unwrap_or_default(),
        background,
        stopped: step["stopped_by_recorder"] == true,
        ..Step::default()
    })
}

/// Applies a JSON merge patch.
fn merge(target: &mut Value, patch: &Value) {
    let Some(from) = patch.as_object() else {
        *target = patch.clone();
        return;
    };
    if !target.is_object() {
        *target = Value::Object(serde_json::Map::new());
    }
    let Some(into) = target.as_object_mut() else { return };
    for (key, value) in from {
        if value.is_null() {
            into.remove(key);
        } else {
            merge(into.entry(key.clone()).or_insert(Value::Null), value);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_was_done_to_nodes_is_read() {
        let label = ("zone".to_owned(), "z9".to_owned());
        let starts = NodeAction::Starts("node-4".to_owned(), "2".to_owned(), "4Gi".to_owned(), vec![label]);
        for (action, want) in [
            (
                "node-2: kubelet process frozen (SIGSTOP): heartbeats stop",
                Some(NodeAction::Power("node-2".to_owned(), false)),
            ),
            (
                "node-2: kubelet process resumed (SIGCONT)",
                Some(NodeAction::Power("node-2".to_owned(), true)),
            ),
            ("node-4 starts (cpu 2, memory 4Gi, label zone=z9)", Some(starts)),
            ("the moon rises", None),
        ] {
            assert_eq!(NodeAction::read(action), want, "{action}");
        }
    }

    #[test]
    fn seconds_are_read_without_floats() {
        for (value, want) in [
            (json!(1.5), 1500),
            (json!(-0.2), -200),
            (json!(12), 12_000),
            (json!(0.0025), 2),
        ] {
            assert_eq!(millis(&value), want, "{value}");
        }
    }

    #[test]
    fn a_patch_takes_and_gives() {
        let mut value = json!({"a": {"b": 1, "c": 2}, "d": [1]});
        merge(&mut value, &json!({"a": {"b": null, "e": {"f": 3}}, "d": [2, 3]}));
        assert_eq!(value, json!({"a": {"c": 2, "e": {"f": 3}}, "d": [2, 3]}));
    }
}
