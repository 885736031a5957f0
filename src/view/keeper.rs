//! Keeps the scene of a cluster up to date, sharing what did not change.

mod control;
mod network;
mod node;
mod owners;
mod pod;

use crate::sim::btree::BTreeMap;
use std::rc::Rc;

use super::scene::{NodeView, PodView, Scene};
use crate::api::core::{Node, Pod};
use crate::api::{Object, Resource};
use crate::apiserver::Key;
use crate::cluster::Cluster;

/// Up to so many pods every pod is looked at whenever something happened; above, only those whose objects changed.
const CLOSE_PODS: usize = 2_000;

/// Makes scenes of one cluster. It may also be shown the same cluster at an earlier instant.
#[derive(Clone, Debug, Default)]
pub struct SceneKeeper {
    ids: Ids,
    scene: Rc<Scene>,
    pods: BTreeMap<u64, Rc<PodView>>,
    nodes: BTreeMap<u64, Rc<NodeView>>,
    owners: owners::Owners,
    /// Instant, events and revision of the scene.
    seen: (u64, u64, u64),
    /// The last request in the scene.
    request_last: u64,
}

/// Numbers for uids, each given once.
#[derive(Clone, Debug, Default)]
pub(super) struct Ids {
    known: BTreeMap<Rc<str>, u64>,
    workloads: BTreeMap<Rc<str>, u32>,
}

impl Ids {
    /// The number of an object.
    pub(super) fn of(&mut self, object: &Object) -> u64 {
        self.of_uid(&object.meta().uid)
    }

    /// The number of a workload: they count from one, so that the first few have tints of their own.
    pub(super) fn of_workload(&mut self, name: Rc<str>) -> u32 {
        let next = u32::try_from(self.workloads.len()).map_or(u32::MAX, |count| count + 1);
        *self.workloads.entry(name).or_insert(next)
    }

    /// The number of a uid.
    pub(super) fn of_uid(&mut self, uid: &Rc<str>) -> u64 {
        let next = self.known.len() as u64 + 1;
        *self.known.entry(uid.clone()).or_insert(next)
    }
}

impl SceneKeeper {
    /// The scene of `cluster` as it is now. The same one again while nothing happened.
    pub fn update(&mut self, cluster: &Cluster) -> Rc<Scene> {
        let seen = (cluster.now().0, cluster.events(), cluster.api().revision());
        let request_last = cluster.requests().next_back().map_or(0, |trip| trip.id);
        let is_same = seen.1 == self.seen.1 && seen.2 == self.seen.2 && request_last == self.request_last;
        if is_same && seen.0 >= self.seen.0 {
            return self.scene.clone();
        }
        if self.owners_changed(cluster, seen) {
            self.owners.update(cluster, &mut self.ids);
        }
        let changed = self.changed_pods(cluster, seen);
        self.update_nodes(cluster);
        match changed {
            Some(keys) if cluster.api().count(Pod::KIND) > CLOSE_PODS => self.update_pods(cluster, &keys),
            _ => self.renew_pods(cluster),
        }
        let services = network::services(cluster, &mut self.ids);
        let scene = Scene {
            now_ns: cluster.now().0,
            nodes: self.nodes.values().cloned().collect(),
            pods: self.pods.values().cloned().collect(),
            ingresses: network::ingresses(cluster, &mut self.ids),
            services,
            owners: self.owners.shown(),
            requests: network::requests(cluster, &mut self.ids, &self.scene.requests),
            control_plane: control::control_plane(cluster, &mut self.ids),
        };
        self.seen = seen;
        self.request_last = request_last;
        self.scene = Rc::new(share(scene, &self.scene));
        self.scene.clone()
    }

    /// Whether a workload changed since the last scene.
    fn owners_changed(&self, cluster: &Cluster, seen: (u64, u64, u64)) -> bool {
        let changes = cluster.api().changes_after(self.seen.2);
        let went_back = seen.0 < self.seen.0 || seen.2 < self.seen.2;
        went_back || changes.is_none_or(|mut changes| changes.any(|change| owners::is_owner(change.object.kind())))
    }

    /// The keys of the pods that changed since the last scene; none when it is better to look at all.
    fn changed_pods(&self, cluster: &Cluster, seen: (u64, u64, u64)) -> Option<Vec<Key>> {
        if seen.0 < self.seen.0 || seen.2 < self.seen.2 {
            return None;
        }
        let changes = cluster.api().changes_after(self.seen.2)?;
        let pods = changes.filter(|change| change.object.kind() == Pod::KIND);
        Some(pods.map(|change| Key::of(&change.object)).collect())
    }

    fn update_nodes(&mut self, cluster: &Cluster) {
        let mut nodes = BTreeMap::new();
        for node in cluster.api().list::<Node>(None) {
            let id = self.ids.of_uid(&node.meta.uid);
            let view = node::view(cluster, id, node);
            let kept = self.nodes.get(&id).filter(|old| ***old == view).cloned();
            nodes.insert(id, kept.unwrap_or_else(|| Rc::new(view)));
        }
        self.nodes = nodes;
    }

    fn renew_pods(&mut self, cluster: &Cluster) {
        let mut pods = BTreeMap::new();
        for pod in cluster.api().list::<Pod>(None) {
            let view = pod::view(cluster, &mut self.ids, pod);
            let kept = self.pods.get(&view.id).filter(|old| ***old == view).cloned();
            pods.insert(view.id, kept.unwrap_or_else(|| Rc::new(view)));
        }
        self.pods = pods;
    }

    fn update_pods(&mut self, cluster: &Cluster, keys: &[Key]) {
        for key in keys {
            match cluster.api().get_key::<Pod>(key) {
                Some(pod) => {
                    let view = pod::view(cluster, &mut self.ids, pod);
                    self.pods.insert(view.id, Rc::new(view));
                }
                None => self
                    .pods
                    .retain(|_, view| view.name != key.name || view.namespace != key.namespace),
            }
        }
    }

    /// The object behind a number, for the page: the uid.
    #[must_use]
    pub fn uid(&self, id: u64) -> Option<&str> {
        self.ids
            .known
            .iter()
            .find(|(_, number)| **number == id)
            .map(|(uid, _)| uid.as_ref())
    }
}

/// Takes over from the last scene what is the same.
fn share(mut scene: Scene, last: &Scene) -> Scene {
    fn each<T: PartialEq>(new: &mut [Rc<T>], old: &[Rc<T>]) {
        for item in new {
            if let Some(same) = old.iter().find(|other| *other == item) {
                *item = same.clone();
            }
        }
    }
    each(&mut scene.services, &last.services);
    each(&mut scene.ingresses, &last.ingresses);
    scene
}
