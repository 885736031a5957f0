//! Who sends, as routes see it.

use super::addresses::{CLIENT_ADDRESS, node_address};
use super::names::Resolver;
use super::request::{HopKind, Origin};
use crate::api::Str;
use crate::api::core::{Node, Pod};
use crate::apiserver::ApiServer;

/// A sender with what routes depend on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sender {
    /// What it is.
    pub kind: HopKind,
    /// Its namespace.
    pub namespace: Str,
    /// Its name.
    pub name: Str,
    /// Its address.
    pub address: Str,
    /// The node where it is; empty outside.
    pub node: Str,
    /// The namespace whose search list it uses; none where it asks the DNS of the outside.
    search: Option<Str>,
}

impl Sender {
    /// Finds the sender.
    ///
    /// # Errors
    /// In the words of the API server, when it is not there.
    pub fn of(api: &ApiServer, origin: &Origin) -> Result<Self, String> {
        match origin {
            Origin::Internet => Ok(Self {
                kind: HopKind::Internet,
                namespace: Str::default(),
                name: "internet".into(),
                address: CLIENT_ADDRESS.into(),
                node: Str::default(),
                search: None,
            }),
            Origin::Node(name) => {
                let node = api
                    .get::<Node>("", name)
                    .ok_or_else(|| format!("nodes \"{name}\" not found"))?;
                Ok(Self {
                    kind: HopKind::Node,
                    namespace: Str::default(),
                    name: name.clone(),
                    address: node_address(node),
                    node: name.clone(),
                    search: None,
                })
            }
            Origin::Pod(key) => {
                let pod = api
                    .get_key::<Pod>(key)
                    .ok_or_else(|| format!("pods \"{}\" not found", key.name))?;
                let search = match resolver(pod) {
                    Resolver::Cluster(namespace) => Some(namespace.into()),
                    Resolver::Outside => None,
                };
                Ok(Self {
                    kind: HopKind::Pod,
                    namespace: key.namespace.clone(),
                    name: key.name.clone(),
                    address: pod.status.pod_ip.clone(),
                    node: pod.spec.node_name.clone(),
                    search,
                })
            }
        }
    }

    /// The DNS that it asks.
    #[must_use]
    pub fn resolver(&self) -> Resolver<'_> {
        self.search.as_deref().map_or(Resolver::Outside, Resolver::Cluster)
    }

    pub(super) fn words(&self) -> String {
        match self.kind {
            HopKind::Internet => "a client outside the cluster".to_owned(),
            HopKind::Node => format!("a process on the node {}", self.name),
            _ => format!("the pod {}", self.name),
        }
    }
}

/// Which DNS a pod uses.
// Models pkg/kubelet/network/dns getPodDNSType
fn resolver(pod: &Pod) -> Resolver<'_> {
    match &*pod.spec.dns_policy {
        "Default" | "None" => Resolver::Outside,
        "ClusterFirstWithHostNet" => Resolver::Cluster(&pod.meta.namespace),
        _ if pod.spec.host_network => Resolver::Outside,
        _ => Resolver::Cluster(&pod.meta.namespace),
    }
}
