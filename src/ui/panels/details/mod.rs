//! The details of an object: why first, then its status, events, YAML and logs.

mod containers;
mod logs;
mod matrix;
mod props;
mod status;
mod why;
mod yaml;

use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement, KeyboardEvent};
use yew::prelude::*;

use self::logs::Logs;
use self::props::ObjectProps;
use self::status::Status;
use self::why::WhyPage;
use self::yaml::YamlPage;
use super::events::EventList;
use super::menu::has_menu;
use crate::ui::components::{Icon, StoredOnly, icon};
use crate::ui::docs;
use crate::ui::handle::Look;
use crate::ui::hooks::{use_ui, use_view};
use crate::ui::selection::{ObjectName, POD};
use crate::ui::state::{Action, Menu, Tab};
use crate::view::is_simulated;
use crate::view::scene::PodState;

/// Whether the object is there, and for a pod its state and kubectl's word for it.
#[derive(PartialEq)]
struct Head {
    is_there: bool,
    pod: Option<(PodState, String)>,
}

fn head(look: Look<'_>, object: &ObjectName) -> Head {
    let is = |namespace: &str, name: &str| *namespace == *object.namespace && *name == *object.name;
    let pod = look
        .scene
        .pods
        .iter()
        .find(|pod| object.kind == POD && is(&pod.namespace, &pod.name));
    Head {
        is_there: object.find(look.glass()).is_some(),
        pod: pod.map(|pod| (pod.state_at(look.now_ns()), pod.status.to_string())),
    }
}

/// The tone of a state, a class of the style sheet.
#[must_use]
pub(super) const fn tone(state: PodState) -> &'static str {
    match state {
        PodState::Ready => "good",
        PodState::Running | PodState::ContainerCreating => "active",
        PodState::NotReady => "warn",
        PodState::CrashLoopBackOff | PodState::Error => "bad",
        PodState::ImagePullBackOff => "image",
        PodState::Terminating => "leaving",
        PodState::Pending => "waiting",
        PodState::Completed | PodState::Unknown => "over",
    }
}

/// The details of an object.
#[component]
pub(super) fn Details(props: &ObjectProps) -> Html {
    let ui = use_ui();
    let texts = ui.texts();
    let object = &props.object;
    let head = use_view(object.clone(), head);
    let menu = {
        let (dispatcher, object) = (ui.dispatcher(), object.clone());
        Callback::from(move |event: MouseEvent| {
            let at = (f64::from(event.client_x()), f64::from(event.client_y()));
            let object = object.clone();
            dispatcher.dispatch(Action::Menu(Some(Menu { object, at })));
        })
    };
    let page = docs::of_kind(object.kind_word(), ui.language);
    html! {
        <div class="details">
            <header class="details-head">
                <p class="details-kind">
                    <span class="kind">{ object.kind_word() }</span>
                    if !object.namespace.is_empty() { <span class="namespace">{ object.namespace.to_string() }</span> }
                    if let Some(page) = page {
                        <a class="doc-link" href={page} target="_blank" rel="noopener" title={texts.get("panel.docs")}
                            aria-label={texts.get("panel.docs")}>{ icon(Icon::Book) }</a>
                    }
                </p>
                <h2>{ object.name.to_string() }</h2>
                <div class="details-line">
                    if let Some((state, word)) = &head.pod {
                        <span class={classes!("pill", tone(*state))} title={texts.get(&format!("state.{}", state.name()))}>{ word.clone() }</span>
                        <span class="details-state">{ texts.get(&format!("state.{}", state.name())) }</span>
                    }
                    if !is_simulated(object.kind) {
                        <StoredOnly />
                        <span class="details-state">{ texts.get("stored.hint") }</span>
                    }
                </div>
                if has_menu(object) && head.is_there {
                    <button type="button" class="icon-button details-menu" title={texts.get("panel.menu")}
                        aria-label={texts.get("panel.menu")} aria-haspopup="menu" onclick={menu}>{ icon(Icon::More) }</button>
                }
            </header>
            if head.is_there {
                <Pages object={object.clone()} />
            } else {
                <p class="nothing">{ texts.get("panel.gone") }</p>
                <EventList about={object.clone()} />
            }
        </div>
    }
}

const TABS: [(Tab, &str); 5] = [
    (Tab::Why, "tab.why"),
    (Tab::Status, "tab.status"),
    (Tab::Events, "tab.events"),
    (Tab::Yaml, "tab.yaml"),
    (Tab::Logs, "tab.logs"),
];

/// The pages, and their tabs.
#[component]
fn Pages(props: &ObjectProps) -> Html {
    let ui = use_ui();
    let texts = ui.texts();
    let object = &props.object;
    let says_why = use_view(object.clone(), |look, object| look.why(object).is_some());
    let has = |tab: Tab| match tab {
        Tab::Why => *says_why,
        Tab::Logs => object.kind == POD,
        _ => true,
    };
    let tabs: Vec<_> = TABS.into_iter().filter(|(tab, _)| has(*tab)).collect();
    let chosen = if has(ui.tab) { ui.tab } else { tabs[0].0 };
    let tab = |(tab, key): &(Tab, &str)| {
        let (dispatcher, tab) = (ui.dispatcher(), *tab);
        let on = tab == chosen;
        html! {
            <button key={*key} type="button" role="tab" class="tab" aria-selected={on.to_string()} tabindex={if on { "0" } else { "-1" }}
                onclick={Callback::from(move |_: MouseEvent| dispatcher.dispatch(Action::Tab(tab)))}>{ texts.get(key) }</button>
        }
    };
    let page = match chosen {
        Tab::Why => html! { <WhyPage object={object.clone()} /> },
        Tab::Status => html! { <Status object={object.clone()} /> },
        Tab::Events => html! { <EventList about={object.clone()} /> },
        Tab::Yaml => html! { <YamlPage object={object.clone()} /> },
        Tab::Logs => html! { <Logs object={object.clone()} /> },
    };
    html! {
        <>
            <div class="tabs" role="tablist" onkeydown={Callback::from(walk)}>{ for tabs.iter().map(tab) }</div>
            <div class="page" role="tabpanel">{ page }</div>
        </>
    }
}

/// The arrow keys move between tabs and open them.
fn walk(event: KeyboardEvent) {
    let tab = event.target().and_then(|target| target.dyn_into::<Element>().ok());
    let next = match (event.key().as_str(), tab) {
        ("ArrowRight", Some(tab)) => tab.next_element_sibling(),
        ("ArrowLeft", Some(tab)) => tab.previous_element_sibling(),
        _ => return,
    };
    event.prevent_default();
    if let Some(next) = next.and_then(|next| next.dyn_into::<HtmlElement>().ok()) {
        // It fails only for what is gone.
        next.focus().ok();
        next.click();
    }
}
