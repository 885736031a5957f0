//! The cluster together with the commands that are still running on it.

use super::command::Command;
use crate::cluster::Cluster;
use crate::sim::SimTime;

/// What a command printed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Outcome {
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
    /// Exit code; none while the command runs.
    pub code: Option<i32>,
}

/// A cluster and what is being done to it. A clone is a checkpoint.
#[derive(Clone, Debug)]
pub struct World {
    /// The cluster.
    pub cluster: Cluster,
}

impl World {
    /// A world at its start.
    #[must_use]
    pub const fn new(cluster: Cluster) -> Self {
        Self { cluster }
    }

    /// Handles the next event, if one is due by `until`; says whether there was one.
    pub fn step(&mut self, until: SimTime) -> bool {
        self.cluster.step(until)
    }

    /// Does `command` at this instant.
    pub fn execute(&mut self, command: &Command) -> Outcome {
        match command {
            Command::Kubectl { .. } => Outcome::default(),
            Command::Fail { node, lasts } => {
                self.cluster.set_node_power(node, false);
                if let Some(lasts) = lasts {
                    self.cluster.set_node_power_after(*lasts, node, true);
                }
                Outcome {
                    code: Some(0),
                    ..Outcome::default()
                }
            }
            Command::Recover { node } => {
                self.cluster.set_node_power(node, true);
                Outcome {
                    code: Some(0),
                    ..Outcome::default()
                }
            }
            Command::Fault {
                namespace,
                pod,
                container,
                what,
            } => {
                self.cluster.fault(namespace, pod, container, what.clone());
                Outcome {
                    code: Some(0),
                    ..Outcome::default()
                }
            }
        }
    }
}
