//! One kubectl command, from its words to its last line.

use super::commands::{self, Waiting};
use super::io::{Files, Output};
use crate::cluster::Cluster;
use crate::sim::SimTime;

/// A command that may wait for the cluster.
#[derive(Clone, Debug)]
pub struct Invocation {
    output: Output,
    waiting: Option<Waiting>,
}

impl Invocation {
    /// Starts a command; `words` are those after `kubectl`, `namespace` is that of the context.
    pub fn start(cluster: &mut Cluster, words: &[String], files: &Files, namespace: &str) -> Self {
        let mut output = Output::default();
        let waiting = match commands::start(cluster, words, files, namespace, &mut output) {
            Ok(waiting) => waiting,
            Err(problem) => {
                output.stderr.push_str(&problem);
                output.code = Some(1);
                None
            }
        };
        if waiting.is_none() && output.code.is_none() {
            output.code = Some(0);
        }
        let mut invocation = Self { output, waiting };
        invocation.poll(cluster);
        invocation
    }

    /// A command that is done and has printed `output`.
    #[must_use]
    pub const fn finished(output: Output) -> Self {
        Self { output, waiting: None }
    }

    /// Looks whether what it waits for has come. Gives when to look again; none when it is done.
    pub fn poll(&mut self, cluster: &mut Cluster) -> Option<SimTime> {
        let waiting = self.waiting.as_mut()?;
        let again = waiting.poll(cluster, &mut self.output);
        if again.is_none() {
            self.waiting = None;
            self.output.code.get_or_insert(0);
        }
        again
    }

    /// What it printed so far.
    #[must_use]
    pub const fn output(&self) -> &Output {
        &self.output
    }

    /// Stops a command that waits, as Ctrl-C does.
    pub fn interrupt(&mut self) {
        if self.waiting.take().is_some() {
            self.output.code = Some(130);
        }
    }
}
