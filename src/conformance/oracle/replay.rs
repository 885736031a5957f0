//! Runs the recorded commands at their times on a cluster like the recorder's, and takes notes of all that changes.

use crate::sim::btree::BTreeMap;
use std::rc::Rc;

use serde_json::{Value, json};

use super::history::History;
use super::recorder::{self, Occupant};
use super::recording::{NodeAction, Recording, Step};
use crate::api::core::{Namespace, Pod};
use crate::api::meta::ObjectMeta;
use crate::api::quantity::Quantity;
use crate::api::time::Time;
use crate::api::{Kind, Object, Resource, Str};
use crate::apiserver::rest::Request;
use crate::apiserver::{DeleteOptions, Key, Verb};
use crate::client::ContainerFault;
use crate::cluster::{MetricsSource, SetUsage};
use crate::conformance::Budget;
use crate::kubectl::{self, Files, Output};
use crate::scenario::{Options, Scenario};
use crate::session::World;
use crate::sim::SimTime;

/// The nodes come up, and pull what is there already, before the recording begins.
const WARM_UP_S: i64 = 120;
/// What kubectl takes before it speaks to the server, in milliseconds.
const START_MS: i64 = 70;
/// So much later than its end something may happen that belongs to a recording, in milliseconds.
const END_MS: i64 = 500;
/// When a command that only reads is tried, in milliseconds around its time: what it shows may be about to change.
const LOOKS_MS: [i64; 13] = [0, -50, 50, -150, 150, -300, 300, -500, 500, -800, 800, -1200, 1200];
/// And further off late in a scenario, by parts per hundred of its time: clocks that follow each other add up.
const LATE_LOOKS_PERCENT: [i64; 4] = [-2, 2, -4, 4];
/// Most looks at a table, of which each change around its time gives one: its rows are seldom all there at one instant.
const LOOKS_MAX: usize = 200;

/// How long before it was gone somebody else's pod was told to go, in milliseconds.
const LEAVING_MS: i64 = 120;

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
    /// What else is going to happen, and when.
    happenings: BTreeMap<i64, Vec<Happening>>,
}

/// Something that happens to the cluster and that no command does.
#[derive(Clone, Debug)]
enum Happening {
    /// A pod of somebody else's goes.
    Leaves(String),
    /// A container runs out of memory: pod and container.
    OutOfMemory(Str, Str),
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
            nodes: Some(0),
            ..Options::default()
        };
        let (mut cluster, _) = scenario.build(options);
        cluster.set_metrics(MetricsSource::Off);
        for mut node in recorder::nodes()? {
            node.meta.creation_timestamp = recording.nodes_created.get(&*node.meta.name).copied();
            cluster.add_node(&node).map_err(|status| status.message)?;
        }
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
            happenings: BTreeMap::new(),
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
        for (index, occupant) in recorder::occupants(&self.recording.history).iter().enumerate() {
            self.occupy(&format!("occupant-{index}"), occupant)?;
        }
        Ok(())
    }

    /// Lets a pod of somebody else's fill a node until it goes.
    fn occupy(&mut self, name: &str, occupant: &Occupant) -> Result<(), String> {
        let pod = occupant.pod(name)?;
        self.world.cluster.create(pod).map_err(|status| status.message)?;
        let at = occupant.until - LEAVING_MS;
        let leaves = Happening::Leaves(name.to_owned());
        self.happenings.entry(at).or_default().push(leaves);
        Ok(())
    }

    fn happen(&mut self, happening: &Happening) {
        match happening {
            Happening::Leaves(name) => {
                let key = Key::new("default", name);
                // It may have been put out by another pod.
                drop(self.world.cluster.delete(Pod::KIND, &key, &DeleteOptions::default()));
            }
            Happening::OutOfMemory(pod, container) => {
                let namespace = self.recording.namespace.as_str().into();
                self.world
                    .cluster
                    .fault(&namespace, pod, container, ContainerFault::OutOfMemory);
            }
        }
    }

    /// Runs up to a time, with what happens until then.
    fn run_until(&mut self, at: i64) -> Result<(), String> {
        while let Some((next, _)) = self.happenings.first_key_value().filter(|(next, _)| **next <= at) {
            let next = *next;
            let now = self.millis(self.world.cluster.now());
            self.run_quietly_until(next.max(now))?;
            for happening in self.happenings.remove(&next).unwrap_or_default() {
                self.happen(&happening);
            }
        }
        self.run_quietly_until(at)
    }

    /// A time in milliseconds since the start of the recording.
    fn millis(&self, time: SimTime) -> i64 {
        (time.0.cast_signed() - self.origin.0.cast_signed()).div_euclid(1_000_000)
    }

    fn run_quietly_until(&mut self, at: i64) -> Result<(), String> {
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
        let now = self.millis(self.world.cluster.now());
        for step in 0..self.recording.steps.len() {
            let recorded = &self.recording.steps[step];
            if !is_table(recorded) {
                continue;
            }
            let looks = self.outcomes.iter().find(|outcome| outcome.step == step);
            let full = looks.is_some_and(|outcome| outcome.outputs.len() > LOOKS_MAX);
            let (at, slack) = (recorded.at, &self.recording.slack);
            let (before, after) = (slack.at(at), slack.at(at) - slack.held_before(at));
            if !full && now >= at - before && now <= at + recorded.took + after {
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
                let at = (change.at.0.cast_signed() - self.origin.0.cast_signed()).div_euclid(1_000_000);
                // Late looks go on when the recorder had stopped.
                let is_over = at > self.recording.duration_ms + END_MS;
                if is_over || &**own != namespace || !(KINDS.contains(&kind) || kind == INGRESS) {
                    continue;
                }
                let at = (change.at.0.cast_signed() - self.origin.0.cast_signed()).div_euclid(1_000_000);
                if let Object::Pod(pod) = &change.object {
                    let old = change.old.as_ref().and_then(Pod::of);
                    for (container, after_s) in started(pod, old) {
                        let killed = Happening::OutOfMemory(pod.meta.name.clone(), container);
                        self.happenings.entry(at + after_s * 1000).or_default().push(killed);
                    }
                }
                // The recorder had stopped by then.
                if at > self.recording.duration_ms {
                    continue;
                }
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
        if let Some(usage) = &step.usage {
            return self.report_usage(usage);
        }
        if let Some(action) = &step.node {
            return self.act_on_node(action);
        }
        if let Some(body) = &step.body {
            return self.call(act.step, body);
        }
        let words = kubectl::split(step.command.strip_prefix("kubectl ").unwrap_or(&step.command));
        let words: Vec<String> = words
            .unwrap_or_default()
            .iter()
            .map(|word| self.own_names(word))
            .collect();
        let mut files = Files {
            named: self.recording.files.clone(),
            stdin: step.stdin.clone(),
        };
        if let Some(path) = words.iter().find(|word| word.starts_with("/api/")) {
            name_as_the_path(&mut files, path);
        }
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

    fn act_on_node(&mut self, action: &NodeAction) {
        match action {
            NodeAction::Power(name, on) => self.world.cluster.set_node_power(&name.as_str().into(), *on),
            NodeAction::Starts(name, cpu, memory, labels) => {
                let node = recorder::node(name, (cpu, memory), labels);
                let added = node.map(|node| self.world.cluster.add_node(&node));
                // What is wrong with it shows in what is compared.
                drop(added);
            }
        }
    }

    /// Sets what pods report.
    fn report_usage(&mut self, usage: &Value) {
        let number = |name: &str| usage[name].as_i64().unwrap_or_default();
        let memory = usage["mem"].as_str().unwrap_or("0");
        let set = SetUsage {
            each_milli: number("each"),
            total_milli: number("total"),
            memory_bytes: Quantity::parse(memory).map_or(0, |amount| amount.value()),
            skip: u32::try_from(number("skip")).unwrap_or_default(),
        };
        self.world.cluster.set_metrics(MetricsSource::Set(set));
    }

    /// Calls the API; what it answers stands on standard output, with the status as the exit code.
    fn call(&mut self, step: usize, body: &Value) {
        let command = self.recording.steps[step].command.clone();
        let (method, path) = command.split_once(' ').unwrap_or(("GET", &command));
        let body = serde_json::from_str(&self.own_names(&body.to_string())).ok();
        let response = self.world.cluster.request(&Request {
            method: method.to_owned(),
            path: self.own_names(path),
            body,
            ..Request::default()
        });
        let output = Output {
            stdout: response.body.to_string(),
            code: Some(i32::from(response.code)),
            ..Output::default()
        };
        self.note();
        self.outcomes.push(Outcome {
            step,
            outputs: vec![output],
        });
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

/// A file that was written anew between commands is recorded only as it was last: the name in it is that of the path.
fn name_as_the_path(files: &mut Files, path: &str) {
    let mut parts = path.split('/').skip_while(|part| *part != "pods");
    let Some(name) = parts.nth(1) else { return };
    for text in files.named.values_mut() {
        if let Ok(mut value) = serde_json::from_str::<Value>(text)
            && value.is_object()
        {
            value["metadata"]["name"] = name.into();
            *text = value.to_string();
        }
    }
}

/// The containers of a pod that started to run and are to run out of memory, each with the seconds until then.
fn started(pod: &Rc<Pod>, old: Option<&Rc<Pod>>) -> Vec<(Str, i64)> {
    let running = |pod: &Pod, name: &str| {
        let mut statuses = pod.status.container_statuses.iter();
        let status = statuses.find(|status| &*status.name == name)?;
        status.state.running.as_ref().map(|_| status.container_id.clone())
    };
    let begins = |name: &Str| {
        let now = running(pod, name)?;
        (old.and_then(|old| running(old, name)) != Some(now)).then_some(())?;
        Some((name.clone(), recorder::out_of_memory_after_s(pod, name)?))
    };
    let names = pod.spec.containers.iter().map(|container| &container.name);
    names.filter_map(begins).collect()
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
