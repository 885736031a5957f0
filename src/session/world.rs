//! The cluster together with the commands that are still running on it.

use super::call::ApiRequest;
use super::command::{Command, Machine};
use super::running::Running;
use crate::api::core::Pod;
use crate::apiserver::rest::Response;
use crate::cluster::Cluster;
use crate::kubectl::{self, Files, Invocation, Output};
use crate::network::{Outcome, Request};
use crate::sim::{Duration, SimTime};
use crate::view::outcome_text;

/// A cluster and what is being done to it. A clone is a checkpoint.
#[derive(Clone, Debug)]
pub struct World {
    /// The cluster.
    pub cluster: Cluster,
    running: Vec<Numbered>,
    /// Namespace of the commands that name none.
    namespace: String,
    count: u64,
}

/// A command that waits.
#[derive(Clone, Debug)]
struct Numbered {
    number: u64,
    what: Running,
    /// When to look again; none when it is done.
    next: Option<SimTime>,
}

/// Commands that are done and whose output is kept.
const KEPT: usize = 64;

impl World {
    /// Turns a machine on or off after a while.
    fn set_power(&mut self, delay: Duration, machine: &Machine, on: bool) {
        match machine {
            Machine::Node(name) => self.cluster.set_node_power_after(delay, name, on),
            Machine::Driver(name) | Machine::Server(name) => self.cluster.set_storage_power_after(delay, name, on),
        }
    }

    /// A world at its start.
    #[must_use]
    pub fn new(cluster: Cluster) -> Self {
        Self {
            cluster,
            running: Vec::new(),
            namespace: "default".to_owned(),
            count: 0,
        }
    }

    /// Sets the namespace of the commands that name none.
    pub fn set_namespace(&mut self, namespace: &str) {
        self.namespace = namespace.to_owned();
    }

    /// When something happens next.
    pub fn next_at(&mut self) -> Option<SimTime> {
        let looks = self.running.iter().filter_map(|running| running.next);
        looks.chain(self.cluster.next_at()).min()
    }

    /// Handles the next event, if one is due by `until`; says whether there was one.
    /// A command that waits looks after all that the cluster does at the same instant.
    pub fn step(&mut self, until: SimTime) -> bool {
        let look = self.running.iter().filter_map(|running| running.next).min();
        let event = self.cluster.next_at();
        match look {
            Some(at) if at <= until && event.is_none_or(|event| at < event) => {
                self.cluster.run_until(at);
                self.look();
                true
            }
            _ => self.cluster.step(until),
        }
    }

    /// Lets every command look whose time has come.
    fn look(&mut self) {
        let now = self.cluster.now();
        for running in self
            .running
            .iter_mut()
            .filter(|running| running.next.is_some_and(|next| next <= now))
        {
            running.next = running.what.poll(&mut self.cluster);
        }
    }

    /// Answers a request to the API server at this instant.
    pub fn request(&mut self, request: &ApiRequest) -> Response {
        match request.decode() {
            Ok(request) => self.cluster.request(&request),
            Err(refusal) => refusal,
        }
    }

    /// Does `command` at this instant. Gives its number, for [`World::output`]; a request has none.
    pub fn execute(&mut self, command: &Command) -> u64 {
        match command {
            Command::Kubectl { line, stdin } => {
                let files = unpack_files(stdin);
                match kubectl::split(line) {
                    Ok(words) => return self.kubectl(&words, &files),
                    Err(problem) => {
                        return self.finished(Output {
                            stderr: format!("{problem}\n"),
                            code: Some(1),
                            ..Output::default()
                        });
                    }
                }
            }
            Command::Fetch(request) => return self.fetch(request).0,
            Command::Fail { what, lasts } => {
                self.set_power(Duration::ZERO, what, false);
                if let Some(lasts) = lasts {
                    self.set_power(*lasts, what, true);
                }
            }
            Command::Recover { what } => self.set_power(Duration::ZERO, what, true),
            Command::Fault {
                namespace,
                pod,
                container,
                what,
            } => {
                let Some(found) = self.cluster.api().get::<Pod>(namespace, pod) else {
                    return self.finished(Output {
                        stderr: format!("pod \"{pod}\" not found\n"),
                        code: Some(1),
                        ..Output::default()
                    });
                };
                let first = found.spec.containers.first().map(|first| first.name.clone());
                let container = if container.is_empty() {
                    first.unwrap_or_default()
                } else {
                    container.clone()
                };
                self.cluster.fault(namespace, pod, &container, what.clone());
            }
            Command::Exec(exec) => {
                let running = Running::exec(&mut self.cluster, exec);
                return self.add(running);
            }
            Command::Request(request) => {
                self.request(request);
                return 0;
            }
        }
        self.finished(Output {
            code: Some(0),
            ..Output::default()
        })
    }

    /// Sends a request through the network. Gives its number, for [`World::output`], and what came of it.
    pub fn fetch(&mut self, request: &Request) -> (u64, Outcome) {
        let outcome = self.cluster.fetch(request);
        let number = self.finished(Output {
            stdout: outcome_text(&outcome),
            code: Some(i32::from(outcome.result.is_err())),
            ..Output::default()
        });
        (number, outcome)
    }

    /// Starts a kubectl command. Gives its number, for [`World::output`].
    pub fn kubectl(&mut self, words: &[String], files: &Files) -> u64 {
        let invocation = Invocation::start(&mut self.cluster, words, files, &self.namespace);
        self.add(Running::Kubectl(invocation))
    }

    fn finished(&mut self, output: Output) -> u64 {
        self.add(Running::Kubectl(Invocation::finished(output)))
    }

    fn add(&mut self, mut what: Running) -> u64 {
        self.count += 1;
        let number = self.count;
        let next = what.poll(&mut self.cluster);
        self.running.push(Numbered { number, what, next });
        if self.running.len() > KEPT
            && let Some(done) = self.running.iter().position(|running| running.next.is_none())
        {
            self.running.remove(done);
        }
        self.count
    }

    /// What the command of that number printed so far.
    #[must_use]
    pub fn output(&self, number: u64) -> Option<&Output> {
        let running = self.running.iter().find(|running| running.number == number)?;
        Some(running.what.output())
    }

    /// Stops a command that waits.
    pub fn interrupt(&mut self, number: u64) {
        for running in self.running.iter_mut().filter(|running| running.number == number) {
            running.what.interrupt();
            running.next = None;
        }
    }
}

/// How the log's one text per command holds files by name: this, and then `{"name": "text"}`, standard input as `-`.
const FILES: &str = "#!files ";

/// The text that stands for `files` in a command's standard input.
#[must_use]
pub fn pack_files(files: &Files) -> String {
    if files.named.is_empty() {
        return files.stdin.clone();
    }
    let all = files.named.iter().map(|(name, text)| (name.as_str(), text));
    let all = all.chain([("-", &files.stdin)]);
    let all: serde_json::Value = all.map(|(name, text)| (name, text.as_str())).collect();
    format!("{FILES}{all}")
}

fn unpack_files(stdin: &str) -> Files {
    let packed = stdin.strip_prefix(FILES).map(serde_json::from_str::<serde_json::Value>);
    let Some(Ok(serde_json::Value::Object(packed))) = packed else {
        return Files {
            stdin: stdin.to_owned(),
            ..Files::default()
        };
    };
    let mut files = Files::default();
    for (name, text) in packed {
        let text = text.as_str().unwrap_or_default().to_owned();
        if name == "-" {
            files.stdin = text;
        } else {
            files.named.insert(name, text);
        }
    }
    files
}
