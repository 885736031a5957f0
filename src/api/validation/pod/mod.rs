//! Rules for pods and pod templates.
// Models pkg/apis/core/validation/validation.go.

mod affinity;
mod container;
mod env;
mod probe;
mod security;
mod update;
mod volume;

use serde_json::Value;

use super::at::At;
use super::meta;
use super::resources::{self, Names};
use crate::api::names::{
    FieldErrors, inclusive_range_error, is_dns1123_label, is_dns1123_subdomain, is_dns1123_subdomain_with_underscore,
    is_qualified_name, is_valid_label_value, name_is_dns_subdomain,
};

pub(super) use affinity::node_selector;
pub(super) use container::{port_number, taint_effect};
pub(super) use update::update;
pub(super) use volume::{host_path, nfs, no_backsteps};

const MIRROR: &str = "kubernetes.io/config.mirror";
const DELETION_COST: &str = "controller.kubernetes.io/pod-deletion-cost";

/// What pods and templates differ in.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// A pod.
    Pod,
    /// A template of pods.
    Template,
}

/// A new pod.
// Models ValidatePodCreate.
pub(super) fn create(pod: &At<'_, '_>, errors: &mut FieldErrors) {
    metadata_and_spec(pod, errors);
    let spec = pod.get("spec");
    if spec.get("ephemeralContainers").len() > 0 {
        spec.get("ephemeralContainers")
            .forbidden(errors, "cannot be set on create");
    }
    if spec.get("nodeName").is_filled() && spec.get("schedulingGates").len() > 0 {
        let detail = "cannot be set until all schedulingGates have been cleared";
        spec.get("nodeName").forbidden(errors, detail);
    }
}

// Models validatePodMetadataAndSpec.
fn metadata_and_spec(pod: &At<'_, '_>, errors: &mut FieldErrors) {
    let (metadata, spec) = (pod.get("metadata"), pod.get("spec"));
    meta::metadata(&metadata, true, name_is_dns_subdomain, errors);
    annotations(&metadata.get("annotations"), &spec, errors);
    self::spec(&spec, metadata.get("name").text(), Form::Pod, errors);
    for field in ["containers", "initContainers"] {
        for container in spec.get(field).items() {
            container::no_space_in_image(&container, errors);
        }
    }
}

// Models ValidatePodSpecificAnnotations.
fn annotations(at: &At<'_, '_>, spec: &At<'_, '_>, errors: &mut FieldErrors) {
    for (key, value) in at.entries() {
        match key {
            MIRROR if !spec.get("nodeName").is_filled() => {
                value.invalid_text(errors, "must set spec.nodeName if mirror pod annotation is set");
            }
            DELETION_COST if !is_deletion_cost(value.text()) => {
                value.invalid_text(errors, "must be a 32bit integer");
            }
            _ => {}
        }
    }
}

// Models pkg/apis/core/helper GetDeletionCostFromPodAnnotations.
fn is_deletion_cost(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let canonical = digits == "0" || !digits.starts_with(['0', '+']);
    canonical && text.parse::<i32>().is_ok()
}

/// A pod template, at `path` of its object.
// Models ValidatePodTemplateSpec.
pub(super) fn template(at: &At<'_, '_>, errors: &mut FieldErrors) {
    let (metadata, spec) = (at.get("metadata"), at.get("spec"));
    // Upstream tells of labels and annotations without the word metadata.
    let (labels, annotated) = (metadata.get("labels"), metadata.get("annotations"));
    meta::labels(&labels.told_as(at.path.child("labels")), errors);
    meta::annotations(&annotated.told_as(at.path.child("annotations")), errors);
    annotations(&annotated.told_as(at.path.child("annotations")), &spec, errors);
    self::spec(&spec, "", Form::Template, errors);
    if spec.get("ephemeralContainers").len() > 0 {
        let detail = "ephemeral containers not allowed in pod template";
        spec.get("ephemeralContainers").forbidden(errors, detail);
    }
}

// Models ValidatePodSpec.
fn spec(spec: &At<'_, '_>, pod_name: &str, form: Form, errors: &mut FieldErrors) {
    let volumes = volume::volumes(&spec.get("volumes"), pod_name, errors);
    container::containers(spec, &volumes, errors);
    let pod_resources = spec.get("resources");
    resources::requirements(&pod_resources, Names::Pod, errors);
    host_network(spec, form, errors);
    spec.get("restartPolicy")
        .one_of(errors, &["Always", "OnFailure", "Never"]);
    let policies = ["ClusterFirstWithHostNet", "ClusterFirst", "Default", "None"];
    spec.get("dnsPolicy").one_of(errors, &policies);
    meta::labels(&spec.get("nodeSelector"), errors);
    security::pod(spec, errors);
    affinity::affinity(&spec.get("affinity"), errors);
    dns_config(&spec.get("dnsConfig"), spec.get("dnsPolicy").text(), errors);
    for gate in spec.get("readinessGates").items() {
        let kind = gate.get("conditionType");
        kind.rule(errors, is_qualified_name(kind.text()));
    }
    scheduling_gates(&spec.get("schedulingGates"), errors);
    affinity::spread(&spec.get("topologySpreadConstraints"), errors);
    security::host_users(spec, errors);
    names(spec, errors);
    tolerations(&spec.get("tolerations"), errors);
    host_aliases(&spec.get("hostAliases"), errors);
    class_names(spec, errors);
    for (name, amount) in spec.get("overhead").entries() {
        let told = amount.path;
        resources::check_name(name, &amount.told_as(told), Names::Container, errors);
        resources::check_amount(name, &amount, errors);
    }
    if spec.get("os").is_set() {
        let os = spec.get("os");
        let name = os.get("name");
        if name.text().is_empty() {
            name.required(errors, "");
        } else {
            name.told_as(os.path).among(errors, &["linux", "windows"]);
        }
    }
}

// Models validatePodHostNetworkDeps.
fn host_network(spec: &At<'_, '_>, form: Form, errors: &mut FieldErrors) {
    if !spec.get("hostNetwork").is_true() {
        return;
    }
    for container in spec.get("containers").items() {
        for port in container.get("ports").items() {
            let (host, own) = (port.get("hostPort"), port.get("containerPort"));
            if (form == Form::Pod || host.int() != 0) && host.int() != own.int() {
                host.invalid_int(errors, "must match `containerPort` when `hostNetwork` is true");
            }
        }
    }
}

fn names(spec: &At<'_, '_>, errors: &mut FieldErrors) {
    for (field, rule) in [
        ("serviceAccountName", is_dns1123_subdomain as fn(&str) -> Vec<String>),
        ("nodeName", is_dns1123_subdomain),
    ] {
        let name = spec.get(field);
        if !name.text().is_empty() {
            name.rule(errors, rule(name.text()));
        }
    }
    let deadline = spec.get("activeDeadlineSeconds");
    if deadline.is_set() && !(1..=i64::from(i32::MAX)).contains(&deadline.int()) {
        deadline.invalid(errors, inclusive_range_error(1, i64::from(i32::MAX)));
    }
    for field in ["hostname", "subdomain"] {
        let name = spec.get(field);
        if !name.text().is_empty() {
            name.rule(errors, is_dns1123_label(name.text()));
        }
    }
}

fn class_names(spec: &At<'_, '_>, errors: &mut FieldErrors) {
    for field in ["priorityClassName", "runtimeClassName"] {
        let name = spec.get(field);
        if name.is_set() && (field == "runtimeClassName" || !name.text().is_empty()) {
            name.rule(errors, is_dns1123_subdomain(name.text()));
        }
    }
    let policy = spec.get("preemptionPolicy");
    if policy.is_set() {
        policy.one_of(errors, &["PreemptLowerPriority", "Never"]);
    }
}

// Models validateSchedulingGates.
fn scheduling_gates(at: &At<'_, '_>, errors: &mut FieldErrors) {
    let mut seen = Vec::new();
    for gate in at.items() {
        let name = gate.get("name");
        let name = name.told_as(gate.path);
        name.rule(errors, is_qualified_name(name.text()));
        if seen.contains(&name.text()) {
            name.duplicate(errors);
        }
        seen.push(name.text());
    }
}

// Models ValidateTolerations.
pub(super) fn tolerations(at: &At<'_, '_>, errors: &mut FieldErrors) {
    for toleration in at.items() {
        let (key, operator) = (toleration.get("key"), toleration.get("operator"));
        let (value, effect) = (toleration.get("value"), toleration.get("effect"));
        if !key.text().is_empty() {
            key.rule(errors, is_qualified_name(key.text()));
        } else if operator.text() != "Exists" {
            let detail = "operator must be Exists when `key` is empty, which means \"match all values and all keys\"";
            operator.invalid_text(errors, detail);
        }
        if toleration.get("tolerationSeconds").is_set() && effect.text() != "NoExecute" {
            effect.invalid_text(errors, "effect must be 'NoExecute' when `tolerationSeconds` is set");
        }
        let told = value.told_as(operator.path);
        match operator.text() {
            "Equal" | "" => {
                let wrong = is_valid_label_value(value.text());
                if !wrong.is_empty() {
                    told.invalid_text(errors, wrong.join(";"));
                }
            }
            "Exists" if value.text().is_empty() => {}
            "Exists" => told.invalid_text(errors, "value must be empty when `operator` is 'Exists'"),
            "Lt" | "Gt" => operator.not_supported(errors, &["Equal", "Exists", "Lt", "Gt"]),
            _ => operator.not_supported(errors, &["Equal", "Exists"]),
        }
        if !effect.text().is_empty() {
            taint_effect(&effect, errors);
        }
    }
}

// Models ValidateHostAliases.
fn host_aliases(at: &At<'_, '_>, errors: &mut FieldErrors) {
    for alias in at.items() {
        super::network::ip(&alias.get("ip"), errors);
        for name in alias.get("hostnames").items() {
            name.rule(errors, is_dns1123_subdomain(name.text()));
        }
    }
}

const NAMESERVERS_MAX: usize = 3;
const SEARCHES_MAX: usize = 32;
const SEARCH_LENGTH_MAX: usize = 2048;

// Models validatePodDNSConfig.
fn dns_config(at: &At<'_, '_>, policy: &str, errors: &mut FieldErrors) {
    let (servers, searches) = (at.get("nameservers"), at.get("searches"));
    if policy == "None" {
        if !at.is_set() {
            return at.required(errors, "must provide `dnsConfig` when `dnsPolicy` is None");
        }
        if servers.len() == 0 {
            let detail = "must provide at least one DNS nameserver when `dnsPolicy` is None";
            return servers.required(errors, detail);
        }
    }
    if servers.len() > NAMESERVERS_MAX {
        servers.invalid(errors, format!("must not have more than {NAMESERVERS_MAX} nameservers"));
    }
    servers.items().for_each(|server| super::network::ip(&server, errors));
    if searches.len() > SEARCHES_MAX {
        searches.invalid(errors, format!("must not have more than {SEARCHES_MAX} search paths"));
    }
    if searches.texts().collect::<Vec<_>>().join(" ").len() > SEARCH_LENGTH_MAX {
        let detail =
            format!("must not have more than {SEARCH_LENGTH_MAX} characters (including spaces) in the search list");
        searches.invalid(errors, detail);
    }
    for search in searches.items().filter(|search| search.text() != ".") {
        let name = search.text().strip_suffix('.').unwrap_or(search.text());
        errors.push_invalid(&search.path, name, is_dns1123_subdomain_with_underscore(name));
    }
    for option in at.get("options").items() {
        if option.get("name").text().is_empty() {
            option.required(errors, "must not be empty");
        }
    }
}

/// The specs of two pods in their common form: numbers and absences compare as Go's zero values do.
fn same(a: &Value, b: &Value) -> bool {
    a == b
}
