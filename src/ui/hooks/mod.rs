//! Hooks of the page.

mod use_keys;
mod use_ui;
mod use_view;
mod use_window;

pub use use_keys::use_keys;
pub use use_ui::{Ask, UiHandle, use_ask, use_ui};
pub use use_view::{use_session, use_view};
pub use use_window::{use_interval, use_listener, use_media};
