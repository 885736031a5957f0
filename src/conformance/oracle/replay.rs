//! Runs the recorded commands at their times on a cluster like the recorder's, and takes notes of all that changes.

use serde_json::json;

use super::recording::{History, NODES, Recording, Step};
use crate::api::core::Namespace;
use crate::api::meta::ObjectMeta;
use crate::api::time::Time;
use crate::api::{Kind, Object, Resource};
use crate::apiserver::{DeleteOptions, Key, Verb};
use crate::conformance::Budget;
use crate::kubectl::{self, Files, Output};
use crate::scenario::{Options, Scenario};
use crate::session::World;
use crate::sim::SimTime;

/// The nodes come up, and pull what is there already, before the recording begins.
const WARM_UP_S: i64 = 120;
/// What kubectl takes before it speaks to the server, in milliseconds.
const START_MS: i64 = 70;
/// When a command that only reads is tried, in milliseconds around its time: what it shows may be about to change.
const LOOKS_MS: [i64; 13] = [0, -50, 50, -150, 150, -300, 300, -500, 500, -800, 800, -1200, 1200];
/// And further off late in a scenario, by parts per hundred of its time: clocks that follow each other add up.
const LATE_LOOKS_PERCENT: [i64; 4] = [-2, 2, -4, 4];
/// Most looks at a table, of which each change around its time gives one: its rows are seldom all there at one instant.
const LOOKS_MAX: usize = 600;

/// Kinds that the recorder watched.
const KINDS: [&str; 17] = [
    "Pod",
    "Event",
    "ReplicaSet",
    "Deployment",
    "StatefulSet",
    "DaemonSet",
    "ControllerRevision",
    "Job",
    "CronJob",
    "Service",
    "EndpointSlice",
    "PersistentVolumeClaim",
    "PodDisruptionBudget",
    "HorizontalPodAutoscaler",
    "ResourceQuota",
    "Namespace",
    "ConfigMap",
];
/// And Ingresses.
const INGRESS: &str = "Ingress";

/// What a step of the recording gave when it was replayed.
#[derive(Clone, Debug)]
pub(super) struct Outcome {
    pub(super) step: usize,
    /// For a command that reads, one output for each look, the likeliest first; else one.
    pub(super) outputs: Vec<Output>,
}

/// A replay under way.
pub(super) struct Replay<'a> {
    world: World,
    recording: &'a Recording,
    budget: Budget<'a>,
    origin: SimTime,
    seen: u64,
    /// The revision at the last look.
    looked: u64,
    pub(super) history: History,
    pub(super) outcomes: Vec<Outcome>,
    /// Commands that wait: step, number.
    waiting: Vec<(usize, u64)>,
}

/// Something to do at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Act {
    at: i64,
    step: usize,
    /// For a command that reads, the number of the look.
    look: usize,
}

impl<'a> Replay<'a> {
    /// Replays a recording. `seed` decides on what is random, as the phases of probes.
    pub(super) fn run(recording: &'a Recording, seed: u64, budget: Budget<'a>) -> Result<Self, String> {
        let mut replay = Self::new(recording, seed, budget)?;
        for act in acts(&recording.steps) {
            replay.run_until(act.at)?;
            replay.act(act);
        }
        replay.run_until(recording.duration_ms)?;
        for (step, number) in std::mem::take(&mut replay.waiting) {
            if recording.steps[step].stopped {
                replay.world.interrupt(number);
            }
            replay.finish(step, number);
        }
        replay.outcomes.sort_by_key(|outcome| outcome.step);
        Ok(replay)
    }

    fn new(recording: &'a Recording, seed: u64, budget: Budget<'a>) -> Result<Self, String> {
        let mut scenario = Scenario::default();
        scenario.spec.start_time = Some(Time(recording.start_ms.div_euclid(1000) - WARM_UP_S));
        let options = Options {
            seed: Some(seed),
            nodes: u32::try_from(NODES.len()).ok(),
            ..Options::default()
        };
        let (cluster, _) = scenario.build(options);
        let start_ms = WARM_UP_S * 1000 + recording.start_ms.rem_euclid(1000);
        let mut replay = Self {
            world: World::new(cluster),
            recording,
            budget,
            origin: SimTime(start_ms.unsigned_abs() * 1_000_000),
            seen: 0,
            looked: 0,
            history: History::default(),
            outcomes: Vec::new(),
            waiting: Vec::new(),
        };
        replay.warm_up()?;
        let meta = ObjectMeta {
            name: recording.namespace.as_str().into(),
            ..ObjectMeta::default()
        };
        let namespace = Namespace {
            meta,
            ..Namespace::default()
        };
        replay.world.set_namespace(&recording.namespace);
        replay.run_until(-200)?;
        replay
            .world
            .cluster
            .create(namespace.into_object())
            .map_err(|status| status.message)?;
        replay.note();
        Ok(replay)
    }

    /// Pulls what the nodes had before.
    fn warm_up(&mut self) -> Result<(), String> {
        self.run_until(-100_000)?;
        let mut names = Vec::new();
        for (index, (node, image)) in self.recording.present.iter().enumerate() {
            let name = format!("warm-{index}");
            let containers = json!([{"name": "c", "image": image, "command": ["sleep", "1000"]}]);
            let spec = json!({"nodeName": node, "containers": containers, "terminationGracePeriodSeconds": 1});
            let pod = json!({"metadata": {"name": name, "namespace": "default"}, "spec": spec});
            let pod = Object::decode(crate::api::core::Pod::KIND, pod).map_err(|error| error.to_string())?;
            self.world.cluster.create(pod).map_err(|status| status.message)?;
            names.push(name);
        }
        self.run_until(-60_000)?;
        for name in names {
            let key = Key::new("default", &name);
            let kind: Kind = crate::api::core::Pod::KIND;
            let deleted = self.world.cluster.delete(kind, &key, &DeleteOptions::default());
            deleted.map_err(|status| status.message)?;
        }
        Ok(())
    }

    fn run_until(&mut self, at: i64) -> Result<(), String> {
        let until = SimTime((self.origin.0.cast_signed() + at * 1_000_000).max(0).unsigned_abs());
        while self.world.step(until) {
            self.budget.check(self.world.cluster.events())?;
            self.note();
            self.look_at_tables();
        }
        self.world.cluster.run_until(until);
        Ok(())
    }

    /// Reads the tables again whose time is near, where something changed.
    fn look_at_tables(&mut self) {
        let revision = self.world.cluster.api().revision();
        if revision == self.looked {
            return;
        }
        self.looked = revision;
        let now = (self.world.cluster.now().0.cast_signed() - self.origin.0.cast_signed()).div_euclid(1_000_000);
        for step in 0..self.recording.steps.len() {
            let recorded = &self.recording.steps[step];
            if !is_table(recorded) {
                continue;
            }
            let looks = self.outcomes.iter().find(|outcome| outcome.step == step);
            let full = looks.is_some_and(|outcome| outcome.outputs.len() > LOOKS_MAX);
            let (at, slack) = (recorded.at, &self.recording.slack);
            let (before, after) = (slack.at(at, 0), slack.at(at, 0) - slack.held_before(at));
            if !full && now >= at - before && now <= at + after {
                self.act(Act { at, step, look: 1 });
            }
        }
    }

    /// Takes notes of what changed, and of commands that are done.
    fn note(&mut self) {
        let api = self.world.cluster.api();
        if api.revision() != self.seen {
            let namespace = self.recording.namespace.as_str();
            for change in api.changes_after(self.seen).into_iter().flatten() {
                self.seen = change.revision;
                let (kind, meta) = (change.object.kind().info().kind, change.object.meta());
                let own = if kind == "Namespace" {
                    &meta.name
                } else {
                    &meta.namespace
                };
                if &**own != namespace || !(KINDS.contains(&kind) || kind == INGRESS) {
                    continue;
                }
                let at = (change.at.0.cast_signed() - self.origin.0.cast_signed()).div_euclid(1_000_000);
                let object = (change.verb != Verb::Deleted).then(|| change.object.encode());
                self.history.add(at, kind, &meta.name, object);
            }
        }
        let done = |(_, number): &(usize, u64)| self.world.output(*number).is_none_or(|output| output.code.is_some());
        let (finished, waiting): (Vec<_>, Vec<_>) = self.waiting.iter().partition(|command| done(command));
        self.waiting = waiting;
        for (step, number) in finished {
            self.finish(step, number);
        }
    }

    fn finish(&mut self, step: usize, number: u64) {
        let outputs = self.world.output(number).cloned().into_iter().collect();
        self.outcomes.push(Outcome { step, outputs });
    }

    fn act(&mut self, act: Act) {
        let step = &self.recording.steps[act.step];
        let words = kubectl::split(step.command.strip_prefix("kubectl ").unwrap_or(&step.command));
        let words: Vec<String> = words
            .unwrap_or_default()
            .iter()
            .map(|word| self.own_names(word))
            .collect();
        let files = Files {
            named: self.recording.files.clone(),
            stdin: step.stdin.clone(),
        };
        let number = self.world.kubectl(&words, &files);
        self.note();
        if act.look > 0 || is_read(step) {
            let output = self.world.output(number).cloned().unwrap_or_default();
            match self.outcomes.iter_mut().find(|outcome| outcome.step == act.step) {
                Some(outcome) if act.look == 0 => outcome.outputs.insert(0, output),
                Some(outcome) => outcome.outputs.push(output),
                None => self.outcomes.push(Outcome {
                    step: act.step,
                    outputs: vec![output],
                }),
            }
        } else {
            self.waiting.push((act.step, number));
            self.note();
        }
    }

    /// A word of a command with the names that were generated here: the same in the order of creation.
    fn own_names(&self, word: &str) -> String {
        let generated = self
            .recording
            .history
            .generated()
            .filter(|(name, _)| word.contains(name));
        let Some((name, prefix)) = generated.max_by_key(|(name, _)| name.len()) else {
            return word.to_owned();
        };
        let own = ["Pod", "EndpointSlice", "Job"].iter().find_map(|kind| {
            let index = self
                .recording
                .history
                .names_from(kind, prefix)
                .position(|other| other == name)?;
            self.history.names_from(kind, prefix).nth(index)
        });
        word.replace(name, own.unwrap_or("unknown"))
    }
}

/// Whether a step prints one or several tables of objects.
pub(super) fn is_table(step: &Step) -> bool {
    is_read(step)
        && step.command.starts_with("kubectl get ")
        && !step.command.contains("-o yaml")
        && !step.command.contains("-o json")
}

/// Whether a step only reads: then its time matters, and it may be tried at several.
pub(super) fn is_read(step: &Step) -> bool {
    let verb = step
        .command
        .strip_prefix("kubectl ")
        .and_then(|rest| rest.split(' ').next());
    !step.background
        && matches!(
            verb,
            Some("get" | "describe" | "logs" | "explain" | "api-resources" | "auth")
        )
}

/// What is done when: each step, those that read several times.
fn acts(steps: &[Step]) -> Vec<Act> {
    let mut acts = Vec::new();
    for (index, step) in steps.iter().enumerate() {
        let waits = step.background || step.took > 1000;
        let at = step.at
            + if waits {
                START_MS
            } else {
                (step.took * 6 / 10).max(START_MS.min(step.took))
            };
        let mut looks = vec![0];
        if is_read(step) {
            looks = LOOKS_MS.to_vec();
            looks.extend(LATE_LOOKS_PERCENT.iter().map(|percent| at * percent / 100));
        }
        for (look, offset) in looks.iter().enumerate() {
            acts.push(Act {
                at: at + offset,
                step: index,
                look,
            });
        }
    }
    acts.sort_unstable();
    acts
}
