//! The link to this moment.

use web_sys::HtmlTextAreaElement;
use yew::prelude::*;

use crate::ui::components::{CopyButton, DialogFrame};
use crate::ui::handle::SessionHandle;
use crate::ui::hooks::{use_session, use_ui};
use crate::ui::state::Ui;

/// The fragment that holds this moment. It holds the scenario's text, not its name in the gallery: the gallery may change,
/// a link may not.
#[must_use]
pub fn share_link(session: &SessionHandle, ui: &Ui) -> String {
    session.look(|look| look.player.link("", ui.save()).encode())
}

/// The address of a page beside this one, without parameters and fragment.
#[must_use]
pub(in crate::ui) fn beside(page: &str) -> String {
    let base = web_sys::window().and_then(|window| window.document()?.base_uri().ok()?);
    let url = base.and_then(|base| web_sys::Url::new_with_base(page, &base).ok());
    url.map_or_else(String::new, |url| {
        url.set_search("");
        url.set_hash("");
        url.href()
    })
}

/// The link to this moment, and the lines that embed it.
#[component]
pub fn ShareDialog() -> Html {
    let (session, ui) = (use_session(), use_ui());
    let texts = ui.texts();
    // The moment is that at which the dialog opened, and time stands still meanwhile.
    let fragment = use_memo((), |()| {
        session.play(crate::session::Player::pause);
        let fragment = share_link(&session, &ui);
        write_address(&fragment);
        fragment
    });
    let link = AttrValue::from(format!("{}{fragment}", beside("./")));
    let embed = AttrValue::from(format!(
        "<iframe src=\"{}{fragment}\" title=\"Kubarium\" width=\"100%\" height=\"420\" loading=\"lazy\"></iframe>",
        beside("embed.html"),
    ));
    let field = use_node_ref();
    let manual = use_state_eq(|| false);
    let on_refused = {
        let (field, manual) = (field.clone(), manual.setter());
        Callback::from(move |()| {
            manual.set(true);
            if let Some(field) = field.cast::<HtmlTextAreaElement>() {
                field.select();
            }
        })
    };
    let select = Callback::from(|event: FocusEvent| event.target_unchecked_into::<HtmlTextAreaElement>().select());
    html! {
        <DialogFrame title={texts.get("share.title")} class="share">
            <p class="lead">{ texts.get("share.lead") }</p>
            <textarea ref={field} class="link" readonly=true rows="4" value={link.clone()} aria-label={texts.get("share.copy")}
                onfocus={select.clone()} />
            <div class="actions">
                <CopyButton text={link.clone()} label={texts.get("share.copy")} primary=true on_refused={on_refused.clone()} />
                <span class="share-note">
                    { if *manual { texts.get("share.manual") } else { texts.fill("share.length", &[("count", &link.len().to_string())]) } }
                </span>
            </div>
            <h3>{ texts.get("share.embed") }</h3>
            <textarea class="link" readonly=true rows="3" value={embed.clone()} aria-label={texts.get("share.embed")} onfocus={select} />
            <div class="actions"><CopyButton text={embed} label={texts.get("share.embed.copy")} {on_refused} /></div>
        </DialogFrame>
    }
}

/// Puts the link into the address, so that the address bar holds it too.
fn write_address(fragment: &str) {
    let history = web_sys::window().and_then(|window| window.history().ok());
    if let Some(history) = history {
        // It fails only for another site's address.
        history
            .replace_state_with_url(&wasm_bindgen::JsValue::NULL, "", Some(fragment))
            .ok();
    }
}
