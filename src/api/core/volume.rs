//! Volumes of a pod.

use std::rc::Rc;

use crate::api::Str;
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
