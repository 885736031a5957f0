//! Short notices.

use gloo_timers::callback::Timeout;
use yew::prelude::*;

use super::button::IconButton;
use super::icon::Icon;
use crate::ui::hooks::use_ui;
use crate::ui::state::Action;

/// How long a notice stays.
const STAY_MS: u32 = 3_500;
const STAY_BAD_MS: u32 = 9_000;

/// Where notices appear. It is always there, so that screen readers announce what comes into it.
#[component]
pub fn ToastArea() -> Html {
    let ui = use_ui();
    let texts = ui.texts();
    let dispatcher = ui.dispatcher();
    use_effect_with(ui.toast.clone(), {
        let dispatcher = dispatcher.clone();
        move |toast| {
            let timer = toast.as_ref().map(|toast| {
                let number = toast.number;
                let stay = if toast.bad { STAY_BAD_MS } else { STAY_MS };
                Timeout::new(stay, move || dispatcher.dispatch(Action::Hush(number)))
            });
            move || drop(timer)
        }
    });
    html! {
        <div class="toasts" role="status" aria-live="polite">
            if let Some(toast) = &ui.toast {
                <div key={toast.number} class={classes!("toast", toast.bad.then_some("bad"))}>
                    <span>{ toast.text.clone() }</span>
                    <IconButton icon={Icon::Close} label={texts.get("close")} onclick={
                        let number = toast.number;
                        Callback::from(move |()| dispatcher.dispatch(Action::Hush(number)))
                    } />
                </div>
            }
        </div>
    }
}
