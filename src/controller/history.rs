//! ControllerRevisions: the templates that a DaemonSet or StatefulSet had.
// Models pkg/controller/history/controller_history.go

use crate::sim::Arrange;
use std::rc::Rc;

use serde_json::{Map, Value};

use crate::api::meta::ObjectMeta;
use crate::api::status::{Reason, Status};
use crate::api::{Dynamic, Kind, Object, Resource, Str};
use crate::apiserver::{DeleteOptions, Key};
use crate::client::Ctx;

use super::owners;

/// Label by which pods and revisions name a revision.
pub(super) const REVISION_HASH: &str = "controller-revision-hash";
const REVISION: Kind = Kind::named("apps", "ControllerRevision");

/// A template that was, under its number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Revision(Rc<Dynamic>);

impl Revision {
    /// A revision that is not stored yet.
    pub(super) fn new(meta: ObjectMeta, data: Value, number: i64) -> Self {
        let mut body = Map::new();
        body.insert("data".to_owned(), data);
        body.insert("revision".to_owned(), Value::from(number));
        let kind = REVISION;
        Self(Rc::new(Dynamic { kind, meta, body }))
    }

    fn of(object: &Object) -> Option<Self> {
        match object {
            Object::Dynamic(object) if object.kind == REVISION => Some(Self(object.clone())),
            _ => None,
        }
    }

    /// Its name.
    pub(super) fn name(&self) -> &Str {
        &self.0.meta.name
    }

    /// Its hash; its name where it has none.
    pub(super) fn hash(&self) -> &Str {
        self.0.meta.label(REVISION_HASH).unwrap_or(&self.0.meta.name)
    }

    /// Its number: the higher, the newer.
    pub(super) fn number(&self) -> i64 {
        self.0.body.get("revision").and_then(Value::as_i64).unwrap_or_default()
    }

    /// The patch that brings its template back.
    pub(super) fn data(&self) -> &Value {
        self.0.body.get("data").unwrap_or(&Value::Null)
    }

    /// Stores it.
    pub(super) fn create(&self, ctx: &mut Ctx<'_>) -> Result<Self, Status> {
        let stored = ctx.create_object(Object::Dynamic(self.0.clone()))?;
        Ok(Self::of(&stored).unwrap_or_else(|| self.clone()))
    }

    /// Gives it another number.
    pub(super) fn renumber(&self, ctx: &mut Ctx<'_>, number: i64) -> Result<Self, Status> {
        let mut next = (*self.0).clone();
        next.body.insert("revision".to_owned(), Value::from(number));
        let stored = ctx.update_object(Object::Dynamic(Rc::new(next)))?;
        Ok(Self::of(&stored).unwrap_or_else(|| self.clone()))
    }

    /// Deletes it.
    pub(super) fn delete(&self, ctx: &mut Ctx<'_>) -> Result<(), Status> {
        let key = Key::of(&Object::Dynamic(self.0.clone()));
        owners::ignore_absent(ctx.delete(REVISION, &key, &DeleteOptions::default()))
    }
}

/// The revisions of a set, the lowest number first.
pub(super) fn of_owner<T: Resource>(ctx: &Ctx<'_>, owner: &T) -> Vec<Revision> {
    let owned = ctx.api.owned_by(&owner.meta().uid).filter_map(Revision::of);
    let mut revisions: Vec<Revision> = owned.collect();
    revisions.arrange_by_key(|revision| {
        (
            revision.number(),
            revision.0.meta.creation_timestamp,
            revision.name().clone(),
        )
    });
    revisions
}

/// The revision under `name`.
pub(super) fn get(ctx: &Ctx<'_>, namespace: &Str, name: &str) -> Option<Revision> {
    ctx.api
        .get_object(REVISION, &Key::new(namespace, name))
        .and_then(Revision::of)
}

/// Whether a revision could not be made because its name is taken.
pub(super) fn is_taken(error: &Status) -> bool {
    error.reason == Reason::AlreadyExists
}
