//! The browser's side: canvases, frames, input, the component.

mod canvas_painter;
mod component;
mod ears;
mod frame_loop;
mod listener;
mod player;
mod sheet;
mod source;
mod surface;

pub use component::{ClusterCanvas, ClusterCanvasProps};
pub use ears::MenuRequest;
pub use frame_loop::FrameLoop;
pub use listener::Listener;
pub use source::{Frame, FrameStats, SceneHandle, SceneSource};
