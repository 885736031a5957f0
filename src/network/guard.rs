//! NetworkPolicies on the way of a connection.

use super::policy::{self, Party, Passage};
use super::request::{FailureKind, HopKind};
use super::route::{Delivery, End, Proxy, Trail};
use crate::api::core::Pod;

/// Asks the policies about each target.
pub(super) fn each_target(trail: &Trail<'_, '_>, mut delivery: Delivery) -> Delivery {
    let api = trail.api();
    for target in &mut delivery.targets {
        let Some(pod) = target.pod.as_ref().and_then(|key| api.get_key::<Pod>(key)) else {
            continue;
        };
        let from = match &trail.masquerade {
            _ if delivery.by == Proxy::Ingress => policy::ingress_controller(api),
            _ if let Proxy::Gateway(gateway) = &delivery.by => Some(policy::gateway(api, gateway)),
            Some(node) => policy::node(api, node, &target.node),
            None if trail.sender.kind == HopKind::Node => policy::node(api, &trail.sender.name, &target.node),
            None => Some(policy::of_sender(api, trail.sender)),
        };
        // The node's own processes reach its pods whatever policies say.
        let Some(from) = from else { continue };
        let (to, port) = (Party::pod(api, pod), target.port);
        let why = match policy::check(api, &from, &to, "TCP", port) {
            Passage::Open => continue,
            Passage::Allowed(why) => why,
            Passage::Dropped(why) => {
                target.is_dropped = true;
                why
            }
        };
        target.rule = format!("{}; {why}", target.rule).into();
    }
    delivery
}

/// Whether policies let the sender out to the trail's address, which is no pod's.
pub(super) fn way_out(trail: &mut Trail<'_, '_>, port: u16) -> Option<End> {
    let api = trail.api();
    let (from, to) = (policy::of_sender(api, trail.sender), Party::outside(&trail.address));
    match policy::check(api, &from, &to, "TCP", port) {
        Passage::Dropped(why) => Some(trail.fail(&why, FailureKind::ConnectTimeout)),
        Passage::Open | Passage::Allowed(_) => None,
    }
}
