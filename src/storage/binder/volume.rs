//! What is done for a volume.

use std::rc::Rc;

use super::PersistentVolumeController;
use super::bind::{set_volume_phase, unbind};
use crate::api::status::Status;
use crate::api::storage::{PersistentVolume, PersistentVolumeClaim, names};
use crate::api::{Object, Resource};
use crate::apiserver::{DeleteOptions, Key};
use crate::client::{Ctx, Severity};

type Volume = Rc<PersistentVolume>;

impl PersistentVolumeController {
    // Models pv_controller.go syncVolume.
    pub(super) fn sync_volume(&mut self, ctx: &mut Ctx<'_>, volume: Volume) -> Result<(), Status> {
        let meant_for = volume.spec.claim_ref.clone().filter(|there| !there.uid.is_empty());
        let Some(meant_for) = meant_for else {
            return set_volume_phase(ctx, &volume, "Available", "").map(|_| ());
        };
        let key = Key::new(&meant_for.namespace, &meant_for.name);
        let claim = ctx.api.get_key::<PersistentVolumeClaim>(&key).cloned();
        let claim = claim.filter(|claim| claim.meta.uid == meant_for.uid);
        let provisioned = volume.meta.annotation(names::PROVISIONED_BY).is_some();
        match claim {
            None => self.release(ctx, &volume),
            Some(claim) if claim.spec.volume_name.is_empty() => {
                if volume.is_block() == claim.is_block() {
                    self.queue.add(ctx, key);
                } else {
                    self.tell_other_mode(ctx, &volume, &claim);
                }
                Ok(())
            }
            Some(claim) if claim.spec.volume_name == volume.meta.name => {
                set_volume_phase(ctx, &volume, "Bound", "").map(|_| ())
            }
            Some(_) if provisioned && &*volume.spec.reclaim_policy == "Delete" => self.release(ctx, &volume),
            Some(_) => unbind(ctx, &volume),
        }
    }

    fn tell_other_mode(&mut self, ctx: &mut Ctx<'_>, volume: &Volume, claim: &Rc<PersistentVolumeClaim>) {
        let reason = "VolumeMismatch";
        let message = format!(
            "Cannot bind PersistentVolume to requested PersistentVolumeClaim \"{}\" due to incompatible volumeMode.",
            claim.meta.name
        );
        let object = Object::PersistentVolume(volume.clone());
        self.recorder.event(ctx, &object, Severity::Warning, reason, &message);
        let message = format!(
            "Cannot bind PersistentVolume \"{}\" to requested PersistentVolumeClaim due to incompatible volumeMode.",
            volume.meta.name
        );
        let object = Object::PersistentVolumeClaim(claim.clone());
        self.recorder.event(ctx, &object, Severity::Warning, reason, &message);
    }

    /// The claim is gone: the volume is not needed any more. What failed before stays so told.
    fn release(&mut self, ctx: &mut Ctx<'_>, volume: &Volume) -> Result<(), Status> {
        let mut volume = volume.clone();
        if !matches!(&*volume.status.phase, "Released" | "Failed") {
            volume = set_volume_phase(ctx, &volume, "Released", "")?;
        }
        match &*volume.spec.reclaim_policy {
            "Retain" => Ok(()),
            "Delete" => self.delete(ctx, &volume),
            // Recycling runs a pod that empties the volume; it is deprecated and not simulated.
            "Recycle" => self.fail(
                ctx,
                &volume,
                "VolumeFailedRecycle",
                "No recycler plugin found for the volume!",
            ),
            _ => self.fail(
                ctx,
                &volume,
                "VolumeUnknownReclaimPolicy",
                "Volume has unrecognized PersistentVolumeReclaimPolicy",
            ),
        }
    }

    // Models pv_controller.go updateVolumePhaseWithEvent.
    fn fail(&mut self, ctx: &mut Ctx<'_>, volume: &Volume, reason: &str, message: &str) -> Result<(), Status> {
        if &*volume.status.phase == "Failed" {
            return Ok(());
        }
        let volume = set_volume_phase(ctx, volume, "Failed", message)?;
        let object = Object::PersistentVolume(volume);
        self.recorder.event(ctx, &object, Severity::Warning, reason, message);
        Ok(())
    }

    /// Deletes a volume that no provisioner sees to: a directory below `/tmp` of a node.
    // Models pv_controller.go deleteVolumeOperation, pkg/volume/hostpath hostPathDeleter.
    fn delete(&mut self, ctx: &mut Ctx<'_>, volume: &Volume) -> Result<(), Status> {
        if volume.meta.annotation(names::PROVISIONED_BY).is_some()
            || crate::api::component_helpers::csi_driver(volume).is_some()
        {
            return Ok(());
        }
        let name = &volume.meta.name;
        let wrong = match &volume.spec.host_path {
            Some(source) if source.path.strip_prefix("/tmp/").is_some_and(|rest| !rest.is_empty()) => None,
            Some(source) => Some(format!(
                "host_path deleter only supports /tmp/.+ but received provided {}",
                source.path
            )),
            None => {
                let matched = if volume.spec.local.is_some() || volume.spec.nfs.is_some() {
                    "no deletable volume plugin matched"
                } else {
                    "no volume plugin matched"
                };
                Some(format!(
                    "error getting deleter volume plugin for volume \"{name}\": {matched}"
                ))
            }
        };
        if let Some(message) = wrong {
            return self.fail(ctx, volume, "VolumeFailedDelete", &message);
        }
        ctx.delete(PersistentVolume::KIND, &Key::new("", name), &DeleteOptions::default())
            .map(|_| ())
    }
}
