//! The picture of the cluster.
//!
//! ```text
//! Scene (view) -> Layout -> Stage -> ground, pixels, overlay
//! ```
//!
//! - [`layout`] says where everything stands: a pure function of scene, view and screen shape.
//! - [`stage`] remembers where pods are on their way there, and what has changed.
//! - [`draw`] puts it on three layers: the *ground* (cards, texts, resting pods of the card zoom), redrawn card by
//!   card where something changed; the *pixels* (pods of the middle and far zoom), blitted in memory; the *overlay*
//!   (what moves: clocks, ticks, requests, selection).
//! - [`web`] is the browser's side: canvases, frames, input, the component.
//!
//! All but [`web`] is plain Rust and tested natively: drawing goes through [`painter::Painter`].

#[cfg(feature = "bench")]
pub mod bench;
pub mod camera;
#[cfg(any(test, feature = "bench"))]
pub mod demo;
pub mod draw;
pub mod geometry;
pub mod gesture;
pub mod hit;
pub mod layout;
pub mod painter;
pub mod palette;
pub mod raster;
pub mod sprites;
pub mod stage;
pub mod viewer;
pub mod web;

pub use draw::Words;
pub use hit::Target;
pub use layout::View;
pub use palette::{Palette, Theme};
pub use viewer::SavedCamera;
pub use web::{ClusterCanvas, ClusterCanvasProps, Frame, FrameStats, MenuRequest, SceneHandle, SceneSource};
