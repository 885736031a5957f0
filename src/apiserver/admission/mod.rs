//! Admission: what must be true of the cluster before an object may come in, and what it gets on the way.
//!
//! Plugins run in upstream's order: first those that change the object, then, after validation, those that only judge.
// Models pkg/kubeapiserver/options/plugins.go AllOrderedPlugins.

pub mod conformance;
mod default_class;
mod default_toleration_seconds;
pub(super) mod known_pods;
mod limit_ranger;
pub(super) mod pod_topology_labels;
mod priority;
pub(super) mod quota;
mod refusal;
mod runtime_class;
pub(super) mod service_account;
mod storage;

use refusal::forbidden;

use super::server::ApiServer;
use crate::api::Object;
use crate::api::core::Namespace;
use crate::api::status::{Cause, Status};
use crate::api::time::Time;

/// A namespaced object needs a namespace that is there and not on its way out.
// Models k8s.io/apiserver/pkg/admission/plugin/namespace/lifecycle/admission.go.
pub(super) fn namespace_for_create(server: &ApiServer, object: &Object) -> Result<(), Status> {
    let meta = object.meta();
    if !object.kind().info().namespaced {
        return Ok(());
    }
    let Some(namespace) = server.get::<Namespace>("", &meta.namespace) else {
        return Err(Status::not_found(
            <Namespace as crate::api::Resource>::KIND,
            &meta.namespace,
        ));
    };
    if !namespace.meta.is_terminating() {
        return Ok(());
    }
    let why = format!(
        "unable to create new content in namespace {} because it is being terminated",
        meta.namespace
    );
    let mut status = forbidden(object, &why);
    status.details.causes.push(Cause {
        reason: "NamespaceTerminating".to_owned(),
        message: format!("namespace {} is being terminated", meta.namespace),
        field: "metadata.namespace".to_owned(),
    });
    Err(status)
}

/// Mutating admission of a new object.
pub(super) fn mutate(server: &ApiServer, object: &mut Object) -> Result<(), Status> {
    if let Object::Pod(_) = object {
        limit_ranger::admit(server, object)?;
        service_account::admit(server, object)?;
        priority::admit(server, object)?;
        runtime_class::admit(server, object)?;
        default_toleration_seconds::admit(object);
    }
    if let Object::Pod(pod) = object
        && !pod.spec.node_name.is_empty()
    {
        pod_topology_labels::admit(server, std::rc::Rc::make_mut(pod));
    }
    default_class::admit(server, object);
    storage::protect(object);
    Ok(())
}

/// Mutating admission of an object that replaces `old`.
pub(super) fn mutate_update(object: &mut Object, old: &Object) {
    if let (Object::Pod(pod), Object::Pod(old)) = (&mut *object, old) {
        priority::keep(pod, old);
        default_toleration_seconds::admit(object);
    }
}

/// Validating admission of a new object.
pub(super) fn validate(server: &ApiServer, object: &Object, now: Time) -> Result<(), Status> {
    limit_ranger::validate(server, object)?;
    priority::validate_class(server, object)?;
    quota::validate(server, object, None, now)
}

/// Validating admission of an object that replaces `old`.
pub(super) fn validate_update(server: &ApiServer, object: &Object, old: &Object, now: Time) -> Result<(), Status> {
    priority::validate_class(server, object)?;
    storage::validate_resize(server, object, old)?;
    if old.meta().is_terminating() {
        return Ok(());
    }
    quota::validate(server, object, Some(old), now)
}
