//! The ends of a connection, as policies see them.

use std::net::IpAddr;
use std::rc::Rc;

use crate::api::Str;
use crate::api::core::{Namespace, Pod};
use crate::api::labels::{Labels, Selector};
use crate::api::networking::{IpBlock, NetworkPolicyPeer};
use crate::apiserver::ApiServer;
use crate::network::endpoints::to_port;

/// One end of a connection.
#[derive(Clone, Debug, Default)]
pub struct Party {
    /// The pod; none for an address outside the pod network, to which policies apply from the other end only.
    pub pod: Option<Member>,
    /// Its address, where that is known.
    pub address: Option<IpAddr>,
}

/// A pod, as policies see it.
#[derive(Clone, Debug, Default)]
pub struct Member {
    /// Its name.
    pub name: Str,
    /// Its namespace.
    pub namespace: Str,
    /// The labels of its namespace.
    pub namespace_labels: Rc<Labels>,
    /// Its labels.
    pub labels: Rc<Labels>,
    /// Its ports that have a name: name, protocol, number.
    pub ports: Vec<(Str, Str, u16)>,
}

impl Party {
    /// An address outside the pod network.
    #[must_use]
    pub fn outside(address: &str) -> Self {
        Self {
            pod: None,
            address: address.parse().ok(),
        }
    }

    /// A pod. One in its node's network is to policies an address of the node.
    #[must_use]
    pub fn pod(api: &ApiServer, pod: &Pod) -> Self {
        if pod.spec.host_network {
            return Self::outside(&pod.status.pod_ip);
        }
        let namespace = api.get::<Namespace>("", &pod.meta.namespace);
        let labels = namespace.map(|namespace| namespace.meta.labels.clone());
        Self {
            pod: Some(Member::new(pod, labels.unwrap_or_default())),
            address: pod.status.pod_ip.parse().ok(),
        }
    }

    /// Whether a rule of a policy in `namespace` means this end.
    // Models the documentation of networking/v1 NetworkPolicyPeer.
    pub(super) fn is_meant(&self, peer: &NetworkPolicyPeer, namespace: &str) -> bool {
        if let Some(block) = &peer.ip_block {
            return self.address.is_some_and(|address| is_in_block(block, address));
        }
        let Some(pod) = &self.pod else { return false };
        let is_of =
            |selector, labels: &Labels| Selector::from_label_selector(selector).is_ok_and(|it| it.matches(labels));
        let is_in_namespace = match &peer.namespace_selector {
            Some(selector) => is_of(Some(selector), &pod.namespace_labels),
            None => *pod.namespace == *namespace,
        };
        let is_pod = peer.pod_selector.as_ref();
        is_in_namespace && is_pod.is_none_or(|selector| is_of(Some(selector), &pod.labels))
    }
}

impl Member {
    /// A pod in a namespace with those labels.
    #[must_use]
    pub fn new(pod: &Pod, namespace_labels: Rc<Labels>) -> Self {
        let sidecars = pod
            .spec
            .init_containers
            .iter()
            .filter(|container| &*container.restart_policy == "Always");
        let ports = pod
            .spec
            .containers
            .iter()
            .chain(sidecars)
            .flat_map(|container| container.ports.iter());
        let named = ports.filter(|port| !port.name.is_empty());
        Self {
            name: pod.meta.name.clone(),
            namespace: pod.meta.namespace.clone(),
            namespace_labels,
            labels: pod.meta.labels.clone(),
            ports: named
                .map(|port| (port.name.clone(), port.protocol.clone(), to_port(port.container_port)))
                .collect(),
        }
    }
}

fn is_in_block(block: &IpBlock, address: IpAddr) -> bool {
    is_in_net(&block.cidr, address) && !block.except.iter().any(|net| is_in_net(net, address))
}

/// Whether an address lies in a network such as `10.0.0.0/8`.
fn is_in_net(net: &str, address: IpAddr) -> bool {
    let parts = net
        .split_once('/')
        .and_then(|(base, length)| Some((base.parse().ok()?, length.parse().ok()?)));
    match (parts, address) {
        (Some((IpAddr::V4(base), length)), IpAddr::V4(address)) => {
            is_same(base.to_bits().into(), address.to_bits().into(), length, 32)
        }
        (Some((IpAddr::V6(base), length)), IpAddr::V6(address)) => {
            is_same(base.to_bits(), address.to_bits(), length, 128)
        }
        _ => false,
    }
}

/// Whether two addresses of `width` bits share their first `length`.
fn is_same(a: u128, b: u128, length: u32, width: u32) -> bool {
    let rest = width.saturating_sub(length);
    // All bits of the longest addresses cannot be shifted out at once.
    rest >= 128 || (a ^ b) >> rest == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_hold_their_addresses() {
        let cases = [
            ("10.0.0.0/24", "10.0.0.255", true),
            ("10.0.0.0/24", "10.0.1.0", false),
            ("10.0.0.7/32", "10.0.0.7", true),
            ("0.0.0.0/0", "203.0.113.7", true),
            ("::/0", "fd00::1", true),
            ("fd00::/8", "fe00::1", false),
            ("0.0.0.0/0", "fd00::1", false),
            ("no net", "10.0.0.1", false),
        ];
        for (net, address, want) in cases {
            assert_eq!(
                is_in_net(net, address.parse().expect("an address")),
                want,
                "{net} {address}"
            );
        }
    }
}
