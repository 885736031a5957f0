//! What an address belongs to.

use std::rc::Rc;

use super::endpoints::to_port;
use crate::api::core::{Node, Pod, Service};
use crate::api::{Dynamic, Str};
use crate::apiserver::ApiServer;

/// The address of the cluster's DNS.
pub const DNS_ADDRESS: &str = "10.96.0.10";
/// The address at which the outside reaches the Ingress controller.
pub const INGRESS_ADDRESS: &str = "203.0.113.123";
/// What a client outside has for an address.
pub const CLIENT_ADDRESS: &str = "198.51.100.7";

/// Who has an address.
#[derive(Clone, Debug)]
pub enum Owner {
    /// The Ingress controller.
    Ingress,
    /// A Gateway.
    Gateway(Rc<Dynamic>),
    /// A Service by its cluster address.
    ClusterIp(Rc<Service>),
    /// A Service by an address for the outside.
    External(Rc<Service>),
    /// A node.
    Node(Rc<Node>),
    /// A pod.
    Pod(Rc<Pod>),
}

/// Whether a host is an address and no name.
#[must_use]
pub fn is_address(host: &str) -> bool {
    host.parse::<std::net::IpAddr>().is_ok()
}

/// Who has an address.
#[must_use]
pub fn owner(api: &ApiServer, address: &str) -> Option<Owner> {
    if address == INGRESS_ADDRESS {
        return Some(Owner::Ingress);
    }
    if let Some(gateway) = super::gateway::of_address(api, address) {
        return Some(Owner::Gateway(gateway.clone()));
    }
    for service in api.list::<Service>(None) {
        if service.spec.cluster_ips.iter().any(|ip| **ip == *address) || *service.spec.cluster_ip == *address {
            return Some(Owner::ClusterIp(service.clone()));
        }
        let balancers = service.status.load_balancer.ingress.iter().map(|ingress| &ingress.ip);
        if balancers
            .chain(service.spec.external_ips.iter())
            .any(|ip| **ip == *address)
        {
            return Some(Owner::External(service.clone()));
        }
    }
    let node = api.list::<Node>(None).find(|node| {
        let mut addresses = node.status.addresses.iter();
        addresses.any(|known| *known.address == *address)
    });
    if let Some(node) = node {
        return Some(Owner::Node(node.clone()));
    }
    pod(api, address).map(Owner::Pod)
}

fn is_in_net(node: &Node, address: &str) -> bool {
    let net = node.spec.pod_cidr.strip_suffix(".0/24");
    net.is_some_and(|net| address.strip_prefix(net).is_some_and(|rest| rest.starts_with('.')))
}

/// Whether an address is one that a node gives to pods.
#[must_use]
pub fn is_pod_network(api: &ApiServer, address: &str) -> bool {
    api.list::<Node>(None).any(|node| is_in_net(node, address))
}

/// The pod that has an address, other than its node's.
fn pod(api: &ApiServer, address: &str) -> Option<Rc<Pod>> {
    let has = |pod: &&Rc<Pod>| *pod.status.pod_ip == *address && !pod.is_finished() && !pod.spec.host_network;
    match api.list::<Node>(None).find(|node| is_in_net(node, address)) {
        Some(node) => api.pods_on(&node.meta.name).find(has).cloned(),
        None => api.list::<Pod>(None).find(has).cloned(),
    }
}

/// The address of a node inside the cluster.
#[must_use]
pub fn node_address(node: &Node) -> Str {
    let inside = node
        .status
        .addresses
        .iter()
        .find(|address| &*address.kind == "InternalIP");
    inside.map(|address| address.address.clone()).unwrap_or_default()
}

/// The Service and its port behind a node port.
#[must_use]
pub fn node_port(api: &ApiServer, port: u16) -> Option<(&Rc<Service>, usize)> {
    api.list::<Service>(None).find_map(|service| {
        let mut ports = service.spec.ports.iter();
        let place = ports.position(|known| port > 0 && to_port(known.node_port) == port)?;
        Some((service, place))
    })
}

/// The pods that a port of a node leads to: one with that `hostPort`, or those that share the node's network. The port is
/// the one at the pod.
#[must_use]
pub fn host_port(api: &ApiServer, node: &str, port: u16) -> Vec<(Rc<Pod>, u16)> {
    let running = || api.pods_on(node).filter(|pod| !pod.is_finished());
    for pod in running().filter(|pod| !pod.spec.host_network) {
        let mut ports = pod.spec.containers.iter().flat_map(|container| container.ports.iter());
        if let Some(found) = ports.find(|known| port > 0 && to_port(known.host_port) == port) {
            return vec![(pod.clone(), to_port(found.container_port))];
        }
    }
    let sharing = running().filter(|pod| pod.spec.host_network);
    sharing.map(|pod| (pod.clone(), port)).collect()
}
