//! Rules for EndpointSlices, Endpoints, Leases and Events.

use crate::sim::btree::BTreeSet;

use serde_json::Value;

use super::at::At;
use super::{meta, network};
use crate::api::names::{
    FieldError, FieldErrors, is_dns1123_label, is_dns1123_subdomain, is_fully_qualified_domain_name, is_qualified_name,
    is_valid_label_value, name_is_dns_subdomain,
};

const PROTOCOLS: [&str; 3] = ["SCTP", "TCP", "UDP"];
const ENDPOINTS_MAX: usize = 1000;
const ADDRESSES_MAX: usize = 100;
const PORTS_MAX: usize = 20_000;
const HINTS_MAX: usize = 8;

fn too_many(at: &At<'_, '_>, max: usize, errors: &mut FieldErrors) -> bool {
    if at.len() > max {
        errors.push(FieldError::too_many(&at.path, at.len(), max));
    }
    at.len() > max
}

/// Whether a slice is one of the controllers' that make slices.
pub(super) fn is_managed(at: &At<'_, '_>) -> bool {
    let label = "/metadata/labels/endpointslice.kubernetes.io~1managed-by";
    let manager = at.value.pointer(label).and_then(Value::as_str);
    manager.is_some_and(|name| name.starts_with("endpointslice"))
}

/// Those of the engine's own controllers are written by the thousand, by code that is tested: only others are judged.
// Models pkg/apis/discovery/validation/validation.go ValidateEndpointSlice.
pub(super) fn endpoint_slice(at: &At<'_, '_>, old: &Value, errors: &mut FieldErrors) {
    if is_managed(at) {
        return;
    }
    meta::metadata(&at.get("metadata"), true, name_is_dns_subdomain, errors);
    let kind = at.get("addressType");
    kind.one_of(errors, &["FQDN", "IPv4", "IPv6"]);
    ports(&at.get("ports"), errors);
    let endpoints = at.get("endpoints");
    if !too_many(&endpoints, ENDPOINTS_MAX, errors) && *endpoints.value != old["endpoints"] {
        endpoints.items().for_each(|one| endpoint(&one, kind.text(), errors));
    }
    if !old.is_null() {
        kind.immutable(errors, &old["addressType"]);
    }
}

// Models validateEndpoints.
fn endpoint(at: &At<'_, '_>, kind: &str, errors: &mut FieldErrors) {
    let addresses = at.get("addresses");
    if addresses.len() == 0 {
        addresses.required(errors, "must contain at least 1 address");
    }
    too_many(&addresses, ADDRESSES_MAX, errors);
    for one in addresses.items() {
        if kind == "FQDN" {
            errors.extend(is_fully_qualified_domain_name(&one.path, one.text()));
            continue;
        }
        let before = errors.len();
        network::ip(&one, errors);
        if errors.len() > before {
            continue;
        }
        let is_v6 = network::parse_ip(one.text()).is_some_and(|address| address.is_ipv6());
        match (kind, is_v6) {
            ("IPv4", true) => one.told_as(addresses.path).invalid(errors, "must be an IPv4 address"),
            ("IPv6", false) => one.told_as(addresses.path).invalid(errors, "must be an IPv6 address"),
            _ => {}
        }
        network::endpoint_ip(&one, errors);
    }
    for (field, rule) in [
        ("nodeName", is_dns1123_subdomain as fn(&str) -> Vec<String>),
        ("hostname", is_dns1123_label),
    ] {
        let name = at.get(field);
        if name.is_set() {
            name.rule(errors, rule(name.text()));
        }
    }
    hints(&at.get("hints"), errors);
}

// Models validateHints.
fn hints(at: &At<'_, '_>, errors: &mut FieldErrors) {
    for (field, rule) in [
        ("forZones", is_valid_label_value as fn(&str) -> Vec<String>),
        ("forNodes", is_dns1123_subdomain),
    ] {
        let list = at.get(field);
        if too_many(&list, HINTS_MAX, errors) {
            return;
        }
        let mut seen = BTreeSet::new();
        for hint in list.items() {
            let name = hint.get("name");
            if !seen.insert(name.text()) {
                name.duplicate(errors);
            }
            name.rule(errors, rule(name.text()));
        }
    }
}

// Models validatePorts.
fn ports(at: &At<'_, '_>, errors: &mut FieldErrors) {
    if too_many(at, PORTS_MAX, errors) {
        return;
    }
    let mut seen = BTreeSet::new();
    for port in at.items() {
        let (name, protocol) = (port.get("name"), port.get("protocol"));
        name.optional_rule(errors, is_dns1123_label);
        if !seen.insert(name.text()) {
            name.duplicate(errors);
        }
        if protocol.is_set() {
            protocol.among(errors, &PROTOCOLS);
        } else {
            protocol.required(errors, "");
        }
        app_protocol(&port.get("appProtocol"), errors);
    }
}

fn app_protocol(at: &At<'_, '_>, errors: &mut FieldErrors) {
    if at.is_set() {
        at.rule(errors, is_qualified_name(at.text()));
    }
}

// Models pkg/apis/core/validation/validation.go ValidateEndpoints.
pub(super) fn endpoints(at: &At<'_, '_>, old: &Value, errors: &mut FieldErrors) {
    meta::metadata(&at.get("metadata"), true, name_is_dns_subdomain, errors);
    let subsets = at.get("subsets");
    if *subsets.value == old["subsets"] {
        return;
    }
    for subset in subsets.items() {
        let (ready, waiting, ports) = (
            subset.get("addresses"),
            subset.get("notReadyAddresses"),
            subset.get("ports"),
        );
        if ready.len() + waiting.len() == 0 {
            subset.required(errors, "must specify `addresses` or `notReadyAddresses`");
        }
        for address in ready.items().chain(waiting.items()) {
            let ip = address.get("ip");
            network::ip(&ip, errors);
            address.get("hostname").optional_rule(errors, is_dns1123_label);
            address.get("nodeName").optional_rule(errors, is_dns1123_subdomain);
            network::endpoint_ip(&ip, errors);
        }
        for port in ports.items() {
            let name = port.get("name");
            if ports.len() > 1 && name.text().is_empty() {
                name.required(errors, "");
            }
            name.optional_rule(errors, is_dns1123_label);
            network::port_number(&port.get("port"), errors);
            port.get("protocol").one_of(errors, &PROTOCOLS);
            app_protocol(&port.get("appProtocol"), errors);
        }
    }
}

// Models pkg/apis/coordination/validation/validation.go ValidateLeaseSpec.
pub(super) fn lease(at: &At<'_, '_>, errors: &mut FieldErrors) {
    let spec = at.get("spec");
    let (duration, strategy) = (spec.get("leaseDurationSeconds"), spec.get("strategy"));
    if duration.is_set() && duration.int() <= 0 {
        duration.invalid(errors, "must be greater than 0");
    }
    spec.get("leaseTransitions").non_negative(errors);
    if strategy.is_set() {
        // Upstream names the field twice.
        let told = strategy.told_as(strategy.path.child("strategy"));
        if strategy.text().contains('/') {
            told.rule(errors, is_qualified_name(strategy.text()));
        } else {
            told.among(errors, &["OldestEmulationVersion"]);
        }
    }
    let holder = spec.get("preferredHolder");
    if holder.is_filled() && strategy.text().is_empty() {
        holder.forbidden(errors, "may only be specified if `strategy` is defined");
    }
}

/// An event of old stands where its object does.
// Models pkg/apis/core/validation/events.go legacyValidateEvent.
pub(super) fn event(at: &At<'_, '_>, errors: &mut FieldErrors) {
    if at.get("eventTime").is_set() {
        return;
    }
    let metadata = at.get("metadata");
    let own = metadata.get("namespace").text();
    let object = at.get("involvedObject");
    let namespace = object.get("namespace");
    let same = if namespace.text().is_empty() {
        own.is_empty() || own == "default"
    } else {
        namespace.text() == own
    };
    if !same {
        namespace.invalid_text(errors, "does not match event.namespace");
    }
}
