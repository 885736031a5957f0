//! Where the picture gets its scenes from.

use crate::view::scene::Scene;
use std::rc::Rc;

/// What to draw in a frame.
#[derive(Clone, Debug)]
pub struct Frame {
    /// The state; the same `Rc` as long as nothing changed.
    pub scene: Rc<Scene>,
    /// The playing time, nanoseconds. It may run ahead of `scene.now_ns` while nothing happens.
    pub now_ns: u64,
    /// Whether nothing will change until [`SceneHandle::wake`] is called: the picture then asks for no more frames.
    pub idle: bool,
}

/// Where the picture gets its scenes from: usually the session.
pub trait SceneSource {
    /// Called once an animation frame with the frame's wall time in milliseconds. The place to let the player advance,
    /// within its budget.
    fn frame(&self, wall_ms: f64) -> Frame;

    /// Hands over what to call when a frame is wanted after an idle one; none when the picture goes away.
    fn set_waker(&self, _waker: Option<Rc<dyn Fn()>>) {}
}

/// A shared source. Two handles are equal when they are the same source.
#[derive(Clone)]
pub struct SceneHandle(Rc<dyn SceneSource>);

impl SceneHandle {
    /// A handle to a source.
    #[must_use]
    pub fn new(source: Rc<dyn SceneSource>) -> Self {
        Self(source)
    }

    /// The source.
    #[must_use]
    pub fn source(&self) -> &dyn SceneSource {
        &*self.0
    }
}

impl PartialEq for SceneHandle {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::addr_eq(Rc::as_ptr(&self.0), Rc::as_ptr(&other.0))
    }
}

impl std::fmt::Debug for SceneHandle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SceneHandle")
    }
}

/// What one frame cost, wall milliseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct FrameStats {
    /// When the frame began.
    pub wall_ms: f64,
    /// The source: the engine, not the picture.
    pub source_ms: f64,
    /// Taking in the state: differences, layout, motion.
    pub stage_ms: f64,
    /// The ground.
    pub ground_ms: f64,
    /// The pixels.
    pub pixels_ms: f64,
    /// The overlay.
    pub overlay_ms: f64,
}

impl FrameStats {
    /// What the picture itself cost.
    #[must_use]
    pub fn picture_ms(&self) -> f64 {
        self.stage_ms + self.ground_ms + self.pixels_ms + self.overlay_ms
    }
}
