//! Rules for volumes, claims and classes.
// Models pkg/apis/core/validation/validation.go and pkg/apis/storage/validation/validation.go.

use serde_json::Value;

use super::at::At;
use super::diff::diff;
use super::pod::{self, host_path, nfs};
use super::{meta, resources};
use crate::api::names::{
    FieldError, FieldErrors, Path, is_dns1123_label, is_dns1123_subdomain, is_qualified_name, name_is_dns_subdomain,
};

const ACCESS_MODES: [&str; 4] = ["ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"];
const VOLUME_MODES: [&str; 2] = ["Block", "Filesystem"];
/// Sources of a PersistentVolume.
const SOURCES: [&str; 22] = [
    "hostPath",
    "gcePersistentDisk",
    "awsElasticBlockStore",
    "glusterfs",
    "flocker",
    "nfs",
    "rbd",
    "quobyte",
    "cephfs",
    "iscsi",
    "cinder",
    "fc",
    "flexVolume",
    "azureFile",
    "vsphereVolume",
    "photonPersistentDisk",
    "portworxVolume",
    "azureDisk",
    "scaleIO",
    "local",
    "storageos",
    "csi",
];

fn access_modes(at: &At<'_, '_>, detail: &str, errors: &mut FieldErrors) {
    if at.len() == 0 {
        at.required(errors, detail);
    }
    for mode in at.items() {
        mode.told_as(at.path).among(errors, &ACCESS_MODES);
    }
    let has = |test: fn(&str) -> bool| at.texts().any(test);
    if has(|mode| mode == "ReadWriteOncePod") && has(|mode| mode != "ReadWriteOncePod" && ACCESS_MODES.contains(&mode))
    {
        at.forbidden(errors, "may not use ReadWriteOncePod with other access modes");
    }
}

fn class_name(at: &At<'_, '_>, errors: &mut FieldErrors) {
    if !at.text().is_empty() {
        at.rule(errors, is_dns1123_subdomain(at.text()));
    }
}

// Models ValidatePersistentVolumeClaim.
pub(super) fn claim(at: &At<'_, '_>, errors: &mut FieldErrors) {
    meta::metadata(&at.get("metadata"), true, name_is_dns_subdomain, errors);
    claim_spec(&at.get("spec"), errors);
}

// Models ValidatePersistentVolumeClaimSpec.
pub(super) fn claim_spec(spec: &At<'_, '_>, errors: &mut FieldErrors) {
    let modes = spec.get("accessModes");
    if modes.len() == 0 {
        modes.required(errors, "at least 1 access mode is required");
    }
    spec.get("selector").check_selector(errors);
    if modes.len() > 0 {
        access_modes(&modes, "", errors);
    }
    let resources = spec.get("resources");
    let requests = resources.get("requests");
    let size = requests.get("storage");
    let size = size.told_as(resources.path.key("storage"));
    match size.quantity() {
        None => size.required(errors, ""),
        Some(amount) if amount.sign() <= 0 => size.invalid_as(errors, &amount.to_string(), "must be greater than zero"),
        Some(_) => {}
    }
    class_name(&spec.get("storageClassName"), errors);
    let mode = spec.get("volumeMode");
    if mode.is_set() {
        mode.among(errors, &VOLUME_MODES);
    }
    data_sources(spec, errors);
    class_name(&spec.get("volumeAttributesClassName"), errors);
}

// Models validateDataSource and validateDataSourceRef.
fn data_sources(spec: &At<'_, '_>, errors: &mut FieldErrors) {
    let (source, reference) = (spec.get("dataSource"), spec.get("dataSourceRef"));
    for one in [&source, &reference].into_iter().filter(|one| one.is_set()) {
        one.required_fields(&["name", "kind"], errors);
        let (group, kind) = (one.get("apiGroup"), one.get("kind"));
        if group.text().is_empty() && kind.text() != "PersistentVolumeClaim" {
            let detail = "must be 'PersistentVolumeClaim' when referencing the default apiGroup";
            one.invalid_as(errors, kind.text(), detail);
        }
        group.optional_rule(errors, is_dns1123_subdomain);
        one.get("namespace").optional_rule(errors, is_dns1123_label);
    }
    // Upstream shows where it is instead of what it is.
    let shown = source.path.to_string();
    if reference.get("namespace").is_filled() {
        if source.is_set() {
            let detail = "may not be specified when dataSourceRef.namespace is specified";
            spec.invalid_as(errors, shown.as_str(), detail);
        }
    } else if source.is_set() && reference.is_set() && source.value != reference.value {
        spec.invalid_as(errors, shown.as_str(), "must match dataSourceRef");
    }
}

const CLASS_ANNOTATION: &str = "volume.beta.kubernetes.io/storage-class";

// Models ValidatePersistentVolumeClaimUpdate.
pub(super) fn claim_update(at: &At<'_, '_>, old: &Value, errors: &mut FieldErrors) {
    meta::metadata_update(&at.get("metadata"), &old["metadata"], errors);
    claim(at, errors);
    let (spec, before) = (at.get("spec"), &old["spec"]);
    let metadata = at.get("metadata");
    let annotations = metadata.get("annotations");
    let class = annotations.get(CLASS_ANNOTATION);
    if class.text()
        != old["metadata"]["annotations"][CLASS_ANNOTATION]
            .as_str()
            .unwrap_or_default()
    {
        let path = annotations.path.child(CLASS_ANNOTATION);
        class.told_as(path).invalid_text(errors, "field is immutable");
    }
    let mut munged = spec.value.clone();
    let mut old_spec = before.clone();
    if before["volumeName"].is_null() {
        old_spec["volumeName"] = munged["volumeName"].clone();
    }
    if before["storageClassName"].is_null() && !munged["storageClassName"].is_null() {
        old_spec["storageClassName"] = munged["storageClassName"].clone();
    }
    if at.get("status").get("phase").text() == "Bound" {
        munged["resources"]["requests"]["storage"] = before["resources"]["requests"]["storage"].clone();
        munged["volumeAttributesClassName"] = before["volumeAttributesClassName"].clone();
    }
    strip_nulls(&mut munged);
    strip_nulls(&mut old_spec);
    if munged != old_spec {
        let changes = diff("core", "PersistentVolumeClaimSpec", &old_spec, &munged);
        let detail =
            "spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims";
        spec.forbidden(errors, &format!("{detail}\n{changes}"));
    }
    let resources = spec.get("resources");
    let requests = resources.get("requests");
    let size = requests.get("storage");
    let old_value = &before["resources"]["requests"]["storage"];
    let old_size = At::new(old_value, size.path).quantity();
    let capacity = At::new(&old["status"]["capacity"]["storage"], size.path)
        .quantity()
        .unwrap_or_default();
    if size.quantity() < old_size && size.quantity().is_some_and(|size| size <= capacity) {
        size.forbidden(errors, "field can not be less than status.capacity");
    }
    immutable_at("volumeMode", &spec, before, errors);
    let class = spec.get("volumeAttributesClassName");
    if !old["status"]["currentVolumeAttributesClassName"].is_null()
        && *class.value != before["volumeAttributesClassName"]
    {
        let (is, word) = (class.is_set(), class.is_filled());
        let detail = match (is, word) {
            (false, _) => "update to nil is forbidden when status.currentVolumeAttributesClassName is not nil",
            (true, false) => {
                "update to empty string is forbidden when status.currentVolumeAttributesClassName is not nil"
            }
            _ => return,
        };
        class.forbidden(errors, detail);
    }
}

/// A field of the spec that stays, told of without the spec.
fn immutable_at(name: &str, spec: &At<'_, '_>, before: &Value, errors: &mut FieldErrors) {
    let path = Path::new(name);
    spec.get(name).told_as(path).immutable(errors, &before[name]);
}

fn strip_nulls(value: &mut Value) {
    if let Value::Object(map) = value {
        map.retain(|_, value| !value.is_null());
        map.values_mut().for_each(strip_nulls);
    }
}

// Models ValidatePersistentVolume.
pub(super) fn volume(at: &At<'_, '_>, errors: &mut FieldErrors) {
    meta::metadata(&at.get("metadata"), false, name_is_dns_subdomain, errors);
    let spec = at.get("spec");
    access_modes(&spec.get("accessModes"), "", errors);
    capacity(&spec.get("capacity"), errors);
    let policy = spec.get("persistentVolumeReclaimPolicy");
    if policy.is_filled() {
        policy.among(errors, &["Delete", "Recycle", "Retain"]);
    }
    let affinity = spec.get("nodeAffinity");
    if affinity.is_set() {
        let required = affinity.get("required");
        if required.is_set() {
            pod::node_selector(&required, errors);
        } else {
            required.required(errors, "must specify required node constraints");
        }
    }
    source(&spec, errors);
    class_name(&spec.get("storageClassName"), errors);
    let (mode, class) = (spec.get("volumeMode"), spec.get("volumeAttributesClassName"));
    if mode.is_set() {
        mode.among(errors, &VOLUME_MODES);
    }
    if class.is_set() {
        if class.text().is_empty() {
            class.required(errors, "an empty string is disallowed");
        }
        class_name(&class, errors);
        if !spec.get("csi").is_set() {
            let detail = "has to be specified when using volumeAttributesClassName";
            spec.get("csi").required(errors, detail);
        }
    }
}

fn capacity(at: &At<'_, '_>, errors: &mut FieldErrors) {
    if at.len() == 0 {
        at.required(errors, "");
    }
    if !at.get("storage").is_set() || at.len() > 1 {
        errors.push(FieldError::not_supported(&at.path, at.value, &["storage"]));
    }
    for (_, amount) in at.entries() {
        let Some(size) = amount.quantity() else { continue };
        if size.value() < 0 {
            amount.invalid_as(errors, size.value(), "must be a valid resource quantity");
        }
        if size.sign() <= 0 {
            amount.invalid_as(errors, &size.to_string(), "must be greater than zero");
        }
    }
}

fn source(spec: &At<'_, '_>, errors: &mut FieldErrors) {
    let mut count = 0;
    for name in SOURCES {
        let one = spec.get(name);
        if !one.is_set() {
            continue;
        }
        count += 1;
        match name {
            _ if count > 1 => one.forbidden(errors, "may not specify more than 1 volume type"),
            "hostPath" => host_path(&one, errors),
            "nfs" => nfs(&one, errors),
            "local" => local(spec, &one, errors),
            _ => pod::plugin(name, &one, true, errors),
        }
    }
    if count == 0 {
        spec.required(errors, "must specify a volume type");
    }
    let host = spec.get("hostPath");
    let root = matches!(host.get("path").text(), "/" | "//" | "/.");
    let policy = spec.get("persistentVolumeReclaimPolicy");
    if root && policy.text() == "Recycle" {
        policy.forbidden(errors, "may not be 'recycle' for a hostPath mount of '/'");
    }
}

// Models validateLocalVolumeSource.
fn local(spec: &At<'_, '_>, at: &At<'_, '_>, errors: &mut FieldErrors) {
    let path = at.get("path");
    if path.text().is_empty() {
        path.required(errors, "");
    } else {
        pod::no_backsteps(&path, errors);
    }
    let affinity = spec.get("nodeAffinity");
    if !affinity.is_set() {
        affinity.required(errors, "Local volume requires node affinity");
    }
}

// Models ValidatePersistentVolumeUpdate.
pub(super) fn volume_update(at: &At<'_, '_>, old: &Value, errors: &mut FieldErrors) {
    volume(at, errors);
    let spec = at.get("spec");
    let pick = |spec: &Value| {
        let sources = SOURCES.iter().filter(|name| !spec[**name].is_null());
        Value::Object(sources.map(|name| ((*name).to_owned(), spec[*name].clone())).collect())
    };
    let (mut new, before) = (pick(spec.value), pick(&old["spec"]));
    // A secret for growing may be added.
    let secret = "controllerExpandSecretRef";
    if before["csi"].is_object()
        && before["csi"][secret].is_null()
        && let Some(csi) = new.get_mut("csi").and_then(Value::as_object_mut)
    {
        csi.remove(secret);
    }
    if new != before {
        let changes = diff("core", "PersistentVolumeSource", &before, &new);
        let path = spec.path.child("persistentvolumesource");
        let detail = format!("spec.persistentvolumesource is immutable after creation\n{changes}");
        errors.push(FieldError::forbidden(&path, detail));
    }
    let before = &old["spec"];
    immutable_at("volumeMode", &spec, before, errors);
    if !before["nodeAffinity"].is_null() {
        immutable_at("nodeAffinity", &spec, before, errors);
    }
    let class = spec.get("volumeAttributesClassName");
    if !before["volumeAttributesClassName"].is_null() && !class.is_set() {
        class.forbidden(errors, "update from non-nil value to nil is forbidden");
    }
}

const DRIVER_NAME_MAX: usize = 63;

// Models ValidateCSIDriverName.
pub(super) fn driver_name(at: &At<'_, '_>, errors: &mut FieldErrors) {
    if at.text().is_empty() {
        return at.required(errors, "");
    }
    if at.text().len() > DRIVER_NAME_MAX {
        errors.push(FieldError::too_long(&at.path, DRIVER_NAME_MAX));
    }
    at.rule(errors, is_dns1123_subdomain(&at.text().to_ascii_lowercase()));
}

// Models ValidateStorageClass.
pub(super) fn class(at: &At<'_, '_>, errors: &mut FieldErrors) {
    meta::metadata(&at.get("metadata"), false, name_is_dns_subdomain, errors);
    let provisioner = at.get("provisioner");
    if provisioner.text().is_empty() {
        provisioner.required(errors, "");
    } else {
        let lower = provisioner.text().to_ascii_lowercase();
        errors.push_invalid(&provisioner.path, &lower, is_qualified_name(&lower));
    }
    let policy = at.get("reclaimPolicy");
    if policy.is_filled() {
        policy.among(errors, &["Delete", "Retain"]);
    }
    at.get("volumeBindingMode")
        .one_of(errors, &["Immediate", "WaitForFirstConsumer"]);
    topologies(&at.get("allowedTopologies"), errors);
}

// Models validateAllowedTopologies and ValidateTopologySelectorTerm.
fn topologies(at: &At<'_, '_>, errors: &mut FieldErrors) {
    for (index, topology) in at.items().enumerate() {
        let mut keys = Vec::new();
        for expression in topology.get("matchLabelExpressions").items() {
            let (key, values) = (expression.get("key"), expression.get("values"));
            if values.len() == 0 {
                values.required(errors, "");
            }
            for (place, value) in values.items().enumerate() {
                if values.texts().take(place).any(|other| other == value.text()) {
                    value.duplicate(errors);
                }
            }
            key.rule(errors, is_qualified_name(key.text()));
            if keys.contains(&key.text()) {
                key.duplicate(errors);
            }
            keys.push(key.text());
        }
        if at.items().take(index).any(|other| other.value == topology.value) {
            errors.push(FieldError::duplicate(&topology.path.child("matchLabelExpressions"), ""));
        }
    }
}

// Models ValidateStorageClassUpdate.
pub(super) fn class_update(at: &At<'_, '_>, old: &Value, errors: &mut FieldErrors) {
    meta::metadata_update(&at.get("metadata"), &old["metadata"], errors);
    for field in ["parameters", "provisioner", "reclaimPolicy", "volumeBindingMode"] {
        at.get(field).immutable(errors, &old[field]);
    }
}

/// What a quota or LimitRange may name: see [`resources`].
pub(super) fn limit_range(at: &At<'_, '_>, errors: &mut FieldErrors) {
    meta::metadata(&at.get("metadata"), true, name_is_dns_subdomain, errors);
    let spec = at.get("spec");
    let mut seen = Vec::new();
    for item in spec.get("limits").items() {
        let kind = item.get("type");
        let wrong = is_qualified_name(kind.text());
        if !wrong.is_empty() {
            kind.rule(errors, wrong);
        } else if !kind.text().contains('/') && !matches!(kind.text(), "Pod" | "Container" | "PersistentVolumeClaim") {
            kind.invalid(errors, "must be a standard limit type or fully qualified");
        }
        if seen.contains(&kind.text()) {
            kind.duplicate(errors);
        }
        seen.push(kind.text());
        limit_item(&item, errors);
    }
}

fn limit_item(item: &At<'_, '_>, errors: &mut FieldErrors) {
    let kind = item.get("type").text();
    let names = if matches!(kind, "Pod" | "Container") {
        resources::Names::Container
    } else {
        resources::Names::Any
    };
    for field in ["max", "min", "default", "defaultRequest", "maxLimitRequestRatio"] {
        let list = item.get(field);
        if kind == "Pod" && field.starts_with("default") {
            if list.len() > 0 {
                list.forbidden(errors, "may not be specified when `type` is 'Pod'");
            }
            continue;
        }
        list.entries()
            .for_each(|(name, amount)| resources::check_name(name, &amount, names, errors));
        let storage = |field: &str| item.get(field).get("storage").is_set();
        if field == "defaultRequest" && kind == "PersistentVolumeClaim" && !storage("min") && !storage("max") {
            let detail = "either minimum or maximum storage value is required, but neither was provided";
            item.get("limits").required(errors, detail);
        }
    }
    let mut names = crate::sim::btree::BTreeSet::new();
    for field in ["max", "min", "default", "defaultRequest", "maxLimitRequestRatio"] {
        names.extend(
            item.value[field]
                .as_object()
                .into_iter()
                .flatten()
                .map(|(name, _)| name.as_str()),
        );
    }
    names.into_iter().for_each(|name| bounds(item, name, errors));
}

/// Bounds and defaults of a resource must be in order.
fn bounds(item: &At<'_, '_>, name: &str, errors: &mut FieldErrors) {
    let amount = |field: &str| item.get(field).get(name).quantity();
    let words = [
        ("min", "min value"),
        ("max", "max value"),
        ("defaultRequest", "default request value"),
        ("default", "default value"),
    ];
    let word = |field: &str| {
        words
            .iter()
            .find(|(name, _)| *name == field)
            .map_or("", |(_, word)| *word)
    };
    // The smaller, the larger, where it is told, whose amount is shown.
    for (small, large, told, shown) in [
        ("min", "max", "min", "min"),
        ("min", "defaultRequest", "defaultRequest", "defaultRequest"),
        ("defaultRequest", "max", "defaultRequest", "defaultRequest"),
        ("defaultRequest", "default", "defaultRequest", "defaultRequest"),
        ("min", "default", "default", "min"),
        ("default", "max", "default", "max"),
    ] {
        let (Some(a), Some(b)) = (amount(small), amount(large)) else {
            continue;
        };
        if a <= b {
            continue;
        }
        let other = match (small, large) {
            ("defaultRequest", "default") => "default limit value",
            _ => word(large),
        };
        let detail = format!("{} {a} is greater than {other} {b}", word(small));
        let shown = if shown == small { a } else { b };
        let list = item.get(told);
        errors.push(FieldError::invalid(&list.path.key(name), &shown.to_string(), detail));
    }
    ratio(item, name, errors);
    let (default, request) = (amount("default"), amount("defaultRequest"));
    if let (Some(default), Some(request), false) = (default, request, resources::is_overcommit_allowed(name))
        && default != request
    {
        let list = item.get("defaultRequest");
        let detail = format!("default value {default} must equal to defaultRequest value {request} in {name}");
        errors.push(FieldError::invalid(&list.path.key(name), &request.to_string(), detail));
    }
}

/// A limit may be at most so many times its request.
fn ratio(item: &At<'_, '_>, name: &str, errors: &mut FieldErrors) {
    let list = item.get("maxLimitRequestRatio");
    let Some(ratio) = list.get(name).quantity() else { return };
    let milli = |field: &str| {
        item.get(field)
            .get(name)
            .quantity()
            .map(|amount| i128::from(amount.milli_value()))
    };
    let thousandths = i128::from(ratio.milli_value());
    let mut wrong = |detail: String| {
        errors.push(FieldError::invalid(&list.path.key(name), &ratio.to_string(), detail));
    };
    if thousandths < 1000 {
        wrong(format!("ratio {ratio} is less than 1"));
    }
    if let (Some(min), Some(max)) = (milli("min"), milli("max"))
        && min > 0
        && thousandths * min > max * 1000
    {
        // Six digits, rounded, as Go prints a float.
        let millionths = (max * 2_000_000 + min) / (2 * min);
        let (whole, rest) = (millionths / 1_000_000, millionths % 1_000_000);
        wrong(format!("ratio {ratio} is greater than max/min = {whole}.{rest:06}"));
    }
}
