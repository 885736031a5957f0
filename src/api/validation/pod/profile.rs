//! Annotations of old that say what fields say today: the profiles of seccomp and AppArmor.

use super::each_container;
use super::path::descending_path;
use crate::api::names::{FieldErrors, quote};
use crate::api::validation::at::At;

const SECCOMP_POD: &str = "seccomp.security.alpha.kubernetes.io/pod";
const SECCOMP: &str = "container.seccomp.security.alpha.kubernetes.io/";
const APP_ARMOR: &str = "container.apparmor.security.beta.kubernetes.io/";
const LOCALHOST: &str = "localhost/";

// Models ValidateSeccompPodAnnotations and ValidateAppArmorPodAnnotations.
pub(super) fn annotations(at: &At<'_, '_>, spec: &At<'_, '_>, errors: &mut FieldErrors) {
    for (key, value) in at.entries() {
        if key == SECCOMP_POD || key.starts_with(SECCOMP) {
            seccomp(&value.told_as(at.path.child(key)), errors);
        } else if let Some(name) = key.strip_prefix(APP_ARMOR) {
            let mut found = false;
            each_container(spec, &mut |container| found |= container.get("name").text() == name);
            if !found {
                value.invalid_as(errors, name, "container not found");
            }
            let profile = value.text();
            let known = ["", "runtime/default", "unconfined"].contains(&profile) || profile.starts_with(LOCALHOST);
            if !known {
                let detail = ["invalid AppArmor profile name: ", &quote(profile)].concat();
                value.invalid(errors, detail);
            }
        }
    }
}

// Models ValidateSeccompProfile.
fn seccomp(at: &At<'_, '_>, errors: &mut FieldErrors) {
    if let Some(path) = at.text().strip_prefix(LOCALHOST) {
        let path = serde_json::Value::from(path);
        descending_path(&At::new(&path, at.path), errors);
    } else if !["runtime/default", "docker/default", "unconfined"].contains(&at.text()) {
        at.invalid_text(errors, "must be a valid seccomp profile");
    }
}

/// A field and an annotation that are both there say the same.
// Models validateSeccompAnnotationsAndFields and validateAppArmorAnnotationsAndFieldsMatchOnCreate.
pub(super) fn match_annotations(annotations: &At<'_, '_>, spec: &At<'_, '_>, errors: &mut FieldErrors) {
    let context = spec.get("securityContext");
    let (pod_seccomp, pod_armor) = (context.get("seccompProfile"), context.get("appArmorProfile"));
    matches("seccomp", &pod_seccomp, &annotations.get(SECCOMP_POD), errors);
    each_container(spec, &mut |container| {
        let own = container.get("securityContext");
        let key = [SECCOMP, container.get("name").text()].concat();
        matches("seccomp", &own.get("seccompProfile"), &annotations.get(&key), errors);
    });
    if spec.get("os").get("name").text() == "windows" {
        return;
    }
    each_container(spec, &mut |container| {
        let own = container.get("securityContext");
        let own = own.get("appArmorProfile");
        let key = [APP_ARMOR, container.get("name").text()].concat();
        let profile = if own.is_set() { own } else { pod_armor.told_as(own.path) };
        matches("apparmor", &profile, &annotations.get(&key), errors);
    });
}

fn matches(what: &str, profile: &At<'_, '_>, annotation: &At<'_, '_>, errors: &mut FieldErrors) {
    if !profile.is_set() || !annotation.is_set() {
        return;
    }
    let text = annotation.text();
    let same_type = match profile.get("type").text() {
        "Unconfined" => text == "unconfined",
        "RuntimeDefault" => text == "runtime/default" || (what == "seccomp" && text == "docker/default"),
        "Localhost" => match text.strip_prefix(LOCALHOST) {
            Some(name) if name == profile.get("localhostProfile").text() => true,
            Some(_) => {
                let detail = [what, " profile in annotation and field must match"].concat();
                return profile.get("localhostProfile").forbidden(errors, &detail);
            }
            None => false,
        },
        _ => true,
    };
    if !same_type {
        let detail = [what, " type in annotation and field must match"].concat();
        profile.get("type").forbidden(errors, &detail);
    }
}
