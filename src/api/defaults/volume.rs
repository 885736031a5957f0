//! Volumes.

use serde_json::{Value, json};

use crate::api::core::{EmptyDirVolumeSource, Volume};

/// Files of ConfigMaps and Secrets: `0644`.
const FILE_MODE: i32 = 0o644;
const TOKEN_EXPIRATION_SECONDS: i64 = 3600;

// Models SetDefaults_Volume and the sources' own.
pub(super) fn default_volume(volume: &mut Volume) {
    let declared = volume.empty_dir.is_some()
        || volume.host_path.is_some()
        || volume.config_map.is_some()
        || volume.secret.is_some()
        || volume.persistent_volume_claim.is_some()
        || volume.nfs.is_some()
        || volume.ephemeral.is_some()
        || volume.image.is_some();
    if !declared && volume.rest.iter().next().is_none() {
        volume.empty_dir = Some(EmptyDirVolumeSource::default());
    }
    if let Some(source) = &mut volume.config_map {
        source.default_mode.get_or_insert(FILE_MODE);
    }
    if let Some(source) = &mut volume.secret {
        source.default_mode.get_or_insert(FILE_MODE);
    }
    if let Some(source) = &mut volume.host_path {
        source.kind.get_or_insert_with(|| "".into());
    }
    if let Some(source) = &mut volume.ephemeral
        && let Some(template) = &mut source.volume_claim_template
        && let Some(Value::Object(mut spec)) = template.rest.take("spec")
    {
        spec.entry("volumeMode").or_insert(json!("Filesystem"));
        template.rest.set("spec", Value::Object(spec));
    }
    if let Some(source) = &mut volume.image {
        super::fill(
            &mut source.pull_policy,
            super::container::pull_policy(&source.reference),
        );
    }
    for name in ["projected", "downwardAPI"] {
        if let Some(Value::Object(mut source)) = volume.rest.take(name) {
            source.entry("defaultMode").or_insert(json!(FILE_MODE));
            if let Some(there) = source.get_mut("items") {
                default_fields(there);
            }
            if let Some(there) = source.get_mut("sources") {
                default_projections(there);
            }
            volume.rest.set(name, Value::Object(source));
        }
    }
}

fn default_projections(sources: &mut Value) {
    for source in sources.as_array_mut().into_iter().flatten() {
        if let Some(Value::Object(token)) = source.get_mut("serviceAccountToken") {
            token
                .entry("expirationSeconds")
                .or_insert(json!(TOKEN_EXPIRATION_SECONDS));
        }
        if let Some(there) = source.pointer_mut("/downwardAPI/items") {
            default_fields(there);
        }
    }
}

fn default_fields(items: &mut Value) {
    for item in items.as_array_mut().into_iter().flatten() {
        if let Some(Value::Object(field)) = item.get_mut("fieldRef") {
            field.entry("apiVersion").or_insert(json!("v1"));
        }
        if let Some(Value::Object(resource)) = item.get_mut("resourceFieldRef") {
            resource.entry("divisor").or_insert(json!("0"));
        }
    }
}
