//! Volumes, claims and classes: `v1` PersistentVolume and PersistentVolumeClaim, `storage.k8s.io/v1`.

use std::rc::Rc;

use super::Str;
use super::core::{HostPathVolumeSource, NfsVolumeSource, NodeSelector, ResourceList};
use super::labels::{LabelSelector, Labels};
use super::meta::{Condition, ObjectMeta, ObjectReference};
use super::quantity::Quantity;
use super::time::Time;

lean! {
    /// A volume of the cluster.
    pub struct PersistentVolume {
        meta: ObjectMeta = "metadata" 'always,
        spec: PersistentVolumeSpec = "spec" 'always,
        status: PersistentVolumeStatus = "status" 'always,
    }

    /// What a volume is. Sources that are not declared here are kept in `rest`.
    pub struct PersistentVolumeSpec {
        capacity: Rc<ResourceList> = "capacity",
        access_modes: Rc<[Str]> = "accessModes",
        claim_ref: Option<ObjectReference> = "claimRef",
        reclaim_policy: Str = "persistentVolumeReclaimPolicy",
        storage_class_name: Str = "storageClassName",
        volume_mode: Option<Str> = "volumeMode",
        node_affinity: Option<VolumeNodeAffinity> = "nodeAffinity",
        volume_attributes_class_name: Option<Str> = "volumeAttributesClassName",
        host_path: Option<HostPathVolumeSource> = "hostPath",
        local: Option<LocalVolumeSource> = "local",
        nfs: Option<NfsVolumeSource> = "nfs",
        csi: Option<CsiVolumeSource> = "csi",
    }

    /// The nodes from which a volume can be reached.
    pub struct VolumeNodeAffinity {
        required: Option<NodeSelector> = "required",
    }

    /// A disk or directory of one node.
    pub struct LocalVolumeSource {
        path: Str = "path" 'always,
    }

    /// A volume of a CSI driver.
    pub struct CsiVolumeSource {
        driver: Str = "driver" 'always,
        volume_handle: Str = "volumeHandle" 'always,
        read_only: bool = "readOnly",
    }

    /// How a volume is.
    pub struct PersistentVolumeStatus {
        phase: Str = "phase",
        message: Str = "message",
        reason: Str = "reason",
        last_phase_transition_time: Option<Time> = "lastPhaseTransitionTime",
    }

    /// A wish for a volume.
    pub struct PersistentVolumeClaim {
        meta: ObjectMeta = "metadata" 'always,
        spec: PersistentVolumeClaimSpec = "spec" 'always,
        status: PersistentVolumeClaimStatus = "status" 'always,
    }

    /// What is wished for.
    pub struct PersistentVolumeClaimSpec {
        access_modes: Rc<[Str]> = "accessModes",
        selector: Option<Rc<LabelSelector>> = "selector",
        resources: ClaimResources = "resources" 'always,
        volume_name: Str = "volumeName",
        storage_class_name: Option<Str> = "storageClassName",
        volume_mode: Option<Str> = "volumeMode",
        volume_attributes_class_name: Option<Str> = "volumeAttributesClassName",
    }

    /// How much is wished for.
    pub struct ClaimResources {
        requests: Rc<ResourceList> = "requests",
    }

    /// How a claim is.
    pub struct PersistentVolumeClaimStatus {
        phase: Str = "phase",
        access_modes: Rc<[Str]> = "accessModes",
        capacity: Rc<ResourceList> = "capacity",
        conditions: Rc<[Condition]> = "conditions",
        allocated_resources: Rc<ResourceList> = "allocatedResources",
        allocated_resource_statuses: Rc<Labels> = "allocatedResourceStatuses",
        current_volume_attributes_class_name: Option<Str> = "currentVolumeAttributesClassName",
    }

    /// A kind of volume, and how it is made.
    pub struct StorageClass {
        meta: ObjectMeta = "metadata" 'always,
        provisioner: Str = "provisioner" 'always,
        parameters: Rc<Labels> = "parameters",
        reclaim_policy: Option<Str> = "reclaimPolicy",
        mount_options: Rc<[Str]> = "mountOptions",
        allow_volume_expansion: Option<bool> = "allowVolumeExpansion",
        volume_binding_mode: Option<Str> = "volumeBindingMode",
        allowed_topologies: Rc<[TopologySelectorTerm]> = "allowedTopologies",
    }

    /// Places: all of its requirements hold.
    pub struct TopologySelectorTerm {
        match_label_expressions: Rc<[TopologySelectorRequirement]> = "matchLabelExpressions",
    }

    /// A label and the values that it may have.
    pub struct TopologySelectorRequirement {
        key: Str = "key" 'always,
        values: Rc<[Str]> = "values" 'always,
    }

    /// A volume that is, or is to be, attached to a node.
    pub struct VolumeAttachment {
        meta: ObjectMeta = "metadata" 'always,
        spec: VolumeAttachmentSpec = "spec" 'always,
        status: VolumeAttachmentStatus = "status" 'always,
    }

    /// What is to be attached where.
    pub struct VolumeAttachmentSpec {
        attacher: Str = "attacher" 'always,
        source: VolumeAttachmentSource = "source" 'always,
        node_name: Str = "nodeName" 'always,
    }

    /// The volume.
    pub struct VolumeAttachmentSource {
        persistent_volume_name: Option<Str> = "persistentVolumeName",
    }

    /// Whether it is attached, and what went wrong.
    pub struct VolumeAttachmentStatus {
        attached: bool = "attached" 'always,
        attach_error: Option<VolumeError> = "attachError",
        detach_error: Option<VolumeError> = "detachError",
    }

    /// What went wrong.
    pub struct VolumeError {
        time: Option<Time> = "time",
        message: Str = "message",
    }
}

/// Annotations and finalizers of volumes and claims.
// Models k8s.io/component-helpers/storage/volume/pv_helpers.go.
pub mod names {
    /// The class of an object of old.
    pub const CLASS: &str = "volume.beta.kubernetes.io/storage-class";
    /// The claim was bound once.
    pub const BIND_COMPLETED: &str = "pv.kubernetes.io/bind-completed";
    /// The controller chose the partner.
    pub const BOUND_BY_CONTROLLER: &str = "pv.kubernetes.io/bound-by-controller";
    /// The provisioner that made a volume.
    pub const PROVISIONED_BY: &str = "pv.kubernetes.io/provisioned-by";
    /// The provisioner that is to make a volume.
    pub const PROVISIONER: &str = "volume.kubernetes.io/storage-provisioner";
    /// The same, of old.
    pub const BETA_PROVISIONER: &str = "volume.beta.kubernetes.io/storage-provisioner";
    /// The node that the scheduler chose.
    pub const SELECTED_NODE: &str = "volume.kubernetes.io/selected-node";
    /// Keeps a claim while pods use it.
    pub const CLAIM_PROTECTION: &str = "kubernetes.io/pvc-protection";
    /// Keeps a volume while it is bound.
    pub const VOLUME_PROTECTION: &str = "kubernetes.io/pv-protection";
    /// Marks the class of claims that name none.
    pub const DEFAULT_CLASS: [&str; 2] = [
        "storageclass.kubernetes.io/is-default-class",
        "storageclass.beta.kubernetes.io/is-default-class",
    ];
    /// The provisioner of classes whose volumes are made by hand.
    pub const NO_PROVISIONER: &str = "kubernetes.io/no-provisioner";
}

/// The storage in a list of resources.
fn storage(list: &ResourceList) -> Quantity {
    list.get("storage").cloned().unwrap_or_default()
}

impl PersistentVolume {
    /// The class, perhaps by an annotation of old.
    // Models GetPersistentVolumeClass.
    #[must_use]
    pub fn class(&self) -> &str {
        self.meta
            .annotation(names::CLASS)
            .unwrap_or(&self.spec.storage_class_name)
    }

    /// How much it holds.
    #[must_use]
    pub fn capacity(&self) -> Quantity {
        storage(&self.spec.capacity)
    }

    /// Whether it belongs to that claim, or waits for it.
    // Models IsVolumeBoundToClaim.
    #[must_use]
    pub fn is_bound_to(&self, claim: &PersistentVolumeClaim) -> bool {
        let meta = &claim.meta;
        self.spec.claim_ref.as_ref().is_some_and(|there| {
            there.name == meta.name
                && there.namespace == meta.namespace
                && (there.uid.is_empty() || there.uid == meta.uid)
        })
    }

    /// Makes it the claim's, as the claim is now.
    // Models pv_helpers.go GetBindVolumeToClaim.
    pub fn bind_to(&mut self, claim: &PersistentVolumeClaim) {
        if !self.is_bound_to(claim) {
            self.meta.set_annotation(names::BOUND_BY_CONTROLLER, "yes");
        }
        self.spec.claim_ref = Some(claim.reference());
    }

    /// Whether it is a raw device.
    #[must_use]
    pub fn is_block(&self) -> bool {
        self.spec.volume_mode.as_deref() == Some("Block")
    }

    /// Whether it may be mounted in that way.
    #[must_use]
    pub fn has_mode(&self, mode: &str) -> bool {
        self.spec.access_modes.iter().any(|other| **other == *mode)
    }
}

impl PersistentVolumeClaim {
    /// A reference to it as it is now.
    #[must_use]
    pub fn reference(&self) -> ObjectReference {
        ObjectReference {
            kind: "PersistentVolumeClaim".into(),
            api_version: "v1".into(),
            namespace: self.meta.namespace.clone(),
            name: self.meta.name.clone(),
            uid: self.meta.uid.clone(),
            resource_version: self.meta.resource_version.0.to_string().into(),
            ..ObjectReference::default()
        }
    }

    /// The class, perhaps by an annotation of old; empty where there is none.
    // Models GetPersistentVolumeClaimClass.
    #[must_use]
    pub fn class(&self) -> &str {
        let annotated = self.meta.annotation(names::CLASS);
        annotated
            .or(self.spec.storage_class_name.as_ref())
            .map_or("", |class| class)
    }

    /// Whether it says which class it wants, be it none.
    // Models PersistentVolumeClaimHasClass.
    #[must_use]
    pub fn has_class(&self) -> bool {
        self.meta.annotation(names::CLASS).is_some() || self.spec.storage_class_name.is_some()
    }

    /// How much it asks for.
    #[must_use]
    pub fn request(&self) -> Quantity {
        storage(&self.spec.resources.requests)
    }

    /// How much it has.
    #[must_use]
    pub fn capacity(&self) -> Quantity {
        storage(&self.status.capacity)
    }

    /// Whether it has a volume and the binding is complete.
    // Models pkg/scheduler/framework/plugins/volumebinding isPVCFullyBound.
    #[must_use]
    pub fn is_bound(&self) -> bool {
        !self.spec.volume_name.is_empty() && self.meta.annotation(names::BIND_COMPLETED).is_some()
    }

    /// Whether it asks for a raw device.
    #[must_use]
    pub fn is_block(&self) -> bool {
        self.spec.volume_mode.as_deref() == Some("Block")
    }
}

impl StorageClass {
    /// Whether claims of this class wait for a pod.
    // Models IsDelayBindingMode.
    #[must_use]
    pub fn waits_for_consumer(&self) -> bool {
        self.volume_binding_mode.as_deref() == Some("WaitForFirstConsumer")
    }

    /// Whether claims that name no class get this one.
    #[must_use]
    pub fn is_default(&self) -> bool {
        let marked = |mark: &&str| self.meta.annotation(mark).is_some_and(|value| &**value == "true");
        names::DEFAULT_CLASS.iter().any(marked)
    }

    /// Whether something makes volumes of this class.
    #[must_use]
    pub fn provisions(&self) -> bool {
        &*self.provisioner != names::NO_PROVISIONER
    }
}

/// The class of claims that name none: the newest of those that are marked, by name among equals.
// Models pkg/volume/util/storageclass.go GetDefaultClass.
pub fn default_class<'a>(classes: impl Iterator<Item = &'a Rc<StorageClass>>) -> Option<&'a Rc<StorageClass>> {
    let marked = classes.filter(|class| class.is_default());
    marked.min_by(|a, b| {
        let newer = b.meta.creation_timestamp.cmp(&a.meta.creation_timestamp);
        newer.then_with(|| a.meta.name.cmp(&b.meta.name))
    })
}
