//! Ready-made pictures of pods, by look and size. They are drawn by the same code as the card zoom.

use super::draw::glyph::{self, Spot};
use super::geometry::Point;
use super::painter::Painter;
use super::palette::{Palette, TINT_COUNT};
use super::raster::Sprite;
use super::stage::Look;
use crate::sim::btree::BTreeMap;
use crate::view::scene::PodState;

/// Draws with a painter on a sheet of squares of this width (device pixels) and cuts it into sprites.
pub trait SheetMaker {
    /// Makes `count` sprites; `draw` draws the one of an index around a middle, in device pixels.
    fn make(&mut self, width: u32, count: usize, draw: &mut dyn FnMut(&mut dyn Painter, usize, Point)) -> Vec<Sprite>;
}

/// No more sizes than this are kept.
const SIZES_MAX: usize = 48;

/// The sprites of all looks, by size.
#[derive(Debug, Default)]
pub struct Sprites {
    sheets: BTreeMap<u32, Vec<Sprite>>,
}

impl Sprites {
    /// Forgets all, as when the palette changes.
    pub fn clear(&mut self) {
        self.sheets.clear();
    }

    /// The sheet of a size: for each look of [`index_of`] a sprite of this width in device pixels.
    pub fn sheet(&mut self, width: u32, palette: &Palette, maker: &mut dyn SheetMaker) -> &[Sprite] {
        if !self.sheets.contains_key(&width) && self.sheets.len() >= SIZES_MAX {
            self.sheets.clear();
        }
        self.sheets.entry(width).or_insert_with(|| make(width, palette, maker))
    }
}

/// Device pixels in steps: a glide through sizes needs few sheets.
#[must_use]
pub fn width_step(width: f64) -> u32 {
    let width = width.max(3.0);
    if width < 24.0 {
        width.round() as u32
    } else {
        (width / 4.0).round() as u32 * 4
    }
}

fn looks() -> impl Iterator<Item = Look> {
    let tinted = [PodState::Running, PodState::Ready].into_iter();
    let tinted = tinted.flat_map(|state| (0..TINT_COUNT as u8).map(move |tint| Look { state, tint }));
    tinted.chain(PodState::ALL.into_iter().map(|state| Look { state, tint: 0 }))
}

/// The place of a look on every sheet.
#[must_use]
pub fn index_of(look: Look) -> usize {
    match look.state {
        PodState::Running => look.tint as usize,
        PodState::Ready => TINT_COUNT as usize + look.tint as usize,
        other => 2 * TINT_COUNT as usize + other as usize,
    }
}

fn make(width: u32, palette: &Palette, maker: &mut dyn SheetMaker) -> Vec<Sprite> {
    let looks: Vec<Look> = looks().collect();
    let radius = f64::from(width) / 2.0 - 0.5;
    maker.make(width, looks.len(), &mut |painter, index, center| {
        let look = looks[index];
        let spot = Spot { center, radius };
        let tint = palette.tint(u32::from(look.tint));
        glyph::body(painter, palette, look.state, tint, spot);
        glyph::ring(painter, palette, look.state, &[look.state == PodState::Ready], spot);
    })
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::ui::scene::painter::tests::Recorder;

    /// Makes sprites of one colour each, and counts the sheets.
    #[derive(Default)]
    pub(crate) struct PlainMaker {
        pub(crate) sheet_count: u32,
    }

    impl SheetMaker for PlainMaker {
        fn make(
            &mut self,
            width: u32,
            count: usize,
            draw: &mut dyn FnMut(&mut dyn Painter, usize, Point),
        ) -> Vec<Sprite> {
            self.sheet_count += 1;
            let middle = f64::from(width) / 2.0;
            (0..count).for_each(|index| draw(&mut Recorder::default(), index, Point::new(middle, middle)));
            (0..count)
                .map(|index| Sprite::new(width, vec![[index as u8, 0, 0, 255]; (width * width) as usize]))
                .collect()
        }
    }

    #[test]
    fn every_look_has_its_place() {
        for (index, look) in looks().enumerate() {
            let tinted = matches!(look.state, PodState::Running | PodState::Ready);
            if !tinted || index < 2 * TINT_COUNT as usize {
                assert_eq!(index_of(look), index, "{look:?}");
            }
        }
    }

    #[test]
    fn a_sheet_is_made_once() {
        let (mut sprites, mut maker) = (Sprites::default(), PlainMaker::default());
        for width in [10, 10, 12, 10] {
            assert_eq!(
                sprites.sheet(width, &Palette::light(), &mut maker).len(),
                looks().count()
            );
        }
        assert_eq!(maker.sheet_count, 2);
    }
}
