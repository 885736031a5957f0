//! What details take, as do their pages.

use yew::prelude::*;

use crate::ui::selection::ObjectName;

/// What details take.
#[derive(Clone, Properties, PartialEq)]
pub(in crate::ui::panels) struct ObjectProps {
    /// The object.
    pub object: ObjectName,
}
