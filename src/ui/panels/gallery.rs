//! The gallery: scenarios that come with the page.

use yew::platform::spawn_local;
use yew::prelude::*;

use crate::ui::components::DialogFrame;
use crate::ui::gallery::{self, Item};
use crate::ui::hooks::use_ui;
use crate::ui::start::{Opener, Opening};
use crate::ui::state::Action;

/// The gallery.
#[component]
pub fn GalleryDialog() -> Html {
    let ui = use_ui();
    let texts = ui.texts();
    let open = use_context::<Opener>();
    let list = use_state(|| None::<Result<Vec<Item>, String>>);
    use_effect_with((), {
        let list = list.setter();
        move |()| spawn_local(async move { list.set(Some(gallery::list().await)) })
    });
    let choose = {
        let dispatcher = ui.dispatcher();
        Callback::from(move |name: String| {
            let (open, dispatcher) = (open.clone(), dispatcher.clone());
            spawn_local(async move {
                let text = if name.is_empty() {
                    Some(String::new())
                } else {
                    gallery::text(&name).await
                };
                let Some((text, open)) = text.zip(open) else {
                    return dispatcher.dispatch(Action::Say(
                        texts.fill("gallery.missing", &[("name", &name)]).into(),
                        true,
                    ));
                };
                open.emit(Opening::scenario(&text));
                address(&name);
            });
        })
    };
    let card = |name: &str, number: usize, title: &str, text: &str| {
        let (choose, own) = (choose.clone(), name.to_owned());
        html! {
            <li key={name.to_owned()}>
                <button type="button" class="card" onclick={Callback::from(move |_: MouseEvent| choose.emit(own.clone()))}>
                    <span class="card-number" aria-hidden="true">{ format!("{number:02}") }</span>
                    <strong>{ title.to_owned() }</strong>
                    <span class="card-text">{ text.to_owned() }</span>
                </button>
            </li>
        }
    };
    let body = match &*list {
        None => html! { <p class="nothing">{ texts.get("app.loading") }</p> },
        Some(Err(why)) => html! { <p class="nothing">{ texts.fill("gallery.failed", &[("why", why)]) }</p> },
        Some(Ok(items)) => {
            let item = |(number, item): &(usize, &Item)| {
                card(&item.name, *number, item.title(ui.language), item.text(ui.language))
            };
            let numbered: Vec<(usize, &Item)> = (1..).zip(items).collect();
            let groups = numbered.chunk_by(|(_, one), (_, next)| one.group == next.group);
            html! {
                <>
                    { for groups.map(|group| html! {
                        <section class="card-group">
                            <h3>{ texts.get(heading(&group[0].1.group)) }</h3>
                            <ul class="cards">{ for group.iter().map(item) }</ul>
                        </section>
                    }) }
                    <ul class="cards">{ card("", 0, &texts.get("gallery.empty"), &texts.get("gallery.empty.text")) }</ul>
                </>
            }
        }
    };
    html! {
        <DialogFrame title={texts.get("gallery.title")} class="gallery">
            <p class="lead">{ texts.get("gallery.lead") }</p>
            { body }
        </DialogFrame>
    }
}

/// The text above a group.
fn heading(group: &str) -> &'static str {
    match group {
        "pods" => "gallery.pods",
        "workloads" => "gallery.workloads",
        "network" => "gallery.network",
        "storage" => "gallery.storage",
        "nodes" => "gallery.nodes",
        _ => "gallery.first",
    }
}

/// Writes the scenario's name into the address, so that it can be copied from there.
fn address(name: &str) {
    let Some(window) = web_sys::window() else { return };
    let path = window.location().pathname().unwrap_or_default();
    let address = if name.is_empty() {
        path
    } else {
        format!("{path}?scenario={name}")
    };
    if let Ok(history) = window.history() {
        // It fails only for another site's address.
        history
            .replace_state_with_url(&wasm_bindgen::JsValue::NULL, "", Some(&address))
            .ok();
    }
}
