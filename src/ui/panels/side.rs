//! The panel at the side: the details of what is selected, else the whole cluster. On a narrow screen a sheet from below.

use yew::prelude::*;

use super::details::Details;
use super::overview::{ControlPlaneDetails, InternetDetails, Overview, QueueDetails};
use crate::ui::components::{Icon, IconButton};
use crate::ui::hooks::use_ui;
use crate::ui::selection::Selection;
use crate::ui::state::Action;

/// The panel at the side.
#[component]
pub fn SidePanel() -> Html {
    let ui = use_ui();
    let texts = ui.texts();
    let close = {
        let dispatcher = ui.dispatcher();
        Callback::from(move |()| {
            dispatcher.dispatch(Action::Select(None));
            dispatcher.dispatch(Action::Sheet(false));
        })
    };
    let body = match &ui.selection {
        Some(Selection::Object(object)) => html! { <Details object={object.clone()} /> },
        Some(Selection::ControlPlane) => html! { <ControlPlaneDetails /> },
        Some(Selection::Queue) => html! { <QueueDetails /> },
        Some(Selection::Internet) => html! { <InternetDetails /> },
        None => html! { <Overview /> },
    };
    let closable = ui.selection.is_some() || ui.sheet;
    html! {
        <aside class={classes!("side", ui.sheet.then_some("open"))} aria-label={texts.get("panel.label")}>
            if closable {
                <IconButton class="side-close" icon={Icon::Close} label={texts.get("panel.close")} onclick={close} />
            }
            { body }
        </aside>
    }
}
