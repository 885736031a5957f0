//! Rules for security contexts.

use super::path::descending_path;
use super::{each_container, windows};
use crate::api::names::{FieldError, FieldErrors, is_valid_user_id};
use crate::api::validation::at::At;

// Models validatePodSpecSecurityContext.
pub(super) fn pod(spec: &At<'_, '_>, errors: &mut FieldErrors) {
    let context = spec.get("securityContext");
    for field in ["fsGroup", "runAsUser", "runAsGroup"] {
        id(&context.get(field), errors);
    }
    context
        .get("supplementalGroups")
        .items()
        .for_each(|group| id(&group, errors));
    let shares = spec.get("shareProcessNamespace");
    if shares.is_true() && spec.get("hostPID").is_true() {
        let told = context.path.child("shareProcessNamespace");
        let detail = "ShareProcessNamespace and HostPID cannot both be enabled";
        shares.told_as(told).invalid(errors, detail);
    }
    sysctls(spec, &context.get("sysctls"), errors);
    let change = context.get("fsGroupChangePolicy");
    if change.is_set() {
        change.among(errors, &["Always", "OnRootMismatch"]);
    }
    seccomp(&context.get("seccompProfile"), errors);
    windows::options(&context.get("windowsOptions"), errors);
    app_armor(&context.get("appArmorProfile"), errors);
    let groups = context.get("supplementalGroupsPolicy");
    if groups.is_set() {
        groups.among(errors, &["Merge", "Strict"]);
    }
    let labels = context.get("seLinuxChangePolicy");
    if labels.is_set() {
        labels.among(errors, &["MountOption", "Recursive"]);
    }
}

const SYSCTL_MAX: usize = 253;
const SYSCTL: &str = "must have at most 253 characters and match regex \
     ^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\\./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?$";

// Models validateSysctls.
fn sysctls(spec: &At<'_, '_>, at: &At<'_, '_>, errors: &mut FieldErrors) {
    let mut seen = Vec::new();
    for sysctl in at.items() {
        let name = sysctl.get("name");
        if name.text().is_empty() {
            name.required(errors, "");
        } else if !is_sysctl(name.text()) {
            name.invalid(errors, SYSCTL);
        } else if seen.contains(&name.text()) {
            name.duplicate(errors);
        }
        let dotted = name.text().replace('/', ".");
        let of_ipc = ["kernel.shm", "kernel.msg", "kernel.sem", "fs.mqueue."];
        if spec.get("hostNetwork").is_true() && dotted.starts_with("net.") {
            name.invalid(errors, "may not be specified when 'hostNetwork' is true");
        } else if spec.get("hostIPC").is_true() && of_ipc.iter().any(|prefix| dotted.starts_with(prefix)) {
            name.invalid(errors, "may not be specified when 'hostIPC' is true");
        }
        seen.push(name.text());
    }
}

// Models IsValidSysctlName.
fn is_sysctl(name: &str) -> bool {
    let ends = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let segment = |part: &str| {
        let bytes = part.as_bytes();
        bytes.first().is_some_and(ends)
            && bytes.last().is_some_and(ends)
            && bytes.iter().all(|byte| ends(byte) || matches!(byte, b'-' | b'_'))
    };
    name.len() <= SYSCTL_MAX && name.split(['.', '/']).all(segment)
}

fn id(at: &At<'_, '_>, errors: &mut FieldErrors) {
    if at.is_set() {
        for message in is_valid_user_id(at.int()) {
            at.invalid(errors, message);
        }
    }
}

// Models validateSeccompProfileField.
fn seccomp(at: &At<'_, '_>, errors: &mut FieldErrors) {
    if !at.is_set() {
        return;
    }
    let (kind, profile) = (at.get("type"), at.get("localhostProfile"));
    if kind.text().is_empty() {
        kind.required(errors, "type is required when seccompProfile is set");
    } else {
        kind.among(errors, &["Localhost", "RuntimeDefault", "Unconfined"]);
    }
    match (kind.text() == "Localhost", profile.is_set()) {
        (true, false) => profile.required(errors, "must be set when seccomp type is Localhost"),
        (true, true) => descending_path(&profile, errors),
        (false, true) => {
            let shown = crate::api::validation::internal::bad_value("core", "SeccompProfile", at.value);
            profile.invalid_as(errors, shown, "can only be set when seccomp type is Localhost");
        }
        (false, false) => {}
    }
}

const PROFILE_MAX: usize = 4095;

// Models ValidateAppArmorProfileField.
fn app_armor(at: &At<'_, '_>, errors: &mut FieldErrors) {
    if !at.is_set() {
        return;
    }
    let (kind, profile) = (at.get("type"), at.get("localhostProfile"));
    match (kind.text(), profile.is_set()) {
        ("Localhost", false) => {
            profile.required(errors, "must be set when AppArmor type is Localhost");
        }
        ("Localhost", true) => {
            if profile.text().trim() != profile.text() {
                profile.invalid(errors, "must not be padded with whitespace");
            } else if profile.text().is_empty() {
                profile.required(errors, "must be set when AppArmor type is Localhost");
            }
            if profile.text().len() > PROFILE_MAX {
                errors.push(FieldError::too_long(&profile.path, PROFILE_MAX));
            }
        }
        ("RuntimeDefault" | "Unconfined", true) => {
            profile.invalid(errors, "can only be set when AppArmor type is Localhost");
        }
        ("RuntimeDefault" | "Unconfined", false) => {}
        ("", _) => kind.required(errors, "type is required when appArmorProfile is set"),
        _ => kind.not_supported(errors, &["Localhost", "RuntimeDefault", "Unconfined"]),
    }
}

// Models ValidateSecurityContext.
pub(super) fn container(at: &At<'_, '_>, spec: &At<'_, '_>, errors: &mut FieldErrors) {
    if !at.is_set() {
        return;
    }
    id(&at.get("runAsUser"), errors);
    id(&at.get("runAsGroup"), errors);
    let mount = at.get("procMount");
    if mount.is_set() {
        mount.among(errors, &["Default", "Unmasked"]);
        let host_users = spec.get("hostUsers");
        if mount.text() == "Unmasked" && (!host_users.is_set() || host_users.is_true()) {
            mount.invalid(errors, "`hostUsers` must be false to use `Unmasked`");
        }
    }
    seccomp(&at.get("seccompProfile"), errors);
    let escalation = at.get("allowPrivilegeEscalation");
    if escalation.is_set() && !escalation.is_true() {
        let shown = || crate::api::validation::internal::bad_value("core", "SecurityContext", at.value);
        if at.get("privileged").is_true() {
            let detail = "cannot set `allowPrivilegeEscalation` to false and `privileged` to true";
            at.invalid_as(errors, shown(), detail);
        }
        let added = at.get("capabilities");
        if added.get("add").texts().any(|name| name == "CAP_SYS_ADMIN") {
            let detail = "cannot set `allowPrivilegeEscalation` to false and `capabilities.Add` CAP_SYS_ADMIN";
            at.invalid_as(errors, shown(), detail);
        }
    }
    windows::options(&at.get("windowsOptions"), errors);
    app_armor(&at.get("appArmorProfile"), errors);
}

// Models validateHostUsers.
pub(super) fn host_users(spec: &At<'_, '_>, errors: &mut FieldErrors) {
    let host_users = spec.get("hostUsers");
    if !host_users.is_set() || host_users.is_true() {
        return;
    }
    for (field, told) in [
        ("hostNetwork", "hostNetwork"),
        ("hostPID", "HostPID"),
        ("hostIPC", "HostIPC"),
    ] {
        let value = spec.get(field);
        if value.is_true() {
            value
                .told_as(spec.path.child(told))
                .forbidden(errors, "when `hostUsers` is false");
        }
    }
    each_container(spec, &mut |container| {
        if container.get("volumeDevices").len() > 0 {
            container
                .get("volumeDevices")
                .forbidden(errors, "when `hostUsers` is false");
        }
    });
}
