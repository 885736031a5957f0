//! Kinds without a struct: their defaults, worked on their JSON form.

use super::body::put;
use super::{canonical, gateway, other, storage, workload};
use crate::api::Dynamic;

/// Fills in the defaults of an object without a struct, and writes it as the server does.
pub(super) fn apply(object: &mut Dynamic) {
    let info = object.kind.info();
    canonical::canonicalize_body(object.kind, &mut object.body);
    let (body, meta) = (&mut object.body, &mut object.meta);
    match (info.group, info.version, info.kind) {
        ("apps", _, kind) => workload::apps(kind, body),
        ("batch", _, kind) => workload::batch(kind, body, meta),
        ("autoscaling", _, _) => other::autoscaler(body),
        ("", _, "ReplicationController") => workload::replication_controller(body, meta),
        ("", _, "PodTemplate") => workload::template(body.get_mut("template")),
        ("", _, "PersistentVolume") => storage::volume(body),
        ("", _, "PersistentVolumeClaim") => storage::claim(body),
        ("storage.k8s.io", _, kind) => storage::storage(kind, body),
        ("", _, "LimitRange") => other::limit_range(body),
        ("", _, "Endpoints") => other::endpoints(body),
        (crate::api::gateway::GROUP, _, kind) => gateway::fill(kind, body),
        ("networking.k8s.io", _, "NetworkPolicy") => other::network_policy(body),
        ("scheduling.k8s.io", _, "PriorityClass") => put(body, "preemptionPolicy", "PreemptLowerPriority"),
        ("rbac.authorization.k8s.io", _, kind) => other::rbac(kind, body),
        ("admissionregistration.k8s.io", _, _) => other::webhooks(body),
        ("flowcontrol.apiserver.k8s.io", _, _) => other::flow_control(body),
        _ => {}
    }
}
