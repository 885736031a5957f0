//! How many pods of each node a selector chooses, kept up to date.
//!
//! Upstream looks at all pods of all nodes for each pod it places. Here a selector is counted once, when it is first
//! asked for, and then follows the pods as they come and go.

use crate::sim::btree::BTreeMap;
use std::rc::Rc;

use super::node_info::NodeInfo;
use super::pod_info::PodInfo;
use crate::api::Str;
use crate::api::core::Pod;
use crate::api::labels::Selector;

/// Which pods are counted.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Counted {
    /// Their namespace; none for all.
    pub namespace: Option<Str>,
    /// Their labels.
    pub selector: Selector,
    /// Whether pods on their way out are left out.
    pub live_only: bool,
}

/// The counts by node.
pub type PodCounts = Rc<Vec<u32>>;

/// The selectors in use.
#[derive(Clone, Debug, Default)]
pub(super) struct Counts {
    known: BTreeMap<Counted, Entry>,
    /// Counts up with each question, to find the selector that was not asked for longest.
    clock: u64,
}

#[derive(Clone, Debug)]
struct Entry {
    nodes: PodCounts,
    asked: u64,
}

/// Selectors kept at a time: each costs a match for every pod that comes or goes in its namespace.
const KEPT_MAX: usize = 256;

impl Counted {
    fn chooses(&self, pod: &Pod) -> bool {
        self.namespace
            .as_ref()
            .is_none_or(|namespace| pod.meta.namespace == *namespace)
            && !(self.live_only && pod.meta.is_terminating())
            && self.selector.matches(&pod.meta.labels)
    }
}

impl Counts {
    /// The counts of the pods meant, for each node.
    pub(super) fn get(&mut self, nodes: &[NodeInfo], what: &Counted) -> PodCounts {
        self.clock += 1;
        if let Some(entry) = self.known.get_mut(what) {
            entry.asked = self.clock;
            return entry.nodes.clone();
        }
        self.make_room();
        let counts = nodes.iter().map(|node| count(node, what)).collect();
        let entry = Entry {
            nodes: Rc::new(counts),
            asked: self.clock,
        };
        let counts = entry.nodes.clone();
        self.known.insert(what.clone(), entry);
        counts
    }

    fn make_room(&mut self) {
        if self.known.len() < KEPT_MAX {
            return;
        }
        let oldest = self
            .known
            .iter()
            .min_by_key(|(_, entry)| entry.asked)
            .map(|(what, _)| what.clone());
        if let Some(oldest) = oldest {
            self.known.remove(&oldest);
        }
    }

    /// A pod came to a node, or left it.
    pub(super) fn change(&mut self, pod: &PodInfo, node: u32, came: bool) {
        let first = |namespace| Counted {
            namespace,
            selector: Selector::Nothing,
            live_only: false,
        };
        let own = Some(pod.pod.meta.namespace.clone());
        let everywhere = self.known.iter_mut().take_while(|(what, _)| what.namespace.is_none());
        change_all(everywhere, pod, node, came);
        let in_namespace = self
            .known
            .range_mut(first(own.clone())..)
            .take_while(|(what, _)| what.namespace == own);
        change_all(in_namespace, pod, node, came);
    }
}

fn change_all<'a>(entries: impl Iterator<Item = (&'a Counted, &'a mut Entry)>, pod: &PodInfo, node: u32, came: bool) {
    for (what, entry) in entries {
        if what.chooses(&pod.pod) {
            let counts = Rc::make_mut(&mut entry.nodes);
            if counts.len() <= node as usize {
                counts.resize(node as usize + 1, 0);
            }
            let count = &mut counts[node as usize];
            *count = if came { *count + 1 } else { count.saturating_sub(1) };
        }
    }
}

fn count(node: &NodeInfo, what: &Counted) -> u32 {
    let chosen = node.pods().iter().filter(|pod| what.chooses(&pod.pod)).count();
    u32::try_from(chosen).expect("a node holds fewer pods than that")
}
