//! The drivers of storage systems: they make volumes for claims, let them grow, and delete them.
//!
//! Every provisioner that a class names has a driver here; what the storage system does takes a modelled time. Volumes of
//! `rancher.io/local-path` are directories of the node that the scheduler chose; those of file servers can be reached from
//! everywhere; all others are disks in a zone, where nodes have zones.
// Models sigs.k8s.io/sig-storage-lib-external-provisioner, kubernetes-csi/external-provisioner, external-resizer.

use std::rc::Rc;

use super::place::{self, Place};
use crate::api::component_helpers::{csi_name, is_file_driver};
use crate::api::core::{HostPathVolumeSource, Pod};
use crate::api::meta::{Condition, ObjectMeta};
use crate::api::status::{Reason, Status};
use crate::api::storage::{
    CsiVolumeSource, PersistentVolume, PersistentVolumeClaim, StorageClass, VolumeAttachment, names,
};
use crate::api::{Kind, Object, Resource, Str};
use crate::apiserver::{Change, DeleteOptions, Key, Verb};
use crate::client::{Component, Ctx, Message, Reconciler, Recorder, Severity, WorkQueue, work};
use crate::sim::btree::{BTreeMap, BTreeSet};
use crate::sim::{Duration, SimTime};

const QUEUE: u8 = 0;
/// Workers of a driver.
const WORKERS: u32 = 100;
/// Waits after a failure.
const BACKOFF: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(300));
/// The driver of directories on nodes.
const LOCAL_PATH: &str = "rancher.io/local-path";
/// Keeps a volume until its driver has deleted what it stands for.
const DRIVER_FINALIZER: &str = "external-provisioner.volume.kubernetes.io/finalizer";

/// All drivers.
#[derive(Clone, Debug)]
pub struct Provisioners {
    /// Claims and volumes: a key without a namespace is a volume's.
    queue: WorkQueue,
    /// When the storage system is done with what it was asked for.
    under_way: BTreeMap<Key, SimTime>,
    recorders: BTreeMap<Str, Recorder>,
    /// Storage systems that do not answer, by driver.
    down: BTreeSet<Str>,
    /// How often in a row something was asked for in vain, and when it is asked for again.
    failures: BTreeMap<Key, (u32, SimTime)>,
}

impl Default for Provisioners {
    fn default() -> Self {
        Self {
            queue: WorkQueue::with_workers(QUEUE, WORKERS),
            under_way: BTreeMap::new(),
            recorders: BTreeMap::new(),
            down: BTreeSet::new(),
            failures: BTreeMap::new(),
        }
    }
}

impl Component for Provisioners {
    fn name(&self) -> &'static str {
        "external-provisioner"
    }

    fn watches(&self) -> &'static [Kind] {
        &[PersistentVolume::KIND, PersistentVolumeClaim::KIND, Pod::KIND]
    }

    fn wants(&self, change: &Change) -> bool {
        match &change.object {
            Object::Pod(pod) => {
                let is_new = change.verb == Verb::Modified && &*pod.status.phase == "Running";
                is_new && pod.spec.volumes.iter().any(|volume| volume.claim_name("").is_some())
            }
            _ => change.verb != Verb::Deleted,
        }
    }

    fn on_change(&mut self, ctx: &mut Ctx<'_>, change: &Change) {
        match &change.object {
            // A pod that runs has its volumes mounted: those that grew get their file systems grown.
            Object::Pod(pod) => {
                let claims = pod
                    .spec
                    .volumes
                    .iter()
                    .filter_map(|volume| volume.claim_name(&pod.meta.name));
                for claim in claims {
                    let key = Key::new(&pod.meta.namespace, &claim);
                    let there = ctx.api.get_key::<PersistentVolumeClaim>(&key);
                    if there.is_some_and(|claim| !claim.status.conditions.is_empty()) {
                        self.queue.add(ctx, key);
                    }
                }
            }
            object => self.queue.add(ctx, Key::of(object)),
        }
    }

    fn on_timer(&mut self, ctx: &mut Ctx<'_>, _purpose: u8, _object: u64) {
        work(self, ctx);
    }

    fn on_message(&mut self, _ctx: &mut Ctx<'_>, message: &Message) {
        message.keep_down(&mut self.down);
    }
}

impl Reconciler for Provisioners {
    fn queue(&mut self) -> &mut WorkQueue {
        &mut self.queue
    }

    fn sync(&mut self, ctx: &mut Ctx<'_>, key: &Key) -> Result<(), Status> {
        if key.namespace.is_empty() {
            self.sync_volume(ctx, key)
        } else {
            self.sync_claim(ctx, key)
        }
    }
}

/// Whether the storage system has done what it was asked for.
enum Progress {
    Begun,
    Waits,
    Done,
}

impl Provisioners {
    /// Asks the storage system for something; the key comes back when it is done.
    fn ask(&mut self, ctx: &mut Ctx<'_>, key: &Key) -> Progress {
        let rests = self.failures.get(key).is_some_and(|(_, until)| *until > ctx.now);
        let (done, progress) = match self.under_way.get(key) {
            None if rests => return Progress::Waits,
            None => (ctx.now + ctx.delays.provision, Progress::Begun),
            Some(done) if *done > ctx.now => (*done, Progress::Waits),
            Some(_) => {
                self.under_way.remove(key);
                return Progress::Done;
            }
        };
        self.under_way.insert(key.clone(), done);
        self.queue.add_after(ctx, key.clone(), done.since(ctx.now));
        progress
    }

    /// Tries again later, after a wait that doubles with each failure.
    fn try_later(&mut self, ctx: &mut Ctx<'_>, key: &Key) {
        let (failures, until) = self.failures.entry(key.clone()).or_default();
        let wait = (BACKOFF.0 * (1 << (*failures).min(20))).min(BACKOFF.1);
        *failures += 1;
        *until = ctx.now + wait;
        self.queue.add_after(ctx, key.clone(), wait);
    }

    fn tell(&mut self, ctx: &mut Ctx<'_>, driver: &str, object: &Object, note: (Severity, &str, &str)) {
        let recorder = self.recorders.entry(driver.into());
        let recorder = recorder.or_insert_with(|| Recorder::of_component(driver));
        recorder.event(ctx, object, note.0, note.1, note.2);
    }

    fn sync_claim(&mut self, ctx: &mut Ctx<'_>, key: &Key) -> Result<(), Status> {
        let Some(claim) = ctx.api.get_key::<PersistentVolumeClaim>(key).cloned() else {
            self.under_way.remove(key);
            self.failures.remove(key);
            return Ok(());
        };
        if claim.is_bound() {
            return self.grow(ctx, key, &claim);
        }
        let driver = claim.meta.annotation(names::PROVISIONER).cloned();
        let class = ctx.api.get::<StorageClass>("", claim.class()).cloned();
        match driver.zip(class) {
            Some((driver, class)) if csi_name(&class.provisioner) == &*driver && claim.spec.volume_name.is_empty() => {
                self.provision(ctx, key, &claim, &class)
            }
            _ => {
                self.under_way.remove(key);
                Ok(())
            }
        }
    }

    /// Makes a volume for a claim.
    // Models sig-storage-lib-external-provisioner controller.go provisionClaimOperation.
    fn provision(
        &mut self,
        ctx: &mut Ctx<'_>,
        key: &Key,
        claim: &Rc<PersistentVolumeClaim>,
        class: &StorageClass,
    ) -> Result<(), Status> {
        let driver = csi_name(&class.provisioner);
        let selected = claim.meta.annotation(names::SELECTED_NODE).cloned();
        if class.waits_for_consumer() && selected.is_none() {
            return Ok(());
        }
        let object = Object::PersistentVolumeClaim(claim.clone());
        match self.ask(ctx, key) {
            Progress::Waits => return Ok(()),
            Progress::Begun => {
                let message = format!(
                    "External provisioner is provisioning volume for claim \"{}/{}\"",
                    key.namespace, key.name
                );
                self.tell(ctx, driver, &object, (Severity::Normal, "Provisioning", &message));
                return Ok(());
            }
            Progress::Done => {}
        }
        let made = if self.down.contains(driver) {
            Err(super::UNAVAILABLE.to_owned())
        } else {
            place::choose(ctx.api, driver, class, claim, selected.as_ref())
        };
        let volume = match made {
            Ok(place) => volume_for(claim, class, driver, place),
            Err(why) => {
                let message = format!(
                    "failed to provision volume with StorageClass \"{}\": {why}",
                    class.meta.name
                );
                self.tell(
                    ctx,
                    driver,
                    &object,
                    (Severity::Warning, "ProvisioningFailed", &message),
                );
                self.try_later(ctx, key);
                return Ok(());
            }
        };
        let name = volume.meta.name.clone();
        match ctx.create(volume) {
            Err(error) if error.reason != Reason::AlreadyExists => return Err(error),
            _ => {}
        }
        self.failures.remove(key);
        let message = format!("Successfully provisioned volume {name}");
        self.tell(
            ctx,
            driver,
            &object,
            (Severity::Normal, "ProvisioningSucceeded", &message),
        );
        Ok(())
    }

    /// Deletes what a volume stands for, once its claim is gone.
    // Models sig-storage-lib-external-provisioner controller.go deleteVolumeOperation.
    fn sync_volume(&mut self, ctx: &mut Ctx<'_>, key: &Key) -> Result<(), Status> {
        let volume = ctx.api.get_key::<PersistentVolume>(key).cloned();
        let driver = volume
            .as_ref()
            .and_then(|volume| volume.meta.annotation(names::PROVISIONED_BY).cloned());
        let Some((volume, driver)) = volume.zip(driver) else {
            return Ok(());
        };
        let is_over = &*volume.status.phase == "Released" || (&*volume.status.phase == "Failed");
        if !is_over || &*volume.spec.reclaim_policy != "Delete" || driver.starts_with("kubernetes.io/") {
            return Ok(());
        }
        if matches!(self.ask(ctx, key), Progress::Begun | Progress::Waits) {
            return Ok(());
        }
        let of_volume =
            |there: &&Rc<VolumeAttachment>| there.spec.source.persistent_volume_name.as_ref() == Some(&key.name);
        let attached = ctx.api.list::<VolumeAttachment>(None).find(of_volume);
        let node = attached.map(|there| there.spec.node_name.clone());
        let wrong = match node {
            _ if self.down.contains(&driver) => Some(super::UNAVAILABLE.to_owned()),
            Some(node) => Some(format!(
                "persistentvolume {} is still attached to node {node}",
                key.name
            )),
            None => None,
        };
        if let Some(message) = wrong {
            let object = Object::PersistentVolume(volume);
            self.tell(
                ctx,
                &driver,
                &object,
                (Severity::Warning, "VolumeFailedDelete", &message),
            );
            self.try_later(ctx, key);
            return Ok(());
        }
        self.failures.remove(key);
        let finalizers = volume.meta.finalizers.clone();
        if !volume.meta.is_terminating() {
            ctx.delete(PersistentVolume::KIND, key, &DeleteOptions::default())?;
        }
        if finalizers.iter().any(|there| &**there == DRIVER_FINALIZER)
            && let Some(there) = ctx.api.get_key::<PersistentVolume>(key)
        {
            let mut next = (**there).clone();
            next.meta.finalizers = finalizers
                .iter()
                .filter(|there| &***there != DRIVER_FINALIZER)
                .cloned()
                .collect();
            ctx.update(next)?;
        }
        Ok(())
    }

    /// Lets a claim grow that asks for more than it has: first the volume, then, on the node, its file system.
    // Models kubernetes-csi/external-resizer, pkg/volume/util/resize_util.go.
    fn grow(&mut self, ctx: &mut Ctx<'_>, key: &Key, claim: &Rc<PersistentVolumeClaim>) -> Result<(), Status> {
        let wanted = claim.request();
        if &*claim.status.phase != "Bound" || wanted <= claim.capacity() {
            return Ok(());
        }
        let Some(volume) = ctx.api.get::<PersistentVolume>("", &claim.spec.volume_name).cloned() else {
            return Ok(());
        };
        let Some(driver) = crate::api::component_helpers::csi_driver(&volume).map(Str::from) else {
            return Ok(());
        };
        let object = Object::PersistentVolumeClaim(claim.clone());
        if volume.capacity() >= wanted {
            return self.grow_file_system(ctx, claim, &volume);
        }
        match self.ask(ctx, key) {
            Progress::Waits => return Ok(()),
            Progress::Begun => {
                let waits = "waiting for an external controller to expand this PVC";
                self.tell(
                    ctx,
                    "volume_expand",
                    &object,
                    (Severity::Normal, "ExternalExpanding", waits),
                );
                let message = format!("External resizer is resizing volume {}", volume.meta.name);
                self.tell(
                    ctx,
                    &format!("external-resizer {driver}"),
                    &object,
                    (Severity::Normal, "Resizing", &message),
                );
                return set_condition(ctx, claim, "Resizing", "");
            }
            Progress::Done => {}
        }
        let mut next = (*volume).clone();
        Rc::make_mut(&mut next.spec.capacity).insert("storage".into(), wanted);
        ctx.update(next)?;
        let message = "Waiting for user to (re-)start a pod to finish file system resize of volume on node.";
        set_condition(ctx, claim, "FileSystemResizePending", message)?;
        let message = "Require file system resize of volume on node";
        let note = (Severity::Normal, "FileSystemResizeRequired", message);
        self.tell(ctx, &format!("external-resizer {driver}"), &object, note);
        Ok(())
    }

    /// The kubelet of a pod that has the volume mounted grows its file system.
    fn grow_file_system(
        &mut self,
        ctx: &mut Ctx<'_>,
        claim: &Rc<PersistentVolumeClaim>,
        volume: &PersistentVolume,
    ) -> Result<(), Status> {
        let mounts = |pod: &&Rc<Pod>| {
            let mut claims = pod
                .spec
                .volumes
                .iter()
                .filter_map(|volume| volume.claim_name(&pod.meta.name));
            &*pod.status.phase == "Running" && claims.any(|name| name == claim.meta.name)
        };
        let Some(pod) = ctx.api.list::<Pod>(Some(&claim.meta.namespace)).find(mounts).cloned() else {
            return Ok(());
        };
        let mut next = (**claim).clone();
        next.status.capacity = volume.spec.capacity.clone();
        next.status.conditions = Rc::default();
        ctx.update_status(next)?;
        let message = format!(
            "MountVolume.NodeExpandVolume succeeded for volume \"{}\" {}",
            volume.meta.name, pod.spec.node_name
        );
        for object in [Object::Pod(pod), Object::PersistentVolumeClaim(claim.clone())] {
            let note = (Severity::Normal, "FileSystemResizeSuccessful", message.as_str());
            self.tell(ctx, "kubelet", &object, note);
        }
        Ok(())
    }
}

fn set_condition(ctx: &mut Ctx<'_>, claim: &PersistentVolumeClaim, kind: &str, message: &str) -> Result<(), Status> {
    let mut next = claim.clone();
    next.status.conditions = [Condition::new(kind, true, "", message, ctx.time())].into();
    match ctx.update_status(next) {
        Err(error) if error.reason != Reason::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// The volume that a driver makes for a claim.
fn volume_for(claim: &PersistentVolumeClaim, class: &StorageClass, driver: &str, place: Place) -> PersistentVolume {
    let name: Str = format!("pvc-{}", claim.meta.uid).into();
    let mut volume = PersistentVolume {
        meta: ObjectMeta {
            name: name.clone(),
            ..ObjectMeta::default()
        },
        ..PersistentVolume::default()
    };
    volume.meta.set_annotation(names::PROVISIONED_BY, driver);
    let policy = class.reclaim_policy.clone().unwrap_or_else(|| "Delete".into());
    let spec = &mut volume.spec;
    spec.capacity = claim.spec.resources.requests.clone();
    spec.access_modes = claim.spec.access_modes.clone();
    spec.volume_mode = claim.spec.volume_mode.clone();
    spec.storage_class_name = claim.class().into();
    spec.claim_ref = Some(claim.reference());
    spec.node_affinity = place.affinity;
    if !class.mount_options.is_empty() {
        let options = class
            .mount_options
            .iter()
            .map(|option| option.as_ref().into())
            .collect();
        spec.rest.set("mountOptions", serde_json::Value::Array(options));
    }
    if driver == LOCAL_PATH {
        let path = format!(
            "/var/local-path-provisioner/{name}_{}_{}",
            claim.meta.namespace, claim.meta.name
        );
        spec.host_path = Some(HostPathVolumeSource {
            path: path.into(),
            kind: Some("DirectoryOrCreate".into()),
            ..HostPathVolumeSource::default()
        });
    } else {
        spec.csi = Some(CsiVolumeSource {
            driver: driver.into(),
            volume_handle: format!("vol-{}", claim.meta.uid).into(),
            ..CsiVolumeSource::default()
        });
        if !is_file_driver(driver) {
            spec.csi.as_mut().expect("set above").rest.set("fsType", "ext4".into());
        }
        if &*policy == "Delete" {
            volume.meta.finalizers = [Str::from(DRIVER_FINALIZER)].into();
        }
    }
    volume.spec.reclaim_policy = policy;
    volume
}
