//! Addresses of Gateways.

use crate::api::Dynamic;
use crate::api::gateway::{GATEWAY, items, spec, status, text, text_or};
use crate::client::Ctx;
use crate::client::gateway::{Refusal, is_same, list};

/// The addresses that there are to give, of a network that RFC 5737 keeps for examples. Those below belong to the Ingress
/// controller and to the world outside.
const FIRST: u16 = 130;
const LAST: u16 = 249;

/// The addresses of a Gateway: those that it asks for, else the first that nobody has.
///
/// # Errors
/// Why it has none.
// Models the Gateway API, GatewaySpec.addresses.
pub(super) fn of(ctx: &Ctx<'_>, gateway: &Dynamic) -> Result<Vec<String>, Refusal> {
    let mut wanted = items(&spec(gateway)["addresses"])
        .map(|address| text(&address["value"]))
        .filter(|value| !value.is_empty())
        .peekable();
    let taken = |value: &str| list(ctx.api, GATEWAY, None).any(|other| !is_same(other, gateway) && has(other, value));
    if wanted.peek().is_some() {
        let all: Vec<String> = wanted.map(str::to_owned).collect();
        return match all.iter().find(|value| taken(value)) {
            Some(value) => Refusal::refused("AddressNotUsable", format!("another Gateway has the address {value}")),
            None => Ok(all),
        };
    }
    if let Some(kept) = items(&status(gateway)["addresses"]).next() {
        return Ok(vec![text(&kept["value"]).to_owned()]);
    }
    let mut free = (FIRST..=LAST)
        .map(|host| format!("203.0.113.{host}"))
        .filter(|value| !taken(value));
    match free.next() {
        Some(value) => Ok(vec![value]),
        None => Refusal::refused("AddressNotAssigned", "no address is left"),
    }
}

fn has(gateway: &Dynamic, value: &str) -> bool {
    items(&status(gateway)["addresses"]).any(|address| text(&address["value"]) == value)
}

/// Whether the kinds of addresses that a Gateway asks for are known.
///
/// # Errors
/// Which is not.
pub(super) fn known(gateway: &Dynamic) -> Result<(), Refusal> {
    let mut kinds = items(&spec(gateway)["addresses"]).map(|address| text_or(&address["type"], "IPAddress"));
    match kinds.find(|kind| *kind != "IPAddress") {
        Some(kind) => Refusal::refused("UnsupportedAddress", format!("addresses of type {kind} are not known")),
        None => Ok(()),
    }
}
