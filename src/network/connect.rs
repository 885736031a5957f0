//! Where a connection goes, hop by hop, and why.

use std::rc::Rc;

use super::addresses::{self, Owner, is_pod_network};
use super::endpoints::to_port;
use super::guard;
use super::names;
use super::policy::{self, Passage};
use super::proxy::{self, Choice, Connection};
use super::request::{FailureKind, HopKind};
use super::route::{Ask, Delivery, End, Route, Target, Trail, World};
use super::sender::Sender;
use super::url::Url;
use crate::api::Str;
use crate::api::core::{Node, Pod, Service, ServicePort};

/// The way of a request of `sender` to `url`.
pub fn route(world: &mut World<'_>, sender: &Sender, url: &Url, ask: &Ask<'_>) -> Route {
    let mut trail = Trail::new(world, sender);
    let rule = format!("{} sends a request to {}:{}", sender.words(), url.host, url.port);
    trail.go(
        sender.kind,
        &sender.namespace,
        &sender.name,
        sender.address.clone(),
        rule,
    );
    if let Passage::Dropped(why) = policy::check_dns(trail.api(), sender, &url.host) {
        let end = trail.fail(&format!("the DNS is not reached: {why}"), FailureKind::NoSuchHost);
        return trail.end(end);
    }
    let Some(found) = names::resolve(trail.api(), sender.resolver(), &url.host) else {
        return trail.end(End::Failed(FailureKind::NoSuchHost));
    };
    let place = match found.addresses.len() {
        1 => 0,
        // The DNS server gives them in another order each time, and a client takes the first.
        count => trail
            .world
            .memory
            .draw(trail.world.seed, "dns", &found.name)
            .pick(count),
    };
    trail.address = found.addresses[place].clone();
    let why = if *found.name == *trail.address {
        String::new()
    } else {
        format!("{} is {} ({}); ", url.host, trail.address, found.rule)
    };
    let end = match connect(&mut trail, url, ask, &why) {
        End::Pods(delivery) => End::Pods(guard::each_target(&trail, delivery)),
        end => end,
    };
    trail.end(end)
}

/// Connects to the trail's address.
fn connect(trail: &mut Trail<'_, '_>, url: &Url, ask: &Ask<'_>, why: &str) -> End {
    let is_outside = trail.sender.kind == HopKind::Internet;
    let address = trail.address.clone();
    match addresses::owner(trail.api(), &address) {
        Some(Owner::Ingress) => match guard::way_out(trail, url.port) {
            Some(end) => end,
            None => super::ingress::serve(trail, url, ask.host, why),
        },
        Some(Owner::Gateway(gateway)) => match guard::way_out(trail, url.port) {
            Some(end) => end,
            None => super::gateway::serve(trail, &gateway, url, ask, why),
        },
        Some(Owner::External(service)) => external(trail, &service, url.port, why),
        Some(Owner::Node(node)) => node_end(trail, &node, url.port, why),
        // The addresses of Services and pods mean nothing outside the cluster.
        Some(Owner::ClusterIp(_) | Owner::Pod(_)) if is_outside => End::Failed(FailureKind::ConnectTimeout),
        Some(Owner::ClusterIp(service)) => {
            let rule = format!("{why}the address of the Service");
            match port_of(&service, url.port) {
                Some(port) => through_service(trail, &service, port, false, &rule),
                None => no_such_port(trail, &service, url.port),
            }
        }
        Some(Owner::Pod(pod)) => {
            let target = Target::of_pod(
                &pod,
                url.port,
                &format!("{why}the address of the pod, no Service in between"),
            );
            deliver(vec![target])
        }
        None if !is_outside && is_pod_network(trail.api(), &address) => End::Failed(FailureKind::Unreachable),
        None => guard::way_out(trail, url.port).unwrap_or(End::Failed(FailureKind::ConnectTimeout)),
    }
}

fn deliver(targets: Vec<Target>) -> End {
    End::Pods(Delivery {
        targets,
        ..Delivery::default()
    })
}

/// A Service by the address of its load balancer or another one for the outside.
fn external(trail: &mut Trail<'_, '_>, service: &Service, port: u16, why: &str) -> End {
    match port_of(service, port) {
        Some(port) => {
            let rule = format!("{why}the load balancer of the Service");
            through_service(trail, service, port, true, &rule)
        }
        None => no_such_port(trail, service, port),
    }
}

fn no_such_port(trail: &mut Trail<'_, '_>, service: &Service, port: u16) -> End {
    let rule =
        format!("the Service has no port {port}: its address answers on its own ports only, the packets are dropped");
    let address = trail.address.clone();
    trail.go(
        HopKind::Service,
        &service.meta.namespace,
        &service.meta.name,
        address,
        rule,
    );
    End::Failed(FailureKind::ConnectTimeout)
}

fn port_of(service: &Service, port: u16) -> Option<&ServicePort> {
    let is_tcp = |known: &&ServicePort| matches!(&*known.protocol, "" | "TCP");
    let mut ports = service.spec.ports.iter().filter(is_tcp);
    ports.find(|known| to_port(known.port) == port)
}

/// A port of a node: a node port, a host port, or a pod in the node's network.
fn node_end(trail: &mut Trail<'_, '_>, node: &Node, port: u16, why: &str) -> End {
    let address: Str = format!("{}:{port}", trail.address).into();
    let rule = format!("{why}the address of the node");
    trail.go(HopKind::Node, &"".into(), &node.meta.name, address, rule);
    if let Some((service, place)) = addresses::node_port(trail.api(), port) {
        let rule = format!("node port {port} of the Service, open on every node");
        let (service, at) = (service.clone(), node.meta.name.clone());
        let port = service.spec.ports[place].clone();
        return at_node(trail, &service, &port, true, &at, &rule);
    }
    let pods = addresses::host_port(trail.api(), &node.meta.name, port);
    if pods.is_empty() {
        return End::Failed(FailureKind::Refused);
    }
    let to_target = |(pod, port): &(Rc<Pod>, u16)| {
        let rule = if pod.spec.host_network {
            "the pod shares the network of its node".to_owned()
        } else {
            format!("hostPort of the pod, its containerPort is {port}")
        };
        Target::of_pod(pod, *port, &rule)
    };
    deliver(pods.iter().map(to_target).collect())
}

/// Through a Service, at the kube-proxy of the sender's node; for a load balancer at one that it knows to have endpoints.
fn through_service(
    trail: &mut Trail<'_, '_>,
    service: &Service,
    port: &ServicePort,
    is_balancer: bool,
    rule: &str,
) -> End {
    let is_outside = trail.sender.kind == HopKind::Internet;
    let mut node = trail.sender.node.clone();
    if is_balancer && is_outside {
        node = entry_node(trail, service, port);
    }
    at_node(trail, service, port, is_balancer, &node, rule)
}

/// The node to which a load balancer passes a connection: with `externalTrafficPolicy: Local` only nodes with endpoints are
/// healthy to it.
fn entry_node(trail: &mut Trail<'_, '_>, service: &Service, port: &ServicePort) -> Str {
    let api = trail.api();
    let is_local = &*service.spec.external_traffic_policy == "Local";
    let endpoints = super::endpoints::of_port(api, service, port);
    let mut nodes: Vec<Str> = api.list::<Node>(None).map(|node| node.meta.name.clone()).collect();
    if is_local {
        nodes.retain(|node| {
            endpoints
                .iter()
                .any(|endpoint| endpoint.ready && endpoint.node == *node)
        });
    }
    if nodes.is_empty() {
        return Str::default();
    }
    let what = format!("{}/{}", service.meta.namespace, service.meta.name);
    let place = trail
        .world
        .memory
        .draw(trail.world.seed, "load-balancer", &what)
        .pick(nodes.len());
    nodes.swap_remove(place)
}

fn at_node(
    trail: &mut Trail<'_, '_>,
    service: &Service,
    port: &ServicePort,
    is_external: bool,
    node: &str,
    rule: &str,
) -> End {
    let meta = &service.meta;
    let address = match &*service.spec.cluster_ip {
        "" | "None" => trail.address.clone(),
        ip => format!("{ip}:{}", port.port).into(),
    };
    trail.go(HopKind::Service, &meta.namespace, &meta.name, address, rule);
    let connection = Connection {
        service,
        port,
        // From inside the policy for the outside does not hold: kube-proxy takes a short cut.
        is_external: is_external && trail.sender.kind == HopKind::Internet,
        is_short_cut: is_external && trail.sender.kind != HopKind::Internet,
        node,
        client: &trail.sender.address,
    };
    if connection.is_external && &*service.spec.external_traffic_policy != "Local" {
        trail.masquerade = Some(node.into());
    }
    let world = &mut *trail.world;
    match proxy::choose(world.api, world.memory, world.seed, world.now, &connection) {
        Choice::To(endpoint, rule) => deliver(vec![Target::of_endpoint(trail.api(), &endpoint, rule)]),
        Choice::Reject(why) => trail.fail(&why, FailureKind::Refused),
        Choice::Drop(why) => trail.fail(&why, FailureKind::ConnectTimeout),
    }
}
