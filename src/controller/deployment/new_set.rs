//! The new ReplicaSet: found, brought up to date, or created.
// Models pkg/controller/deployment/sync.go getNewReplicaSet

use std::rc::Rc;

use crate::api::apps::{Deployment, ReplicaSet, ReplicaSetSpec};
use crate::api::lean::Field;
use crate::api::meta::{ObjectMeta, find_condition};
use crate::api::status::{Reason, Status};
use crate::api::{Object, Resource, Str, template_hash};
use crate::client::{Ctx, Recorder, Severity};
use crate::controller::namespace_terminates;
use crate::controller::owners::{controller_ref, is_controlled_by};

use super::progress::has_deadline;
use super::sets::{self, Sets, TEMPLATE_HASH};
use super::status::{NEW_SET_CREATED, NEW_SET_FOUND, PROGRESSING, SET_CREATE_ERROR, condition, set_condition};
use super::{revision, sizes};

/// Longest name of an object.
const NAME_LENGTH_MAX: usize = 253;

/// Finds the new and the old ReplicaSets among `all` and brings the revisions up to date; creates the new one where it is
/// missing and `create` says so. Status and annotations that were written are also set in `deployment`, but not its
/// version: a later write of the same sync fails and is tried again, as upstream.
// Models pkg/controller/deployment/sync.go getAllReplicaSetsAndSyncRevision
pub(super) fn find(
    ctx: &mut Ctx<'_>,
    recorder: &mut Recorder,
    deployment: &mut Deployment,
    all: &[Rc<ReplicaSet>],
    create: bool,
) -> Result<Sets, Status> {
    let mut sets = sets::split(deployment, all.to_vec());
    let next = sets::max_revision(&sets.old) + 1;
    sets.new = match sets.new.take() {
        Some(new) => Some(bring_up_to_date(ctx, deployment, new, next)?),
        None if create => Some(make(ctx, recorder, deployment, &sets, next)?),
        None => None,
    };
    Ok(sets)
}

fn bring_up_to_date(
    ctx: &mut Ctx<'_>,
    deployment: &mut Deployment,
    new: Rc<ReplicaSet>,
    next: i64,
) -> Result<Rc<ReplicaSet>, Status> {
    let mut set = (*new).clone();
    let annotated = revision::set_new(deployment, &mut set, next, true);
    if annotated || set.spec.min_ready_seconds != deployment.spec.min_ready_seconds {
        set.spec.min_ready_seconds = deployment.spec.min_ready_seconds;
        return ctx.update(set).map(|stored| as_set(&stored));
    }
    let number = set.meta.annotation(sets::REVISION).cloned().unwrap_or_default();
    let mut changed = revision::set_deployment_revision(deployment, &number);
    if has_deadline(deployment) && find_condition(&deployment.status.conditions, PROGRESSING).is_none() {
        let message = format!("Found new replica set \"{}\"", set.meta.name);
        let found = condition(PROGRESSING, "True", NEW_SET_FOUND, &message, ctx.time());
        set_condition(&mut deployment.status, found);
        changed = true;
    }
    if changed {
        ctx.update_status(deployment.clone())?;
    }
    Ok(new)
}

fn as_set(stored: &Object) -> Rc<ReplicaSet> {
    ReplicaSet::of(stored)
        .cloned()
        .expect("the server gives back the kind that it got")
}

fn make(
    ctx: &mut Ctx<'_>,
    recorder: &mut Recorder,
    deployment: &mut Deployment,
    sets: &Sets,
    next: i64,
) -> Result<Rc<ReplicaSet>, Status> {
    let mut set = draft(deployment);
    let size = sizes::new_size(deployment, sets.total_size(), 0);
    set.spec.replicas = Some(size);
    revision::set_new(deployment, &mut set, next, false);
    let name = set.meta.name.clone();
    let (created, is_new) = match ctx.create(set) {
        Ok(stored) => (as_set(&stored), true),
        Err(error) if error.reason == Reason::AlreadyExists => (taken(ctx, deployment, &name, error)?, false),
        Err(error) => return Err(report(ctx, recorder, deployment, &name, error)),
    };
    if is_new && size > 0 {
        let message = format!("Scaled up replica set {name} from 0 to {size}");
        let about = deployment.clone().into_object();
        recorder.event(ctx, &about, Severity::Normal, "ScalingReplicaSet", &message);
    }
    let mut changed = revision::set_deployment_revision(deployment, &next.to_string());
    if is_new && has_deadline(deployment) {
        let message = format!("Created new replica set \"{name}\"");
        let made = condition(PROGRESSING, "True", NEW_SET_CREATED, &message, ctx.time());
        set_condition(&mut deployment.status, made);
        changed = true;
    }
    if changed {
        ctx.update_status(deployment.clone())?;
    }
    Ok(created)
}

/// The ReplicaSet of the Deployment's template, without a size.
fn draft(deployment: &Deployment) -> ReplicaSet {
    let encoded = deployment.spec.template.get_always();
    let hash = template_hash::pod_template_hash(&encoded, deployment.status.collision_count);
    let mut template = deployment.spec.template.clone();
    template.meta.set_label(TEMPLATE_HASH, &hash);
    let mut selector = deployment.spec.selector.clone().unwrap_or_default();
    Rc::make_mut(&mut selector)
        .match_labels
        .insert(TEMPLATE_HASH.into(), hash.as_str().into());
    ReplicaSet {
        meta: ObjectMeta {
            name: set_name(&deployment.meta.name, &hash),
            namespace: deployment.meta.namespace.clone(),
            labels: template.meta.labels.clone(),
            owner_references: [controller_ref(deployment)].into(),
            ..ObjectMeta::default()
        },
        spec: ReplicaSetSpec {
            min_ready_seconds: deployment.spec.min_ready_seconds,
            selector: Some(selector),
            template,
            ..ReplicaSetSpec::default()
        },
        ..ReplicaSet::default()
    }
}

/// `<deployment>-<hash>`, with the Deployment's part cut where it would be too long.
// Models pkg/controller/deployment/sync.go generateReplicaSetName
pub(in crate::controller) fn set_name(deployment: &str, hash: &str) -> Str {
    let room = NAME_LENGTH_MAX.saturating_sub(hash.len() + 1);
    let cut = if room > 0 {
        deployment.get(..room).unwrap_or(deployment)
    } else {
        deployment
    };
    format!("{cut}-{hash}").into()
}

/// The name is taken: by the very ReplicaSet, or by another one whose hash is the same. Then the next try has another hash.
fn taken(ctx: &mut Ctx<'_>, deployment: &mut Deployment, name: &Str, error: Status) -> Result<Rc<ReplicaSet>, Status> {
    let there = ctx
        .api
        .get::<ReplicaSet>(&deployment.meta.namespace, name)
        .cloned()
        .ok_or_else(|| error.clone())?;
    let same = sets::same_template(&deployment.spec.template, &there.spec.template);
    if same && is_controlled_by(&*there, deployment) {
        return Ok(there);
    }
    let count = deployment.status.collision_count.unwrap_or_default();
    deployment.status.collision_count = Some(count + 1);
    ctx.update_status(deployment.clone())?;
    Err(error)
}

/// Tells why the new ReplicaSet cannot be made.
fn report(
    ctx: &mut Ctx<'_>,
    recorder: &mut Recorder,
    deployment: &mut Deployment,
    name: &str,
    error: Status,
) -> Status {
    if namespace_terminates(&error) {
        return error;
    }
    let message = format!("Failed to create new replica set \"{name}\": {error}");
    if has_deadline(deployment) {
        let failed = condition(PROGRESSING, "False", SET_CREATE_ERROR, &message, ctx.time());
        set_condition(&mut deployment.status, failed);
        if let Err(second) = ctx.update_status(deployment.clone()) {
            // The first failure is the one to tell; the sync is tried again anyway.
            drop(second);
        }
    }
    let about = deployment.clone().into_object();
    recorder.event(ctx, &about, Severity::Warning, SET_CREATE_ERROR, &message);
    error
}
