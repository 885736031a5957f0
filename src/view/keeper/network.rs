//! Services, their endpoints, and Ingresses.

use crate::sim::Arrange;
use std::rc::Rc;

use super::Ids;
use crate::api::core::{Node, Pod, Service};
use crate::api::discovery::EndpointSlice;
use crate::api::gateway::{GRPC_ROUTE, HTTP_ROUTE, items, spec, text, text_or};
use crate::api::networking::Ingress;
use crate::api::{Dynamic, Kind, Resource, Str};
use crate::client::gateway::{backend, get, routes_of};
use crate::cluster::{Cluster, Trip};
use crate::network::{FailureKind, Hop, HopKind};
use crate::view::scene::{EndpointView, IngressView, Outcome, Place, RequestView, ServiceView, Waypoint};

pub(super) fn services(cluster: &Cluster, ids: &mut Ids) -> Vec<Rc<ServiceView>> {
    let mut views: Vec<_> = cluster
        .api()
        .list::<Service>(None)
        .map(|service| Rc::new(service_view(cluster, ids, service)))
        .collect();
    views.arrange_by_key(|view| view.id);
    views
}

fn service_view(cluster: &Cluster, ids: &mut Ids, service: &Service) -> ServiceView {
    let spec = &service.spec;
    let headless = &*spec.cluster_ip == "None";
    let address = match spec.ports.first() {
        _ if &*spec.kind == "ExternalName" => spec.external_name.clone(),
        Some(port) if !headless => format!("{}:{}", spec.cluster_ip, port.port).into(),
        _ => spec.cluster_ip.clone(),
    };
    ServiceView {
        id: ids.of_uid(&service.meta.uid),
        namespace: service.meta.namespace.clone(),
        name: service.meta.name.clone(),
        kind: if headless { "None".into() } else { spec.kind.clone() },
        address,
        external: matches!(&*spec.kind, "NodePort" | "LoadBalancer"),
        endpoints: endpoints(cluster, ids, service),
    }
}

fn endpoints(cluster: &Cluster, ids: &mut Ids, service: &Service) -> Vec<EndpointView> {
    let mut views = Vec::new();
    for slice in cluster.api().owned_by(&service.meta.uid).filter_map(EndpointSlice::of) {
        for endpoint in slice.endpoints.iter() {
            if let Some(target) = &endpoint.target_ref {
                views.push(EndpointView {
                    pod: ids.of_uid(&target.uid),
                    ready: endpoint.conditions.ready == Some(true),
                    terminating: endpoint.conditions.terminating == Some(true),
                });
            }
        }
    }
    views.arrange_by_key(|view| view.pod);
    views.dedup_by_key(|view| view.pod);
    views
}

pub(super) fn ingresses(cluster: &Cluster, ids: &mut Ids) -> Vec<Rc<IngressView>> {
    let mut views: Vec<_> = cluster
        .api()
        .list::<Ingress>(None)
        .map(|ingress| Rc::new(ingress_view(cluster, ids, ingress)))
        .collect();
    for route in routes_of(cluster.api(), &[HTTP_ROUTE, GRPC_ROUTE]) {
        views.push(Rc::new(route_view(cluster, ids, route)));
    }
    views.arrange_by_key(|view| view.id);
    views
}

fn ingress_view(cluster: &Cluster, ids: &mut Ids, ingress: &Ingress) -> IngressView {
    let mut rules: Vec<Str> = Vec::new();
    let mut names: Vec<Str> = Vec::new();
    for rule in ingress.spec.rules.iter() {
        for path in rule.http.iter().flat_map(|http| http.paths.iter()) {
            let host = if rule.host.is_empty() { "*" } else { &rule.host };
            rules.push(format!("{host}{}", path.path).into());
            names.extend(path.backend.service.iter().map(|service| service.name.clone()));
        }
    }
    if let Some(service) = ingress
        .spec
        .default_backend
        .iter()
        .find_map(|backend| backend.service.as_ref())
    {
        rules.push("*".into());
        names.push(service.name.clone());
    }
    let found = |name: &Str| cluster.api().get::<Service>(&ingress.meta.namespace, name);
    let mut services: Vec<u64> = names
        .iter()
        .filter_map(found)
        .map(|service| ids.of_uid(&service.meta.uid))
        .collect();
    services.arrange();
    services.dedup();
    IngressView {
        id: ids.of_uid(&ingress.meta.uid),
        kind: Ingress::KIND,
        namespace: ingress.meta.namespace.clone(),
        name: ingress.meta.name.clone(),
        class: ingress.spec.ingress_class_name.clone().unwrap_or_default(),
        rules,
        services,
    }
}

/// A route of a Gateway: one line a rule, under each of its hostnames.
fn route_view(cluster: &Cluster, ids: &mut Ids, route: &Dynamic) -> IngressView {
    let mut hosts: Vec<&str> = items(&spec(route)["hostnames"]).map(text).collect();
    if hosts.is_empty() {
        hosts.push("*");
    }
    let (mut rules, mut services): (Vec<Str>, Vec<u64>) = (Vec::new(), Vec::new());
    for rule in items(&spec(route)["rules"]) {
        let path = |one: &serde_json::Value| match route.kind {
            GRPC_ROUTE => format!(
                "/{}/{}",
                text_or(&one["method"]["service"], "*"),
                text_or(&one["method"]["method"], "*")
            ),
            _ => text_or(&one["path"]["value"], "/").to_owned(),
        };
        for one in items(&rule["matches"]) {
            rules.extend(hosts.iter().map(|host| format!("{host}{}", path(one)).into()));
        }
        let found = items(&rule["backendRefs"]).filter_map(|one| backend(cluster.api(), route, one).ok());
        services.extend(found.map(|found| ids.of_uid(&found.service.meta.uid)));
    }
    services.arrange();
    services.dedup();
    let parent = items(&spec(route)["parentRefs"]).next();
    IngressView {
        id: ids.of_uid(&route.meta.uid),
        kind: route.kind,
        namespace: route.meta.namespace.clone(),
        name: route.meta.name.clone(),
        class: parent.map(|parent| text(&parent["name"]).into()).unwrap_or_default(),
        rules,
        services,
    }
}

/// How long a request that has ended stays in the scene.
const REQUEST_LIFE_NS: u64 = 3_000_000_000;
/// The outcome of a request that takes no longer is told at once: nobody could see it wait.
const PROMPT_NS: u64 = 1_000_000_000;

/// The requests under way and those that ended a moment ago.
pub(super) fn requests(cluster: &Cluster, ids: &mut Ids, last: &[Rc<RequestView>]) -> Vec<Rc<RequestView>> {
    let now_ns = cluster.now().0;
    let recent = |trip: &&Rc<Trip>| now_ns <= (trip.at + trip.latency).0.saturating_add(REQUEST_LIFE_NS);
    let views = cluster.requests().filter(recent).map(|trip| {
        let view = request_view(cluster, ids, trip, now_ns);
        let kept = last.binary_search_by_key(&trip.id, |known| known.id);
        match kept.ok().map(|place| &last[place]).filter(|known| ***known == view) {
            Some(known) => known.clone(),
            None => Rc::new(view),
        }
    });
    views.collect()
}

fn request_view(cluster: &Cluster, ids: &mut Ids, trip: &Trip, now_ns: u64) -> RequestView {
    let end = trip.at + trip.latency;
    let mut there: Vec<Waypoint> = Vec::new();
    for hop in &trip.hops {
        if let Some(place) = place(cluster, ids, hop) {
            there.push(Waypoint { place, at_ns: hop.at.0 });
        }
    }
    let is_lost = trip
        .result
        .as_ref()
        .is_err_and(|failure| matches!(failure.kind, FailureKind::ConnectTimeout | FailureKind::ReplyTimeout));
    // An answer takes the same way back in the same time.
    let mut waypoints = there.clone();
    if !is_lost {
        waypoints.extend(there.iter().rev().skip(1).map(|point| Waypoint {
            place: point.place,
            at_ns: end.0.saturating_sub(point.at_ns.saturating_sub(trip.at.0)),
        }));
        waypoints.arrange_by_key(|point| point.at_ns);
    }
    let is_known = now_ns >= end.0 || trip.latency.0 <= PROMPT_NS;
    RequestView {
        id: trip.id,
        waypoints,
        outcome: if is_known { outcome(trip) } else { Outcome::Pending },
        status: trip.result.as_ref().copied().unwrap_or(0),
    }
}

/// Where a hop is drawn; nowhere when the object is gone.
fn place(cluster: &Cluster, ids: &mut Ids, hop: &Hop) -> Option<Place> {
    let api = cluster.api();
    Some(match hop.kind {
        HopKind::Internet => Place::Internet,
        HopKind::Ingress => {
            let named = api.get::<Ingress>(&hop.namespace, &hop.name);
            // The controller itself has no place in the picture: it stands where its first Ingress is.
            let ingress = named.or_else(|| api.list::<Ingress>(None).next())?;
            Place::Ingress(ids.of_uid(&ingress.meta.uid))
        }
        // A Gateway is drawn by its routes.
        HopKind::Gateway | HopKind::TcpRoute => return None,
        HopKind::HttpRoute => route_place(cluster, ids, HTTP_ROUTE, hop)?,
        HopKind::GrpcRoute => route_place(cluster, ids, GRPC_ROUTE, hop)?,
        HopKind::Service => Place::Service(ids.of_uid(&api.get::<Service>(&hop.namespace, &hop.name)?.meta.uid)),
        HopKind::Pod => Place::Pod(ids.of_uid(&api.get::<Pod>(&hop.namespace, &hop.name)?.meta.uid)),
        HopKind::Node => Place::Node(ids.of_uid(&api.get::<Node>("", &hop.name)?.meta.uid)),
    })
}

fn route_place(cluster: &Cluster, ids: &mut Ids, kind: Kind, hop: &Hop) -> Option<Place> {
    let route = get(cluster.api(), kind, &hop.namespace, &hop.name)?;
    Some(Place::Ingress(ids.of_uid(&route.meta.uid)))
}

fn outcome(trip: &Trip) -> Outcome {
    match &trip.result {
        Ok(500..) => Outcome::ServerError,
        Ok(400..) => Outcome::ClientError,
        Ok(_) => Outcome::Ok,
        Err(failure) => match failure.kind {
            FailureKind::ConnectTimeout | FailureKind::ReplyTimeout => Outcome::Timeout,
            _ => Outcome::Refused,
        },
    }
}
