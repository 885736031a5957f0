//! Rules for environment variables and for references to fields of the pod.

use super::path::no_backsteps;
use crate::api::names::{
    FieldError, FieldErrors, is_config_map_key, is_dns1123_label, is_dns1123_subdomain, is_qualified_name,
    is_relaxed_env_var_name, name_is_dns_subdomain,
};
use crate::api::validation::at::At;

/// Fields of the pod that a variable can have.
pub(super) const FOR_VARIABLES: [&str; 9] = [
    "metadata.name",
    "metadata.namespace",
    "metadata.uid",
    "spec.nodeName",
    "spec.serviceAccountName",
    "status.hostIP",
    "status.hostIPs",
    "status.podIP",
    "status.podIPs",
];
/// Fields of the pod that a file can have.
pub(super) const FOR_FILES: [&str; 5] = [
    "metadata.annotations",
    "metadata.labels",
    "metadata.name",
    "metadata.namespace",
    "metadata.uid",
];
/// Fields that can be named at all.
const KNOWN: [&str; 3] = ["spec.restartPolicy", "spec.schedulerName", "status.phase"];
const RESOURCES: [&str; 6] = [
    "limits.cpu",
    "limits.ephemeral-storage",
    "limits.memory",
    "requests.cpu",
    "requests.ephemeral-storage",
    "requests.memory",
];
const SOURCES: [&str; 5] = [
    "fieldRef",
    "resourceFieldRef",
    "configMapKeyRef",
    "secretKeyRef",
    "fileKeyRef",
];

// Models ValidateEnv.
pub(super) fn variables(at: &At<'_, '_>, errors: &mut FieldErrors) {
    for variable in at.items() {
        variable.get("name").required_rule(errors, is_relaxed_env_var_name);
        let source = variable.get("valueFrom");
        if source.is_set() {
            value_from(&source, variable.get("value").text(), errors);
        }
    }
}

// Models validateEnvVarValueFrom.
fn value_from(source: &At<'_, '_>, value: &str, errors: &mut FieldErrors) {
    let mut count = 0;
    for name in SOURCES {
        let one = source.get(name);
        if !one.is_set() {
            continue;
        }
        count += 1;
        match name {
            "fieldRef" => field(&one, &FOR_VARIABLES, errors),
            "resourceFieldRef" => resource(&one, false, errors),
            "configMapKeyRef" | "secretKeyRef" => key(&one, errors),
            "fileKeyRef" => file_key(&one, errors),
            _ => {}
        }
    }
    if count == 0 {
        let detail =
            "must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`";
        source.invalid_as(errors, "", detail);
    } else if !value.is_empty() {
        source.invalid_as(errors, "", "may not be specified when `value` is not empty");
    } else if count > 1 {
        source.invalid_as(errors, "", "may not have more than one field specified at a time");
    }
}

// Models validateObjectFieldSelector.
pub(super) fn field(at: &At<'_, '_>, allowed: &[&str], errors: &mut FieldErrors) {
    let (version, path) = (at.get("apiVersion"), at.get("fieldPath"));
    for required in [&version, &path] {
        if required.text().is_empty() {
            return required.required(errors, "");
        }
    }
    let name = path.text();
    let wrong = |detail: String| format!("error converting fieldPath: {detail}");
    if version.text() != "v1" {
        return path.invalid(errors, wrong(format!("unsupported pod version: {}", version.text())));
    }
    if let Some((map, key)) = subscript(name) {
        return match map {
            "metadata.annotations" => {
                let lower = key.to_ascii_lowercase();
                errors.push_invalid(&at.path, &lower, is_qualified_name(&lower));
            }
            "metadata.labels" => errors.push_invalid(&at.path, key, is_qualified_name(key)),
            _ => path.invalid(errors, wrong(format!("field label does not support subscript: {name}"))),
        };
    }
    let is_known = [&FOR_VARIABLES[..], &FOR_FILES, &KNOWN]
        .iter()
        .any(|list| list.contains(&name));
    if !is_known {
        path.invalid(errors, wrong(format!("field label not supported: {name}")));
    } else {
        path.among(errors, allowed);
    }
}

/// `metadata.labels['key']` in two.
// Models pkg/fieldpath SplitMaybeSubscriptedPath.
fn subscript(path: &str) -> Option<(&str, &str)> {
    let (map, key) = path.strip_suffix("']")?.split_once("['")?;
    (!map.is_empty()).then_some((map, key))
}

// Models validateContainerResourceFieldSelector.
pub(super) fn resource(at: &At<'_, '_>, needs_container: bool, errors: &mut FieldErrors) {
    let name = at.get("resource");
    let huge = ["requests.hugepages-", "limits.hugepages-"];
    if needs_container && at.get("containerName").text().is_empty() {
        at.get("containerName").required(errors, "");
    } else if name.text().is_empty() {
        name.required(errors, "");
    } else if !huge.iter().any(|prefix| name.text().starts_with(prefix)) {
        name.among(errors, &RESOURCES);
    }
    divisor(at, errors);
}

const DIVISORS: [&str; 13] = [
    "1", "1k", "1M", "1G", "1T", "1P", "1E", "1Ki", "1Mi", "1Gi", "1Ti", "1Pi", "1Ei",
];

// Models validateContainerResourceDivisor.
fn divisor(at: &At<'_, '_>, errors: &mut FieldErrors) {
    let divisor = at.get("divisor");
    let Some(amount) = divisor.quantity().filter(|amount| !amount.is_zero()) else {
        return;
    };
    let name = at.get("resource").text();
    let text = amount.to_string();
    let what = match name.split_once('.').map_or("", |(_, resource)| resource) {
        "cpu" if !["1m", "1"].contains(&text.as_str()) => {
            let detail = "only divisor's values 1m and 1 are supported with the cpu resource";
            return divisor.invalid_as(errors, name, detail);
        }
        "memory" => "memory",
        "ephemeral-storage" => "local ephemeral storage",
        other if other.starts_with("hugepages-") => "hugepages",
        _ => return,
    };
    if !DIVISORS.contains(&text.as_str()) {
        let detail = format!(
            "only divisor's values {} are supported with the {what} resource",
            DIVISORS.join(", ")
        );
        divisor.invalid_as(errors, name, detail);
    }
}

// Models validateConfigMapKeySelector and validateSecretKeySelector.
fn key(at: &At<'_, '_>, errors: &mut FieldErrors) {
    let name = at.get("name");
    name.rule(errors, is_dns1123_subdomain(name.text()));
    at.get("key").required_rule(errors, is_config_map_key);
}

/// A file of an emptyDir that variables are read from.
// Models validateFileKeySelector.
fn file_key(at: &At<'_, '_>, errors: &mut FieldErrors) {
    let path = at.get("path");
    at.get("key").required_rule(errors, is_relaxed_env_var_name);
    at.get("volumeName").required_rule(errors, is_dns1123_label);
    if path.text().is_empty() {
        path.required(errors, "");
    } else {
        no_backsteps(&path, errors);
    }
}

/// Variables read from files need an emptyDir.
// Models validateFileKeyRefVolumes.
pub(super) fn file_key_volumes(spec: &At<'_, '_>, errors: &mut FieldErrors) {
    for field in ["initContainers", "containers", "ephemeralContainers"] {
        for container in spec.get(field).items() {
            for variable in container.get("env").items() {
                let source = variable.get("valueFrom");
                let file = source.get("fileKeyRef");
                let name = file.get("volumeName");
                if !file.is_set() {
                    continue;
                }
                let volumes = spec.get("volumes");
                let volume = volumes.items().find(|volume| volume.get("name").text() == name.text());
                match volume.map(|volume| volume.get("emptyDir").is_set()) {
                    None => errors.push(FieldError::not_found(&name.path, name.text())),
                    Some(false) => name.invalid_text(errors, "referenced volume must be of type emptyDir"),
                    Some(true) => {}
                }
            }
        }
    }
}

// Models ValidateEnvFrom.
pub(super) fn sources(at: &At<'_, '_>, errors: &mut FieldErrors) {
    for source in at.items() {
        let prefix = source.get("prefix");
        if !prefix.text().is_empty() {
            prefix.rule(errors, is_relaxed_env_var_name(prefix.text()));
        }
        let mut count = 0;
        for field in ["configMapRef", "secretRef"] {
            let reference = source.get(field);
            if reference.is_set() {
                count += 1;
                let name = reference.get("name");
                name.required_rule(errors, |name| name_is_dns_subdomain(name, true));
            }
        }
        if count == 0 {
            at.invalid_as(errors, "", "must specify one of: `configMapRef` or `secretRef`");
        } else if count > 1 {
            at.invalid_as(errors, "", "may not have more than one field specified at a time");
        }
    }
}
