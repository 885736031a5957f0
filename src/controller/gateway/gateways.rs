//! What became of classes, Gateways and ListenerSets.

use std::rc::Rc;

use serde_json::{Value, json};

use super::conditions::{Told, conditions, told};
use super::{GatewayController, PROVISION, ROUND, addresses};
use crate::api::Dynamic;
use crate::api::gateway::{GROUP, ROUTES, items, spec, status, text};
use crate::apiserver::Key;
use crate::client::Ctx;
use crate::client::gateway::{
    Attachment, Listener, Refusal, attached, class_of, client_certificate, effective, gateway_of, is_allowed_set,
    is_same, is_valid, sets,
};

// Models the Gateway API, GatewayClassConditionStatusAccepted and GatewayClassConditionStatusSupportedVersion.
pub(super) fn class_status(ctx: &Ctx<'_>, class: &Dynamic) -> Value {
    let parameters = &spec(class)["parametersRef"];
    let accepted = if parameters.is_null() {
        Ok(())
    } else {
        Refusal::refused("InvalidParameters", "parameters of classes are not read")
    };
    let wanted = [
        told("Accepted", &accepted, "The class is served"),
        (
            "SupportedVersion",
            true,
            "SupportedVersion",
            "The version of the API is known",
        ),
    ];
    json!({"conditions": conditions(ctx, &status(class)["conditions"], class.meta.generation, &wanted)})
}

impl GatewayController {
    /// Nothing for a Gateway whose class is not there.
    pub(super) fn gateway_status(&mut self, ctx: &mut Ctx<'_>, gateway: &Rc<Dynamic>) -> Option<Value> {
        class_of(ctx.api, gateway)?;
        let listeners = effective(ctx.api, gateway);
        let own: Vec<&Listener> = listeners
            .iter()
            .filter(|listener| is_same(&listener.owner, gateway))
            .collect();
        let valid = own.iter().filter(|listener| is_valid(ctx.api, listener)).count();
        let taken = own.iter().filter(|listener| listener.accepted(ctx.api).is_ok()).count();
        let known = parameters(gateway).and_then(|()| addresses::known(gateway));
        let found = match known.is_ok() && self.stands(ctx, gateway) {
            true => addresses::of(ctx, gateway),
            false => Refusal::refused("AddressNotAssigned", "The address is on its way"),
        };
        let programmed: Result<(), Refusal> = match (&known, &found) {
            (Err(why), _) => Refusal::refused("Invalid", why.message.clone()),
            _ if valid == 0 => Refusal::refused("Invalid", "No listener is valid"),
            (_, Err(why)) => Err(why.clone()),
            (_, Ok(_)) => Ok(()),
        };
        let mut wanted = vec![
            match &known {
                Ok(()) if taken == 0 => ("Accepted", false, "ListenersNotValid", "No listener is valid"),
                // Listeners that are not valid are told; the Gateway is taken all the same.
                Ok(()) if valid < own.len() => ("Accepted", true, "ListenersNotValid", "Some listeners are not valid"),
                result => told("Accepted", result, "The Gateway is served"),
            },
            told("Programmed", &programmed, "The proxy is set up"),
        ];
        let client = client_refs(ctx, gateway);
        if let Some(result) = &client {
            wanted.push(told("ResolvedRefs", result, "All references are resolved"));
        }
        let insecure = insecure_words(gateway);
        if let Some(message) = insecure {
            wanted.push(("InsecureFrontendValidationMode", true, "ConfigurationChanged", message));
        }
        let old = status(gateway);
        let attached = attached(ctx.api, gateway, &ROUTES);
        let mut new = json!({
            "conditions": conditions(ctx, &old["conditions"], gateway.meta.generation, &wanted),
            "listeners": listener_statuses(ctx, gateway, &listeners, &attached),
        });
        if let Ok(found) = found {
            let all = found.iter().map(|value| json!({"type": "IPAddress", "value": value}));
            new["addresses"] = Value::Array(all.collect());
        }
        let served = sets(ctx.api, gateway)
            .into_iter()
            .filter(|set| is_served(ctx, set, &listeners))
            .count();
        if !spec(gateway)["allowedListeners"].is_null() {
            new["attachedListenerSets"] = json!(served);
        }
        Some(new)
    }

    /// Whether the proxy of a Gateway stands by now.
    fn stands(&mut self, ctx: &mut Ctx<'_>, gateway: &Dynamic) -> bool {
        if items(&status(gateway)["addresses"]).next().is_some() {
            return true;
        }
        let key = Key::new(&gateway.meta.namespace, &gateway.meta.name);
        let due = *self.ordered.entry(key).or_insert(ctx.now + PROVISION);
        if due > ctx.now {
            ctx.arm_earlier(ROUND, 0, due);
        }
        due <= ctx.now
    }
}

/// Parameters of infrastructure belong to an implementation, and this one reads none.
fn parameters(gateway: &Dynamic) -> Result<(), Refusal> {
    if spec(gateway)["infrastructure"]["parametersRef"].is_null() {
        Ok(())
    } else {
        Refusal::refused("InvalidParameters", "parameters of Gateways are not read")
    }
}

/// Whether the certificate that a Gateway shows to backends is there; nothing where it shows none.
fn client_refs(ctx: &Ctx<'_>, gateway: &Dynamic) -> Option<Result<(), Refusal>> {
    let reference = &spec(gateway)["tls"]["backend"]["clientCertificateRef"];
    (!reference.is_null()).then(|| client_certificate(ctx.api, gateway, reference))
}

fn insecure_words(gateway: &Dynamic) -> Option<&'static str> {
    let frontend = &spec(gateway)["tls"]["frontend"];
    let all = std::iter::once(&frontend["default"]).chain(items(&frontend["perPort"]).map(|port| &port["tls"]));
    let mut modes = all.map(|one| text(&one["validation"]["mode"]));
    modes
        .any(|mode| mode == "AllowInsecureFallback")
        .then_some("AllowInsecureFallback lets clients in without a valid certificate")
}

/// Whether a ListenerSet is let in and has a listener that serves.
fn is_served(ctx: &Ctx<'_>, set: &Dynamic, listeners: &[Listener]) -> bool {
    let mut own = listeners.iter().filter(|listener| is_same(&listener.owner, set));
    own.any(|listener| is_valid(ctx.api, listener))
}

/// The statuses of the listeners of `owner`.
// Models the Gateway API, ListenerStatus.
fn listener_statuses(ctx: &Ctx<'_>, owner: &Rc<Dynamic>, listeners: &[Listener], attached: &[Attachment]) -> Value {
    let own = listeners.iter().filter(|listener| is_same(&listener.owner, owner));
    let statuses = own.map(|listener| {
        let mut old = items(&status(owner)["listeners"]);
        let old = old.find(|one| text(&one["name"]) == listener.name());
        let old = old.map_or(Value::Null, |one| one["conditions"].clone());
        let count = attached
            .iter()
            .filter(|(_, known)| is_same(&known.owner, owner) && known.name() == listener.name())
            .count();
        let kinds = listener
            .kinds()
            .into_iter()
            .map(|kind| json!({"group": GROUP, "kind": kind.info().kind}));
        json!({
            "name": listener.name(),
            "supportedKinds": kinds.collect::<Vec<Value>>(),
            "attachedRoutes": count,
            "conditions": listener_conditions(ctx, &old, owner.meta.generation, listener),
        })
    });
    Value::Array(statuses.collect())
}

fn listener_conditions(ctx: &Ctx<'_>, old: &Value, generation: i64, listener: &Listener) -> Value {
    let (accepted, refs) = (listener.accepted(ctx.api), listener.refs(ctx.api));
    let programmed: Result<(), Refusal> = match (&accepted, &refs) {
        (Err(why), _) => Err(why.clone()),
        (_, Err(why)) => Refusal::refused("Invalid", why.message.clone()),
        _ => Ok(()),
    };
    let words = listener.conflict_words();
    let reason = listener.conflict.map_or("NoConflicts", |conflict| conflict.reason());
    let wanted: [Told<'_>; 4] = [
        told("Accepted", &accepted, "The listener is valid"),
        told("Programmed", &programmed, "The listener is set up"),
        ("Conflicted", listener.conflict.is_some(), reason, &words),
        told("ResolvedRefs", &refs, "All references are resolved"),
    ];
    conditions(ctx, old, generation, &wanted)
}

/// What became of a ListenerSet; nothing where its Gateway is not served.
// Models the Gateway API, ListenerSetStatus.
pub(super) fn set_status(ctx: &Ctx<'_>, set: &Rc<Dynamic>) -> Option<Value> {
    let gateway = gateway_of(ctx.api, set)?.clone();
    class_of(ctx.api, &gateway)?;
    let listeners = effective(ctx.api, &gateway);
    let result = if !is_allowed_set(ctx.api, &gateway, set) {
        Refusal::refused(
            "NotAllowed",
            "The Gateway does not let ListenerSets of this namespace in",
        )
    } else if is_served(ctx, set, &listeners) {
        Ok(())
    } else {
        Refusal::refused("ListenersNotValid", "No listener is valid")
    };
    let wanted = [
        told("Accepted", &result, "The ListenerSet is served"),
        told("Programmed", &result, "The listeners are set up"),
    ];
    let attached = attached(ctx.api, &gateway, &ROUTES);
    Some(json!({
        "conditions": conditions(ctx, &status(set)["conditions"], set.meta.generation, &wanted),
        "listeners": listener_statuses(ctx, set, &listeners, &attached),
    }))
}
