//! The events of an object.

use crate::sim::Arrange;
use std::rc::Rc;

use super::{Page, now};
use crate::api::Object;
use crate::api::core::Event;
use crate::api::duration::human_duration;
use crate::api::time::{MicroTime, Time};
use crate::cluster::Cluster;

pub(super) fn describe(page: &mut Page, cluster: &Cluster, object: &Object) {
    let events = of(cluster, object);
    if events.is_empty() {
        page.write(0, "Events:\t<none>\n");
        return;
    }
    page.flush();
    page.write(0, "Events:\n  Type\tReason\tAge\tFrom\tMessage\n");
    page.write(1, "----\t------\t----\t----\t-------\n");
    let now = now(cluster);
    for event in events {
        let source = if event.source.component.is_empty() {
            &event.reporting_component
        } else {
            &event.source.component
        };
        let message = event.message.trim();
        let part = &event.involved_object.field_path;
        let message = if part.is_empty() {
            message.to_owned()
        } else {
            format!("{part}: {message}")
        };
        page.write(
            1,
            &format!(
                "{}\t{}\t{}\t{source}\t{message}\n",
                event.kind,
                event.reason,
                interval(&event, now)
            ),
        );
    }
}

/// The events about an object, oldest first.
fn of(cluster: &Cluster, object: &Object) -> Vec<Rc<Event>> {
    let meta = object.meta();
    // Events about objects outside namespaces are kept in the default one.
    let namespace = if meta.namespace.is_empty() {
        "default"
    } else {
        &meta.namespace
    };
    let about = |event: &&Rc<Event>| {
        let target = &event.involved_object;
        target.name == meta.name
            && *target.kind == *object.kind().info().kind
            && (target.uid == meta.uid || target.uid == meta.name)
    };
    let mut events: Vec<Rc<Event>> = cluster
        .api()
        .list::<Event>(Some(namespace))
        .filter(about)
        .cloned()
        .collect();
    events.arrange_by_key(|event| last_seen(event));
    events
}

fn last_seen(event: &Event) -> Option<Time> {
    let series = event.series.as_ref().and_then(|series| series.last_observed_time);
    series
        .map(MicroTime::to_time)
        .or(event.last_timestamp)
        .or_else(|| event.event_time.map(MicroTime::to_time))
}

/// `46s (x15 over 2m4s)`.
pub(in crate::kubectl) fn interval(event: &Event, now: Time) -> String {
    let since = |time: Option<Time>| time.map_or_else(|| "<unknown>".to_owned(), |time| human_duration(now.0 - time.0));
    let first = since(event.event_time.map(MicroTime::to_time).or(event.first_timestamp));
    if let Some(series) = &event.series {
        return format!(
            "{} (x{} over {first})",
            since(series.last_observed_time.map(MicroTime::to_time)),
            series.count
        );
    }
    if event.count > 1 {
        format!("{} (x{} over {first})", since(event.last_timestamp), event.count)
    } else {
        first
    }
}
