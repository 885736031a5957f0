//! Copying a text.

use gloo_timers::callback::Timeout;
use wasm_bindgen_futures::JsFuture;
use yew::platform::spawn_local;
use yew::prelude::*;

use super::button::Button;
use super::icon::Icon;
use crate::ui::hooks::use_ui;

/// Copies a text; says whether the browser let it.
pub async fn copy_text(text: &str) -> bool {
    let Some(window) = web_sys::window() else { return false };
    // The clipboard is missing on pages that came over plain HTTP.
    if !window.is_secure_context() {
        return false;
    }
    let promise = window.navigator().clipboard().write_text(text);
    JsFuture::from(promise).await.is_ok()
}

/// What a copy button takes.
#[derive(Properties, PartialEq)]
pub struct CopyProps {
    /// What is copied.
    pub text: AttrValue,
    /// Its words.
    pub label: AttrValue,
    /// Whether it is the one to press.
    #[prop_or_default]
    pub primary: bool,
    /// Called when the browser does not let it.
    #[prop_or_default]
    pub on_refused: Callback<()>,
}

/// How long the button says that it has copied.
const SAID_MS: u32 = 1600;

/// A button that copies a text and says so.
#[component]
pub fn CopyButton(props: &CopyProps) -> Html {
    let ui = use_ui();
    let done = use_state_eq(|| false);
    let timer = use_mut_ref(|| None::<Timeout>);
    let onclick = {
        let (text, refused, done) = (props.text.clone(), props.on_refused.clone(), done.setter());
        Callback::from(move |()| {
            let (text, refused, done, timer) = (text.clone(), refused.clone(), done.clone(), timer.clone());
            spawn_local(async move {
                if copy_text(&text).await {
                    done.set(true);
                    *timer.borrow_mut() = Some(Timeout::new(SAID_MS, move || done.set(false)));
                } else {
                    refused.emit(());
                }
            });
        })
    };
    let label = if *done {
        ui.texts().get("share.copied").into()
    } else {
        props.label.clone()
    };
    let icon = if *done { Icon::Check } else { Icon::Copy };
    html! { <Button {icon} {label} primary={props.primary} {onclick} /> }
}
