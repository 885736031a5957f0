//! Rules of Gateway API: the schemas of its CustomResourceDefinitions, then the expressions that stand in them.
//!
//! The server checks the schema first; expressions are looked at where it holds.
// Models config/crd of kubernetes-sigs/gateway-api, and apiextensions-apiserver's validation of custom resources.

use std::ops::RangeInclusive;

use serde_json::Value;

use super::at::At;
use crate::api::gateway::duration_ms;
use crate::api::names::{FieldError, FieldErrors, is_dns1123_subdomain, is_wildcard_dns1123_subdomain};

const HOSTNAME: &str = r"^(\*\.)?[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$";
const PRECISE_HOSTNAME: &str = r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$";
const HEADER_NAME: &str = r"^[A-Za-z0-9!#$%&'*+\-.^_\x60|~]+$";
const DURATION: &str = r"^([0-9]{1,5}(h|m|s|ms)){1,4}$";
const PORTS: RangeInclusive<i64> = 1..=65535;
const MATCH_TYPES: [&str; 2] = ["Exact", "RegularExpression"];
const PATH_TYPES: [&str; 3] = ["Exact", "PathPrefix", "RegularExpression"];
const METHODS: [&str; 9] = [
    "GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH",
];

/// The fields of filters, each with the type that goes with it.
const FILTERS: [(&str, &str); 7] = [
    ("cors", "CORS"),
    ("requestHeaderModifier", "RequestHeaderModifier"),
    ("responseHeaderModifier", "ResponseHeaderModifier"),
    ("requestMirror", "RequestMirror"),
    ("requestRedirect", "RequestRedirect"),
    ("urlRewrite", "URLRewrite"),
    ("extensionRef", "ExtensionRef"),
];

/// What is wrong with an object of a kind of Gateway API, besides its metadata.
pub(super) fn check(kind: &str, at: &At<'_, '_>, errors: &mut FieldErrors) {
    let spec = at.get("spec");
    let before = errors.len();
    match kind {
        "GatewayClass" => required(&spec, "controllerName", errors),
        "Gateway" => {
            required(&spec, "gatewayClassName", errors);
            listeners(&spec, errors);
        }
        "ListenerSet" => {
            required(&spec.get("parentRef"), "name", errors);
            listeners(&spec, errors);
        }
        "HTTPRoute" | "GRPCRoute" | "TLSRoute" | "TCPRoute" | "UDPRoute" => route(kind, &spec, errors),
        _ => {}
    }
    if errors.len() > before {
        return;
    }
    match kind {
        "Gateway" | "ListenerSet" => listener_rules(&spec.get("listeners"), errors),
        "HTTPRoute" | "GRPCRoute" | "TLSRoute" | "TCPRoute" | "UDPRoute" => route_rules(kind, &spec, errors),
        "BackendTLSPolicy" => policy_rules(&spec, errors),
        _ => {}
    }
}

/// What may not change.
pub(super) fn check_update(kind: &str, at: &At<'_, '_>, old: &Value, errors: &mut FieldErrors) {
    let spec = at.get("spec");
    let name = spec.get("controllerName");
    if kind == "GatewayClass" && *name.value != old["spec"]["controllerName"] {
        name.invalid(errors, "field is immutable");
    }
    check(kind, at, errors);
}

// The words of schemas.

fn required(at: &At<'_, '_>, name: &str, errors: &mut FieldErrors) {
    if !at.get(name).is_set() {
        at.get(name).required(errors, "");
    }
}

fn matching(at: &At<'_, '_>, pattern: &str, holds: impl Fn(&str) -> bool, errors: &mut FieldErrors) {
    if at.is_set() && !holds(at.text()) {
        at.invalid_text(errors, format!("{} in body should match '{pattern}'", at.path));
    }
}

fn within(at: &At<'_, '_>, range: &RangeInclusive<i64>, errors: &mut FieldErrors) {
    if !at.is_set() {
        return;
    }
    let (number, path) = (at.int(), at.path);
    if number < *range.start() {
        at.invalid_int(
            errors,
            format!("{path} in body should be greater than or equal to {}", range.start()),
        );
    } else if number > *range.end() {
        at.invalid_int(
            errors,
            format!("{path} in body should be less than or equal to {}", range.end()),
        );
    }
}

fn at_most(at: &At<'_, '_>, max: usize, errors: &mut FieldErrors) {
    if at.len() > max {
        errors.push(FieldError::too_many(&at.path, at.len(), max));
    }
}

fn among(at: &At<'_, '_>, supported: &[&str], errors: &mut FieldErrors) {
    if at.is_set() {
        at.among(errors, supported);
    }
}

fn is_hostname(text: &str) -> bool {
    is_dns1123_subdomain(text).is_empty() || is_wildcard_dns1123_subdomain(text).is_empty()
}

fn is_precise(text: &str) -> bool {
    is_dns1123_subdomain(text).is_empty()
}

fn is_header_name(text: &str) -> bool {
    let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    !text.is_empty() && text.bytes().all(is_token)
}

fn is_duration(text: &str) -> bool {
    let numbers: Vec<&str> = text
        .split(|letter: char| !letter.is_ascii_digit())
        .filter(|part| !part.is_empty())
        .collect();
    duration_ms(text).is_some() && numbers.len() <= 4 && numbers.iter().all(|number| number.len() <= 5)
}

// Schemas.

fn listeners(spec: &At<'_, '_>, errors: &mut FieldErrors) {
    let all = spec.get("listeners");
    if !all.is_set() {
        return all.required(errors, "");
    }
    if all.len() == 0 {
        let detail = format!("{} in body should have at least 1 items", all.path);
        return all.invalid_int(errors, detail);
    }
    at_most(&all, 64, errors);
    for listener in all.items() {
        for name in ["name", "port", "protocol"] {
            required(&listener, name, errors);
        }
        matching(&listener.get("name"), PRECISE_HOSTNAME, is_precise, errors);
        matching(&listener.get("hostname"), HOSTNAME, is_hostname, errors);
        within(&listener.get("port"), &PORTS, errors);
        among(&listener.get("tls").get("mode"), &["Terminate", "Passthrough"], errors);
        let allowed = listener.get("allowedRoutes");
        let from = allowed.get("namespaces");
        among(&from.get("from"), &["All", "Selector", "Same"], errors);
        at_most(&allowed.get("kinds"), 8, errors);
    }
}

fn route(kind: &str, spec: &At<'_, '_>, errors: &mut FieldErrors) {
    let (parents, hostnames, rules) = (spec.get("parentRefs"), spec.get("hostnames"), spec.get("rules"));
    at_most(&parents, 32, errors);
    for parent in parents.items() {
        required(&parent, "name", errors);
        within(&parent.get("port"), &PORTS, errors);
    }
    at_most(&hostnames, 16, errors);
    hostnames
        .items()
        .for_each(|name| matching(&name, HOSTNAME, is_hostname, errors));
    at_most(&rules, 16, errors);
    for rule in rules.items() {
        let (matches, backends) = (rule.get("matches"), rule.get("backendRefs"));
        at_most(&matches, 64, errors);
        matches.items().for_each(|one| route_match(kind, &one, errors));
        filters(&rule, errors);
        at_most(&backends, 16, errors);
        for backend in backends.items() {
            backend_reference(&backend, errors);
            filters(&backend, errors);
        }
        for name in ["request", "backendRequest"] {
            matching(&rule.get("timeouts").get(name), DURATION, is_duration, errors);
        }
    }
}

fn route_match(kind: &str, one: &At<'_, '_>, errors: &mut FieldErrors) {
    if kind == "HTTPRoute" {
        among(&one.get("path").get("type"), &PATH_TYPES, errors);
        among(&one.get("method"), &METHODS, errors);
    } else {
        among(&one.get("method").get("type"), &MATCH_TYPES, errors);
    }
    for field in ["headers", "queryParams"] {
        let pairs = one.get(field);
        at_most(&pairs, 16, errors);
        for pair in pairs.items() {
            required(&pair, "name", errors);
            required(&pair, "value", errors);
            among(&pair.get("type"), &MATCH_TYPES, errors);
            matching(&pair.get("name"), HEADER_NAME, is_header_name, errors);
        }
    }
}

fn backend_reference(at: &At<'_, '_>, errors: &mut FieldErrors) {
    required(at, "name", errors);
    within(&at.get("port"), &PORTS, errors);
    within(&at.get("weight"), &(0..=1_000_000), errors);
}

fn filters(at: &At<'_, '_>, errors: &mut FieldErrors) {
    let all = at.get("filters");
    at_most(&all, 16, errors);
    let types = [
        "RequestHeaderModifier",
        "ResponseHeaderModifier",
        "RequestMirror",
        "RequestRedirect",
        "URLRewrite",
        "ExtensionRef",
        "CORS",
    ];
    for filter in all.items() {
        required(&filter, "type", errors);
        among(&filter.get("type"), &types, errors);
        let redirect = filter.get("requestRedirect");
        among(&redirect.get("scheme"), &["http", "https"], errors);
        within(&redirect.get("port"), &PORTS, errors);
        matching(&redirect.get("hostname"), PRECISE_HOSTNAME, is_precise, errors);
        let status = redirect.get("statusCode");
        if status.is_set() && ![301, 302, 303, 307, 308].contains(&status.int()) {
            let supported = ["301", "302", "303", "307", "308"];
            errors.push(FieldError::not_supported(&status.path, status.int(), &supported));
        }
        let rewrite = filter.get("urlRewrite");
        matching(&rewrite.get("hostname"), PRECISE_HOSTNAME, is_precise, errors);
        let mirror = filter.get("requestMirror");
        within(&mirror.get("percent"), &(0..=100), errors);
        if mirror.is_set() {
            backend_reference(&mirror.get("backendRef"), errors);
        }
        for modifier in ["requestHeaderModifier", "responseHeaderModifier"] {
            let modifier = filter.get(modifier);
            for list in ["set", "add"] {
                at_most(&modifier.get(list), 16, errors);
                for header in modifier.get(list).items() {
                    matching(&header.get("name"), HEADER_NAME, is_header_name, errors);
                }
            }
            at_most(&modifier.get("remove"), 16, errors);
        }
    }
}

// Expressions.

/// Tells what an expression demands of the value at a path.
fn demand(holds: bool, at: &At<'_, '_>, message: &str, errors: &mut FieldErrors) {
    if !holds {
        errors.push(FieldError::invalid_unshown(&at.path, message));
    }
}

/// Whether each item is the only one of its kind.
fn are_unique<'v, T: PartialEq>(at: &At<'v, '_>, key: impl Fn(&'v Value) -> T) -> bool {
    let all: Vec<T> = at.value.as_array().into_iter().flatten().map(key).collect();
    all.iter().enumerate().all(|(place, one)| !all[..place].contains(one))
}

fn listener_rules(all: &At<'_, '_>, errors: &mut FieldErrors) {
    let each =
        |holds: &dyn Fn(&str, &At<'_, '_>) -> bool| all.items().all(|one| holds(one.get("protocol").text(), &one));
    let plain = ["HTTP", "TCP", "UDP"];
    let no_tls = each(&|protocol, one| !plain.contains(&protocol) || !one.get("tls").is_set());
    demand(
        no_tls,
        all,
        "tls must not be specified for protocols ['HTTP', 'TCP', 'UDP']",
        errors,
    );
    let terminates = each(&|protocol, one| {
        let tls = one.get("tls");
        protocol != "HTTPS" || !tls.is_set() || matches!(tls.get("mode").text(), "" | "Terminate")
    });
    demand(terminates, all, "tls mode must be Terminate for protocol HTTPS", errors);
    let has_mode = each(&|protocol, one| protocol != "TLS" || !one.get("tls").get("mode").text().is_empty());
    demand(has_mode, all, "tls mode must be set for protocol TLS", errors);
    let no_host = each(&|protocol, one| !matches!(protocol, "TCP" | "UDP") || one.get("hostname").text().is_empty());
    demand(
        no_host,
        all,
        "hostname must not be specified for protocols ['TCP', 'UDP']",
        errors,
    );
    let names = are_unique(all, |one| &one["name"]);
    demand(names, all, "Listener name must be unique within the Gateway", errors);
    let places = are_unique(all, |one| (&one["port"], &one["protocol"], &one["hostname"]));
    let message = "Combination of port, protocol and hostname must be unique for each listener";
    demand(places, all, message, errors);
    for listener in all.items() {
        let tls = listener.get("tls");
        let is_empty = tls.get("certificateRefs").len() + tls.get("options").len() == 0;
        let holds = !tls.is_set() || tls.get("mode").text() != "Terminate" || !is_empty;
        let message = "certificateRefs or options must be specified when mode is Terminate";
        demand(holds, &tls, message, errors);
    }
}

fn route_rules(kind: &str, spec: &At<'_, '_>, errors: &mut FieldErrors) {
    parent_rules(&spec.get("parentRefs"), errors);
    let rules = spec.get("rules");
    let count: usize = rules.items().map(|rule| rule.get("matches").len()).sum();
    let message = "While 16 rules and 64 matches per rule are allowed, the total number of matches across all rules in a route must be less than 128";
    demand(count <= 128, &rules, message, errors);
    for rule in rules.items() {
        for one in rule.get("matches").items() {
            match kind {
                "HTTPRoute" => path_rules(&one.get("path"), errors),
                _ => method_rules(&one.get("method"), errors),
            }
        }
        filter_rules(&rule.get("filters"), errors);
        if kind == "HTTPRoute" {
            rule_rules(&rule, errors);
        }
        for backend in rule.get("backendRefs").items() {
            port_rule(&backend, errors);
            filter_rules(&backend.get("filters"), errors);
        }
    }
}

fn parent_rules(parents: &At<'_, '_>, errors: &mut FieldErrors) {
    let parent = |one: &Value| {
        let fields = ["group", "kind", "name", "namespace"];
        fields.map(|name| one[name].as_str().unwrap_or_default().to_owned())
    };
    let section = |one: &Value| one["sectionName"].as_str().unwrap_or_default().to_owned();
    let all: Vec<&Value> = parents.value.as_array().into_iter().flatten().collect();
    let is_told = all.iter().all(|one| {
        let mut same = all.iter().filter(|other| parent(other) == parent(one));
        same.all(|other| section(other).is_empty() == section(one).is_empty())
    });
    let message = "sectionName must be specified when parentRefs includes 2 or more references to the same parent";
    demand(is_told, parents, message, errors);
    let is_unique = are_unique(parents, |one| (parent(one), section(one), one["port"].clone()));
    let message = "sectionName must be unique when parentRefs includes 2 or more references to the same parent";
    demand(is_unique, parents, message, errors);
}

fn path_rules(path: &At<'_, '_>, errors: &mut FieldErrors) {
    let text = path.get("value").text();
    if !path.is_set() || path.get("type").text() == "RegularExpression" {
        return;
    }
    let starts = "value must be an absolute path and start with '/' when type one of ['Exact', 'PathPrefix']";
    demand(text.starts_with('/'), path, starts, errors);
    for part in ["//", "/./", "/../", "%2f", "%2F", "#"] {
        let message = format!("must not contain '{part}' when type one of ['Exact', 'PathPrefix']");
        demand(!text.contains(part), path, &message, errors);
    }
    for end in ["/..", "/."] {
        let message = format!("must not end with '{end}' when type one of ['Exact', 'PathPrefix']");
        demand(!text.ends_with(end), path, &message, errors);
    }
    let bytes = text.as_bytes();
    let is_legal = |(at, byte): (usize, &u8)| match byte {
        b'%' => (1..=2).all(|next| bytes.get(at + next).is_some_and(u8::is_ascii_hexdigit)),
        _ => byte.is_ascii_alphanumeric() || b"-/._~!$&'()*+,;=:@".contains(byte),
    };
    let message = "must only contain valid characters (matching ^(?:[-A-Za-z0-9/._~!$&'()*+,;=:@]|[%][0-9a-fA-F]{2})+$) for types ['Exact', 'PathPrefix']";
    demand(bytes.iter().enumerate().all(is_legal), path, message, errors);
}

fn method_rules(method: &At<'_, '_>, errors: &mut FieldErrors) {
    let (service, call) = (method.get("service"), method.get("method"));
    if !method.is_set() {
        return;
    }
    let message = "One or both of 'service' or 'method' must be specified";
    demand(service.is_set() || call.is_set(), method, message, errors);
    let is_word = |text: &str| {
        let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
        text.bytes().all(is_letter) && !text.is_empty() && !text.starts_with(|letter: char| letter.is_ascii_digit())
    };
    if method.get("type").text() == "RegularExpression" {
        return;
    }
    let name = service.text();
    let holds = !service.is_set() || name.strip_prefix('.').unwrap_or(name).split('.').all(is_word);
    let message =
        r"service must only contain valid characters (matching ^(?i)\.?[a-z_][a-z_0-9]*(\.[a-z_][a-z_0-9]*)*$)";
    demand(holds, method, message, errors);
    let message = "method must only contain valid characters (matching ^[A-Za-z_][A-Za-z_0-9]*$)";
    demand(!call.is_set() || is_word(call.text()), method, message, errors);
}

fn port_rule(backend: &At<'_, '_>, errors: &mut FieldErrors) {
    let is_service = backend.get("group").text().is_empty() && matches!(backend.get("kind").text(), "" | "Service");
    let holds = !backend.is_set() || !is_service || backend.get("port").is_set();
    demand(holds, backend, "Must have port for Service reference", errors);
}

fn filter_rules(all: &At<'_, '_>, errors: &mut FieldErrors) {
    let count = |kind: &str| all.items().filter(|filter| filter.get("type").text() == kind).count();
    let both = count("RequestRedirect") > 0 && count("URLRewrite") > 0;
    let message = "May specify either httpRouteFilterRequestRedirect or httpRouteFilterRequestRewrite, but not both";
    demand(!both, all, message, errors);
    for kind in [
        "CORS",
        "RequestHeaderModifier",
        "ResponseHeaderModifier",
        "RequestRedirect",
        "URLRewrite",
    ] {
        demand(
            count(kind) <= 1,
            all,
            &format!("{kind} filter cannot be repeated"),
            errors,
        );
    }
    for filter in all.items() {
        let kind = filter.get("type").text();
        for (field, of) in FILTERS {
            let is_set = filter.get(field).is_set();
            let message = format!("filter.{field} must be nil if the filter.type is not {of}");
            demand(!is_set || kind == of, &filter, &message, errors);
            let message = format!("filter.{field} must be specified for {of} filter.type");
            demand(is_set || kind != of, &filter, &message, errors);
        }
        for field in ["requestRedirect", "urlRewrite"] {
            modifier_rules(&filter.get(field).get("path"), errors);
        }
        let mirror = filter.get("requestMirror");
        let both = mirror.get("percent").is_set() && mirror.get("fraction").is_set();
        let message = "Only one of percent or fraction may be specified in HTTPRequestMirrorFilter";
        demand(!both, &mirror, message, errors);
        port_rule(&mirror.get("backendRef"), errors);
        let fraction = mirror.get("fraction");
        let holds = !fraction.is_set() || fraction.get("numerator").int() <= fraction.get("denominator").int();
        demand(
            holds,
            &fraction,
            "numerator must be less than or equal to denominator",
            errors,
        );
    }
}

fn modifier_rules(path: &At<'_, '_>, errors: &mut FieldErrors) {
    if !path.is_set() {
        return;
    }
    for (field, kind) in [
        ("replaceFullPath", "ReplaceFullPath"),
        ("replacePrefixMatch", "ReplacePrefixMatch"),
    ] {
        let (is_set, is_kind) = (path.get(field).is_set(), path.get("type").text() == kind);
        let message = format!("{field} must be specified when type is set to '{kind}'");
        demand(is_set || !is_kind, path, &message, errors);
        let message = format!("type must be '{kind}' when {field} is set");
        demand(is_kind || !is_set, path, &message, errors);
    }
}

/// The rules of an HTTPRoute's rule as a whole.
fn rule_rules(rule: &At<'_, '_>, errors: &mut FieldErrors) {
    let (all, matches, backends) = (rule.get("filters"), rule.get("matches"), rule.get("backendRefs"));
    let redirects = all.items().any(|filter| filter.get("requestRedirect").is_set());
    let message = "RequestRedirect filter must not be used together with backendRefs";
    demand(backends.len() == 0 || !redirects, rule, message, errors);
    let is_one_prefix = matches.len() == 1
        && matches
            .items()
            .all(|one| one.get("path").get("type").text() == "PathPrefix");
    let replaces = |filters: &At<'_, '_>, field: &str| {
        filters
            .items()
            .any(|filter| filter.get(field).get("path").get("replacePrefixMatch").is_set())
    };
    for (field, kind) in [("requestRedirect", "RequestRedirect"), ("urlRewrite", "URLRewrite")] {
        let message = format!(
            "When using {kind} filter with path.replacePrefixMatch, exactly one PathPrefix match must be specified"
        );
        demand(is_one_prefix || !replaces(&all, field), rule, &message, errors);
        let is_within = backends.items().any(|backend| replaces(&backend.get("filters"), field));
        let when = if field == "urlRewrite" { "When" } else { "when" };
        let message = format!(
            "Within backendRefs, {when} using {kind} filter with path.replacePrefixMatch, exactly one PathPrefix match must be specified"
        );
        demand(is_one_prefix || !is_within, rule, &message, errors);
    }
    let timeouts = rule.get("timeouts");
    let times = ["request", "backendRequest"].map(|name| duration_ms(timeouts.get(name).text()));
    let holds = !matches!(times, [Some(request), Some(backend)] if request > 0 && backend > request);
    demand(
        holds,
        &timeouts,
        "backendRequest timeout cannot be longer than request timeout",
        errors,
    );
}

fn policy_rules(spec: &At<'_, '_>, errors: &mut FieldErrors) {
    let validation = spec.get("validation");
    let refs = validation.get("caCertificateRefs").len() > 0;
    let well_known = !validation.get("wellKnownCACertificates").text().is_empty();
    let message = "must not contain both CACertificateRefs and WellKnownCACertificates";
    demand(!refs || !well_known, &validation, message, errors);
    let message = "must specify either CACertificateRefs or WellKnownCACertificates";
    demand(refs || well_known, &validation, message, errors);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::names::Path;
    use serde_json::json;

    fn errors(kind: &str, spec: &Value) -> Vec<String> {
        let mut errors = FieldErrors::default();
        let value = json!({"spec": spec});
        check(kind, &At::new(&value, Path::NIL), &mut errors);
        errors.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn listeners_keep_to_the_schema() {
        let listener = |more: Value| {
            let mut listener = json!({"name": "a", "port": 80, "protocol": "HTTP"});
            for (name, value) in more.as_object().into_iter().flatten() {
                listener[name] = value.clone();
            }
            json!({"gatewayClassName": "x", "listeners": [listener]})
        };
        let cases: [(&str, Value, &[&str]); 5] = [
            ("Gateway", listener(json!({})), &[]),
            (
                "Gateway",
                json!({"listeners": [{"name": "a", "port": 80, "protocol": "HTTP"}]}),
                &["spec.gatewayClassName: Required value"],
            ),
            (
                "Gateway",
                json!({"gatewayClassName": "x", "listeners": []}),
                &["spec.listeners: Invalid value: 0: spec.listeners in body should have at least 1 items"],
            ),
            (
                "Gateway",
                listener(json!({"port": 0})),
                &[
                    "spec.listeners[0].port: Invalid value: 0: spec.listeners[0].port in body should be greater than or equal to 1",
                ],
            ),
            (
                "Gateway",
                listener(json!({"tls": {"mode": "Passthrough"}})),
                &["spec.listeners: Invalid value: tls must not be specified for protocols ['HTTP', 'TCP', 'UDP']"],
            ),
        ];
        check_cases(&cases);
    }

    #[test]
    fn routes_keep_to_the_schema() {
        let rule = |rule: Value| json!({"rules": [rule]});
        let path = |value: &str| rule(json!({"matches": [{"path": {"type": "PathPrefix", "value": value}}]}));
        let cases: [(&str, Value, &[&str]); 8] = [
            ("HTTPRoute", path("/ok"), &[]),
            (
                "HTTPRoute",
                path("no"),
                &[
                    "spec.rules[0].matches[0].path: Invalid value: value must be an absolute path and start with '/' when type one of ['Exact', 'PathPrefix']",
                ],
            ),
            (
                "HTTPRoute",
                path("/a//b"),
                &[
                    "spec.rules[0].matches[0].path: Invalid value: must not contain '//' when type one of ['Exact', 'PathPrefix']",
                ],
            ),
            (
                "HTTPRoute",
                rule(json!({"backendRefs": [{"name": "x"}]})),
                &["spec.rules[0].backendRefs[0]: Invalid value: Must have port for Service reference"],
            ),
            (
                "HTTPRoute",
                rule(
                    json!({"backendRefs": [{"name": "x", "port": 80}], "filters": [{"type": "RequestRedirect", "requestRedirect": {}}]}),
                ),
                &["spec.rules[0]: Invalid value: RequestRedirect filter must not be used together with backendRefs"],
            ),
            (
                "HTTPRoute",
                rule(json!({"filters": [{"type": "URLRewrite"}]})),
                &[
                    "spec.rules[0].filters[0]: Invalid value: filter.urlRewrite must be specified for URLRewrite filter.type",
                ],
            ),
            (
                "HTTPRoute",
                rule(json!({"timeouts": {"request": "1s", "backendRequest": "1m30s"}})),
                &[
                    "spec.rules[0].timeouts: Invalid value: backendRequest timeout cannot be longer than request timeout",
                ],
            ),
            (
                "GRPCRoute",
                rule(json!({"matches": [{"method": {"type": "Exact"}}]})),
                &[
                    "spec.rules[0].matches[0].method: Invalid value: One or both of 'service' or 'method' must be specified",
                ],
            ),
        ];
        check_cases(&cases);
    }

    fn check_cases(cases: &[(&str, Value, &[&str])]) {
        for (kind, spec, want) in cases {
            assert_eq!(errors(kind, spec), *want, "{kind} {spec}");
        }
    }

    #[test]
    fn durations_are_those_of_gep_2257() {
        let cases = [
            ("10s", true),
            ("1m30s", true),
            ("500ms", true),
            ("1h2m3s4ms", true),
            ("0s", true),
            ("", false),
            ("1", false),
            ("1d", false),
            ("123456s", false),
            ("1.5s", false),
        ];
        for (text, want) in cases {
            assert_eq!(is_duration(text), want, "{text:?}");
        }
    }
}
