//! The order in which matches of routes come first.

use serde_json::{Value, json};

use super::vectors;
use crate::conformance::NOT_APPLICABLE;
use crate::conformance::csv::Row;

/// Checks a row: of two rules that hold, the one that is better by the row's criterion answers, though the other is better by
/// the next one.
pub(in crate::conformance) fn run(row: &Row) -> Result<(), String> {
    let cell = |name: &str| row.get(name).map(String::as_str).unwrap_or_default();
    let (kind, criterion) = (cell("kind"), cell("criterion").to_ascii_lowercase());
    let case = match kind {
        "HTTPRoute" => http(&criterion),
        "GRPCRoute" => grpc(&criterion),
        _ => None,
    };
    let case = case.ok_or_else(|| format!("{NOT_APPLICABLE}: no rule of {kind} is known by {criterion}"))?;
    vectors::run(&case)
}

/// A route with one rule: its age, name, hostnames and match.
fn route(kind: &str, (name, made): (&str, &str), hostnames: &Value, matches: &[Value]) -> Value {
    let rules = matches.iter().enumerate().map(
        |(index, one)| json!({"matches": [one], "backendRefs": [{"name": format!("{name}-{index}"), "port": 80}]}),
    );
    json!({
        "kind": kind,
        "metadata": {"name": name, "namespace": "x", "creationTimestamp": format!("2026-01-0{made}T00:00:00Z")},
        "spec": {"parentRefs": [{"name": "gateway"}], "hostnames": hostnames, "rules": rules.collect::<Vec<Value>>()},
    })
}

fn case(routes: &[Value], request: &Value, backend: &str) -> Value {
    let expect = if backend.is_empty() {
        json!({"status": 404})
    } else {
        json!({"status": 200, "backend": backend})
    };
    json!({
        "gateways": [{"kind": "Gateway", "metadata": {"name": "gateway", "namespace": "x"}, "spec": {
            "gatewayClassName": "any", "listeners": [{"name": "http", "port": 80, "protocol": "HTTP"}]}}],
        "gateway": "gateway", "routes": routes, "request": request, "expect": expect,
    })
}

/// Two rules of two routes: `better` stands in the younger route with the later name, except where age or name decides.
fn pair(kind: &str, better: &Value, worse: &Value, request: &Value) -> Value {
    let routes = [
        route(kind, ("a", "1"), &json!([]), std::slice::from_ref(worse)),
        route(kind, ("b", "2"), &json!([]), std::slice::from_ref(better)),
    ];
    case(&routes, request, "b-0")
}

/// The criteria of HTTPRoutes, by a word of each.
fn http(criterion: &str) -> Option<Value> {
    let path = |kind: &str, value: &str| json!({"type": kind, "value": value});
    let request = json!({"method": "GET", "path": "/foo/bar?a=1&b=2", "headers": {"x": "1", "y": "2"}});
    let x = json!({"name": "x", "value": "1"});
    let y = json!({"name": "y", "value": "2"});
    let (a, b) = (json!({"name": "a", "value": "1"}), json!({"name": "b", "value": "2"}));
    let prefix = path("PathPrefix", "/foo");
    let plain = json!({"path": prefix});
    let said = |word: &str| criterion.contains(word);
    Some(match () {
        () if said("exact path") => pair(
            "HTTPRoute",
            &json!({"path": path("Exact", "/foo/bar")}),
            &json!({"path": path("PathPrefix", "/foo/bar"), "method": "GET"}),
            &request,
        ),
        () if said("prefix path") => pair(
            "HTTPRoute",
            &json!({"path": path("PathPrefix", "/foo/bar")}),
            &json!({"path": prefix, "method": "GET"}),
            &request,
        ),
        () if said("method") => pair(
            "HTTPRoute",
            &json!({"path": prefix, "method": "GET"}),
            &json!({"path": prefix, "headers": [x, y]}),
            &request,
        ),
        () if said("header") => pair(
            "HTTPRoute",
            &json!({"path": prefix, "headers": [x, y]}),
            &json!({"path": prefix, "headers": [x], "queryParams": [a, b]}),
            &request,
        ),
        () if said("query") => pair(
            "HTTPRoute",
            &json!({"path": prefix, "queryParams": [a, b]}),
            &json!({"path": prefix, "queryParams": [a]}),
            &request,
        ),
        () if said("oldest") || said("alphabetical") => ties("HTTPRoute", &plain, &request, said("oldest")),
        () if said("list order") => {
            let routes = [route("HTTPRoute", ("a", "1"), &json!([]), &[plain.clone(), plain])];
            case(&routes, &request, "a-0")
        }
        () if said("404") => {
            let other = json!({"path": path("PathPrefix", "/other")});
            case(&[route("HTTPRoute", ("a", "1"), &json!([]), &[other])], &request, "")
        }
        () if said("pathprefix /") => {
            let mut only = route("HTTPRoute", ("a", "1"), &json!([]), &[plain]);
            only["spec"]["rules"][0]["matches"].take();
            case(&[only], &json!({"method": "GET", "path": "/any/thing"}), "a-0")
        }
        () if said("hostname") => hosts("HTTPRoute", &plain, &request, criterion),
        () => return None,
    })
}

/// Routes that differ in their hostnames alone.
fn hosts(kind: &str, one: &Value, request: &Value, criterion: &str) -> Value {
    let (better, worse) = if criterion.contains("non-wildcard") {
        ("a.b.c", "*.b.c")
    } else {
        ("*.b.c", "*.c")
    };
    let routes = [
        route(kind, ("a", "1"), &json!([worse]), std::slice::from_ref(one)),
        route(kind, ("b", "2"), &json!([better]), std::slice::from_ref(one)),
    ];
    let mut request = request.clone();
    request["host"] = "a.b.c".into();
    case(&routes, &request, "b-0")
}

/// Routes of one match: of two ages where that decides, else of one age with two names.
fn ties(kind: &str, one: &Value, request: &Value, is_age: bool) -> Value {
    let ages = if is_age { ["2", "1"] } else { ["1", "1"] };
    let routes = [
        route(kind, ("a", ages[0]), &json!([]), std::slice::from_ref(one)),
        route(kind, ("b", ages[1]), &json!([]), std::slice::from_ref(one)),
    ];
    case(&routes, request, if is_age { "b-0" } else { "a-0" })
}

/// The criteria of GRPCRoutes, by a word of each.
fn grpc(criterion: &str) -> Option<Value> {
    let request =
        json!({"method": "POST", "path": "/svc/Call", "headers": {"content-type": "application/grpc", "x": "1"}});
    let header = json!([{"name": "x", "value": "1"}]);
    let said = |word: &str| criterion.contains(word);
    let service = json!({"method": {"service": "svc"}});
    Some(match () {
        () if said("hostname") => hosts("GRPCRoute", &service, &request, criterion),
        () if said("service") => pair("GRPCRoute", &service, &json!({"method": {"method": "Call"}}), &request),
        () if said("method") => pair(
            "GRPCRoute",
            &json!({"method": {"service": "svc", "method": "Call"}}),
            &json!({"method": {"service": "svc"}, "headers": header}),
            &request,
        ),
        () if said("header") => pair(
            "GRPCRoute",
            &json!({"method": {"service": "svc"}, "headers": header}),
            &service,
            &request,
        ),
        () if said("oldest") || said("alphabetical") => ties("GRPCRoute", &service, &request, said("oldest")),
        () => return None,
    })
}
