//! What the picture tells the page.

use super::source::FrameStats;
use crate::ui::scene::hit::Target;
use crate::ui::scene::viewer::SavedCamera;
use yew::Callback;

/// A menu is wanted.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MenuRequest {
    /// For what; none on the empty picture.
    pub target: Option<Target>,
    /// Where, in the coordinates of the browser's window.
    pub client_x: f64,
    /// Where, in the coordinates of the browser's window.
    pub client_y: f64,
}

/// Whom the picture tells what.
#[derive(Clone, PartialEq)]
pub(super) struct Ears {
    pub(super) on_select: Callback<Option<Target>>,
    pub(super) on_open: Callback<Target>,
    pub(super) on_menu: Callback<MenuRequest>,
    pub(super) on_focus: Callback<Target>,
    pub(super) on_camera: Callback<Option<SavedCamera>>,
    pub(super) on_stats: Option<Callback<FrameStats>>,
}
