//! Drawing, layer by layer.

pub mod glyph;
pub mod icons;
pub mod shapes;
