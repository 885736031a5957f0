//! One picture on a page: its viewer, its layers, its frames and its input, all gone when it is dropped.

use super::ears::{Ears, MenuRequest};
use super::frame_loop::FrameLoop;
use super::listener::Listener;
use super::source::{FrameStats, SceneHandle};
use super::surface::Surface;
use crate::ui::scene::geometry::Point;
use crate::ui::scene::viewer::{Viewer, Wish};
use std::cell::RefCell;
use std::rc::Rc;
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use web_sys::{
    Event, HtmlCanvasElement, HtmlElement, KeyboardEvent, MouseEvent, PointerEvent, ResizeObserver, WheelEvent, Window,
};

/// What input and frames share.
pub(super) struct Core {
    pub(super) viewer: Viewer,
    pub(super) surface: Surface,
    pub(super) ears: Ears,
    host: HtmlElement,
    window: Window,
    last: Option<(usize, u64)>,
}

/// One picture on a page.
pub(super) struct Player {
    core: Rc<RefCell<Core>>,
    source: SceneHandle,
    frames: Rc<FrameLoop>,
    _listeners: Vec<Listener>,
    _resize: Resize,
}

impl Player {
    /// Starts a picture in its host.
    pub(super) fn start(
        host: &HtmlElement,
        canvases: [HtmlCanvasElement; 3],
        viewer: Viewer,
        source: SceneHandle,
        ears: Ears,
    ) -> Option<Self> {
        let window = web_sys::window()?;
        let surface = Surface::new(&window.document()?, canvases, window.performance())?;
        let core = Core {
            viewer,
            surface,
            ears,
            host: host.clone(),
            window: window.clone(),
            last: None,
        };
        let core = Rc::new(RefCell::new(core));
        let frames = {
            let (core, source) = (core.clone(), source.clone());
            Rc::new(FrameLoop::new(window.clone(), move |wall_ms| {
                frame(&core, &source, wall_ms)
            }))
        };
        source.source().set_waker(Some(frames.waker()));
        let mut listeners = pointers(host, &core, &frames);
        listeners.extend(keyboard(host, &core, &frames));
        listeners.extend(reduced_motion(&window, &core));
        let resize = Resize::new(host, core.clone(), frames.waker())?;
        Some(Self {
            core,
            source,
            frames,
            _listeners: listeners,
            _resize: resize,
        })
    }

    /// Changes something and shows it with the next frame.
    pub(super) fn change(&self, change: impl FnOnce(&mut Core)) {
        change(&mut self.core.borrow_mut());
        self.frames.wake();
    }
}

impl Drop for Player {
    fn drop(&mut self) {
        self.source.source().set_waker(None);
    }
}

/// One frame; says whether another is wanted.
fn frame(core: &Rc<RefCell<Core>>, source: &SceneHandle, wall_ms: f64) -> bool {
    let start = core.borrow().surface.now();
    // The source may call back into the page; nothing of ours is borrowed meanwhile.
    let next = source.source().frame(wall_ms);
    let mut guard = core.borrow_mut();
    let own = &mut *guard;
    let mut stats = FrameStats {
        wall_ms,
        source_ms: own.surface.now() - start,
        ..FrameStats::default()
    };
    let key = (Rc::as_ptr(&next.scene) as usize, next.now_ns);
    let still = own.last == Some(key) && !own.viewer.is_moving() && own.viewer.stage().damage == Default::default();
    if !still {
        let begun = own.surface.now();
        own.viewer.show(next.scene, next.now_ns, wall_ms);
        stats.stage_ms = own.surface.now() - begun;
        let damage = own.viewer.take_damage();
        let Core { viewer, surface, .. } = own;
        surface.draw(&viewer.shot(wall_ms), &damage, &mut stats);
        own.last = Some(key);
    }
    let again = !next.idle || own.viewer.is_moving();
    let ears = own.ears.clone();
    drop(guard);
    tell(core);
    if let Some(on_stats) = &ears.on_stats {
        on_stats.emit(stats);
    }
    again
}

/// Passes on what the picture asks of the page. Nothing is borrowed while the page reacts.
fn tell(core: &Rc<RefCell<Core>>) {
    let mut guard = core.borrow_mut();
    let wishes = guard.viewer.take_wishes();
    if wishes.is_empty() {
        return;
    }
    let (ears, rect) = (guard.ears.clone(), guard.host.get_bounding_client_rect());
    drop(guard);
    for wish in wishes {
        match wish {
            Wish::Select(target) => ears.on_select.emit(target),
            Wish::Open(target) => ears.on_open.emit(target),
            Wish::Announce(target) => ears.on_focus.emit(target),
            Wish::Camera(camera) => ears.on_camera.emit(camera),
            Wish::Menu(target, at) => {
                ears.on_menu.emit(MenuRequest {
                    target,
                    client_x: rect.left() + at.x,
                    client_y: rect.top() + at.y,
                });
            }
        }
    }
}

/// A listener that works on the core, tells the page and asks for a frame.
fn listener<E: JsCast + 'static>(
    host: &HtmlElement,
    kind: &'static str,
    core: &Rc<RefCell<Core>>,
    frames: &Rc<FrameLoop>,
    react: impl Fn(&mut Core, &E) + 'static,
) -> Listener {
    let (core, wake) = (core.clone(), frames.waker());
    Listener::new(host, kind, move |event: Event| {
        let Some(event) = event.dyn_ref::<E>() else { return };
        react(&mut core.borrow_mut(), event);
        tell(&core);
        wake();
    })
}

fn point(core: &Core, event: &MouseEvent) -> Point {
    let rect = core.host.get_bounding_client_rect();
    Point::new(
        f64::from(event.client_x()) - rect.left(),
        f64::from(event.client_y()) - rect.top(),
    )
}

fn wall_ms(core: &Core) -> f64 {
    core.surface.now()
}

/// Buttons and the like within the host are not the picture.
fn on_picture(event: &Event) -> bool {
    event
        .target()
        .is_some_and(|target| target.dyn_ref::<HtmlCanvasElement>().is_some())
}

fn pointers(host: &HtmlElement, core: &Rc<RefCell<Core>>, frames: &Rc<FrameLoop>) -> Vec<Listener> {
    vec![
        listener(host, "pointerdown", core, frames, |core, event: &PointerEvent| {
            if event.button() == 0 && on_picture(event) {
                // It fails only for a pointer that has gone already.
                core.host.set_pointer_capture(event.pointer_id()).ok();
                let (at, now) = (point(core, event), wall_ms(core));
                core.viewer
                    .pointer_down(event.pointer_id(), at, event.pointer_type() == "touch", now);
            }
        }),
        listener(host, "pointermove", core, frames, |core, event: &PointerEvent| {
            let (at, now) = (point(core, event), wall_ms(core));
            core.viewer.pointer_moved(event.pointer_id(), at, now);
            set_cursor(core);
        }),
        listener(host, "pointerup", core, frames, |core, event: &PointerEvent| {
            let now = wall_ms(core);
            core.viewer.pointer_up(event.pointer_id(), now);
            set_cursor(core);
        }),
        listener(host, "pointercancel", core, frames, |core, event: &PointerEvent| {
            core.viewer.pointer_cancelled(event.pointer_id());
        }),
        listener(host, "pointerleave", core, frames, |core, _: &PointerEvent| {
            core.viewer.pointer_left();
        }),
        listener(host, "wheel", core, frames, wheel),
        listener(host, "contextmenu", core, frames, |core, event: &MouseEvent| {
            // The menu key makes this event too, with no pointer: the keyboard's own handler has it.
            if on_picture(event) {
                event.prevent_default();
                let at = point(core, event);
                core.viewer.menu(at);
            }
        }),
    ]
}

/// In a page of its own the wheel zooms; embedded in another it does so only with a modifier, and the page scrolls.
fn wheel(core: &mut Core, event: &WheelEvent) {
    let embedded = core.host.has_attribute("data-embedded");
    if embedded && !event.ctrl_key() && !event.meta_key() {
        return;
    }
    event.prevent_default();
    let unit = match event.delta_mode() {
        WheelEvent::DOM_DELTA_LINE => 18.0,
        WheelEvent::DOM_DELTA_PAGE => 300.0,
        _ => 1.0,
    };
    // A pinch on a touchpad comes as a wheel with the control key, in small steps.
    let gain = if event.ctrl_key() { 4.0 } else { 1.0 };
    let at = point(core, event);
    core.viewer.wheel(event.delta_y() * unit * gain, at);
}

fn set_cursor(core: &Core) {
    let shape = match (core.viewer.is_dragging(), core.viewer.hovers()) {
        (true, _) => "grabbing",
        (false, true) => "pointer",
        (false, false) => "default",
    };
    set_style(core.surface.top(), "cursor", shape);
}

/// Sets one property through the object model, which a content security policy allows.
pub(super) fn set_style(element: &HtmlElement, name: &str, value: &str) {
    // It fails only for a style that is read-only, which an element's own never is.
    element.style().set_property(name, value).ok();
}

fn keyboard(host: &HtmlElement, core: &Rc<RefCell<Core>>, frames: &Rc<FrameLoop>) -> Vec<Listener> {
    vec![
        listener(host, "keydown", core, frames, |core, event: &KeyboardEvent| {
            let modified = event.ctrl_key() || event.meta_key() || event.alt_key();
            let own = event.target() == event.current_target();
            let now = wall_ms(core);
            if own && !modified && core.viewer.key(&event.key(), event.shift_key(), now) {
                event.prevent_default();
                event.stop_propagation();
            }
        }),
        listener(host, "focus", core, frames, |core, _: &Event| {
            if core.host.matches(":focus-visible").unwrap_or(false) {
                core.viewer.keyboard_entered();
            }
        }),
        listener(host, "blur", core, frames, |core, _: &Event| {
            core.viewer.keyboard_left();
        }),
    ]
}

fn reduced_motion(window: &Window, core: &Rc<RefCell<Core>>) -> Option<Listener> {
    let media = window.match_media("(prefers-reduced-motion: reduce)").ok()??;
    core.borrow_mut().viewer.set_reduced_motion(media.matches());
    let (core, query) = (core.clone(), media.clone());
    Some(Listener::new(&media, "change", move |_| {
        core.borrow_mut().viewer.set_reduced_motion(query.matches());
    }))
}

/// Keeps the layers as large as their host.
struct Resize {
    observer: ResizeObserver,
    _closure: Closure<dyn FnMut()>,
}

impl Resize {
    fn new(host: &HtmlElement, core: Rc<RefCell<Core>>, wake: Rc<dyn Fn()>) -> Option<Self> {
        let closure = Closure::<dyn FnMut()>::new(move || {
            let mut guard = core.borrow_mut();
            let own = &mut *guard;
            let (width, height) = (f64::from(own.host.client_width()), f64::from(own.host.client_height()));
            own.surface.resize(width, height, own.window.device_pixel_ratio());
            own.viewer.resize(width, height);
            own.viewer.redraw();
            drop(guard);
            wake();
        });
        let observer = ResizeObserver::new(closure.as_ref().unchecked_ref()).ok()?;
        observer.observe(host);
        Some(Self {
            observer,
            _closure: closure,
        })
    }
}

impl Drop for Resize {
    fn drop(&mut self) {
        self.observer.disconnect();
    }
}
