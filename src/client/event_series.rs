//! Events in the style of `events.k8s.io`: with the time of the event, an action, and a series for repetitions.

use crate::sim::btree::BTreeMap;

use super::Ctx;
use super::recorder::{Severity, event_name, namespace_of, reference};
use crate::api::core::{Event, EventSeries};
use crate::api::meta::{ObjectMeta, ObjectReference};
use crate::api::{Object, Str};
use crate::apiserver::Key;
use crate::sim::{Duration, SimTime};

/// Writes events of a component that uses `events.k8s.io`.
///
/// A repetition within six minutes starts a series; further ones are counted here and written every half hour.
// Models k8s.io/client-go/tools/events/event_broadcaster.go.
#[derive(Clone, Debug, Default)]
pub struct SeriesRecorder {
    seen: BTreeMap<Fingerprint, Seen>,
    /// When the series were last written and old events forgotten.
    refreshed: SimTime,
}

/// What to tell.
#[derive(Clone, Copy, Debug)]
pub struct Note<'a> {
    /// How grave it is.
    pub severity: Severity,
    /// Why, in a word.
    pub reason: &'a str,
    /// What was being done, in a word.
    pub action: &'a str,
    /// The sentence.
    pub message: &'a str,
}

/// What makes two events the same: everything but the sentence, the version of the object included.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Fingerprint {
    regarding: [Str; 4],
    warning: bool,
    reason: Str,
    action: Str,
}

/// An event written before.
#[derive(Clone, Debug)]
struct Seen {
    key: Key,
    count: i32,
    /// The count that stands in the written event.
    written: i32,
    last: SimTime,
}

/// After this time without repetition an event is forgotten.
// Models k8s.io/client-go/tools/events/event_broadcaster.go finishTime.
const FINISH: Duration = Duration::from_secs(360);
/// How often series are written.
// Models k8s.io/client-go/tools/events/event_broadcaster.go refreshTime.
const REFRESH: Duration = Duration::from_secs(1800);

impl SeriesRecorder {
    /// Writes an event about `object`.
    pub fn event(&mut self, ctx: &mut Ctx<'_>, object: &Object, note: &Note<'_>) {
        self.refresh(ctx);
        let regarding = reference(object, "");
        let print = fingerprint(&regarding, note);
        if let Some(seen) = self.seen.get_mut(&print) {
            seen.count += 1;
            seen.last = ctx.now;
            if seen.written == 1 {
                seen.write(ctx);
            }
            return;
        }
        let key = Key {
            namespace: namespace_of(&regarding),
            name: event_name(ctx, &regarding),
        };
        let event = new_event(ctx, &key, regarding, note);
        // The namespace may be gone or on its way out; then nobody reads the event either.
        if ctx.create(event).is_ok() {
            self.seen.insert(
                print,
                Seen {
                    key,
                    count: 1,
                    written: 1,
                    last: ctx.now,
                },
            );
        }
    }

    /// Writes series that went on and forgets what has ended, where the time for it has come.
    fn refresh(&mut self, ctx: &mut Ctx<'_>) {
        if ctx.now.since(self.refreshed) < REFRESH {
            return;
        }
        self.refreshed = ctx.now;
        for seen in self.seen.values_mut().filter(|seen| seen.count > seen.written) {
            seen.write(ctx);
        }
        self.seen.retain(|_, seen| ctx.now.since(seen.last) < FINISH);
    }
}

impl Seen {
    /// Brings the written event up to the count.
    fn write(&mut self, ctx: &mut Ctx<'_>) {
        self.written = self.count;
        let Some(event) = ctx.api.get_key::<Event>(&self.key) else {
            return;
        };
        let mut event = (**event).clone();
        let series = EventSeries {
            count: self.count,
            last_observed_time: Some(ctx.api.micro_time(self.last)),
            ..EventSeries::default()
        };
        event.series = Some(series);
        // Only a namespace that is going refuses it; then nobody reads it.
        drop(ctx.update(event));
    }
}

fn new_event(ctx: &Ctx<'_>, key: &Key, regarding: ObjectReference, note: &Note<'_>) -> Event {
    let kind = match note.severity {
        Severity::Normal => "Normal",
        Severity::Warning => "Warning",
    };
    Event {
        meta: ObjectMeta {
            name: key.name.clone(),
            namespace: key.namespace.clone(),
            ..ObjectMeta::default()
        },
        involved_object: regarding,
        reason: note.reason.into(),
        message: note.message.into(),
        kind: kind.into(),
        event_time: Some(ctx.micro_time()),
        action: note.action.into(),
        reporting_component: ctx.name.into(),
        reporting_instance: format!("{}-control-plane", ctx.name).into(),
        ..Event::default()
    }
}

fn fingerprint(regarding: &ObjectReference, note: &Note<'_>) -> Fingerprint {
    Fingerprint {
        regarding: [
            regarding.kind.clone(),
            regarding.name.clone(),
            regarding.uid.clone(),
            regarding.resource_version.clone(),
        ],
        warning: note.severity == Severity::Warning,
        reason: note.reason.into(),
        action: note.action.into(),
    }
}
