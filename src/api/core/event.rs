//! Events.

use crate::api::Str;
use crate::api::meta::{ObjectMeta, ObjectReference};
use crate::api::time::{MicroTime, Time};

lean! {
    /// Something that a component tells about an object.
    pub struct Event {
        meta: ObjectMeta = "metadata" 'always,
        involved_object: ObjectReference = "involvedObject" 'always,
        reason: Str = "reason",
        message: Str = "message",
        source: EventSource = "source" 'always,
        first_timestamp: Option<Time> = "firstTimestamp",
        last_timestamp: Option<Time> = "lastTimestamp",
        count: i32 = "count",
        kind: Str = "type",
        event_time: Option<MicroTime> = "eventTime",
        series: Option<EventSeries> = "series",
        action: Str = "action",
        reporting_component: Str = "reportingComponent" 'always,
        reporting_instance: Str = "reportingInstance" 'always,
    }

    /// Who tells it.
    pub struct EventSource {
        component: Str = "component",
        host: Str = "host",
    }

    /// Repetitions of an event.
    pub struct EventSeries {
        count: i32 = "count",
        last_observed_time: Option<MicroTime> = "lastObservedTime",
    }
}
