//! The places that a node label divides the cluster into.

use crate::sim::btree::BTreeMap;
use std::rc::Rc;

use super::node_info::NodeInfo;
use crate::api::Str;

/// The value of a label on every node, as small numbers.
#[derive(Clone, Debug, Default)]
pub struct Topology {
    /// The number of the value by node.
    values: Vec<Option<u32>>,
    /// How many different values there are.
    pub domains: u32,
}

impl Topology {
    /// The number of the node's value; none where the node lacks the label.
    #[must_use]
    pub fn domain(&self, node: u32) -> Option<u32> {
        self.values.get(node as usize).copied().flatten()
    }

    /// Zeros, one for each value.
    #[must_use]
    pub fn zeros(&self) -> Vec<i64> {
        vec![0; self.domains as usize]
    }

    fn new(nodes: &[NodeInfo], key: &str) -> Self {
        let mut numbers: BTreeMap<&Str, u32> = BTreeMap::new();
        let mut domains = 0;
        let mut values = Vec::with_capacity(nodes.len());
        for node in nodes {
            let value = node.get().and_then(|node| node.meta.labels.get(key));
            values.push(value.map(|value| {
                *numbers.entry(value).or_insert_with(|| {
                    domains += 1;
                    domains - 1
                })
            }));
        }
        Self { values, domains }
    }
}

/// Topologies by label, made when first asked for and kept until the nodes' labels change.
#[derive(Clone, Debug, Default)]
pub(super) struct Topologies {
    known: BTreeMap<Str, Rc<Topology>>,
}

impl Topologies {
    pub(super) fn get(&mut self, nodes: &[NodeInfo], key: &Str) -> Rc<Topology> {
        if let Some(known) = self.known.get(key) {
            return known.clone();
        }
        let topology = Rc::new(Topology::new(nodes, key));
        self.known.insert(key.clone(), topology.clone());
        topology
    }

    pub(super) fn forget(&mut self) {
        self.known.clear();
    }
}
