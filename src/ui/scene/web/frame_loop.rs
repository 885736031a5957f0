//! Animation frames, as long as they are wanted.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use web_sys::Window;

/// Calls a function each animation frame. Dropping it cancels the frame asked for and frees the function.
pub struct FrameLoop {
    inner: Rc<Inner>,
}

struct Inner {
    window: Window,
    closure: RefCell<Option<Closure<dyn FnMut(f64)>>>,
    pending: Cell<Option<i32>>,
}

impl FrameLoop {
    /// Starts with the next frame. The function gets the frame's wall time in milliseconds and says whether it wants
    /// another; if not, the loop rests until [`FrameLoop::wake`].
    #[must_use]
    pub fn new(window: Window, mut on_frame: impl FnMut(f64) -> bool + 'static) -> Self {
        let inner = Rc::new(Inner {
            window,
            closure: RefCell::default(),
            pending: Cell::default(),
        });
        let weak = Rc::downgrade(&inner);
        let closure = Closure::<dyn FnMut(f64)>::new(move |wall_ms| {
            let Some(inner) = weak.upgrade() else { return };
            inner.pending.set(None);
            if on_frame(wall_ms) {
                inner.request();
            }
        });
        inner.closure.replace(Some(closure));
        inner.request();
        Self { inner }
    }

    /// Asks for a frame, if none is asked for yet.
    pub fn wake(&self) {
        self.inner.request();
    }

    /// Something to call [`FrameLoop::wake`] with that does not keep the loop alive.
    #[must_use]
    pub fn waker(&self) -> Rc<dyn Fn()> {
        let weak = Rc::downgrade(&self.inner);
        Rc::new(move || {
            if let Some(inner) = weak.upgrade() {
                inner.request();
            }
        })
    }
}

impl Inner {
    fn request(&self) {
        if self.pending.get().is_some() {
            return;
        }
        if let Some(closure) = &*self.closure.borrow() {
            self.pending.set(
                self.window
                    .request_animation_frame(closure.as_ref().unchecked_ref())
                    .ok(),
            );
        }
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        if let Some(handle) = self.pending.take() {
            // It fails only for a window that is gone, and the frame with it.
            self.window.cancel_animation_frame(handle).ok();
        }
    }
}
