//! A node with what is on it.

use std::rc::Rc;

use super::pod_info::{HostPort, NonZero, PodInfo};
use super::resource::Resource;
use crate::api::Str;
use crate::api::core::{Node, Taint};

/// A node, the pods on it and their sums.
// Models pkg/scheduler/framework/types.go NodeInfo.
#[derive(Clone, Debug, Default)]
pub struct NodeInfo {
    /// The node; none while only its pods are known.
    node: Option<Rc<Node>>,
    /// Its place in the cache.
    pub id: u32,
    /// The pods on it, assumed ones included.
    pods: Vec<Rc<PodInfo>>,
    /// What the pods request.
    pub requested: Resource,
    /// What the pods count for in scores.
    pub non_zero: NonZero,
    /// What the node offers.
    pub allocatable: Resource,
    used_ports: Vec<HostPort>,
    /// Whether the node is cordoned. This and the taints are copies of what the node says: every pod looks at them on
    /// hundreds of nodes.
    pub unschedulable: bool,
    /// What keeps pods off.
    pub taints: Rc<[Taint]>,
}

impl NodeInfo {
    /// A place for a node of which nothing is known yet.
    #[must_use]
    pub fn vacant(id: u32) -> Self {
        Self { id, ..Self::default() }
    }

    /// Whether the node itself is known.
    #[must_use]
    pub const fn is_known(&self) -> bool {
        self.node.is_some()
    }

    /// The node, if it is known.
    #[must_use]
    pub const fn get(&self) -> Option<&Rc<Node>> {
        self.node.as_ref()
    }

    /// The node. Only nodes that are known are ever looked at by plugins.
    #[must_use]
    pub fn node(&self) -> &Rc<Node> {
        self.node.as_ref().expect("the order of nodes holds only known ones")
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &Str {
        &self.node().meta.name
    }

    /// The pods on it.
    #[must_use]
    pub fn pods(&self) -> &[Rc<PodInfo>] {
        &self.pods
    }

    /// Whether `port` can be had.
    #[must_use]
    pub fn port_is_free(&self, port: &HostPort) -> bool {
        !self.used_ports.iter().any(|used| used.conflicts(port))
    }

    /// Takes a newer version of the node, or forgets it.
    pub fn set_node(&mut self, node: Option<Rc<Node>>) {
        self.allocatable = node
            .as_ref()
            .map(|node| Resource::of(&node.status.allocatable))
            .unwrap_or_default();
        self.unschedulable = node.as_ref().is_some_and(|node| node.spec.unschedulable);
        self.taints = node.as_ref().map(|node| node.spec.taints.clone()).unwrap_or_default();
        self.node = node;
    }

    /// Puts a pod on it.
    pub fn add_pod(&mut self, pod: Rc<PodInfo>) {
        self.requested.add(&pod.requests, 1);
        self.non_zero.milli_cpu += pod.non_zero.milli_cpu;
        self.non_zero.memory += pod.non_zero.memory;
        self.used_ports.extend(pod.host_ports.iter().cloned());
        self.pods.push(pod);
    }

    /// Takes a pod off it. The last pod moves into the gap, as upstream, where the order decides between equal victims.
    // Models pkg/scheduler/framework/types.go removeFromSlice.
    pub fn remove_pod(&mut self, uid: &str) -> Option<Rc<PodInfo>> {
        let place = self.pods.iter().position(|pod| **pod.uid() == *uid)?;
        let pod = self.pods.swap_remove(place);
        self.requested.add(&pod.requests, -1);
        self.non_zero.milli_cpu -= pod.non_zero.milli_cpu;
        self.non_zero.memory -= pod.non_zero.memory;
        for port in &pod.host_ports {
            if let Some(place) = self.used_ports.iter().position(|used| used == port) {
                self.used_ports.swap_remove(place);
            }
        }
        Some(pod)
    }

    /// Replaces a pod by a newer version that demands the same.
    pub fn replace_pod(&mut self, pod: &Rc<PodInfo>) {
        if let Some(place) = self.pods.iter_mut().find(|old| old.uid() == pod.uid()) {
            *place = pod.clone();
        }
    }
}
