//! Owners: who controls what, adoption and release.

use crate::api::Resource;
use crate::api::batch::Job;
use crate::api::meta::OwnerReference;
use crate::api::status::{Reason, Status};
use crate::client::Ctx;

/// Holds a pod until its Job has counted it.
pub(super) const JOB_TRACKING: &str = "batch.kubernetes.io/job-tracking";

/// The reference by which `owner` controls what it makes.
pub(super) fn controller_ref<T: Resource>(owner: &T) -> OwnerReference {
    let info = T::KIND.info();
    OwnerReference {
        api_version: info.api_version().into(),
        kind: info.kind.into(),
        name: owner.meta().name.clone(),
        uid: owner.meta().uid.clone(),
        controller: true,
        block_owner_deletion: true,
        ..OwnerReference::default()
    }
}

/// Whether `owner` is the controller of `object`.
pub(super) fn is_controlled_by<T: Resource>(object: &impl Resource, owner: &T) -> bool {
    object
        .meta()
        .controller()
        .is_some_and(|reference| reference.uid == owner.meta().uid)
}

/// The controller of `object`, where it is a `T` that is still there.
pub(super) fn controller_of<'a, T: Resource>(ctx: &'a Ctx<'_>, object: &impl Resource) -> Option<&'a std::rc::Rc<T>> {
    let reference = object.meta().controller()?;
    if *reference.kind != *T::KIND.info().kind {
        return None;
    }
    let owner = ctx.api.get::<T>(&object.meta().namespace, &reference.name)?;
    (owner.meta().uid == reference.uid).then_some(owner)
}

/// Makes `owner` the controller of an object that has none. An object that is gone by now is no error.
// Models pkg/controller/controller_ref_manager.go AdoptPod
pub(super) fn adopt<T: Resource, O: Resource>(ctx: &mut Ctx<'_>, owner: &T, object: &O) -> Result<(), Status> {
    let mut object = object.clone();
    let mut owners = object.meta().owner_references.to_vec();
    owners.push(controller_ref(owner));
    let meta = object.meta_mut();
    meta.owner_references = owners.into();
    let is_held = meta.finalizers.iter().any(|finalizer| &**finalizer == JOB_TRACKING);
    if T::KIND == Job::KIND && !is_held {
        meta.finalizers = meta.finalizers.iter().cloned().chain([JOB_TRACKING.into()]).collect();
    }
    ignore_absent(ctx.update(object))
}

/// Takes `owner` off the owners of an object. An object that is gone by now is no error.
// Models pkg/controller/controller_ref_manager.go ReleasePod
pub(super) fn release<T: Resource, O: Resource>(ctx: &mut Ctx<'_>, owner: &T, object: &O) -> Result<(), Status> {
    let mut object = object.clone();
    let mut owners = object.meta().owner_references.to_vec();
    owners.retain(|reference| reference.uid != owner.meta().uid);
    let meta = object.meta_mut();
    meta.owner_references = owners.into();
    if T::KIND == Job::KIND {
        let kept = meta.finalizers.iter().filter(|finalizer| &***finalizer != JOB_TRACKING);
        meta.finalizers = kept.cloned().collect();
    }
    ignore_absent(ctx.update(object))
}

/// A write to what is gone by now.
pub(super) fn ignore_absent<T>(result: Result<T, Status>) -> Result<(), Status> {
    match result {
        Err(error) if error.reason != Reason::NotFound => Err(error),
        _ => Ok(()),
    }
}
