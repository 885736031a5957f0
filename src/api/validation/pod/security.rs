//! Rules for security contexts.

use super::volume::descending_path;
use crate::api::names::{FieldErrors, is_valid_user_id};
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
    let change = context.get("fsGroupChangePolicy");
    if change.is_set() {
        change.among(errors, &["Always", "OnRootMismatch"]);
    }
    seccomp(&context.get("seccompProfile"), errors);
    app_armor(&context.get("appArmorProfile"), errors);
    let groups = context.get("supplementalGroupsPolicy");
    if groups.is_set() {
        groups.among(errors, &["Merge", "Strict"]);
    }
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
        ("Localhost", true) => {}
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
}
