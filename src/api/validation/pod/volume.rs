//! Rules for volumes and where they are mounted.

use crate::sim::btree::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::path::{descending_path, no_backsteps, non_reserved_path};
use super::{env, plugin};
use crate::api::names::{FieldError, FieldErrors, is_dns1123_label, name_is_dns_subdomain, quote};
use crate::api::validation::at::At;
use crate::api::validation::{meta, storage};

/// The volumes of a pod by name.
pub(super) type Volumes<'a> = BTreeMap<&'a str, &'a Value>;

const MODE: &str = "must be a number between 0 and 0777 (octal), both inclusive";
const MODE_MAX: i64 = 0o777;

/// Sources in the order of upstream's checks.
const SOURCES: [&str; 30] = [
    "emptyDir",
    "hostPath",
    "gitRepo",
    "gcePersistentDisk",
    "awsElasticBlockStore",
    "secret",
    "nfs",
    "iscsi",
    "glusterfs",
    "flocker",
    "persistentVolumeClaim",
    "rbd",
    "cinder",
    "cephfs",
    "quobyte",
    "downwardAPI",
    "fc",
    "flexVolume",
    "configMap",
    "azureFile",
    "vsphereVolume",
    "photonPersistentDisk",
    "portworxVolume",
    "azureDisk",
    "storageos",
    "projected",
    "scaleIO",
    "csi",
    "ephemeral",
    "image",
];

/// What is wrong with the volumes; gives those that can be mounted.
// Models ValidateVolumes.
pub(super) fn volumes<'a>(at: &At<'a, '_>, pod_name: &str, errors: &mut FieldErrors) -> Volumes<'a> {
    let mut good = Volumes::new();
    let made = |claim: &str| {
        let own = |volume: At<'_, '_>| {
            let name = volume.get("name").text();
            volume.get("ephemeral").is_set() && claim.strip_prefix(pod_name) == Some(&["-", name].concat())
        };
        !pod_name.is_empty() && at.items().any(own)
    };
    for volume in at.value.as_array().into_iter().flatten().enumerate() {
        let (index, value) = volume;
        let volume = At::new(value, at.path.index(index));
        let before = errors.len();
        source(&volume, pod_name, errors);
        let name = volume.get("name");
        name.required_rule(errors, is_dns1123_label);
        let name_text = value["name"].as_str().unwrap_or_default();
        if good.contains_key(name_text) {
            name.duplicate(errors);
        }
        if errors.len() == before {
            good.insert(name_text, value);
        }
        let claim = volume.get("persistentVolumeClaim");
        let claim = claim.get("claimName");
        if claim.is_filled() && made(claim.text()) {
            claim.invalid(
                errors,
                "must not reference a PVC that gets created for an ephemeral volume",
            );
        }
    }
    good
}

// Models validateVolumeSource.
fn source(volume: &At<'_, '_>, pod_name: &str, errors: &mut FieldErrors) {
    let mut count = 0;
    for name in SOURCES {
        let one = volume.get(name);
        if !one.is_set() {
            continue;
        }
        count += 1;
        if count > 1 {
            // Upstream's own spelling.
            let told = match name {
                "cephfs" => "cephFS",
                "downwardAPI" => "downwarAPI",
                name => name,
            };
            let path = volume.path.child(told);
            errors.push(FieldError::forbidden(&path, "may not specify more than 1 volume type"));
            continue;
        }
        match name {
            "emptyDir" => empty_dir(&one, errors),
            "hostPath" => host_path(&one, errors),
            "secret" => files(&one, "secretName", errors),
            "configMap" => files(&one, "name", errors),
            "nfs" => nfs(&one, errors),
            "downwardAPI" => {
                mode(&one.get("defaultMode"), errors);
                for file in one.get("items").items() {
                    downward_file(&file.told_as(one.path), errors);
                }
            }
            "projected" => projected(&one, errors),
            "ephemeral" => ephemeral(volume, &one, pod_name, errors),
            "image" => image(&one, !pod_name.is_empty(), errors),
            _ => plugin::source(name, &one, false, errors),
        }
    }
    if count == 0 {
        volume.required(errors, "must specify a volume type");
    }
}

// Models validateImageVolumeSource.
fn image(at: &At<'_, '_>, in_pod: bool, errors: &mut FieldErrors) {
    if in_pod {
        at.required_fields(&["reference"], errors);
    }
    at.get("pullPolicy")
        .one_of(errors, &["Always", "IfNotPresent", "Never"]);
}

fn empty_dir(at: &At<'_, '_>, errors: &mut FieldErrors) {
    let limit = at.get("sizeLimit");
    if limit.quantity().is_some_and(|limit| limit.sign() < 0) {
        limit.forbidden(errors, "SizeLimit field must be a valid resource quantity");
    }
}

// Models validateHostPathVolumeSource.
pub(in crate::api::validation) fn host_path(at: &At<'_, '_>, errors: &mut FieldErrors) {
    let (path, kind) = (at.get("path"), at.get("type"));
    if path.text().is_empty() {
        return path.required(errors, "");
    }
    no_backsteps(&path, errors);
    let kinds = [
        "",
        "BlockDevice",
        "CharDevice",
        "Directory",
        "DirectoryOrCreate",
        "File",
        "FileOrCreate",
        "Socket",
    ];
    if kind.is_set() {
        kind.among(errors, &kinds);
    }
}

// Models validateNFSVolumeSource.
pub(in crate::api::validation) fn nfs(at: &At<'_, '_>, errors: &mut FieldErrors) {
    let path = at.get("path");
    for required in [&at.get("server"), &path] {
        if required.text().is_empty() {
            required.required(errors, "");
        }
    }
    if !path.text().starts_with('/') {
        path.invalid_text(errors, "must be an absolute path");
    }
}

/// A ConfigMap or Secret as files.
// Models validateConfigMapVolumeSource and validateSecretVolumeSource.
fn files(at: &At<'_, '_>, name: &str, errors: &mut FieldErrors) {
    if at.get(name).text().is_empty() {
        at.get(name).required(errors, "");
    }
    mode(&at.get("defaultMode"), errors);
    at.get("items").items().for_each(|item| key_to_path(&item, errors));
}

fn mode(at: &At<'_, '_>, errors: &mut FieldErrors) {
    if at.is_set() && !(0..=MODE_MAX).contains(&at.int()) {
        at.invalid(errors, MODE);
    }
}

// Models validateKeyToPath.
fn key_to_path(at: &At<'_, '_>, errors: &mut FieldErrors) {
    for field in ["key", "path"] {
        if at.get(field).text().is_empty() {
            at.get(field).required(errors, "");
        }
    }
    non_reserved_path(&at.get("path"), errors);
    mode(&at.get("mode"), errors);
}

// Models validateDownwardAPIVolumeFile.
fn downward_file(at: &At<'_, '_>, errors: &mut FieldErrors) {
    let (path, field, resource) = (at.get("path"), at.get("fieldRef"), at.get("resourceFieldRef"));
    if path.text().is_empty() {
        path.required(errors, "");
    }
    non_reserved_path(&path, errors);
    match (field.is_set(), resource.is_set()) {
        (true, both) => {
            env::field(&field, &env::FOR_FILES, errors);
            if both {
                let detail = "fieldRef and resourceFieldRef can not be specified simultaneously";
                at.invalid_as(errors, "resource", detail);
            }
        }
        (false, true) => env::resource(&resource, true, errors),
        (false, false) => at.required(errors, "one of fieldRef and resourceFieldRef is required"),
    }
    mode(&at.get("mode"), errors);
}

const TOKEN_SECONDS_MIN: i64 = 600;
const TOKEN_SECONDS_MAX: i64 = 1 << 32;

// Models validateProjectedVolumeSource.
fn projected(at: &At<'_, '_>, errors: &mut FieldErrors) {
    mode(&at.get("defaultMode"), errors);
    let mut paths = BTreeSet::new();
    for source in at.get("sources").items() {
        let mut count = 0;
        for kind in ["secret", "configMap"] {
            let one = source.get(kind);
            if !one.is_set() {
                continue;
            }
            count += 1;
            let name = one.get("name");
            if name.text().is_empty() {
                name.required(errors, "");
            }
            for item in one.get("items").items() {
                key_to_path(&item, errors);
                conflict(at, item.get("path").text(), name.text(), &mut paths, errors);
            }
        }
        let downward = source.get("downwardAPI");
        if downward.is_set() {
            count += 1;
            for file in downward.get("items").items() {
                downward_file(&file.told_as(downward.path), errors);
                let path = file.get("path").text();
                conflict(at, path, path, &mut paths, errors);
            }
        }
        let token = source.get("serviceAccountToken");
        if token.is_set() {
            count += 1;
            service_account_token(at, &token, errors);
        }
        count += usize::from(source.get("clusterTrustBundle").is_set());
        count += usize::from(source.get("podCertificate").is_set());
        if count > 1 {
            source.forbidden(errors, "may not specify more than 1 volume type per source");
        }
    }
}

fn conflict(at: &At<'_, '_>, path: &str, shown: &str, paths: &mut BTreeSet<String>, errors: &mut FieldErrors) {
    if !path.is_empty() && !paths.insert(path.to_owned()) {
        at.invalid_as(errors, shown, "conflicting duplicate paths");
    }
}

fn service_account_token(at: &At<'_, '_>, token: &At<'_, '_>, errors: &mut FieldErrors) {
    let (seconds, path) = (token.get("expirationSeconds"), token.get("path"));
    if seconds.int() < TOKEN_SECONDS_MIN {
        seconds.invalid_int(errors, "may not specify a duration less than 10 minutes");
    }
    if seconds.int() > TOKEN_SECONDS_MAX {
        seconds.invalid_int(errors, "may not specify a duration larger than 2^32 seconds");
    }
    let told = path.told_as(at.path.child("path"));
    if path.text().is_empty() {
        told.required(errors, "");
    } else {
        non_reserved_path(&told, errors);
    }
}

// Models validateEphemeralVolumeSource.
fn ephemeral(volume: &At<'_, '_>, at: &At<'_, '_>, pod_name: &str, errors: &mut FieldErrors) {
    let template = at.get("volumeClaimTemplate");
    if template.is_set() {
        template_metadata(&template.get("metadata"), errors);
        storage::claim_spec(&template.get("spec"), errors);
    } else {
        template.required(errors, "");
    }
    let name = volume.get("name").text();
    if !pod_name.is_empty() && !name.is_empty() {
        let claim = format!("{pod_name}-{name}");
        for message in name_is_dns_subdomain(&claim, false) {
            let detail = format!("PVC name {}: {message}", quote(&claim));
            volume.get("name").invalid(errors, detail);
        }
    }
}

/// Only labels and annotations may be given beforehand.
// Models ValidateTemplateObjectMeta.
fn template_metadata(at: &At<'_, '_>, errors: &mut FieldErrors) {
    meta::annotations(&at.get("annotations"), errors);
    meta::labels(&at.get("labels"), errors);
    for (key, value) in at.value.as_object().into_iter().flatten() {
        let is_given = !value.is_null() && *value != "";
        if is_given && !matches!(key.as_str(), "annotations" | "labels") {
            at.get(key).forbidden(errors, "cannot be set");
        }
    }
}

/// Mounts and devices of a container.
// Models ValidateVolumeMounts and ValidateVolumeDevices.
pub(super) fn mounts(container: &At<'_, '_>, volumes: &Volumes<'_>, errors: &mut FieldErrors) {
    let (all, devices) = (container.get("volumeMounts"), container.get("volumeDevices"));
    let mut points = BTreeSet::new();
    for mount in all.items() {
        let (name, point) = (mount.get("name"), mount.get("mountPath"));
        if name.text().is_empty() {
            name.required(errors, "");
        }
        if !volumes.contains_key(name.text()) {
            errors.push(FieldError::not_found(&name.path, name.text()));
        }
        if point.text().is_empty() {
            point.required(errors, "");
        }
        if !points.insert(point.text()) {
            point.invalid_text(errors, "must be unique");
        }
        if devices.items().any(|device| device.get("name").text() == name.text()) {
            name.invalid_text(errors, "must not already exist in volumeDevices");
        }
        if devices
            .items()
            .any(|device| device.get("devicePath").text() == point.text())
        {
            point.invalid_text(errors, "must not already exist as a path in volumeDevices");
        }
        sub_path(&all, &mount, errors);
        propagation(container, &all, &mount, errors);
    }
    self::devices(&devices, &all, volumes, errors);
}

fn sub_path(all: &At<'_, '_>, mount: &At<'_, '_>, errors: &mut FieldErrors) {
    let (path, expression) = (mount.get("subPath"), mount.get("subPathExpr"));
    if !path.text().is_empty() {
        descending_path(&path.told_as(all.path.child("subPath")), errors);
    }
    if !expression.text().is_empty() {
        if !path.text().is_empty() {
            expression.invalid(errors, "subPathExpr and subPath are mutually exclusive");
        }
        descending_path(&expression.told_as(all.path.child("subPathExpr")), errors);
    }
}

// Models validateMountPropagation and validateMountRecursiveReadOnly.
fn propagation(container: &At<'_, '_>, all: &At<'_, '_>, mount: &At<'_, '_>, errors: &mut FieldErrors) {
    let (propagation, recursive) = (mount.get("mountPropagation"), mount.get("recursiveReadOnly"));
    if propagation.is_set() {
        let told = propagation.told_as(all.path.child("mountPropagation"));
        told.among(errors, &["Bidirectional", "HostToContainer", "None"]);
        let context = container.get("securityContext");
        if told.text() == "Bidirectional" && !context.get("privileged").is_true() {
            let detail = "Bidirectional mount propagation is available only to privileged containers";
            told.forbidden(errors, detail);
        }
    }
    let told = recursive.told_as(all.path.child("recursiveReadOnly"));
    match recursive.text() {
        "Enabled" | "IfPossible" => {
            if !mount.get("readOnly").is_true() {
                told.forbidden(errors, "may only be specified when readOnly is true");
            }
            if propagation.is_set() && propagation.text() != "None" {
                let detail = "may only be specified when mountPropagation is None or not specified";
                told.forbidden(errors, detail);
            }
        }
        "Disabled" => {}
        _ if recursive.is_set() => told.not_supported(errors, &["Disabled", "Enabled", "IfPossible"]),
        _ => {}
    }
}

fn devices(at: &At<'_, '_>, mounts: &At<'_, '_>, volumes: &Volumes<'_>, errors: &mut FieldErrors) {
    let (mut names, mut paths) = (BTreeSet::new(), BTreeSet::new());
    for device in at.items() {
        let (name, path) = (device.get("name"), device.get("devicePath"));
        if name.text().is_empty() {
            name.required(errors, "");
        }
        if names.contains(name.text()) {
            name.invalid_text(errors, "must be unique");
        }
        match volumes.get(name.text()) {
            None => errors.push(FieldError::not_found(&name.path, name.text())),
            Some(volume) if volume["persistentVolumeClaim"].is_null() && volume["ephemeral"].is_null() => {
                let detail = "can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode";
                name.invalid_text(errors, detail);
            }
            Some(_) => {}
        }
        if path.text().is_empty() {
            path.required(errors, "");
        }
        if paths.contains(path.text()) {
            path.invalid_text(errors, "must be unique");
        }
        if path.text().split('/').any(|part| part == "..") {
            path.invalid_text(errors, "can not contain backsteps ('..')");
        } else {
            paths.insert(path.text());
        }
        if mounts.items().any(|mount| mount.get("name").text() == name.text()) {
            name.invalid_text(errors, "must not already exist in volumeMounts");
        }
        if mounts.items().any(|mount| mount.get("mountPath").text() == path.text()) {
            path.invalid_text(errors, "must not already exist as a path in volumeMounts");
        }
        if !name.text().is_empty() {
            names.insert(name.text());
        }
    }
}
