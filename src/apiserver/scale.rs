//! The `scale` part of workloads: how many replicas there are and should be.

use super::server::{ApiServer, Caller, Subresource};
use super::store::Key;
use crate::api::apps::{Deployment, ReplicaSet, StatefulSet};
use crate::api::labels::Selector;
use crate::api::status::Status;
use crate::api::{Kind, Object, Resource, Str};

const REPLICATION_CONTROLLER: Kind = Kind::named("", "ReplicationController");

/// How many replicas a workload has and wants.
// Models k8s.io/api/autoscaling/v1 Scale
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scale {
    /// The workload's uid.
    pub uid: Str,
    /// Wanted.
    pub replicas: i32,
    /// There.
    pub current: i32,
    /// Which pods they are; none where that cannot be told.
    pub selector: Option<Selector>,
}

impl Scale {
    /// Whether workloads of that kind scale.
    #[must_use]
    pub fn has(kind: Kind) -> bool {
        kind == Deployment::KIND
            || kind == ReplicaSet::KIND
            || kind == StatefulSet::KIND
            || kind == REPLICATION_CONTROLLER
    }

    /// The scale of a workload; none for kinds that do not scale.
    #[must_use]
    pub fn of(object: &Object) -> Option<Self> {
        let (replicas, current) = match object {
            Object::Deployment(there) => (there.spec.replicas, there.status.replicas),
            Object::ReplicaSet(there) => (there.spec.replicas, there.status.replicas),
            Object::StatefulSet(there) => (there.spec.replicas, there.status.replicas),
            Object::Dynamic(there) if there.kind == REPLICATION_CONTROLLER => {
                let number = |part: &str| there.body.get(part)?.get("replicas")?.as_i64()?.try_into().ok();
                (number("spec"), number("status").unwrap_or_default())
            }
            _ => return None,
        };
        Some(Self {
            uid: object.meta().uid.clone(),
            replicas: replicas.unwrap_or(1),
            current,
            selector: object.pod_selector(),
        })
    }
}

impl ApiServer {
    /// The scale of a workload; none where it is absent or does not scale.
    #[must_use]
    pub fn scale(&self, kind: Kind, key: &Key) -> Option<Scale> {
        Scale::of(self.get_object(kind, key)?)
    }

    /// Asks for another number of replicas.
    ///
    /// # Errors
    /// When the workload is absent, or as [`ApiServer::update`].
    pub fn rescale(&mut self, caller: &Caller, kind: Kind, key: &Key, replicas: i32) -> Result<Object, Status> {
        let mut object = self
            .get_object(kind, key)
            .cloned()
            .ok_or_else(|| Status::not_found(kind, &key.name))?;
        match &mut object {
            Object::Deployment(there) => std::rc::Rc::make_mut(there).spec.replicas = Some(replicas),
            Object::ReplicaSet(there) => std::rc::Rc::make_mut(there).spec.replicas = Some(replicas),
            Object::StatefulSet(there) => std::rc::Rc::make_mut(there).spec.replicas = Some(replicas),
            other => other.as_dynamic(|there| {
                if let Some(spec) = there.body.get_mut("spec") {
                    spec["replicas"] = replicas.into();
                }
            }),
        }
        self.update(caller, object, Subresource::Main)
    }
}
