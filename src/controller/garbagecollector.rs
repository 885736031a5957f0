//! Garbage: objects whose owners are gone, and owners that wait for what they own.
// Models pkg/controller/garbagecollector

use crate::sim::btree::BTreeMap;

use crate::api::meta::{ObjectMeta, OwnerReference};
use crate::api::status::Status;
use crate::api::{Kind, Object, Str};
use crate::apiserver::{ApiServer, Change, DeleteOptions, Key, Propagation, Verb};
use crate::client::{Component, Ctx, WorkQueue};

use super::{Reconciler, owners, work};

const FOREGROUND: &str = "foregroundDeletion";
const ORPHAN: &str = "orphan";
/// How many objects are worked on at once.
const WORKERS: u32 = 20;
const QUEUE: u8 = 0;

/// The garbage collector. Its queue holds uids: a name may be taken again by another object.
#[derive(Clone, Debug)]
pub struct GarbageCollector {
    queue: WorkQueue,
    /// Where the objects stand whose uids wait.
    places: BTreeMap<Str, (Kind, Key)>,
}

impl Default for GarbageCollector {
    fn default() -> Self {
        Self {
            queue: WorkQueue::with_workers(QUEUE, WORKERS),
            places: BTreeMap::new(),
        }
    }
}

impl Component for GarbageCollector {
    fn name(&self) -> &'static str {
        "garbage-collector-controller"
    }

    fn watches(&self) -> &'static [Kind] {
        Kind::ALL
    }

    /// New owners, lost owners, and deletions that wait for somebody.
    fn wants(&self, change: &Change) -> bool {
        let meta = change.object.meta();
        match &change.old {
            _ if change.verb == Verb::Deleted => true,
            None => !meta.owner_references.is_empty(),
            Some(old) => meta.owner_references != old.meta().owner_references || waits_for_dependents(meta),
        }
    }

    // Models pkg/controller/garbagecollector/graph_builder.go processGraphChanges
    fn on_change(&mut self, ctx: &mut Ctx<'_>, change: &Change) {
        let object = &change.object;
        if change.verb == Verb::Deleted {
            let dependents = ctx.api.owned_by(&object.meta().uid).cloned().collect::<Vec<_>>();
            for dependent in dependents {
                self.add(ctx, &dependent);
            }
        } else if waits_for_dependents(object.meta()) || has_lost_owner(ctx.api, object) {
            self.add(ctx, object);
        }
        self.add_waiting_owners(ctx, change.old.as_ref().unwrap_or(object));
    }

    fn on_timer(&mut self, ctx: &mut Ctx<'_>, _purpose: u8, _object: u64) {
        work(self, ctx);
    }
}

fn has_finalizer(meta: &ObjectMeta, finalizer: &str) -> bool {
    meta.finalizers.iter().any(|other| **other == *finalizer)
}

fn waits_for_dependents(meta: &ObjectMeta) -> bool {
    meta.is_terminating() && (has_finalizer(meta, FOREGROUND) || has_finalizer(meta, ORPHAN))
}

/// The object that a reference of `object` names, if it is still the same one.
fn owner<'a>(api: &'a ApiServer, object: &Object, reference: &OwnerReference) -> Owner<'a> {
    let Some(kind) = Kind::find(&reference.api_version, &reference.kind) else {
        return Owner::Unknown;
    };
    let namespace = if kind.info().namespaced {
        &*object.meta().namespace
    } else {
        ""
    };
    match api.get_object(kind, &Key::new(namespace, &reference.name)) {
        Some(owner) if owner.meta().uid == reference.uid => Owner::There(owner),
        _ => Owner::Gone,
    }
}

enum Owner<'a> {
    There(&'a Object),
    Gone,
    /// Of a kind that the server does not serve: nobody can say.
    Unknown,
}

/// Whether an owner of `object` is gone or waits for it to go.
fn has_lost_owner(api: &ApiServer, object: &Object) -> bool {
    let mut references = object.meta().owner_references.iter();
    references.any(|reference| match owner(api, object, reference) {
        Owner::Gone => true,
        Owner::There(owner) => waits_for_dependents(owner.meta()),
        Owner::Unknown => false,
    })
}

impl Reconciler for GarbageCollector {
    fn queue(&mut self) -> &mut WorkQueue {
        &mut self.queue
    }

    // Models pkg/controller/garbagecollector/garbagecollector.go attemptToDeleteItem, attemptToOrphanWorker
    fn sync(&mut self, ctx: &mut Ctx<'_>, key: &Key) -> Result<(), Status> {
        let Some((kind, place)) = self.places.get(&key.name).cloned() else {
            return Ok(());
        };
        let object = ctx.api.get_object(kind, &place).cloned();
        let Some(object) = object.filter(|object| object.meta().uid == key.name) else {
            self.places.remove(&key.name);
            return Ok(());
        };
        let result = if !object.meta().is_terminating() {
            collect(ctx, &object)
        } else if has_finalizer(object.meta(), ORPHAN) {
            orphan_dependents(ctx, &object)
        } else if has_finalizer(object.meta(), FOREGROUND) {
            self.delete_dependents(ctx, &object)
        } else {
            Ok(())
        };
        if result.is_ok() {
            self.places.remove(&key.name);
        }
        result
    }
}

impl GarbageCollector {
    fn add(&mut self, ctx: &mut Ctx<'_>, object: &Object) {
        let uid = &object.meta().uid;
        self.places.insert(uid.clone(), (object.kind(), Key::of(object)));
        let key = Key {
            namespace: "".into(),
            name: uid.clone(),
        };
        self.queue.add(ctx, key);
    }

    /// Wakes the owners of a changed object that wait for what they own.
    fn add_waiting_owners(&mut self, ctx: &mut Ctx<'_>, object: &Object) {
        for reference in object.meta().owner_references.iter() {
            let waiting = match owner(ctx.api, object, reference) {
                Owner::There(owner) if waits_for_dependents(owner.meta()) => owner.clone(),
                _ => continue,
            };
            self.add(ctx, &waiting);
        }
    }

    /// Deletes what blocks the deletion of `object`, or lets it go when nothing does.
    // Models pkg/controller/garbagecollector/garbagecollector.go processDeletingDependentsItem
    fn delete_dependents(&mut self, ctx: &mut Ctx<'_>, object: &Object) -> Result<(), Status> {
        let uid = &object.meta().uid;
        let blocks = |dependent: &&Object| {
            let mut references = dependent.meta().owner_references.iter();
            references.any(|reference| reference.uid == *uid && reference.block_owner_deletion)
        };
        let blocking: Vec<Object> = ctx.api.owned_by(uid).filter(blocks).cloned().collect();
        if blocking.is_empty() {
            return remove_finalizer(ctx, object, FOREGROUND);
        }
        for dependent in blocking.iter().filter(|dependent| !dependent.meta().is_terminating()) {
            self.add(ctx, dependent);
        }
        Ok(())
    }
}

/// Deletes an object whose owners are all gone or wait for it; takes the names of lost owners off one that has others.
fn collect(ctx: &mut Ctx<'_>, object: &Object) -> Result<(), Status> {
    let references = &object.meta().owner_references;
    if references.is_empty() {
        return Ok(());
    }
    let (mut solid, mut waiting) = (Vec::new(), 0_u32);
    for reference in references.iter() {
        match owner(ctx.api, object, reference) {
            Owner::Gone => {}
            Owner::There(owner) if owner.meta().is_terminating() && has_finalizer(owner.meta(), FOREGROUND) => {
                waiting += 1;
            }
            Owner::There(_) | Owner::Unknown => solid.push(reference.clone()),
        }
    }
    if !solid.is_empty() {
        if solid.len() == references.len() {
            return Ok(());
        }
        let mut object = object.clone();
        object.meta_mut().owner_references = solid.into();
        return owners::ignore_absent(ctx.update_object(object));
    }
    let owns = ctx.api.owned_by(&object.meta().uid).next().is_some();
    let propagation = match object.meta() {
        _ if waiting > 0 && owns => Propagation::Foreground,
        meta if has_finalizer(meta, ORPHAN) => Propagation::Orphan,
        meta if has_finalizer(meta, FOREGROUND) => Propagation::Foreground,
        _ => Propagation::Background,
    };
    let options = DeleteOptions {
        propagation: Some(propagation),
        uid: Some(object.meta().uid.clone()),
        ..DeleteOptions::default()
    };
    owners::ignore_absent(ctx.delete(object.kind(), &Key::of(object), &options))
}

/// Takes an owner's name off all that it owns, then lets it go.
// Models pkg/controller/garbagecollector/garbagecollector.go orphanDependents
fn orphan_dependents(ctx: &mut Ctx<'_>, object: &Object) -> Result<(), Status> {
    let dependents: Vec<Object> = ctx.api.owned_by(&object.meta().uid).cloned().collect();
    for mut dependent in dependents {
        let references = dependent.meta().owner_references.iter();
        let others = references.filter(|reference| reference.uid != object.meta().uid);
        dependent.meta_mut().owner_references = others.cloned().collect();
        owners::ignore_absent(ctx.update_object(dependent))?;
    }
    remove_finalizer(ctx, object, ORPHAN)
}

fn remove_finalizer(ctx: &mut Ctx<'_>, object: &Object, finalizer: &str) -> Result<(), Status> {
    let mut object = object.clone();
    let finalizers = object.meta().finalizers.iter().filter(|other| ***other != *finalizer);
    object.meta_mut().finalizers = finalizers.cloned().collect();
    owners::ignore_absent(ctx.update_object(object))
}
