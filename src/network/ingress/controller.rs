//! The controller that serves Ingresses, as far as the API sees it: it publishes where they are reached.

use crate::api::networking::{Ingress, IngressLoadBalancerIngress};
use crate::api::{Kind, Object, Resource};
use crate::apiserver::{Change, Key, Verb};
use crate::client::{Component, Ctx, Recorder, Severity};
use crate::network::addresses::INGRESS_ADDRESS;
use crate::sim::Duration;

use super::table;

/// From a change of an Ingress until its address stands in its status.
const PUBLISH: Duration = Duration::from_secs(2);
const ROUND: u8 = 0;

/// Publishes the address of the Ingresses that have a class. It plays every class.
#[derive(Clone, Debug, Default)]
pub struct IngressController {
    recorder: Recorder,
}

impl Component for IngressController {
    fn name(&self) -> &'static str {
        "nginx-ingress-controller"
    }

    fn watches(&self) -> &'static [Kind] {
        &[Ingress::KIND]
    }

    fn on_change(&mut self, ctx: &mut Ctx<'_>, change: &Change) {
        let Some(ingress) = Ingress::of(&change.object) else {
            return;
        };
        if change.verb == Verb::Deleted || is_published(ingress) == table::is_served(ingress) {
            return;
        }
        if change.verb == Verb::Added && table::is_served(ingress) {
            let object = Object::Ingress(ingress.clone());
            self.recorder
                .event(ctx, &object, Severity::Normal, "Sync", "Scheduled for sync");
        }
        let at = ctx.now + PUBLISH;
        ctx.arm_earlier(ROUND, 0, at);
    }

    fn on_timer(&mut self, ctx: &mut Ctx<'_>, _purpose: u8, _object: u64) {
        let all = ctx.api.list::<Ingress>(None);
        let stale = all.filter(|ingress| is_published(ingress) != table::is_served(ingress));
        let keys: Vec<Key> = stale
            .map(|ingress| Key::new(&ingress.meta.namespace, &ingress.meta.name))
            .collect();
        for key in keys {
            publish(ctx, &key);
        }
    }
}

fn is_published(ingress: &Ingress) -> bool {
    let mut addresses = ingress.status.load_balancer.ingress.iter();
    addresses.any(|address| &*address.ip == INGRESS_ADDRESS)
}

fn publish(ctx: &mut Ctx<'_>, key: &Key) {
    let Some(ingress) = ctx.api.get_key::<Ingress>(key) else {
        return;
    };
    let mut ingress = (**ingress).clone();
    let address = IngressLoadBalancerIngress {
        ip: INGRESS_ADDRESS.into(),
        ..IngressLoadBalancerIngress::default()
    };
    ingress.status.load_balancer.ingress = if table::is_served(&ingress) {
        [address].into()
    } else {
        [].into()
    };
    // One that is going away needs no address.
    drop(ctx.update_status(ingress));
}
