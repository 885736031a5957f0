//! What the layout needs of each pod, side by side in memory: of 150,000 pods most are the same as before, and looking
//! at each one again would cost more than laying all of them out.

use crate::view::scene::{PodView, Scene};

/// The node of a pod that has none, or its owner.
const NONE: u64 = u64::MAX;

/// Ids, nodes and owners of all pods, in the order of the scene.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Census {
    /// Ids, ascending.
    pub ids: Vec<u64>,
    nodes: Vec<u64>,
    owners: Vec<u64>,
}

impl Census {
    /// The census of a scene.
    #[must_use]
    pub fn of(scene: &Scene) -> Self {
        let mut census = Self::with_capacity(scene.pods.len());
        scene.pods.iter().for_each(|pod| census.push(pod));
        census
    }

    /// An empty census with room for so many pods.
    #[must_use]
    pub fn with_capacity(count: usize) -> Self {
        Self {
            ids: Vec::with_capacity(count),
            nodes: Vec::with_capacity(count),
            owners: Vec::with_capacity(count),
        }
    }

    /// Adds a pod.
    pub fn push(&mut self, pod: &PodView) {
        self.ids.push(pod.id);
        self.nodes.push(pod.node.unwrap_or(NONE));
        self.owners.push(pod.owner.unwrap_or(NONE));
    }

    /// Adds a pod that another census has at this index.
    pub fn copy(&mut self, other: &Self, index: usize) {
        self.ids.push(other.ids[index]);
        self.nodes.push(other.nodes[index]);
        self.owners.push(other.owners[index]);
    }

    /// The nodes of all pods.
    pub(super) fn nodes(&self) -> impl Iterator<Item = Option<u64>> {
        self.nodes.iter().map(|&node| (node != NONE).then_some(node))
    }

    /// The owners of all pods.
    pub(super) fn owners(&self) -> impl Iterator<Item = Option<u64>> {
        self.owners.iter().map(|&owner| (owner != NONE).then_some(owner))
    }
}
