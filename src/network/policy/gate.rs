//! Whether a connection passes the policies in force, and why, in words.

use std::rc::Rc;

use super::{Door, Member, Party, Policy, doors, of_namespace};
use crate::api::core::{Namespace, Node, Pod};
use crate::api::labels::Labels;
use crate::api::{Dynamic, Str};
use crate::apiserver::ApiServer;
use crate::network::addresses::{DNS_ADDRESS, is_address, node_address};
use crate::network::names::Resolver;
use crate::network::request::HopKind;
use crate::network::sender::Sender;
use crate::sim::btree::BTreeSet;

/// What policies say to a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Passage {
    /// No policy has anything to say.
    Open,
    /// It passes, and why.
    Allowed(String),
    /// Its packets are dropped, and why.
    Dropped(String),
}

/// The labels of what the cluster runs without a pod of its own: namespace, name, labels.
type Hidden<'a> = (&'a str, &'a str, &'a [(&'a str, &'a str)]);

const DNS: Hidden<'_> = ("kube-system", "coredns", &[("k8s-app", "kube-dns")]);
const INGRESS: Hidden<'_> = (
    "ingress-nginx",
    "ingress-nginx-controller",
    &[
        ("app.kubernetes.io/component", "controller"),
        ("app.kubernetes.io/instance", "ingress-nginx"),
        ("app.kubernetes.io/name", "ingress-nginx"),
    ],
);
/// The label of what makes a Gateway.
const GATEWAY_NAME: &str = "gateway.networking.k8s.io/gateway-name";
/// The label that each namespace has.
const NAMESPACE_NAME: &str = "kubernetes.io/metadata.name";

/// Whether a connection passes.
#[must_use]
pub fn check(api: &ApiServer, from: &Party, to: &Party, protocol: &str, port: u16) -> Passage {
    let is_itself =
        matches!((&from.pod, &to.pod), (Some(a), Some(b)) if (&a.name, &a.namespace) == (&b.name, &b.namespace));
    let namespaces: BTreeSet<&Str> = [&from.pod, &to.pod]
        .into_iter()
        .flatten()
        .map(|pod| &pod.namespace)
        .collect();
    // Only policies of a pod's own namespace select it.
    let own = namespaces
        .into_iter()
        .flat_map(|namespace| of_namespace(api, namespace));
    let policies: Vec<Policy> = own.collect();
    if policies.is_empty() || is_itself {
        return Passage::Open;
    }
    let mut allowed = Vec::new();
    let pods = [&from.pod, &to.pod];
    let ways = doors(&policies, from, to)
        .into_iter()
        .zip(pods)
        .zip(["egress", "ingress"]);
    for ((door, pod), way) in ways {
        let (Some(door), Some(pod)) = (door.filter(|door| !door.selected_by.is_empty()), pod) else {
            continue;
        };
        match door.allowed.iter().find(|(_, ports)| ports.contains(protocol, port)) {
            Some((policy, _)) => allowed.push(format!("NetworkPolicy {} allows the {way}", policy.name)),
            None => return Passage::Dropped(shut(&door, pod, way, &format!("{protocol} {port}"))),
        }
    }
    if allowed.is_empty() {
        Passage::Open
    } else {
        Passage::Allowed(allowed.join(", "))
    }
}

fn shut(door: &Door<'_>, pod: &Member, way: &str, port: &str) -> String {
    let names: Vec<&str> = door.selected_by.iter().map(|policy| &*policy.name).collect();
    let verb = if names.len() == 1 { "selects" } else { "select" };
    format!(
        "NetworkPolicy {} {verb} pod {} for {way}, and no rule allows {port}: the packets are dropped",
        names.join(", "),
        pod.name
    )
}

/// Whether a sender may ask the cluster's DNS for a name.
#[must_use]
pub fn check_dns(api: &ApiServer, sender: &Sender, name: &str) -> Passage {
    if is_address(name) || sender.resolver() == Resolver::Outside {
        return Passage::Open;
    }
    let mut dns = hidden(api, &DNS);
    dns.address = DNS_ADDRESS.parse().ok();
    check(api, &of_sender(api, sender), &dns, "UDP", 53)
}

/// A sender.
#[must_use]
pub fn of_sender(api: &ApiServer, sender: &Sender) -> Party {
    let pod = (sender.kind == HopKind::Pod).then(|| api.get::<Pod>(&sender.namespace, &sender.name));
    match pod.flatten() {
        Some(pod) => Party::pod(api, pod),
        None => Party::outside(&sender.address),
    }
}

/// A process of a node; none where it is the target's own, whose door is always open.
pub(in crate::network) fn node(api: &ApiServer, name: &str, target: &str) -> Option<Party> {
    let node = api.get::<Node>("", name)?;
    (name != target).then(|| Party::outside(&node_address(node)))
}

/// The Ingress controller.
pub(in crate::network) fn ingress_controller(api: &ApiServer) -> Option<Party> {
    Some(hidden(api, &INGRESS))
}

/// The proxy of a Gateway: it stands in the Gateway's namespace, with the label that the API gives to what makes a Gateway.
pub(in crate::network) fn gateway(api: &ApiServer, gateway: &Dynamic) -> Party {
    let meta = &gateway.meta;
    hidden(api, &(&meta.namespace, &meta.name, &[(GATEWAY_NAME, &meta.name)]))
}

fn hidden(api: &ApiServer, (namespace, name, labels): &Hidden<'_>) -> Party {
    let named = || Rc::new(Labels::from([(NAMESPACE_NAME.into(), (*namespace).into())]));
    let found = api.get::<Namespace>("", namespace);
    let pairs = labels.iter().map(|(key, value)| (Str::from(*key), Str::from(*value)));
    Party {
        pod: Some(Member {
            name: (*name).into(),
            namespace: (*namespace).into(),
            namespace_labels: found.map_or_else(named, |namespace| namespace.meta.labels.clone()),
            labels: Rc::new(pairs.collect()),
            ports: Vec::new(),
        }),
        address: None,
    }
}
