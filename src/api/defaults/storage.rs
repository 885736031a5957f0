//! Volumes, claims and their classes.

use serde_json::json;

use super::body::{Body, child, existing, fill, put, spec};

// Models pkg/apis/core/v1/defaults.go SetDefaults_PersistentVolume.
pub(super) fn volume(body: &mut Body) {
    fill(child(body, "status"), "phase", "Pending");
    let spec = spec(body);
    fill(spec, "persistentVolumeReclaimPolicy", "Retain");
    fill(spec, "volumeMode", "Filesystem");
    if let Some(source) = existing(spec, "hostPath") {
        put(source, "type", "");
    }
}

// Models SetDefaults_PersistentVolumeClaim and SetDefaults_PersistentVolumeClaimSpec.
pub(super) fn claim(body: &mut Body) {
    fill(child(body, "status"), "phase", "Pending");
    fill(spec(body), "volumeMode", "Filesystem");
}

/// Kinds of `storage.k8s.io`.
// Models pkg/apis/storage/v1/defaults.go.
pub(super) fn storage(kind: &str, body: &mut Body) {
    match kind {
        "StorageClass" => {
            fill(body, "reclaimPolicy", "Delete");
            fill(body, "volumeBindingMode", "Immediate");
        }
        "CSIDriver" => {
            let spec = spec(body);
            put(spec, "attachRequired", true);
            for name in ["podInfoOnMount", "storageCapacity", "requiresRepublish", "seLinuxMount"] {
                put(spec, name, false);
            }
            put(spec, "fsGroupPolicy", "ReadWriteOnceWithFSType");
            fill(spec, "volumeLifecycleModes", json!(["Persistent"]));
        }
        _ => {}
    }
}
