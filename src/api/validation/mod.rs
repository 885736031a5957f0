//! What Kubernetes refuses, in its words and in its order.
//!
//! Rules read the JSON form of an object, whether its kind has a struct or not, through [`at::At`]: a value with its path.

mod apps;
mod at;
mod batch;
mod config;
pub mod conformance;
mod diff;
mod gateway;
mod internal;
mod meta;
mod network;
mod networking;
mod pod;
mod policy;
mod resources;
mod service;
mod slices;
mod storage;
#[cfg(test)]
mod tests;
mod warnings;

pub use warnings::warnings;

use serde_json::Value;

use self::at::At;
use super::Object;
use super::gateway::GROUP as GATEWAY_GROUP;
use super::names::{FieldErrors, Path, is_path_segment_name, name_is_dns_subdomain};
use super::schema::KindInfo;

/// What is wrong with a new object.
#[must_use]
pub fn validate_create(object: &Object) -> FieldErrors {
    let mut errors = FieldErrors::default();
    let info = object.kind().info();
    let value = object.encode();
    create(info, &At::new(&value, ROOT), &mut errors);
    errors
}

/// What is wrong with an object that replaces `old`.
#[must_use]
pub fn validate_update(object: &Object, old: &Object) -> FieldErrors {
    let mut errors = FieldErrors::default();
    let info = object.kind().info();
    let (value, old) = (object.encode(), old.encode());
    update(info, &At::new(&value, ROOT), &old, &mut errors);
    errors
}

/// The object itself: its fields' paths begin with their names.
const ROOT: Path<'static> = Path::NIL;

fn create(info: &KindInfo, at: &At<'_, '_>, errors: &mut FieldErrors) {
    match (info.group, info.kind) {
        ("", "Pod") => pod::create(at, errors),
        ("", "Service") => service::create(at, errors),
        ("", "Namespace") => config::namespace(at, errors),
        ("", "ConfigMap") => config::config_map(at, errors),
        ("", "Secret") => config::secret(at, errors),
        ("", "Node") => config::node(at, errors),
        ("", "PersistentVolume") => storage::volume(at, errors),
        ("", "PersistentVolumeClaim") => storage::claim(at, errors),
        ("", "LimitRange") => storage::limit_range(at, errors),
        ("", "ResourceQuota") => policy::quota(at, errors),
        ("", "ReplicationController") => apps::replication_controller(at, errors),
        ("apps", "Deployment") => apps::deployment(at, errors),
        ("apps", "ReplicaSet") => apps::replica_set(at, errors),
        ("apps", "StatefulSet") => apps::stateful_set(at, errors),
        ("apps", "DaemonSet") => apps::daemon_set(at, errors),
        ("batch", "Job") => batch::job(at, errors),
        ("batch", "CronJob") => batch::cron_job(at, errors),
        ("autoscaling", _) => policy::autoscaler(at, errors),
        ("policy", "PodDisruptionBudget") => policy::budget(at, errors),
        ("scheduling.k8s.io", "PriorityClass") => policy::priority_class(at, errors),
        ("storage.k8s.io", "StorageClass") => storage::class(at, errors),
        ("networking.k8s.io", "Ingress") => networking::ingress(at, errors),
        ("networking.k8s.io", "IngressClass") => networking::ingress_class(at, errors),
        ("networking.k8s.io", "NetworkPolicy") => networking::network_policy(at, errors),
        ("rbac.authorization.k8s.io", _) => policy::rbac(at, info.namespaced, errors),
        ("", "Event") => slices::event(at, errors),
        ("", "Endpoints") => slices::endpoints(at, &Value::Null, errors),
        ("", "PodTemplate") => apps::pod_template(at, errors),
        ("discovery.k8s.io", "EndpointSlice") => slices::endpoint_slice(at, &Value::Null, errors),
        ("coordination.k8s.io", "Lease") => {
            meta::metadata(&at.get("metadata"), true, name_is_dns_subdomain, errors);
            slices::lease(at, errors);
        }
        ("events.k8s.io", _) => {}
        (GATEWAY_GROUP, kind) => {
            meta::plain_metadata(&at.get("metadata"), info.namespaced, name_is_dns_subdomain, errors);
            gateway::check(kind, at, errors);
        }
        _ => {
            let rule: meta::NameRule = match info.group {
                "" => name_is_dns_subdomain,
                _ => is_path_segment_name,
            };
            meta::plain_metadata(&at.get("metadata"), info.namespaced, rule, errors);
        }
    }
}

fn update(info: &KindInfo, at: &At<'_, '_>, old: &Value, errors: &mut FieldErrors) {
    match (info.group, info.kind) {
        ("", "Pod") => pod::update(at, old, errors),
        ("", "Service") => service::update(at, old, errors),
        ("", "ConfigMap") => {
            config::update(at, old, errors);
            config::config_map(at, errors);
        }
        ("", "Secret") => {
            config::secret_update(at, old, errors);
            config::secret(at, errors);
        }
        ("", "Node") => config::node_update(at, old, errors),
        ("", "ReplicationController") => apps::replication_controller_update(at, old, errors),
        ("", "PodTemplate") => {
            meta::metadata_update(&at.get("metadata"), &old["metadata"], errors);
            pod::template(&at.get("template"), errors);
        }
        ("", "PersistentVolume") => storage::volume_update(at, old, errors),
        ("", "PersistentVolumeClaim") => storage::claim_update(at, old, errors),
        ("", "LimitRange") => storage::limit_range(at, errors),
        ("", "ResourceQuota") => policy::quota_update(at, old, errors),
        ("apps", "Deployment") => apps::deployment_update(at, old, errors),
        ("apps", "ReplicaSet") => apps::replica_set_update(at, old, errors),
        ("apps", "StatefulSet") => apps::stateful_set_update(at, old, errors),
        ("apps", "DaemonSet") => apps::daemon_set_update(at, old, errors),
        ("batch", "Job") => batch::job_update(at, old, errors),
        ("batch", "CronJob") => batch::cron_job_update(at, old, errors),
        ("autoscaling", _) => policy::autoscaler_update(at, old, errors),
        ("policy", "PodDisruptionBudget") => policy::budget(at, errors),
        ("scheduling.k8s.io", "PriorityClass") => policy::priority_class_update(at, old, errors),
        ("storage.k8s.io", "StorageClass") => storage::class_update(at, old, errors),
        ("networking.k8s.io", "Ingress") => networking::ingress_update(at, old, errors),
        ("networking.k8s.io", "IngressClass") => networking::ingress_class_update(at, old, errors),
        ("networking.k8s.io", "NetworkPolicy") => networking::network_policy_update(at, old, errors),
        ("rbac.authorization.k8s.io", _) => {
            policy::rbac(at, info.namespaced, errors);
            policy::rbac_update(at, old, errors);
        }
        ("", "Event") => slices::event(at, errors),
        ("", "Endpoints") => {
            meta::metadata_update(&at.get("metadata"), &old["metadata"], errors);
            slices::endpoints(at, old, errors);
        }
        ("discovery.k8s.io", "EndpointSlice") => slices::endpoint_slice(at, old, errors),
        ("coordination.k8s.io", "Lease") => {
            meta::metadata_update(&at.get("metadata"), &old["metadata"], errors);
            slices::lease(at, errors);
        }
        ("events.k8s.io", _) => {}
        (GATEWAY_GROUP, kind) => {
            meta::plain_metadata_update(&at.get("metadata"), &old["metadata"], errors);
            gateway::check_update(kind, at, old, errors);
        }
        _ => meta::plain_metadata_update(&at.get("metadata"), &old["metadata"], errors),
    }
}
