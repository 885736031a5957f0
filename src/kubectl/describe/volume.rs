//! Volumes of pods and templates.

use serde_json::Value;

use super::Page;
use crate::api::core::{ClaimTemplate, Volume};

// Models describeVolumes.
pub(super) fn describe(page: &mut Page, volumes: &[Volume], space: &str) {
    if volumes.is_empty() {
        page.write(0, &format!("{space}Volumes:\t<none>\n"));
        return;
    }
    page.write(0, &format!("{space}Volumes:\n"));
    let indent = if space.is_empty() { "" } else { " " };
    for volume in volumes {
        page.write(1, &format!("{indent}{}:\n", volume.name));
        source(page, volume);
    }
}

fn source(page: &mut Page, volume: &Volume) {
    if let Some(path) = &volume.host_path {
        page.pair(2, "Type", "HostPath (bare host directory volume)");
        page.pair(2, "Path", &path.path);
        page.pair(2, "HostPathType", path.kind.as_deref().unwrap_or("<none>"));
    } else if let Some(dir) = &volume.empty_dir {
        page.pair(
            2,
            "Type",
            "EmptyDir (a temporary directory that shares a pod's lifetime)",
        );
        page.pair(2, "Medium", &dir.medium);
        page.pair(
            2,
            "SizeLimit",
            &dir.size_limit
                .as_ref()
                .map_or_else(|| "<unset>".to_owned(), ToString::to_string),
        );
    } else if let Some(secret) = &volume.secret {
        page.pair(2, "Type", "Secret (a volume populated by a Secret)");
        page.pair(2, "SecretName", &secret.secret_name);
        page.pair(2, "Optional", &secret.optional.to_string());
    } else if let Some(map) = &volume.config_map {
        page.pair(2, "Type", "ConfigMap (a volume populated by a ConfigMap)");
        page.pair(2, "Name", &map.name);
        page.pair(2, "Optional", &map.optional.to_string());
    } else if let Some(claim) = &volume.persistent_volume_claim {
        page.pair(
            2,
            "Type",
            "PersistentVolumeClaim (a reference to a PersistentVolumeClaim in the same namespace)",
        );
        page.pair(2, "ClaimName", &claim.claim_name);
        page.pair(2, "ReadOnly", &claim.read_only.to_string());
    } else if let Some(projected) = volume.rest.get("projected") {
        page.pair(
            2,
            "Type",
            "Projected (a volume that contains injected data from multiple sources)",
        );
        projections(page, projected);
    } else if let Some(nfs) = &volume.nfs {
        page.pair(2, "Type", "NFS (an NFS mount that lasts the lifetime of a pod)");
        page.pair(2, "Server", &nfs.server);
        page.pair(2, "Path", &nfs.path);
        page.pair(2, "ReadOnly", &nfs.read_only.to_string());
    } else if let Some(image) = &volume.image {
        page.pair(2, "Type", "Image (a container image or OCI artifact)");
        page.pair(2, "Reference", &image.reference);
        page.pair(2, "PullPolicy", &image.pull_policy);
    } else if let Some(source) = &volume.ephemeral {
        page.pair(
            2,
            "Type",
            "EphemeralVolume (an inline specification for a volume that gets created and deleted with the pod)",
        );
        if let Some(template) = &source.volume_claim_template {
            claim_template(page, template);
        }
    } else {
        page.write(1, "<unknown>\n");
    }
}

// Models printPersistentVolumeClaim of a template.
fn claim_template(page: &mut Page, template: &ClaimTemplate) {
    let spec = template.rest.get("spec").cloned().unwrap_or_default();
    page.pair(2, "StorageClass", spec["storageClassName"].as_str().unwrap_or_default());
    page.pair(2, "Volume", "");
    for (title, labels) in [
        ("Labels", &template.meta.labels),
        ("Annotations", &template.meta.annotations),
    ] {
        let separator = if title == "Labels" { "=" } else { ": " };
        let lines: Vec<String> = labels
            .iter()
            .map(|(key, value)| format!("{key}{separator}{value}"))
            .collect();
        let text = if lines.is_empty() {
            "<none>".to_owned()
        } else {
            lines.join("\n    \t")
        };
        page.pair(2, title, &text);
    }
    page.pair(2, "Capacity", "");
    page.pair(2, "Access Modes", "");
    if let Some(mode) = spec["volumeMode"].as_str() {
        page.pair(2, "VolumeMode", mode);
    }
}

// Models printProjectedVolumeSource.
fn projections(page: &mut Page, projected: &Value) {
    for source in projected["sources"].as_array().into_iter().flatten() {
        let name = |kind: &str| source[kind]["name"].as_str().unwrap_or_default().to_owned();
        let optional = |kind: &str| source[kind]["optional"].as_bool().unwrap_or_default().to_string();
        if source["secret"].is_object() {
            page.pair(2, "SecretName", &name("secret"));
            page.pair(2, "Optional", &optional("secret"));
        } else if source["downwardAPI"].is_object() {
            page.pair(2, "DownwardAPI", "true");
        } else if source["configMap"].is_object() {
            page.pair(2, "ConfigMapName", &name("configMap"));
            page.pair(2, "Optional", &optional("configMap"));
        } else if let Some(seconds) = source["serviceAccountToken"]["expirationSeconds"].as_i64() {
            page.pair(2, "TokenExpirationSeconds", &seconds.to_string());
        }
    }
}
