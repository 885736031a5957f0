//! Disruption budgets, which preemption heeds where it can.

use crate::sim::btree::BTreeSet;
use std::rc::Rc;

use serde_json::Value;

use crate::api::labels::{LabelSelector, Selector};
use crate::api::lean::Field;
use crate::api::{Kind, Object, Str};
use crate::apiserver::ApiServer;
use crate::scheduler::cache::PodInfo;

/// A PodDisruptionBudget.
#[derive(Clone, Debug)]
pub struct Budget {
    namespace: Str,
    selector: Selector,
    /// How many pods may go.
    allowed: i64,
    /// Names of pods whose going is counted already.
    disrupted: BTreeSet<String>,
}

const KIND: Kind = Kind::named("policy", "PodDisruptionBudget");

/// The budgets of the cluster.
#[must_use]
pub fn list_budgets(api: &ApiServer) -> Vec<Budget> {
    api.list_objects(KIND, None).map(Budget::of).collect()
}

impl Budget {
    /// Reads a budget.
    #[must_use]
    pub fn of(object: &Object) -> Self {
        let value = object.encode();
        let selector = value.pointer("/spec/selector").map(|selector| {
            let mut read = LabelSelector::default();
            read.set(selector.clone()).map(|()| read)
        });
        let selector = selector.and_then(Result::ok);
        let disrupted = value.pointer("/status/disruptedPods").and_then(Value::as_object);
        Self {
            namespace: object.meta().namespace.clone(),
            selector: Selector::from_label_selector(selector.as_ref()).unwrap_or(Selector::Nothing),
            allowed: value
                .pointer("/status/disruptionsAllowed")
                .and_then(Value::as_i64)
                .unwrap_or_default(),
            disrupted: disrupted.into_iter().flatten().map(|(name, _)| name.clone()).collect(),
        }
    }

    fn covers(&self, pod: &PodInfo) -> bool {
        let meta = &pod.pod.meta;
        self.namespace == meta.namespace
            && !meta.labels.is_empty()
            && !self.selector.is_everything()
            && self.selector.matches(&meta.labels)
            && !self.disrupted.contains(&*meta.name)
    }
}

/// For each victim, in order, whether its going breaks a budget that the ones before have used up.
// Models defaultpreemption filterPodsWithPDBViolation.
pub(super) fn violations(victims: &[Rc<PodInfo>], budgets: &[Budget]) -> Vec<bool> {
    let mut left: Vec<i64> = budgets.iter().map(|budget| budget.allowed).collect();
    let mut violates = |pod: &PodInfo| {
        let mut violated = false;
        for (_, left) in budgets.iter().zip(&mut left).filter(|(budget, _)| budget.covers(pod)) {
            *left -= 1;
            violated |= *left < 0;
        }
        violated
    };
    victims.iter().map(|pod| violates(pod)).collect()
}
