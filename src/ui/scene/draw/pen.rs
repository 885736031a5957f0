//! A card's pen, and what all cards write with it: a title or a heading, and lines.

use super::Shot;
use super::glyph::stroke_icon;
use super::icons::Icon;
use crate::ui::scene::geometry::{Point, Rect};
use crate::ui::scene::layout::Block;
use crate::ui::scene::painter::{Align, Font, Painter, fitted};
use crate::ui::scene::palette::Color;

/// Text smaller than this, CSS pixels, is not drawn.
pub(super) const TEXT_MIN: f64 = 6.5;
/// Names are kept at this size, CSS pixels, while their card shrinks.
const NAME_MIN: f64 = 9.0;
/// In cards whose unit is smaller than this, CSS pixels, there is no room for a name.
const NAME_UNIT_MIN: f64 = 0.34;

/// A card's pen: where its upper left corner is on the screen and how long its unit.
pub(super) struct Pen {
    pub(super) rect: Rect,
    pub(super) unit: f64,
}

impl Pen {
    pub(super) fn new(shot: &Shot<'_>, block: &Block) -> Self {
        Self {
            rect: shot.camera.rect_to_screen(block.rect),
            unit: shot.camera.scale * block.unit,
        }
    }

    pub(super) fn at(&self, x: f64, y: f64) -> Point {
        Point::new(self.rect.x + x * self.unit, self.rect.y + y * self.unit)
    }

    /// As `at`, but from the right edge.
    pub(super) fn at_right(&self, x: f64, y: f64) -> Point {
        Point::new(self.rect.right() - x * self.unit, self.rect.y + y * self.unit)
    }

    pub(super) fn legible(&self, px: f64) -> bool {
        px * self.unit >= TEXT_MIN
    }

    pub(super) fn text(&self, painter: &mut dyn Painter, text: &str, at: Point, style: (Font, Color, Align)) {
        painter.fill_color(style.1);
        painter.text(text, at, style.0, style.2);
    }

    /// Whether there is room for a name.
    pub(super) fn names(&self) -> bool {
        self.unit >= NAME_UNIT_MIN
    }

    /// The font of a name of a usual size.
    pub(super) fn name_font(&self, px: f64) -> Font {
        Font::strong((px * self.unit).max(NAME_MIN))
    }

    /// Width left for a text that starts `x` from the left and keeps `margin` from the right.
    pub(super) fn room(&self, x: f64, margin: f64) -> f64 {
        self.rect.w - (x + margin) * self.unit
    }

    pub(super) fn icon(&self, painter: &mut dyn Painter, icon: Icon, at: Point, color: Color) {
        stroke_icon(painter, icon, at, 8.0 * self.unit, color);
    }
}

/// A card's title, and a remark at the right.
pub(super) fn title(painter: &mut dyn Painter, shot: &Shot<'_>, block: &Block, text: &str, remark: Option<&str>) {
    let pen = Pen::new(shot, block);
    if !pen.names() {
        return;
    }
    let font = pen.name_font(12.0);
    let remark_width = remark.filter(|_| pen.legible(11.0)).map_or(0.0, |remark| {
        let small = Font::regular(11.0 * pen.unit);
        pen.text(
            painter,
            remark,
            pen.at_right(14.0, 19.0),
            (small, shot.palette.text_muted, Align::Right),
        );
        painter.text_width(remark, small)
    });
    let text = fitted(painter, text, font, pen.room(14.0, 22.0) - remark_width);
    pen.text(
        painter,
        &text,
        pen.at(14.0, 19.0),
        (font, shot.palette.text, Align::Left),
    );
}

/// The first line of a card that stands for an object: its icon, its name, a remark. Alone it takes the middle.
pub(super) fn heading(
    painter: &mut dyn Painter,
    shot: &Shot<'_>,
    pen: &Pen,
    icon: Icon,
    name: &str,
    remark: (&str, Color),
) {
    let y = if pen.legible(11.0) {
        22.0
    } else {
        pen.rect.h / pen.unit / 2.0
    };
    pen.icon(painter, icon, pen.at(23.0, y), shot.palette.accent);
    let small = pen.name_font(11.0);
    pen.text(
        painter,
        remark.0,
        pen.at_right(14.0, y),
        (small, remark.1, Align::Right),
    );
    let font = pen.name_font(13.0);
    let room = pen.room(40.0, 20.0) - painter.text_width(remark.0, small);
    let name = fitted(painter, name, font, room);
    pen.text(painter, &name, pen.at(40.0, y), (font, shot.palette.text, Align::Left));
}

/// A further line of a card, where it can be read.
pub(super) fn line(painter: &mut dyn Painter, shot: &Shot<'_>, pen: &Pen, text: &str, y: f64) {
    if !pen.legible(11.0) {
        return;
    }
    let font = Font::regular(11.0 * pen.unit);
    let text = fitted(painter, text, font, pen.room(14.0, 12.0));
    pen.text(
        painter,
        &text,
        pen.at(14.0, y),
        (font, shot.palette.text_muted, Align::Left),
    );
}
