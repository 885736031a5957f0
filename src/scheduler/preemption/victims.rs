//! The pods of a node that have to go for a pod to fit.

use std::rc::Rc;

use super::budgets::{Budget, violations};
use crate::api::time::Time;
use crate::scheduler::cache::{NodeInfo, PodInfo};
use crate::scheduler::framework::{Filters, Nominations, Rejection};

/// The victims on a node.
#[derive(Clone, Debug, Default)]
pub(super) struct Victims {
    /// Who has to go.
    pub(super) pods: Vec<Rc<PodInfo>>,
    /// How many of them a disruption budget would keep.
    pub(super) violations: u32,
}

/// A node with pods taken off and put back on, as the filters see it.
struct Trial<'a> {
    pod: &'a PodInfo,
    node: NodeInfo,
    filters: Filters,
    nominations: &'a Nominations,
}

/// Whether `victim` may be made to go for `pod`.
pub(super) fn is_preemptible(victim: &PodInfo, pod: &PodInfo) -> bool {
    victim.priority() < pod.priority()
}

/// The fewest and least important pods that have to go from the node.
///
/// # Errors
/// Why the pod would not fit even without all pods of lower priority.
// Models defaultpreemption SelectVictimsOnNode.
pub(super) fn select(
    pod: &PodInfo,
    node: &NodeInfo,
    filters: &Filters,
    nominations: &Nominations,
    budgets: &[Budget],
) -> Result<Victims, Rejection> {
    let mut potential: Vec<Rc<PodInfo>> = node
        .pods()
        .iter()
        .filter(|victim| is_preemptible(victim, pod))
        .cloned()
        .collect();
    if potential.is_empty() {
        return Err(Rejection::unresolvable("No preemption victims found for incoming pod"));
    }
    let mut trial = Trial {
        pod,
        node: node.clone(),
        filters: filters.fork(),
        nominations,
    };
    potential.iter().for_each(|victim| trial.take(victim));
    trial.judge()?;
    sort_by_importance(&mut potential);
    let violating = violations(&potential, budgets);
    let mut victims = Victims::default();
    // Those that a budget would keep get the first chance to stay.
    for kept_by_budget in [true, false] {
        let group = potential
            .iter()
            .zip(&violating)
            .filter(|(_, violating)| **violating == kept_by_budget);
        for (victim, _) in group {
            if !trial.reprieve(victim) {
                victims.violations += u32::from(kept_by_budget);
                victims.pods.push(victim.clone());
            }
        }
    }
    if violating.contains(&true) && violating.contains(&false) {
        sort_by_importance(&mut victims.pods);
    }
    Ok(victims)
}

impl Trial<'_> {
    fn take(&mut self, victim: &Rc<PodInfo>) {
        self.node.remove_pod(victim.uid());
        self.filters.suppose(victim, &self.node, -1);
    }

    fn judge(&self) -> Result<(), Rejection> {
        self.filters.run_with_nominated(self.pod, &self.node, self.nominations)
    }

    /// Puts a pod back where there is still room for both.
    fn reprieve(&mut self, victim: &Rc<PodInfo>) -> bool {
        self.node.add_pod(victim.clone());
        self.filters.suppose(victim, &self.node, 1);
        let fits = self.judge().is_ok();
        if !fits {
            self.take(victim);
        }
        fits
    }
}

/// The most important first: by priority, then by the time of the start.
///
/// A pod that has not started counts as starting now, each look at the clock a little later than the one before: of two
/// such pods the one that is asked about first counts as the older. Upstream sorts as here, by insertion, so that
/// these come out in reverse.
fn sort_by_importance(pods: &mut [Rc<PodInfo>]) {
    for sorted in 1..pods.len() {
        let mut place = sorted;
        while place > 0 && is_more_important(&pods[place], &pods[place - 1]) {
            pods.swap(place, place - 1);
            place -= 1;
        }
    }
}

// Models pkg/scheduler/util/utils.go MoreImportantPod.
fn is_more_important(a: &PodInfo, b: &PodInfo) -> bool {
    if a.priority() != b.priority() {
        return a.priority() > b.priority();
    }
    match (start(a), start(b)) {
        (Some(a), Some(b)) => a < b,
        (Some(_) | None, None) => true,
        (None, Some(_)) => false,
    }
}

fn start(pod: &PodInfo) -> Option<Time> {
    pod.pod.status.start_time
}
