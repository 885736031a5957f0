//! Three canvases on top of each other, and what is drawn on which.

use super::canvas_painter::{CanvasPainter, read_often};
use super::sheet::CanvasSheets;
use super::source::FrameStats;
use crate::ui::scene::draw::{Shot, ground, overlay, pixels};
use crate::ui::scene::painter::Painter;
use crate::ui::scene::raster::Raster;
use crate::ui::scene::sprites::Sprites;
use crate::ui::scene::stage::Damage;
use wasm_bindgen::{Clamped, JsValue};
use web_sys::{Document, HtmlCanvasElement, ImageData, Performance};

/// No more device pixels than this on a layer: beyond, sharpness gives way to speed.
const PIXELS_MAX: f64 = 6_000_000.0;

/// The layers of the picture.
pub(super) struct Surface {
    ground: CanvasPainter,
    pixels: CanvasPainter,
    overlay: CanvasPainter,
    raster: Raster,
    sprites: Sprites,
    sheets: CanvasSheets,
    ratio: f64,
    pixels_shown: bool,
    performance: Option<Performance>,
}

impl Surface {
    pub(super) fn new(
        document: &Document,
        canvases: [HtmlCanvasElement; 3],
        performance: Option<Performance>,
    ) -> Option<Self> {
        let [ground, pixels, overlay] = canvases;
        Some(Self {
            ground: CanvasPainter::new(ground, &JsValue::UNDEFINED)?,
            pixels: CanvasPainter::new(pixels, &read_often())?,
            overlay: CanvasPainter::new(overlay, &JsValue::UNDEFINED)?,
            raster: Raster::default(),
            sprites: Sprites::default(),
            sheets: CanvasSheets::new(document)?,
            ratio: 1.0,
            pixels_shown: false,
            performance,
        })
    }

    /// Makes the layers as large as the screen, CSS pixels, of which a device has `ratio` pixels each.
    pub(super) fn resize(&mut self, width: f64, height: f64, ratio: f64) {
        self.ratio = ratio.min((PIXELS_MAX / (width * height).max(1.0)).sqrt()).max(0.5);
        let (w, h) = (
            (width * self.ratio).round() as u32,
            (height * self.ratio).round() as u32,
        );
        for painter in [&mut self.ground, &mut self.pixels, &mut self.overlay] {
            painter.resize(w, h, self.ratio);
        }
    }

    /// Sprites of another palette are needed.
    pub(super) fn forget_sprites(&mut self) {
        self.sprites.clear();
    }

    /// Draws what is damaged.
    pub(super) fn draw(&mut self, shot: &Shot<'_>, damage: &Damage, stats: &mut FrameStats) {
        let start = self.now();
        if damage.ground || !damage.blocks.is_empty() {
            ground::draw(&mut self.ground, shot, damage);
        }
        let ground_done = self.now();
        if damage.ground || damage.pixels {
            self.draw_pixels(shot);
        }
        let pixels_done = self.now();
        if damage.overlay {
            overlay::draw(&mut self.overlay, shot);
        }
        stats.ground_ms = ground_done - start;
        stats.pixels_ms = pixels_done - ground_done;
        stats.overlay_ms = self.now() - pixels_done;
    }

    fn draw_pixels(&mut self, shot: &Shot<'_>) {
        let mut tools = pixels::Tools {
            raster: &mut self.raster,
            sprites: &mut self.sprites,
            maker: &mut self.sheets,
            ratio: self.ratio,
        };
        let some = pixels::draw(&mut tools, shot);
        if some {
            self.put();
        } else if self.pixels_shown {
            self.pixels.clear(shot.screen());
        }
        self.pixels_shown = some;
    }

    /// Hands the raster to the canvas. The browser gets a look at the module's own memory, not a copy.
    fn put(&self) {
        let bytes = Clamped(self.raster.bytes());
        if let Ok(image) = ImageData::new_with_u8_clamped_array_and_sh(bytes, self.raster.width(), self.raster.height())
        {
            // It fails only for data that was taken away meanwhile.
            self.pixels.context().put_image_data(&image, 0.0, 0.0).ok();
        }
    }

    /// Wall milliseconds, for the costs.
    pub(super) fn now(&self) -> f64 {
        self.performance.as_ref().map_or(0.0, Performance::now)
    }

    /// The canvas on top, which gets the pointer's shape.
    pub(super) fn top(&self) -> &HtmlCanvasElement {
        self.overlay.canvas()
    }
}
