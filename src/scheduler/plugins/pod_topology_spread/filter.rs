//! Keeps pods off nodes in places that already have too many.
// Models pkg/scheduler/framework/plugins/podtopologyspread/filtering.go.

use std::rc::Rc;

use super::constraint::{Constraint, Inclusion, has_all_keys};
use crate::api::core::Pod;
use crate::scheduler::cache::{NodeInfo, PodInfo};
use crate::scheduler::framework::{Filter, Handle, Rejection, Verdict};

/// The hard constraints of a pod with the pods in each place.
#[derive(Clone)]
pub(super) struct Spread {
    pod: Rc<Pod>,
    inclusion: Inclusion,
    constraints: Vec<Constraint>,
    places: Vec<Places>,
}

/// The places of one constraint.
#[derive(Clone)]
struct Places {
    /// Pods by place; none where no node of the place counts.
    pods: Vec<Option<i64>>,
    /// The fewest pods of a place; 0 where there are fewer places than there should be.
    fewest: i64,
}

const NOT_MATCHED: &str = "node(s) didn't match pod topology spread constraints";
const NO_LABEL: &str = "node(s) didn't match pod topology spread constraints (missing required label)";

impl Spread {
    // Models podtopologyspread calPreFilterState.
    pub(super) fn new(handle: &mut Handle<'_>, pod: &Rc<Pod>, constraints: Vec<Constraint>) -> Self {
        let inclusion = Inclusion::of(pod);
        let mut pods: Vec<Vec<Option<i64>>> = constraints
            .iter()
            .map(|constraint| vec![None; constraint.topology.domains as usize])
            .collect();
        let order = handle.cache.order();
        for id in order.iter().filter(|id| has_all_keys(&constraints, **id)) {
            let node = handle.cache.node(*id).node();
            for (constraint, pods) in constraints.iter().zip(&mut pods) {
                let place = constraint
                    .topology
                    .domain(*id)
                    .filter(|_| inclusion.includes(constraint, node));
                if let Some(place) = place {
                    *pods[place as usize].get_or_insert(0) += constraint.count(*id);
                }
            }
        }
        let places = pods
            .into_iter()
            .zip(&constraints)
            .map(|(pods, constraint)| Places::new(pods, constraint))
            .collect();
        Self {
            pod: pod.clone(),
            inclusion,
            constraints,
            places,
        }
    }
}

impl Places {
    fn new(pods: Vec<Option<i64>>, constraint: &Constraint) -> Self {
        let mut places = Self { pods, fewest: 0 };
        places.find_fewest(constraint);
        places
    }

    // Models podtopologyspread minMatchNum.
    fn find_fewest(&mut self, constraint: &Constraint) {
        let counted = self.pods.iter().flatten();
        let enough = i64::try_from(counted.clone().count()).is_ok_and(|places| places >= constraint.min_domains);
        self.fewest = counted.min().copied().filter(|_| enough).unwrap_or_default();
    }
}

impl Filter for Spread {
    fn filter(&self, node: &NodeInfo) -> Verdict {
        for (constraint, places) in self.constraints.iter().zip(&self.places) {
            let Some(place) = constraint.topology.domain(node.id) else {
                return Err(Rejection::unresolvable(NO_LABEL));
            };
            let itself = i64::from(constraint.selector.matches(&self.pod.meta.labels));
            let pods = places.pods[place as usize].unwrap_or_default();
            if pods + itself - places.fewest > constraint.max_skew {
                return Err(Rejection::unschedulable(NOT_MATCHED));
            }
        }
        Ok(())
    }

    // Models podtopologyspread updateWithPod.
    fn suppose(&mut self, pod: &PodInfo, node: &NodeInfo, by: i64) {
        if pod.pod.meta.namespace != self.pod.meta.namespace || !has_all_keys(&self.constraints, node.id) {
            return;
        }
        for (constraint, places) in self.constraints.iter().zip(&mut self.places) {
            let counts =
                constraint.selector.matches(&pod.pod.meta.labels) && self.inclusion.includes(constraint, node.node());
            if let Some(place) = constraint.topology.domain(node.id).filter(|_| counts) {
                *places.pods[place as usize].get_or_insert(0) += by;
                places.find_fewest(constraint);
            }
        }
    }

    fn fork(&self) -> Box<dyn Filter> {
        Box::new(self.clone())
    }
}
