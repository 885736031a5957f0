//! The controller of Gateway API: it tells classes, Gateways, ListenerSets, routes and policies what became of them, and gives
//! Gateways their addresses. It plays every class.
//!
//! A round looks at everything, and writes what has changed. It follows a change after a moment, so that what is applied
//! together is told together; an address comes later, when the proxy of the Gateway stands.

mod addresses;
mod conditions;
mod gateways;
mod policies;
mod routes;

use serde_json::Value;

use crate::api::core::{ConfigMap, Namespace, Secret, Service};
use crate::api::gateway::{
    BACKEND_TLS_POLICY, CLASS, GATEWAY, GRPC_ROUTE, HTTP_ROUTE, LISTENER_SET, REFERENCE_GRANT, TCP_ROUTE, TLS_ROUTE,
    UDP_ROUTE,
};
use crate::api::{Dynamic, Kind, Object, Resource};
use crate::apiserver::{Change, Key, Verb};
use crate::client::{Component, Ctx};
use crate::sim::btree::BTreeMap;
use crate::sim::{Duration, SimTime};

/// From a change to the round that follows it.
const SETTLE: Duration = Duration::from_millis(200);
/// From a new Gateway until its proxy stands and has an address: as long as a load balancer takes.
const PROVISION: Duration = Duration::from_secs(20);
const ROUND: u8 = 0;

/// The controller.
#[derive(Clone, Debug, Default)]
pub struct GatewayController {
    /// When the proxy of a Gateway stands.
    ordered: BTreeMap<Key, SimTime>,
    /// Whether there ever was a class.
    is_awake: bool,
}

impl Component for GatewayController {
    fn name(&self) -> &'static str {
        "gateway-controller"
    }

    fn watches(&self) -> &'static [Kind] {
        &[
            CLASS,
            GATEWAY,
            LISTENER_SET,
            REFERENCE_GRANT,
            HTTP_ROUTE,
            GRPC_ROUTE,
            TLS_ROUTE,
            TCP_ROUTE,
            UDP_ROUTE,
            BACKEND_TLS_POLICY,
            Service::KIND,
            Secret::KIND,
            ConfigMap::KIND,
            Namespace::KIND,
        ]
    }

    /// Nothing but classes until there is one: a cluster without Gateways has no work here.
    fn wants(&self, change: &Change) -> bool {
        change.object.kind() == CLASS || (self.is_awake && change.actor != self.name())
    }

    fn on_change(&mut self, ctx: &mut Ctx<'_>, change: &Change) {
        self.is_awake = true;
        if change.verb == Verb::Deleted && change.object.kind() == GATEWAY {
            self.ordered.remove(&Key::of(&change.object));
        }
        ctx.arm_earlier(ROUND, 0, ctx.now + SETTLE);
    }

    fn on_timer(&mut self, ctx: &mut Ctx<'_>, _purpose: u8, _object: u64) {
        for kind in [CLASS, GATEWAY, LISTENER_SET] {
            let objects: Vec<_> = crate::client::gateway::list(ctx.api, kind, None).cloned().collect();
            for object in objects {
                let status = match kind {
                    CLASS => Some(gateways::class_status(ctx, &object)),
                    GATEWAY => self.gateway_status(ctx, &object),
                    _ => gateways::set_status(ctx, &object),
                };
                write(ctx, &object, status);
            }
        }
        for kind in crate::api::gateway::ROUTES {
            let objects: Vec<_> = crate::client::gateway::list(ctx.api, kind, None).cloned().collect();
            for object in objects {
                let status = routes::status_of(ctx, &object);
                write(ctx, &object, status);
            }
        }
        let policies: Vec<_> = crate::client::gateway::list(ctx.api, BACKEND_TLS_POLICY, None)
            .cloned()
            .collect();
        for policy in policies {
            let status = policies::status_of(ctx, &policy);
            write(ctx, &policy, status);
        }
    }
}

/// Writes a status where it has changed.
fn write(ctx: &mut Ctx<'_>, object: &Dynamic, status: Option<Value>) {
    let Some(status) = status.filter(|status| status != crate::api::gateway::status(object)) else {
        return;
    };
    let mut object = object.clone();
    object.body.insert("status".to_owned(), status);
    let caller = ctx.caller();
    // One that is gone by now needs none.
    drop(ctx.api.update(
        &caller,
        Object::Dynamic(object.into()),
        crate::apiserver::Subresource::Status,
    ));
}
