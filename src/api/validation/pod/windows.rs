//! What only Windows has, and what it has not.

use super::each_container;
use crate::api::names::{FieldErrors, is_dns1123_subdomain};
use crate::api::validation::at::At;

const OF_LINUX: &str = "cannot be set for a windows pod";

/// Fields of a pod that Windows does not know, in upstream's order: in the security context, or in the spec itself.
const POD_FIELDS: [(&str, bool); 15] = [
    ("appArmorProfile", true),
    ("seLinuxOptions", true),
    ("hostUsers", false),
    ("hostPID", false),
    ("hostIPC", false),
    ("seccompProfile", true),
    ("fsGroup", true),
    ("fsGroupChangePolicy", true),
    ("sysctls", true),
    ("shareProcessNamespace", false),
    ("runAsUser", true),
    ("runAsGroup", true),
    ("supplementalGroups", true),
    ("supplementalGroupsPolicy", true),
    ("seLinuxChangePolicy", true),
];

const CONTAINER_FIELDS: [&str; 10] = [
    "appArmorProfile",
    "seLinuxOptions",
    "seccompProfile",
    "capabilities",
    "readOnlyRootFilesystem",
    "privileged",
    "allowPrivilegeEscalation",
    "procMount",
    "runAsUser",
    "runAsGroup",
];

// Models validateLinux.
pub(super) fn not_on_linux(spec: &At<'_, '_>, errors: &mut FieldErrors) {
    let mut refuse = |at: &At<'_, '_>| {
        let context = at.get("securityContext");
        let options = context.get("windowsOptions");
        if options.is_set() {
            options.forbidden(errors, "windows options cannot be set for a linux pod");
        }
    };
    refuse(spec);
    each_container(spec, &mut refuse);
}

// Models validateWindows.
pub(super) fn not_on_windows(spec: &At<'_, '_>, errors: &mut FieldErrors) {
    let context = spec.get("securityContext");
    for (field, in_context) in POD_FIELDS {
        let value = if in_context {
            context.get(field)
        } else {
            spec.get(field)
        };
        let is_given = match field {
            "hostPID" | "hostIPC" => value.is_true(),
            "sysctls" => value.len() > 0,
            _ => value.is_set(),
        };
        if is_given {
            value.forbidden(errors, OF_LINUX);
        }
    }
    each_container(spec, &mut |container| {
        let context = container.get("securityContext");
        for value in CONTAINER_FIELDS.iter().map(|field| context.get(field)) {
            if value.is_set() {
                value.forbidden(errors, OF_LINUX);
            }
        }
    });
}

// Models validateWindowsHostProcessPod.
pub(super) fn host_process(spec: &At<'_, '_>, errors: &mut FieldErrors) {
    let context = spec.get("securityContext");
    let options = context.get("windowsOptions");
    let of_pod = options.get("hostProcess");
    let (mut all, mut count) = (0, 0);
    each_container(spec, &mut |container| {
        all += 1;
        let context = container.get("securityContext");
        let options = context.get("windowsOptions");
        let own = options.get("hostProcess");
        if of_pod.is_set() && own.is_set() && of_pod.is_true() != own.is_true() {
            let detail = format!(
                "pod hostProcess value must be identical if both are specified, was {}",
                of_pod.is_true()
            );
            own.invalid(errors, detail);
        }
        count += usize::from(if own.is_set() { own.is_true() } else { of_pod.is_true() });
    });
    if count == 0 {
        return;
    }
    if count != all {
        let detail = "If pod contains any hostProcess containers then all containers must be HostProcess containers";
        spec.invalid_as(errors, "", detail);
    }
    let network = spec.get("hostNetwork");
    if !network.is_true() {
        let detail = "hostNetwork must be true if pod contains any hostProcess containers";
        network.invalid_as(errors, false, detail);
    }
}

const CREDENTIALS_MAX: usize = 64 * 1024;
const DOMAIN_MAX: usize = 256;
const USER_MAX: usize = 104;

// Models validateWindowsSecurityContextOptions.
pub(super) fn options(at: &At<'_, '_>, errors: &mut FieldErrors) {
    let (name, credentials, user) = (
        at.get("gmsaCredentialSpecName"),
        at.get("gmsaCredentialSpec"),
        at.get("runAsUserName"),
    );
    if name.is_set() {
        name.rule(errors, is_dns1123_subdomain(name.text()));
    }
    if credentials.is_set() && credentials.text().is_empty() {
        credentials.invalid(errors, "gmsaCredentialSpec cannot be an empty string");
    } else if credentials.text().len() > CREDENTIALS_MAX {
        credentials.invalid(errors, "gmsaCredentialSpec size must be under 64 KiB");
    }
    if user.is_set() {
        for problem in user_problems(user.text()) {
            user.invalid(errors, ["runAsUserName", problem].concat());
        }
    }
}

/// What is wrong with `DOMAIN\USER`.
fn user_problems(name: &str) -> Vec<&'static str> {
    let parts: Vec<&str> = name.split('\\').collect();
    if name.is_empty() {
        return vec![" cannot be an empty string"];
    }
    if name.chars().any(|letter| letter.is_ascii_control()) {
        return vec![" cannot contain control characters"];
    }
    let (domain, user) = match parts[..] {
        [user] => (None, user),
        [domain, user] => (Some(domain), user),
        _ => return vec![" cannot contain more than one backslash"],
    };
    let odd = |text: &str, letters: &str| text.contains(|letter| letters.contains(letter));
    let is_netbios = |text: &str| (1..=15).contains(&text.len()) && !text.starts_with('.') && !odd(text, "/:*?\"<>|");
    let is_dns = |text: &str| is_dns1123_subdomain(&text.to_ascii_lowercase()).is_empty();
    [
        (
            domain.is_some_and(|domain| domain.len() >= DOMAIN_MAX),
            "'s Domain length must be under 256 characters",
        ),
        (
            domain.is_some_and(|domain| !is_netbios(domain) && !is_dns(domain)),
            "'s Domain doesn't match the NetBios nor the DNS format",
        ),
        (user.is_empty(), "'s User cannot be empty"),
        (
            user.len() > USER_MAX,
            "'s User length must not be longer than 104 characters",
        ),
        (
            !user.is_empty() && user.chars().all(|letter| matches!(letter, '.' | ' ')),
            "'s User cannot contain only periods or spaces",
        ),
        (
            odd(user, "\"/\\:;|=,+*?<>@[]"),
            "'s User cannot contain the following characters: \"/\\:;|=,+*?<>@[]",
        ),
    ]
    .into_iter()
    .filter_map(|(is, problem)| is.then_some(problem))
    .collect()
}
