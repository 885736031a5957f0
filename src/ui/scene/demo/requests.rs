//! Requests through the made-up cluster: about twelve a second, and what becomes of them.

use super::{SECOND, mix};
use crate::view::scene::{IngressView, Outcome, Place, RequestView, ServiceView, Waypoint};
use std::rc::Rc;

/// Between two requests.
const GAP: u64 = SECOND / 12;
/// How long a request and its memory last.
const LIFE: u64 = 3 * SECOND;
const HOP: u64 = 260_000_000;

/// The requests under way at an instant.
pub(super) fn at(services: &[Rc<ServiceView>], ingresses: &[Rc<IngressView>], now_ns: u64) -> Vec<Rc<RequestView>> {
    let newest = now_ns / GAP;
    let oldest = now_ns.saturating_sub(LIFE) / GAP + 1;
    (oldest..=newest)
        .map(|id| Rc::new(request(services, ingresses, id, now_ns)))
        .collect()
}

fn request(services: &[Rc<ServiceView>], ingresses: &[Rc<IngressView>], id: u64, now_ns: u64) -> RequestView {
    let chance = mix(id, 40);
    let ingress = &ingresses[(chance % ingresses.len() as u64) as usize];
    let service = ingress.services[(chance / 7) as usize % ingress.services.len()];
    let ready: Vec<u64> = services[service as usize]
        .endpoints
        .iter()
        .filter(|endpoint| endpoint.ready)
        .map(|endpoint| endpoint.pod)
        .collect();
    let mut places = vec![Place::Internet, Place::Ingress(ingress.id)];
    let (outcome, status) = match chance / 11 % 16 {
        0 => (Outcome::ClientError, 404),
        1 => (Outcome::ServerError, 500),
        2 => (Outcome::Timeout, 504),
        _ if ready.is_empty() => (Outcome::Refused, 503),
        _ => (Outcome::Ok, 200),
    };
    if outcome != Outcome::ClientError {
        places.push(Place::Service(service));
        if !ready.is_empty() {
            places.push(Place::Pod(ready[(chance / 23) as usize % ready.len()]));
        }
    }
    if outcome != Outcome::Timeout {
        let back: Vec<Place> = places.iter().rev().skip(1).copied().collect();
        places.extend(back);
    }
    let start = id * GAP;
    let waypoints = places.iter().enumerate().map(|(hop, &place)| Waypoint {
        place,
        at_ns: start + hop as u64 * HOP,
    });
    let waypoints: Vec<Waypoint> = waypoints.collect();
    let turn = start + (places.len() as u64 / 2) * HOP;
    let known = now_ns >= turn;
    let (outcome, status) = if known {
        (outcome, status)
    } else {
        (Outcome::Pending, 0)
    };
    RequestView {
        id,
        waypoints,
        outcome,
        status,
    }
}
