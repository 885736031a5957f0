//! Sprites made on a canvas that is never shown.

use super::canvas_painter::{CanvasPainter, read_often};
use crate::ui::scene::geometry::{Point, Rect};
use crate::ui::scene::painter::Painter;
use crate::ui::scene::raster::Sprite;
use crate::ui::scene::sprites::SheetMaker;
use wasm_bindgen::JsCast;
use web_sys::{Document, HtmlCanvasElement};

/// Makes sprites on a canvas that is never shown.
pub(super) struct CanvasSheets {
    painter: CanvasPainter,
}

impl CanvasSheets {
    pub(super) fn new(document: &Document) -> Option<Self> {
        let canvas = document
            .create_element("canvas")
            .ok()?
            .dyn_into::<HtmlCanvasElement>()
            .ok()?;
        Some(Self {
            painter: CanvasPainter::new(canvas, &read_often())?,
        })
    }

    /// The pixels of the sheet, a row of squares.
    fn pixels(&self, width: u32, count: usize) -> Option<Vec<u8>> {
        let (w, h) = (f64::from(width) * count as f64, f64::from(width));
        Some(self.painter.context().get_image_data(0.0, 0.0, w, h).ok()?.data().0)
    }
}

impl SheetMaker for CanvasSheets {
    fn make(&mut self, width: u32, count: usize, draw: &mut dyn FnMut(&mut dyn Painter, usize, Point)) -> Vec<Sprite> {
        let side = f64::from(width);
        self.painter.resize(width * count as u32, width, 1.0);
        self.painter.clear(Rect::new(0.0, 0.0, side * count as f64, side));
        for index in 0..count {
            let left = side * index as f64;
            self.painter.clip(Rect::new(left, 0.0, side, side));
            draw(&mut self.painter, index, Point::new(left + side / 2.0, side / 2.0));
            self.painter.unclip();
        }
        // A browser that refuses to be read, against fingerprints, still shows blocks.
        let bytes = self
            .pixels(width, count)
            .unwrap_or_else(|| vec![128; (width * width) as usize * count * 4]);
        let (pixels, _) = bytes.as_chunks::<4>();
        let row = width as usize * count;
        let cut = |index: usize| {
            let start = index * width as usize;
            pixels
                .chunks(row)
                .flat_map(|line| &line[start..start + width as usize])
                .copied()
                .collect()
        };
        (0..count).map(|index| Sprite::new(width, cut(index))).collect()
    }
}
