//! What was recorded: the steps, and what became of each object.

use crate::sim::btree::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::history::History;
use super::json::{merge, millis, text};
use super::recorder::{NODES, occupants};
use super::slack::Slack;
use crate::api::time::Time;

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
        recording.slack = Slack::of(
            text(&scenario, "/group"),
            (recording.start_ms, recording.duration_ms),
            &recording.history.tracks,
        );
        let occupants = occupants(&recording.history);
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

#[cfg(test)]
mod tests {
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
}
