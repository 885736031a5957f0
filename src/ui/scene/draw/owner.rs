//! The card of a workload: its name, how it is, and its arithmetic.

use super::Shot;
use super::icons;
use super::pen::{Pen, heading, line};
use crate::ui::scene::geometry::Rect;
use crate::ui::scene::layout::Block;
use crate::ui::scene::painter::{Painter, fill_round};
use crate::view::Say;
use crate::view::scene::{Gauge, Mood, OwnerView};

/// Draws the card's content.
pub(super) fn draw(painter: &mut dyn Painter, shot: &Shot<'_>, block: &Block, owner: &OwnerView) {
    let pen = Pen::new(shot, block);
    if !pen.names() {
        return;
    }
    let palette = shot.palette;
    let color = match owner.mood {
        Mood::Good => palette.good,
        Mood::Busy => palette.warn,
        Mood::Bad => palette.bad,
        Mood::Idle => palette.text_muted,
    };
    heading(painter, shot, &pen, icons::STACK, &owner.name, (&owner.remark, color));
    let language = shot.words.language;
    let kind = owner.kind.info().kind;
    let kind = match owner.revision {
        0 => kind.to_owned(),
        revision => format!(
            "{kind} · {}",
            language.say(&Say::plain("owners.revision").with("revision", revision))
        ),
    };
    line(painter, shot, &pen, &kind, 43.0);
    let mut y = 60.0;
    for fact in &owner.facts {
        line(painter, shot, &pen, &language.say(&fact.say), y);
        y += 17.0;
        if let Some(gauge) = &fact.gauge {
            bar(painter, shot, &pen, gauge, y - 6.0);
            y += 13.0;
        }
    }
}

/// A bar: what counts, what comes on top, and a mark across it.
fn bar(painter: &mut dyn Painter, shot: &Shot<'_>, pen: &Pen, gauge: &Gauge, y: f64) {
    let (left, palette) = (pen.at(14.0, y), shot.palette);
    let (w, h) = (pen.rect.w - 28.0 * pen.unit, (5.0 * pen.unit).max(1.0));
    let at = |count: u32| w * (f64::from(count) / f64::from(gauge.full)).min(1.0);
    let whole = gauge.strong.saturating_add(gauge.weak);
    for (count, color) in [
        (gauge.full, palette.inset),
        (whole, palette.text_muted.alpha(0.45)),
        (gauge.strong, palette.accent),
    ] {
        if count > 0 {
            fill_round(painter, Rect::new(left.x, left.y, at(count), h), h / 2.0, color);
        }
    }
    if gauge.mark > 0 && gauge.mark < gauge.full {
        let mark = Rect::new(left.x + at(gauge.mark) - 1.0, left.y - h * 0.5, 2.0, h * 2.0);
        fill_round(painter, mark, 1.0, palette.text);
    }
}
