//! The listeners of a Gateway: its own, then those of its ListenerSets.

use std::rc::Rc;

use serde_json::Value;

use super::{Refusal, authority, certificate, get, is_same, list};
use crate::api::core::Namespace;
use crate::api::gateway::{
    GATEWAY, GROUP, GRPC_ROUTE, HTTP_ROUTE, LISTENER_SET, ROUTES, TCP_ROUTE, TLS_ROUTE, UDP_ROUTE, items, port, spec,
    text, text_or,
};
use crate::api::labels::{LabelSelector, Selector};
use crate::api::lean::Field;
use crate::api::{Dynamic, Kind};
use crate::apiserver::ApiServer;
use crate::sim::Arrange;

/// Why a listener is not served: another one stands in its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Conflict {
    /// The same port with another protocol.
    Protocol,
    /// The same port, protocol and hostname.
    Hostname,
}

impl Conflict {
    /// The reason of the condition.
    #[must_use]
    pub const fn reason(self) -> &'static str {
        match self {
            Self::Protocol => "ProtocolConflict",
            Self::Hostname => "HostnameConflict",
        }
    }
}

/// A listener.
#[derive(Clone, Debug)]
pub struct Listener {
    /// The Gateway or the ListenerSet that has it.
    pub owner: Rc<Dynamic>,
    place: u16,
    /// What stands in its way.
    pub conflict: Option<Conflict>,
}

impl Listener {
    /// What its owner says of it.
    #[must_use]
    pub fn spec(&self) -> &Value {
        &spec(&self.owner)["listeners"][usize::from(self.place)]
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        text(&self.spec()["name"])
    }

    /// Its port.
    #[must_use]
    pub fn port(&self) -> u16 {
        port(&self.spec()["port"])
    }

    /// Its protocol.
    #[must_use]
    pub fn protocol(&self) -> &str {
        text(&self.spec()["protocol"])
    }

    /// Its hostname; empty for all.
    #[must_use]
    pub fn hostname(&self) -> &str {
        text(&self.spec()["hostname"])
    }

    fn mode(&self) -> &str {
        text_or(&self.spec()["tls"]["mode"], "Terminate")
    }

    /// Whether it decrypts what it receives.
    #[must_use]
    pub fn terminates_tls(&self) -> bool {
        matches!(self.protocol(), "HTTPS" | "TLS") && self.mode() == "Terminate"
    }

    /// The kinds of routes that its protocol carries.
    #[must_use]
    pub fn protocol_kinds(&self) -> &'static [Kind] {
        match self.protocol() {
            "HTTP" | "HTTPS" => &[HTTP_ROUTE, GRPC_ROUTE],
            "TLS" => &[TLS_ROUTE],
            "TCP" => &[TCP_ROUTE],
            "UDP" => &[UDP_ROUTE],
            _ => &[],
        }
    }

    /// The kinds of routes that it takes.
    #[must_use]
    pub fn kinds(&self) -> Vec<Kind> {
        let wanted = &self.spec()["allowedRoutes"]["kinds"];
        let mut kinds = self.protocol_kinds().to_vec();
        if items(wanted).next().is_some() {
            kinds.retain(|kind| items(wanted).any(|one| is_kind(one, *kind)));
        }
        kinds
    }

    /// Whether all kinds that it names are ones that its protocol carries.
    #[must_use]
    pub fn has_valid_kinds(&self) -> bool {
        let mut wanted = items(&self.spec()["allowedRoutes"]["kinds"]);
        wanted.all(|one| self.protocol_kinds().iter().any(|kind| is_kind(one, *kind)))
    }

    /// Whether it takes routes of a namespace.
    #[must_use]
    pub fn takes_from(&self, api: &ApiServer, namespace: &str) -> bool {
        is_from(
            api,
            &self.spec()["allowedRoutes"]["namespaces"],
            "Same",
            &self.owner.meta.namespace,
            namespace,
        )
    }

    /// Whether what it refers to is there: kinds of routes and certificates.
    ///
    /// # Errors
    /// What is not.
    // Models the Gateway API, ListenerConditionResolvedRefs.
    pub fn refs(&self, api: &ApiServer) -> Result<(), Refusal> {
        if self.terminates_tls() {
            let mut certificates = items(&self.spec()["tls"]["certificateRefs"]).peekable();
            if certificates.peek().is_none() && self.spec()["tls"]["options"].is_null() {
                return Refusal::refused("InvalidCertificateRef", "the listener names no certificate");
            }
            certificates.try_for_each(|reference| certificate(api, &self.owner, reference))?;
        }
        self.authorities(api)?;
        if !self.has_valid_kinds() {
            let message = format!("protocol {} does not carry all kinds of allowedRoutes", self.protocol());
            return Refusal::refused("InvalidRouteKinds", message);
        }
        Ok(())
    }

    /// Whether it is taken at all.
    ///
    /// # Errors
    /// Why not.
    // Models the Gateway API, ListenerConditionAccepted.
    pub fn accepted(&self, api: &ApiServer) -> Result<(), Refusal> {
        match self.conflict {
            Some(conflict) => Refusal::refused(conflict.reason(), self.conflict_words()),
            None if self.protocol_kinds().is_empty() => Refusal::refused(
                "UnsupportedProtocol",
                format!("protocol {} is not known", self.protocol()),
            ),
            None => match self.authorities(api) {
                Err(why) => Refusal::refused("NoValidCACertificate", why.message),
                Ok(()) => Ok(()),
            },
        }
    }

    /// Whether the authorities by which clients are checked are there.
    // Models the Gateway API, FrontendTLSConfig.
    fn authorities(&self, api: &ApiServer) -> Result<(), Refusal> {
        let Some(gateway) = gateway_of(api, &self.owner).filter(|_| self.protocol() == "HTTPS") else {
            return Ok(());
        };
        let frontend = &spec(gateway)["tls"]["frontend"];
        let of_port = items(&frontend["perPort"]).find(|one| port(&one["port"]) == self.port());
        let validation = &of_port.map_or(&frontend["default"], |one| &one["tls"])["validation"];
        items(&validation["caCertificateRefs"]).try_for_each(|reference| authority(api, gateway, reference))
    }

    /// What is said of its conflict.
    #[must_use]
    pub fn conflict_words(&self) -> String {
        match self.conflict {
            Some(Conflict::Protocol) => format!("another listener has port {} with another protocol", self.port()),
            Some(Conflict::Hostname) => format!("another listener has port {} with the same hostname", self.port()),
            None => "No conflicts".to_owned(),
        }
    }

    fn conflict_with(&self, other: &Self) -> Option<Conflict> {
        if self.port() != other.port() || (self.protocol() == "UDP") != (other.protocol() == "UDP") {
            return None;
        }
        let is_tls = |listener: &Self| matches!(listener.protocol(), "HTTPS" | "TLS");
        let is_one = self.protocol() == other.protocol() || (is_tls(self) && is_tls(other));
        if !is_one || (self.protocol() == "TLS" && other.protocol() == "TLS" && self.mode() != other.mode()) {
            return Some(Conflict::Protocol);
        }
        self.hostname()
            .eq_ignore_ascii_case(other.hostname())
            .then_some(Conflict::Hostname)
    }
}

/// Whether a listener serves.
#[must_use]
pub fn is_valid(api: &ApiServer, listener: &Listener) -> bool {
    listener.accepted(api).is_ok() && listener.refs(api).is_ok()
}

/// Whether a member of `allowedRoutes.kinds` is a kind.
fn is_kind(one: &Value, kind: Kind) -> bool {
    ROUTES.contains(&kind) && text_or(&one["group"], GROUP) == GROUP && text(&one["kind"]) == kind.info().kind
}

/// Whether a choice of namespaces, `from` with its selector, holds for `namespace`; `home` is the one of who chooses.
fn is_from(api: &ApiServer, choice: &Value, default: &str, home: &str, namespace: &str) -> bool {
    match text_or(&choice["from"], default) {
        "All" => true,
        "Same" => home == namespace,
        "Selector" => {
            let mut wanted = LabelSelector::default();
            let is_read = wanted.set(choice["selector"].clone()).is_ok();
            let labels = api
                .get::<Namespace>("", namespace)
                .map(|namespace| &namespace.meta.labels);
            is_read
                && Selector::from_label_selector(Some(&wanted))
                    .is_ok_and(|selector| labels.is_some_and(|labels| selector.matches(labels)))
        }
        _ => false,
    }
}

/// The Gateway that a ListenerSet names; a Gateway is its own.
#[must_use]
pub fn gateway_of<'a>(api: &'a ApiServer, owner: &'a Rc<Dynamic>) -> Option<&'a Rc<Dynamic>> {
    if owner.kind == GATEWAY {
        return Some(owner);
    }
    let parent = &spec(owner)["parentRef"];
    let is_gateway = text_or(&parent["kind"], "Gateway") == "Gateway" && text_or(&parent["group"], GROUP) == GROUP;
    let namespace = text_or(&parent["namespace"], &owner.meta.namespace);
    is_gateway.then(|| get(api, GATEWAY, namespace, text(&parent["name"])))?
}

/// Whether a Gateway lets a ListenerSet in.
#[must_use]
pub fn is_allowed_set(api: &ApiServer, gateway: &Dynamic, set: &Dynamic) -> bool {
    let choice = &spec(gateway)["allowedListeners"]["namespaces"];
    is_from(api, choice, "None", &gateway.meta.namespace, &set.meta.namespace)
}

/// The ListenerSets that name a Gateway, the oldest first.
#[must_use]
pub fn sets<'a>(api: &'a ApiServer, gateway: &Dynamic) -> Vec<&'a Rc<Dynamic>> {
    let names = |set: &&Rc<Dynamic>| gateway_of(api, set).is_some_and(|named| is_same(named, gateway));
    let mut sets: Vec<&Rc<Dynamic>> = list(api, LISTENER_SET, None).filter(names).collect();
    // The list is in the order of names; a stable sort keeps it among those of one age.
    sets.arrange_by_key(|set| set.meta.creation_timestamp);
    sets
}

/// The listeners that an object has itself, without a look at others.
#[must_use]
pub fn own(owner: &Rc<Dynamic>) -> Vec<Listener> {
    let count = items(&spec(owner)["listeners"]).count();
    let places = 0..u16::try_from(count).unwrap_or(u16::MAX);
    places
        .map(|place| Listener {
            owner: owner.clone(),
            place,
            conflict: None,
        })
        .collect()
}

/// The listeners of a Gateway in the order of their precedence: its own, then those of the ListenerSets that it lets in, the
/// oldest first. Of two objects that want the same, the first has it; within one object, none.
// Models the Gateway API, ListenerConditionConflicted and the precedence of ListenerSets.
#[must_use]
pub fn effective(api: &ApiServer, gateway: &Rc<Dynamic>) -> Vec<Listener> {
    let sets = sets(api, gateway);
    let allowed = sets.into_iter().filter(|set| is_allowed_set(api, gateway, set));
    let mut all: Vec<Listener> = Vec::new();
    for owner in std::iter::once(gateway).chain(allowed) {
        let mine = own(owner);
        let settled = all.len();
        for listener in mine {
            let mut earlier = all[..settled].iter().filter(|other| other.conflict.is_none());
            let conflict = earlier.find_map(|other| listener.conflict_with(other));
            all.push(Listener { conflict, ..listener });
        }
        // What has lost to an earlier object does not stand in the way of its neighbours.
        let left: Vec<Listener> = all[settled..]
            .iter()
            .filter(|one| one.conflict.is_none())
            .cloned()
            .collect();
        for listener in all[settled..].iter_mut().filter(|one| one.conflict.is_none()) {
            let mut beside = left.iter().filter(|other| other.place != listener.place);
            listener.conflict = beside.find_map(|other| listener.conflict_with(other));
        }
    }
    all
}
