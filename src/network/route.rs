//! The way of a connection: its hops, and where it ends.

use std::rc::Rc;

use super::addresses::{self, Owner};
use super::endpoints::Endpoint;
use super::gateway::{Edit, Headers};
use super::ingress::pages::Page;
use super::memory::Memory;
use super::request::{FailureKind, Hop, HopKind};
use super::sender::Sender;
use crate::api::core::Pod;
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

    pub(super) fn of_pod(pod: &Pod, port: u16, rule: &str) -> Self {
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

impl<'w, 'a> Trail<'w, 'a> {
    /// The way of `sender`, before its first hop.
    pub(super) fn new(world: &'w mut World<'a>, sender: &'w Sender) -> Self {
        Self {
            world,
            sender,
            hops: Vec::new(),
            address: Str::default(),
            masquerade: None,
        }
    }

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

    /// Notes at the last hop why it is the last.
    pub(super) fn fail(&mut self, why: &str, kind: FailureKind) -> End {
        if let Some(hop) = self.hops.last_mut() {
            hop.rule = format!("{}; {why}", hop.rule).into();
        }
        End::Failed(kind)
    }

    /// The route, with its end.
    pub(super) fn end(self, end: End) -> Route {
        Route {
            hops: self.hops,
            address: self.address,
            end,
        }
    }
}
