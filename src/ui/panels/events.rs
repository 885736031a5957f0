//! Lists of events, the latest first.

use yew::prelude::*;

use crate::api::core::Event;
use crate::api::time::Time;
use crate::api::{Kind, Str};
use crate::ui::components::ObjectLink;
use crate::ui::docs;
use crate::ui::format;
use crate::ui::handle::Look;
use crate::ui::hooks::{use_ui, use_view};
use crate::ui::selection::ObjectName;
use crate::view::engine::Cluster;

/// Events that are shown.
const SHOWN: usize = 60;
/// Up to so many events all are looked at; above, only the latest writes.
const ALL_MAX: usize = 4_000;

/// An event as it is shown.
#[derive(Clone, PartialEq)]
struct Row {
    uid: Str,
    at_ns: u64,
    warning: bool,
    reason: Str,
    message: Str,
    count: i32,
    object: Option<ObjectName>,
}

/// What is shown, and how many more there are.
#[derive(Clone, PartialEq)]
struct Rows {
    rows: Vec<Row>,
    more: usize,
}

/// Which events.
#[derive(Clone, PartialEq)]
struct Filter {
    about: Option<ObjectName>,
    warnings: bool,
}

fn last_time(event: &Event) -> Option<Time> {
    let series = event.series.as_ref().and_then(|series| series.last_observed_time);
    let precise = series.or(event.event_time).map(crate::api::time::MicroTime::to_time);
    event.last_timestamp.or(precise).or(event.first_timestamp)
}

fn count(event: &Event) -> i32 {
    event.series.as_ref().map_or(event.count, |series| series.count).max(1)
}

fn row(cluster: &Cluster, event: &Event) -> Row {
    let about = &event.involved_object;
    let kind = Kind::find(&about.api_version, &about.kind).or_else(|| Kind::first(|info| info.kind == &*about.kind));
    Row {
        uid: event.meta.uid.clone(),
        at_ns: last_time(event).map_or(0, |time| cluster.api().sim_time(time).0),
        warning: &*event.kind == "Warning",
        reason: event.reason.clone(),
        message: event.message.clone(),
        count: count(event),
        object: kind.map(|kind| {
            let namespace = if kind.info().namespaced {
                about.namespace.clone()
            } else {
                Str::from("")
            };
            ObjectName::new(kind, &namespace, &about.name)
        }),
    }
}

fn concerns(event: &Event, filter: &Filter) -> bool {
    let about = &event.involved_object;
    let fits = filter.about.as_ref().is_none_or(|object| {
        object.name == about.name
            && *about.kind == *object.kind_word()
            && (!object.kind.info().namespaced || object.namespace == about.namespace)
    });
    fits && (!filter.warnings || &*event.kind == "Warning")
}

fn rows(look: Look<'_>, filter: &Filter) -> Rows {
    let cluster = look.cluster();
    let api = cluster.api();
    let mut found: Vec<(i64, u64, &Event)> = Vec::new();
    let take = |event: &'_ std::rc::Rc<Event>| concerns(event, filter);
    let order = |event: &Event| (last_time(event).map_or(0, |time| time.0), event.meta.resource_version.0);
    if api.count(<Event as crate::api::Resource>::KIND) <= ALL_MAX {
        for event in api.list::<Event>(None).filter(|event| take(event)) {
            let (at, revision) = order(event);
            found.push((at, revision, event));
        }
    } else {
        let since = api.revision().saturating_sub(ALL_MAX as u64);
        let changes = api.changes_after(since).into_iter().flatten();
        for event in changes.filter_map(|change| <Event as crate::api::Resource>::of(&change.object)) {
            if take(event) {
                let (at, revision) = order(event);
                found.push((at, revision, event));
            }
        }
    }
    found.sort_unstable_by_key(|(at, revision, _)| std::cmp::Reverse((*at, *revision)));
    let mut rows = Rows {
        rows: Vec::new(),
        more: found.len().saturating_sub(SHOWN),
    };
    rows.rows
        .extend(found.iter().take(SHOWN).map(|(_, _, event)| row(cluster, event)));
    rows
}

/// What the list takes.
#[derive(Properties, PartialEq)]
pub(super) struct EventListProps {
    /// About what; none for all.
    #[prop_or_default]
    pub about: Option<ObjectName>,
    /// Only warnings.
    #[prop_or_default]
    pub warnings: bool,
}

/// A list of events.
#[component]
pub(super) fn EventList(props: &EventListProps) -> Html {
    let ui = use_ui();
    let texts = ui.texts();
    let filter = Filter {
        about: props.about.clone(),
        warnings: props.warnings,
    };
    let seen = use_view(filter, rows);
    if seen.rows.is_empty() {
        let key = if props.about.is_some() {
            "events.none.object"
        } else {
            "events.none"
        };
        return html! { <p class="nothing">{ texts.get(key) }</p> };
    }
    let line = |row: &Row| {
        let page = docs::of_reason(&row.reason, ui.language);
        html! {
            <li key={row.uid.to_string()} class={classes!("event", row.warning.then_some("warning"))}>
                <span class="event-time">{ format::coarse(row.at_ns) }</span>
                <div class="event-body">
                    <p class="event-head">
                        if let Some(page) = page {
                            <a class="reason" href={page} target="_blank" rel="noopener" title={texts.get("panel.docs")}>{ row.reason.to_string() }</a>
                        } else {
                            <span class="reason">{ row.reason.to_string() }</span>
                        }
                        if row.count > 1 { <span class="count">{ format!("×{}", row.count) }</span> }
                        if props.about.is_none() {
                            if let Some(object) = &row.object { <ObjectLink object={object.clone()} /> }
                        }
                    </p>
                    <p class="event-text">{ row.message.to_string() }</p>
                </div>
            </li>
        }
    };
    html! {
        <>
            <ol class="events">{ for seen.rows.iter().map(line) }</ol>
            if seen.more > 0 {
                <p class="nothing">{ texts.fill("events.more", &[("count", &seen.more.to_string())]) }</p>
            }
        </>
    }
}

/// All events, with the choice of warnings alone.
#[component]
pub(super) fn AllEvents() -> Html {
    let texts = use_ui().texts();
    let warnings = use_state_eq(|| false);
    let choice = |only: bool, key: &str| {
        let set = warnings.setter();
        html! {
            <button type="button" class="segment" aria-pressed={(*warnings == only).to_string()}
                onclick={Callback::from(move |_: MouseEvent| set.set(only))}>{ texts.get(key) }</button>
        }
    };
    html! {
        <section class="block">
            <header class="block-head">
                <h3>{ texts.get("events.title") }</h3>
                <div class="segments small" role="group" aria-label={texts.get("events.title")}>
                    { choice(false, "events.all") }{ choice(true, "events.warnings") }
                </div>
            </header>
            <EventList warnings={*warnings} />
        </section>
    }
}
