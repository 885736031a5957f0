//! Pods made from a template, and removed, with the events that tell of it.

use std::rc::Rc;

use crate::api::core::{Pod, PodTemplateSpec};
use crate::api::labels::{LabelSelector, Selector};
use crate::api::meta::ObjectMeta;
use crate::api::names::name_is_dns_subdomain;
use crate::api::status::{Reason, Status};
use crate::api::{Object, Resource, Str};
use crate::apiserver::{ApiServer, DeleteOptions, Key};
use crate::client::{Ctx, Recorder, Severity};

use super::namespace_terminates;
use super::owners::{self, controller_ref, is_controlled_by};

/// The pod that `owner` makes of `template`. Its parts are shared by all pods of the template.
// Models pkg/controller/controller_utils.go GetPodFromTemplate
pub(super) fn from_template<T: Resource>(owner: &T, template: &PodTemplateSpec) -> Pod {
    Pod {
        meta: ObjectMeta {
            generate_name: prefix(&owner.meta().name),
            namespace: owner.meta().namespace.clone(),
            labels: template.meta.labels.clone(),
            annotations: template.meta.annotations.clone(),
            finalizers: template.meta.finalizers.clone(),
            owner_references: [controller_ref(owner)].into(),
            ..ObjectMeta::default()
        },
        spec: template.spec.clone(),
        ..Pod::default()
    }
}

/// The start of the names of a controller's pods.
// Models pkg/controller/controller_utils.go getPodsPrefix
fn prefix(name: &Str) -> Str {
    let dashed = format!("{name}-");
    let fits = name_is_dns_subdomain(&dashed, true).is_empty();
    if fits { dashed.into() } else { name.clone() }
}

/// Creates `pod` for `owner` and tells of it.
// Models pkg/controller/controller_utils.go createPods
pub(super) fn create(ctx: &mut Ctx<'_>, recorder: &mut Recorder, owner: &Object, pod: Pod) -> Result<(), Status> {
    match ctx.create(pod) {
        Ok(pod) => {
            let message = format!("Created pod: {}", pod.meta().name);
            recorder.event(ctx, owner, Severity::Normal, "SuccessfulCreate", &message);
            Ok(())
        }
        Err(error) => {
            if !namespace_terminates(&error) {
                let message = format!("Error creating: {error}");
                recorder.event(ctx, owner, Severity::Warning, "FailedCreate", &message);
            }
            Err(error)
        }
    }
}

/// Deletes a pod of `owner` and tells of it.
// Models pkg/controller/controller_utils.go DeletePod
pub(super) fn delete(ctx: &mut Ctx<'_>, recorder: &mut Recorder, owner: &Object, pod: &Pod) -> Result<(), Status> {
    let key = Key {
        namespace: pod.meta.namespace.clone(),
        name: pod.meta.name.clone(),
    };
    match ctx.delete(Pod::KIND, &key, &DeleteOptions::default()) {
        Ok(_) => {
            let message = format!("Deleted pod: {}", pod.meta.name);
            recorder.event(ctx, owner, Severity::Normal, "SuccessfulDelete", &message);
            Ok(())
        }
        Err(error) if error.reason == Reason::NotFound => Err(error),
        Err(mut error) => {
            let message = format!("Error deleting: {error}");
            recorder.event(ctx, owner, Severity::Warning, "FailedDelete", &message);
            error.message = format!("unable to delete pods: {error}");
            Err(error)
        }
    }
}

/// Calls `create` up to `count` times in batches of 1, 2, 4 and so on; a batch with a failure is the last.
/// Gives how many succeeded, and the first failure.
// Models pkg/controller/replicaset/replica_set.go slowStartBatch
pub(super) fn slow_start(count: u64, mut create: impl FnMut() -> Result<(), Status>) -> (u64, Result<(), Status>) {
    let (mut remaining, mut successes) = (count, 0);
    let mut batch = remaining.min(1);
    while batch > 0 {
        let mut failure = None;
        for _ in 0..batch {
            match create() {
                Ok(()) => successes += 1,
                Err(error) => failure = failure.or(Some(error)),
            }
        }
        if let Some(error) = failure {
            return (successes, Err(error));
        }
        remaining -= batch;
        batch = remaining.min(2 * batch);
    }
    (successes, Ok(()))
}

/// Whether a pod has been ready for long enough at a moment of the wall clock, given in nanoseconds.
// Models pkg/api/v1/pod/util.go IsPodAvailable
pub(super) fn is_available(pod: &Pod, min_ready_seconds: i32, now_ns: i64) -> bool {
    let Some(ready) = pod.status.condition("Ready").filter(|ready| ready.is_true()) else {
        return false;
    };
    let since = ready.last_transition_time;
    min_ready_seconds == 0 || since.is_some_and(|since| (since.0 + i64::from(min_ready_seconds)) * SECOND_NS <= now_ns)
}

const SECOND_NS: i64 = 1_000_000_000;

/// The pods that `owner` controls, that its selector matches and that are its members. Such pods without a controller are
/// adopted, others that it controls let go.
// Models pkg/controller/controller_ref_manager.go ClaimPods
pub(super) fn claim<T: Resource>(
    ctx: &mut Ctx<'_>,
    owner: &T,
    selector: Option<&LabelSelector>,
    is_member: &dyn Fn(&Pod) -> bool,
) -> Result<Vec<Rc<Pod>>, Status> {
    let Ok(selector) = Selector::from_label_selector(selector) else {
        return Ok(Vec::new());
    };
    let owned = ctx.api.owned_by(&owner.meta().uid).filter_map(Pod::of);
    let owned = owned.filter(|pod| is_controlled_by(&***pod, owner)).cloned();
    let (mut claimed, foreign): (Vec<_>, Vec<_>) =
        owned.partition(|pod| selector.matches(&pod.meta.labels) && is_member(pod));
    if owner.meta().is_terminating() {
        return Ok(claimed);
    }
    for pod in foreign {
        owners::release(ctx, owner, &*pod)?;
    }
    let strays = strays(ctx, &owner.meta().namespace, &selector);
    for pod in strays.into_iter().filter(|pod| is_member(pod)) {
        owners::adopt(ctx, owner, &*pod)?;
        claimed.push(pod);
    }
    Ok(claimed)
}

/// Pods that a selector matches and that nobody controls.
fn strays(ctx: &Ctx<'_>, namespace: &Str, selector: &Selector) -> Vec<Rc<Pod>> {
    let mut pods = matching(ctx.api, namespace, selector);
    pods.retain(|pod| pod.meta.controller().is_none() && !pod.meta.is_terminating());
    pods
}

/// Pods of a namespace that a selector matches.
pub(super) fn matching(api: &ApiServer, namespace: &Str, selector: &Selector) -> Vec<Rc<Pod>> {
    let matches = |pod: &&Rc<Pod>| selector.matches(&pod.meta.labels);
    let keys = selector.requirements().iter().map(crate::api::labels::Requirement::key);
    let exact = keys
        .filter_map(|key| Some((key, selector.requires_exact_match(key)?)))
        .next();
    match exact {
        Some((key, value)) => api
            .pods_labelled(namespace, key, value)
            .filter(matches)
            .cloned()
            .collect(),
        None => api.list::<Pod>(Some(namespace)).filter(matches).cloned().collect(),
    }
}
