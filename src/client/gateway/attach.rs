//! Which routes are attached to which listeners.

use std::rc::Rc;

use serde_json::Value;

use super::{Listener, Refusal, class_of, effective, gateway_of, get, is_same, list, own};
use crate::api::gateway::{GATEWAY, GROUP, LISTENER_SET, ROUTES, hostname, items, port, spec, text, text_or};
use crate::api::{Dynamic, Kind};
use crate::apiserver::ApiServer;

/// A parent that a route names, where it is a Gateway or one of its ListenerSets, and served.
pub struct Parent<'a> {
    /// The reference.
    pub reference: &'a Value,
    /// The Gateway.
    pub gateway: Rc<Dynamic>,
    /// The listeners to which the route is attached, or why to none.
    pub listeners: Result<Vec<Listener>, Refusal>,
}

/// A route that is attached to a listener.
pub type Attachment = (Rc<Dynamic>, Listener);

/// The parents of a route that are served, in the order of its references.
#[must_use]
pub fn parents<'a>(api: &ApiServer, route: &'a Dynamic) -> Vec<Parent<'a>> {
    let references = items(&spec(route)["parentRefs"]);
    references
        .filter_map(|reference| parent(api, route, reference))
        .collect()
}

fn parent<'a>(api: &ApiServer, route: &Dynamic, reference: &'a Value) -> Option<Parent<'a>> {
    let owner = owner(api, route, reference)?;
    let gateway = gateway_of(api, owner)?;
    class_of(api, gateway)?;
    let all = effective(api, gateway);
    Some(Parent {
        reference,
        gateway: gateway.clone(),
        listeners: listeners(api, route, reference, owner, &all),
    })
}

/// The Gateway or ListenerSet that a reference means.
fn owner<'a>(api: &'a ApiServer, route: &Dynamic, reference: &Value) -> Option<&'a Rc<Dynamic>> {
    let kind = match text_or(&reference["kind"], "Gateway") {
        _ if text_or(&reference["group"], GROUP) != GROUP => return None,
        "Gateway" => GATEWAY,
        "ListenerSet" => LISTENER_SET,
        _ => return None,
    };
    let namespace = text_or(&reference["namespace"], &route.meta.namespace);
    get(api, kind, namespace, text(&reference["name"]))
}

/// The listeners of `owner` that take a route.
// Models the Gateway API, RouteConditionAccepted.
fn listeners(
    api: &ApiServer,
    route: &Dynamic,
    reference: &Value,
    owner: &Rc<Dynamic>,
    all: &[Listener],
) -> Result<Vec<Listener>, Refusal> {
    let (section, number) = (text(&reference["sectionName"]), port(&reference["port"]));
    let is_meant = |listener: &Listener| {
        (section.is_empty() || listener.name() == section) && (number == 0 || listener.port() == number)
    };
    let is_own = |listener: &&Listener| is_same(&listener.owner, owner) && is_meant(listener);
    let mut found: Vec<Listener> = all.iter().filter(is_own).cloned().collect();
    if found.is_empty() && own(owner).iter().any(is_meant) {
        return Refusal::refused("NotAllowedByListeners", "the Gateway does not let this ListenerSet in");
    }
    if found.is_empty() {
        let what = if section.is_empty() { "port" } else { "name" };
        return Refusal::refused("NoMatchingParent", format!("no listener has this {what}"));
    }
    found.retain(|listener| listener.kinds().contains(&route.kind) && listener.takes_from(api, &route.meta.namespace));
    if found.is_empty() {
        return Refusal::refused(
            "NotAllowedByListeners",
            "no listener allows this route: see the kinds and namespaces of its allowedRoutes",
        );
    }
    found.retain(|listener| shares_hostname(listener, route));
    if found.is_empty() {
        return Refusal::refused("NoMatchingListenerHostname", "no listener has a hostname of this route");
    }
    Ok(found)
}

fn shares_hostname(listener: &Listener, route: &Dynamic) -> bool {
    let mut names = items(&spec(route)["hostnames"]).map(text).peekable();
    names.peek().is_none() || names.any(|name| hostname::intersects(listener.hostname(), name))
}

/// The routes of a kind that name a Gateway or one of its ListenerSets.
pub fn routes_of<'a>(api: &'a ApiServer, kinds: &'a [Kind]) -> impl Iterator<Item = &'a Rc<Dynamic>> {
    let kinds = kinds.iter().filter(|kind| ROUTES.contains(kind));
    kinds.flat_map(|kind| list(api, *kind, None))
}

/// The routes of these kinds that are attached to listeners of a Gateway, one entry a listener.
#[must_use]
pub fn attached(api: &ApiServer, gateway: &Dynamic, kinds: &[Kind]) -> Vec<Attachment> {
    let mut found: Vec<Attachment> = Vec::new();
    for route in routes_of(api, kinds) {
        let parents = parents(api, route).into_iter();
        let mine = parents.filter(|parent| is_same(&parent.gateway, gateway));
        for listener in mine.filter_map(|parent| parent.listeners.ok()).flatten() {
            let is_known = found.iter().any(|(other, known)| {
                Rc::ptr_eq(other, route) && is_same(&known.owner, &listener.owner) && known.name() == listener.name()
            });
            if !is_known {
                found.push((route.clone(), listener));
            }
        }
    }
    found
}
