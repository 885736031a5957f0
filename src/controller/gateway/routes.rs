//! What became of routes, told to each of their parents.
// Models the Gateway API, RouteStatus.

use serde_json::{Value, json};

use super::conditions::{conditions, told};
use crate::api::Dynamic;
use crate::api::gateway::{GRPC_ROUTE, HTTP_ROUTE, items, spec, status, text};
use crate::client::Ctx;
use crate::client::gateway::{Parent, Refusal, backend, controller_of, parents};

fn status_of_parent(ctx: &Ctx<'_>, route: &Dynamic, parent: &Parent<'_>) -> Value {
    let controller = controller_of(ctx.api, &parent.gateway);
    let old = items(&status(route)["parents"])
        .find(|one| one["parentRef"] == *parent.reference && text(&one["controllerName"]) == &*controller);
    let old = old.map_or(Value::Null, |one| one["conditions"].clone());
    let unknown = unknown_matches(route);
    let accepted: Result<(), Refusal> = match (&parent.listeners, unknown) {
        (Err(why), _) => Err(why.clone()),
        (Ok(_), (count, all)) if count > 0 && count == all => {
            Refusal::refused("UnsupportedValue", "no rule matches without a regular expression")
        }
        (Ok(_), _) => Ok(()),
    };
    let refs = refs(ctx, route);
    let mut wanted = vec![
        told("Accepted", &accepted, "The route is attached"),
        told("ResolvedRefs", &refs, "All references are resolved"),
    ];
    if unknown.0 > 0 && unknown.0 < unknown.1 && accepted.is_ok() {
        let message = "Dropped Rule: matches by regular expression are not simulated";
        wanted.push(("PartiallyInvalid", true, "UnsupportedValue", message));
    }
    json!({
        "parentRef": parent.reference,
        "controllerName": *controller,
        "conditions": conditions(ctx, &old, route.meta.generation, &wanted),
    })
}

/// What became of a route; nothing where it has no parent here and had none before.
pub(super) fn status_of(ctx: &Ctx<'_>, route: &Dynamic) -> Option<Value> {
    let all: Vec<Value> = parents(ctx.api, route)
        .iter()
        .map(|parent| status_of_parent(ctx, route, parent))
        .collect();
    (!all.is_empty() || !status(route).is_null()).then(|| json!({"parents": all}))
}

/// Whether all backends are there; else the first that is not.
fn refs(ctx: &Ctx<'_>, route: &Dynamic) -> Result<(), Refusal> {
    for rule in items(&spec(route)["rules"]) {
        let backends = items(&rule["backendRefs"]);
        let filters = items(&rule["filters"]).chain(backends.clone().flat_map(|one| items(&one["filters"])));
        let mirrors = filters
            .map(|filter| &filter["requestMirror"]["backendRef"])
            .filter(|one| !one.is_null());
        for reference in backends.clone().chain(mirrors) {
            backend(ctx.api, route, reference)?;
        }
    }
    Ok(())
}

/// How many rules match by regular expressions alone, and how many there are.
fn unknown_matches(route: &Dynamic) -> (usize, usize) {
    if !matches!(route.kind, HTTP_ROUTE | GRPC_ROUTE) {
        return (0, 0);
    }
    let is_regular = |one: &Value| text(&one["type"]) == "RegularExpression";
    let is_unknown = |one: &Value| {
        is_regular(&one["path"])
            || is_regular(&one["method"])
            || items(&one["headers"]).chain(items(&one["queryParams"])).any(is_regular)
    };
    let rules = items(&spec(route)["rules"]);
    let unknown = rules.clone().filter(|rule| {
        let mut matches = items(&rule["matches"]).peekable();
        matches.peek().is_some() && matches.all(is_unknown)
    });
    (unknown.count(), rules.count())
}
