//! The picture alone on a made-up cluster.
//!
//! The page's address says what: `?pods=3000&nodes=100&view=traffic&theme=dark&at=20&speed=1&churn=0.01&swap=900`.
//! `at` is the second to begin with, `speed` 0 holds it, `churn` is the share of pods looked after each frame, `swap`
//! changes the view every so many milliseconds so that all pods move. Without churn only time passes. Costs are on `globalThis.sceneStats`.

use super::demo::{Demo, SECOND};
use super::web::{ClusterCanvas, Frame, FrameStats, SceneHandle, SceneSource};
use super::{Palette, Target, Theme, View};
use crate::view::scene::Scene;
use js_sys::{Array, Reflect};
use std::cell::RefCell;
use std::rc::Rc;
use yew::prelude::*;

/// What the address says.
#[derive(Clone, Debug, PartialEq)]
struct Options {
    pods: u32,
    nodes: u32,
    at_s: f64,
    speed: f64,
    churn: f64,
    swap_ms: u32,
    view: View,
    theme: Theme,
    select: Option<u64>,
    embedded: bool,
}

impl Options {
    fn of(search: &str) -> Self {
        let value = |name: &str| {
            let pairs = search
                .trim_start_matches('?')
                .split('&')
                .filter_map(|pair| pair.split_once('='));
            pairs
                .into_iter()
                .find(|(key, _)| *key == name)
                .map(|(_, value)| value.to_owned())
        };
        let number = |name: &str, default: f64| value(name).and_then(|text| text.parse().ok()).unwrap_or(default);
        let pods = number("pods", 30.0) as u32;
        Self {
            pods,
            nodes: number("nodes", (f64::from(pods) / 30.0).ceil().max(3.0)) as u32,
            at_s: number("at", 20.0),
            speed: number("speed", 1.0),
            churn: number("churn", 0.02),
            swap_ms: number("swap", 0.0) as u32,
            view: if value("view").as_deref() == Some("traffic") {
                View::Traffic
            } else {
                View::Nodes
            },
            theme: if value("theme").as_deref() == Some("dark") {
                Theme::Dark
            } else {
                Theme::Light
            },
            select: value("select").and_then(|text| text.parse().ok()),
            embedded: value("embedded").is_some(),
        }
    }
}

struct DemoSource {
    options: Options,
    state: RefCell<State>,
}

struct State {
    demo: Demo,
    scene: Rc<Scene>,
    start_ms: Option<f64>,
    made_ns: u64,
}

impl DemoSource {
    fn new(options: Options) -> Self {
        let mut demo = Demo::new(options.nodes, options.pods);
        let now_ns = (options.at_s * SECOND as f64) as u64;
        demo.refresh(now_ns, options.pods as usize);
        let scene = Rc::new(demo.scene(now_ns));
        Self {
            options,
            state: RefCell::new(State {
                demo,
                scene,
                start_ms: None,
                made_ns: now_ns,
            }),
        }
    }
}

impl SceneSource for DemoSource {
    fn frame(&self, wall_ms: f64) -> Frame {
        let state = &mut *self.state.borrow_mut();
        let start_ms = *state.start_ms.get_or_insert(wall_ms);
        let now_s = self.options.at_s + (wall_ms - start_ms) / 1000.0 * self.options.speed;
        let now_ns = (now_s * SECOND as f64) as u64;
        if self.options.churn > 0.0 && now_ns > state.made_ns + SECOND / 20 {
            state.made_ns = now_ns;
            let limit = (f64::from(self.options.pods) * self.options.churn).max(60.0) as usize;
            state.demo.refresh(now_ns, limit);
            state.scene = Rc::new(state.demo.scene(now_ns));
        }
        Frame {
            scene: state.scene.clone(),
            now_ns,
            idle: self.options.speed == 0.0,
        }
    }
}

fn publish(stats: FrameStats) {
    let global = js_sys::global();
    let key = "sceneStats".into();
    let list = Reflect::get(&global, &key).ok().filter(Array::is_array);
    let list = list.map_or_else(Array::new, |list| Array::from(&list));
    let numbers = [
        stats.wall_ms,
        stats.source_ms,
        stats.stage_ms,
        stats.ground_ms,
        stats.pixels_ms,
        stats.overlay_ms,
    ];
    list.push(
        &numbers
            .into_iter()
            .map(wasm_bindgen::JsValue::from_f64)
            .collect::<Array>(),
    );
    Reflect::set(&global, &key, &list).ok();
}

/// The page.
#[component]
pub fn SceneBench() -> Html {
    let options = use_memo((), |()| {
        let search = web_sys::window().and_then(|window| window.location().search().ok());
        Options::of(&search.unwrap_or_default())
    });
    let source = use_memo((), |()| SceneHandle::new(Rc::new(DemoSource::new((*options).clone()))));
    let selected = use_state(|| options.select.map(Target::Pod));
    let view = use_state(|| options.view);
    use_swap(options.swap_ms, &view);
    let on_select = {
        let selected = selected.clone();
        Callback::from(move |target| selected.set(target))
    };
    let on_stats = use_callback((), |stats, ()| publish(stats));
    use_effect_with(options.theme, |theme| {
        let body = web_sys::window()
            .and_then(|window| window.document())
            .and_then(|document| document.body());
        if let Some(body) = body {
            body.style()
                .set_property("background", &Palette::of(*theme).backdrop.css())
                .ok();
        }
    });
    html! {
        <ClusterCanvas source={(*source).clone()} view={*view} theme={options.theme} selected={*selected} {on_select}
            on_stats={Some(on_stats)} label="Cluster" embedded={options.embedded} />
    }
}

/// Changes the view again and again.
#[hook]
fn use_swap(swap_ms: u32, view: &UseStateHandle<View>) {
    let view = view.clone();
    use_effect_with(swap_ms, move |&swap_ms| {
        let other = move || {
            view.set(if *view == View::Nodes {
                View::Traffic
            } else {
                View::Nodes
            });
        };
        let interval = (swap_ms > 0).then(|| gloo_timers::callback::Interval::new(swap_ms, other));
        move || drop(interval)
    });
}
