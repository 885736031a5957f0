//! Gateway API: its kinds, and how their fields are read.
//!
//! The objects have no structs: rules read their JSON form. Defaults are filled in when they are stored, so a field that the
//! API always has is there.

pub mod hostname;

use serde_json::Value;

use super::{Dynamic, Kind};

/// The group of the API.
pub const GROUP: &str = "gateway.networking.k8s.io";

/// `GatewayClass`.
pub const CLASS: Kind = Kind::named(GROUP, "GatewayClass");
/// `Gateway`.
pub const GATEWAY: Kind = Kind::named(GROUP, "Gateway");
/// `ListenerSet`: more listeners for a Gateway.
pub const LISTENER_SET: Kind = Kind::named(GROUP, "ListenerSet");
/// `ReferenceGrant`.
pub const REFERENCE_GRANT: Kind = Kind::named(GROUP, "ReferenceGrant");
/// `HTTPRoute`.
pub const HTTP_ROUTE: Kind = Kind::named(GROUP, "HTTPRoute");
/// `GRPCRoute`.
pub const GRPC_ROUTE: Kind = Kind::named(GROUP, "GRPCRoute");
/// `TLSRoute`; it gets its status, and carries no connection.
pub const TLS_ROUTE: Kind = Kind::named(GROUP, "TLSRoute");
/// `TCPRoute`; as a `TLSRoute`.
pub const TCP_ROUTE: Kind = Kind::named(GROUP, "TCPRoute");
/// `UDPRoute`; as a `TLSRoute`.
pub const UDP_ROUTE: Kind = Kind::named(GROUP, "UDPRoute");
/// `BackendTLSPolicy`; it gets its status, and encrypts nothing.
pub const BACKEND_TLS_POLICY: Kind = Kind::named(GROUP, "BackendTLSPolicy");

/// All kinds of routes.
pub const ROUTES: [Kind; 5] = [HTTP_ROUTE, GRPC_ROUTE, TLS_ROUTE, TCP_ROUTE, UDP_ROUTE];

static NULL: Value = Value::Null;

/// The field `spec`.
#[must_use]
pub fn spec(object: &Dynamic) -> &Value {
    object.body.get("spec").unwrap_or(&NULL)
}

/// The field `status`.
#[must_use]
pub fn status(object: &Dynamic) -> &Value {
    object.body.get("status").unwrap_or(&NULL)
}

/// A text; empty where there is none.
#[must_use]
pub fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// A text, or another one where there is none.
#[must_use]
pub fn text_or<'a>(value: &'a Value, or: &'a str) -> &'a str {
    value.as_str().filter(|text| !text.is_empty()).unwrap_or(or)
}

/// The items of a list.
pub fn items(value: &Value) -> impl Iterator<Item = &Value> + Clone {
    value.as_array().into_iter().flatten()
}

/// A port; zero where there is none.
#[must_use]
pub fn port(value: &Value) -> u16 {
    let number = value.as_u64().and_then(|number| u16::try_from(number).ok());
    number.unwrap_or_default()
}

/// A duration in milliseconds: numbers with the units h, m, s and ms.
// Models GEP-2257.
#[must_use]
pub fn duration_ms(mut text: &str) -> Option<u64> {
    let mut total = 0_u64;
    if text.is_empty() {
        return None;
    }
    while !text.is_empty() {
        let (number, rest) = text.split_at(text.find(|letter: char| !letter.is_ascii_digit())?);
        let end = rest.find(|letter: char| letter.is_ascii_digit());
        let (unit, rest) = rest.split_at(end.unwrap_or(rest.len()));
        let millis: u64 = match unit {
            "h" => 3_600_000,
            "m" => 60_000,
            "s" => 1000,
            "ms" => 1,
            _ => return None,
        };
        total = total.checked_add(number.parse::<u64>().ok()?.checked_mul(millis)?)?;
        text = rest;
    }
    Some(total)
}
