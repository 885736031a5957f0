//! Gateway API, as its controller and its proxies both read it: the listeners of a Gateway, the routes that are attached to
//! them, and the backends that these lead to.
//!
//! One controller plays every class: a `GatewayClass` is served whatever its `controllerName` says. A Gateway whose class is
//! not there waits for it.

mod attach;
mod backend;
mod certificate;
mod grants;
mod listener;

pub use attach::{Attachment, Parent, attached, parents, routes_of};
pub use backend::{Backend, backend};
pub use certificate::{authority, certificate, client_certificate};
pub use grants::is_granted;
pub use listener::{Conflict, Listener, effective, gateway_of, is_allowed_set, is_valid, own, sets};

use std::rc::Rc;

use crate::api::gateway::{CLASS, GATEWAY, spec, text};
use crate::api::{Dynamic, Kind, Object, Str};
use crate::apiserver::{ApiServer, Key};

/// Why something does not hold: the reason of a condition and its message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The reason, in the words of the API.
    pub reason: &'static str,
    /// The message.
    pub message: String,
}

impl Refusal {
    /// Why something does not hold.
    ///
    /// # Errors
    /// Always: it is one.
    pub fn refused<T>(reason: &'static str, message: impl Into<String>) -> Result<T, Self> {
        Err(Self {
            reason,
            message: message.into(),
        })
    }
}

/// An object without a struct, by kind and name.
#[must_use]
pub fn get<'a>(api: &'a ApiServer, kind: Kind, namespace: &str, name: &str) -> Option<&'a Rc<Dynamic>> {
    dynamic(api.get_object(kind, &Key::new(namespace, name))?)
}

/// The objects of a kind without a struct.
pub fn list<'a>(api: &'a ApiServer, kind: Kind, namespace: Option<&str>) -> impl Iterator<Item = &'a Rc<Dynamic>> {
    api.list_objects(kind, namespace).filter_map(dynamic)
}

/// Whether both are versions of one object.
#[must_use]
pub fn is_same(a: &Dynamic, b: &Dynamic) -> bool {
    a.kind == b.kind && a.meta.name == b.meta.name && a.meta.namespace == b.meta.namespace
}

const fn dynamic(object: &Object) -> Option<&Rc<Dynamic>> {
    match object {
        Object::Dynamic(object) => Some(object),
        _ => None,
    }
}

/// The class of a Gateway, where it is there.
#[must_use]
pub fn class_of<'a>(api: &'a ApiServer, gateway: &Dynamic) -> Option<&'a Rc<Dynamic>> {
    get(api, CLASS, "", text(&spec(gateway)["gatewayClassName"]))
}

/// The name of the controller that plays a Gateway's class.
#[must_use]
pub fn controller_of(api: &ApiServer, gateway: &Dynamic) -> Str {
    let class = class_of(api, gateway);
    class
        .map(|class| text(&spec(class)["controllerName"]).into())
        .unwrap_or_default()
}

/// The Gateways that are served: those whose class is there.
pub fn served(api: &ApiServer) -> impl Iterator<Item = &Rc<Dynamic>> {
    list(api, GATEWAY, None).filter(|gateway| class_of(api, gateway).is_some())
}
