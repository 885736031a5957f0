//! The network as it is drawn: Ingresses, Services, their endpoints, and requests on their way.

use super::Str;
use crate::api::Kind;

/// A Service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceView {
    /// Stable for the life of the Service.
    pub id: u64,
    /// The namespace.
    pub namespace: Str,
    /// Its name.
    pub name: Str,
    /// `ClusterIP`, `NodePort`, `LoadBalancer`, `ExternalName`, or `None` for headless.
    pub kind: Str,
    /// Address and port in short form: `10.96.0.10:80`.
    pub address: Str,
    /// Whether the internet reaches it without an Ingress (NodePort, LoadBalancer).
    pub external: bool,
    /// Its endpoints, in ascending order of pod id.
    pub endpoints: Vec<EndpointView>,
}

/// One endpoint of a Service: an edge from the Service to a pod.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EndpointView {
    /// The pod behind it.
    pub pod: u64,
    /// Whether it gets traffic.
    pub ready: bool,
    /// Whether it is being taken away.
    pub terminating: bool,
}

/// An Ingress (or a route of a Gateway).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IngressView {
    /// Stable for the life of the Ingress.
    pub id: u64,
    /// `Ingress`, `HTTPRoute` or `GRPCRoute`.
    pub kind: Kind,
    /// The namespace.
    pub namespace: Str,
    /// Its name.
    pub name: Str,
    /// Its class, or empty; of a route, its first parent.
    pub class: Str,
    /// One line a rule, ready to print: `shop.example.com/cart`.
    pub rules: Vec<Str>,
    /// The Services its rules lead to, in ascending order of id.
    pub services: Vec<u64>,
}

/// A place a request can be at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Place {
    /// Outside the cluster.
    Internet,
    /// An Ingress.
    Ingress(u64),
    /// A Service.
    Service(u64),
    /// A pod.
    Pod(u64),
    /// A node.
    Node(u64),
}

/// A request on its way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestView {
    /// Never used twice.
    pub id: u64,
    /// Where it is when, in ascending order of time: there, and back again where the answer is modelled.
    pub waypoints: Vec<Waypoint>,
    /// How it ended; `Pending` until that is known.
    pub outcome: Outcome,
    /// The HTTP status, zero when there is none.
    pub status: u16,
}

/// A request is at `place` at `at_ns`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Waypoint {
    /// Where.
    pub place: Place,
    /// When, nanoseconds.
    pub at_ns: u64,
}

/// How a request ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Outcome {
    /// Not known yet.
    Pending,
    /// 1xx to 3xx, or a connection that did its work.
    Ok,
    /// 4xx.
    ClientError,
    /// 5xx.
    ServerError,
    /// Refused, reset, no endpoint or no route.
    Refused,
    /// No answer in time.
    Timeout,
}

impl Outcome {
    /// Every outcome, in the order of the legend.
    pub const ALL: [Self; 6] = [
        Self::Pending,
        Self::Ok,
        Self::ClientError,
        Self::ServerError,
        Self::Refused,
        Self::Timeout,
    ];
}
