//! What the browser tells: events of the window, media queries, time.

use std::rc::Rc;

use gloo_timers::callback::Interval;
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use web_sys::{Event, EventTarget};
use yew::prelude::*;

/// A listener that goes with what holds it.
struct Listener {
    target: EventTarget,
    kind: &'static str,
    closure: Closure<dyn FnMut(Event)>,
}

impl Listener {
    fn new(target: EventTarget, kind: &'static str, react: impl FnMut(Event) + 'static) -> Self {
        let closure = Closure::<dyn FnMut(Event)>::new(react);
        // It fails only for what is no function.
        target
            .add_event_listener_with_callback(kind, closure.as_ref().unchecked_ref())
            .ok();
        Self { target, kind, closure }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        // It fails only for what is no function.
        self.target
            .remove_event_listener_with_callback(self.kind, self.closure.as_ref().unchecked_ref())
            .ok();
    }
}

/// Calls `react` at each event of that kind that reaches the window. Of a later render, the later `react` is called.
#[hook]
pub fn use_listener(kind: &'static str, react: impl Fn(Event) + 'static) {
    let latest = use_mut_ref(|| None::<Rc<dyn Fn(Event)>>);
    *latest.borrow_mut() = Some(Rc::new(react));
    use_effect_with((), move |()| {
        let listener = web_sys::window().map(|window| {
            Listener::new(window.into(), kind, move |event| {
                let react = latest.borrow().clone();
                if let Some(react) = react {
                    react(event);
                }
            })
        });
        move || drop(listener)
    });
}

/// Whether a media query holds.
#[hook]
pub fn use_media(query: &'static str) -> bool {
    let media = || web_sys::window()?.match_media(query).ok()?;
    let holds = use_state_eq(|| media().is_some_and(|media| media.matches()));
    let set = holds.setter();
    use_effect_with((), move |()| {
        let listener = media().map(|media| {
            let own = media.clone();
            Listener::new(media.into(), "change", move |_| set.set(own.matches()))
        });
        move || drop(listener)
    });
    *holds
}

/// Calls `react` again and again, `millis` apart. Of a later render, the later `react` is called.
#[hook]
pub fn use_interval(millis: u32, react: impl Fn() + 'static) {
    let latest = use_mut_ref(|| None::<Rc<dyn Fn()>>);
    *latest.borrow_mut() = Some(Rc::new(react));
    use_effect_with(millis, move |millis| {
        let interval = Interval::new(*millis, move || {
            let react = latest.borrow().clone();
            if let Some(react) = react {
                react();
            }
        });
        move || drop(interval)
    });
}
