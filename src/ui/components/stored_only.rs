//! The mark on objects that nothing acts on yet.

use yew::prelude::*;

use crate::ui::hooks::use_ui;

/// Says that an object is stored and shown, and nothing more.
#[component]
pub fn StoredOnly() -> Html {
    let texts = use_ui().texts();
    html! { <span class="stored-only" title={texts.get("stored.hint")}>{ texts.get("stored.mark") }</span> }
}
