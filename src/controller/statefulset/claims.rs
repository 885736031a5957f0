//! The claims of a StatefulSet's pods: made with them, kept after them, or deleted as the retention policy says.
// Models pkg/controller/statefulset/stateful_pod_control.go, stateful_set_utils.go

use std::rc::Rc;

use serde_json::Value;

use crate::api::apps::StatefulSet;
use crate::api::core::Pod;
use crate::api::meta::{ObjectMeta, OwnerReference};
use crate::api::status::{Reason, Status};
use crate::api::storage::PersistentVolumeClaim;
use crate::api::{Kind, Object, Resource, lean};
use crate::apiserver::Key;
use crate::client::Ctx;
use crate::controller::owners::{self, controller_ref};
use crate::controller::sibling;

use super::identity::{claim_name, in_range};

const CLAIM: Kind = PersistentVolumeClaim::KIND;

/// The claims of a pod as they would be made.
// Models pkg/controller/statefulset/stateful_set_utils.go getPersistentVolumeClaims
pub(super) fn drafts(set: &StatefulSet, ordinal: i32) -> Vec<Object> {
    let templates = set.spec.volume_claim_templates.iter();
    let claims = templates.map(|template| {
        let mut labels = template.meta.labels.clone();
        if let Some(selector) = &set.spec.selector {
            let own = selector
                .match_labels
                .iter()
                .map(|(key, value)| (key.clone(), value.clone()));
            Rc::make_mut(&mut labels).extend(own);
        }
        let fields = template
            .rest
            .iter()
            .filter(|(name, _)| !["apiVersion", "kind", "status"].contains(&name.as_str()));
        let body = fields.map(|(name, value)| (name.clone(), value.clone())).collect();
        // A template whose fields have other types was refused with its set.
        let mut claim = lean::decode::<PersistentVolumeClaim>(Value::Object(body)).unwrap_or_default();
        claim.meta = ObjectMeta {
            name: claim_name(set, &template.meta.name, ordinal),
            namespace: set.meta.namespace.clone(),
            labels,
            ..template.meta.clone()
        };
        claim.into_object()
    });
    claims.collect()
}

/// What became of a claim that was to be made.
pub(super) enum Made {
    /// It is new.
    New,
    /// It was there.
    Kept,
    /// It could not be made; whether that is told, and why.
    Failed(bool, Status),
}

/// Makes a claim, unless it is there.
// Models pkg/controller/statefulset/stateful_pod_control.go createPersistentVolumeClaims
pub(super) fn make(ctx: &mut Ctx<'_>, claim: &Object) -> Made {
    let name = claim.meta().name.clone();
    match ctx.api.get_object(CLAIM, &Key::of(claim)) {
        Some(there) if there.meta().is_terminating() => Made::Failed(
            false,
            Status::new(Reason::InternalError, format!("pvc {name} is being deleted")),
        ),
        Some(_) => Made::Kept,
        None => match ctx.create_object(claim.clone()) {
            Ok(_) => Made::New,
            Err(error) => Made::Failed(error.reason != Reason::AlreadyExists, error),
        },
    }
}

/// Whether a pod's claim is about to be deleted: then its pod waits.
// Models pkg/controller/statefulset/stateful_pod_control.go PodClaimIsStale
pub(super) fn is_stale(ctx: &Ctx<'_>, set: &StatefulSet, pod: &Pod, ordinal: i32) -> bool {
    let deletes = set
        .spec
        .claim_retention
        .as_ref()
        .is_some_and(|policy| &*policy.when_scaled == "Delete");
    deletes
        && drafts(set, ordinal)
            .iter()
            .filter_map(|claim| ctx.api.get_object(CLAIM, &Key::of(claim)))
            .any(|claim| {
                let mut references = claim.meta().owner_references.iter();
                references.any(|reference| is_of::<Pod>(reference, &pod.meta.name) && reference.uid != pod.meta.uid)
            })
}

fn is_of<T: Resource>(reference: &OwnerReference, name: &str) -> bool {
    *reference.kind == *T::KIND.info().kind && *reference.name == *name
}

/// Sets the owners of a pod's claims as the retention policy says.
// Models pkg/controller/statefulset/stateful_pod_control.go UpdatePodClaimForRetentionPolicy
pub(super) fn apply_policy(ctx: &mut Ctx<'_>, set: &StatefulSet, pod: &Pod, ordinal: i32) -> Result<(), Status> {
    for template in set.spec.volume_claim_templates.iter() {
        let key = sibling(set, &claim_name(set, &template.meta.name, ordinal));
        let Some(claim) = ctx.api.get_object(CLAIM, &key).cloned() else {
            continue;
        };
        if let Some(references) = references(set, pod, ordinal, &claim) {
            let mut claim = claim;
            claim.meta_mut().owner_references = references.into();
            owners::ignore_absent(ctx.update_object(claim))?;
        }
    }
    Ok(())
}

/// The owners that a claim is to have; none where it has them or another's hand is in it.
// Models pkg/controller/statefulset/stateful_set_utils.go isClaimOwnerUpToDate, updateClaimOwnerRefForSetAndPod
fn references(set: &StatefulSet, pod: &Pod, ordinal: i32, claim: &Object) -> Option<Vec<OwnerReference>> {
    let there = &claim.meta().owner_references;
    let of_set = |reference: &OwnerReference| is_of::<StatefulSet>(reference, &set.meta.name);
    let of_pod = |reference: &OwnerReference| is_of::<Pod>(reference, &pod.meta.name);
    let stale = |reference: &&OwnerReference| {
        (of_set(reference) && reference.uid != set.meta.uid) || (of_pod(reference) && reference.uid != pod.meta.uid)
    };
    if there.iter().any(|reference| stale(&reference)) {
        return None;
    }
    let others = there
        .iter()
        .filter(|reference| !of_set(reference) && !of_pod(reference));
    let mut wanted: Vec<OwnerReference> = others.cloned().collect();
    let foreign = wanted.iter().any(|reference| reference.controller);
    let policy = set.spec.claim_retention.clone().unwrap_or_default();
    let (deleted, scaled) = (&*policy.when_deleted == "Delete", &*policy.when_scaled == "Delete");
    let condemned = !in_range(set, ordinal);
    if !foreign {
        wanted.extend((scaled && condemned).then(|| controller_ref(pod)));
        wanted.extend((deleted && !(scaled && condemned)).then(|| controller_ref(set)));
    }
    (wanted[..] != there[..]).then_some(wanted)
}
