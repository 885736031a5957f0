//! NetworkPolicies: who may talk to whom.
//!
//! Policies only ever allow. A pod that no policy selects for a direction is open there; one that is selected lets through
//! what any rule of those policies allows, and nothing else. A connection needs both: egress at its source, ingress at its
//! destination. Replies need nothing.

mod gate;
mod party;
mod ports;

pub use gate::{Passage, check, check_dns, of_sender};
pub(super) use gate::{gateway, ingress_controller, node};
pub use party::{Member, Party};
pub use ports::Ports;

use serde_json::{Map, Value};

use crate::api::Str;
use crate::api::intstr::IntOrString;
use crate::api::labels::Selector;
use crate::api::lean;
use crate::api::networking::{NetworkPolicyPort, NetworkPolicySpec};
use crate::api::{Kind, Object};
use crate::apiserver::ApiServer;
use crate::network::endpoints::to_port;

const KIND: Kind = Kind::named("networking.k8s.io", "NetworkPolicy");

/// A policy in force.
#[derive(Clone, Debug)]
pub struct Policy {
    /// Its namespace.
    pub namespace: Str,
    /// Its name.
    pub name: Str,
    spec: NetworkPolicySpec,
}

/// One way through a pod's door.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// Into the pod.
    Ingress,
    /// Out of the pod.
    Egress,
}

/// What policies say of one direction of a pod.
#[derive(Clone, Debug, Default)]
pub struct Door<'a> {
    /// The policies that select the pod; where there are none, the door is open.
    pub selected_by: Vec<&'a Policy>,
    /// What each of them that allows anything to the other end allows.
    pub allowed: Vec<(&'a Policy, Ports)>,
}

impl Policy {
    /// Reads a policy; none where the object is of another kind or does not read.
    #[must_use]
    pub fn of(object: &Object) -> Option<Self> {
        let Object::Dynamic(object) = object else { return None };
        let is_policy = object.kind == KIND;
        let spec = is_policy.then(|| {
            object
                .body
                .get("spec")
                .cloned()
                .unwrap_or_else(|| Value::Object(Map::new()))
        })?;
        Some(Self {
            namespace: object.meta.namespace.clone(),
            name: object.meta.name.clone(),
            spec: lean::decode(spec).ok()?,
        })
    }

    /// Whether it decides over a direction of a pod.
    fn selects(&self, pod: &Member, direction: Direction) -> bool {
        let is_about = |name: &str, by_default: bool| {
            let types = &self.spec.policy_types;
            types.iter().any(|kind| **kind == *name) || (types.is_empty() && by_default)
        };
        let is_typed = match direction {
            Direction::Ingress => is_about("Ingress", true),
            Direction::Egress => is_about("Egress", !self.spec.egress.is_empty()),
        };
        is_typed
            && self.namespace == pod.namespace
            && Selector::from_label_selector(Some(&self.spec.pod_selector)).is_ok_and(|it| it.matches(&pod.labels))
    }

    /// What its rules allow between a pod that it selects and the other end. Ports are those of `to`.
    fn allows(&self, direction: Direction, other: &Party, to: &Party) -> Ports {
        let rules = match direction {
            Direction::Ingress => &self.spec.ingress,
            Direction::Egress => &self.spec.egress,
        };
        let mut allowed = Ports::default();
        for rule in rules.iter() {
            let peers = match direction {
                Direction::Ingress => &rule.from,
                Direction::Egress => &rule.to,
            };
            if !peers.is_empty() && !peers.iter().any(|peer| other.is_meant(peer, &self.namespace)) {
                continue;
            }
            if rule.ports.is_empty() {
                return Ports::all();
            }
            rule.ports.iter().for_each(|port| add(&mut allowed, port, to));
        }
        allowed
    }
}

/// Adds what an entry of `ports` means at the destination.
fn add(allowed: &mut Ports, entry: &NetworkPolicyPort, to: &Party) {
    match &entry.port {
        None => allowed.add_protocol(&entry.protocol),
        Some(IntOrString::Int(port)) => {
            allowed.add(
                &entry.protocol,
                to_port(*port),
                to_port(entry.end_port.unwrap_or(*port)),
            );
        }
        Some(IntOrString::String(name)) => {
            let named = to.pod.iter().flat_map(|pod| &pod.ports);
            let tcp = |protocol: &Str| {
                if protocol.is_empty() {
                    "TCP".into()
                } else {
                    protocol.clone()
                }
            };
            let is_it = |known: &&(Str, Str, u16)| known.0 == *name && tcp(&known.1) == tcp(&entry.protocol);
            named
                .filter(is_it)
                .for_each(|known| allowed.add(&known.1, known.2, known.2));
        }
    }
}

impl<'a> Door<'a> {
    fn of(policies: &'a [Policy], direction: Direction, pod: &Member, other: &Party, to: &Party) -> Self {
        let selects = policies.iter().filter(|policy| policy.selects(pod, direction));
        let selected_by: Vec<&Policy> = selects.collect();
        let allowed = selected_by
            .iter()
            .map(|policy| (*policy, policy.allows(direction, other, to)));
        Self {
            allowed: allowed.filter(|(_, ports)| !ports.is_empty()).collect(),
            selected_by,
        }
    }

    /// The ports that it lets through.
    fn ports(&self) -> Ports {
        if self.selected_by.is_empty() {
            return Ports::all();
        }
        let mut sum = Ports::default();
        self.allowed.iter().for_each(|(_, ports)| sum.add_all(ports));
        sum
    }
}

/// The policies of a namespace.
pub fn of_namespace<'a>(api: &'a ApiServer, namespace: &'a str) -> impl Iterator<Item = Policy> + 'a {
    api.list_objects(KIND, Some(namespace)).filter_map(Policy::of)
}

/// The doors that a connection passes: the way out of its source and the way into its destination, where those are pods.
#[must_use]
pub fn doors<'a>(policies: &'a [Policy], from: &Party, to: &Party) -> [Option<Door<'a>>; 2] {
    let out = from.pod.as_ref();
    let into = to.pod.as_ref();
    [
        out.map(|pod| Door::of(policies, Direction::Egress, pod, to, to)),
        into.map(|pod| Door::of(policies, Direction::Ingress, pod, from, to)),
    ]
}

/// The ports of `to` to which `from` may open connections.
#[must_use]
pub fn allowed(policies: &[Policy], from: &Party, to: &Party) -> Ports {
    let doors = doors(policies, from, to);
    let each = doors.iter().flatten().map(Door::ports);
    each.fold(Ports::all(), |both, ports| both.and(&ports))
}

#[cfg(test)]
mod tests;
