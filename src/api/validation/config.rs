//! Rules for Namespaces, ConfigMaps, Secrets and Nodes.
// Models pkg/apis/core/validation/validation.go.

use crate::sim::btree::BTreeSet;

use serde_json::Value;

use super::at::At;
use super::internal::bad_value;
use super::{meta, network, pod, resources};
use crate::api::names::{
    FieldError, FieldErrors, Path, is_config_map_key, is_qualified_name, is_valid_label_value, name_is_dns_label,
    name_is_dns_subdomain,
};

/// Bytes that a ConfigMap or Secret may hold.
const SIZE_MAX: usize = 1024 * 1024;

// Models ValidateNamespace.
pub(super) fn namespace(at: &At<'_, '_>, errors: &mut FieldErrors) {
    meta::metadata(&at.get("metadata"), false, name_is_dns_label, errors);
    let spec = at.get("spec");
    let finalizers = spec.get("finalizers");
    for name in finalizers.texts() {
        errors.push_invalid(&finalizers.path, name, is_qualified_name(name));
        meta::standard_finalizer(&finalizers.path, name, errors);
    }
}

// Models ValidateConfigMap.
pub(super) fn config_map(at: &At<'_, '_>, errors: &mut FieldErrors) {
    meta::metadata(&at.get("metadata"), true, name_is_dns_subdomain, errors);
    let (data, binary) = (at.get("data"), at.get("binaryData"));
    let mut size = 0;
    for (key, value) in data.entries() {
        errors.push_invalid(&value.path, key, is_config_map_key(key));
        if binary.get(key).is_set() {
            value.invalid_as(errors, key, "duplicate of key present in binaryData");
        }
        size += value.text().len();
    }
    for (key, value) in binary.entries() {
        errors.push_invalid(&value.path, key, is_config_map_key(key));
        size += decoded_length(value.text());
    }
    if size > SIZE_MAX {
        errors.push(FieldError::too_long(&Path::new(""), SIZE_MAX));
    }
}

/// Bytes behind a base64 text.
fn decoded_length(text: &str) -> usize {
    let padding = text.bytes().rev().take_while(|byte| *byte == b'=').count();
    (text.len() / 4 * 3).saturating_sub(padding)
}

const IMMUTABLE: &str = "field is immutable when `immutable` is set";

/// What an immutable ConfigMap or Secret may not change.
// Models ValidateConfigMapUpdate and ValidateSecretUpdate.
pub(super) fn update(at: &At<'_, '_>, old: &Value, errors: &mut FieldErrors) {
    meta::metadata_update(&at.get("metadata"), &old["metadata"], errors);
    unchanged(at, old, errors);
}

fn unchanged(at: &At<'_, '_>, old: &Value, errors: &mut FieldErrors) {
    if old["immutable"] != true {
        return;
    }
    if !at.get("immutable").is_true() {
        at.get("immutable").forbidden(errors, IMMUTABLE);
    }
    for field in ["data", "binaryData"] {
        if *at.get(field).value != old[field] {
            at.get(field).forbidden(errors, IMMUTABLE);
        }
    }
}

// Models ValidateSecretUpdate.
pub(super) fn secret_update(at: &At<'_, '_>, old: &Value, errors: &mut FieldErrors) {
    meta::metadata_update(&at.get("metadata"), &old["metadata"], errors);
    at.get("type").immutable(errors, &old["type"]);
    unchanged(at, old, errors);
}

/// Keys that a Secret of a type must have.
const KEYS_OF_TYPES: [(&str, &[&str]); 4] = [
    ("kubernetes.io/dockercfg", &[".dockercfg"]),
    ("kubernetes.io/dockerconfigjson", &[".dockerconfigjson"]),
    ("kubernetes.io/ssh-auth", &["ssh-privatekey"]),
    ("kubernetes.io/tls", &["tls.crt", "tls.key"]),
];

// Models ValidateSecret.
pub(super) fn secret(at: &At<'_, '_>, errors: &mut FieldErrors) {
    meta::metadata(&at.get("metadata"), true, name_is_dns_subdomain, errors);
    let data = at.get("data");
    let mut size = 0;
    for (key, value) in data.entries() {
        errors.push_invalid(&value.path, key, is_config_map_key(key));
        size += decoded_length(value.text());
    }
    if size > SIZE_MAX {
        errors.push(FieldError::too_long(&data.path, SIZE_MAX));
    }
    let missing = |key: &str, errors: &mut FieldErrors| errors.push(FieldError::required(&data.path.key(key), ""));
    match at.get("type").text() {
        "kubernetes.io/service-account-token" => {
            let key = "kubernetes.io/service-account.name";
            let annotated = at.get("metadata");
            let annotated = annotated.get("annotations");
            if annotated.get(key).text().is_empty() {
                errors.push(FieldError::required(&annotated.path.key(key), ""));
            }
        }
        "kubernetes.io/basic-auth" => {
            let keys = ["username", "password"];
            if !keys.iter().any(|key| data.get(key).is_set()) {
                keys.iter().for_each(|key| missing(key, errors));
            }
        }
        kind => {
            for key in KEYS_OF_TYPES
                .iter()
                .filter(|(name, _)| *name == kind)
                .flat_map(|(_, keys)| *keys)
            {
                let value = data.get(key);
                if !value.is_set() || (*key == "ssh-privatekey" && value.text().is_empty()) {
                    missing(key, errors);
                } else if key.starts_with(".docker") {
                    docker_config(&data, key, errors);
                }
            }
        }
    }
}

/// The credentials of registries must be a JSON object.
fn docker_config(data: &At<'_, '_>, key: &str, errors: &mut FieldErrors) {
    use base64::Engine;
    let text = data.get(key).text();
    let bytes = base64::engine::general_purpose::STANDARD
        .decode(text)
        .unwrap_or_default();
    let problem = match serde_json::from_slice::<Value>(&bytes) {
        Ok(Value::Object(_) | Value::Null) => return,
        Ok(other) => format!(
            "json: cannot unmarshal {} into Go value of type map[string]interface {{}}",
            crate::api::lean::describe(&other)
        ),
        Err(_) if bytes.is_empty() => "unexpected end of JSON input".to_owned(),
        Err(_) => {
            let first = String::from_utf8_lossy(&bytes).chars().next().unwrap_or(' ');
            format!("invalid character '{first}' looking for beginning of value")
        }
    };
    errors.push(FieldError::invalid(
        &data.path.key(key),
        "<secret contents redacted>",
        problem,
    ));
}

// Models ValidateNode.
pub(super) fn node(at: &At<'_, '_>, errors: &mut FieldErrors) {
    let metadata = at.get("metadata");
    meta::metadata(&metadata, false, name_is_dns_subdomain, errors);
    let spec = at.get("spec");
    // Upstream tells of taints as if they stood in the metadata.
    let taints = spec.get("taints");
    self::taints(&taints.told_as(metadata.path.child("taints")), errors);
    node_resources(at, errors);
    let ranges = spec.get("podCIDRs");
    ranges.items().for_each(|range| network::cidr(&range, errors));
    let is_v6 = |text: &str| network::parse_cidr(text).is_some_and(|(address, _)| address.is_ipv6());
    let of_v6 = ranges.texts().filter(|range| is_v6(range)).count();
    if ranges.len() > 2 || (ranges.len() == 2 && of_v6 != 1) {
        ranges.invalid(errors, "may specify no more than one CIDR for each IP family");
    }
}

fn node_resources(at: &At<'_, '_>, errors: &mut FieldErrors) {
    let status = at.get("status");
    for field in ["capacity", "allocatable"] {
        let list = status.get(field);
        for (name, amount) in list.entries() {
            resources::check_amount(name, &amount.told_as(list.path.child(name)), errors);
        }
    }
}

// Models validateNodeTaints.
fn taints(at: &At<'_, '_>, errors: &mut FieldErrors) {
    let mut seen = BTreeSet::new();
    for taint in at.items() {
        let (key, value, effect) = (taint.get("key"), taint.get("value"), taint.get("effect"));
        key.rule(errors, is_qualified_name(key.text()));
        let wrong = is_valid_label_value(value.text());
        if !wrong.is_empty() {
            value.invalid_text(errors, wrong.join(";"));
        }
        pod::taint_effect(&effect, errors);
        if !seen.insert((effect.text(), key.text())) {
            let mut duplicate = FieldError::duplicate(&taint.path, bad_value("core", "Taint", taint.value));
            duplicate.detail = "taints must be unique by key and effect pair".to_owned();
            errors.push(duplicate);
        }
    }
}

// Models ValidateNodeUpdate.
pub(super) fn node_update(at: &At<'_, '_>, old: &Value, errors: &mut FieldErrors) {
    let metadata = at.get("metadata");
    meta::metadata_update(&metadata, &old["metadata"], errors);
    node_resources(at, errors);
    let spec = at.get("spec");
    let addresses = at.get("status");
    let addresses = addresses.get("addresses");
    for (index, address) in addresses.items().enumerate() {
        if addresses.items().take(index).any(|other| other.value == address.value) {
            let shown = bad_value("core", "NodeAddress", address.value);
            errors.push(FieldError::duplicate(&address.path, shown));
        }
    }
    for (field, name) in [("podCIDRs", "podCIDR"), ("providerID", "providerID")] {
        let before = &old["spec"][field];
        if !before.is_null() && spec.get(field).value != before {
            let detail = format!("node updates may not change {name} except from \"\" to valid");
            spec.get(field).forbidden(errors, &detail);
        }
    }
    let taints = spec.get("taints");
    self::taints(&taints.told_as(metadata.path.child("taints")), errors);
    if spec.get("externalID").text() != old["spec"]["externalID"].as_str().unwrap_or_default() {
        spec.get("externalID").forbidden(errors, "may not be updated");
    }
}
