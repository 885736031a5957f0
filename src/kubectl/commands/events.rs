//! `kubectl events`.
// Models k8s.io/kubectl/pkg/cmd/events.

use std::rc::Rc;

use super::{Context, Started};
use crate::api::core::Event;
use crate::api::time::MicroTime;
use crate::kubectl::args::{Args, Flag, switch, value};
use crate::kubectl::describe::interval;
use crate::kubectl::{printers, resource};

const FLAGS: [Flag; 5] = [
    switch("all-namespaces", 'A'),
    value("for", ' '),
    value("types", ' '),
    switch("no-headers", ' '),
    value("chunk-size", ' '),
];

pub(super) fn events(context: &mut Context<'_>, words: &[String]) -> Started {
    let args = Args::parse("events", &FLAGS, words)?;
    let types: Vec<String> = args.all("types").iter().map(|kind| kind.to_ascii_lowercase()).collect();
    if types.iter().any(|kind| kind != "normal" && kind != "warning") {
        return Err("error: valid --types are Normal or Warning\n".to_owned());
    }
    let about = match args.get("for") {
        None => None,
        Some(text) => {
            let named = resource::named(&[text.to_owned()])?;
            let about = named.names.first().cloned();
            Some(about.ok_or("error: --for must be in resource/name form\n")?)
        }
    };
    let all = args.is_set("all-namespaces");
    let namespace = (!all).then_some(context.namespace.as_str());
    let api = context.cluster.api();
    let mut events: Vec<&Rc<Event>> = api
        .list::<Event>(namespace)
        .filter(|event| types.is_empty() || types.contains(&event.kind.to_ascii_lowercase()))
        .filter(|event| {
            about.as_ref().is_none_or(|(kind, name)| {
                let of = &event.involved_object;
                *of.kind == *kind.info().kind && *of.name == **name && *of.api_version == kind.info().api_version()
            })
        })
        .collect();
    if events.is_empty() {
        let place = namespace.map(|name| format!(" in {name} namespace"));
        let text = format!("No events found{}.\n", place.unwrap_or_default());
        context.output.stderr.push_str(&text);
        return Ok(None);
    }
    events.sort_by_key(|event| last_seen(event));
    let now = api.time(context.cluster.now());
    let mut lines = Vec::new();
    let first = |title: &str| if all { vec![title.to_owned()] } else { Vec::new() };
    if !args.is_set("no-headers") {
        let titles = ["LAST SEEN", "TYPE", "REASON", "OBJECT", "MESSAGE"].map(str::to_owned);
        lines.push([first("NAMESPACE"), titles.to_vec()].concat());
    }
    for event in events {
        let about = &event.involved_object;
        let cells = [
            interval(event, now),
            event.kind.to_string(),
            event.reason.to_string(),
            format!("{}/{}", about.kind, about.name),
            event.message.trim().to_owned(),
        ];
        lines.push([first(&event.meta.namespace), cells.to_vec()].concat());
    }
    context.output.stdout.push_str(&printers::columns(&lines));
    Ok(None)
}

/// When an event was seen last.
// Models SortableEvents.
fn last_seen(event: &Event) -> Option<MicroTime> {
    let series = event.series.as_ref().and_then(|series| series.last_observed_time);
    let last = event.last_timestamp.map(crate::api::time::Time::to_micro);
    series.or(last).or(event.event_time)
}
