//! Binds claims to volumes, and lets go of the volumes of claims that are gone.
//!
//! A volume that comes wakes no claim: what waits is looked at again every 15 seconds, as upstream does it.
// Models pkg/controller/volume/persistentvolume/pv_controller.go, pv_controller_base.go.

mod bind;
mod claim;
mod volume;

use crate::api::status::Status;
use crate::api::storage::{PersistentVolume, PersistentVolumeClaim};
use crate::api::{Kind, Object, Resource};
use crate::apiserver::{ApiServer, Change, Key, Verb};
use crate::client::{Component, Ctx, Reconciler, Recorder, WorkQueue, work};
use crate::sim::{Duration, SimTime};

/// The queue of claims and volumes: a key without a namespace is a volume's.
const QUEUE: u8 = 0;
/// The look at all that is not settled.
const RESYNC: u8 = 1;
/// How often that is.
// Models pkg/controller/volume/persistentvolume/config PVClaimBinderSyncPeriod.
const RESYNC_PERIOD: Duration = Duration::from_secs(15);

/// The controller.
#[derive(Clone, Debug)]
pub struct PersistentVolumeController {
    queue: WorkQueue,
    recorder: Recorder,
}

impl Default for PersistentVolumeController {
    fn default() -> Self {
        Self {
            // One worker for claims, one for volumes.
            queue: WorkQueue::with_workers(QUEUE, 2),
            recorder: Recorder::default(),
        }
    }
}

impl Component for PersistentVolumeController {
    fn name(&self) -> &'static str {
        "persistentvolume-controller"
    }

    fn watches(&self) -> &'static [Kind] {
        &[PersistentVolume::KIND, PersistentVolumeClaim::KIND]
    }

    fn queue_length(&self) -> Option<u64> {
        Some(self.queue.len() as u64)
    }

    fn on_change(&mut self, ctx: &mut Ctx<'_>, change: &Change) {
        let gone = change.verb == Verb::Deleted;
        match &change.object {
            Object::PersistentVolumeClaim(claim) if gone => {
                if !claim.spec.volume_name.is_empty() {
                    self.queue.add(ctx, Key::new("", &claim.spec.volume_name));
                }
            }
            Object::PersistentVolume(volume) if gone => {
                if let Some(claim) = &volume.spec.claim_ref {
                    self.queue.add(ctx, Key::new(&claim.namespace, &claim.name));
                }
            }
            object => self.queue.add(ctx, Key::of(object)),
        }
        self.arm_resync(ctx);
    }

    fn on_timer(&mut self, ctx: &mut Ctx<'_>, purpose: u8, _object: u64) {
        if purpose == QUEUE {
            return work(self, ctx);
        }
        for key in unsettled(ctx.api) {
            self.queue.add(ctx, key);
        }
        self.arm_resync(ctx);
    }
}

impl PersistentVolumeController {
    /// The next look, where something is not settled.
    fn arm_resync(&self, ctx: &mut Ctx<'_>) {
        if ctx.due(RESYNC, 0).is_none() && !unsettled(ctx.api).is_empty() {
            let period = RESYNC_PERIOD.0;
            ctx.arm(RESYNC, 0, SimTime((ctx.now.0 / period + 1) * period));
        }
    }
}

/// What another look may change: claims without a volume, volumes that are neither free nor bound.
fn unsettled(api: &ApiServer) -> Vec<Key> {
    let waits = |claim: &&std::rc::Rc<PersistentVolumeClaim>| !claim.is_bound() && &*claim.status.phase != "Lost";
    let claims = api.list::<PersistentVolumeClaim>(None).filter(waits);
    let claims = claims.map(|claim| Key::new(&claim.meta.namespace, &claim.meta.name));
    let volumes = api.list::<PersistentVolume>(None);
    let volumes = volumes.filter(|volume| !matches!(&*volume.status.phase, "Available" | "Bound"));
    claims
        .chain(volumes.map(|volume| Key::new("", &volume.meta.name)))
        .collect()
}

impl Reconciler for PersistentVolumeController {
    fn queue(&mut self) -> &mut WorkQueue {
        &mut self.queue
    }

    fn sync(&mut self, ctx: &mut Ctx<'_>, key: &Key) -> Result<(), Status> {
        if key.namespace.is_empty() {
            match ctx.api.get_key::<PersistentVolume>(key).cloned() {
                Some(volume) => self.sync_volume(ctx, volume),
                None => Ok(()),
            }
        } else {
            match ctx.api.get_key::<PersistentVolumeClaim>(key).cloned() {
                Some(claim) => self.sync_claim(ctx, claim),
                None => Ok(()),
            }
        }
    }
}
