//! What became of BackendTLSPolicies. They are checked and told; connections to backends are not encrypted.
// Models the Gateway API, BackendTLSPolicy.

use std::rc::Rc;

use serde_json::{Value, json};

use super::conditions::{conditions, told};
use crate::api::Dynamic;
use crate::api::core::{ConfigMap, Service};
use crate::api::gateway::{BACKEND_TLS_POLICY, GATEWAY, GROUP, GRPC_ROUTE, HTTP_ROUTE, items, spec, status, text};
use crate::client::Ctx;
use crate::client::gateway::{Refusal, controller_of, is_same, list, parents, routes_of};

/// One entry for each Gateway whose routes lead to a target.
pub(super) fn status_of(ctx: &Ctx<'_>, policy: &Dynamic) -> Option<Value> {
    let refs = certificates(ctx, policy);
    let accepted = accepted(ctx, policy, &refs);
    let ancestors = ancestors(ctx, policy);
    let all: Vec<Value> = ancestors
        .iter()
        .map(|gateway| {
            let reference = json!({
                "group": GROUP, "kind": GATEWAY.info().kind,
                "namespace": *gateway.meta.namespace, "name": *gateway.meta.name,
            });
            let old = items(&status(policy)["ancestors"]).find(|one| one["ancestorRef"] == reference);
            let old = old.map_or(Value::Null, |one| one["conditions"].clone());
            let wanted = [
                told(
                    "Accepted",
                    &accepted,
                    "The policy is valid; encryption to backends is not simulated yet",
                ),
                told("ResolvedRefs", &refs, "All references are resolved"),
            ];
            json!({
                "ancestorRef": reference,
                "controllerName": *controller_of(ctx.api, gateway),
                "conditions": conditions(ctx, &old, policy.meta.generation, &wanted),
            })
        })
        .collect();
    (!all.is_empty() || !status(policy).is_null()).then(|| json!({"ancestors": all}))
}

/// The Gateways whose routes lead to a Service that the policy is about.
fn ancestors(ctx: &Ctx<'_>, policy: &Dynamic) -> Vec<Rc<Dynamic>> {
    let mut found: Vec<Rc<Dynamic>> = Vec::new();
    for route in routes_of(ctx.api, &[HTTP_ROUTE, GRPC_ROUTE]) {
        let mut backends = items(&spec(route)["rules"]).flat_map(|rule| items(&rule["backendRefs"]));
        let namespace = |one: &Value| {
            one["namespace"]
                .as_str()
                .map_or_else(|| route.meta.namespace.to_string(), str::to_owned)
        };
        let is_meant = backends.any(|one| {
            namespace(one) == *policy.meta.namespace && targets(policy).any(|name| name == text(&one["name"]))
        });
        if !is_meant {
            continue;
        }
        for parent in parents(ctx.api, route) {
            if !found.iter().any(|known| is_same(known, &parent.gateway)) {
                found.push(parent.gateway);
            }
        }
    }
    found
}

/// The names of the Services that a policy is about.
fn targets(policy: &Dynamic) -> impl Iterator<Item = &str> {
    let services = items(&spec(policy)["targetRefs"]).filter(|one| text(&one["kind"]) == "Service");
    services.map(|one| text(&one["name"]))
}

/// Whether the certificates of authorities are there.
fn certificates(ctx: &Ctx<'_>, policy: &Dynamic) -> Result<(), Refusal> {
    for reference in items(&spec(policy)["validation"]["caCertificateRefs"]) {
        let (kind, name) = (text(&reference["kind"]), text(&reference["name"]));
        if (text(&reference["group"]), kind) != ("", "ConfigMap") {
            return Refusal::refused(
                "InvalidKind",
                format!("certificates are read of ConfigMaps, not of {kind} {name}"),
            );
        }
        let map = ctx.api.get::<ConfigMap>(&policy.meta.namespace, name);
        if map.is_none_or(|map| !map.data.contains_key("ca.crt")) {
            let message = format!("ConfigMap {name} with the key ca.crt not found");
            return Refusal::refused("InvalidCACertificateRef", message);
        }
    }
    Ok(())
}

fn accepted(ctx: &Ctx<'_>, policy: &Dynamic, refs: &Result<(), Refusal>) -> Result<(), Refusal> {
    if let Err(why) = refs {
        return Refusal::refused("NoValidCACertificate", why.message.clone());
    }
    let is_there = |name: &&str| ctx.api.get::<Service>(&policy.meta.namespace, name).is_some();
    if !targets(policy).any(|name| is_there(&name)) {
        return Refusal::refused("TargetNotFound", "no Service of targetRefs is there");
    }
    let age = |one: &Dynamic| (one.meta.creation_timestamp, one.meta.name.clone());
    let sections = |one: &Dynamic| -> Vec<(String, String)> {
        items(&spec(one)["targetRefs"])
            .map(|one| (text(&one["name"]).to_owned(), text(&one["sectionName"]).to_owned()))
            .collect()
    };
    let mine = sections(policy);
    let mut older =
        list(ctx.api, BACKEND_TLS_POLICY, Some(&policy.meta.namespace)).filter(|other| age(other) < age(policy));
    match older.find(|other| sections(other).iter().any(|target| mine.contains(target))) {
        Some(other) => Refusal::refused("Conflicted", format!("{} is about the same Service", other.meta.name)),
        None => Ok(()),
    }
}
