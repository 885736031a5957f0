//! Rules for pods and pod templates.
// Models pkg/apis/core/validation/validation.go.

mod affinity;
mod container;
mod env;
mod path;
mod plugin;
mod probe;
mod profile;
mod security;
mod update;
mod volume;
mod windows;

use serde_json::Value;

use super::at::At;
use super::meta;
use super::resources::{self, Names};
use crate::api::names::{
    FieldError, FieldErrors, inclusive_range_error, is_dns1123_label, is_dns1123_subdomain,
    is_dns1123_subdomain_with_underscore, is_qualified_name, is_valid_label_value, name_is_dns_subdomain,
};

pub(super) use affinity::node_selector;
pub(super) use container::taint_effect;
pub(super) use path::no_backsteps;
pub(super) use plugin::source as plugin;
pub(super) use update::update;
pub(super) use volume::{host_path, nfs};

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
    let metadata = pod.get("metadata");
    profile::match_annotations(&metadata.get("annotations"), &spec, errors);
}

/// All containers in upstream's order of visits.
fn each_container(spec: &At<'_, '_>, visit: &mut dyn FnMut(&At<'_, '_>)) {
    for field in ["initContainers", "containers", "ephemeralContainers"] {
        spec.get(field).items().for_each(|container| visit(&container));
    }
}

// Models validatePodMetadataAndSpec.
fn metadata_and_spec(pod: &At<'_, '_>, errors: &mut FieldErrors) {
    let (metadata, spec) = (pod.get("metadata"), pod.get("spec"));
    meta::metadata(&metadata, true, name_is_dns_subdomain, errors);
    annotations(&metadata.get("annotations"), &spec, errors);
    self::spec(&spec, metadata.get("name").text(), Form::Pod, errors);
    if spec.get("serviceAccountName").text().is_empty() {
        for volume in spec.get("volumes").items() {
            for source in volume.get("projected").get("sources").items() {
                let token = source.get("serviceAccountToken");
                if token.is_set() {
                    token.forbidden(errors, "must not be specified when serviceAccountName is not set");
                }
            }
        }
    }
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
    profile::annotations(at, spec, errors);
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
    profile::match_annotations(&annotated, &spec, errors);
    if spec.get("ephemeralContainers").len() > 0 {
        let detail = "ephemeral containers not allowed in pod template";
        spec.get("ephemeralContainers").forbidden(errors, detail);
    }
}

// Models ValidatePodSpec.
fn spec(spec: &At<'_, '_>, pod_name: &str, form: Form, errors: &mut FieldErrors) {
    let volumes = volume::volumes(&spec.get("volumes"), pod_name, errors);
    claims(&spec.get("resourceClaims"), errors);
    container::containers(spec, &volumes, errors);
    pod_resources(spec, errors);
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
    windows::host_process(spec, errors);
    security::host_users(spec, errors);
    host_name(spec, errors);
    names(spec, errors);
    tolerations(&spec.get("tolerations"), errors);
    host_aliases(&spec.get("hostAliases"), errors);
    class_names(spec, errors);
    let overhead = spec.get("overhead");
    for (name, amount) in overhead.entries() {
        let list = overhead.path.child("limits");
        let amount = amount.told_as(list.key(name));
        resources::check_name(name, &amount, Names::Container, errors);
        resources::check_amount(name, &amount, errors);
    }
    system(spec, errors);
    let group = spec.get("schedulingGroup");
    let name = group.get("podGroupName");
    if name.is_set() {
        name.rule(errors, is_dns1123_subdomain(name.text()));
    } else if group.is_set() {
        name.invalid(errors, "must specify one of: `podGroupName`");
    }
    env::file_key_volumes(spec, errors);
}

/// What the operating system rules out.
fn system(spec: &At<'_, '_>, errors: &mut FieldErrors) {
    let os = spec.get("os");
    let name = os.get("name");
    match name.text() {
        _ if !os.is_set() => {}
        "" => name.required(errors, ""),
        "linux" => windows::not_on_linux(spec, errors),
        "windows" => windows::not_on_windows(spec, errors),
        _ => name.told_as(os.path).not_supported(errors, &["linux", "windows"]),
    }
}

// Models validatePodHostName.
fn host_name(spec: &At<'_, '_>, errors: &mut FieldErrors) {
    let name = spec.get("hostnameOverride");
    if !name.is_set() {
        return;
    }
    for field in ["setHostnameAsFQDN", "hostNetwork"] {
        if spec.get(field).is_true() {
            name.forbidden(errors, &["may not be specified when ", field, " is true"].concat());
        }
    }
    if name.text().len() > HOST_NAME_MAX {
        errors.push(FieldError::too_long(&name.path, HOST_NAME_MAX));
    }
    name.rule(errors, is_dns1123_subdomain(name.text()));
}

const HOST_NAME_MAX: usize = 64;

// Models validatePodResourceClaims.
fn claims(at: &At<'_, '_>, errors: &mut FieldErrors) {
    let mut names = Vec::new();
    for claim in at.items() {
        let (name, own, template) = (
            claim.get("name"),
            claim.get("resourceClaimName"),
            claim.get("resourceClaimTemplateName"),
        );
        if names.contains(&name.text()) {
            name.duplicate(errors);
        } else {
            name.required_rule(errors, is_dns1123_label);
            names.push(name.text());
        }
        let shown = || super::internal::bad_value("core", "PodResourceClaim", claim.value);
        match (own.is_set(), template.is_set()) {
            (true, true) => {
                let detail = "at most one of `resourceClaimName` or `resourceClaimTemplateName` may be specified";
                claim.invalid_as(errors, shown(), detail);
            }
            (false, false) => {
                let detail = "must specify one of: `resourceClaimName`, `resourceClaimTemplateName`";
                claim.invalid_as(errors, shown(), detail);
            }
            _ => {}
        }
        for one in [&own, &template].into_iter().filter(|one| one.is_set()) {
            one.rule(errors, is_dns1123_subdomain(one.text()));
        }
    }
}

// Models validatePodResources.
fn pod_resources(spec: &At<'_, '_>, errors: &mut FieldErrors) {
    let at = spec.get("resources");
    if !at.is_set() {
        return;
    }
    if spec.get("os").get("name").text() == "windows" {
        return at.forbidden(errors, "may not be set for a windows pod");
    }
    if at.get("claims").is_set() {
        at.get("claims")
            .forbidden(errors, "claims may not be set for Resources at pod-level");
    }
    resources::requirements(&at, Names::Pod, &[], errors);
    resources::fit_in_pod(spec, &at, errors);
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
    for field in ["serviceAccountName", "nodeName"] {
        spec.get(field).optional_rule(errors, is_dns1123_subdomain);
    }
    let deadline = spec.get("activeDeadlineSeconds");
    if deadline.is_set() && !(1..=i64::from(i32::MAX)).contains(&deadline.int()) {
        deadline.invalid(errors, inclusive_range_error(1, i64::from(i32::MAX)));
    }
    for field in ["hostname", "subdomain"] {
        spec.get(field).optional_rule(errors, is_dns1123_label);
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
