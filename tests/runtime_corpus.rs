//! Every command of the shared manifests runs in a simulated container: no panic, no endless loop, and what is not
//! simulated says so.
//!
//! The data lies outside the repository, in the folder that `KUBARIUM_SHARED` names. Without the variable the test says
//! that it skipped.
#![allow(
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a test that reads the shared data where it stands, and says what it ran"
)]

use kubarium::sim::btree::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use kubarium::api::yaml;
use kubarium::kubelet::runtime::{
    Container, ContainerSpec, EffectRequest, EffectResult, HttpReply, ImageError, ImageStore, NetError, Signal, Volumes,
};
use kubarium::sim::{Duration, SimTime};
use serde_json::Value;

/// A container's image, command, arguments, environment and ports; and commands of its probes and hooks.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Case {
    image: String,
    command: Vec<String>,
    args: Vec<String>,
    env: Vec<(String, String)>,
    ports: Vec<u16>,
    execs: Vec<Vec<String>>,
}

fn strings(value: &Value) -> Vec<String> {
    let items = value.as_array().into_iter().flatten();
    items.filter_map(|item| item.as_str().map(str::to_owned)).collect()
}

fn exec_commands(value: &Value, found: &mut Vec<Vec<String>>) {
    if let Some(fields) = value.as_object() {
        if let Some(command) = fields.get("exec").map(|exec| strings(&exec["command"])) {
            found.push(command);
        }
        fields.values().for_each(|inner| exec_commands(inner, found));
    }
}

fn collect(value: &Value, found: &mut BTreeSet<Case>) {
    match value {
        Value::Object(fields) => {
            if let (Some(image), true) = (fields.get("image").and_then(Value::as_str), fields.contains_key("name")) {
                let list = |name: &str| fields.get(name).map(strings).unwrap_or_default();
                let mut case = Case {
                    image: image.to_owned(),
                    command: list("command"),
                    args: list("args"),
                    ..Case::default()
                };
                for pair in fields.get("env").and_then(Value::as_array).into_iter().flatten() {
                    let text = |key: &str| pair[key].as_str().unwrap_or("x").to_owned();
                    case.env.push((text("name"), text("value")));
                }
                for port in fields.get("ports").and_then(Value::as_array).into_iter().flatten() {
                    case.ports
                        .extend(port["containerPort"].as_u64().and_then(|port| u16::try_from(port).ok()));
                }
                fields.values().for_each(|inner| exec_commands(inner, &mut case.execs));
                found.insert(case);
            }
            fields.values().for_each(|inner| collect(inner, found));
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, found)),
        _ => {}
    }
}

fn read(text: &str, found: &mut BTreeSet<Case>) {
    for document in yaml::read(text).documents {
        collect(&document.value, found);
    }
}

fn corpus(folder: &Path, found: &mut BTreeSet<Case>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            corpus(&path, found);
        } else if path
            .extension()
            .is_some_and(|e| e == "yaml" || e == "yml" || e == "json")
        {
            read(&fs::read_to_string(&path).unwrap(), found);
        }
    }
}

fn oracle(folder: &Path, found: &mut BTreeSet<Case>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|e| e == "json") {
            let scenario: Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
            for manifest in scenario["manifests"].as_object().into_iter().flatten() {
                read(manifest.1.as_str().unwrap_or_default(), found);
            }
        }
    }
}

/// Answers whatever a process asks: names are found, servers answer, or nothing is there.
fn answer(request: &EffectRequest, is_reachable: bool) -> EffectResult {
    let address = "10.96.0.99".into();
    if !is_reachable {
        return EffectResult::Failed(NetError::Refused { address });
    }
    match request {
        EffectRequest::Http(_) => EffectResult::Http {
            address,
            reply: HttpReply::text(200, "ok\n"),
        },
        EffectRequest::Dns { name } => EffectResult::Dns {
            name: name.clone(),
            addresses: vec![address],
            server: "10.96.0.10".into(),
        },
        _ => EffectResult::Open { address },
    }
}

struct Run {
    container: Container,
    volumes: Volumes,
    now: SimTime,
    wakes: u32,
}

impl Run {
    fn answer_all(&mut self, is_reachable: bool) {
        while let Some(effect) = self.container.poll_effect() {
            let result = answer(&effect.request, is_reachable);
            self.container.resolve(effect.id, result, &mut self.volumes, self.now);
        }
    }

    fn until(&mut self, seconds: u64, is_reachable: bool) {
        let end = SimTime::ZERO + Duration::from_secs(seconds);
        self.answer_all(is_reachable);
        while let Some(at) = self.container.next_wake().filter(|at| *at <= end) {
            self.now = self.now.max(at);
            self.container.advance(&mut self.volumes, self.now);
            self.answer_all(is_reachable);
            self.wakes += 1;
            assert!(self.wakes < 10_000, "too many wakes: {:?}", self.container.spec());
        }
        self.now = self.now.max(end);
    }
}

/// Runs one container for some minutes, then stops it; gives the lines that tell of something not simulated.
fn run(case: &Case, store: &mut ImageStore, is_reachable: bool) -> Result<Vec<String>, String> {
    let image = store.resolve(&case.image).map_err(|error| match error {
        ImageError::Invalid(error) => error.message,
        ImageError::Pull { message, .. } => message,
    })?;
    let words = |words: &[String]| words.iter().map(|word| word.as_str().into()).collect();
    let spec = ContainerSpec {
        image: case.image.as_str().into(),
        command: words(&case.command),
        args: words(&case.args),
        env: case
            .env
            .iter()
            .map(|(name, value)| (name.as_str().into(), value.as_str().into()))
            .collect(),
        ports: case.ports.clone(),
        hostname: "web-0".into(),
        ip: "10.244.1.5".into(),
        epoch_unix_s: 1_767_225_600,
        ..ContainerSpec::default()
    };
    let mut volumes = Volumes::default();
    let container =
        Container::start(Rc::new(spec), image, &mut volumes, SimTime::ZERO).map_err(|error| error.message)?;
    let mut run = Run {
        container,
        volumes,
        now: SimTime::ZERO,
        wakes: 0,
    };
    run.until(60, is_reachable);
    for command in &case.execs {
        let command: Vec<_> = words(command);
        if let Ok(id) = run.container.exec(&command, "", &mut run.volumes, run.now) {
            run.until(70, is_reachable);
            run.container.kill_exec(id, &mut run.volumes, run.now);
        }
    }
    run.until(200, is_reachable);
    run.container.signal(Signal::Term, &mut run.volumes, run.now);
    run.until(230, is_reachable);
    run.container.signal(Signal::Kill, &mut run.volumes, run.now);
    assert!(run.container.exit().is_some(), "it does not end: {case:?}");
    let lines = run.container.logs().lines().map(|line| line.text.to_string());
    Ok(lines
        .filter(|line| line.contains("not simulated") || line.contains("yntax error"))
        .collect())
}

#[test]
fn every_command_of_the_manifests_runs() {
    let Ok(shared) = std::env::var("KUBARIUM_SHARED").map(PathBuf::from) else {
        println!("skipped: KUBARIUM_SHARED is not set");
        return;
    };
    let mut cases = BTreeSet::new();
    corpus(&shared.join("corpus"), &mut cases);
    oracle(&shared.join("oracle/scenarios"), &mut cases);
    let mut store = ImageStore::default();
    let mut unsupported: BTreeMap<String, u32> = BTreeMap::new();
    let mut refused: BTreeMap<String, u32> = BTreeMap::new();
    for case in &cases {
        for is_reachable in [true, false] {
            match run(case, &mut store, is_reachable) {
                Ok(lines) => lines
                    .into_iter()
                    .take(1)
                    .for_each(|line| *unsupported.entry(line).or_default() += 1),
                Err(why) => *refused.entry(why).or_default() += 1,
            }
        }
    }
    println!("{} containers, each with and without a network", cases.len());
    for (what, list) in [("not simulated", &unsupported), ("does not start", &refused)] {
        println!("{what}: {} runs", list.values().sum::<u32>());
        list.iter().for_each(|(line, count)| println!("  {count} x {line}"));
    }
    assert!(cases.len() > 300, "only {} containers found", cases.len());
    let failed: u32 = unsupported.values().sum();
    assert!(
        failed * 100 <= u32::try_from(cases.len()).unwrap() * 2 * 5,
        "over 5 % use what is not simulated"
    );
}
