//! Volumes of a pod.

use std::rc::Rc;

use crate::api::Str;
use crate::api::meta::ObjectMeta;
use crate::api::quantity::Quantity;

lean! {
    /// A volume. Sources that are not declared here are kept in `rest`.
    pub struct Volume {
        name: Str = "name" 'always,
        empty_dir: Option<EmptyDirVolumeSource> = "emptyDir",
        host_path: Option<HostPathVolumeSource> = "hostPath",
        config_map: Option<ConfigMapVolumeSource> = "configMap",
        secret: Option<SecretVolumeSource> = "secret",
        persistent_volume_claim: Option<PersistentVolumeClaimVolumeSource> = "persistentVolumeClaim",
        nfs: Option<NfsVolumeSource> = "nfs",
        ephemeral: Option<EphemeralVolumeSource> = "ephemeral",
        image: Option<ImageVolumeSource> = "image",
    }

    /// A directory that lives as long as its pod.
    pub struct EmptyDirVolumeSource {
        medium: Str = "medium",
        size_limit: Option<Quantity> = "sizeLimit",
    }

    /// A path on the node.
    pub struct HostPathVolumeSource {
        path: Str = "path" 'always,
        kind: Option<Str> = "type",
    }

    /// A directory of a file server.
    pub struct NfsVolumeSource {
        server: Str = "server" 'always,
        path: Str = "path" 'always,
        read_only: bool = "readOnly",
    }

    /// A claim that is made for the pod and goes with it.
    pub struct EphemeralVolumeSource {
        volume_claim_template: Option<ClaimTemplate> = "volumeClaimTemplate",
    }

    /// A claim that is to be made; all but its metadata is kept as it is.
    pub struct ClaimTemplate {
        meta: ObjectMeta = "metadata" 'always,
    }

    /// The files of an image.
    pub struct ImageVolumeSource {
        reference: Str = "reference",
        pull_policy: Str = "pullPolicy",
    }

    /// A ConfigMap as files.
    pub struct ConfigMapVolumeSource {
        name: Str = "name",
        items: Rc<[KeyToPath]> = "items",
        default_mode: Option<i32> = "defaultMode",
        optional: bool = "optional",
    }

    /// A Secret as files.
    pub struct SecretVolumeSource {
        secret_name: Str = "secretName",
        items: Rc<[KeyToPath]> = "items",
        default_mode: Option<i32> = "defaultMode",
        optional: bool = "optional",
    }

    /// A key as a file.
    pub struct KeyToPath {
        key: Str = "key" 'always,
        path: Str = "path" 'always,
        mode: Option<i32> = "mode",
    }

    /// A claim of the pod's namespace.
    pub struct PersistentVolumeClaimVolumeSource {
        claim_name: Str = "claimName" 'always,
        read_only: bool = "readOnly",
    }
}

impl Volume {
    /// The claim that the volume is of: one that it names, or one that is made for the pod of that name.
    // Models k8s.io/component-helpers/storage/ephemeral VolumeClaimName.
    #[must_use]
    pub fn claim_name(&self, pod: &str) -> Option<Str> {
        match (&self.persistent_volume_claim, &self.ephemeral) {
            (Some(claim), _) => Some(claim.claim_name.clone()),
            (None, Some(_)) => Some(format!("{pod}-{}", self.name).into()),
            (None, None) => None,
        }
    }
}
