//! Lets go of claims and volumes that are being deleted, once nobody uses them.
// Models pkg/controller/volume/pvcprotection, pkg/controller/volume/pvprotection.

use std::rc::Rc;

use crate::api::core::Pod;
use crate::api::meta::ObjectMeta;
use crate::api::status::{Reason, Status};
use crate::api::storage::{PersistentVolume, PersistentVolumeClaim, names};
use crate::api::{Kind, Object, Resource};
use crate::apiserver::{Change, Key, Verb};
use crate::client::{Component, Ctx, Reconciler, WorkQueue, work};

const QUEUE: u8 = 0;

/// The controllers of both protections.
#[derive(Clone, Debug)]
pub struct ProtectionController {
    /// Claims and volumes: a key without a namespace is a volume's.
    queue: WorkQueue,
}

impl Default for ProtectionController {
    fn default() -> Self {
        let queue = WorkQueue::with_workers(QUEUE, 2);
        Self { queue }
    }
}

impl Component for ProtectionController {
    fn name(&self) -> &'static str {
        "pvc-protection-controller"
    }

    fn watches(&self) -> &'static [Kind] {
        &[PersistentVolume::KIND, PersistentVolumeClaim::KIND, Pod::KIND]
    }

    fn wants(&self, change: &Change) -> bool {
        match &change.object {
            Object::Pod(pod) => {
                let ends = change.verb == Verb::Deleted || is_shut_down(pod);
                ends && pod.spec.volumes.iter().any(|volume| volume.claim_name("").is_some())
            }
            object => change.verb != Verb::Deleted && object.meta().is_terminating(),
        }
    }

    fn on_change(&mut self, ctx: &mut Ctx<'_>, change: &Change) {
        let Object::Pod(pod) = &change.object else {
            return self.queue.add(ctx, Key::of(&change.object));
        };
        for volume in pod.spec.volumes.iter() {
            if let Some(claim) = volume.claim_name(&pod.meta.name) {
                self.queue.add(ctx, Key::new(&pod.meta.namespace, &claim));
            }
        }
    }

    fn on_timer(&mut self, ctx: &mut Ctx<'_>, _purpose: u8, _object: u64) {
        work(self, ctx);
    }
}

impl Reconciler for ProtectionController {
    fn queue(&mut self) -> &mut WorkQueue {
        &mut self.queue
    }

    fn sync(&mut self, ctx: &mut Ctx<'_>, key: &Key) -> Result<(), Status> {
        if key.namespace.is_empty() {
            let volume = ctx.api.get_key::<PersistentVolume>(key).cloned();
            match volume.filter(|volume| &*volume.status.phase != "Bound") {
                Some(volume) => let_go(ctx, (*volume).clone(), names::VOLUME_PROTECTION),
                None => Ok(()),
            }
        } else {
            let claim = ctx.api.get_key::<PersistentVolumeClaim>(key).cloned();
            match claim.filter(|claim| !is_used(ctx, claim)) {
                Some(claim) => let_go(ctx, (*claim).clone(), names::CLAIM_PROTECTION),
                None => Ok(()),
            }
        }
    }
}

/// Takes the finalizer from an object that is being deleted.
fn let_go<T: Resource>(ctx: &mut Ctx<'_>, mut object: T, finalizer: &str) -> Result<(), Status> {
    let meta: &mut ObjectMeta = object.meta_mut();
    let left = meta.finalizers.iter().filter(|there| ***there != *finalizer).cloned();
    let left: Rc<[_]> = left.collect();
    if !meta.is_terminating() || left.len() == meta.finalizers.len() {
        return Ok(());
    }
    meta.finalizers = left;
    match ctx.update(object) {
        Err(error) if error.reason != Reason::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Whether a pod that has a node uses the claim, be it over.
// Models pvc_protection_controller.go podUsesPVCForDeletion.
fn is_used(ctx: &Ctx<'_>, claim: &PersistentVolumeClaim) -> bool {
    let uses = |pod: &Rc<Pod>| {
        let mut volumes = pod.spec.volumes.iter();
        !pod.spec.node_name.is_empty()
            && volumes.any(|volume| match (&volume.persistent_volume_claim, &volume.ephemeral) {
                (Some(named), _) => named.claim_name == claim.meta.name,
                (None, Some(_)) => {
                    let owned = claim.meta.controller().is_some_and(|owner| owner.uid == pod.meta.uid);
                    !is_shut_down(pod) && owned && volume.claim_name(&pod.meta.name).as_ref() == Some(&claim.meta.name)
                }
                (None, None) => false,
            })
    };
    ctx.api.list::<Pod>(Some(&claim.meta.namespace)).any(uses)
}

/// Whether the kubelet is done with the pod.
// Models pvc_protection_controller.go podIsShutDown.
fn is_shut_down(pod: &Pod) -> bool {
    pod.meta.is_terminating() && pod.meta.deletion_grace_period_seconds == Some(0)
}
