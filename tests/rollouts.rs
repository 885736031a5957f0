//! Replays recorded rolling updates of a real control plane against the Deployment and ReplicaSet controllers.
//!
//! A stand-in for the kubelets makes pods ready when the recording says that they became ready, and removes deleted ones.
//! What the controllers make of that is compared: which ReplicaSets there are, the sizes that they go through, and the
//! reasons of the Deployment's conditions.
#![allow(clippy::print_stdout, reason = "the figures are what the test is run for")]

use kubarium::sim::btree::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::rc::Rc;

use kubarium::api::apps::{Deployment, ReplicaSet};
use kubarium::api::core::{Namespace, Node, Pod};
use kubarium::api::meta::Condition;
use kubarium::api::{Kind, Object, Resource, yaml};
use kubarium::apiserver::{DeleteOptions, Key, Subresource};
use kubarium::cluster::{Cluster, Config};
use kubarium::sim::{Duration, SimTime};
use serde_json::Value;

/// From the deletion of a pod to its end.
const STOP: Duration = Duration::from_millis(300);
/// From the end of a pod to its removal.
const REMOVE: Duration = Duration::from_millis(400);
/// Between two looks of the stand-in.
const TICK: Duration = Duration::from_millis(1);

/// ReplicaSets of the recording that went other ways to the same end: the Deployment was scaled or changed in mid-rollout,
/// and the recorded controllers, slow on a busy machine, decided before or after a pod became ready.
const OTHER_WAYS: usize = 6;

/// What became of one ReplicaSet: its sizes, each once in a row.
type Sizes = BTreeMap<String, Vec<i64>>;

struct Replay {
    cluster: Cluster,
    namespace: String,
    /// Pods that are to become ready: ReplicaSet and how many.
    debt: BTreeMap<String, i64>,
    /// Deleted pods, by when they end and when they are removed.
    ending: BTreeMap<Key, SimTime>,
    seen: u64,
    sizes: Sizes,
    reasons: Vec<String>,
}

impl Replay {
    fn new(namespace: &str) -> Self {
        let mut cluster = Cluster::new(Config::default());
        let mut object = Namespace::default();
        object.meta.name = namespace.into();
        cluster.create(object.into_object()).expect("the namespace is new");
        Self {
            cluster,
            namespace: namespace.to_owned(),
            debt: BTreeMap::new(),
            ending: BTreeMap::new(),
            seen: 0,
            sizes: Sizes::new(),
            reasons: Vec::new(),
        }
    }

    fn run_until(&mut self, until: SimTime) {
        while self.cluster.now() < until {
            let next = (self.cluster.now() + TICK).min(until);
            self.cluster.run_until(next);
            self.observe();
            self.end_pods();
            self.ready_pods();
        }
    }

    /// Takes notes of what the controllers did.
    fn observe(&mut self) {
        let now = self.cluster.now();
        let changes: Vec<_> = self
            .cluster
            .api()
            .changes_after(self.seen)
            .into_iter()
            .flatten()
            .cloned()
            .collect();
        for change in changes {
            self.seen = change.revision;
            match &change.object {
                Object::ReplicaSet(set) => {
                    let size = i64::from(set.spec.replicas.unwrap_or_default());
                    push_new(self.sizes.entry(set.meta.name.to_string()).or_default(), size);
                }
                Object::Deployment(deployment) => {
                    for (kind, text) in told(&deployment.status.conditions) {
                        note(&mut self.reasons, &kind, text);
                    }
                }
                Object::Pod(pod) if pod.meta.is_terminating() => {
                    self.ending.entry(Key::of(&change.object)).or_insert(now + STOP);
                }
                _ => {}
            }
        }
    }

    fn end_pods(&mut self) {
        let now = self.cluster.now();
        let due: Vec<Key> = self
            .ending
            .iter()
            .filter(|(_, at)| **at <= now)
            .map(|(key, _)| key.clone())
            .collect();
        for key in due {
            let Some(pod) = self.cluster.api().get_key::<Pod>(&key).cloned() else {
                self.ending.remove(&key);
                continue;
            };
            if pod.is_finished() {
                let options = DeleteOptions {
                    grace_period_seconds: Some(0),
                    ..DeleteOptions::default()
                };
                self.cluster
                    .delete(Pod::KIND, &key, &options)
                    .expect("the pod is there");
                self.ending.remove(&key);
            } else {
                let mut pod = (*pod).clone();
                pod.status.phase = "Succeeded".into();
                pod.status.conditions = [].into();
                self.cluster.load(pod.into_object()).expect("the pod is there");
                self.ending.insert(key, now + REMOVE);
            }
        }
    }

    fn ready_pods(&mut self) {
        let owed: Vec<(String, i64)> = self.debt.iter().map(|(name, count)| (name.clone(), *count)).collect();
        for (name, count) in owed {
            let pods = self.cluster.api().list::<Pod>(Some(&self.namespace));
            let waiting = pods.filter(|pod| {
                pod.is_active() && !pod.is_ready() && pod.meta.controller().is_some_and(|owner| *owner.name == *name)
            });
            let waiting: Vec<Rc<Pod>> = waiting
                .take(usize::try_from(count).unwrap_or_default())
                .cloned()
                .collect();
            for pod in waiting {
                let mut pod = (*pod).clone();
                let now = self.cluster.api().time(self.cluster.now());
                Rc::make_mut(&mut pod.spec).node_name = "node-1".into();
                pod.status.phase = "Running".into();
                pod.status.conditions = [Condition::new("Ready", true, "", "", now)].into();
                self.cluster.load(pod.into_object()).expect("the pod is there");
                *self.debt.entry(name.clone()).or_default() -= 1;
            }
            self.debt.retain(|_, count| *count > 0);
        }
    }

    fn deployment(&self) -> Option<Rc<Deployment>> {
        self.cluster.api().get::<Deployment>(&self.namespace, "web").cloned()
    }

    fn command(&mut self, command: &str, manifest: &str) {
        let words: Vec<&str> = command.split(' ').collect();
        if words[1] == "apply" {
            let mut object = manifest_object(manifest);
            object.meta_mut().namespace = self.namespace.as_str().into();
            self.cluster.create(object).expect("the manifest is good");
            return;
        }
        let Some(deployment) = self.deployment() else { return };
        let mut next = (*deployment).clone();
        match words[1] {
            "set" => set_image(&mut next, words[4].strip_prefix("web=").expect("the container is web")),
            "scale" => {
                let number = words[3].strip_prefix("--replicas=").expect("the command names a size");
                next.spec.replicas = Some(number.parse().expect("a size is a number"));
            }
            "rollout" => next.spec.template = self.previous_template(&deployment),
            _ => return,
        }
        self.cluster
            .update(next.into_object(), Subresource::Main)
            .expect("the change is good");
    }

    /// The template of the revision before the last.
    fn previous_template(&self, deployment: &Deployment) -> kubarium::api::core::PodTemplateSpec {
        let sets = self
            .cluster
            .api()
            .owned_by(&deployment.meta.uid)
            .filter_map(ReplicaSet::of);
        let revision = |set: &&Rc<ReplicaSet>| {
            let text = set.meta.annotation("deployment.kubernetes.io/revision");
            text.and_then(|text| text.parse::<i64>().ok()).unwrap_or_default()
        };
        let mut sets: Vec<_> = sets.collect();
        sets.sort_by_key(revision);
        let mut template = sets[sets.len() - 2].spec.template.clone();
        Rc::make_mut(&mut template.meta.labels).remove("pod-template-hash");
        template
    }
}

fn manifest_object(manifest: &str) -> Object {
    let documents = yaml::read(manifest);
    let document = &documents.documents[0];
    let kind = Kind::find("apps/v1", "Deployment").expect("the table has Deployments");
    Object::decode(kind, document.value.clone()).expect("the manifest is good")
}

fn set_image(deployment: &mut Deployment, image: &str) {
    let spec = Rc::make_mut(&mut deployment.spec.template.spec);
    let mut containers = spec.containers.to_vec();
    containers[0].image = image.into();
    spec.containers = containers.into();
}

fn push_new<T: PartialEq>(list: &mut Vec<T>, value: T) {
    if list.last() != Some(&value) {
        list.push(value);
    }
}

fn told(conditions: &[Condition]) -> Vec<(String, String)> {
    let texts = conditions.iter().map(|condition| {
        let text = format!("{}={} {}", condition.kind, condition.status, condition.reason);
        (condition.kind.to_string(), text)
    });
    texts.collect()
}

/// Adds a condition where its kind last said something else.
fn note(reasons: &mut Vec<String>, kind: &str, text: String) {
    let last = reasons.iter().rev().find(|reason| reason.starts_with(kind));
    if last != Some(&text) {
        reasons.push(text);
    }
}

/// What the recording tells: sizes and reasons, and when how many more pods of which ReplicaSet became ready.
struct Recorded {
    sizes: Sizes,
    reasons: Vec<String>,
    ready: Vec<(SimTime, String, i64)>,
}

fn recorded(case: &Value) -> Recorded {
    let (mut sizes, mut reasons, mut ready) = (Sizes::new(), Vec::new(), Vec::new());
    let mut before: BTreeMap<String, i64> = BTreeMap::new();
    for entry in case["trace"].as_array().expect("a trace is a list") {
        let (at, state) = (sim_time(&entry[0]), &entry[1]);
        let name = state["name"].as_str().unwrap_or_default().to_owned();
        match state["kind"].as_str() {
            Some("ReplicaSet") => {
                if let Some(size) = state["spec"].as_i64() {
                    push_new(sizes.entry(name.clone()).or_default(), size);
                }
                if !state["status"].is_null() {
                    let now = state["status"]["readyReplicas"].as_i64().unwrap_or_default();
                    let more = now - before.insert(name.clone(), now).unwrap_or_default();
                    if more > 0 {
                        ready.push((at, name, more));
                    }
                }
            }
            Some("Deployment") => {
                for kind in ["Available", "Progressing"] {
                    if let (Some(status), Some(reason)) = (
                        state["conditions"][kind][0].as_str(),
                        state["conditions"][kind][1].as_str(),
                    ) {
                        note(&mut reasons, kind, format!("{kind}={status} {reason}"));
                    }
                }
            }
            _ => {}
        }
    }
    Recorded { sizes, reasons, ready }
}

#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::float_arithmetic,
    reason = "a recording's seconds"
)]
fn sim_time(seconds: &Value) -> SimTime {
    SimTime((seconds.as_f64().unwrap_or_default().max(0.0) * 1e9) as u64)
}

/// Whether `part` is what is left of `whole` when some elements are left out.
fn is_subsequence<T: PartialEq>(part: &[T], whole: &[T]) -> bool {
    let mut whole = whole.iter();
    part.iter().all(|item| whole.any(|other| other == item))
}

fn replay(case: &Value, recorded: &Recorded) -> Replay {
    let mut replay = Replay::new(case["namespace"].as_str().expect("a case has a namespace"));
    let manifest = case["manifest"].as_str().expect("a case has a manifest");
    let mut inputs: BTreeMap<(SimTime, usize), Result<&str, &(SimTime, String, i64)>> = BTreeMap::new();
    for (index, command) in case["commands"].as_array().into_iter().flatten().enumerate() {
        let text = command[1].as_str().expect("a command is a text");
        inputs.insert((sim_time(&command[0]) + Duration::from_millis(60), index), Ok(text));
    }
    for (index, event) in recorded.ready.iter().enumerate() {
        inputs.insert((event.0, 1000 + index), Err(event));
    }
    for ((at, _), input) in inputs {
        replay.run_until(at);
        match input {
            Ok(command) => replay.command(command, manifest),
            Err((_, name, count)) => *replay.debt.entry(name.clone()).or_default() += count,
        }
    }
    let end = replay.cluster.now() + Duration::from_secs(15);
    replay.run_until(end);
    replay
}

/// The recorded nodes had the good images from earlier rollouts.
fn pull_images(cluster: &mut Cluster) {
    for (node, tag) in (1..=3).flat_map(|node| ["1.27", "1.28", "1.29"].map(|tag| (node, tag))) {
        let pod = format!(
            "{{apiVersion: v1, kind: Pod, metadata: {{name: pull-{node}-{tag}, namespace: default}}, \
             spec: {{nodeName: node-{node}, containers: [{{name: c, image: 'nginx:{tag}'}}]}}}}"
        );
        let value = yaml::read(&pod).documents[0].value.clone();
        let pod = Object::decode(Pod::KIND, value).expect("the manifest is good");
        cluster.create(pod).expect("the pod is new");
    }
    cluster.run_until(SimTime(0) + Duration::from_secs(20));
    let keys: Vec<Key> = cluster.api().list_objects(Pod::KIND, None).map(Key::of).collect();
    for key in keys {
        let options = DeleteOptions {
            grace_period_seconds: Some(0),
            ..DeleteOptions::default()
        };
        cluster.delete(Pod::KIND, &key, &options).expect("the pod is there");
    }
    cluster.run_until(SimTime(0) + Duration::from_secs(25));
}

/// The same with a scheduler and kubelets, who decide for themselves when a pod is ready.
fn play(case: &Value) -> Replay {
    let mut replay = Replay::new(case["namespace"].as_str().expect("a case has a namespace"));
    for index in 1..=3 {
        let mut node = Node::default();
        node.meta.name = format!("node-{index}").into();
        replay.cluster.create(node.into_object()).expect("the node is new");
    }
    pull_images(&mut replay.cluster);
    let manifest = case["manifest"].as_str().expect("a case has a manifest");
    let start = replay.cluster.now();
    for command in case["commands"].as_array().into_iter().flatten() {
        let at = start + sim_time(&command[0]).since(SimTime(0));
        replay.cluster.run_until(at);
        replay.observe();
        replay.command(command[1].as_str().expect("a command is a text"), manifest);
    }
    let end = replay.cluster.now() + Duration::from_secs(30);
    replay.cluster.run_until(end);
    replay.observe();
    replay
}

/// What ReplicaSets of a rollout keep at any time: not too many pods wanted, not more than wanted in the end.
fn check_limits(case: &Value, replay: &Replay) {
    for (name, sizes) in &replay.sizes {
        let most = case["replicas"]
            .as_i64()
            .unwrap_or_default()
            .max(case["scale"].as_i64().unwrap_or_default());
        assert!(
            sizes.iter().all(|size| (0..=most).contains(size)),
            "{} {name}: {sizes:?}",
            case["id"]
        );
    }
}

#[test]
fn whole_clusters_end_where_the_recorded_ones_did() {
    let Some(folder) = std::env::var_os("KUBARIUM_SHARED").map(PathBuf::from) else {
        println!("skipped: KUBARIUM_SHARED is not set");
        return;
    };
    let path = folder.join("oracle/rollouts.jsonl");
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let (mut equal, mut sets, mut reasons, mut cases) = (0, 0, 0, 0);
    for line in text.lines() {
        let case: Value = serde_json::from_str(line).expect("a case is JSON");
        let (recorded, replay) = (recorded(&case), play(&case));
        cases += 1;
        check_limits(&case, &replay);
        let ends = |sizes: &Sizes| -> Vec<(String, Option<i64>)> {
            sizes
                .iter()
                .map(|(name, sizes)| (name.clone(), sizes.last().copied()))
                .collect()
        };
        assert_eq!(
            ends(&recorded.sizes),
            ends(&replay.sizes),
            "{} ends as recorded",
            case["id"]
        );
        sets += recorded.sizes.len();
        equal += recorded
            .sizes
            .iter()
            .filter(|(name, sizes)| replay.sizes.get(*name) == Some(*sizes))
            .count();
        reasons += usize::from(recorded.reasons == replay.reasons);
    }
    println!("{cases} whole clusters: sizes of {equal} of {sets} ReplicaSets equal; conditions of {reasons} equal");
    // The others go through other sizes because other pods became ready first, or several at once.
    assert!(equal >= 38 && reasons >= 27);
}

#[test]
fn rollouts_go_through_the_recorded_sizes() {
    let Some(folder) = std::env::var_os("KUBARIUM_SHARED").map(PathBuf::from) else {
        println!("skipped: KUBARIUM_SHARED is not set");
        return;
    };
    let path = folder.join("oracle/rollouts.jsonl");
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let (mut equal, mut finer, mut reasons, mut cases) = (0, 0, 0, 0);
    let mut failures = Vec::new();
    for line in text.lines() {
        let case: Value = serde_json::from_str(line).expect("a case is JSON");
        let recorded = recorded(&case);
        let replay = replay(&case, &recorded);
        cases += 1;
        let names: BTreeSet<&String> = recorded.sizes.keys().chain(replay.sizes.keys()).collect();
        for name in names {
            let none = Vec::new();
            let want = recorded.sizes.get(name).unwrap_or(&none);
            let got = replay.sizes.get(name).unwrap_or(&none);
            if want == got {
                equal += 1;
            } else if want.last() == got.last() && is_subsequence(want, got) {
                finer += 1;
            } else {
                assert_eq!(
                    want.last(),
                    got.last(),
                    "{} {name} ends at the recorded size",
                    case["id"]
                );
                failures.push(format!("{} {name}: want {want:?}, got {got:?}", case["id"]));
            }
        }
        if recorded.reasons == replay.reasons {
            reasons += 1;
        } else {
            println!(
                "{} reasons:\n  want {:?}\n  got  {:?}",
                case["id"], recorded.reasons, replay.reasons
            );
        }
    }
    println!(
        "{cases} rollouts: sizes of {equal} ReplicaSets equal, of {finer} in finer steps; conditions of {reasons} equal"
    );
    assert!(
        failures.len() <= OTHER_WAYS,
        "{} differ:\n{}",
        failures.len(),
        failures.join("\n")
    );
    assert!(
        reasons + 2 >= cases,
        "the conditions of {reasons} rollouts of {cases} agree"
    );
}
