//! `policy/v1`: PodDisruptionBudgets.

use crate::sim::btree::BTreeMap;
use std::rc::Rc;

use super::Str;
use super::intstr::IntOrString;
use super::labels::LabelSelector;
use super::meta::ObjectMeta;
use super::time::Time;

lean! {
    /// How many pods of a set may be taken away at the same time.
    pub struct PodDisruptionBudget {
        meta: ObjectMeta = "metadata" 'always,
        spec: PodDisruptionBudgetSpec = "spec",
        status: PodDisruptionBudgetStatus = "status" 'always,
    }

    /// Which pods, and how many.
    pub struct PodDisruptionBudgetSpec {
        min_available: Option<IntOrString> = "minAvailable",
        selector: Option<Rc<LabelSelector>> = "selector",
        max_unavailable: Option<IntOrString> = "maxUnavailable",
        unhealthy_pod_eviction_policy: Option<Str> = "unhealthyPodEvictionPolicy",
    }

    /// What the budget allows now.
    pub struct PodDisruptionBudgetStatus {
        observed_generation: i64 = "observedGeneration",
        /// Pods whose eviction was granted and that are not seen to go yet, with the time of the grant.
        disrupted_pods: BTreeMap<Str, Time> = "disruptedPods",
        disruptions_allowed: i32 = "disruptionsAllowed" 'always,
        current_healthy: i32 = "currentHealthy" 'always,
        desired_healthy: i32 = "desiredHealthy" 'always,
        expected_pods: i32 = "expectedPods" 'always,
        conditions: Rc<[BudgetCondition]> = "conditions",
    }

    /// A condition of a budget. Its message stands there even where it is empty.
    // Models apimachinery/pkg/apis/meta/v1 Condition
    pub struct BudgetCondition {
        kind: Str = "type" 'always,
        status: Str = "status" 'always,
        observed_generation: i64 = "observedGeneration",
        last_transition_time: Option<Time> = "lastTransitionTime" 'always,
        reason: Str = "reason" 'always,
        message: Str = "message" 'always,
    }
}

/// The condition that says whether a pod may go.
const DISRUPTION_ALLOWED: &str = "DisruptionAllowed";

impl PodDisruptionBudgetStatus {
    /// Whether a pod may go, and why not.
    #[must_use]
    pub fn disruption_allowed(&self) -> Option<&BudgetCondition> {
        self.conditions
            .iter()
            .find(|condition| &*condition.kind == DISRUPTION_ALLOWED)
    }

    /// Sets the condition as the number of pods that may go says.
    // Models component-helpers/apps/poddisruptionbudget UpdateDisruptionAllowedCondition
    pub fn tell_allowed(&mut self, now: Time) {
        let reason = if self.disruptions_allowed > 0 {
            "SufficientPods"
        } else {
            "InsufficientPods"
        };
        self.set_allowed(self.disruptions_allowed > 0, reason, "", now);
    }

    /// Sets the condition; the time of its change stays where the status does.
    pub fn set_allowed(&mut self, allowed: bool, reason: &str, message: &str, now: Time) {
        let status: Str = if allowed { "True" } else { "False" }.into();
        let before = self.disruption_allowed().filter(|old| old.status == status);
        let condition = BudgetCondition {
            kind: DISRUPTION_ALLOWED.into(),
            last_transition_time: before.map_or(Some(now), |old| old.last_transition_time),
            status,
            observed_generation: self.observed_generation,
            reason: reason.into(),
            message: message.into(),
            ..BudgetCondition::default()
        };
        let mut conditions = self.conditions.to_vec();
        match conditions.iter_mut().find(|old| old.kind == condition.kind) {
            Some(old) => *old = condition,
            None => conditions.push(condition),
        }
        self.conditions = conditions.into();
    }

    /// Whether the condition says what the numbers say.
    // Models component-helpers/apps/poddisruptionbudget ConditionsAreUpToDate
    #[must_use]
    pub fn is_told(&self) -> bool {
        self.disruption_allowed().is_some_and(|condition| {
            condition.observed_generation == self.observed_generation
                && (&*condition.status == "True") == (self.disruptions_allowed > 0)
        })
    }
}
