//! Lists of events, the latest first.

use yew::prelude::*;

use crate::ui::components::ObjectLink;
use crate::ui::docs;
use crate::ui::format;
use crate::ui::handle::Look;
use crate::ui::hooks::{use_ui, use_view};
use crate::ui::selection::ObjectName;
use crate::view::{EventRow, EventRows};

/// Events that are shown.
const SHOWN: usize = 60;
/// Which events.
#[derive(Clone, PartialEq)]
struct Filter {
    about: Option<ObjectName>,
    warnings: bool,
}

fn rows(look: Look<'_>, filter: &Filter) -> EventRows {
    let about = filter.about.as_ref().map(|object| (object.kind, object.key()));
    let about = about.as_ref().map(|(kind, key)| (*kind, key));
    look.glass().events(about, filter.warnings, SHOWN)
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
    let line = |row: &EventRow| {
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
                            if let Some((kind, namespace, name)) = &row.about { <ObjectLink object={ObjectName::new(*kind, namespace, name)} /> }
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
