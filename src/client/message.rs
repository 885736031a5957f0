//! Messages between components that are not API objects: requests that travel through the network.

use crate::api::Str;
use crate::sim::btree::BTreeSet;

/// What one component tells another directly.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Message {
    /// A person or a fault orders the kubelet of `node` something about a container of a pod.
    Fault {
        /// Namespace of the pod.
        namespace: Str,
        /// Name of the pod.
        pod: Str,
        /// The container.
        container: Str,
        /// What to do to it.
        what: ContainerFault,
    },
    /// A storage system or a file server stops or comes back.
    StoragePower {
        /// The CSI driver or the server.
        name: Str,
        /// Whether it runs.
        on: bool,
    },
    /// A machine stops or comes back.
    NodePower {
        /// Name of the node.
        node: Str,
        /// Whether it runs.
        on: bool,
    },
}

impl Message {
    /// Keeps `down`, the names of the storage systems and file servers that do not run.
    pub fn keep_down(&self, down: &mut BTreeSet<Str>) {
        match self {
            Self::StoragePower { name, on: false } => down.insert(name.clone()),
            Self::StoragePower { name, on: true } => down.remove(name),
            _ => return,
        };
    }
}

/// A fault put on a container.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum ContainerFault {
    /// Its main process is killed with SIGKILL.
    Kill,
    /// Its main process exits with this code.
    Exit(i32),
    /// It runs out of memory.
    OutOfMemory,
    /// Its probes fail (true) or are answered as they are (false).
    FailProbes(bool),
}
