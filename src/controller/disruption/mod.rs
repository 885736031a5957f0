//! PodDisruptionBudgets: counts the healthy pods of each budget, and so how many may go.
// Models pkg/controller/disruption/disruption.go

mod expected;
mod status;

use crate::sim::btree::BTreeSet;
use std::rc::Rc;

use crate::api::core::Pod;
use crate::api::labels::Selector;
use crate::api::meta::Condition;
use crate::api::policy::PodDisruptionBudget;
use crate::api::status::{Reason, Status};
use crate::api::{Kind, Object, Resource, Str};
use crate::apiserver::{Change, Key, Verb};
use crate::client::{Component, Ctx, Recorder, Severity, WorkQueue};
use crate::sim::Duration;

use super::{Reconciler, go_selector, pods, work};

pub(super) use expected::{Expected, expected};
pub(super) use status::Counts;

/// How long a pod may still be there after its eviction was granted, and carry the condition that says so.
// Models DeletionTimeout and stalePodDisruptionTimeout
const PATIENCE: Duration = Duration::from_secs(120);
const BUDGETS: u8 = 0;
const STALE: u8 = 1;
const DISRUPTION_TARGET: &str = "DisruptionTarget";
const UNMANAGED: &str = "were found to be unmanaged. As a result, the status of the PDB cannot be calculated \
    correctly, which may result in undefined behavior. To account for these pods please set \".spec.minAvailable\" \
    field of the PDB to an integer value.";

/// The disruption controller.
#[derive(Clone, Debug)]
pub struct DisruptionController {
    queue: WorkQueue,
    /// Pods whose eviction was granted and that do not go.
    stale: WorkQueue,
    recorder: Recorder,
    /// Namespaces that have budgets: pods of others concern nobody.
    guarded: BTreeSet<Str>,
}

impl Default for DisruptionController {
    fn default() -> Self {
        Self {
            queue: WorkQueue::with_workers(BUDGETS, 1),
            stale: WorkQueue::with_workers(STALE, 1),
            recorder: Recorder::of_component("controllermanager"),
            guarded: BTreeSet::new(),
        }
    }
}

impl Component for DisruptionController {
    fn name(&self) -> &'static str {
        "disruption-controller"
    }

    fn watches(&self) -> &'static [Kind] {
        &[PodDisruptionBudget::KIND, Pod::KIND]
    }

    fn wants(&self, change: &Change) -> bool {
        match &change.object {
            Object::PodDisruptionBudget(_) => true,
            Object::Pod(pod) => self.guarded.contains(&pod.meta.namespace) || may_be_stale(pod),
            _ => false,
        }
    }

    fn queue_length(&self) -> Option<u64> {
        Some(self.queue.len() as u64)
    }

    fn on_change(&mut self, ctx: &mut Ctx<'_>, change: &Change) {
        match &change.object {
            Object::PodDisruptionBudget(budget) => {
                self.note_namespace(ctx, &budget.meta.namespace);
                self.queue.add(ctx, Key::of(&change.object));
            }
            Object::Pod(pod) => self.on_pod(ctx, change, pod),
            _ => {}
        }
    }

    fn on_timer(&mut self, ctx: &mut Ctx<'_>, purpose: u8, _object: u64) {
        if purpose == BUDGETS {
            return work(self, ctx);
        }
        if let Some(key) = self.stale.next(ctx) {
            self.clear_stale(ctx, &key);
        }
    }
}

impl Reconciler for DisruptionController {
    fn queue(&mut self) -> &mut WorkQueue {
        &mut self.queue
    }

    // Models sync
    fn sync(&mut self, ctx: &mut Ctx<'_>, key: &Key) -> Result<(), Status> {
        let Some(budget) = ctx.api.get_key::<PodDisruptionBudget>(key).cloned() else {
            return Ok(());
        };
        match self.try_sync(ctx, key, &budget) {
            Err(error) if error.reason != Reason::Conflict => status::fail_safe(ctx, &budget, &error.message),
            result => result,
        }
    }
}

impl DisruptionController {
    fn note_namespace(&mut self, ctx: &Ctx<'_>, namespace: &Str) {
        if ctx.api.list::<PodDisruptionBudget>(Some(namespace)).next().is_some() {
            self.guarded.insert(namespace.clone());
        } else {
            self.guarded.remove(namespace);
        }
    }

    // Models addPod, updatePod, deletePod
    fn on_pod(&mut self, ctx: &mut Ctx<'_>, change: &Change, pod: &Rc<Pod>) {
        if let Some(name) = self.budget_of(ctx, pod) {
            let namespace = pod.meta.namespace.clone();
            self.queue.add(ctx, Key { namespace, name });
        }
        if change.verb != Verb::Deleted
            && let Some(wait) = stale_in(ctx, pod)
        {
            self.stale.add_after(ctx, Key::of(&change.object), wait);
        }
    }

    /// The budget that guards a pod; the first of several, which is said.
    // Models getPdbForPod
    fn budget_of(&mut self, ctx: &mut Ctx<'_>, pod: &Rc<Pod>) -> Option<Str> {
        if pod.meta.labels.is_empty() {
            return None;
        }
        let budgets = ctx.api.list::<PodDisruptionBudget>(Some(&pod.meta.namespace));
        let mut matching = budgets.filter(|budget| {
            Selector::from_label_selector(budget.spec.selector.as_deref())
                .is_ok_and(|selector| selector.matches(&pod.meta.labels))
        });
        let first = matching.next()?.meta.name.clone();
        let several = matching.next().is_some();
        drop(matching);
        if several {
            let message = format!(
                "Pod \"{}\"/\"{}\" matches multiple PodDisruptionBudgets.  Chose \"{first}\" arbitrarily.",
                pod.meta.namespace, pod.meta.name
            );
            let about = Object::Pod(pod.clone());
            self.recorder
                .event(ctx, &about, Severity::Warning, "MultiplePodDisruptionBudgets", &message);
        }
        Some(first)
    }

    // Models trySync
    fn try_sync(&mut self, ctx: &mut Ctx<'_>, key: &Key, budget: &Rc<PodDisruptionBudget>) -> Result<(), Status> {
        let about = Object::PodDisruptionBudget(budget.clone());
        let selector = match Selector::from_label_selector(budget.spec.selector.as_deref()) {
            Ok(selector) => selector,
            Err(error) => {
                let why = error;
                let message = format!("Failed to get pods: {why}");
                self.recorder.event(ctx, &about, Severity::Warning, "NoPods", &message);
                return Err(Status::new(Reason::InternalError, why));
            }
        };
        let pods = pods::matching(ctx.api, &key.namespace, &selector);
        if pods.is_empty() {
            self.recorder
                .event(ctx, &about, Severity::Normal, "NoPods", "No matching pods found");
        }
        let expected = match expected(ctx.api, budget, &pods) {
            Ok(expected) => expected,
            Err(why) => {
                let reason = "CalculateExpectedPodCountFailed";
                let message = format!("Failed to calculate the number of expected pods: {why}");
                self.recorder.event(ctx, &about, Severity::Warning, reason, &message);
                return Err(Status::new(Reason::InternalError, why));
            }
        };
        if expected.unmanaged {
            let shown = go_selector(budget.spec.selector.as_deref());
            let message = format!("Pods selected by this PodDisruptionBudget (selector: {shown}) {UNMANAGED}");
            self.recorder
                .event(ctx, &about, Severity::Warning, "UnmanagedPods", &message);
        }
        let counts = Counts::of(budget, &pods, &expected, ctx.api.wall_ns(ctx.now));
        for pod in &counts.not_deleted {
            // Upstream names the namespace twice.
            let namespace = &budget.meta.namespace;
            let message = format!("Pod was expected by PDB {namespace}/{namespace} to be deleted but it wasn't");
            let about = Object::Pod(pod.clone());
            self.recorder
                .event(ctx, &about, Severity::Warning, "NotDeleted", &message);
        }
        let recheck = counts.recheck;
        status::update(ctx, budget, counts)?;
        if let Some(wait) = recheck {
            self.queue.add_after(ctx, key.clone(), wait);
        }
        Ok(())
    }

    // Models syncStalePodDisruption
    fn clear_stale(&mut self, ctx: &mut Ctx<'_>, key: &Key) {
        let Some(pod) = ctx.api.get_key::<Pod>(key).cloned() else {
            return self.stale.done(ctx, key, 0);
        };
        match stale_in(ctx, &pod) {
            None => self.stale.done(ctx, key, 0),
            Some(Duration::ZERO) => {
                let mut condition = Condition::new(DISRUPTION_TARGET, false, "", "", ctx.time());
                condition.observed_generation = pod.meta.generation;
                let mut pod = (*pod).clone();
                pod.status.set_condition(condition);
                let failed = ctx.update_status(pod).is_err();
                self.stale.done(ctx, key, 1);
                if failed {
                    self.stale.add_rate_limited(ctx, key.clone());
                }
            }
            Some(wait) => {
                self.stale.done(ctx, key, 0);
                self.stale.add_after(ctx, key.clone(), wait);
            }
        }
    }
}

fn may_be_stale(pod: &Pod) -> bool {
    let condition = pod.status.condition(DISRUPTION_TARGET).filter(|there| there.is_true());
    let by_kubelet = |there: &Condition| &*there.reason == "TerminationByKubelet";
    pod.is_active() && condition.is_some_and(|there| !by_kubelet(there))
}

/// In what time the condition of a pod that was to be evicted is too old; none for pods without it.
// Models nonTerminatingPodHasStaleDisruptionCondition
fn stale_in(ctx: &Ctx<'_>, pod: &Pod) -> Option<Duration> {
    let since = pod.status.condition(DISRUPTION_TARGET)?.last_transition_time?;
    let until = ctx.api.sim_time(since) + PATIENCE;
    may_be_stale(pod).then(|| Duration(until.0.saturating_sub(ctx.now.0)))
}
