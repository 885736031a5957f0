//! Eviction: a deletion that asks the pod's disruption budget first.
// Models pkg/registry/core/pod/storage/eviction.go

use std::rc::Rc;

use super::delete::DeleteOptions;
use super::server::{ApiServer, Caller, Subresource};
use super::store::Key;
use crate::api::core::Pod;
use crate::api::labels::Selector;
use crate::api::meta::Condition;
use crate::api::policy::PodDisruptionBudget;
use crate::api::status::{Cause, Reason, Status};
use crate::api::{Resource, Str};

/// Grants that the controller may have to catch up with.
// Models MaxDisruptedPodSize
const DISRUPTED_MAX: usize = 2000;
const REFUSAL: &str = "Cannot evict pod as it would violate the pod's disruption budget.";

impl ApiServer {
    /// Evicts a pod: deletes it where its disruption budget allows that, and says so on the pod.
    ///
    /// # Errors
    /// [`Reason::TooManyRequests`] where the budget does not allow it now; else as [`ApiServer::delete`].
    pub fn evict(&mut self, caller: &Caller, key: &Key, options: &DeleteOptions) -> Result<(), Status> {
        let pod = self
            .get_key::<Pod>(key)
            .cloned()
            .ok_or_else(|| Status::not_found(Pod::KIND, &key.name))?;
        let mut options = options.clone();
        let ignores_budget = pod.meta.is_terminating() || pod.is_finished() || &*pod.status.phase == "Pending";
        if !ignores_budget && let Some(budget) = self.budget_of(&pod)? {
            if is_free(&pod, &budget) {
                options.resource_version.get_or_insert(pod.meta.resource_version.0);
            } else {
                self.take_from_budget(caller, &budget, &pod.meta.name)?;
            }
        }
        self.mark_evicted(caller, &pod, &mut options)?;
        self.delete(caller, Pod::KIND, key, &options).map(|_| ())
    }

    // Models getPodDisruptionBudgets and the refusal of more than one.
    fn budget_of(&self, pod: &Pod) -> Result<Option<Rc<PodDisruptionBudget>>, Status> {
        let budgets = self.list::<PodDisruptionBudget>(Some(&pod.meta.namespace));
        let mut matching = budgets.filter(|budget| {
            Selector::from_label_selector(budget.spec.selector.as_deref())
                .is_ok_and(|selector| selector.matches(&pod.meta.labels))
        });
        let first = matching.next().cloned();
        if matching.next().is_some() {
            let why =
                "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.";
            return Err(Status::new(Reason::Unknown, why));
        }
        Ok(first)
    }

    // Models checkAndDecrement
    fn take_from_budget(&mut self, caller: &Caller, budget: &PodDisruptionBudget, pod: &Str) -> Result<(), Status> {
        let name = &budget.meta.name;
        if budget.status.observed_generation < budget.meta.generation {
            let why = format!("The disruption budget {name} is still being processed by the server.");
            return Err(refusal(why, 10));
        }
        let forbidden = |why: &str| Status::forbidden(PodDisruptionBudget::KIND, name, why);
        if budget.status.disruptions_allowed < 0 {
            return Err(forbidden("pdb disruptions allowed is negative"));
        }
        if budget.status.disrupted_pods.len() > DISRUPTED_MAX {
            return Err(forbidden(
                "DisruptedPods map too big - too many evictions not confirmed by PDB controller",
            ));
        }
        if budget.status.disruptions_allowed == 0 {
            return Err(refusal(why_not(budget), 0));
        }
        let now = self.time(caller.now);
        let mut budget = budget.clone();
        budget.status.disruptions_allowed -= 1;
        if budget.status.disruptions_allowed == 0 {
            budget.status.tell_allowed(now);
        }
        budget.status.disrupted_pods.insert(pod.clone(), now);
        self.update(caller, budget.into_object(), Subresource::Status)
            .map(|_| ())
    }

    /// Says on the pod why it goes. The version that `options` ask for moves with it.
    // Models addConditionAndDeletePod
    fn mark_evicted(&mut self, caller: &Caller, pod: &Rc<Pod>, options: &mut DeleteOptions) -> Result<(), Status> {
        let conflict = |what: &str, wanted: &str, is: &str, since: &str| {
            let why = format!(
                "the {what} in the precondition ({wanted}) does not match the {what} in record ({is}). \
                 The object might have been {since}"
            );
            let message = format!("Operation cannot be fulfilled on Pod \"{}\": {why}", pod.meta.name);
            let mut status = Status::conflict(Pod::KIND, &pod.meta.name, &why);
            status.message = message;
            status.details.kind = "Pod".to_owned();
            status
        };
        let version = pod.meta.resource_version.0;
        if let Some(uid) = options.uid.as_ref().filter(|uid| **uid != pod.meta.uid) {
            return Err(conflict("UID", uid, &pod.meta.uid, "deleted and then recreated"));
        }
        if let Some(wanted) = options.resource_version.filter(|wanted| *wanted != version) {
            let (wanted, is) = (wanted.to_string(), version.to_string());
            return Err(conflict("ResourceVersion", &wanted, &is, "modified"));
        }
        let mut marked = (**pod).clone();
        let now = self.time(caller.now);
        let message = "Eviction API: evicting";
        let condition = Condition::new("DisruptionTarget", true, "EvictionByEvictionAPI", message, now);
        marked.status.set_condition(condition);
        let marked = self.update(caller, marked.into_object(), Subresource::Status)?;
        if options.resource_version.is_some() {
            options.resource_version = Some(marked.meta().resource_version.0);
        }
        Ok(())
    }
}

/// Whether a pod may go without a grant: it is not ready, and either that is enough or the others are healthy.
fn is_free(pod: &Pod, budget: &PodDisruptionBudget) -> bool {
    let status = &budget.status;
    let always = budget.spec.unhealthy_pod_eviction_policy.as_deref() == Some("AlwaysAllow");
    !pod.is_ready() && (always || (status.current_healthy >= status.desired_healthy && status.desired_healthy > 0))
}

fn why_not(budget: &PodDisruptionBudget) -> String {
    let (name, status) = (&budget.meta.name, &budget.status);
    let told = status
        .disruption_allowed()
        .filter(|condition| &*condition.status == "False" && !condition.message.is_empty());
    let head = format!("The disruption budget {name}");
    match told {
        Some(condition) if &*condition.reason == "SyncFailed" => format!(
            "{head} does not allow evicting pods currently because it failed sync: {}",
            condition.message
        ),
        _ if status.current_healthy <= status.desired_healthy => format!(
            "{head} needs {} healthy pods and has {} currently",
            status.desired_healthy, status.current_healthy
        ),
        Some(condition) => format!(
            "{head} does not allow evicting pods currently ({}): {}",
            condition.reason, condition.message
        ),
        None => format!("{head} does not allow evicting pods currently"),
    }
}

fn refusal(why: String, retry_after_seconds: i32) -> Status {
    let mut status = Status::new(Reason::TooManyRequests, REFUSAL);
    status.details.retry_after_seconds = retry_after_seconds;
    status.details.causes.push(Cause {
        reason: "DisruptionBudget".to_owned(),
        message: why,
        field: String::new(),
    });
    status
}
