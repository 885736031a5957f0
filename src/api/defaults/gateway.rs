//! Defaults of Gateway API, as the schemas of its CustomResourceDefinitions give them.

use serde_json::{Value, json};

use super::body::{Body, child, each, existing, put, spec, text};
use crate::api::gateway::GROUP;

/// Fills in what the schema of a kind does.
pub(super) fn fill(kind: &str, body: &mut Body) {
    match kind {
        "GatewayClass" => waiting(body, &["Accepted"]),
        "Gateway" | "ListenerSet" => {
            each(spec(body), "listeners").for_each(listener);
            if let Some(parent) = existing(spec(body), "parentRef") {
                reference(parent, GROUP, "Gateway");
            }
            if let Some(allowed) = existing(spec(body), "allowedListeners") {
                put(child(allowed, "namespaces"), "from", "None");
            }
            each(spec(body), "addresses").for_each(|address| put(address, "type", "IPAddress"));
            if let Some(tls) = existing(spec(body), "tls")
                && let Some(backend) = existing(tls, "backend")
                && let Some(certificate) = existing(backend, "clientCertificateRef")
            {
                reference(certificate, "", "Secret");
            }
            waiting(body, &["Accepted", "Programmed"]);
        }
        "HTTPRoute" => {
            let spec = spec(body);
            put(spec, "rules", json!([{}]));
            each(spec, "rules").for_each(http_rule);
            each(spec, "parentRefs").for_each(|parent| reference(parent, GROUP, "Gateway"));
        }
        "GRPCRoute" | "TLSRoute" | "TCPRoute" | "UDPRoute" => {
            let spec = spec(body);
            each(spec, "rules").for_each(other_rule);
            each(spec, "parentRefs").for_each(|parent| reference(parent, GROUP, "Gateway"));
        }
        _ => {}
    }
}

fn reference(map: &mut Body, group: &str, kind: &str) {
    put(map, "group", group);
    put(map, "kind", kind);
}

/// The status of an object that its controller has not seen yet.
fn waiting(body: &mut Body, conditions: &[&str]) {
    let status = child(body, "status");
    if status.get("conditions").is_none() {
        let all = conditions.iter().map(|kind| {
            json!({
                "type": kind, "status": "Unknown", "reason": "Pending", "message": "Waiting for controller",
                "lastTransitionTime": "1970-01-01T00:00:00Z",
            })
        });
        status.insert("conditions".to_owned(), Value::Array(all.collect()));
    }
}

fn listener(listener: &mut Body) {
    let allowed = child(listener, "allowedRoutes");
    put(child(allowed, "namespaces"), "from", "Same");
    each(allowed, "kinds").for_each(|kind| put(kind, "group", GROUP));
    if let Some(tls) = existing(listener, "tls") {
        put(tls, "mode", "Terminate");
        each(tls, "certificateRefs").for_each(|certificate| reference(certificate, "", "Secret"));
    }
}

fn http_rule(rule: &mut Body) {
    put(rule, "matches", json!([{"path": {"type": "PathPrefix", "value": "/"}}]));
    for one in each(rule, "matches") {
        let path = child(one, "path");
        put(path, "type", "PathPrefix");
        put(path, "value", "/");
        types(one, &["headers", "queryParams"]);
    }
    filters(rule);
    backends(rule);
}

fn other_rule(rule: &mut Body) {
    for one in each(rule, "matches") {
        if let Some(method) = existing(one, "method") {
            put(method, "type", "Exact");
        }
        types(one, &["headers"]);
    }
    filters(rule);
    backends(rule);
}

fn types(one: &mut Body, fields: &[&str]) {
    for field in fields {
        each(one, field).for_each(|pair| put(pair, "type", "Exact"));
    }
}

fn backends(rule: &mut Body) {
    for backend in each(rule, "backendRefs") {
        reference(backend, "", "Service");
        put(backend, "weight", 1);
        filters(backend);
    }
}

fn filters(map: &mut Body) {
    for filter in each(map, "filters") {
        match text(filter, "type") {
            "RequestRedirect" => {
                if let Some(redirect) = existing(filter, "requestRedirect") {
                    put(redirect, "statusCode", 302);
                }
            }
            "RequestMirror" => {
                if let Some(mirror) = existing(filter, "requestMirror") {
                    if let Some(backend) = existing(mirror, "backendRef") {
                        reference(backend, "", "Service");
                    }
                    if let Some(fraction) = existing(mirror, "fraction") {
                        put(fraction, "denominator", 100);
                    }
                }
            }
            "CORS" => {
                if let Some(cors) = existing(filter, "cors") {
                    put(cors, "maxAge", 5);
                }
            }
            _ => {}
        }
    }
}
