//! Watches of the REST API.

use serde_json::{Value, json};

use super::list::Choice;
use super::{Path, Request};
use crate::api::Object;
use crate::api::status::{Reason, Status};
use crate::apiserver::{ApiServer, Change, Verb};

/// A watch: tells the changes of chosen objects, each once, in order.
#[derive(Clone, Debug)]
pub struct Watch {
    choice: Choice,
    revision: u64,
    /// Events that it starts with: the objects that are there.
    initial: Vec<Value>,
    bookmarks: bool,
}

impl Watch {
    /// Starts a watch. Without `resourceVersion`, or with `0`, it begins with the objects that are there.
    ///
    /// # Errors
    /// When the path names nothing or a selector cannot be read.
    pub fn start(server: &ApiServer, request: &Request) -> Result<Self, Status> {
        let path = Path::parse(&request.path).ok_or_else(super::no_such_path)?;
        let choice = Choice::of(&path, request)?;
        let since = request
            .param("resourceVersion")
            .and_then(|text| text.parse::<u64>().ok())
            .filter(|since| *since > 0);
        let wants_initial = since.is_none() || request.param("sendInitialEvents") == Some("true");
        let mut initial: Vec<Value> = Vec::new();
        if wants_initial {
            let objects = server.list_objects(choice.kind, choice.namespace.as_deref());
            initial.extend(
                objects
                    .filter(|object| choice.takes(object))
                    .map(|object| event("ADDED", object)),
            );
        }
        let revision = if wants_initial {
            server.revision()
        } else {
            since.unwrap_or_default()
        };
        let bookmarks = request.param("allowWatchBookmarks") == Some("true");
        if bookmarks && request.param("sendInitialEvents") == Some("true") {
            initial.push(bookmark(&choice, revision, true));
        }
        Ok(Self {
            choice,
            revision,
            initial,
            bookmarks,
        })
    }

    /// The events since the last call, oldest first.
    ///
    /// # Errors
    /// `410 Expired` when the log does not reach back to where the watch stands.
    pub fn poll(&mut self, server: &ApiServer) -> Result<Vec<Value>, Status> {
        let mut events = std::mem::take(&mut self.initial);
        let Some(changes) = server.changes_after(self.revision) else {
            let why = format!("too old resource version: {} ({})", self.revision, server.revision());
            return Err(Status::new(Reason::Expired, why));
        };
        for change in changes {
            events.extend(self.tell(change));
            self.revision = change.revision;
        }
        Ok(events)
    }

    /// An object that starts to match is added for the watcher, one that stops to match is deleted.
    fn tell(&self, change: &Change) -> Option<Value> {
        let before = change.old.as_ref().is_some_and(|old| self.choice.takes(old));
        let now = self.choice.takes(&change.object);
        match (change.verb, before, now) {
            (Verb::Added, _, true) | (Verb::Modified, false, true) => Some(event("ADDED", &change.object)),
            (Verb::Modified, true, true) => Some(event("MODIFIED", &change.object)),
            (Verb::Deleted, true, _) | (Verb::Modified, true, false) => Some(event("DELETED", &change.object)),
            _ => None,
        }
    }

    /// The event that tells a watcher how far it has come, if it asked for such.
    #[must_use]
    pub fn bookmark(&self) -> Option<Value> {
        self.bookmarks.then(|| bookmark(&self.choice, self.revision, false))
    }
}

fn event(kind: &str, object: &Object) -> Value {
    json!({"type": kind, "object": object.encode()})
}

fn bookmark(choice: &Choice, revision: u64, initial_events_end: bool) -> Value {
    let info = choice.kind.info();
    let mut meta = json!({"resourceVersion": revision.to_string()});
    if initial_events_end {
        meta["annotations"] = json!({"k8s.io/initial-events-end": "true"});
    }
    json!({"type": "BOOKMARK", "object": {"kind": info.kind, "apiVersion": info.api_version(), "metadata": meta}})
}
