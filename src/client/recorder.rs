//! Events as the real recorders write them: repeated ones are counted, similar ones merged, floods cut off.

use crate::sim::btree::BTreeMap;

use super::Ctx;
use crate::api::core::{Event, EventSource};
use crate::api::meta::{ObjectMeta, ObjectReference};
use crate::api::{Object, Str};
use crate::apiserver::Key;
use crate::sim::SimTime;

/// How grave an event is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    /// For information.
    Normal,
    /// Something is wrong.
    Warning,
}

/// Writes a component's events.
// Models k8s.io/client-go/tools/record/events_cache.go.
#[derive(Clone, Debug, Default)]
pub struct Recorder {
    /// Host in the source of the events; empty for the control plane.
    host: Str,
    /// The component in the source of the events, where it is not the writer's own name.
    component: Option<Str>,
    seen: BTreeMap<Fingerprint, Seen>,
    similar: BTreeMap<Fingerprint, Similar>,
    /// By object and kind of event.
    budgets: BTreeMap<(Str, &'static str), Budget>,
}

/// What makes two events the same, or similar when `message` is empty.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Fingerprint {
    uid: Str,
    name: Str,
    field_path: Str,
    kind: &'static str,
    reason: Str,
    message: Str,
}

/// An event written before.
#[derive(Clone, Debug)]
struct Seen {
    key: Key,
    count: i32,
}

/// Events with one reason and different messages.
#[derive(Clone, Debug, Default)]
struct Similar {
    messages: Vec<Str>,
    last: SimTime,
}

/// Tokens of a source and object: 25 at first, one more each 5 minutes.
#[derive(Clone, Copy, Debug)]
struct Budget {
    tokens: u32,
    refilled: SimTime,
}

const BURST: u32 = 25;
const REFILL_NS: u64 = 300_000_000_000;
/// Different messages of one reason before they are merged.
const SIMILAR_MAX: usize = 10;
/// Messages of one reason count as similar within this time.
const SIMILAR_WINDOW_NS: u64 = 600_000_000_000;

impl Recorder {
    /// A recorder whose events come from `host`.
    #[must_use]
    pub fn on_host(host: &str) -> Self {
        Self {
            host: host.into(),
            ..Self::default()
        }
    }

    /// A recorder whose events come from `component`.
    #[must_use]
    pub fn of_component(component: &str) -> Self {
        Self {
            component: Some(component.into()),
            ..Self::default()
        }
    }

    /// Writes an event about `object`.
    pub fn event(&mut self, ctx: &mut Ctx<'_>, object: &Object, severity: Severity, reason: &str, message: &str) {
        self.event_at(ctx, reference(object, ""), severity, reason, message);
    }

    /// Writes an event about a part of an object, as in `spec.containers{web}`.
    pub fn event_on(
        &mut self,
        ctx: &mut Ctx<'_>,
        object: &Object,
        part: &str,
        severity: Severity,
        reason: &str,
        message: &str,
    ) {
        self.event_at(ctx, reference(object, part), severity, reason, message);
    }

    fn event_at(&mut self, ctx: &mut Ctx<'_>, about: ObjectReference, severity: Severity, reason: &str, message: &str) {
        let kind = match severity {
            Severity::Normal => "Normal",
            Severity::Warning => "Warning",
        };
        let merged = self.merge_similar(ctx.now, &about, kind, reason, message);
        // Merged events are one event, whatever they say.
        let print = fingerprint(&about, kind, reason, if merged.is_some() { "" } else { message });
        let message = merged.unwrap_or_else(|| message.into());
        // What is cut off is counted all the same.
        let is_let_through = self.take_token(ctx.now, &about.uid, kind);
        match self.seen.get_mut(&print) {
            Some(seen) => {
                seen.count += 1;
                let (key, count) = (seen.key.clone(), seen.count);
                if !is_let_through || repeat(ctx, &key, count, &message) {
                    return;
                }
            }
            None => {
                let key = Key {
                    namespace: namespace_of(&about),
                    name: event_name(ctx, &about),
                };
                self.seen.insert(print.clone(), Seen { key, count: 1 });
            }
        }
        let Some(seen) = self.seen.get_mut(&print).filter(|_| is_let_through) else {
            return;
        };
        seen.count = seen.count.max(1);
        let mut event = new_event(ctx, &seen.key, about, kind, reason, &message, seen.count, &self.host);
        if let Some(component) = &self.component {
            event.source.component = component.clone();
            event.reporting_component = component.clone();
        }
        // The namespace may be gone or on its way out; then nobody reads the event either.
        if ctx.create(event).is_err() {
            self.seen.remove(&print);
        }
    }

    fn take_token(&mut self, now: SimTime, uid: &Str, kind: &'static str) -> bool {
        let budget = self.budgets.entry((uid.clone(), kind)).or_insert(Budget {
            tokens: BURST,
            refilled: now,
        });
        let refill = (now.0 - budget.refilled.0) / REFILL_NS;
        budget.tokens = BURST.min(budget.tokens + u32::try_from(refill).unwrap_or(BURST));
        budget.refilled.0 += refill * REFILL_NS;
        if budget.tokens == 0 {
            return false;
        }
        budget.tokens -= 1;
        true
    }

    /// After ten different messages of one reason the next ones become one: its message.
    // Models EventAggregate.
    fn merge_similar(
        &mut self,
        now: SimTime,
        about: &ObjectReference,
        kind: &'static str,
        reason: &str,
        message: &str,
    ) -> Option<Str> {
        let similar = self.similar.entry(fingerprint(about, kind, reason, "")).or_default();
        if now.0 - similar.last.0 > SIMILAR_WINDOW_NS {
            similar.messages.clear();
        }
        similar.last = now;
        if !similar.messages.iter().any(|known| **known == *message) {
            similar.messages.push(message.into());
        }
        if similar.messages.len() < SIMILAR_MAX {
            return None;
        }
        similar.messages.remove(0);
        Some(format!("(combined from similar events): {message}").into())
    }
}

/// Counts an event up; false when it is not there any more.
fn repeat(ctx: &mut Ctx<'_>, key: &Key, count: i32, message: &Str) -> bool {
    let Some(old) = ctx.api.get_key::<Event>(key) else {
        return false;
    };
    let mut event = (**old).clone();
    event.count = count;
    event.message = message.clone();
    event.last_timestamp = Some(ctx.time());
    ctx.update(event).is_ok()
}

#[allow(clippy::too_many_arguments, reason = "the fields of an event")]
fn new_event(
    ctx: &Ctx<'_>,
    key: &Key,
    about: ObjectReference,
    kind: &str,
    reason: &str,
    message: &Str,
    count: i32,
    host: &Str,
) -> Event {
    Event {
        meta: ObjectMeta {
            name: key.name.clone(),
            namespace: key.namespace.clone(),
            ..ObjectMeta::default()
        },
        involved_object: about,
        reason: reason.into(),
        message: message.clone(),
        source: EventSource {
            component: ctx.name.into(),
            host: host.clone(),
            ..EventSource::default()
        },
        first_timestamp: Some(ctx.time()),
        last_timestamp: Some(ctx.time()),
        count,
        kind: kind.into(),
        reporting_component: ctx.name.into(),
        reporting_instance: host.clone(),
        ..Event::default()
    }
}

fn fingerprint(about: &ObjectReference, kind: &'static str, reason: &str, message: &str) -> Fingerprint {
    Fingerprint {
        uid: about.uid.clone(),
        name: about.name.clone(),
        field_path: about.field_path.clone(),
        kind,
        reason: reason.into(),
        message: message.into(),
    }
}

pub(super) fn namespace_of(about: &ObjectReference) -> Str {
    if about.namespace.is_empty() {
        "default".into()
    } else {
        about.namespace.clone()
    }
}

/// `<object>.<hex of the time in ns>`, moved on while the name is taken.
pub(super) fn event_name(ctx: &Ctx<'_>, about: &ObjectReference) -> Str {
    let mut ns = ctx.api.wall_ns(ctx.now);
    loop {
        let name: Str = format!("{}.{ns:x}", about.name).into();
        let key = Key {
            namespace: namespace_of(about),
            name: name.clone(),
        };
        if ctx.api.get_key::<Event>(&key).is_none() {
            return name;
        }
        ns += 1;
    }
}

/// A reference to an object, or to a part of it.
pub(super) fn reference(object: &Object, part: &str) -> ObjectReference {
    let info = object.kind().info();
    let meta = object.meta();
    ObjectReference {
        api_version: info.api_version().into(),
        kind: info.kind.into(),
        namespace: meta.namespace.clone(),
        name: meta.name.clone(),
        uid: meta.uid.clone(),
        resource_version: meta.resource_version.0.to_string().into(),
        field_path: part.into(),
        ..ObjectReference::default()
    }
}
