//! Where a connection goes, hop by hop, and why.

use std::rc::Rc;

use super::addresses::{self, Owner, is_pod_network};
use super::endpoints::{Endpoint, to_port};
use super::gateway::{Edit, Headers};
use super::guard;
use super::ingress::pages::Page;
use super::memory::Memory;
use super::names::{self, Resolver};
use super::policy::{self, Passage};
use super::proxy::{self, Choice, Connection};
use super::request::{FailureKind, Hop, HopKind};
use super::sender::Sender;
use super::url::Url;
use crate::api::core::{Node, Pod, Service, ServicePort};
use crate::api::{Dynamic, Str};
use crate::apiserver::{ApiServer, Key};
use crate::sim::{Duration, SimTime};

/// What a route is made from.
pub struct World<'a> {
    /// The objects.
    pub api: &'a ApiServer,
    /// What choices depend on besides.
    pub memory: &'a mut Memory,
    /// The seed of all streams.
    pub seed: u64,
    /// The instant.
    pub now: SimTime,
    /// How long one hop takes.
    pub hop: Duration,
}

/// The way of a connection up to the process that answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    /// The hops, the sender first, the pod not among them.
    pub hops: Vec<Hop>,
    /// The address that the sender connects to; empty where the name has none.
    pub address: Str,
    /// Where it ends.
    pub end: End,
}

/// Where a route ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// On the way.
    Failed(FailureKind),
    /// At the Ingress controller or a Gateway, which answers by itself.
    Page(Page),
    /// At a pod.
    Pods(Delivery),
}

/// How a request is handed to a pod.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Delivery {
    /// Where to: the first that takes the connection.
    pub targets: Vec<Target>,
    /// Who hands it over. Failures of what a proxy hands over are pages of its own.
    pub by: Proxy,
    /// The path for the pod, where it is another one.
    pub path: Option<Str>,
    /// Headers added on the way.
    pub headers: Vec<(Str, Str)>,
    /// The headers as the pod sees them, where the proxy has changed them.
    pub sent: Option<Headers>,
    /// What becomes of the headers of the answer.
    pub reply: Vec<Edit>,
    /// How long the proxy waits for the answer, where a rule says so.
    pub patience: Option<Duration>,
    /// Who gets a copy, and is not heard.
    pub mirrors: Vec<Target>,
}

/// Who hands a request to a pod.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Proxy {
    /// Nobody between the sender and the pod.
    #[default]
    None,
    /// The Ingress controller.
    Ingress,
    /// The proxy of a Gateway.
    Gateway(Rc<Dynamic>),
}

/// What proxies read of a request besides its URL.
#[derive(Clone, Copy, Debug)]
pub struct Ask<'a> {
    /// The method.
    pub method: &'a str,
    /// The `Host` header.
    pub host: &'a str,
    /// All headers.
    pub headers: &'a [(Str, Str)],
}

impl<'a> Ask<'a> {
    /// A `GET` without headers.
    #[must_use]
    pub const fn get(host: &'a str) -> Self {
        Self {
            method: "GET",
            host,
            headers: &[],
        }
    }
}

/// A pod's port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// The pod; none where nobody has the address.
    pub pod: Option<Key>,
    /// Its node.
    pub node: Str,
    /// Address of the pod.
    pub address: Str,
    /// Port at the pod.
    pub port: u16,
    /// Why it goes there.
    pub rule: Str,
    /// Whether policies drop the packets on the way.
    pub is_dropped: bool,
}

impl Target {
    pub(super) fn of_endpoint(api: &ApiServer, endpoint: &Endpoint, rule: String) -> Self {
        let unnamed = || match addresses::owner(api, &endpoint.address) {
            Some(Owner::Pod(pod)) => Some((key(&pod), pod.spec.node_name.clone())),
            _ => None,
        };
        let pod = endpoint.pod.clone().map(|pod| (pod, endpoint.node.clone()));
        let (pod, node) = pod.or_else(unnamed).unzip();
        Self {
            pod,
            node: node.unwrap_or_default(),
            address: endpoint.address.clone(),
            port: endpoint.port,
            rule: rule.into(),
            is_dropped: false,
        }
    }

    fn of_pod(pod: &Pod, port: u16, rule: &str) -> Self {
        Self {
            pod: Some(key(pod)),
            node: pod.spec.node_name.clone(),
            address: pod.status.pod_ip.clone(),
            port,
            rule: rule.into(),
            is_dropped: false,
        }
    }
}

fn key(pod: &Pod) -> Key {
    Key {
        namespace: pod.meta.namespace.clone(),
        name: pod.meta.name.clone(),
    }
}

/// A way under construction.
pub(super) struct Trail<'w, 'a> {
    pub(super) world: &'w mut World<'a>,
    pub(super) sender: &'w Sender,
    hops: Vec<Hop>,
    pub(super) address: Str,
    /// The node whose address stands for a sender outside: kube-proxy puts it in place of the sender's.
    pub(super) masquerade: Option<Str>,
}

impl<'a> Trail<'_, 'a> {
    /// The objects.
    pub(super) const fn api(&self) -> &'a ApiServer {
        self.world.api
    }

    /// Goes to a place, one hop later.
    pub(super) fn go(&mut self, kind: HopKind, namespace: &Str, name: &Str, address: Str, rule: impl Into<Str>) {
        let at = self.world.now + self.world.hop * self.hops.len() as u64;
        self.hops.push(Hop {
            kind,
            namespace: namespace.clone(),
            name: name.clone(),
            address,
            at,
            rule: rule.into(),
        });
    }

    fn end(self, end: End) -> Route {
        Route {
            hops: self.hops,
            address: self.address,
            end,
        }
    }
}

/// The way of a request of `sender` to `url`.
pub fn route(world: &mut World<'_>, sender: &Sender, url: &Url, ask: &Ask<'_>) -> Route {
    let mut trail = Trail {
        world,
        sender,
        hops: Vec::new(),
        address: Str::default(),
        masquerade: None,
    };
    let rule = format!("{} sends a request to {}:{}", sender.words(), url.host, url.port);
    trail.go(
        sender.kind,
        &sender.namespace,
        &sender.name,
        sender.address.clone(),
        rule,
    );
    if let Passage::Dropped(why) = policy::check_dns(trail.api(), sender, &url.host) {
        let end = failed_at(
            &mut trail,
            &format!("the DNS is not reached: {why}"),
            FailureKind::NoSuchHost,
        );
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
        Choice::Reject(why) => failed_at(trail, &why, FailureKind::Refused),
        Choice::Drop(why) => failed_at(trail, &why, FailureKind::ConnectTimeout),
    }
}

/// Notes at the last hop why it is the last.
pub(super) fn failed_at(trail: &mut Trail<'_, '_>, why: &str, kind: FailureKind) -> End {
    if let Some(hop) = trail.hops.last_mut() {
        hop.rule = format!("{}; {why}", hop.rule).into();
    }
    End::Failed(kind)
}

/// Which DNS a pod uses.
// Models pkg/kubelet/network/dns getPodDNSType
pub(super) fn resolver(pod: &Pod) -> Resolver<'_> {
    match &*pod.spec.dns_policy {
        "Default" | "None" => Resolver::Outside,
        "ClusterFirstWithHostNet" => Resolver::Cluster(&pod.meta.namespace),
        _ if pod.spec.host_network => Resolver::Outside,
        _ => Resolver::Cluster(&pod.meta.namespace),
    }
}
