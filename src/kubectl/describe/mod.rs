//! `kubectl describe`.
// Models k8s.io/kubectl/pkg/describe/describe.go.

mod container;
mod events;
mod generic;
mod job;
mod namespace;
mod node;
mod page;
mod pod;
mod policy;
mod service;
mod sets;
mod storage;
mod template;
mod volume;
mod workload;

use crate::api::Object;
use crate::api::time::Time;
use crate::cluster::Cluster;

pub(super) use events::interval;
use page::Page;
pub use template::pod_template;

/// The description of `object` with its events.
#[must_use]
pub fn describe(cluster: &Cluster, object: &Object) -> String {
    describe_with(cluster, object, true)
}

/// The description of `object`, with its events or without.
#[must_use]
pub fn describe_with(cluster: &Cluster, object: &Object, events: bool) -> String {
    let mut page = Page::default();
    match object {
        Object::Pod(pod) => pod::describe(&mut page, cluster, pod),
        Object::Deployment(deployment) => workload::deployment(&mut page, cluster, deployment),
        Object::ReplicaSet(set) => workload::replica_set(&mut page, cluster, set),
        Object::Service(service) => service::describe(&mut page, cluster, service),
        Object::DaemonSet(set) => sets::daemon_set(&mut page, cluster, set),
        Object::StatefulSet(set) => sets::stateful_set(&mut page, cluster, set),
        Object::Job(job) => job::job(&mut page, job),
        Object::CronJob(job) => job::cron_job(&mut page, job),
        Object::PodDisruptionBudget(budget) => policy::budget(&mut page, budget),
        Object::HorizontalPodAutoscaler(scaler) => policy::autoscaler(&mut page, scaler),
        Object::Node(node) => node::describe(&mut page, cluster, node),
        Object::PersistentVolume(volume) => storage::volume(&mut page, cluster, volume),
        Object::PersistentVolumeClaim(claim) => storage::claim(&mut page, cluster, claim),
        Object::StorageClass(class) => storage::class(&mut page, class),
        Object::Namespace(namespace) => namespace::describe(&mut page, cluster, namespace),
        Object::Dynamic(object) if object.kind.info().kind == "Endpoints" => service::endpoints_of(&mut page, object),
        Object::Dynamic(object) if object.kind.info().kind == "ResourceQuota" => namespace::quota(&mut page, object),
        Object::Dynamic(object) if object.kind.info().kind == "LimitRange" => namespace::limit_range(&mut page, object),
        other => generic::describe(&mut page, other),
    }
    let eventless = ["Namespace", "ResourceQuota", "LimitRange"];
    if events && !eventless.contains(&object.kind().info().kind) {
        events::describe(&mut page, cluster, object);
    }
    page.finish()
}

/// The wall clock.
fn now(cluster: &Cluster) -> Time {
    cluster.api().time(cluster.now())
}

/// The owner that controls an object: `ReplicaSet/web-1`.
fn controller(meta: &crate::api::meta::ObjectMeta) -> Option<String> {
    meta.controller().map(|owner| format!("{}/{}", owner.kind, owner.name))
}
