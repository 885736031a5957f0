//! A dialog: the browser's own, which keeps the focus inside and closes with Escape.

use web_sys::HtmlDialogElement;
use yew::prelude::*;

use super::button::IconButton;
use super::icon::Icon;
use crate::ui::hooks::use_ui;
use crate::ui::state::Action;

/// What a dialog takes.
#[derive(Properties, PartialEq)]
pub struct DialogProps {
    /// Its title.
    pub title: AttrValue,
    /// More classes.
    #[prop_or_default]
    pub class: Classes,
    /// What is in it.
    pub children: Html,
}

/// A dialog over the page.
#[component]
pub fn DialogFrame(props: &DialogProps) -> Html {
    let ui = use_ui();
    let node = use_node_ref();
    use_effect_with(node.clone(), |node| {
        if let Some(dialog) = node.cast::<HtmlDialogElement>() {
            // It fails only when it is open already.
            dialog.show_modal().ok();
        }
    });
    let close = {
        let dispatcher = ui.dispatcher();
        Callback::from(move |()| dispatcher.dispatch(Action::Dialog(None)))
    };
    let onclose = close.reform(|_: Event| ());
    // A click beside the dialog hits its backdrop, which is the dialog itself.
    let onclick = {
        let (node, close) = (node.clone(), close.clone());
        Callback::from(move |event: MouseEvent| {
            if event.target() == node.get().map(Into::into) {
                close.emit(());
            }
        })
    };
    html! {
        <dialog ref={node} class={classes!("dialog", props.class.clone())} aria-label={props.title.clone()} {onclose} {onclick}>
            <div class="dialog-body">
                <header class="dialog-head">
                    <h2>{ props.title.clone() }</h2>
                    <IconButton icon={Icon::Close} label={ui.texts().get("close")} onclick={close} />
                </header>
                { props.children.clone() }
            </div>
        </dialog>
    }
}
