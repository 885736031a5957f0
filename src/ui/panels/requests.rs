//! The latest requests: what came of each, and why it went the way it did.

use yew::prelude::*;

use crate::ui::format;
use crate::ui::hooks::{use_ui, use_view};
use crate::ui::selection::ObjectName;
use crate::view::SentRow;

/// Requests that are listed.
const SHOWN: usize = 12;

/// What the list takes.
#[derive(Properties, PartialEq)]
pub(super) struct RequestsProps {
    /// A Service or an Ingress that they passed; none for all.
    #[prop_or_default]
    pub by: Option<ObjectName>,
}

/// The latest requests. Each opens on its way.
#[component]
pub(super) fn Requests(props: &RequestsProps) -> Html {
    let ui = use_ui();
    let texts = ui.texts();
    let rows = use_view((props.by.clone(), ui.language), |look, (by, language)| {
        let by = by.as_ref().map(|object| (object.kind_word(), object.key()));
        look.glass()
            .sent(by.as_ref().map(|(kind, key)| (*kind, key)), *language, SHOWN)
    });
    if rows.is_empty() {
        return Html::default();
    }
    html! {
        <section class="block">
            <h3>{ texts.get("requests.title") }</h3>
            <ol class="requests">{ for rows.iter().map(|row| line(row, &texts.get("requests.none"))) }</ol>
        </section>
    }
}

fn line(row: &SentRow, none: &str) -> Html {
    let (tone, word) = match row.status {
        0 => ("bad", none.to_owned()),
        status @ 500.. => ("bad", status.to_string()),
        status @ 400.. => ("warn", status.to_string()),
        status => ("good", status.to_string()),
    };
    let hop = |(place, rule): &(String, String)| html! { <li><b>{ place.clone() }</b>{ " " }{ rule.clone() }</li> };
    html! {
        <li key={row.id}>
            <details>
                <summary>
                    <span class="event-time">{ format::coarse(row.at_ns) }</span>
                    <span class={classes!("pill", tone)}>{ word }</span>
                    <span class="request-what">{ row.what.clone() }</span>
                </summary>
                <ol class="hops">{ for row.hops.iter().map(hop) }</ol>
                if !row.error.is_empty() { <p class="event-text">{ row.error.clone() }</p> }
            </details>
        </li>
    }
}
