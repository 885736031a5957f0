//! What is done for a claim.

use std::rc::Rc;

use super::PersistentVolumeController;
use super::bind::{bind, set_claim_status};
use crate::api::Object;
use crate::api::component_helpers::{csi_name, has_access_modes};
use crate::api::core::Pod;
use crate::api::status::Status;
use crate::api::storage::{PersistentVolume, PersistentVolumeClaim, StorageClass, default_class, names};
use crate::apiserver::Key;
use crate::client::{Ctx, Severity};
use crate::storage::matching;

type Claim = Rc<PersistentVolumeClaim>;

impl PersistentVolumeController {
    // Models pv_controller.go syncClaim.
    pub(super) fn sync_claim(&mut self, ctx: &mut Ctx<'_>, claim: Claim) -> Result<(), Status> {
        if claim.meta.annotation(names::BIND_COMPLETED).is_some() {
            self.sync_bound(ctx, &claim)
        } else if claim.spec.volume_name.is_empty() {
            self.find_volume(ctx, &claim)
        } else {
            self.take_named(ctx, &claim)
        }
    }

    fn tell(&mut self, ctx: &mut Ctx<'_>, claim: &Claim, severity: Severity, reason: &str, message: &str) {
        let object = Object::PersistentVolumeClaim(claim.clone());
        self.recorder.event(ctx, &object, severity, reason, message);
    }

    /// Takes the next step of a binding; the claim comes back for the one after it.
    fn bind(&mut self, ctx: &mut Ctx<'_>, volume: &Rc<PersistentVolume>, claim: &Claim) -> Result<(), Status> {
        if bind(ctx, volume, claim)? {
            let key = Key::new(&claim.meta.namespace, &claim.meta.name);
            self.queue.add(ctx, key);
        }
        Ok(())
    }

    /// A claim that takes any volume.
    // Models pv_controller.go syncUnboundClaim.
    fn find_volume(&mut self, ctx: &mut Ctx<'_>, claim: &Claim) -> Result<(), Status> {
        let class = ctx.api.get::<StorageClass>("", claim.class()).cloned();
        let waits = class.as_ref().is_some_and(|class| class.waits_for_consumer());
        let volumes: Vec<&Rc<PersistentVolume>> = ctx.api.list(None).collect();
        if let Some(volume) = matching::find_best(claim, &volumes, waits).cloned() {
            return self.bind(ctx, &volume, claim);
        }
        if !claim.has_class()
            && let Some(class) = default_class(ctx.api.list::<StorageClass>(None))
        {
            let mut next = (**claim).clone();
            next.spec.storage_class_name = Some(class.meta.name.clone());
            return ctx.update(next).map(|_| ());
        }
        if waits && claim.meta.annotation(names::SELECTED_NODE).is_none() {
            let (reason, message) = why_it_waits(ctx, claim);
            self.tell(ctx, claim, Severity::Normal, reason, &message);
        } else if !claim.class().is_empty() {
            return self.ask_provisioner(ctx, claim, class.as_deref());
        } else {
            let message = "no persistent volumes available for this claim and no storage class is set";
            self.tell(ctx, claim, Severity::Normal, "FailedBinding", message);
        }
        set_claim_status(ctx, claim, "Pending", None).map(|_| ())
    }

    /// Asks the provisioner of the class for a volume.
    // Models pv_controller.go provisionClaim, provisionClaimOperationExternal.
    fn ask_provisioner(
        &mut self,
        ctx: &mut Ctx<'_>,
        claim: &Claim,
        class: Option<&StorageClass>,
    ) -> Result<(), Status> {
        let Some(class) = class else {
            let message = format!("storageclass.storage.k8s.io \"{}\" not found", claim.class());
            self.tell(ctx, claim, Severity::Warning, "ProvisioningFailed", &message);
            return Ok(());
        };
        let provisioner = csi_name(&class.provisioner);
        if provisioner.starts_with("kubernetes.io/") {
            let message = format!("no volume plugin matched name: {provisioner}");
            self.tell(ctx, claim, Severity::Warning, "ProvisioningFailed", &message);
            return Ok(());
        }
        let mut claim = claim.clone();
        if claim.meta.annotation(names::PROVISIONER).map(|there| &**there) != Some(provisioner) {
            let mut next = (*claim).clone();
            next.meta.set_annotation(names::BETA_PROVISIONER, provisioner);
            next.meta.set_annotation(names::PROVISIONER, provisioner);
            ctx.update(next.clone())?;
            claim = Rc::new(next);
        }
        let message = format!(
            "Waiting for a volume to be created either by the external provisioner '{provisioner}' \
             or manually by the system administrator. If volume creation is delayed, please verify that \
             the provisioner is running and correctly registered."
        );
        self.tell(ctx, &claim, Severity::Normal, "ExternalProvisioning", &message);
        Ok(())
    }

    /// A claim that names its volume.
    // Models pv_controller.go syncUnboundClaim.
    fn take_named(&mut self, ctx: &mut Ctx<'_>, claim: &Claim) -> Result<(), Status> {
        let Some(volume) = ctx.api.get::<PersistentVolume>("", &claim.spec.volume_name).cloned() else {
            return set_claim_status(ctx, claim, "Pending", None).map(|_| ());
        };
        let wrong = match &volume.spec.claim_ref {
            None => unfit(&volume, claim).map(|why| {
                let message = format!("Cannot bind to requested volume \"{}\": {why}", volume.meta.name);
                ("VolumeMismatch", message)
            }),
            Some(_) if volume.is_bound_to(claim) => None,
            Some(_) => {
                let message = format!("volume \"{}\" already bound to a different claim.", volume.meta.name);
                Some(("FailedBinding", message))
            }
        };
        let Some((reason, message)) = wrong else {
            return self.bind(ctx, &volume, claim);
        };
        self.tell(ctx, claim, Severity::Warning, reason, &message);
        set_claim_status(ctx, claim, "Pending", None).map(|_| ())
    }

    // Models pv_controller.go syncBoundClaim.
    fn sync_bound(&mut self, ctx: &mut Ctx<'_>, claim: &Claim) -> Result<(), Status> {
        let volume = ctx.api.get::<PersistentVolume>("", &claim.spec.volume_name).cloned();
        let lost = match &volume {
            _ if claim.spec.volume_name.is_empty() => (
                "ClaimLost",
                "Bound claim has lost reference to PersistentVolume. Data on the volume is lost!",
            ),
            None => (
                "ClaimLost",
                "Bound claim has lost its PersistentVolume. Data on the volume is lost!",
            ),
            Some(volume) => match &volume.spec.claim_ref {
                Some(other) if other.uid != claim.meta.uid => (
                    "ClaimMisbound",
                    "Two claims are bound to the same volume, this one is bound incorrectly",
                ),
                _ => return self.bind(ctx, volume, claim),
            },
        };
        if &*claim.status.phase != "Lost" {
            set_claim_status(ctx, claim, "Lost", None)?;
            self.tell(ctx, claim, Severity::Warning, lost.0, lost.1);
        }
        Ok(())
    }
}

/// Reason and sentence of a claim whose class waits for a pod.
// Models pv_controller.go emitEventForUnboundDelayBindingClaim.
fn why_it_waits(ctx: &Ctx<'_>, claim: &PersistentVolumeClaim) -> (&'static str, String) {
    let uses = |pod: &&Rc<Pod>| {
        let mut claims = pod
            .spec
            .volumes
            .iter()
            .filter_map(|volume| volume.claim_name(&pod.meta.name));
        pod.spec.node_name.is_empty() && !pod.is_finished() && claims.any(|name| name == claim.meta.name)
    };
    let pods = ctx.api.list::<Pod>(Some(&claim.meta.namespace)).filter(uses);
    let pods: Vec<&str> = pods.map(|pod| &*pod.meta.name).collect();
    let message = match pods.as_slice() {
        [] => {
            let message = "waiting for first consumer to be created before binding";
            return ("WaitForFirstConsumer", message.to_owned());
        }
        [one] => format!("waiting for pod {one} to be scheduled"),
        several => format!("waiting for pods {} to be scheduled", several.join(",")),
    };
    ("WaitForPodScheduled", message)
}

/// Why a volume cannot be what the claim that names it asks for.
// Models pv_controller.go checkVolumeSatisfyClaim.
fn unfit(volume: &PersistentVolume, claim: &PersistentVolumeClaim) -> Option<String> {
    let attributes = |name: &Option<crate::api::Str>| name.clone().unwrap_or_default();
    let why = if volume.meta.is_terminating() {
        return Some(format!("the volume is marked for deletion \"{}\"", volume.meta.name));
    } else if volume.capacity().value() < claim.request().value() {
        "requested PV is too small"
    } else if volume.class() != claim.class() {
        "storageClassName does not match"
    } else if attributes(&volume.spec.volume_attributes_class_name)
        != attributes(&claim.spec.volume_attributes_class_name)
    {
        "volumeAttributesClassName does not match"
    } else if volume.is_block() != claim.is_block() {
        "incompatible volumeMode"
    } else if !has_access_modes(volume, claim) {
        "incompatible accessMode"
    } else {
        return None;
    };
    Some(why.to_owned())
}
