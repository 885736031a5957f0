//! Rules about Jobs, budgets and autoscalers.

use kubarium::api::autoscaling::HorizontalPodAutoscaler;
use kubarium::api::batch::Job;
use kubarium::api::core::Pod;
use kubarium::api::policy::PodDisruptionBudget;
use kubarium::apiserver::Verb;

use super::{Seen, versions};

const INDEX: &str = "batch.kubernetes.io/job-completion-index";

pub(super) fn check(seen: &Seen<'_>, broken: &mut Vec<String>) {
    let mut say = |what: String| broken.push(format!("{}: {what}", seen.name()));
    if let Some((old, job)) = versions::<Job>(seen.change) {
        check_job(old, job, &mut say);
    }
    if let Some((_, pod)) = versions::<Pod>(seen.change)
        && seen.change.verb == Verb::Added
        && seen.change.actor == "job-controller"
    {
        check_new_pod(seen, pod, &mut say);
    }
    if let Some((_, budget)) = versions::<PodDisruptionBudget>(seen.change) {
        let status = &budget.status;
        let spare = (status.current_healthy - status.desired_healthy).max(0);
        if !(0..=spare).contains(&status.disruptions_allowed) {
            say(format!("allows {} of {spare}", status.disruptions_allowed));
        }
    }
    if let Some((_, scaler)) = versions::<HorizontalPodAutoscaler>(seen.change) {
        let (least, most) = (scaler.spec.min_replicas.unwrap_or(1), scaler.spec.max_replicas);
        let desired = scaler.status.desired_replicas;
        if desired != 0 && !(least..=most).contains(&desired) {
            say(format!("wants {desired}, from {least} to {most}"));
        }
    }
}

fn ended(job: &Job) -> Vec<&str> {
    let conditions = job.status.conditions.iter().filter(|one| one.is_true());
    let kinds = conditions.map(|one| &*one.kind);
    kinds.filter(|kind| ["Complete", "Failed"].contains(kind)).collect()
}

/// Counts only grow, and a Job that has ended has ended.
fn check_job(old: Option<&Job>, job: &Job, say: &mut impl FnMut(String)) {
    let now = &job.status;
    if ended(job).len() > 1 {
        say("is complete and has failed".to_owned());
    }
    if !ended(job).is_empty() && now.active > 0 {
        say(format!("has ended with {} active pods", now.active));
    }
    if [now.active, now.succeeded, now.failed].iter().any(|count| *count < 0) {
        say("has a negative count".to_owned());
    }
    let Some(old) = old else { return };
    let before = &old.status;
    if now.succeeded < before.succeeded || now.failed < before.failed {
        say(format!(
            "counts back from {} and {} to {} and {}",
            before.succeeded, before.failed, now.succeeded, now.failed
        ));
    }
    if !ended(old).is_empty() && (ended(old) != ended(job) || now.succeeded != before.succeeded) {
        say("goes on after its end".to_owned());
    }
}

/// A Job makes no more pods than may run at once, none after its end, and one for an index.
fn check_new_pod(seen: &Seen<'_>, pod: &Pod, say: &mut impl FnMut(String)) {
    let owner = pod.meta.controller();
    let job = owner.and_then(|owner| seen.api.get::<Job>(&pod.meta.namespace, &owner.name));
    let Some(job) = job else { return };
    if !ended(job).is_empty() {
        say("is made after the end of its Job".to_owned());
    }
    let pods = seen.api.owned_by(&job.meta.uid).filter_map(kubarium::api::Resource::of);
    let active: Vec<&std::rc::Rc<Pod>> = pods.filter(|pod: &&std::rc::Rc<Pod>| pod.is_active()).collect();
    let most = job.spec.parallelism.unwrap_or(1);
    if i32::try_from(active.len()).is_ok_and(|count| count > most) {
        say(format!("is one of {} at once, of {most}", active.len()));
    }
    let index = pod.meta.annotation(INDEX);
    let same = active.iter().filter(|other| other.meta.annotation(INDEX) == index);
    if index.is_some() && same.count() > 1 {
        say(format!("is not the only one of index {index:?}"));
    }
}
