//! The control plane: queues, and the writes of the last moments.

use super::Ids;
use crate::api::core::{Node, Pod, Service};
use crate::api::gateway::{GRPC_ROUTE, HTTP_ROUTE};
use crate::api::networking::Ingress;
use crate::api::{Object, Resource};
use crate::cluster::Cluster;
use crate::view::scene::{Actor, ControlPlane, ControllerView, Place, Pulse, PulseKind};

/// How long a write is shown, in nanoseconds.
const PULSE_NS: u64 = 1_000_000_000;
/// Writes that are shown at once.
const PULSES_MAX: usize = 64;

pub(super) fn control_plane(cluster: &Cluster, ids: &mut Ids) -> ControlPlane {
    let lengths = cluster.scheduler().queue_lengths();
    let count = |length: u64| u32::try_from(length).unwrap_or(u32::MAX);
    ControlPlane {
        controllers: cluster
            .controllers()
            .map(|(name, length)| ControllerView {
                name: short(name).into(),
                queue_len: count(length),
            })
            .collect(),
        queue_active: count(lengths.active),
        queue_backoff: count(lengths.backoff),
        queue_unschedulable: count(lengths.unschedulable),
        revision: cluster.api().revision(),
        pulses: pulses(cluster, ids),
    }
}

/// `deployment` for `deployment-controller`.
fn short(name: &str) -> &str {
    name.strip_suffix("-controller").unwrap_or(name)
}

fn pulses(cluster: &Cluster, ids: &mut Ids) -> Vec<Pulse> {
    let from = cluster.now().0.saturating_sub(PULSE_NS);
    let last = cluster.api().revision();
    let first = last.saturating_sub(PULSES_MAX as u64);
    let Some(changes) = cluster.api().changes_after(first) else {
        return Vec::new();
    };
    let recent = changes.filter(|change| change.at.0 >= from);
    recent
        .map(|change| Pulse {
            id: change.revision,
            at_ns: change.at.0,
            actor: actor(cluster, ids, change.actor, &change.object),
            kind: PulseKind::Write,
            about: place(ids, &change.object),
        })
        .collect()
}

fn actor(cluster: &Cluster, ids: &mut Ids, name: &str, object: &Object) -> Actor {
    match name {
        "user" | "kube-apiserver" => Actor::User,
        "default-scheduler" => Actor::Scheduler,
        "kubelet" => {
            let node = match object {
                Object::Pod(pod) => pod.spec.node_name.clone(),
                other => other.meta().name.clone(),
            };
            cluster
                .api()
                .get::<Node>("", &node)
                .map_or(Actor::User, |node| Actor::Kubelet(ids.of_uid(&node.meta.uid)))
        }
        other => Actor::Controller(short(other).into()),
    }
}

fn place(ids: &mut Ids, object: &Object) -> Option<Place> {
    let kind = object.kind();
    let id = ids.of(object);
    match kind {
        _ if kind == Pod::KIND => Some(Place::Pod(id)),
        _ if kind == Node::KIND => Some(Place::Node(id)),
        _ if kind == Service::KIND => Some(Place::Service(id)),
        _ if kind == Ingress::KIND || matches!(kind, HTTP_ROUTE | GRPC_ROUTE) => Some(Place::Ingress(id)),
        _ => None,
    }
}
