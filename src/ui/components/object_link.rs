//! The name of an object, to select it by.

use yew::prelude::*;

use crate::ui::hooks::use_ui;
use crate::ui::selection::{ObjectName, Selection};
use crate::ui::state::Action;

/// What the link takes.
#[derive(Properties, PartialEq)]
pub struct ObjectLinkProps {
    /// The object.
    pub object: ObjectName,
    /// Whether its kind is written too.
    #[prop_or_default]
    pub with_kind: bool,
}

/// The name of an object; selects it.
#[component]
pub fn ObjectLink(props: &ObjectLinkProps) -> Html {
    let ui = use_ui();
    let onclick = {
        let (dispatcher, object) = (ui.dispatcher(), props.object.clone());
        Callback::from(move |_: MouseEvent| {
            dispatcher.dispatch(Action::Select(Some(Selection::Object(object.clone()))));
        })
    };
    html! {
        <button type="button" class="object-link" {onclick}>
            if props.with_kind { <span class="kind">{ props.object.kind_word() }</span> }
            { props.object.name.to_string() }
        </button>
    }
}
