//! The status of a budget.

use crate::sim::btree::BTreeMap;
use std::rc::Rc;

use super::{Expected, PATIENCE};
use crate::api::Str;
use crate::api::core::Pod;
use crate::api::policy::{PodDisruptionBudget, PodDisruptionBudgetStatus};
use crate::api::status::Status;
use crate::api::time::Time;
use crate::client::Ctx;
use crate::sim::Duration;

/// What the pods of a budget come to.
#[derive(Clone, Debug)]
pub(in crate::controller) struct Counts {
    expected: Expected,
    healthy: i32,
    /// Pods whose eviction was granted and that are not seen to go yet.
    disrupted: BTreeMap<Str, Time>,
    /// Those that should be gone by now.
    pub(super) not_deleted: Vec<Rc<Pod>>,
    /// When the first of them should be gone.
    pub(super) recheck: Option<Duration>,
}

impl Counts {
    /// Counts the pods at a moment of the wall clock, given in nanoseconds.
    // Models buildDisruptedPodMap and countHealthyPods
    pub(in crate::controller) fn of(
        budget: &PodDisruptionBudget,
        pods: &[Rc<Pod>],
        expected: &Expected,
        now_ns: i64,
    ) -> Self {
        let mut counts = Self {
            expected: *expected,
            healthy: 0,
            disrupted: BTreeMap::new(),
            not_deleted: Vec::new(),
            recheck: None,
        };
        for pod in pods.iter().filter(|pod| !pod.meta.is_terminating()) {
            let granted = budget.status.disrupted_pods.get(&pod.meta.name);
            let left_ns = granted.map(|at| at.0 * 1_000_000_000 + PATIENCE.0.cast_signed() - now_ns);
            if let (Some(granted), Some(left_ns)) = (granted, left_ns) {
                if left_ns < 0 {
                    counts.not_deleted.push(pod.clone());
                } else {
                    let left = Duration(left_ns.unsigned_abs());
                    counts.recheck = Some(counts.recheck.map_or(left, |first| first.min(left)));
                    counts.disrupted.insert(pod.meta.name.clone(), *granted);
                }
            }
            let is_leaving = left_ns.is_some_and(|left_ns| left_ns > 0);
            counts.healthy += i32::from(pod.is_ready() && !is_leaving);
        }
        counts
    }

    /// The status that says so.
    // Models updatePdbStatus
    pub(in crate::controller) fn status(self, budget: &PodDisruptionBudget) -> PodDisruptionBudgetStatus {
        let allowed = if self.expected.pods <= 0 {
            0
        } else {
            (self.healthy - self.expected.healthy).max(0)
        };
        let mut status = budget.status.clone();
        status.current_healthy = self.healthy;
        status.desired_healthy = self.expected.healthy;
        status.expected_pods = self.expected.pods;
        status.disruptions_allowed = allowed;
        status.disrupted_pods = self.disrupted;
        status.observed_generation = budget.meta.generation;
        status
    }
}

/// Writes the status where it says something new.
pub(super) fn update(ctx: &mut Ctx<'_>, budget: &PodDisruptionBudget, counts: Counts) -> Result<(), Status> {
    let mut status = counts.status(budget);
    if status == budget.status && status.is_told() {
        return Ok(());
    }
    status.tell_allowed(ctx.time());
    write(ctx, budget, status)
}

/// Allows nothing where the numbers are not known.
// Models failSafe
pub(super) fn fail_safe(ctx: &mut Ctx<'_>, budget: &PodDisruptionBudget, why: &str) -> Result<(), Status> {
    let mut status = budget.status.clone();
    status.disruptions_allowed = 0;
    status.set_allowed(false, "SyncFailed", why, ctx.time());
    write(ctx, budget, status)
}

fn write(ctx: &mut Ctx<'_>, budget: &PodDisruptionBudget, status: PodDisruptionBudgetStatus) -> Result<(), Status> {
    let mut budget = budget.clone();
    budget.status = status;
    ctx.update_status(budget).map(|_| ())
}
