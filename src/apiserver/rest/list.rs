//! Reads: one object, or those that selectors choose.

use serde_json::{Value, json};

use super::{Path, Request, no_such_path, scale};
use crate::api::labels::{FieldSelector, Selector};
use crate::api::status::{Reason, Status};
use crate::api::{Kind, Object};
use crate::apiserver::{ApiServer, Key};

/// A choice of objects of a kind.
#[derive(Clone, Debug)]
pub(super) struct Choice {
    pub(super) kind: Kind,
    pub(super) namespace: Option<String>,
    labels: Selector,
    fields: FieldSelector,
}

impl Choice {
    pub(super) fn of(path: &Path, request: &Request) -> Result<Self, Status> {
        let refuse = |why: String| Status::new(Reason::BadRequest, why);
        let labels = Selector::parse(request.param("labelSelector").unwrap_or_default())
            .map_err(|why| refuse(format!("unable to parse requirement: {why}")))?;
        let mut fields = FieldSelector::parse(request.param("fieldSelector").unwrap_or_default()).map_err(refuse)?;
        if let Some(name) = &path.name {
            fields = FieldSelector::equal("metadata.name", name);
        }
        Ok(Self {
            kind: path.kind,
            namespace: path.namespace.clone(),
            labels,
            fields,
        })
    }

    pub(super) fn takes(&self, object: &Object) -> bool {
        let meta = object.meta();
        object.kind() == self.kind
            && self
                .namespace
                .as_deref()
                .is_none_or(|namespace| *meta.namespace == *namespace)
            && self.labels.matches(&meta.labels)
            && (self.fields.is_everything() || self.fields.matches(|path| object.field_label(path)))
    }
}

pub(super) fn get(server: &ApiServer, path: &Path) -> Result<(u16, Value), Status> {
    let key = path.key();
    let object = server
        .get_object(path.kind, &key)
        .ok_or_else(|| Status::not_found(path.kind, &key.name))?;
    match path.subresource.as_deref() {
        None | Some("status") => Ok((200, object.encode())),
        Some("scale") => Ok((200, scale::encode(object).ok_or_else(no_such_path)?)),
        Some(_) => Err(no_such_path()),
    }
}

pub(super) fn list(server: &ApiServer, path: &Path, request: &Request) -> Result<(u16, Value), Status> {
    let choice = Choice::of(path, request)?;
    let limit = request
        .param("limit")
        .and_then(|text| text.parse::<usize>().ok())
        .filter(|limit| *limit > 0);
    let after = request.param("continue").and_then(parse_token);
    let mut chosen = server
        .list_objects(choice.kind, choice.namespace.as_deref())
        .filter(|object| choice.takes(object))
        .skip_while(|object| after.as_ref().is_some_and(|after| Key::of(object) <= *after));
    let items: Vec<&Object> = match limit {
        Some(limit) => chosen.by_ref().take(limit).collect(),
        None => chosen.by_ref().collect(),
    };
    let left = chosen.count();
    let mut meta = json!({"resourceVersion": server.revision().to_string()});
    if let Some(last) = items.last().filter(|_| left > 0) {
        meta["continue"] = token(&Key::of(last)).into();
        meta["remainingItemCount"] = left.into();
    }
    let info = choice.kind.info();
    let items: Vec<Value> = items.into_iter().map(Object::encode).collect();
    Ok((
        200,
        json!({
            "kind": format!("{}List", info.kind), "apiVersion": info.api_version(), "metadata": meta, "items": items,
        }),
    ))
}

/// Where a list that was cut goes on.
fn token(key: &Key) -> String {
    format!("{}/{}", key.namespace, key.name)
}

fn parse_token(text: &str) -> Option<Key> {
    let (namespace, name) = text.split_once('/')?;
    Some(Key::new(namespace, name))
}
