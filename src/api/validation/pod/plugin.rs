//! Rules for the volumes of storage systems, in pods and as PersistentVolumes: mostly what must be there.

use super::path::descending_path;
use crate::api::names::{FieldErrors, is_dns1123_label, is_dns1123_subdomain, name_is_dns_label};
use crate::api::validation::at::At;
use crate::api::validation::storage::driver_name;

/// What each source must have.
const REQUIRED: [(&str, &[&str]); 17] = [
    ("gitRepo", &["repository"]),
    ("gcePersistentDisk", &["pdName"]),
    ("awsElasticBlockStore", &["volumeID"]),
    ("iscsi", &["targetPortal", "iqn"]),
    ("glusterfs", &["endpoints", "path"]),
    ("rbd", &["monitors", "image"]),
    ("cinder", &["volumeID"]),
    ("cephfs", &["monitors"]),
    ("flexVolume", &["driver"]),
    ("azureFile", &["secretName", "shareName"]),
    ("vsphereVolume", &["volumePath"]),
    ("photonPersistentDisk", &["pdID"]),
    ("portworxVolume", &["volumeID"]),
    ("azureDisk", &["diskName", "diskURI"]),
    ("scaleIO", &["gateway", "system", "volumeName"]),
    ("persistentVolumeClaim", &["claimName"]),
    ("storageos", &["volumeName"]),
];

/// The source `name`; those of PersistentVolumes name secrets with their namespaces.
// Models pkg/apis/core/validation/validation.go validate*VolumeSource.
pub(in crate::api::validation) fn source(name: &str, at: &At<'_, '_>, persistent: bool, errors: &mut FieldErrors) {
    // Upstream calls it otherwise where it tells of its fields.
    if name == "gcePersistentDisk" {
        let parent = at.path.to_string();
        let told = parent.replace("gcePersistentDisk", "persistentDisk");
        return partition(&at.told_as(crate::api::names::Path::new(&told)), "pdName", errors);
    }
    if let Some((_, fields)) = REQUIRED.iter().find(|(known, _)| *known == name) {
        at.required_fields(fields, errors);
    }
    match name {
        "gitRepo" => descending_path(&at.get("directory"), errors),
        "awsElasticBlockStore" => partition_number(&at.get("partition"), errors),
        "iscsi" => iscsi(at, persistent, errors),
        "quobyte" => quobyte(at, errors),
        "flocker" => flocker(at, errors),
        "fc" => fibre_channel(at, errors),
        "flexVolume" => options(&at.get("options"), errors),
        "azureDisk" => azure_disk(at, errors),
        "csi" => csi(at, persistent, errors),
        "storageos" => {
            at.get("volumeName").optional_rule(errors, is_dns1123_label);
            at.get("volumeNamespace").optional_rule(errors, is_dns1123_label);
        }
        "glusterfs" if persistent => {
            let namespace = at.get("endpointsNamespace");
            if namespace.is_set() && namespace.text().is_empty() {
                namespace.invalid(
                    errors,
                    "if the endpointnamespace is set, it must be a valid namespace name",
                );
            } else if namespace.is_set() {
                namespace.rule(errors, name_is_dns_label(namespace.text(), false));
            }
        }
        "azureFile" if persistent => {
            let namespace = at.get("secretNamespace");
            if namespace.is_set() && namespace.text().is_empty() {
                namespace.required(errors, "");
            }
        }
        _ => {}
    }
    let secret = at.get("secretRef");
    if matches!(name, "cinder" | "storageos") && secret.is_set() {
        let fields: &[&str] = if persistent { &["name", "namespace"] } else { &["name"] };
        secret.required_fields(fields, errors);
    }
}

fn partition(at: &At<'_, '_>, required: &str, errors: &mut FieldErrors) {
    at.required_fields(&[required], errors);
    partition_number(&at.get("partition"), errors);
}

/// Zero passes, though the message does not say so.
fn partition_number(at: &At<'_, '_>, errors: &mut FieldErrors) {
    if at.int() != 0 {
        at.within(errors, 1..=255);
    }
}

fn iscsi(at: &At<'_, '_>, persistent: bool, errors: &mut FieldErrors) {
    let form = if persistent {
        "must be valid format"
    } else {
        "must be valid format starting with iqn, eui, or naa"
    };
    let name = at.get("iqn");
    if name.is_filled() {
        initiator(&name, form, errors);
    }
    at.get("lun").within(errors, 0..=255);
    let authenticates = at.get("chapAuthDiscovery").is_true() || at.get("chapAuthSession").is_true();
    if authenticates && !at.get("secretRef").is_set() {
        at.get("secretRef").required(errors, "");
    } else if persistent && at.get("secretRef").is_set() {
        at.get("secretRef").required_fields(&["name"], errors);
    }
    let own = at.get("initiatorName");
    if own.is_set() {
        initiator(&own.told_as(at.path.child("initiatorname")), form, errors);
    }
}

fn initiator(at: &At<'_, '_>, form: &str, errors: &mut FieldErrors) {
    let letters = |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let text = at.text();
    let good = match text.get(..3) {
        Some("iqn") => is_iqn(text),
        Some("eui") => text.len() == 20 && letters(&text[4..]),
        Some("naa") => text.len() == 36 && letters(&text[4..]),
        _ => return at.invalid(errors, form),
    };
    if !good {
        at.invalid(errors, "must be valid format");
    }
}

/// `iqn.2017-04.com.example:storage`.
fn is_iqn(text: &str) -> bool {
    let digits = |text: &str, count: usize| text.len() == count && text.bytes().all(|byte| byte.is_ascii_digit());
    let parts = text.strip_prefix("iqn.").and_then(|rest| rest.split_once('.'));
    let Some((date, (host, target))) = parts.and_then(|(date, rest)| Some((date, rest.split_once(':')?))) else {
        return false;
    };
    date.split_once('-')
        .is_some_and(|(year, month)| digits(year, 4) && digits(month, 2))
        && !host.is_empty()
        && host
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.'))
        && !target.is_empty()
        && !target.contains([',', ';', '*', '&', '$', '|', ' ', '\t', '\n'])
}

fn quobyte(at: &At<'_, '_>, errors: &mut FieldErrors) {
    let (registry, tenant) = (at.get("registry"), at.get("tenant"));
    let pairs = "must be a host:port pair or multiple pairs separated by commas";
    if registry.text().is_empty() {
        registry.required(errors, pairs);
    } else if tenant.text().len() >= 65 {
        tenant.required(errors, "must be a UUID and may not exceed a length of 64 characters");
    } else {
        for _ in registry.text().split(',').filter(|pair| pair.matches(':').count() != 1) {
            registry.invalid(errors, pairs);
        }
    }
    at.required_fields(&["volume"], errors);
}

fn flocker(at: &At<'_, '_>, errors: &mut FieldErrors) {
    let name = at.get("datasetName");
    match (name.is_filled(), at.get("datasetUUID").is_filled()) {
        (false, false) => at.required(errors, "one of datasetName and datasetUUID is required"),
        (true, true) => {
            let detail = "datasetName and datasetUUID can not be specified simultaneously";
            at.invalid_as(errors, "resource", detail);
        }
        _ => {}
    }
    if name.text().contains('/') {
        name.invalid(errors, "must not contain '/'");
    }
}

fn fibre_channel(at: &At<'_, '_>, errors: &mut FieldErrors) {
    let (targets, lun) = (at.get("targetWWNs"), at.get("lun"));
    match (targets.len() > 0, at.get("wwids").len() > 0) {
        (false, false) => targets.required(errors, "must specify either targetWWNs or wwids, but not both"),
        (true, true) => targets.invalid(errors, "targetWWNs and wwids can not be specified simultaneously"),
        _ => {}
    }
    if targets.len() > 0 && !lun.is_set() {
        lun.required(errors, "lun is required if targetWWNs is specified");
    } else if targets.len() > 0 {
        lun.within(errors, 0..=255);
    }
}

fn options(at: &At<'_, '_>, errors: &mut FieldErrors) {
    for (key, value) in at.entries() {
        let domain = [".", &key.split('/').next().unwrap_or(key).to_ascii_lowercase()].concat();
        if domain.ends_with(".kubernetes.io") || domain.ends_with(".k8s.io") {
            value.invalid_as(errors, key, "kubernetes.io and k8s.io namespaces are reserved");
        }
    }
}

fn azure_disk(at: &At<'_, '_>, errors: &mut FieldErrors) {
    let (caching, kind, uri) = (at.get("cachingMode"), at.get("kind"), at.get("diskURI"));
    if caching.is_set() {
        caching.among(errors, &["None", "ReadOnly", "ReadWrite"]);
    }
    if !kind.is_set() {
        return;
    }
    kind.among(errors, &["Dedicated", "Managed", "Shared"]);
    let (prefix, form) = if kind.text() == "Managed" {
        (
            "/subscriptions/",
            "/subscriptions/{sub-id}/resourcegroups/{group-name}/providers/microsoft.compute/disks/{disk-id}",
        )
    } else {
        (
            "https://",
            "https://{account-name}.blob.core.windows.net/{container-name}/{disk-name}.vhd",
        )
    };
    if !uri.text().starts_with(prefix) {
        uri.not_supported(errors, &[form]);
    }
}

const SECRETS: [&str; 4] = [
    "controllerPublishSecretRef",
    "controllerExpandSecretRef",
    "nodePublishSecretRef",
    "nodeExpandSecretRef",
];

// Models validateCSIPersistentVolumeSource and validateCSIVolumeSource.
fn csi(at: &At<'_, '_>, persistent: bool, errors: &mut FieldErrors) {
    driver_name(&at.get("driver"), errors);
    if persistent {
        at.required_fields(&["volumeHandle"], errors);
        for secret in SECRETS.iter().map(|name| at.get(name)).filter(At::is_set) {
            secret.get("name").required_rule(errors, is_dns1123_subdomain);
            secret.get("namespace").required_rule(errors, is_dns1123_label);
        }
        return;
    }
    let secret = at.get("nodePublishSecretRef");
    if secret.is_set() {
        let name = secret.get("name");
        if name.text().is_empty() {
            name.required(errors, "");
        } else {
            // Upstream tells of it without the reference.
            errors.push_invalid(&at.path.child("name"), name.text(), is_dns1123_subdomain(name.text()));
        }
    }
}
