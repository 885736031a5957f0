//! The page: a Yew app over the session and the view.
//!
//! ```text
//! app -> panels -> components, hooks -> handle (the session) -> session, view
//! ```
//!
//! The cluster lives in a [`handle::SessionHandle`] outside of Yew's components: they read it through
//! [`hooks::use_view`] and change it by commands. [`state::Ui`] is what the page itself shows and has open.
// The rules of the engine do not bind the page: it draws with floats and names the web.
#![allow(clippy::float_arithmetic, clippy::cast_possible_truncation, clippy::disallowed_types)]

pub mod app;
mod broken;
mod code_editor;
pub mod components;
pub mod docs;
mod document;
mod embed;
pub mod format;
pub mod gallery;
pub mod handle;
pub mod hooks;
pub mod i18n;
pub mod marks;
pub mod pace;
pub mod panels;
pub mod scene;
pub mod selection;
pub mod start;
pub mod state;
pub mod storage;

pub use app::App;
