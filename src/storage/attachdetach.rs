//! Attaches volumes to the nodes of the pods that use them, and detaches them when nobody does.
//!
//! What is to be attached follows from the pods, what is attached from the VolumeAttachments; both are compared ten times
//! a second while they differ. The storage system needs a moment for each attachment.
// Models pkg/controller/volume/attachdetach, kubernetes-csi/external-attacher.

use std::rc::Rc;

use super::UNAVAILABLE;
use crate::api::component_helpers::{attachment_name, csi_driver, is_file_driver};
use crate::api::core::{Node, Pod};
use crate::api::meta::ObjectMeta;
use crate::api::storage::{
    PersistentVolume, PersistentVolumeClaim, VolumeAttachment, VolumeAttachmentSource, VolumeAttachmentSpec,
    VolumeError,
};
use crate::api::{Kind, Object, Resource, Str};
use crate::apiserver::{ApiServer, Change, DeleteOptions, Key, Verb};
use crate::client::{Component, Ctx, Message, Recorder, Severity};

use crate::sim::btree::{BTreeMap, BTreeSet};
use crate::sim::{Duration, SimTime};

const RECONCILE: u8 = 0;
/// The storage system is done with an attachment; the object is its number.
const OPERATION: u8 = 1;
/// How often what is and what should be are compared.
// Models pkg/controller/volume/attachdetach/attach_detach_controller.go DefaultTimerConfig ReconcilerLoopPeriod.
const PERIOD: Duration = Duration::from_millis(100);
/// How long a volume may stay mounted on a node that is not well.
// Models DefaultTimerConfig ReconcilerMaxWaitForUnmountDuration.
const MAX_WAIT_FOR_UNMOUNT: Duration = Duration::from_secs(360);
/// How often a kubelet tells which volumes it has mounted.
const NODE_STATUS_PERIOD: Duration = Duration::from_secs(10);
/// How often an attachment that failed is tried again.
const RETRY: Duration = Duration::from_secs(15);
const OUT_OF_SERVICE: &str = "node.kubernetes.io/out-of-service";
const CSI_DRIVER: Kind = Kind::named("storage.k8s.io", "CSIDriver");

/// The controller, with the attachers of all drivers.
#[derive(Clone, Debug)]
pub struct AttachDetachController {
    recorder: Recorder,
    /// Attachments that are not wanted any more, and since when.
    unwanted: BTreeMap<Str, SimTime>,
    /// Pods on nodes that were told of a volume which another node has.
    told: BTreeSet<Want>,
    /// Operations of storage systems, by number: the attachment.
    operations: BTreeMap<u64, Str>,
    operation_count: u64,
    /// Storage systems that do not answer, by driver.
    down: BTreeSet<Str>,
}

impl Default for AttachDetachController {
    fn default() -> Self {
        Self {
            recorder: Recorder::of_component("attachdetach-controller"),
            unwanted: BTreeMap::new(),
            told: BTreeSet::new(),
            operations: BTreeMap::new(),
            operation_count: 0,
            down: BTreeSet::new(),
        }
    }
}

/// A volume on a node.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Want {
    volume: Str,
    node: Str,
}

/// The volumes that pods use, each with its pods.
type Wanted = BTreeMap<Want, Vec<Rc<Pod>>>;

impl Component for AttachDetachController {
    fn name(&self) -> &'static str {
        "attachdetach-controller"
    }

    fn watches(&self) -> &'static [Kind] {
        &[
            Pod::KIND,
            Node::KIND,
            PersistentVolumeClaim::KIND,
            VolumeAttachment::KIND,
        ]
    }

    fn wants(&self, change: &Change) -> bool {
        match &change.object {
            Object::Pod(pod) => {
                !pod.spec.node_name.is_empty() && pod.spec.volumes.iter().any(|volume| volume.claim_name("").is_some())
            }
            Object::Node(_) => !self.unwanted.is_empty(),
            Object::PersistentVolumeClaim(claim) => claim.is_bound() && change.verb != Verb::Deleted,
            _ => true,
        }
    }

    fn on_change(&mut self, ctx: &mut Ctx<'_>, change: &Change) {
        if let Object::VolumeAttachment(there) = &change.object
            && change.verb != Verb::Deleted
        {
            self.operate(ctx, &there.meta.name);
        }
        self.arm(ctx);
    }

    fn on_timer(&mut self, ctx: &mut Ctx<'_>, purpose: u8, object: u64) {
        if purpose == OPERATION {
            if let Some(name) = self.operations.remove(&object) {
                self.end_operation(ctx, &name);
            }
            return;
        }
        self.reconcile(ctx);
    }

    fn on_message(&mut self, _ctx: &mut Ctx<'_>, message: &Message) {
        message.keep_down(&mut self.down);
    }
}

impl AttachDetachController {
    fn arm(&self, ctx: &mut Ctx<'_>) {
        let at = SimTime((ctx.now.0 / PERIOD.0 + 1) * PERIOD.0);
        ctx.arm_earlier(RECONCILE, 0, at);
    }

    // Models pkg/controller/volume/attachdetach/reconciler/reconciler.go reconcile.
    fn reconcile(&mut self, ctx: &mut Ctx<'_>) {
        let wanted = wanted(ctx.api);
        let attachments: Vec<Rc<VolumeAttachment>> = ctx.api.list(None).cloned().collect();
        let mut next: Option<SimTime> = None;
        for there in attachments.iter().filter(|there| !there.meta.is_terminating()) {
            let name = &there.meta.name;
            let want = want_of(there);
            if wanted.contains_key(&want) {
                self.unwanted.remove(name);
                continue;
            }
            let since = *self.unwanted.entry(name.clone()).or_insert(ctx.now);
            let at = detach_at(ctx, &want, since);
            if at > ctx.now {
                next = Some(next.map_or(at, |next| next.min(at)));
                continue;
            }
            self.unwanted.remove(name);
            // It may be gone by now, which is as well.
            drop(ctx.delete(VolumeAttachment::KIND, &Key::new("", name), &DeleteOptions::default()));
        }
        self.told.retain(|want| wanted.contains_key(want));
        for (want, pods) in &wanted {
            self.attach(ctx, want, pods, &wanted, &attachments);
        }
        if let Some(at) = next {
            ctx.arm_earlier(RECONCILE, 0, at);
        }
    }

    // Models reconciler.go attachDesiredVolumes.
    fn attach(
        &mut self,
        ctx: &mut Ctx<'_>,
        want: &Want,
        pods: &[Rc<Pod>],
        wanted: &Wanted,
        attachments: &[Rc<VolumeAttachment>],
    ) {
        let Some(volume) = ctx.api.get::<PersistentVolume>("", &want.volume).cloned() else {
            return;
        };
        let driver: Str = csi_driver(&volume).unwrap_or_default().into();
        let name: Str = attachment_name(&want.volume, &driver, &want.node).into();
        let of_volume = |there: &&Rc<VolumeAttachment>| want_of(there).volume == want.volume;
        let others: Vec<Want> = attachments
            .iter()
            .filter(of_volume)
            .map(|there| want_of(there))
            .collect();
        if others.contains(want) {
            return;
        }
        if !others.is_empty() && !allows_many(&volume) {
            if self.told.insert(want.clone()) {
                self.tell_multi_attach(ctx, want, pods, wanted, &others);
            }
            return;
        }
        let attachment = VolumeAttachment {
            meta: ObjectMeta {
                name,
                ..ObjectMeta::default()
            },
            spec: VolumeAttachmentSpec {
                attacher: driver,
                source: VolumeAttachmentSource {
                    persistent_volume_name: Some(want.volume.clone()),
                    ..VolumeAttachmentSource::default()
                },
                node_name: want.node.clone(),
                ..VolumeAttachmentSpec::default()
            },
            ..VolumeAttachment::default()
        };
        // One that is still there under this name is on its way out: the next look comes when it is gone.
        drop(ctx.create(attachment));
    }

    // Models reconciler.go reportMultiAttachError.
    fn tell_multi_attach(
        &mut self,
        ctx: &mut Ctx<'_>,
        want: &Want,
        pods: &[Rc<Pod>],
        wanted: &Wanted,
        others: &[Want],
    ) {
        let users: Vec<&Rc<Pod>> = others.iter().filter_map(|other| wanted.get(other)).flatten().collect();
        for pod in pods {
            let namespace = &pod.meta.namespace;
            let near: Vec<&str> = users
                .iter()
                .filter(|user| user.meta.namespace == *namespace)
                .map(|user| &*user.meta.name)
                .collect();
            let far = users.len() - near.len();
            let why = match (near.is_empty(), far) {
                (true, 0) => {
                    "Volume is already exclusively attached to one node and can't be attached to another".to_owned()
                }
                (true, far) => format!("Volume is already used by {far} pod(s) in different namespaces"),
                (false, 0) => format!("Volume is already used by pod(s) {}", near.join(", ")),
                (false, far) => format!(
                    "Volume is already used by pod(s) {} and {far} pod(s) in different namespaces",
                    near.join(", ")
                ),
            };
            let message = format!("Multi-Attach error for volume \"{}\" {why}", want.volume);
            let object = Object::Pod(pod.clone());
            self.recorder
                .event(ctx, &object, Severity::Warning, "FailedAttachVolume", &message);
        }
    }

    /// The attacher of the driver begins with what an attachment asks for.
    fn operate(&mut self, ctx: &mut Ctx<'_>, name: &Str) {
        let there = ctx.api.get::<VolumeAttachment>("", name);
        let asks = there.is_some_and(|there| there.meta.is_terminating() || !there.status.attached);
        if !asks || self.operations.values().any(|other| other == name) {
            return;
        }
        self.operation_count += 1;
        self.operations.insert(self.operation_count, name.clone());
        ctx.arm(OPERATION, self.operation_count, ctx.now + ctx.delays.attach);
    }

    /// The storage system is done.
    // Models kubernetes-csi/external-attacher/pkg/controller/csi_handler.go.
    fn end_operation(&mut self, ctx: &mut Ctx<'_>, name: &Str) {
        let Some(there) = ctx.api.get::<VolumeAttachment>("", name).cloned() else {
            return;
        };
        if self.down.contains(&there.spec.attacher) {
            return self.fail(ctx, &there);
        }
        let mut next = (*there).clone();
        if there.meta.is_terminating() {
            next.meta.finalizers = Rc::default();
            drop(ctx.update(next));
            return;
        }
        let finalizer = format!("external-attacher/{}", there.spec.attacher.replace('.', "-"));
        next.meta.finalizers = [Str::from(finalizer)].into();
        let Ok(stored) = ctx.update(next) else { return };
        let Object::VolumeAttachment(stored) = stored else {
            return;
        };
        let mut next = (*stored).clone();
        next.status.attached = true;
        next.status.attach_error = None;
        drop(ctx.update_status(next));
        let want = want_of(&there);
        let pods = wanted(ctx.api).remove(&want).unwrap_or_default();
        let message = format!("AttachVolume.Attach succeeded for volume \"{}\" ", want.volume);
        for pod in pods {
            let object = Object::Pod(pod);
            self.recorder
                .event(ctx, &object, Severity::Normal, "SuccessfulAttachVolume", &message);
        }
    }

    /// The storage system does not answer: this is told, and tried again.
    fn fail(&mut self, ctx: &mut Ctx<'_>, there: &VolumeAttachment) {
        let mut next = there.clone();
        let error = Some(VolumeError {
            time: Some(ctx.time()),
            message: UNAVAILABLE.into(),
            ..VolumeError::default()
        });
        if there.meta.is_terminating() {
            next.status.detach_error = error;
        } else {
            next.status.attach_error = error;
        }
        drop(ctx.update_status(next));
        let want = want_of(there);
        let pods = wanted(ctx.api).remove(&want).unwrap_or_default();
        let message = format!(
            "AttachVolume.Attach failed for volume \"{}\" : {UNAVAILABLE}",
            want.volume
        );
        for pod in pods {
            let object = Object::Pod(pod);
            self.recorder
                .event(ctx, &object, Severity::Warning, "FailedAttachVolume", &message);
        }
        self.operation_count += 1;
        self.operations.insert(self.operation_count, there.meta.name.clone());
        ctx.arm(OPERATION, self.operation_count, ctx.now + RETRY);
    }
}

fn want_of(there: &VolumeAttachment) -> Want {
    Want {
        volume: there.spec.source.persistent_volume_name.clone().unwrap_or_default(),
        node: there.spec.node_name.clone(),
    }
}

/// What the pods on nodes use that has to be attached. Pods that are over use nothing.
// Models pkg/controller/volume/attachdetach/util/util.go ProcessPodVolumes.
fn wanted(api: &ApiServer) -> Wanted {
    let mut wanted = Wanted::new();
    if api.count(PersistentVolume::KIND) == 0 {
        return wanted;
    }
    for pod in api
        .list::<Pod>(None)
        .filter(|pod| !pod.spec.node_name.is_empty() && !pod.is_finished())
    {
        for name in pod
            .spec
            .volumes
            .iter()
            .filter_map(|volume| volume.claim_name(&pod.meta.name))
        {
            let claim = api.get::<PersistentVolumeClaim>(&pod.meta.namespace, &name);
            let Some(claim) = claim.filter(|claim| claim.is_bound()) else {
                continue;
            };
            let volume = api.get::<PersistentVolume>("", &claim.spec.volume_name);
            let Some(volume) = volume.filter(|volume| is_attached(api, volume)) else {
                continue;
            };
            let want = Want {
                volume: volume.meta.name.clone(),
                node: pod.spec.node_name.clone(),
            };
            let pods = wanted.entry(want);
            pods.or_default().push(pod.clone());
        }
    }
    wanted
}

/// Whether the volume's driver attaches volumes to nodes.
fn is_attached(api: &ApiServer, volume: &PersistentVolume) -> bool {
    let Some(driver) = csi_driver(volume) else { return false };
    let object = api.get_object(CSI_DRIVER, &Key::new("", driver)).map(Object::encode);
    let told = object.and_then(|object| object.pointer("/spec/attachRequired")?.as_bool());
    told.unwrap_or(!is_file_driver(driver))
}

/// Whether several nodes may have the volume at once.
// Models pkg/volume/util/util.go IsMultiAttachAllowed.
fn allows_many(volume: &PersistentVolume) -> bool {
    volume.spec.access_modes.is_empty() || volume.has_mode("ReadWriteMany") || volume.has_mode("ReadOnlyMany")
}

/// When a volume that nobody wants is detached: after its kubelet has told that it is not mounted any more; from a node
/// that is not well, after six minutes, or at once where the node is marked as out of service.
fn detach_at(ctx: &Ctx<'_>, want: &Want, since: SimTime) -> SimTime {
    let node = ctx.api.get::<Node>("", &want.node);
    let is_out = node.is_some_and(|node| node.spec.taints.iter().any(|taint| &*taint.key == OUT_OF_SERVICE));
    let is_well = node.is_some_and(|node| {
        let mut conditions = node.status.conditions.iter();
        conditions.any(|condition| &*condition.kind == "Ready" && &*condition.status == "True")
    });
    if is_out {
        since
    } else if is_well {
        let mut stream = ctx.stream(&want.volume, &want.node);
        since + Duration(stream.below(NODE_STATUS_PERIOD.0))
    } else {
        since + MAX_WAIT_FOR_UNMOUNT
    }
}
