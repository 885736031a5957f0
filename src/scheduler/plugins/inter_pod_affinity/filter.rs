//! Keeps pods near those that they need and away from those that they, or the others, cannot bear.
// Models pkg/scheduler/framework/plugins/interpodaffinity/filtering.go.

use crate::sim::btree::BTreeMap;
use std::rc::Rc;

use super::is_meant_by_all;
use super::namespaces::{Meant, by_name, labels_of};
use crate::api::Str;
use crate::api::labels::Labels;
use crate::scheduler::cache::{AffinityTerm, NodeCounts, NodeInfo, PodInfo, Topology};
use crate::scheduler::framework::{Filter, Handle, Rejection, Verdict};

/// The neighbours of a pod in each place.
#[derive(Clone)]
pub(super) struct Neighbours {
    pod: Rc<PodInfo>,
    namespace_labels: Labels,
    /// The pod's own terms with their namespaces by name.
    near: Vec<AffinityTerm>,
    /// For each of them, the pods that all of them mean.
    near_counts: Vec<Places>,
    away: Vec<AffinityTerm>,
    /// For each of them, the pods that it means.
    away_counts: Vec<Places>,
    /// Pods that cannot bear this one, by the label of their terms.
    repelling: BTreeMap<Str, Places>,
    /// The same for labels that no term in the cluster named: by label and value.
    repelling_elsewhere: BTreeMap<(Str, Str), i64>,
}

/// Pods by place.
#[derive(Clone)]
struct Places {
    topology: Rc<Topology>,
    pods: Vec<i64>,
}

impl Places {
    fn new(topology: Rc<Topology>) -> Self {
        Self {
            pods: topology.zeros(),
            topology,
        }
    }

    fn add(&mut self, node: u32, pods: i64) {
        if let Some(place) = self.topology.domain(node) {
            self.pods[place as usize] += pods;
        }
    }

    /// The pods in the node's place; none where it lacks the label.
    fn around(&self, node: u32) -> Option<i64> {
        self.topology.domain(node).map(|place| self.pods[place as usize])
    }

    fn is_empty(&self) -> bool {
        self.pods.iter().all(|pods| *pods == 0)
    }
}

impl Neighbours {
    /// None where neither the pod nor any other minds.
    // Models interpodaffinity PreFilter.
    pub(super) fn new(handle: &mut Handle<'_>, pod: &Rc<PodInfo>) -> Option<Self> {
        let namespace_labels = labels_of(handle.api, &pod.pod.meta.namespace);
        let own = |terms: &[AffinityTerm]| terms.iter().map(|term| by_name(handle.api, term)).collect::<Vec<_>>();
        let near = pod.terms.as_ref().map(|terms| own(&terms.required)).unwrap_or_default();
        let away = pod
            .terms
            .as_ref()
            .map(|terms| own(&terms.required_anti))
            .unwrap_or_default();
        let repelling = repelling(handle, pod, &namespace_labels);
        if near.is_empty() && away.is_empty() && repelling.values().all(Places::is_empty) {
            return None;
        }
        let all: Vec<&AffinityTerm> = near.iter().collect();
        Some(Self {
            near_counts: near.iter().map(|term| places(handle, term, &all)).collect(),
            away_counts: away.iter().map(|term| places(handle, term, &[term])).collect(),
            pod: pod.clone(),
            namespace_labels,
            near,
            away,
            repelling,
            repelling_elsewhere: BTreeMap::new(),
        })
    }

    // Models interpodaffinity satisfyPodAffinity.
    fn is_near(&self, node: u32) -> bool {
        let mut all_there = true;
        for places in &self.near_counts {
            let Some(pods) = places.around(node) else { return false };
            all_there &= pods > 0;
        }
        // The first of a group that wants to be together may go anywhere.
        all_there || self.near_counts.iter().all(Places::is_empty) && is_meant_by_all(&self.near, &self.pod.pod)
    }

    // Models interpodaffinity satisfyPodAntiAffinity.
    fn is_away(&self, node: u32) -> bool {
        !self
            .away_counts
            .iter()
            .any(|places| places.around(node).is_some_and(|pods| pods > 0))
    }

    // Models interpodaffinity satisfyExistingPodsAntiAffinity.
    fn is_borne(&self, node: &NodeInfo) -> bool {
        let labels = &node.node().meta.labels;
        let elsewhere = self.repelling_elsewhere.iter().filter(|(_, pods)| **pods > 0);
        !self
            .repelling
            .values()
            .any(|places| places.around(node.id).is_some_and(|pods| pods > 0))
            && !elsewhere
                .into_iter()
                .any(|((key, value), _)| labels.get(key) == Some(value))
    }
}

/// The pods in each place of a term's topology that all of `terms` mean.
fn places(handle: &mut Handle<'_>, term: &AffinityTerm, terms: &[&AffinityTerm]) -> Places {
    let mut places = Places::new(handle.cache.topology(&term.topology_key));
    let meant = Meant::by_all(handle, terms);
    for node in handle.cache.order().iter() {
        places.add(*node, meant.on(*node));
    }
    places
}

/// The pods in each place that cannot bear `pod`.
// Models interpodaffinity getExistingAntiAffinityCounts.
fn repelling(handle: &mut Handle<'_>, pod: &PodInfo, namespace_labels: &Labels) -> BTreeMap<Str, Places> {
    let all = handle.cache.affinities().required_anti.iter();
    let meant = all.filter(|(term, _)| term.matches(&pod.pod, namespace_labels));
    let meant: Vec<(Str, NodeCounts)> = meant
        .map(|(term, nodes)| (term.topology_key.clone(), nodes.clone()))
        .collect();
    let mut repelling = BTreeMap::new();
    for (key, nodes) in meant {
        let topology = handle.cache.topology(&key);
        let places: &mut Places = repelling.entry(key).or_insert_with(|| Places::new(topology));
        for (node, pods) in nodes {
            places.add(node, i64::from(pods));
        }
    }
    repelling
}

impl Filter for Neighbours {
    fn filter(&self, node: &NodeInfo) -> Verdict {
        if !self.is_near(node.id) {
            return Err(Rejection::unresolvable("node(s) didn't match pod affinity rules"));
        }
        if !self.is_away(node.id) {
            return Err(Rejection::unschedulable("node(s) didn't match pod anti-affinity rules"));
        }
        if !self.is_borne(node) {
            return Err(Rejection::unschedulable(
                "node(s) didn't satisfy existing pods anti-affinity rules",
            ));
        }
        Ok(())
    }

    // Models interpodaffinity updateWithPod.
    fn suppose(&mut self, pod: &PodInfo, node: &NodeInfo, by: i64) {
        if is_meant_by_all(&self.near, &pod.pod) {
            self.near_counts.iter_mut().for_each(|places| places.add(node.id, by));
        }
        for (term, places) in self.away.iter().zip(&mut self.away_counts) {
            if term.matches(&pod.pod, &Labels::new()) {
                places.add(node.id, by);
            }
        }
        for term in pod.terms.iter().flat_map(|terms| &terms.required_anti) {
            if !term.matches(&self.pod.pod, &self.namespace_labels) {
                continue;
            }
            if let Some(places) = self.repelling.get_mut(&term.topology_key) {
                places.add(node.id, by);
            } else if let Some(value) = node.node().meta.labels.get(&term.topology_key) {
                *self
                    .repelling_elsewhere
                    .entry((term.topology_key.clone(), value.clone()))
                    .or_default() += by;
            }
        }
    }

    fn fork(&self) -> Box<dyn Filter> {
        Box::new(self.clone())
    }
}
