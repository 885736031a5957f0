//! Rules for Ingresses, their classes and NetworkPolicies.
// Models pkg/apis/networking/validation/validation.go.

use serde_json::Value;

use super::at::At;
use super::{meta, network};
use crate::api::names::{
    FieldError, FieldErrors, Path, is_dns1123_subdomain, is_domain_prefixed_path, is_path_segment_name,
    is_valid_port_name, is_wildcard_dns1123_subdomain, name_is_dns_label, name_is_dns_subdomain,
};

const CLASS_ANNOTATION: &str = "kubernetes.io/ingress.class";

// Models ValidateIngressCreate.
pub(super) fn ingress(at: &At<'_, '_>, errors: &mut FieldErrors) {
    let metadata = at.get("metadata");
    meta::metadata(&metadata, true, name_is_dns_subdomain, errors);
    let spec = at.get("spec");
    ingress_spec(&spec, errors);
    let annotations = metadata.get("annotations");
    let (class, annotated) = (spec.get("ingressClassName"), annotations.get(CLASS_ANNOTATION));
    if class.is_set() && annotated.is_set() && class.text() != annotated.text() {
        let path = Path::new("annotations");
        let detail = "must match `ingressClassName` when both are specified";
        annotated.told_as(path.child(CLASS_ANNOTATION)).invalid(errors, detail);
    }
}

pub(super) fn ingress_update(at: &At<'_, '_>, old: &Value, errors: &mut FieldErrors) {
    meta::metadata_update(&at.get("metadata"), &old["metadata"], errors);
    meta::metadata(&at.get("metadata"), true, name_is_dns_subdomain, errors);
    ingress_spec(&at.get("spec"), errors);
}

// Models ValidateIngressSpec.
fn ingress_spec(spec: &At<'_, '_>, errors: &mut FieldErrors) {
    let (rules, default) = (spec.get("rules"), spec.get("defaultBackend"));
    if rules.len() == 0 && !default.is_set() {
        let detail = "either `defaultBackend` or `rules` must be specified";
        spec.invalid_as(errors, &Value::Null, detail);
    }
    if default.is_set() {
        backend(&default, errors);
    }
    for rule in rules.items() {
        host(&rule.get("host"), errors);
        let http = rule.get("http");
        if http.is_set() {
            paths(&http.get("paths"), errors);
        }
    }
    for tls in spec.get("tls").items() {
        tls.get("hosts").items().for_each(|host| name(&host, errors));
        let secret = tls.get("secretName");
        if !secret.text().is_empty() {
            secret.rule(errors, name_is_dns_subdomain(secret.text(), false));
        }
    }
    let class = spec.get("ingressClassName");
    if class.is_set() {
        class.rule(errors, name_is_dns_subdomain(class.text(), false));
    }
}

fn host(at: &At<'_, '_>, errors: &mut FieldErrors) {
    if at.text().is_empty() {
        return;
    }
    if network::parse_ip(at.text()).is_some() {
        at.invalid(errors, "must be a DNS name, not an IP address");
    }
    name(at, errors);
}

fn name(at: &At<'_, '_>, errors: &mut FieldErrors) {
    let wrong = if at.text().contains('*') {
        is_wildcard_dns1123_subdomain(at.text())
    } else {
        is_dns1123_subdomain(at.text())
    };
    at.rule(errors, wrong);
}

fn paths(at: &At<'_, '_>, errors: &mut FieldErrors) {
    if at.len() == 0 {
        at.required(errors, "");
    }
    at.items().for_each(|one| http_path(&one, errors));
}

const SEQUENCES: [&str; 5] = ["//", "/./", "/../", "%2f", "%2F"];
const SUFFIXES: [&str; 2] = ["/..", "/."];

// Models validateHTTPIngressPath.
pub(super) fn http_path(at: &At<'_, '_>, errors: &mut FieldErrors) {
    let (path, kind) = (at.get("path"), at.get("pathType"));
    if !kind.is_set() {
        return kind.required(errors, "pathType must be specified");
    }
    let relative = !path.text().starts_with('/');
    match kind.text() {
        "Exact" | "Prefix" => {
            if relative {
                path.invalid_text(errors, "must be an absolute path");
            }
            for sequence in SEQUENCES.iter().filter(|sequence| path.text().contains(**sequence)) {
                path.invalid(errors, format!("must not contain '{sequence}'"));
            }
            for suffix in SUFFIXES.iter().filter(|suffix| path.text().ends_with(**suffix)) {
                path.invalid(errors, format!("cannot end with '{suffix}'"));
            }
        }
        "ImplementationSpecific" => {
            if relative && !path.text().is_empty() {
                path.invalid(errors, "must be an absolute path");
            }
        }
        _ => kind.not_supported(errors, &["Exact", "ImplementationSpecific", "Prefix"]),
    }
    backend(&at.get("backend"), errors);
}

// Models validateIngressBackend.
fn backend(at: &At<'_, '_>, errors: &mut FieldErrors) {
    let (service, resource) = (at.get("service"), at.get("resource"));
    match (service.is_set(), resource.is_set()) {
        (true, true) => at.invalid_as(errors, "", "cannot set both resource and service backends"),
        (false, true) => typed_reference(&resource, errors),
        (true, false) => service_backend(at, &service, errors),
        (false, false) => at.invalid_as(errors, "", "resource or service backend is required"),
    }
}

fn service_backend(at: &At<'_, '_>, service: &At<'_, '_>, errors: &mut FieldErrors) {
    service
        .get("name")
        .required_rule(errors, |name| name_is_dns_label(name, false));
    let port = service.get("port");
    let (name, number) = (port.get("name"), port.get("number"));
    match (!name.text().is_empty(), number.int() != 0) {
        (true, true) => at.invalid_as(errors, "", "cannot set both port name & port number"),
        (true, false) => name.rule(errors, is_valid_port_name(name.text())),
        (false, true) => network::port_number(&number, errors),
        (false, false) => at.required(errors, "port name or number is required"),
    }
}

// Models validateIngressTypedLocalObjectReference.
fn typed_reference(at: &At<'_, '_>, errors: &mut FieldErrors) {
    let group = at.get("apiGroup");
    if group.is_set() {
        group.rule(errors, is_dns1123_subdomain(group.text()));
    }
    for field in ["kind", "name"] {
        at.get(field)
            .required_rule(errors, |text| is_path_segment_name(text, false));
    }
}

const CONTROLLER_MAX: usize = 250;

// Models ValidateIngressClass.
pub(super) fn ingress_class(at: &At<'_, '_>, errors: &mut FieldErrors) {
    meta::metadata(&at.get("metadata"), false, name_is_dns_subdomain, errors);
    let spec = at.get("spec");
    let (controller, parameters) = (spec.get("controller"), spec.get("parameters"));
    if controller.text().len() > CONTROLLER_MAX {
        errors.push(FieldError::too_long(&controller.path, CONTROLLER_MAX));
    }
    errors.extend(is_domain_prefixed_path(&controller.path, controller.text()));
    if !parameters.is_set() {
        return;
    }
    typed_reference(&parameters, errors);
    let (scope, namespace) = (parameters.get("scope"), parameters.get("namespace"));
    if !scope.is_set() {
        return scope.required(errors, "");
    }
    match (scope.text(), namespace.is_set()) {
        ("Namespace", false) => namespace.required(errors, "`parameters.scope` is set to 'Namespace'"),
        ("Namespace", true) => namespace.rule(errors, name_is_dns_label(namespace.text(), false)),
        ("Cluster", true) => namespace.forbidden(errors, "`parameters.scope` is set to 'Cluster'"),
        ("Cluster", false) => {}
        _ => scope.not_supported(errors, &["Cluster", "Namespace"]),
    }
}

pub(super) fn ingress_class_update(at: &At<'_, '_>, old: &Value, errors: &mut FieldErrors) {
    meta::metadata_update(&at.get("metadata"), &old["metadata"], errors);
    at.get("spec")
        .get("controller")
        .immutable(errors, &old["spec"]["controller"]);
    ingress_class(at, errors);
}

// Models ValidateNetworkPolicy.
pub(super) fn network_policy(at: &At<'_, '_>, errors: &mut FieldErrors) {
    meta::metadata(&at.get("metadata"), true, name_is_dns_subdomain, errors);
    network_policy_spec(&at.get("spec"), errors);
}

pub(super) fn network_policy_update(at: &At<'_, '_>, old: &Value, errors: &mut FieldErrors) {
    meta::metadata_update(&at.get("metadata"), &old["metadata"], errors);
    network_policy_spec(&at.get("spec"), errors);
}

// Models ValidateNetworkPolicySpec.
fn network_policy_spec(spec: &At<'_, '_>, errors: &mut FieldErrors) {
    spec.get("podSelector").check_selector(errors);
    for (direction, peers) in [("ingress", "from"), ("egress", "to")] {
        for rule in spec.get(direction).items() {
            rule.get("ports").items().for_each(|port| policy_port(&port, errors));
            rule.get(peers).items().for_each(|one| peer(&one, errors));
        }
    }
    let types = spec.get("policyTypes");
    if types.len() > 2 {
        return types.invalid(errors, "may not specify more than two policyTypes");
    }
    types.items().for_each(|one| one.among(errors, &["Ingress", "Egress"]));
}

// Models ValidateNetworkPolicyPort.
fn policy_port(at: &At<'_, '_>, errors: &mut FieldErrors) {
    let (protocol, port, end) = (at.get("protocol"), at.get("port"), at.get("endPort"));
    if protocol.is_set() {
        protocol.among(errors, &["TCP", "UDP", "SCTP"]);
    }
    match port.value {
        Value::Null if end.is_set() => end.invalid(errors, "may not be specified when `port` is not specified"),
        Value::Null => {}
        Value::String(name) => {
            if end.is_set() {
                end.invalid(errors, "may not be specified when `port` is non-numeric");
            }
            port.rule(errors, is_valid_port_name(name));
        }
        _ => {
            network::port_number(&port, errors);
            if end.is_set() && end.int() < port.int() {
                end.invalid_as(errors, port.int(), "must be greater than or equal to `port`");
            }
            if end.is_set() {
                network::port_number(&end, errors);
            }
        }
    }
}

// Models ValidateNetworkPolicyPeer.
fn peer(at: &At<'_, '_>, errors: &mut FieldErrors) {
    let (pods, namespaces, block) = (at.get("podSelector"), at.get("namespaceSelector"), at.get("ipBlock"));
    pods.check_selector(errors);
    namespaces.check_selector(errors);
    if block.is_set() {
        ip_block(&block, errors);
    }
    let count = [&pods, &namespaces, &block].iter().filter(|one| one.is_set()).count();
    if count == 0 {
        at.required(errors, "must specify a peer");
    } else if count > 1 && block.is_set() {
        at.forbidden(errors, "may not specify both ipBlock and another peer");
    }
}

// Models ValidateIPBlock.
fn ip_block(at: &At<'_, '_>, errors: &mut FieldErrors) {
    let cidr = at.get("cidr");
    if cidr.text().is_empty() {
        return cidr.required(errors, "");
    }
    network::cidr(&cidr, errors);
    let Some(outer) = network::parse_cidr(cidr.text()) else {
        return;
    };
    for except in at.get("except").items() {
        network::cidr(&except, errors);
        let inner = network::parse_cidr(except.text());
        if inner.is_some_and(|inner| !network::is_strict_subset(inner, outer)) {
            except.invalid(errors, "must be a strict subset of `cidr`");
        }
    }
}
