//! Rules for containers.

use crate::sim::btree::BTreeSet;

use super::volume::Volumes;
use super::{env, probe, security, volume};
use crate::api::names::{FieldError, FieldErrors, is_dns1123_label, is_valid_port_name};
use crate::api::validation::at::At;
use crate::api::validation::network::port_number;
use crate::api::validation::resources::{self, Names};

const PROTOCOLS: [&str; 3] = ["SCTP", "TCP", "UDP"];
const PROBES: [&str; 3] = ["livenessProbe", "readinessProbe", "startupProbe"];
const ONLY_SIDECARS: &str = "may not be set for init containers without restartPolicy=Always";

/// All containers of a pod.
// Models validateContainers, validateInitContainers and validateEphemeralContainers.
pub(super) fn containers(spec: &At<'_, '_>, volumes: &Volumes<'_>, errors: &mut FieldErrors) {
    let (main, init) = (spec.get("containers"), spec.get("initContainers"));
    let claims: Vec<&str> = spec.value["resourceClaims"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|claim| claim["name"].as_str())
        .collect();
    if main.len() == 0 {
        main.required(errors, "");
    }
    let mut names = BTreeSet::new();
    for container in main.items() {
        common(&container, spec, volumes, &claims, errors);
        unique_name(&container, &mut names, errors);
        running(&container, spec, errors);
        restart_policy(&container, errors);
    }
    host_port_conflicts(&main, &mut BTreeSet::new(), errors);
    let mut names: BTreeSet<&str> = main.items().map(|container| container.get("name").text()).collect();
    for container in init.items() {
        common(&container, spec, volumes, &claims, errors);
        restart_policy(&container, errors);
        unique_name(&container, &mut names, errors);
        // Each for itself, as they run one by one; upstream counts from zero each time.
        let alone = serde_json::json!([container.value]);
        host_port_conflicts(&At::new(&alone, init.path), &mut BTreeSet::new(), errors);
        init_container(&container, spec, errors);
    }
    let targets = names.clone();
    for container in spec.get("ephemeralContainers").items() {
        common(&container, spec, volumes, &claims, errors);
        no_space_in_image(&container, errors);
        unique_name(&container, &mut names, errors);
        ephemeral_container(&container, &targets, errors);
    }
}

/// Fields of containers that those for debugging cannot have, in the order of the struct.
const NOT_EPHEMERAL: [&str; 9] = [
    "ports",
    "resources",
    "resizePolicy",
    "restartPolicy",
    "restartPolicyRules",
    "livenessProbe",
    "readinessProbe",
    "startupProbe",
    "lifecycle",
];

// Models validateEphemeralContainers.
fn ephemeral_container(container: &At<'_, '_>, targets: &BTreeSet<&str>, errors: &mut FieldErrors) {
    let target = container.get("targetContainerName");
    if target.is_filled() && !targets.contains(target.text()) {
        errors.push(FieldError::not_found(&target.path, target.text()));
    }
    let refused = "cannot be set for an Ephemeral Container";
    for field in NOT_EPHEMERAL.iter().map(|name| container.get(name)) {
        if field.is_filled() {
            field.forbidden(errors, refused);
        }
    }
    for mount in container.get("volumeMounts").items() {
        for field in ["subPath", "subPathExpr"] {
            if mount.get(field).is_filled() {
                mount.get(field).forbidden(errors, refused);
            }
        }
    }
}

fn unique_name<'a>(container: &At<'a, '_>, names: &mut BTreeSet<&'a str>, errors: &mut FieldErrors) {
    let name = container.get("name");
    if !names.insert(name.text()) {
        name.duplicate(errors);
    }
}

// Models validateContainerCommon.
fn common(container: &At<'_, '_>, spec: &At<'_, '_>, volumes: &Volumes<'_>, claims: &[&str], errors: &mut FieldErrors) {
    container.get("name").required_rule(errors, is_dns1123_label);
    if container.get("image").text().is_empty() {
        container.get("image").required(errors, "");
    }
    let policy = container.get("terminationMessagePolicy");
    policy.one_of(errors, &["File", "FallbackToLogsOnError"]);
    ports(&container.get("ports"), errors);
    env::variables(&container.get("env"), errors);
    env::sources(&container.get("envFrom"), errors);
    volume::mounts(container, volumes, errors);
    let pull = container.get("imagePullPolicy");
    pull.one_of(errors, &["Always", "IfNotPresent", "Never"]);
    resources::requirements(&container.get("resources"), Names::Container, claims, errors);
    resize_policy(&container.get("resizePolicy"), spec.get("restartPolicy").text(), errors);
    security::container(&container.get("securityContext"), spec, errors);
}

/// Probes and hooks of a container that keeps running.
fn running(container: &At<'_, '_>, spec: &At<'_, '_>, errors: &mut FieldErrors) {
    let grace = spec.get("terminationGracePeriodSeconds");
    let grace = grace.is_set().then(|| grace.int());
    probe::lifecycle(&container.get("lifecycle"), grace, &spec.get("os"), errors);
    probe::liveness(&container.get("livenessProbe"), grace, errors);
    probe::readiness(&container.get("readinessProbe"), grace, errors);
    probe::liveness(&container.get("startupProbe"), grace, errors);
}

fn init_container(container: &At<'_, '_>, spec: &At<'_, '_>, errors: &mut FieldErrors) {
    if container.get("restartPolicy").text() == "Always" {
        return running(container, spec, errors);
    }
    for field in ["lifecycle"].into_iter().chain(PROBES) {
        if container.get(field).is_set() {
            container.get(field).forbidden(errors, ONLY_SIDECARS);
        }
    }
    for policy in container.get("resizePolicy").items() {
        let restart = policy.get("restartPolicy");
        if restart.text() == "RestartContainer" {
            let detail = "must not be set to 'RestartContainer' for non-sidecar initContainers";
            restart.invalid(errors, detail);
        }
    }
}

// Models validateContainerPorts.
fn ports(at: &At<'_, '_>, errors: &mut FieldErrors) {
    let mut names = BTreeSet::new();
    for port in at.items() {
        let name = port.get("name");
        if !name.text().is_empty() {
            let wrong = is_valid_port_name(name.text());
            if !wrong.is_empty() {
                name.rule(errors, wrong);
            } else if !names.insert(name.text()) {
                name.duplicate(errors);
            }
        }
        let number = port.get("containerPort");
        if number.int() == 0 {
            number.required(errors, "");
        } else {
            port_number(&number, errors);
        }
        let host = port.get("hostPort");
        if host.int() != 0 {
            port_number(&host, errors);
        }
        port.get("protocol").one_of(errors, &PROTOCOLS);
    }
}

// Models AccumulateUniqueHostPorts.
fn host_port_conflicts(containers: &At<'_, '_>, taken: &mut BTreeSet<String>, errors: &mut FieldErrors) {
    for container in containers.items() {
        for port in container.get("ports").items() {
            let host = port.get("hostPort");
            if host.int() == 0 {
                continue;
            }
            let address = format!(
                "{}/{}/{}",
                port.get("protocol").text(),
                port.get("hostIP").text(),
                host.int()
            );
            if taken.contains(&address) {
                errors.push(FieldError::duplicate(&host.path, &address));
            }
            taken.insert(address);
        }
    }
}

const RULES_MAX: usize = 20;
const EXIT_CODES_MAX: usize = 255;

// Models validateContainerRestartPolicy.
fn restart_policy(container: &At<'_, '_>, errors: &mut FieldErrors) {
    let (policy, rules) = (container.get("restartPolicy"), container.get("restartPolicyRules"));
    if policy.is_set() {
        policy.among(errors, &["Always", "Never", "OnFailure"]);
    } else if rules.len() > 0 {
        policy.required(errors, "must specify restartPolicy when restart rules are used");
    }
    if rules.len() > RULES_MAX {
        errors.push(FieldError::too_many(&rules.path, rules.len(), RULES_MAX));
    }
    for rule in rules.items() {
        rule.get("action").among(errors, &["Restart", "RestartAllContainers"]);
        let codes = rule.get("exitCodes");
        if !codes.is_set() {
            codes.required(errors, "must be specified");
            continue;
        }
        codes.get("operator").among(errors, &["In", "NotIn"]);
        let values = codes.get("values");
        if values.len() > EXIT_CODES_MAX {
            errors.push(FieldError::too_many(&values.path, values.len(), EXIT_CODES_MAX));
        }
    }
}

// Models validateResizePolicy.
fn resize_policy(at: &At<'_, '_>, pod_policy: &str, errors: &mut FieldErrors) {
    let mut seen = BTreeSet::new();
    for policy in at.items() {
        let (resource, restart) = (policy.get("resourceName"), policy.get("restartPolicy"));
        if !seen.insert(resource.text()) {
            errors.push(FieldError::duplicate(&policy.path, resource.text()));
        }
        resource.told_as(at.path).one_of(errors, &["cpu", "memory"]);
        let restart = restart.told_as(at.path);
        restart.one_of(errors, &["NotRequired", "RestartContainer"]);
        if pod_policy == "Never" && restart.text() != "NotRequired" {
            restart.invalid_text(errors, "must be 'NotRequired' when pod `restartPolicy` is 'Never'");
        }
    }
}

// Models validateContainerOnlyForPod.
pub(super) fn no_space_in_image(container: &At<'_, '_>, errors: &mut FieldErrors) {
    let image = container.get("image");
    if image.text().trim().len() != image.text().len() {
        image.invalid(errors, "must not have leading or trailing whitespace");
    }
}

/// The effect of a taint or toleration.
pub(in crate::api::validation) fn taint_effect(at: &At<'_, '_>, errors: &mut FieldErrors) {
    at.one_of(errors, &["NoSchedule", "PreferNoSchedule", "NoExecute"]);
}
