//! Gateways: which listener takes a request, which rule of which route it meets, what filters make of it.
//!
//! | file | what |
//! |---|---|
//! | `matching` | which rule a request meets, and which of several is the closest |
//! | `filters`, `headers`, `cors` | redirects, rewrites, changes of headers, requests across origins |
//! | `serve` | all of these, and the choice of a backend |
//! | `timeouts` | how long the proxy waits |

mod cors;
mod filters;
mod headers;
mod matching;
mod serve;
mod timeouts;

pub use headers::{Edit, Headers};
pub(super) use serve::serve;

use std::rc::Rc;

use crate::api::Dynamic;
use crate::api::gateway::hostname::{self, Fit};
use crate::api::gateway::{GRPC_ROUTE, HTTP_ROUTE, items, spec, status, text};
use crate::apiserver::ApiServer;
use crate::client::gateway::{Listener, attached, effective, is_valid, served};

/// The Gateway that has an address.
#[must_use]
pub fn of_address<'a>(api: &'a ApiServer, address: &str) -> Option<&'a Rc<Dynamic>> {
    served(api).find(|gateway| addresses(gateway).any(|known| known == address))
}

/// The addresses of a Gateway.
pub fn addresses(gateway: &Dynamic) -> impl Iterator<Item = &str> {
    items(&status(gateway)["addresses"]).map(|address| text(&address["value"]))
}

/// The Gateway that serves a public name: the one with the closest hostname of a listener or of a route attached to it.
#[must_use]
pub fn of_name<'a>(api: &'a ApiServer, name: &str) -> Option<(Fit, &'a Rc<Dynamic>)> {
    let mut best: Option<(Fit, &Rc<Dynamic>)> = None;
    for gateway in served(api).filter(|gateway| addresses(gateway).next().is_some()) {
        let found = name_fit(api, gateway, name);
        if let Some(fit) = found.filter(|fit| best.is_none_or(|(known, _)| *fit > known)) {
            best = Some((fit, gateway));
        }
    }
    best
}

fn name_fit(api: &ApiServer, gateway: &Rc<Dynamic>, name: &str) -> Option<Fit> {
    let listeners = effective(api, gateway);
    let valid = listeners.iter().filter(|listener| is_valid(api, listener));
    let of_listeners = valid.filter_map(|listener| hostname::fit(listener.hostname(), name));
    let attached = attached(api, gateway, &[HTTP_ROUTE, GRPC_ROUTE]);
    let of_routes = attached.iter().filter_map(|(route, listener)| {
        let names = items(&spec(route)["hostnames"]).map(text);
        hostname::fit(listener.hostname(), name)?;
        names.filter_map(|pattern| hostname::fit(pattern, name)).max()
    });
    of_listeners.chain(of_routes).max()
}

/// The listener among these whose hostname is the closest to a host.
fn closest<'a>(listeners: &[&'a Listener], host: &str) -> Option<&'a Listener> {
    let mut best: Option<(Fit, &Listener)> = None;
    for listener in listeners {
        let fit = hostname::fit(listener.hostname(), host);
        if let Some(fit) = fit.filter(|fit| best.is_none_or(|(known, _)| *fit > known)) {
            best = Some((fit, listener));
        }
    }
    best.map(|(_, listener)| listener)
}
