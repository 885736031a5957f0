//! Deletion: at once, with a grace period, or when the finalizers are gone.

use std::rc::Rc;

use super::admission;
use super::server::{ApiServer, Caller};
use super::store::Key;
use crate::api::batch::Job;
use crate::api::core::Pod;
use crate::api::meta::ObjectMeta;
use crate::api::status::Status;
use crate::api::time::Time;
use crate::api::{Kind, Object, Resource, Str};

/// What becomes of the objects that a deleted one owns.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Propagation {
    /// The garbage collector deletes them afterwards.
    Background,
    /// They go first.
    Foreground,
    /// They stay without an owner.
    Orphan,
}

/// How to delete.
#[derive(Clone, Debug, Default)]
pub struct DeleteOptions {
    /// Seconds to stop in; the object's own period where absent.
    pub grace_period_seconds: Option<i64>,
    /// What becomes of dependents.
    pub propagation: Option<Propagation>,
    /// The object must have this uid.
    pub uid: Option<Str>,
    /// The object must have this version.
    pub resource_version: Option<u64>,
}

const FOREGROUND: &str = "foregroundDeletion";
const ORPHAN: &str = "orphan";
const PROTECTED_NAMESPACES: [&str; 3] = ["default", "kube-system", "kube-public"];

/// Whether nothing is left to wait for but finalizers.
pub(super) fn grace_is_over(meta: &ObjectMeta) -> bool {
    meta.deletion_grace_period_seconds.is_none_or(|grace| grace == 0)
}

// Models k8s.io/apiserver/pkg/registry/generic/registry/store.go Delete.
pub(super) fn delete(
    server: &mut ApiServer,
    caller: &Caller,
    kind: Kind,
    key: &Key,
    options: &DeleteOptions,
) -> Result<(Object, bool), Status> {
    let old = server
        .get_object(kind, key)
        .cloned()
        .ok_or_else(|| Status::not_found(kind, &key.name))?;
    check_preconditions(&old, options)?;
    if kind == crate::api::core::Namespace::KIND {
        return delete_namespace(server, caller, old);
    }
    let mut object = old.clone();
    set_propagation(&mut object, options.propagation.or_else(|| default_propagation(kind)));
    let grace = grace_period(&object, options);
    let waits = !object.meta().finalizers.is_empty();
    if grace == 0 && !waits {
        // A pod is told first that its time is over.
        let told = object
            .meta()
            .deletion_grace_period_seconds
            .is_some_and(|before| before == 0);
        if kind == Pod::KIND && !told {
            mark(server, caller, &mut object, 0);
            server.write(caller, object.clone(), &old);
        }
        server.release(&object);
        admission::quota::account(server, caller, Some(&old), None);
        let gone = server
            .store
            .remove(caller.now, caller.actor, kind, key)
            .unwrap_or(object);
        return Ok((gone, true));
    }
    mark(server, caller, &mut object, grace);
    Ok((server.write(caller, object, &old), false))
}

fn check_preconditions(object: &Object, options: &DeleteOptions) -> Result<(), Status> {
    let meta = object.meta();
    if let Some(uid) = options.uid.as_ref().filter(|uid| **uid != meta.uid) {
        let why = format!(
            "Precondition failed: UID in precondition: {uid}, UID in object meta: {}",
            meta.uid
        );
        return Err(Status::conflict(object.kind(), &meta.name, &why));
    }
    if let Some(version) = options
        .resource_version
        .filter(|version| *version != meta.resource_version.0)
    {
        let why = format!(
            "Precondition failed: ResourceVersion in precondition: {version}, ResourceVersion in object meta: {}",
            meta.resource_version.0
        );
        return Err(Status::conflict(object.kind(), &meta.name, &why));
    }
    Ok(())
}

/// A namespace stays until the namespace controller has emptied it.
fn delete_namespace(server: &mut ApiServer, caller: &Caller, old: Object) -> Result<(Object, bool), Status> {
    let name = old.meta().name.clone();
    if PROTECTED_NAMESPACES.contains(&&*name) {
        return Err(Status::forbidden(
            old.kind(),
            &name,
            "this namespace may not be deleted",
        ));
    }
    if old.meta().is_terminating() {
        return Ok((old, false));
    }
    let mut object = old.clone();
    object.meta_mut().deletion_timestamp = Some(server.time(caller.now));
    if let Object::Namespace(namespace) = &mut object {
        Rc::make_mut(namespace).status.phase = "Terminating".into();
    }
    Ok((server.write(caller, object, &old), false))
}

/// Takes a namespace out that was emptied; one with finalizers of its own waits for them.
// Models pkg/registry/core/namespace/storage/storage.go FinalizeREST.
pub(super) fn finalize_namespace(server: &mut ApiServer, caller: &Caller, name: &str) -> Result<(), Status> {
    let kind = crate::api::core::Namespace::KIND;
    let key = Key::new("", name);
    let old = server
        .get_object(kind, &key)
        .cloned()
        .ok_or_else(|| Status::not_found(kind, name))?;
    if old.meta().is_terminating() && old.meta().finalizers.is_empty() {
        server.store.remove(caller.now, caller.actor, kind, &key);
    }
    Ok(())
}

/// What becomes of dependents where nobody says it: those of a Job stay.
// Models pkg/registry/batch/job/strategy.go DefaultGarbageCollectionPolicy.
fn default_propagation(kind: Kind) -> Option<Propagation> {
    (kind == Job::KIND).then_some(Propagation::Orphan)
}

fn set_propagation(object: &mut Object, propagation: Option<Propagation>) {
    let Some(propagation) = propagation else { return };
    let wanted = match propagation {
        Propagation::Background => None,
        Propagation::Foreground => Some(FOREGROUND),
        Propagation::Orphan => Some(ORPHAN),
    };
    let mut finalizers: Vec<Str> = object.meta().finalizers.to_vec();
    finalizers.retain(|finalizer| ![FOREGROUND, ORPHAN].contains(&&**finalizer));
    finalizers.extend(wanted.map(Str::from));
    if finalizers[..] != object.meta().finalizers[..] {
        object.meta_mut().finalizers = finalizers.into();
    }
}

/// Seconds of grace; only pods have any.
// Models pkg/registry/core/pod/strategy.go CheckGracefulDelete.
fn grace_period(object: &Object, options: &DeleteOptions) -> i64 {
    let Some(pod) = Pod::of(object) else { return 0 };
    if pod.spec.node_name.is_empty() || pod.is_finished() {
        return 0;
    }
    let grace = options
        .grace_period_seconds
        .or(pod.spec.termination_grace_period_seconds)
        .unwrap_or(30);
    if grace < 0 { 1 } else { grace }
}

/// Marks for deletion. A second mark can only shorten the grace.
// Models k8s.io/apiserver/pkg/registry/rest/delete.go BeforeDelete.
fn mark(server: &ApiServer, caller: &Caller, object: &mut Object, grace: i64) {
    let now = server.time(caller.now);
    let graceful = object.kind() == Pod::KIND;
    let meta = object.meta_mut();
    let mut grace = grace;
    let is_first = meta.deletion_timestamp.is_none();
    let until = match (meta.deletion_timestamp, meta.deletion_grace_period_seconds) {
        (Some(until), Some(before)) => {
            if grace >= before {
                return;
            }
            let shorter = Time(until.0 - before + grace);
            if shorter.0 < now.0 {
                grace = i64::from(grace != 0);
                Time(now.0 + grace)
            } else {
                shorter
            }
        }
        (Some(_), None) => return,
        (None, _) => Time(now.0 + grace),
    };
    meta.deletion_timestamp = Some(until);
    meta.deletion_grace_period_seconds = Some(if graceful { grace } else { 0 });
    if is_first && meta.generation > 0 {
        meta.generation += 1;
    }
}
