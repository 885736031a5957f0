//! The page as a guest in another: the picture, a few controls, and nothing that reaches beyond its frame.
//!
//! `embed.html?panes=&controls=&theme=auto|light|dark&run=visible|click|off&lang=#v1:...`

use js_sys::{Array, Object, Reflect};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Element, IntersectionObserver, IntersectionObserverEntry, MessageEvent, ResizeObserver};
use yew::prelude::*;

use super::components::{Icon, ToastArea, icon};
use super::handle::SessionHandle;
use super::hooks::{use_listener, use_session, use_ui, use_view};
use super::panels::{
    ContextMenu, Picture, PlayButton, SidePanel, SpeedSlider, Terminal, Timeline, ViewSwitch, beside, share_link,
};
use super::selection::{ObjectName, Selection};
use super::start::parameters;
use super::state::Action;
use super::storage::theme_of;
use crate::session::Player;
use crate::ui::components::IconButton;
use crate::ui::format;

/// When it runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Run {
    /// As soon as it is in sight.
    Visible,
    /// When it is clicked.
    Click,
    /// When somebody presses play.
    Off,
}

/// What the address asks for.
#[derive(Clone, Debug, PartialEq)]
struct Wanted {
    panes: Vec<String>,
    controls: Vec<String>,
    run: Run,
}

impl Wanted {
    fn read() -> Self {
        let parameters = parameters();
        let parameter = |name: &str| parameters.as_ref()?.get(name).filter(|value| !value.is_empty());
        let list = |name: &str, default: &str| {
            let value = parameter(name).unwrap_or_else(|| default.to_owned());
            value.split(',').map(|item| item.trim().to_owned()).collect()
        };
        Self {
            panes: list("panes", "graph"),
            controls: list("controls", "play,step,time,speed,view,full"),
            run: match parameter("run").as_deref() {
                Some("click") => Run::Click,
                Some("off") => Run::Off,
                _ => Run::Visible,
            },
        }
    }

    fn shows(&self, pane: &str) -> bool {
        self.panes.iter().any(|own| own == pane)
    }

    fn has(&self, control: &str) -> bool {
        self.controls.iter().any(|own| own == control)
    }
}

/// The page as a guest.
#[component]
pub fn EmbedPage() -> Html {
    let (session, ui) = (use_session(), use_ui());
    let texts = ui.texts();
    let wanted = use_memo((), |()| Wanted::read());
    let started = use_state_eq(|| false);
    let frame = use_node_ref();
    use_sight(&frame, wanted.run == Run::Visible);
    use_height(&frame, wanted.panes.len() > 1);
    use_host(&session);
    let terminal = wanted.shows("terminal");
    use_effect_with(terminal, {
        let dispatcher = ui.dispatcher();
        move |terminal| dispatcher.dispatch(Action::Terminal(*terminal))
    });
    // Nothing runs unseen: time stands still until the frame is in sight, or is clicked.
    use_memo((), |()| session.play(Player::pause));
    let playing = *use_view((), |look, ()| look.player.is_playing());
    if playing && !*started {
        started.set(true);
    }
    let begin = {
        let session = session.clone();
        Callback::from(move |_: MouseEvent| session.play(Player::play))
    };
    let details = wanted.shows("details") || wanted.shows("events");
    html! {
        <div ref={frame} class={classes!("embed", details.then_some("with-side"))}>
            <main class="stage">
                <Picture embedded=true />
                if wanted.run == Run::Click && !*started {
                    <button type="button" class="embed-run" onclick={begin}>{ icon(Icon::Play) }<span>{ texts.get("embed.run") }</span></button>
                }
                if !details { <WhyStrip /> }
                <Terminal />
            </main>
            if details { <SidePanel /> }
            if wanted.has("play") || wanted.has("time") { <Deck wanted={(*wanted).clone()} /> }
            <ContextMenu />
            <ToastArea />
        </div>
    }
}

#[derive(Properties, PartialEq)]
struct DeckProps {
    wanted: Wanted,
}

/// The controls.
#[component]
fn Deck(props: &DeckProps) -> Html {
    let (session, ui) = (use_session(), use_ui());
    let texts = ui.texts();
    let wanted = &props.wanted;
    let now = *use_view((), |look, ()| look.now_ns() / 100_000_000);
    let step = {
        let session = session.clone();
        Callback::from(move |()| {
            session.play(|player| {
                player.pause();
                player.step();
            });
        })
    };
    let full = Callback::from(move |()| {
        let address = format!("{}{}", beside("./"), share_link(&session, &ui));
        if let Some(window) = web_sys::window() {
            // It fails where the host forbids it.
            window.open_with_url_and_target(&address, "_blank").ok();
        }
    });
    html! {
        <section class="embed-deck" aria-label={texts.get("transport.label")}>
            if wanted.has("play") { <PlayButton /> }
            if wanted.has("step") { <IconButton icon={Icon::Step} label={texts.get("transport.step")} onclick={step} /> }
            <output class="clock" title={texts.get("transport.clock")}>{ format::clock(now * 100_000_000) }</output>
            if wanted.has("time") { <Timeline /> }
            if wanted.has("speed") { <SpeedSlider /> }
            if wanted.has("view") { <ViewSwitch /> }
            if wanted.has("full") { <IconButton icon={Icon::Out} label={texts.get("embed.full")} onclick={full} /> }
        </section>
    }
}

/// Why the selected thing is as it is, in a sentence over the picture.
#[component]
fn WhyStrip() -> Html {
    let ui = use_ui();
    let said = use_view((ui.selection.clone(), ui.language), |look, (selection, language)| {
        let Some(Selection::Object(object)) = selection else {
            return None;
        };
        let why = look.why(object)?;
        Some((object.clone(), language.say(&why.sentence)))
    });
    let Some((object, sentence)): &Option<(ObjectName, String)> = &said else {
        return Html::default();
    };
    html! { <p class="why-strip" role="status"><b>{ object.name.to_string() }</b>{ " " }{ sentence.clone() }</p> }
}

/// Stops time while the frame is out of sight, and plays when it first comes into it, if that is wanted.
#[hook]
fn use_sight(frame: &NodeRef, plays: bool) {
    let session = use_session();
    use_effect_with(frame.clone(), move |frame| {
        let begun = std::cell::Cell::new(false);
        let closure = Closure::<dyn FnMut(Array)>::new(move |entries: Array| {
            let last = entries.pop().dyn_into::<IntersectionObserverEntry>();
            let in_sight = last.is_ok_and(|entry| entry.is_intersecting());
            session.set_in_sight(in_sight);
            if in_sight && plays && !begun.replace(true) {
                session.play(Player::play);
            }
        });
        let observer = IntersectionObserver::new(closure.as_ref().unchecked_ref()).ok();
        if let (Some(observer), Some(element)) = (&observer, frame.cast::<Element>()) {
            observer.observe(&element);
        }
        move || {
            if let Some(observer) = observer {
                observer.disconnect();
            }
            drop(closure);
        }
    });
}

/// The picture's height for a width, CSS pixels; then what stands below it.
fn wanted_height(width: f64, more: bool) -> f64 {
    let picture = (width * 0.56).clamp(260.0, 480.0);
    picture + 52.0 + if more { 160.0 } else { 0.0 }
}

/// Tells the host which height suits the width. It depends on the width alone, so that the two never chase each other.
#[hook]
fn use_height(frame: &NodeRef, more: bool) {
    use_effect_with((frame.clone(), more), |(frame, more)| {
        let (own, more) = (frame.clone(), *more);
        let last = std::cell::Cell::new(0.0);
        let closure = Closure::<dyn FnMut()>::new(move || {
            let Some(element) = own.cast::<Element>() else { return };
            let height = wanted_height(f64::from(element.client_width()), more).round();
            if last.replace(height) != height {
                tell_host("kubarium:height", "height", &height.into());
            }
        });
        let observer = ResizeObserver::new(closure.as_ref().unchecked_ref()).ok();
        if let (Some(observer), Some(element)) = (&observer, frame.cast::<Element>()) {
            observer.observe(&element);
        }
        move || {
            if let Some(observer) = observer {
                observer.disconnect();
            }
            drop(closure);
        }
    });
}

fn tell_host(kind: &str, name: &str, value: &JsValue) {
    let Some(window) = web_sys::window() else { return };
    let Ok(Some(parent)) = window.parent() else { return };
    let message = Object::new();
    for (key, value) in [("type", &JsValue::from(kind)), (name, value)] {
        // It fails only for what is no object.
        Reflect::set(&message, &key.into(), value).ok();
    }
    // What is told is no secret: any host may hear it.
    parent.post_message(&message, "*").ok();
}

/// Listens to the host: `{type: "kubarium:theme", theme}`, `{type: "kubarium:play"}`, `{type: "kubarium:pause"}`.
#[hook]
fn use_host(session: &SessionHandle) {
    let ui = use_ui();
    let session = session.clone();
    use_effect_with((), |()| tell_host("kubarium:ready", "version", &"1".into()));
    use_listener("message", move |event| {
        let Some(event) = event.dyn_ref::<MessageEvent>() else {
            return;
        };
        let field = |name: &str| Reflect::get(&event.data(), &name.into()).ok()?.as_string();
        match field("type").as_deref() {
            Some("kubarium:play") => session.play(Player::play),
            Some("kubarium:pause") => session.play(Player::pause),
            Some("kubarium:theme") => {
                if let Some(choice) = field("theme").and_then(|name| theme_of(&name)) {
                    ui.dispatch(Action::Theme(choice));
                }
            }
            _ => {}
        }
    });
}
