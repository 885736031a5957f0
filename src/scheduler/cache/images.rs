//! Which nodes have which images.

use crate::sim::btree::BTreeMap;

use crate::api::Str;
use crate::api::core::Node;

/// Images by name.
// Models pkg/scheduler/backend/cache/cache.go imageStates.
#[derive(Clone, Debug, Default)]
pub struct Images {
    states: BTreeMap<Str, ImageState>,
}

/// An image and the nodes that have it.
#[derive(Clone, Debug, Default)]
pub struct ImageState {
    /// Bytes, as the first node told.
    pub size: i64,
    /// How many nodes have it.
    pub nodes: u32,
    /// A bit for each node.
    bits: Vec<u64>,
}

impl ImageState {
    /// Whether a node has it.
    #[must_use]
    pub fn is_on(&self, node: u32) -> bool {
        let (word, bit) = place(node);
        self.bits.get(word).is_some_and(|bits| bits & bit != 0)
    }

    fn set(&mut self, node: u32, there: bool) {
        let (word, bit) = place(node);
        if self.bits.len() <= word {
            self.bits.resize(word + 1, 0);
        }
        if there && self.bits[word] & bit == 0 {
            self.bits[word] |= bit;
            self.nodes += 1;
        } else if !there && self.bits[word] & bit != 0 {
            self.bits[word] &= !bit;
            self.nodes -= 1;
        }
    }
}

impl Images {
    /// The image of that full name, if a node has it.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&ImageState> {
        self.states.get(name)
    }

    /// Notes the images of a node.
    pub fn add(&mut self, id: u32, node: &Node) {
        for image in node.status.images.iter() {
            for name in image.names.iter() {
                let new = || ImageState {
                    size: image.size_bytes,
                    ..ImageState::default()
                };
                self.states.entry(name.clone()).or_insert_with(new).set(id, true);
            }
        }
    }

    /// Forgets the images of a node.
    pub fn remove(&mut self, id: u32, node: &Node) {
        for name in node.status.images.iter().flat_map(|image| image.names.iter()) {
            let Some(state) = self.states.get_mut(name) else {
                continue;
            };
            state.set(id, false);
            if state.nodes == 0 {
                self.states.remove(name);
            }
        }
    }
}

const fn place(node: u32) -> (usize, u64) {
    ((node / 64) as usize, 1 << (node % 64))
}
