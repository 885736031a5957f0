//! The menu on a thing: its details, and the faults it can have. Each entry is a command that one can type too.

use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement, KeyboardEvent};
use yew::prelude::*;

use crate::api::Object;
use crate::ui::components::set_var;
use crate::ui::handle::Look;
use crate::ui::hooks::{use_ask, use_ui, use_view};
use crate::ui::i18n::Texts;
use crate::ui::selection::{DEPLOYMENT, NODE, ObjectName, POD};
use crate::ui::state::{Action, Menu, Tab};

/// What an entry does.
#[derive(Clone, PartialEq)]
enum Deed {
    /// Opens a page of the details.
    Open(Tab),
    /// Does this to the cluster.
    Act(String),
}

#[derive(Clone, PartialEq)]
struct Entry {
    text: String,
    deed: Deed,
    group: u8,
}

/// The menu of a pod, a node or a workload.
fn entries(look: Look<'_>, wanted: &(ObjectName, Texts)) -> Vec<Entry> {
    let (object, texts) = wanted;
    let mut entries = Vec::new();
    let mut add = |group: u8, text: String, deed: Deed| entries.push(Entry { text, deed, group });
    add(0, texts.get("menu.why"), Deed::Open(Tab::Why));
    add(0, texts.get("menu.yaml"), Deed::Open(Tab::Yaml));
    let words = object.words();
    let (name, flag) = (&object.name, object.namespace_flag());
    match object.find(look.glass()) {
        Some(Object::Pod(pod)) => {
            add(0, texts.get("menu.logs"), Deed::Open(Tab::Logs));
            for container in pod.spec.containers.iter() {
                let own = format!(" -c {}", container.name);
                let mut fault = |key: &str, verb: &str| {
                    let text = texts.fill(key, &[("name", &container.name)]);
                    add(1, text, Deed::Act(format!("{verb} pod/{name}{own}{flag}")));
                };
                fault("menu.kill", "kill");
                fault("menu.oom", "oom");
                fault("menu.failprobes", "fail-probes");
                fault("menu.passprobes", "pass-probes");
            }
        }
        Some(Object::Node(node)) => {
            add(
                1,
                texts.get("menu.failfor"),
                Deed::Act(format!("fail node/{name} for 90s")),
            );
            add(1, texts.get("menu.fail"), Deed::Act(format!("fail node/{name}")));
            add(1, texts.get("menu.recover"), Deed::Act(format!("recover node/{name}")));
            let (key, verb) = if node.spec.unschedulable {
                ("menu.uncordon", "uncordon")
            } else {
                ("menu.cordon", "cordon")
            };
            add(2, texts.get(key), Deed::Act(format!("kubectl {verb} {name}")));
            let drain = format!("kubectl drain {name} --ignore-daemonsets --delete-emptydir-data --force");
            add(2, texts.get("menu.drain"), Deed::Act(drain));
        }
        Some(Object::Deployment(deployment)) => {
            let replicas = deployment.spec.replicas.unwrap_or(1);
            let scale = |count: i32| Deed::Act(format!("kubectl scale {words} --replicas={}", count.max(0)));
            add(1, texts.get("menu.scaleup"), scale(replicas + 1));
            add(1, texts.get("menu.scaledown"), scale(replicas - 1));
            let rollout = |verb: &str| Deed::Act(format!("kubectl rollout {verb} {words}"));
            add(1, texts.get("menu.restartrollout"), rollout("restart"));
            add(1, texts.get("menu.undorollout"), rollout("undo"));
        }
        _ => {}
    }
    if object.kind != NODE {
        add(
            2,
            texts.get("menu.delete"),
            Deed::Act(format!("kubectl delete {words} --wait=false")),
        );
    }
    entries
}

/// Whether there is more than details in a kind's menu.
#[must_use]
pub(super) fn has_menu(object: &ObjectName) -> bool {
    [POD, NODE, DEPLOYMENT].contains(&object.kind)
}

/// The menu that is open, if any.
#[component]
pub fn ContextMenu() -> Html {
    let ui = use_ui();
    match &ui.menu {
        Some(menu) => html! { <OpenMenu menu={menu.clone()} /> },
        None => Html::default(),
    }
}

#[derive(Properties, PartialEq)]
struct OpenProps {
    menu: Menu,
}

#[component]
fn OpenMenu(props: &OpenProps) -> Html {
    let (ui, ask) = (use_ui(), use_ask());
    let object = &props.menu.object;
    let entries = use_view((object.clone(), ui.texts()), entries);
    let node = use_node_ref();
    use_effect_with((node.clone(), props.menu.at, entries.len()), |(node, at, _)| {
        if let Some(element) = node.cast::<HtmlElement>() {
            place(&element, *at);
        }
    });
    let close = {
        let ask = ask.clone();
        Callback::from(move |_: MouseEvent| ask.dispatch(Action::Menu(None)))
    };
    let item = |(index, entry): (usize, &Entry)| {
        let (ask, deed) = (ask.clone(), entry.deed.clone());
        let onclick = Callback::from(move |_: MouseEvent| {
            ask.dispatch(Action::Menu(None));
            match &deed {
                Deed::Act(text) => ask.act(text),
                Deed::Open(tab) => {
                    ask.dispatch(Action::Tab(*tab));
                    ask.dispatch(Action::Sheet(true));
                }
            }
        });
        let first = index > 0 && entries[index - 1].group != entry.group;
        let command = match &entry.deed {
            Deed::Act(text) => Some(text.clone()),
            Deed::Open(_) => None,
        };
        html! {
            <button key={index} type="button" role="menuitem" tabindex="-1" title={command}
                class={classes!("menu-item", first.then_some("menu-first"))} {onclick}>{ entry.text.clone() }</button>
        }
    };
    html! {
        <div class="menu-shade" onclick={close.clone()} oncontextmenu={Callback::from(move |event: MouseEvent| {
            event.prevent_default();
            close.emit(event);
        })}>
            <div ref={node} class="menu" role="menu" aria-label={object.name.to_string()} onkeydown={Callback::from(walk)}>
                <p class="menu-title"><span class="kind">{ object.kind_word() }</span>{ object.name.to_string() }</p>
                { for entries.iter().enumerate().map(item) }
            </div>
        </div>
    }
}

/// Puts the menu where it was asked for, within the window, and the focus on its first entry.
fn place(menu: &HtmlElement, (x, y): (f64, f64)) {
    let size = |value: Result<wasm_bindgen::JsValue, wasm_bindgen::JsValue>| value.ok()?.as_f64();
    let Some(window) = web_sys::window() else { return };
    let (width, height) = (size(window.inner_width()), size(window.inner_height()));
    let bounds = menu.get_bounding_client_rect();
    let inside = |at: f64, size: f64, room: Option<f64>| at.min(room.unwrap_or(at + size) - size - 8.0).max(8.0);
    set_var(menu, "--x", &format!("{}px", inside(x, bounds.width(), width)));
    set_var(menu, "--y", &format!("{}px", inside(y, bounds.height(), height)));
    focus(menu.query_selector("[role=menuitem]").ok().flatten());
}

fn focus(element: Option<Element>) {
    if let Some(element) = element.and_then(|element| element.dyn_into::<HtmlElement>().ok()) {
        // It fails only for what is gone.
        element.focus().ok();
    }
}

/// The arrow keys move between entries.
fn walk(event: KeyboardEvent) {
    let item = event.target().and_then(|target| target.dyn_into::<Element>().ok());
    let Some(item) = item.filter(|item| item.get_attribute("role").as_deref() == Some("menuitem")) else {
        return;
    };
    let next = match event.key().as_str() {
        "ArrowDown" => item.next_element_sibling(),
        "ArrowUp" => item.previous_element_sibling(),
        _ => return,
    };
    event.prevent_default();
    focus(next.filter(|next| next.get_attribute("role").as_deref() == Some("menuitem")));
}
