//! A painter on a canvas.
//!
//! Calls into the browser are cheap, texts to it are not: colours and fonts are only set when they change.

use crate::sim::btree::BTreeMap;
use crate::ui::scene::geometry::{Point, Rect};
use crate::ui::scene::painter::{Align, Dash, Font, Painter, Weight};
use crate::ui::scene::palette::Color;
use js_sys::{Array, Object, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{CanvasRenderingContext2d, HtmlCanvasElement};

/// Fonts that are there without a download, for Latin and Chinese.
const FAMILY: &str = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', 'PingFang SC', 'Microsoft YaHei', 'Noto Sans CJK SC', sans-serif";

/// A painter on a canvas.
pub(super) struct CanvasPainter {
    canvas: HtmlCanvasElement,
    context: CanvasRenderingContext2d,
    ratio: f64,
    state: State,
    colors: BTreeMap<Color, JsValue>,
    no_dash: JsValue,
}

/// What the canvas has been told last.
#[derive(Default)]
struct State {
    fill: Option<Color>,
    stroke: Option<Color>,
    width: f64,
    dash: Option<Dash>,
    font: Option<Font>,
    align: Option<Align>,
}

/// Options of a canvas that is written and read by the processor.
pub(super) fn read_often() -> JsValue {
    let options = Object::new();
    // It fails only for what is no object.
    Reflect::set(&options, &"willReadFrequently".into(), &JsValue::TRUE).ok();
    options.into()
}

impl CanvasPainter {
    /// A painter on this canvas; `options` go to `getContext`.
    pub(super) fn new(canvas: HtmlCanvasElement, options: &JsValue) -> Option<Self> {
        let context = canvas.get_context_with_context_options("2d", options).ok()??;
        let context = context.dyn_into::<CanvasRenderingContext2d>().ok()?;
        let no_dash = Array::new().into();
        Some(Self {
            canvas,
            context,
            ratio: 1.0,
            state: State::default(),
            colors: BTreeMap::new(),
            no_dash,
        })
    }

    /// The canvas.
    pub(super) fn canvas(&self) -> &HtmlCanvasElement {
        &self.canvas
    }

    /// The canvas's own pen.
    pub(super) fn context(&self) -> &CanvasRenderingContext2d {
        &self.context
    }

    /// Makes the canvas this large, in device pixels, of which `ratio` make a CSS pixel.
    pub(super) fn resize(&mut self, width: u32, height: u32, ratio: f64) {
        if self.canvas.width() != width || self.canvas.height() != height || self.ratio != ratio {
            self.canvas.set_width(width);
            self.canvas.set_height(height);
            self.ratio = ratio;
        }
        self.reset();
    }

    /// Puts the pen in a known state.
    fn reset(&mut self) {
        self.state = State::default();
        self.context.set_line_cap("round");
        self.context.set_line_join("round");
        self.context.set_text_baseline("middle");
        // It fails only for arguments of the wrong types.
        self.context
            .set_transform(self.ratio, 0.0, 0.0, self.ratio, 0.0, 0.0)
            .ok();
    }

    fn color(&mut self, color: Color) -> JsValue {
        if self.colors.len() > 500 {
            self.colors.clear();
        }
        self.colors
            .entry(color)
            .or_insert_with(|| JsValue::from_str(&color.css()))
            .clone()
    }

    fn set_font(&mut self, font: Font) {
        if self.state.font != Some(font) {
            self.state.font = Some(font);
            let weight = match font.weight {
                Weight::Regular => 400,
                Weight::Strong => 600,
            };
            self.context.set_font(&format!("{weight} {}px {FAMILY}", font.px));
        }
    }
}

// The newer setters take a text and turn it into one of the browser's at each call, which costs more than the stroke.
#[allow(deprecated)]
impl Painter for CanvasPainter {
    fn fill_color(&mut self, color: Color) {
        if self.state.fill != Some(color) {
            self.state.fill = Some(color);
            let value = self.color(color);
            self.context.set_fill_style(&value);
        }
    }

    fn pen(&mut self, color: Color, width: f64) {
        if self.state.stroke != Some(color) {
            self.state.stroke = Some(color);
            let value = self.color(color);
            self.context.set_stroke_style(&value);
        }
        if self.state.width != width {
            self.state.width = width;
            self.context.set_line_width(width);
        }
    }

    fn dash(&mut self, dash: Dash) {
        if self.state.dash == Some(dash) {
            return;
        }
        self.state.dash = Some(dash);
        let pattern = match dash {
            Dash::Solid => self.no_dash.clone(),
            Dash::Dashed(on, off) => Array::of2(&on.into(), &off.into()).into(),
        };
        self.context
            .set_line_cap(if dash == Dash::Solid { "round" } else { "butt" });
        // It fails only for arguments of the wrong types.
        self.context.set_line_dash(&pattern).ok();
    }

    fn begin(&mut self) {
        self.context.begin_path();
    }

    fn move_to(&mut self, point: Point) {
        self.context.move_to(point.x, point.y);
    }

    fn line_to(&mut self, point: Point) {
        self.context.line_to(point.x, point.y);
    }

    fn quad_to(&mut self, handle: Point, to: Point) {
        self.context.quadratic_curve_to(handle.x, handle.y, to.x, to.y);
    }

    fn curve_to(&mut self, first: Point, second: Point, to: Point) {
        self.context
            .bezier_curve_to(first.x, first.y, second.x, second.y, to.x, to.y);
    }

    fn arc(&mut self, center: Point, radius: f64, from: f64, to: f64) {
        // It fails only for a negative radius.
        self.context
            .arc_with_anticlockwise(center.x, center.y, radius.max(0.0), from, to, to < from)
            .ok();
    }

    fn rect(&mut self, rect: Rect) {
        self.context.rect(rect.x, rect.y, rect.w, rect.h);
    }

    fn round_rect(&mut self, rect: Rect, radius: f64) {
        let radius = radius.clamp(0.0, (rect.w.min(rect.h) / 2.0).max(0.0));
        // It fails only for a negative radius.
        self.context
            .round_rect_with_f64(rect.x, rect.y, rect.w, rect.h, radius)
            .ok();
    }

    fn close(&mut self) {
        self.context.close_path();
    }

    fn fill(&mut self) {
        self.context.fill();
    }

    fn stroke(&mut self) {
        self.context.stroke();
    }

    fn clip(&mut self, rect: Rect) {
        self.context.save();
        self.context.begin_path();
        self.rect(rect);
        self.context.clip();
    }

    fn unclip(&mut self) {
        self.context.restore();
        self.state = State::default();
    }

    fn clear(&mut self, rect: Rect) {
        self.context.clear_rect(rect.x, rect.y, rect.w, rect.h);
    }

    fn opacity(&mut self, opacity: f64) {
        self.context.set_global_alpha(opacity);
    }

    fn text(&mut self, text: &str, at: Point, font: Font, align: Align) {
        self.set_font(font);
        if self.state.align != Some(align) {
            self.state.align = Some(align);
            self.context.set_text_align(match align {
                Align::Left => "left",
                Align::Center => "center",
                Align::Right => "right",
            });
        }
        // It fails only for arguments of the wrong types.
        self.context.fill_text(text, at.x, at.y).ok();
    }

    fn text_width(&mut self, text: &str, font: Font) -> f64 {
        self.set_font(font);
        self.context.measure_text(text).map_or(0.0, |metrics| metrics.width())
    }
}
