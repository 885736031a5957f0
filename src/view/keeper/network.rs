//! Services, their endpoints, and Ingresses.

use std::rc::Rc;

use super::Ids;
use crate::api::Str;
use crate::api::core::Service;
use crate::api::discovery::EndpointSlice;
use crate::api::networking::Ingress;
use crate::cluster::Cluster;
use crate::view::scene::{EndpointView, IngressView, ServiceView};

pub(super) fn services(cluster: &Cluster, ids: &mut Ids) -> Vec<Rc<ServiceView>> {
    let mut views: Vec<_> = cluster
        .api()
        .list::<Service>(None)
        .map(|service| Rc::new(service_view(cluster, ids, service)))
        .collect();
    views.sort_by_key(|view| view.id);
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
    for slice in cluster
        .api()
        .owned_by(&service.meta.uid)
        .filter_map(<EndpointSlice as crate::api::Resource>::of)
    {
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
    views.sort_by_key(|view| view.pod);
    views.dedup_by_key(|view| view.pod);
    views
}

pub(super) fn ingresses(cluster: &Cluster, ids: &mut Ids) -> Vec<Rc<IngressView>> {
    let mut views: Vec<_> = cluster
        .api()
        .list::<Ingress>(None)
        .map(|ingress| Rc::new(ingress_view(cluster, ids, ingress)))
        .collect();
    views.sort_by_key(|view| view.id);
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
    services.sort_unstable();
    services.dedup();
    IngressView {
        id: ids.of_uid(&ingress.meta.uid),
        namespace: ingress.meta.namespace.clone(),
        name: ingress.meta.name.clone(),
        class: ingress.spec.ingress_class_name.clone().unwrap_or_default(),
        rules,
        services,
    }
}
