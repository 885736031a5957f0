//! Small parts that several panels are made of.

mod button;
mod copy;
mod dialog;
mod icon;
mod object_link;
mod stored_only;
mod style;
mod toast;

pub use button::{Button, IconButton};
pub use copy::{CopyButton, copy_text};
pub use dialog::DialogFrame;
pub use icon::{Icon, icon};
pub use object_link::ObjectLink;
pub use stored_only::StoredOnly;
pub use style::{set_var, use_vars};
pub use toast::ToastArea;
