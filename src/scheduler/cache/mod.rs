//! What the scheduler knows of nodes and of the pods on them, ahead of the watch by the pods it has just placed.

mod affinities;
mod counts;
mod images;
mod node_info;
mod node_tree;
mod pod_info;
mod resource;
mod terms;
mod topology;

use crate::sim::btree::BTreeMap;
use std::rc::Rc;

pub use affinities::{Affinities, NodeCounts, TermCounts};
pub use counts::{Counted, PodCounts};
pub use images::{ImageState, Images};
pub use node_info::NodeInfo;
pub use pod_info::{HostPort, NonZero, PodInfo, default_requests};
pub use resource::{Resource, is_extended_resource, is_scalar_resource};
pub use terms::{AffinityTerm, Terms};
pub use topology::Topology;

use crate::api::Str;
use crate::api::core::{Node, Pod};
use crate::apiserver::ApiServer;
use counts::Counts;
use node_tree::{NodeTree, zone_key};
use topology::Topologies;

/// Nodes in a dense table, pods by uid, and the indexes over both.
// Models pkg/scheduler/backend/cache/cache.go cacheImpl.
#[derive(Clone, Debug, Default)]
pub struct Cache {
    nodes: Vec<NodeInfo>,
    by_name: BTreeMap<Str, u32>,
    tree: NodeTree,
    /// Known nodes in the order in which they are looked at.
    order: Rc<[u32]>,
    order_is_stale: bool,
    pods: BTreeMap<Str, PodPlace>,
    images: Images,
    counts: Counts,
    affinities: Affinities,
    topologies: Topologies,
}

/// Where a pod is.
#[derive(Clone, Debug)]
struct PodPlace {
    pod: Rc<PodInfo>,
    node: u32,
    /// Placed by this scheduler, not yet heard of from the watch.
    assumed: bool,
}

impl Cache {
    /// What a scheduler knows that has seen all of `api`, but for the pod `without`.
    #[must_use]
    pub fn of(api: &ApiServer, without: Option<&str>) -> Self {
        let mut cache = Self::default();
        for node in api.list::<Node>(None) {
            cache.set_node(node);
        }
        let placed = |pod: &&Rc<Pod>| !pod.spec.node_name.is_empty() && !pod.is_finished();
        for pod in api
            .list::<Pod>(None)
            .filter(placed)
            .filter(|pod| Some(&*pod.meta.uid) != without)
        {
            cache.add_pod(&Rc::new(PodInfo::new(pod)), &pod.spec.node_name, false);
        }
        cache
    }

    /// Takes over a node, new or changed.
    pub fn set_node(&mut self, node: &Rc<Node>) {
        let id = self.place(&node.meta.name);
        let old = self.nodes[id as usize].get().cloned();
        if let Some(old) = &old {
            if old.status.images != node.status.images {
                self.images.remove(id, old);
                self.images.add(id, node);
            }
        } else {
            self.images.add(id, node);
        }
        let zone = zone_key(node);
        if old.as_ref().map(|old| zone_key(old)).as_ref() != Some(&zone) {
            if let Some(old) = &old {
                self.tree.remove(id, &zone_key(old));
            }
            self.tree.add(id, &zone);
            self.order_is_stale = true;
        }
        if old.is_none_or(|old| old.meta.labels != node.meta.labels) {
            self.topologies.forget();
        }
        self.nodes[id as usize].set_node(Some(node.clone()));
    }

    /// Forgets a node. Its pods stay until the watch tells of their end.
    pub fn remove_node(&mut self, name: &str) {
        let Some(id) = self.by_name.get(name).copied() else {
            return;
        };
        if let Some(old) = self.nodes[id as usize].get().cloned() {
            self.images.remove(id, &old);
            self.tree.remove(id, &zone_key(&old));
            self.order_is_stale = true;
            self.topologies.forget();
        }
        self.nodes[id as usize].set_node(None);
    }

    /// Puts a pod on its node: one that the watch told of, or, `assumed`, one placed just now.
    pub fn add_pod(&mut self, pod: &Rc<PodInfo>, node: &Str, assumed: bool) {
        self.remove_pod(pod.uid());
        let id = self.place(node);
        self.nodes[id as usize].add_pod(pod.clone());
        self.counts.change(pod, id, true);
        self.affinities.change(pod, id, true);
        let place = PodPlace {
            pod: pod.clone(),
            node: id,
            assumed,
        };
        self.pods.insert(pod.uid().clone(), place);
    }

    /// Takes a pod off its node.
    pub fn remove_pod(&mut self, uid: &str) {
        let Some(place) = self.pods.remove(uid) else { return };
        self.nodes[place.node as usize].remove_pod(uid);
        self.counts.change(&place.pod, place.node, false);
        self.affinities.change(&place.pod, place.node, false);
    }

    /// Takes over a newer version of a pod on `node`; what demands the same is only exchanged.
    pub fn update_pod(&mut self, pod: &Rc<Pod>, node: &Str) {
        let Some(place) = self.pods.get_mut(&pod.meta.uid) else {
            return self.add_pod(&Rc::new(PodInfo::new(pod)), node, false);
        };
        let old = place.pod.pod.clone();
        let info = Rc::new(place.pod.updated(pod));
        let same_place = self.by_name.get(node) == Some(&place.node);
        let same_spec = Rc::ptr_eq(&old.spec, &pod.spec) || old.spec == pod.spec;
        let same_demands =
            same_spec && old.meta.labels == pod.meta.labels && old.meta.is_terminating() == pod.meta.is_terminating();
        if !(same_place && same_demands) {
            return self.add_pod(&info, node, false);
        }
        place.assumed = false;
        place.pod = info.clone();
        self.nodes[place.node as usize].replace_pod(&info);
    }

    /// Whether the pod was placed here and the watch has not told of it yet.
    #[must_use]
    pub fn is_assumed(&self, uid: &str) -> bool {
        self.pods.get(uid).is_some_and(|place| place.assumed)
    }

    /// The known nodes, in the order in which they are looked at.
    pub fn order(&mut self) -> Rc<[u32]> {
        if self.order_is_stale {
            self.order = self.tree.list().into();
            self.order_is_stale = false;
        }
        self.order.clone()
    }

    /// The node of that number.
    #[must_use]
    pub fn node(&self, id: u32) -> &NodeInfo {
        &self.nodes[id as usize]
    }

    /// The number of a known node.
    #[must_use]
    pub fn id_of(&self, name: &str) -> Option<u32> {
        self.by_name
            .get(name)
            .copied()
            .filter(|id| self.nodes[*id as usize].is_known())
    }

    /// Which nodes have which images.
    #[must_use]
    pub const fn images(&self) -> &Images {
        &self.images
    }

    /// The affinity terms of the pods on nodes.
    #[must_use]
    pub const fn affinities(&self) -> &Affinities {
        &self.affinities
    }

    /// How many pods of each node are meant.
    pub fn counts(&mut self, what: &Counted) -> PodCounts {
        self.counts.get(&self.nodes, what)
    }

    /// The values of label `key` on the nodes.
    pub fn topology(&mut self, key: &Str) -> Rc<Topology> {
        self.topologies.get(&self.nodes, key)
    }

    /// The number of the node of that name, known or not.
    fn place(&mut self, name: &Str) -> u32 {
        if let Some(id) = self.by_name.get(name) {
            return *id;
        }
        let id = u32::try_from(self.nodes.len()).expect("a cluster has fewer nodes than that");
        self.nodes.push(NodeInfo::vacant(id));
        self.by_name.insert(name.clone(), id);
        self.topologies.forget();
        id
    }
}
