//! A small cloud: it gives Services of type LoadBalancer their addresses.
// Models k8s.io/cloud-provider/controllers/service/controller.go, with a provider that never fails.

use crate::sim::btree::BTreeSet;

use crate::api::core::{LoadBalancerIngress, Service};
use crate::api::{Kind, Object, Resource, Str};
use crate::apiserver::{Change, Key, Verb};
use crate::client::{Component, Ctx, Recorder, Severity};
use crate::sim::{Duration, SimTime};

/// From the order of a load balancer until it stands.
const PROVISION: Duration = Duration::from_secs(20);
/// The addresses that it has to give: the networks that RFC 5737 keeps for examples.
const NETWORKS: [&str; 2] = ["192.0.2", "198.51.100"];
const ROUND: u8 = 0;

/// The controller of load balancers.
#[derive(Clone, Debug, Default)]
pub struct CloudController {
    recorder: Recorder,
    /// Load balancers under way: when they stand.
    ordered: Vec<(SimTime, Key)>,
}

impl Component for CloudController {
    fn name(&self) -> &'static str {
        "service-controller"
    }

    fn watches(&self) -> &'static [Kind] {
        &[Service::KIND]
    }

    fn on_change(&mut self, ctx: &mut Ctx<'_>, change: &Change) {
        let Some(service) = Service::of(&change.object) else {
            return;
        };
        let key = Key::of(&change.object);
        if change.verb == Verb::Deleted {
            self.ordered.retain(|(_, ordered)| *ordered != key);
            return;
        }
        let has_address = !service.status.load_balancer.ingress.is_empty();
        if wants(service) == has_address || self.ordered.iter().any(|(_, ordered)| *ordered == key) {
            return;
        }
        if !wants(service) {
            set_address(ctx, &key, None);
            return;
        }
        let object = Object::Service(service.clone());
        self.recorder.event(
            ctx,
            &object,
            Severity::Normal,
            "EnsuringLoadBalancer",
            "Ensuring load balancer",
        );
        self.ordered.push((ctx.now + PROVISION, key));
        ctx.arm_earlier(ROUND, 0, ctx.now + PROVISION);
    }

    fn on_timer(&mut self, ctx: &mut Ctx<'_>, _purpose: u8, _object: u64) {
        let (done, waiting) = std::mem::take(&mut self.ordered)
            .into_iter()
            .partition(|(at, _)| *at <= ctx.now);
        self.ordered = waiting;
        if let Some(next) = self.ordered.iter().map(|(at, _)| *at).min() {
            ctx.arm(ROUND, 0, next);
        }
        let done: Vec<(SimTime, Key)> = done;
        for (_, key) in done {
            self.ensure(ctx, &key);
        }
    }
}

impl CloudController {
    fn ensure(&mut self, ctx: &mut Ctx<'_>, key: &Key) {
        let Some(service) = ctx.api.get_key::<Service>(key).cloned() else {
            return;
        };
        if !wants(&service) {
            return;
        }
        let Some(address) = free_address(ctx, &service) else {
            return;
        };
        if set_address(ctx, key, Some(address)) {
            let object = Object::Service(service);
            self.recorder.event(
                ctx,
                &object,
                Severity::Normal,
                "EnsuredLoadBalancer",
                "Ensured load balancer",
            );
        }
    }
}

/// Whether a Service is this controller's: one of another class waits for somebody else.
fn wants(service: &Service) -> bool {
    let spec = &service.spec;
    &*spec.kind == "LoadBalancer" && spec.load_balancer_class.is_none() && !service.meta.is_terminating()
}

/// The address that the Service asks for, or the first that nobody has.
fn free_address(ctx: &Ctx<'_>, service: &Service) -> Option<Str> {
    if !service.spec.load_balancer_ip.is_empty() {
        return Some(service.spec.load_balancer_ip.clone());
    }
    let services = ctx.api.list::<Service>(None);
    let taken: BTreeSet<Str> = services
        .flat_map(|other| {
            other
                .status
                .load_balancer
                .ingress
                .iter()
                .map(|ingress| ingress.ip.clone())
        })
        .collect();
    let all = NETWORKS
        .iter()
        .flat_map(|net| (10..250).map(move |host| format!("{net}.{host}")));
    all.map(Str::from).find(|address| !taken.contains(address))
}

fn set_address(ctx: &mut Ctx<'_>, key: &Key, address: Option<Str>) -> bool {
    let Some(service) = ctx.api.get_key::<Service>(key) else {
        return false;
    };
    let mut service = (**service).clone();
    let ingress = address.map(|ip| LoadBalancerIngress {
        ip,
        ip_mode: Some("VIP".into()),
        ..LoadBalancerIngress::default()
    });
    service.status.load_balancer.ingress = ingress.into_iter().collect();
    // A Service that is gone by now needs none.
    ctx.update_status(service).is_ok()
}
