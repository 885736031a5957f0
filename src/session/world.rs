//! The cluster together with the commands that are still running on it.

use super::command::Command;
use crate::api::core::Pod;
use crate::cluster::Cluster;
use crate::kubectl::{self, Files, Invocation, Output};
use crate::network::Request;
use crate::sim::SimTime;
use crate::view::outcome_text;

/// A cluster and what is being done to it. A clone is a checkpoint.
#[derive(Clone, Debug)]
pub struct World {
    /// The cluster.
    pub cluster: Cluster,
    running: Vec<Running>,
    /// Namespace of the commands that name none.
    namespace: String,
    count: u64,
}

/// A command that waits.
#[derive(Clone, Debug)]
struct Running {
    number: u64,
    invocation: Invocation,
    /// When to look again; none when it is done.
    next: Option<SimTime>,
}

/// Commands that are done and whose output is kept.
const KEPT: usize = 64;

impl World {
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
            running.next = running.invocation.poll(&mut self.cluster);
        }
    }

    /// Does `command` at this instant. Gives its number, for [`World::output`].
    pub fn execute(&mut self, command: &Command) -> u64 {
        match command {
            Command::Kubectl { line, stdin } => {
                let files = Files {
                    stdin: stdin.clone(),
                    ..Files::default()
                };
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
            Command::Fetch { url, from } => {
                let outcome = self.cluster.fetch(&Request::get(from.clone(), url));
                return self.finished(Output {
                    stdout: outcome_text(&outcome),
                    code: Some(i32::from(outcome.result.is_err())),
                    ..Output::default()
                });
            }
            Command::Fail { node, lasts } => {
                self.cluster.set_node_power(node, false);
                if let Some(lasts) = lasts {
                    self.cluster.set_node_power_after(*lasts, node, true);
                }
            }
            Command::Recover { node } => self.cluster.set_node_power(node, true),
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
        }
        self.finished(Output {
            code: Some(0),
            ..Output::default()
        })
    }

    /// Starts a kubectl command. Gives its number, for [`World::output`].
    pub fn kubectl(&mut self, words: &[String], files: &Files) -> u64 {
        let mut invocation = Invocation::start(&mut self.cluster, words, files, &self.namespace);
        let next = invocation.poll(&mut self.cluster);
        self.add(Running {
            number: 0,
            invocation,
            next,
        })
    }

    fn finished(&mut self, output: Output) -> u64 {
        self.add(Running {
            number: 0,
            invocation: Invocation::finished(output),
            next: None,
        })
    }

    fn add(&mut self, mut running: Running) -> u64 {
        self.count += 1;
        running.number = self.count;
        self.running.push(running);
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
        Some(running.invocation.output())
    }

    /// Stops a command that waits.
    pub fn interrupt(&mut self, number: u64) {
        for running in self.running.iter_mut().filter(|running| running.number == number) {
            running.invocation.interrupt();
            running.next = None;
        }
    }
}
