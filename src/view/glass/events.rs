//! Events in the order of a list, the latest first.

use super::Glass;
use crate::api::core::Event;
use crate::api::time::{MicroTime, Time};
use crate::api::{Kind, Resource, Str};
use crate::apiserver::Key;

/// Up to so many events all are looked at; above, only the latest writes.
const ALL_MAX: usize = 4_000;

/// An event in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventRow {
    /// Its uid.
    pub uid: Str,
    /// When it was seen last, nanoseconds since the start.
    pub at_ns: u64,
    /// Whether it warns.
    pub warning: bool,
    /// Its reason.
    pub reason: Str,
    /// Its message.
    pub message: Str,
    /// How often it was seen.
    pub count: i32,
    /// What it is about: kind, namespace and name.
    pub about: Option<(Kind, Str, Str)>,
}

/// Events of a list, and how many more there are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EventRows {
    /// The latest, latest first.
    pub rows: Vec<EventRow>,
    /// How many are left out.
    pub more: usize,
}

impl Glass<'_> {
    /// The latest events: about one object or all, with or without those that do not warn.
    #[must_use]
    pub fn events(self, about: Option<(Kind, &Key)>, warnings: bool, limit: usize) -> EventRows {
        let api = self.0.api();
        let takes = |event: &&std::rc::Rc<Event>| {
            about.is_none_or(|(kind, key)| concerns(event, kind, key)) && (!warnings || &*event.kind == "Warning")
        };
        let mut found: Vec<_> = if api.count(Event::KIND) <= ALL_MAX {
            api.list::<Event>(None).filter(takes).collect()
        } else {
            let since = api.revision().saturating_sub(ALL_MAX as u64);
            let changes = api.changes_after(since).into_iter().flatten();
            let events = changes.filter_map(|change| Event::of(&change.object));
            events.filter(takes).collect()
        };
        found.sort_by_cached_key(|event| {
            let at = last_time(event).map_or(0, |time| time.0);
            std::cmp::Reverse((at, event.meta.resource_version.0))
        });
        EventRows {
            more: found.len().saturating_sub(limit),
            rows: found.iter().take(limit).map(|event| self.event_row(event)).collect(),
        }
    }

    fn event_row(self, event: &Event) -> EventRow {
        let about = &event.involved_object;
        let kind =
            Kind::find(&about.api_version, &about.kind).or_else(|| Kind::first(|info| info.kind == &*about.kind));
        EventRow {
            uid: event.meta.uid.clone(),
            at_ns: last_time(event).map_or(0, |time| self.0.api().sim_time(time).0),
            warning: &*event.kind == "Warning",
            reason: event.reason.clone(),
            message: event.message.clone(),
            count: event.series.as_ref().map_or(event.count, |series| series.count).max(1),
            about: kind.map(|kind| {
                // Events about nodes stand in a namespace, nodes do not.
                let namespaced = kind.info().namespaced;
                let namespace = Some(&about.namespace).filter(|_| namespaced);
                (kind, namespace.cloned().unwrap_or_default(), about.name.clone())
            }),
        }
    }
}

fn last_time(event: &Event) -> Option<Time> {
    let series = event.series.as_ref().and_then(|series| series.last_observed_time);
    let precise = series.or(event.event_time).map(MicroTime::to_time);
    event.last_timestamp.or(precise).or(event.first_timestamp)
}

fn concerns(event: &Event, kind: Kind, key: &Key) -> bool {
    let about = &event.involved_object;
    key.name == about.name
        && *about.kind == *kind.info().kind
        && (!kind.info().namespaced || key.namespace == about.namespace)
}
