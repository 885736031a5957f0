//! What came of a run: the objects, the events and the changes that led there.

use crate::sim::Arrange;
use serde_json::{Value, json};

use crate::api::core::Event;
use crate::api::patch::diff_merge_patch;
use crate::api::{Kind, Object};
use crate::apiserver::{Change, Verb};
use crate::cluster::Cluster;

/// Collects the changes of a run.
#[derive(Clone, Debug, Default)]
pub struct Report {
    revision: u64,
    trace: Vec<Value>,
}

impl Report {
    /// Begins with what led to the present state.
    #[must_use]
    pub fn start(cluster: &Cluster) -> Self {
        let mut report = Self::default();
        report.note(cluster);
        report
    }

    /// Notes the changes since the last call.
    pub fn note(&mut self, cluster: &Cluster) {
        let Some(changes) = cluster.api().changes_after(self.revision) else {
            // More happened than the log holds: go on from here.
            self.revision = cluster.api().revision();
            return;
        };
        for change in changes {
            self.trace.push(entry(change));
            self.revision = change.revision;
        }
    }

    /// The whole report: instant, hash, objects, events, trace.
    #[must_use]
    pub fn document(&self, cluster: &Cluster) -> Value {
        let mut objects = Vec::new();
        for kind in Kind::all().filter(|kind| *kind != <Event as crate::api::Resource>::KIND) {
            objects.extend(cluster.api().list_objects(kind, None).map(Object::encode));
        }
        let events: Vec<Value> = events(cluster)
            .into_iter()
            .map(|event| Object::Event(event.clone()).encode())
            .collect();
        json!({
            "now": cluster.now().0,
            "hash": format!("{:016x}", cluster.state_hash()),
            "objects": objects,
            "events": events,
            "trace": self.trace,
        })
    }

    /// The events, a line each, oldest first: seconds since the start, type, reason, object, message.
    #[must_use]
    pub fn events_text(&self, cluster: &Cluster) -> String {
        let mut text = String::new();
        for event in events(cluster) {
            let seconds = seconds_since_start(cluster, event);
            let object = &event.involved_object;
            let times = count(event);
            let times = if times > 1 {
                format!(" (x{times})")
            } else {
                String::new()
            };
            text.push_str(&format!(
                "{seconds:>6}s  {:<8} {:<22} {}/{}  {}{times}\n",
                event.kind,
                event.reason,
                object.kind.to_ascii_lowercase(),
                object.name,
                event.message.trim(),
            ));
        }
        text
    }
}

/// How often an event was told.
fn count(event: &Event) -> i32 {
    event.series.as_ref().map_or(event.count, |series| series.count).max(1)
}

fn seconds_since_start(cluster: &Cluster, event: &Event) -> i64 {
    let first = event
        .first_timestamp
        .or_else(|| event.event_time.map(crate::api::time::MicroTime::to_time));
    first.map_or(0, |time| time.0 - cluster.api().time(crate::sim::SimTime::ZERO).0)
}

/// All events in the order in which they were first written.
fn events(cluster: &Cluster) -> Vec<&std::rc::Rc<Event>> {
    let mut events: Vec<_> = cluster.api().list::<Event>(None).collect();
    events.arrange_by_key(|event| {
        let at = seconds_since_start(cluster, event);
        let order = event
            .meta
            .name
            .rsplit('.')
            .next()
            .and_then(|hex| u64::from_str_radix(hex, 16).ok());
        (at, order.unwrap_or_default())
    });
    events
}

fn entry(change: &Change) -> Value {
    let meta = change.object.meta();
    let verb = match change.verb {
        Verb::Added => "ADDED",
        Verb::Modified => "MODIFIED",
        Verb::Deleted => "DELETED",
    };
    let mut entry = json!({
        "at": change.at.0,
        "type": verb,
        "kind": change.object.kind().info().kind,
        "namespace": meta.namespace.as_ref(),
        "name": meta.name.as_ref(),
        "actor": change.actor,
    });
    match (&change.old, change.verb) {
        (Some(old), Verb::Modified) => entry["patch"] = diff_merge_patch(&old.encode(), &change.object.encode()),
        _ => entry["object"] = change.object.encode(),
    }
    entry
}
