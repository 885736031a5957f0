//! The parts of the page.

mod details;
mod editor;
mod events;
mod gallery;
mod help;
mod menu;
mod mirror;
mod overview;
mod picture;
mod requests;
mod share;
mod side;
mod speed;
mod terminal;
mod timeline;
mod topbar;
mod transport;

pub use editor::EditorDrawer;
pub use gallery::GalleryDialog;
pub use help::HelpDialog;
pub use menu::ContextMenu;
pub use mirror::Mirror;
pub use picture::Picture;
pub(in crate::ui) use share::beside;
pub use share::{ShareDialog, share_link};
pub use side::SidePanel;
pub use speed::SpeedSlider;
pub use terminal::Terminal;
pub use timeline::Timeline;
pub use topbar::{TopBar, ViewSwitch};
pub use transport::{PlayButton, Transport};
