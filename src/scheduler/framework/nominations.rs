//! Pods that preemption promised a node, and which wait for their victims to go.

use crate::sim::btree::BTreeMap;
use std::rc::Rc;

use crate::api::Str;
use crate::api::core::Pod;
use crate::apiserver::ApiServer;
use crate::scheduler::cache::PodInfo;

/// Waiting pods by the node that each was promised.
// Models pkg/scheduler/backend/queue/nominator.go nominator.
#[derive(Clone, Debug, Default)]
pub struct Nominations {
    /// Node by the pod's uid.
    node_of: BTreeMap<Str, Str>,
    by_node: BTreeMap<Str, Vec<Rc<PodInfo>>>,
}

impl Nominations {
    /// The promises that stand on the pods of `api`, but for the pod `without`.
    #[must_use]
    pub fn of(api: &ApiServer, without: &str) -> Self {
        let mut nominations = Self::default();
        let waits = |pod: &&Rc<Pod>| pod.spec.node_name.is_empty() && !pod.status.nominated_node_name.is_empty();
        for pod in api
            .list::<Pod>(None)
            .filter(waits)
            .filter(|pod| *pod.meta.uid != *without)
        {
            nominations.set(&Rc::new(PodInfo::new(pod)), &pod.status.nominated_node_name);
        }
        nominations
    }

    /// Promises `node` to a pod, in place of an earlier promise.
    pub fn set(&mut self, pod: &Rc<PodInfo>, node: &Str) {
        self.remove(pod.uid());
        self.node_of.insert(pod.uid().clone(), node.clone());
        self.by_node.entry(node.clone()).or_default().push(pod.clone());
    }

    /// Takes the promise back.
    pub fn remove(&mut self, uid: &str) {
        let Some(node) = self.node_of.remove(uid) else { return };
        if let Some(pods) = self.by_node.get_mut(&node) {
            pods.retain(|pod| **pod.uid() != *uid);
            if pods.is_empty() {
                self.by_node.remove(&node);
            }
        }
    }

    /// The node promised to a pod.
    #[must_use]
    pub fn node_of(&self, uid: &str) -> Option<&Str> {
        self.node_of.get(uid)
    }

    /// The pods to which a node is promised.
    #[must_use]
    pub fn on(&self, node: &str) -> &[Rc<PodInfo>] {
        self.by_node.get(node).map_or(&[], Vec::as_slice)
    }

    /// Whether no node is promised to anyone.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.node_of.is_empty()
    }
}
