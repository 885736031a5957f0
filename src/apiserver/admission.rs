//! Admission: what must be true of the cluster before an object may come in, and what it gets on the way.

use super::server::ApiServer;
use crate::api::Object;
use crate::api::core::Namespace;
use crate::api::status::{Cause, Status};

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
    let mut status = Status::forbidden(object.kind(), &meta.name, &why);
    status.details.causes.push(Cause {
        reason: "NamespaceTerminating".to_owned(),
        message: format!("namespace {} is being terminated", meta.namespace),
        field: "metadata.namespace".to_owned(),
    });
    Err(status)
}

/// Mutating admission.
pub(super) fn mutate(_server: &ApiServer, _object: &mut Object) -> Result<(), Status> {
    Ok(())
}

/// Validating admission.
pub(super) fn validate(_server: &ApiServer, _object: &Object) -> Result<(), Status> {
    Ok(())
}
