//! The order in which nodes are looked at: zone by zone in turn, so that a search cut short still sees all zones.

use crate::api::core::Node;

/// Nodes by zone.
// Models pkg/scheduler/backend/cache/node_tree.go nodeTree.
#[derive(Clone, Debug, Default)]
pub(super) struct NodeTree {
    zones: Vec<Zone>,
}

#[derive(Clone, Debug)]
struct Zone {
    name: String,
    nodes: Vec<u32>,
}

impl NodeTree {
    /// Adds a node to its zone.
    pub(super) fn add(&mut self, id: u32, zone: &str) {
        match self.zones.iter_mut().find(|known| known.name == zone) {
            Some(known) => known.nodes.push(id),
            None => self.zones.push(Zone {
                name: zone.to_owned(),
                nodes: vec![id],
            }),
        }
    }

    /// Takes a node out of its zone, and the zone away with its last node.
    pub(super) fn remove(&mut self, id: u32, zone: &str) {
        let Some(place) = self.zones.iter().position(|known| known.name == zone) else {
            return;
        };
        self.zones[place].nodes.retain(|node| *node != id);
        if self.zones[place].nodes.is_empty() {
            self.zones.remove(place);
        }
    }

    /// All nodes, one of each zone in turn.
    #[must_use]
    pub(super) fn list(&self) -> Vec<u32> {
        let longest = self.zones.iter().map(|zone| zone.nodes.len()).max().unwrap_or_default();
        (0..longest)
            .flat_map(|round| self.zones.iter().filter_map(move |zone| zone.nodes.get(round)).copied())
            .collect()
    }
}

/// The zone of a node with its region.
// Models k8s.io/component-helpers/node/topology/helpers.go GetZoneKey.
#[must_use]
pub(super) fn zone_key(node: &Node) -> String {
    let label = |old: &str, new: &str| {
        node.meta
            .label(old)
            .or_else(|| node.meta.label(new))
            .cloned()
            .unwrap_or_default()
    };
    let zone = label("failure-domain.beta.kubernetes.io/zone", "topology.kubernetes.io/zone");
    let region = label(
        "failure-domain.beta.kubernetes.io/region",
        "topology.kubernetes.io/region",
    );
    if zone.is_empty() && region.is_empty() {
        String::new()
    } else {
        format!("{region}:\0:{zone}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zones_take_turns() {
        let mut tree = NodeTree::default();
        for (id, zone) in [(0, "a"), (1, "a"), (2, "b"), (3, "a"), (4, "c"), (5, "b")] {
            tree.add(id, zone);
        }
        assert_eq!(tree.list(), [0, 2, 4, 1, 5, 3]);
        tree.remove(4, "c");
        tree.remove(0, "a");
        assert_eq!(tree.list(), [1, 2, 3, 5]);
    }
}
