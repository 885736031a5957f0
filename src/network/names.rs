//! The cluster's DNS.
// Models coredns/plugin/kubernetes with kubeadm's Corefile, and the resolver of a pod.

use super::addresses::{INGRESS_ADDRESS, is_address};
use super::endpoints::{Endpoint, of_slice, slices};
use super::{gateway, ingress};
use crate::api::Str;
use crate::api::core::{Node, Service};
use crate::api::gateway::hostname::Fit;
use crate::apiserver::ApiServer;

/// The cluster's domain.
pub const DOMAIN: &str = "cluster.local";
/// Names with fewer dots are tried with the search list first.
const NDOTS: usize = 5;
/// How many CNAMEs are followed.
const CNAMES_MAX: u32 = 8;

/// Which DNS an asker uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resolver<'a> {
    /// The cluster's, with the search list of that namespace.
    Cluster(&'a str),
    /// That of the outside.
    Outside,
}

/// What a name stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// The full name.
    pub name: Str,
    /// Its addresses, never none.
    pub addresses: Vec<Str>,
    /// Why it stands for them.
    pub rule: String,
}

/// Looks a name up; nothing is NXDOMAIN.
#[must_use]
pub fn resolve(api: &ApiServer, resolver: Resolver<'_>, name: &str) -> Option<Found> {
    if is_address(name) {
        return Some(Found {
            name: name.into(),
            addresses: vec![name.into()],
            rule: format!("{name} is an address"),
        });
    }
    let Resolver::Cluster(namespace) = resolver else {
        return outside(api, name.strip_suffix('.').unwrap_or(name));
    };
    tries(namespace, name)
        .iter()
        .find_map(|full| lookup(api, full, CNAMES_MAX))
}

/// The full names that a pod asks for, in order.
#[must_use]
pub fn tries(namespace: &str, name: &str) -> Vec<String> {
    if let Some(full) = name.strip_suffix('.') {
        return vec![full.to_owned()];
    }
    let searched = [
        format!("{namespace}.svc.{DOMAIN}"),
        format!("svc.{DOMAIN}"),
        DOMAIN.to_owned(),
    ];
    let mut names: Vec<String> = searched.iter().map(|domain| format!("{name}.{domain}")).collect();
    let is_full = name.bytes().filter(|byte| *byte == b'.').count() >= NDOTS;
    names.insert(if is_full { 0 } else { names.len() }, name.to_owned());
    names
}

/// What a full name stands for, asked of the cluster's DNS.
fn lookup(api: &ApiServer, full: &str, cnames: u32) -> Option<Found> {
    let lower = full.to_ascii_lowercase();
    let Some(inside) = lower.strip_suffix(DOMAIN).and_then(|rest| rest.strip_suffix('.')) else {
        return outside(api, &lower);
    };
    let labels: Vec<&str> = inside.split('.').collect();
    let (addresses, rule) = match labels.as_slice() {
        [service, namespace, "svc"] => {
            let service = api.get::<Service>(namespace, service)?;
            if &*service.spec.kind == "ExternalName" {
                return external_name(api, service, cnames);
            }
            service_addresses(api, service)?
        }
        [host, service, namespace, "svc"] => {
            let service = api.get::<Service>(namespace, service)?;
            let is_it = |endpoint: &Endpoint| *endpoint.hostname == **host || dashed(endpoint) == *host;
            let found = ready_endpoints(api, service).into_iter().find(is_it)?;
            let words = format!("endpoint {host} of the Service {namespace}/{}", service.meta.name);
            (vec![found.address], words)
        }
        [address, namespace, "pod"] => {
            api.get::<crate::api::core::Namespace>("", namespace)?;
            let address = address.replace('-', ".");
            is_address(&address).then_some(())?;
            (vec![address.as_str().into()], "the name of a pod's address".to_owned())
        }
        _ => return None,
    };
    Some(Found {
        name: full.into(),
        addresses,
        rule,
    })
}

/// The addresses under a Service's own name: its cluster address, ready or not; for a headless one its ready endpoints.
fn service_addresses(api: &ApiServer, service: &Service) -> Option<(Vec<Str>, String)> {
    let (namespace, name) = (&service.meta.namespace, &service.meta.name);
    if &*service.spec.cluster_ip != "None" {
        let address = Some(&service.spec.cluster_ip).filter(|ip| !ip.is_empty())?;
        return Some((
            vec![address.clone()],
            format!("the cluster address of the Service {namespace}/{name}"),
        ));
    }
    let mut addresses: Vec<Str> = Vec::new();
    for endpoint in ready_endpoints(api, service) {
        if !addresses.contains(&endpoint.address) {
            addresses.push(endpoint.address);
        }
    }
    let words = format!(
        "{namespace}/{name} is headless: its {} ready endpoints",
        addresses.len()
    );
    (!addresses.is_empty()).then_some((addresses, words))
}

fn ready_endpoints(api: &ApiServer, service: &Service) -> Vec<Endpoint> {
    slices(api, service)
        .flat_map(|slice| of_slice(slice, 0))
        .filter(|endpoint| endpoint.ready)
        .collect()
}

fn dashed(endpoint: &Endpoint) -> String {
    endpoint.address.replace(['.', ':'], "-")
}

fn external_name(api: &ApiServer, service: &Service, cnames: u32) -> Option<Found> {
    let target = service.spec.external_name.trim_end_matches('.');
    let found = if is_address(target) {
        // A CNAME to something that looks like an address is a name of digits, and nobody has it.
        None
    } else {
        lookup(api, target, cnames.checked_sub(1)?)
    }?;
    let rule = format!(
        "the ExternalName Service {}/{} stands for {target}; {}",
        service.meta.namespace, service.meta.name, found.rule
    );
    Some(Found { rule, ..found })
}

/// What a name stands for outside the cluster: nodes, load balancers, and everything else the Ingress controller, once it
/// serves an Ingress, as with a domain whose records point at it.
fn outside(api: &ApiServer, name: &str) -> Option<Found> {
    let found = |addresses: Vec<Str>, rule: String| {
        Some(Found {
            name: name.into(),
            addresses,
            rule,
        })
    };
    if let Some(node) = api.get::<Node>("", name) {
        return found(
            vec![super::addresses::node_address(node)],
            "the name of a node".to_owned(),
        );
    }
    if !name.contains('.') || name.ends_with(".svc") || name.ends_with(DOMAIN) {
        return None;
    }
    let is_served = ingress::table::served(api).next().is_some();
    // A Gateway that takes any name leaves those of no route to the Ingress controller, where there is one.
    let gateway = gateway::of_name(api, name).filter(|(fit, _)| *fit > Fit::Any || !is_served);
    if let Some((_, gateway)) = gateway {
        let addresses: Vec<Str> = gateway::addresses(gateway).map(Str::from).collect();
        let rule = format!("the Gateway {}/{} serves it", gateway.meta.namespace, gateway.meta.name);
        return found(addresses, rule);
    }
    is_served
        .then(|| {
            let rule = format!("outside names are taken to point at the Ingress controller, {INGRESS_ADDRESS}");
            found(vec![INGRESS_ADDRESS.into()], rule)
        })
        .flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::testing::api;

    const OBJECTS: &str = r#"[
        {"kind": "Service", "metadata": {"name": "web"}, "spec": {"clusterIP": "10.96.1.1", "ports": [{"port": 80}]}},
        {"kind": "Service", "metadata": {"name": "db"}, "spec": {"clusterIP": "None"}},
        {"kind": "Service", "metadata": {"name": "void"}, "spec": {"clusterIP": "None"}},
        {"kind": "Service", "metadata": {"name": "alias"}, "spec": {"type": "ExternalName", "externalName": "web.default.svc.cluster.local"}},
        {"kind": "Service", "metadata": {"name": "ring"}, "spec": {"type": "ExternalName", "externalName": "ring.default.svc.cluster.local"}},
        {"kind": "Service", "metadata": {"name": "dns", "namespace": "kube-system"}, "spec": {"clusterIP": "10.96.0.10", "ports": [{"port": 53}]}},
        {"kind": "EndpointSlice", "metadata": {"name": "db-1", "labels": {"kubernetes.io/service-name": "db"}}, "addressType": "IPv4", "ports": [],
         "endpoints": [
            {"addresses": ["10.244.0.5"], "hostname": "db-0", "conditions": {"ready": true}},
            {"addresses": ["10.244.1.5"], "conditions": {"ready": true}},
            {"addresses": ["10.244.2.5"], "conditions": {"ready": false}}]}
    ]"#;

    #[test]
    fn names_resolve_as_in_a_pod() {
        let api = api(OBJECTS);
        let cases = [
            ("default", "web", "10.96.1.1"),
            ("default", "web.default", "10.96.1.1"),
            ("default", "web.default.svc", "10.96.1.1"),
            ("default", "WEB.default.svc.cluster.local", "10.96.1.1"),
            ("default", "web.default.svc.cluster.local.", "10.96.1.1"),
            ("default", "web.", "NXDOMAIN"),
            ("kube-system", "web", "NXDOMAIN"),
            ("kube-system", "web.default", "10.96.1.1"),
            ("default", "dns.kube-system", "10.96.0.10"),
            ("default", "db", "10.244.0.5 10.244.1.5"),
            ("default", "void", "NXDOMAIN"),
            ("default", "db-0.db", "10.244.0.5"),
            ("default", "10-244-1-5.db.default.svc.cluster.local", "10.244.1.5"),
            ("default", "10-244-2-5.db", "NXDOMAIN"),
            ("default", "10-244-9-9.default.pod", "10.244.9.9"),
            ("default", "10-244-9-9.nowhere.pod", "NXDOMAIN"),
            ("default", "alias", "10.96.1.1"),
            ("default", "ring", "NXDOMAIN"),
            ("default", "nobody", "NXDOMAIN"),
            ("default", "example.com", "NXDOMAIN"),
            ("default", "10.1.2.3", "10.1.2.3"),
        ];
        for (namespace, name, want) in cases {
            let found = resolve(&api, Resolver::Cluster(namespace), name);
            let got = found.map_or("NXDOMAIN".to_owned(), |found| found.addresses.join(" "));
            assert_eq!(got, want, "{name} in {namespace}");
        }
        assert_eq!(resolve(&api, Resolver::Outside, "web"), None);
        assert_eq!(resolve(&api, Resolver::Outside, "web.default.svc.cluster.local"), None);
    }

    #[test]
    fn the_search_list_comes_first_for_short_names() {
        let list = |name| tries("shop", name).join(" ");
        let want = "web.shop.svc.cluster.local web.svc.cluster.local web.cluster.local web";
        assert_eq!(list("web"), want);
        assert!(list("a.b.c.d.e.f").starts_with("a.b.c.d.e.f a.b.c.d.e.f.shop."));
        assert_eq!(list("a.b."), "a.b");
    }
}
