//! What is done to an object of each kind before it is stored.

mod dynamic;
mod generation;
mod pod;
mod service;

use std::rc::Rc;

pub(super) use pod::mark_scheduled;

use super::server::Subresource;
use crate::api::apps::Deployment;
use crate::api::core::Node;
use crate::api::status::Status;
use crate::api::time::Time;
use crate::api::{Kind, Object, Resource, defaults, validation};

/// Clears what only the server sets.
pub(super) fn prepare_for_create(object: &mut Object) {
    let info = object.kind().info();
    // A kubelet registers its node with the node's status.
    if object.kind() != Node::KIND {
        object.clear_status();
    }
    let counts = generation::counts(info);
    if let Object::Service(service) = object {
        service::prepare_for_create(Rc::make_mut(service));
    }
    let meta = object.meta_mut();
    meta.uid = "".into();
    meta.resource_version.0 = 0;
    meta.deletion_timestamp = None;
    meta.deletion_grace_period_seconds = None;
    meta.generation = i64::from(counts);
    if !info.namespaced {
        meta.namespace = "".into();
    } else if meta.namespace.is_empty() {
        meta.namespace = "default".into();
    }
}

/// Gives a new object what depends on all of its spec, after admission.
pub(super) fn complete(object: &mut Object, now: Time) {
    match object {
        Object::Pod(there) => {
            pod::complete_selectors(Rc::make_mut(there));
            pod::first_status(Rc::make_mut(there), now);
        }
        Object::PersistentVolume(there) => {
            let status = &mut Rc::make_mut(there).status;
            status.phase = "Pending".into();
            status.last_phase_transition_time = Some(now);
        }
        Object::Dynamic(_) | Object::DaemonSet(_) | Object::Job(_) => {
            object.as_dynamic(dynamic::prepare_for_create);
        }
        _ => {}
    }
}

/// Gives a new pod its first status.
pub(super) fn first_status(object: &mut Object, now: Time) {
    if let Object::Pod(there) = object {
        pod::first_status(Rc::make_mut(there), now);
    }
}

/// Keeps what an update may not touch.
pub(super) fn prepare_for_update(object: &mut Object, old: &Object, part: Subresource) {
    match part {
        Subresource::Main => object.keep_status(old),
        Subresource::Status => keep_for_status(object, old),
    }
    match (&mut *object, old) {
        (Object::Pod(new), Object::Pod(old)) => pod::prepare_for_status_update(new, old),
        (Object::Service(new), Object::Service(old)) if part == Subresource::Main => {
            service::prepare_for_update(Rc::make_mut(new), old);
        }
        _ => {}
    }
    let before = old.meta();
    let meta = object.meta_mut();
    meta.uid = before.uid.clone();
    meta.creation_timestamp = before.creation_timestamp;
    meta.deletion_timestamp = before.deletion_timestamp;
    meta.deletion_grace_period_seconds = before.deletion_grace_period_seconds;
    meta.generation = before.generation;
}

/// Keeps everything but the status; the status of a Deployment takes its annotations along.
// Models pkg/registry/apps/deployment/strategy.go PrepareForUpdate of the status strategy.
fn keep_for_status(object: &mut Object, old: &Object) {
    let annotations = (object.kind() == Deployment::KIND).then(|| object.meta().annotations.clone());
    object.keep_all_but_status(old);
    if let Some(annotations) = annotations {
        object.meta_mut().annotations = annotations;
    }
}

/// Gives an update what depends on its spec, after the defaults.
pub(super) fn complete_update(object: &mut Object, old: &Object) {
    if matches!(object, Object::Dynamic(_) | Object::DaemonSet(_)) {
        let mut old = old.clone();
        old.as_dynamic(|old| object.as_dynamic(|new| dynamic::prepare_for_update(new, old)));
    }
    generation::bump(object, old);
}

/// Fills in what a document may leave out.
pub(super) fn default(object: &mut Object) {
    defaults::apply(object);
}

/// Refuses what Kubernetes refuses.
pub(super) fn validate_create(object: &Object) -> Result<(), Status> {
    refuse(object.kind(), &object.meta().name, &validation::validate_create(object))
}

/// Refuses what Kubernetes refuses to change.
///
/// The old version is read with its defaults, as everything that leaves upstream's store is: a snapshot may lack them.
pub(super) fn validate_update(object: &Object, old: &Object) -> Result<(), Status> {
    let mut old = old.clone();
    default(&mut old);
    let errors = validation::validate_update(object, &old);
    refuse(object.kind(), &object.meta().name, &errors)
}

fn refuse(kind: Kind, name: &str, errors: &crate::api::names::FieldErrors) -> Result<(), Status> {
    if errors.is_empty() {
        Ok(())
    } else {
        Err(Status::invalid(kind, name, errors))
    }
}

/// Whether two versions say the same.
pub(super) fn same_but_version(object: &Object, old: &Object) -> bool {
    let mut object = object.clone();
    object.meta_mut().resource_version = old.meta().resource_version;
    object == *old
}
