//! The steps of a binding, each a write that is left out where it would change nothing.

use std::rc::Rc;

use crate::api::status::Status;
use crate::api::storage::{PersistentVolume, PersistentVolumeClaim, names};
use crate::api::{Object, Resource};
use crate::client::Ctx;

type Volume = Rc<PersistentVolume>;
type Claim = Rc<PersistentVolumeClaim>;

fn stored<T: Resource>(object: &Object) -> Rc<T> {
    T::of(object).expect("a write gives the kind that was written").clone()
}

/// Takes the next step to bind both to each other; says whether there was one. Each is a write with its round trip, and
/// until the last the claim is not bound.
// Models pv_controller.go bind.
pub(super) fn bind(ctx: &mut Ctx<'_>, volume: &Volume, claim: &Claim) -> Result<bool, Status> {
    let next = bind_volume(ctx, volume, claim)?;
    if !Rc::ptr_eq(&next, volume) {
        return Ok(true);
    }
    let next = set_volume_phase(ctx, volume, "Bound", "")?;
    if !Rc::ptr_eq(&next, volume) {
        return Ok(true);
    }
    let next = bind_claim(ctx, claim, volume)?;
    if !Rc::ptr_eq(&next, claim) {
        return Ok(true);
    }
    let next = set_claim_status(ctx, claim, "Bound", Some(volume))?;
    Ok(!Rc::ptr_eq(&next, claim))
}

fn bind_volume(ctx: &mut Ctx<'_>, volume: &Volume, claim: &Claim) -> Result<Volume, Status> {
    let is_whole = volume.is_bound_to(claim)
        && volume
            .spec
            .claim_ref
            .as_ref()
            .is_some_and(|there| there.uid == claim.meta.uid);
    if is_whole {
        return Ok(volume.clone());
    }
    let mut next = (**volume).clone();
    next.bind_to(claim);
    ctx.update(next).map(|object| stored(&object))
}

/// Sets the phase of a volume.
// Models pv_controller.go updateVolumePhase.
pub(super) fn set_volume_phase(
    ctx: &mut Ctx<'_>,
    volume: &Volume,
    phase: &str,
    message: &str,
) -> Result<Volume, Status> {
    if &*volume.status.phase == phase {
        return Ok(volume.clone());
    }
    let mut next = (**volume).clone();
    next.status.phase = phase.into();
    next.status.message = message.into();
    // Models pkg/registry/core/persistentvolume/strategy.go of the status.
    next.status.last_phase_transition_time = Some(ctx.time());
    ctx.update_status(next).map(|object| stored(&object))
}

// Models pv_controller.go bindClaimToVolume.
fn bind_claim(ctx: &mut Ctx<'_>, claim: &Claim, volume: &Volume) -> Result<Claim, Status> {
    let is_named = claim.spec.volume_name == volume.meta.name;
    if is_named && claim.meta.annotation(names::BIND_COMPLETED).is_some() {
        return Ok(claim.clone());
    }
    let mut next = (**claim).clone();
    if !is_named {
        next.spec.volume_name = volume.meta.name.clone();
        next.meta.set_annotation(names::BOUND_BY_CONTROLLER, "yes");
    }
    next.meta.set_annotation(names::BIND_COMPLETED, "yes");
    ctx.update(next).map(|object| stored(&object))
}

/// Sets the phase of a claim, and what it has of its volume.
// Models pv_controller.go updateClaimStatus.
pub(super) fn set_claim_status(
    ctx: &mut Ctx<'_>,
    claim: &Claim,
    phase: &str,
    volume: Option<&Volume>,
) -> Result<Claim, Status> {
    let mut status = claim.status.clone();
    let is_new = &*status.phase != phase;
    match volume {
        None => {
            status.access_modes = Rc::default();
            status.capacity = Rc::default();
            status.current_volume_attributes_class_name = None;
        }
        Some(volume) => {
            status.access_modes = volume.spec.access_modes.clone();
            if is_new {
                status.capacity = volume.spec.capacity.clone();
            }
            if &*status.phase == "Pending" && phase == "Bound" {
                status.current_volume_attributes_class_name = volume.spec.volume_attributes_class_name.clone();
            }
        }
    }
    status.phase = phase.into();
    if status == claim.status {
        return Ok(claim.clone());
    }
    let mut next = (**claim).clone();
    next.status = status;
    ctx.update_status(next).map(|object| stored(&object))
}

/// Gives a volume free that was bound to a claim which has another: one that was meant for it keeps its name.
// Models pv_controller.go unbindVolume.
pub(super) fn unbind(ctx: &mut Ctx<'_>, volume: &Volume) -> Result<(), Status> {
    let mut next = (**volume).clone();
    if next.meta.annotation(names::BOUND_BY_CONTROLLER).is_some() {
        next.spec.claim_ref = None;
        Rc::make_mut(&mut next.meta.annotations).remove(names::BOUND_BY_CONTROLLER);
    } else if let Some(claim) = &mut next.spec.claim_ref {
        claim.uid = "".into();
    }
    let volume = ctx.update(next).map(|object| stored(&object))?;
    set_volume_phase(ctx, &volume, "Available", "").map(|_| ())
}
