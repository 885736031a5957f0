//! Rules for Services.
// Models pkg/apis/core/validation/validation.go ValidateServiceCreate and ValidateServiceUpdate.

use crate::sim::btree::BTreeSet;

use serde_json::{Value, json};

use super::at::At;
use super::internal::bad_value;
use super::{meta, network};
use crate::api::names::{
    FieldError, FieldErrors, Path, is_dns1123_label, is_dns1123_subdomain, is_qualified_name, name_is_dns_label,
};

const PROTOCOLS: [&str; 3] = ["SCTP", "TCP", "UDP"];
const TYPES: [&str; 4] = ["ClusterIP", "ExternalName", "LoadBalancer", "NodePort"];

pub(super) fn create(service: &At<'_, '_>, errors: &mut FieldErrors) {
    meta::metadata(&service.get("metadata"), true, name_is_dns_label, errors);
    whole(service, errors);
}

/// What is asked of new and of changed Services.
// Models validateService.
fn whole(service: &At<'_, '_>, errors: &mut FieldErrors) {
    let metadata = service.get("metadata");
    let annotations = metadata.get("annotations");
    let (mode, hints) = (annotations.get(TOPOLOGY_MODE), annotations.get(TOPOLOGY_HINTS));
    if mode.is_set() && hints.is_set() && mode.text() != hints.text() {
        let detail = ["must match annotations[", TOPOLOGY_HINTS, "] when both are specified"].concat();
        mode.told_as(annotations.path.key(TOPOLOGY_MODE))
            .invalid(errors, detail);
    }
    spec(&service.get("spec"), &annotations, errors);
}

const TOPOLOGY_MODE: &str = "service.kubernetes.io/topology-mode";
const TOPOLOGY_HINTS: &str = "service.kubernetes.io/topology-aware-hints";
const RANGES: &str = "service.beta.kubernetes.io/load-balancer-source-ranges";

pub(super) fn update(service: &At<'_, '_>, old: &Value, errors: &mut FieldErrors) {
    meta::metadata_update(&service.get("metadata"), &old["metadata"], errors);
    let new = service.get("spec");
    cluster_ips_update(&new, &old["spec"], errors);
    families_update(&new, &old["spec"], errors);
    let class = new.get("loadBalancerClass");
    let balanced = |kind: &str| kind == "LoadBalancer";
    if balanced(new.get("type").text())
        && balanced(old["spec"]["type"].as_str().unwrap_or_default())
        && *class.value != old["spec"]["loadBalancerClass"]
    {
        class.invalid(errors, "may not change once set");
    }
    format_class(&new, errors);
    let check = new.get("healthCheckNodePort");
    let needs = |spec: &Value| spec["type"] == "LoadBalancer" && spec["externalTrafficPolicy"] == "Local";
    if needs(new.value) && needs(&old["spec"]) && *check.value != old["spec"]["healthCheckNodePort"] {
        check.forbidden(errors, "field is immutable");
    }
    whole(service, errors);
}

// Models validateUpgradeDowngradeIPFamilies.
fn families_update(spec: &At<'_, '_>, old: &Value, errors: &mut FieldErrors) {
    let kinds = [spec.get("type").text(), old["type"].as_str().unwrap_or_default()];
    let before_headless = old["clusterIPs"] == json!(["None"]);
    if kinds.contains(&"ExternalName") || before_headless || is_headless(spec) {
        return;
    }
    let (families, addresses) = (spec.get("ipFamilies"), spec.get("clusterIPs"));
    let before: Vec<&str> = old["ipFamilies"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    let now: Vec<&str> = families.texts().collect();
    let first = families.path.index(0);
    if before.len() == now.len() {
        for _ in before.iter().zip(&now).filter(|(a, b)| a != b) {
            errors.push(FieldError::invalid(&first, families.value, "may not change once set"));
        }
        return;
    }
    if before.len() > now.len() && addresses.len() == 0 {
        errors.push(FieldError::invalid(
            &first,
            families.value,
            "primary ipFamily can not be unset",
        ));
    }
    if let (Some(a), Some(b)) = (before.first(), now.first())
        && a != b
    {
        errors.push(FieldError::invalid(&first, addresses.value, "may not change once set"));
    }
    if before.len() > now.len() && now.len() == 1 {
        single_stack(
            spec,
            "must be set to 'SingleStack' when releasing the secondary ipFamily",
            errors,
        );
    }
}

fn single_stack(spec: &At<'_, '_>, detail: &str, errors: &mut FieldErrors) {
    let policy = spec.get("ipFamilyPolicy");
    if policy.text() != "SingleStack" {
        policy.invalid(errors, detail);
    }
}

// Models validateUpgradeDowngradeClusterIPs.
fn cluster_ips_update(spec: &At<'_, '_>, old: &Value, errors: &mut FieldErrors) {
    let is_external = |kind: &str| kind == "ExternalName";
    if is_external(spec.get("type").text()) || is_external(old["type"].as_str().unwrap_or_default()) {
        return;
    }
    let addresses = spec.get("clusterIPs");
    let before: Vec<&str> = old["clusterIPs"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    let now: Vec<&str> = addresses.texts().collect();
    if before == ["None"] && now == ["None"] {
        return;
    }
    let wrong = |index: usize, detail: &str, errors: &mut FieldErrors| {
        errors.push(FieldError::invalid(
            &addresses.path.index(index),
            addresses.value,
            detail,
        ));
    };
    if before.len() == now.len() {
        for (index, _) in before.iter().zip(&now).enumerate().filter(|(_, (a, b))| a != b) {
            wrong(index, "may not change once set", errors);
        }
    } else if !before.is_empty() && now.is_empty() {
        wrong(0, "primary clusterIP can not be unset", errors);
    } else if before.first().is_some_and(|first| now.first() != Some(first)) {
        wrong(0, "may not change once set", errors);
    }
    if before.len() > now.len() && now.len() == 1 {
        single_stack(
            spec,
            "must be set to 'SingleStack' when releasing the secondary clusterIP",
            errors,
        );
    }
}

fn is_headless(spec: &At<'_, '_>) -> bool {
    let addresses = spec.get("clusterIPs");
    addresses.len() == 1 && addresses.texts().next() == Some("None")
}

// Models validateService.
fn spec(spec: &At<'_, '_>, annotations: &At<'_, '_>, errors: &mut FieldErrors) {
    let (kind, ports) = (spec.get("type"), spec.get("ports"));
    let headless = is_headless(spec);
    if ports.len() == 0 && !headless && kind.text() != "ExternalName" {
        ports.required(errors, "");
    }
    by_type(spec, headless, errors);
    let mut names = BTreeSet::new();
    for port in ports.items() {
        self::port(&port, ports.len() > 1, &mut names, errors);
    }
    meta::labels(&spec.get("selector"), errors);
    affinity(spec, errors);
    if kind.text() != "ExternalName" {
        cluster_ips(spec, headless, errors);
    }
    for address in spec.get("externalIPs").items() {
        let before = errors.len();
        network::ip(&address, errors);
        if errors.len() == before {
            network::endpoint_ip(&address, errors);
        }
    }
    kind.one_of(errors, &TYPES);
    node_ports(&ports, kind.text(), errors);
    load_balancer(spec, annotations, errors);
    traffic(spec, errors);
}

fn by_type(spec: &At<'_, '_>, headless: bool, errors: &mut FieldErrors) {
    let addresses = spec.get("clusterIPs");
    match spec.get("type").text() {
        kind @ ("LoadBalancer" | "NodePort") if headless => {
            let detail = format!("may not be set to 'None' for {kind} services");
            errors.push(FieldError::invalid(&addresses.path.index(0), "None", detail));
        }
        "ExternalName" => {
            let forbidden = "may not be set for ExternalName services";
            for field in ["clusterIPs", "ipFamilies", "ipFamilyPolicy"] {
                let value = spec.get(field);
                if value.is_filled() {
                    value.forbidden(errors, forbidden);
                }
            }
            let name = spec.get("externalName");
            let cname = name.text().strip_suffix('.').unwrap_or(name.text());
            if cname.is_empty() {
                name.required(errors, "");
            } else {
                errors.push_invalid(&name.path, cname, is_dns1123_subdomain(cname));
            }
        }
        _ => {}
    }
}

// Models validateServicePort.
fn port<'a>(port: &At<'a, '_>, needs_name: bool, names: &mut BTreeSet<&'a str>, errors: &mut FieldErrors) {
    let (name, number, protocol) = (port.get("name"), port.get("port"), port.get("appProtocol"));
    if name.text().is_empty() {
        if needs_name {
            name.required(errors, "");
        }
    } else {
        name.rule(errors, is_dns1123_label(name.text()));
        if !names.insert(name.text()) {
            name.duplicate(errors);
        }
    }
    network::port_number(&number, errors);
    port.get("protocol").one_of(errors, &PROTOCOLS);
    network::port_number_or_name(&port.get("targetPort"), errors);
    if protocol.is_set() {
        protocol.rule(errors, is_qualified_name(protocol.text()));
    }
}

const AFFINITY_SECONDS_MAX: i64 = 86_400;

fn affinity(spec: &At<'_, '_>, errors: &mut FieldErrors) {
    let (affinity, config) = (spec.get("sessionAffinity"), spec.get("sessionAffinityConfig"));
    affinity.one_of(errors, &["ClientIP", "None"]);
    match affinity.text() {
        "ClientIP" => {
            let client = config.get("clientIP");
            let seconds = client.get("timeoutSeconds");
            if let Some(missing) = [&config, &client, &seconds].into_iter().find(|field| !field.is_set()) {
                missing.required(errors, "when session affinity type is ClientIP");
            } else if !(1..=AFFINITY_SECONDS_MAX).contains(&seconds.int()) {
                let detail = format!("must be greater than 0 and less than {AFFINITY_SECONDS_MAX}");
                seconds.invalid(errors, detail);
            }
        }
        "None" if config.is_set() => config.forbidden(errors, "must not be set when session affinity is None"),
        _ => {}
    }
}

// Models ValidateServiceClusterIPsRelatedFields.
fn cluster_ips(spec: &At<'_, '_>, headless: bool, errors: &mut FieldErrors) {
    let (one, all) = (spec.get("clusterIP"), spec.get("clusterIPs"));
    match (one.text().is_empty(), all.texts().next()) {
        (false, None) => all.required(errors, ""),
        (false, Some(first)) if first != one.text() => all.invalid(errors, "first value must match `clusterIP`"),
        (true, Some(_)) => all.invalid(errors, "must be empty when `clusterIP` is not specified"),
        _ => {}
    }
    let mut seen = BTreeSet::new();
    for family in spec.get("ipFamilies").items() {
        family.among(errors, &["IPv4", "IPv6"]);
        if !seen.insert(family.text()) {
            family.duplicate(errors);
        }
    }
    let policy = spec.get("ipFamilyPolicy");
    if policy.is_set() {
        policy.among(errors, &["PreferDualStack", "RequireDualStack", "SingleStack"]);
    }
    let before = errors.len();
    for (index, address) in all.items().enumerate() {
        if index > 0 || address.text() != "None" {
            network::ip(&address, errors);
        } else if all.len() > 1 {
            all.invalid(errors, "'None' must be the first and only value");
        }
    }
    if all.len() > 2 {
        all.invalid(errors, "may only hold up to 2 values");
    }
    if errors.len() > before || headless {
        return;
    }
    let addresses: Vec<_> = all.texts().filter_map(network::parse_ip).collect();
    if let [a, b] = addresses[..]
        && a.is_ipv4() == b.is_ipv4()
    {
        all.invalid(errors, "may specify no more than one IP for each IP family");
    }
    families(spec, &all, errors);
}

/// Each address is of the family in its place.
fn families(spec: &At<'_, '_>, all: &At<'_, '_>, errors: &mut FieldErrors) {
    let families: Vec<String> = spec.get("ipFamilies").texts().map(str::to_owned).collect();
    for (index, (address, family)) in all.items().zip(&families).enumerate() {
        let is_v6 = network::parse_ip(address.text()).is_some_and(|address| address.is_ipv6());
        if (family == "IPv6") != is_v6 {
            let detail = format!("expected an {family} value as indicated by `ipFamilies[{index}]`");
            address.invalid(errors, detail);
        }
    }
}

fn node_ports(ports: &At<'_, '_>, kind: &str, errors: &mut FieldErrors) {
    let list: Vec<&Value> = ports.value.as_array().into_iter().flatten().collect();
    let protocol = |port: &Value| port["protocol"].as_str().unwrap_or_default().to_owned();
    for port in ports.items() {
        if kind == "ClusterIP" && port.get("nodePort").int() != 0 {
            let detail = "may not be used when `type` is 'ClusterIP'";
            port.get("nodePort").forbidden(errors, detail);
        }
    }
    for (field, whole) in [("nodePort", false), ("port", true)] {
        let mut seen = BTreeSet::new();
        for (index, port) in list.iter().enumerate() {
            let number = port[field].as_i64().unwrap_or_default();
            if (number == 0 && !whole) || seen.insert((protocol(port), number)) {
                continue;
            }
            let element = ports.path.index(index);
            if whole {
                let key = json!({"protocol": protocol(port), "port": number});
                let shown = bad_value("core", "ServicePort", &key);
                errors.push(FieldError::duplicate(&element, shown));
            } else {
                errors.push(FieldError::duplicate(&element.child("nodePort"), number));
            }
        }
    }
}

const ONLY_BALANCED: &str = "may only be used when `type` is 'LoadBalancer'";

fn format_class(spec: &At<'_, '_>, errors: &mut FieldErrors) {
    let class = spec.get("loadBalancerClass");
    if class.is_set() && spec.get("type").text() == "LoadBalancer" {
        class.rule(errors, is_qualified_name(class.text()));
    } else if class.is_set() {
        class.forbidden(errors, ONLY_BALANCED);
    }
}

fn load_balancer(spec: &At<'_, '_>, annotations: &At<'_, '_>, errors: &mut FieldErrors) {
    let balanced = spec.get("type").text() == "LoadBalancer";
    let ranges = spec.get("loadBalancerSourceRanges");
    if ranges.len() > 0 {
        let ranges = ranges.told_as(spec.path.child("LoadBalancerSourceRanges"));
        if !balanced {
            ranges.forbidden(errors, ONLY_BALANCED);
        }
        for range in ranges.items() {
            let trimmed = json!(range.text().trim());
            network::cidr(&At::new(&trimmed, range.path), errors);
        }
    } else if annotations.get(RANGES).is_set() {
        let path = annotations.path.key(RANGES);
        let written = annotations.get(RANGES);
        let written = written.told_as(path);
        if !balanced {
            written.forbidden(errors, ONLY_BALANCED);
        }
        for range in written.text().trim().split(',').filter(|range| !range.is_empty()) {
            let trimmed = json!(range.trim());
            network::cidr(&At::new(&trimmed, written.path), errors);
        }
    }
    let allocates = spec.get("allocateLoadBalancerNodePorts");
    if allocates.is_set() && !balanced {
        allocates.forbidden(errors, ONLY_BALANCED);
    }
    if balanced && !allocates.is_set() {
        errors.push(FieldError::required(&Path::new("allocateLoadBalancerNodePorts"), ""));
    }
    format_class(spec, errors);
}

// Models validateServiceExternalTrafficPolicy and validateServiceInternalTrafficFieldsValue.
fn traffic(spec: &At<'_, '_>, errors: &mut FieldErrors) {
    let kind = spec.get("type").text();
    let opens =
        matches!(kind, "LoadBalancer" | "NodePort") || (kind == "ClusterIP" && spec.get("externalIPs").len() > 0);
    let external = spec.get("externalTrafficPolicy");
    if opens {
        external.one_of(errors, &["Cluster", "Local"]);
    } else if !external.text().is_empty() {
        external.invalid(errors, "may only be set for externally-accessible services");
    }
    let check = spec.get("healthCheckNodePort");
    let needs_check = kind == "LoadBalancer" && external.text() == "Local";
    if !needs_check && check.int() != 0 {
        let detail = "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'";
        check.invalid(errors, detail);
    }
    let internal = spec.get("internalTrafficPolicy");
    if internal.is_set() {
        internal.among(errors, &["Cluster", "Local"]);
    } else if matches!(kind, "NodePort" | "LoadBalancer" | "ClusterIP") {
        internal.required(errors, "");
    }
    let distribution = spec.get("trafficDistribution");
    if distribution.is_set() {
        distribution.among(errors, &["PreferClose", "PreferSameZone", "PreferSameNode"]);
    }
}
