//! Backends that routes refer to.

use std::rc::Rc;

use serde_json::Value;

use super::{Refusal, is_granted};
use crate::api::core::{Service, ServicePort};
use crate::api::gateway::{GRPC_ROUTE, HTTP_ROUTE, text, text_or};
use crate::api::{Dynamic, Str};
use crate::apiserver::ApiServer;

/// A port of a Service that a route leads to.
#[derive(Clone, Debug)]
pub struct Backend {
    /// The Service.
    pub service: Rc<Service>,
    /// Its port.
    pub port: ServicePort,
}

/// The backend behind a reference of a route.
///
/// # Errors
/// Why there is none, as the route's condition `ResolvedRefs` tells it.
// Models the Gateway API, RouteConditionResolvedRefs.
pub fn backend(api: &ApiServer, route: &Dynamic, reference: &Value) -> Result<Backend, Refusal> {
    let (group, kind) = (text(&reference["group"]), text_or(&reference["kind"], "Service"));
    let (namespace, name) = (
        text_or(&reference["namespace"], &route.meta.namespace),
        text(&reference["name"]),
    );
    if (group, kind) != ("", "Service") {
        let what = if group.is_empty() {
            kind.to_owned()
        } else {
            format!("{kind}.{group}")
        };
        return Refusal::refused("InvalidKind", format!("{what} is no backend: only Services are"));
    }
    if !is_granted(api, route, (group, kind, namespace, name)) {
        let message = format!("no ReferenceGrant in {namespace} permits a reference to Service {name}");
        return Refusal::refused("RefNotPermitted", message);
    }
    let Some(service) = api.get::<Service>(namespace, name) else {
        return Refusal::refused("BackendNotFound", format!("Service {namespace}/{name} not found"));
    };
    let number = reference["port"].as_i64().unwrap_or_default();
    let Some(port) = service.spec.ports.iter().find(|port| i64::from(port.port) == number) else {
        return Refusal::refused(
            "BackendNotFound",
            format!("Service {namespace}/{name} has no port {number}"),
        );
    };
    let protocol: Option<Str> = port.app_protocol.clone();
    match protocol.as_deref() {
        Some("kubernetes.io/ws" | "kubernetes.io/wss") if route.kind == GRPC_ROUTE => Refusal::refused(
            "UnsupportedProtocol",
            format!("port {number} of Service {namespace}/{name} speaks WebSocket, not gRPC"),
        ),
        _ if &*port.protocol == "UDP" && matches!(route.kind, HTTP_ROUTE | GRPC_ROUTE) => Refusal::refused(
            "UnsupportedProtocol",
            format!("port {number} of Service {namespace}/{name} is UDP"),
        ),
        _ => Ok(Backend {
            service: service.clone(),
            port: port.clone(),
        }),
    }
}
