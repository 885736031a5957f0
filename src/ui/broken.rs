//! The page that a link opens which cannot be read.

use yew::platform::spawn_local;
use yew::prelude::*;

use super::components::{Icon, icon};
use super::document::dress;
use super::i18n::Texts;
use super::start::{self, Broken, Opener, Opening};
use super::storage;

/// What the page takes.
#[derive(Properties, PartialEq)]
pub(super) struct BrokenProps {
    /// What is wrong.
    pub broken: Broken,
    /// Opens something instead.
    pub open: Opener,
    /// Whether it is in another page.
    pub embedded: bool,
}

/// Takes the link out of the address: opening something else must not bring it back.
fn forget_address() {
    let Some(window) = web_sys::window() else { return };
    let path = window.location().pathname().unwrap_or_default();
    if let Ok(history) = window.history() {
        // It fails only for another site's address.
        history
            .replace_state_with_url(&wasm_bindgen::JsValue::NULL, "", Some(&path))
            .ok();
    }
}

/// Says why a link cannot be opened, and offers what can be done.
#[component]
pub(super) fn BrokenPage(props: &BrokenProps) -> Html {
    let first = use_memo((), |()| start::first_ui(!props.embedded));
    let texts = Texts(first.language);
    use_effect_with((), {
        let (language, theme) = (first.language, first.theme());
        move |()| dress(language.code(), theme)
    });
    let embedded = props.embedded;
    let choose = |opening: Callback<Opener>| {
        let open = props.open.clone();
        Callback::from(move |_: MouseEvent| {
            if !embedded {
                forget_address();
            }
            opening.emit(open.clone());
        })
    };
    let saved = props.broken.saved.clone();
    let open_saved = choose(Callback::from({
        let saved = saved.clone();
        move |open: Opener| open.emit(Opening::scenario(saved.as_deref().unwrap_or_default()))
    }));
    let open_work = choose(Callback::from(|open: Opener| {
        spawn_local(async move { open.emit(start::last_work().await.unwrap_or_else(Opening::first)) });
    }));
    let open_first = choose(Callback::from(|open: Opener| open.emit(Opening::first())));
    let has_work = !embedded && storage::load_work(false).is_some();
    html! {
        <main class="broken">
            <div class="broken-card" role="alert">
                <p class="broken-sign">{ icon(Icon::Warning) }</p>
                <h1>{ texts.get("broken.title") }</h1>
                <p class="broken-why">{ props.broken.sentence(texts) }</p>
                <p>{ texts.get("broken.hint") }</p>
                if let Some(saved) = &saved {
                    <h2>{ texts.get("broken.salvage") }</h2>
                    <pre class="code" tabindex="0">{ saved.clone() }</pre>
                }
                <div class="actions">
                    if saved.is_some() { <button type="button" class="button primary" onclick={open_saved}>{ texts.get("broken.open") }</button> }
                    if has_work { <button type="button" class="button" onclick={open_work}>{ texts.get("broken.work") }</button> }
                    <button type="button" class="button" onclick={open_first}>{ texts.get("broken.new") }</button>
                </div>
            </div>
        </main>
    }
}
