//! What drawing code draws on: a browser's canvas, or in tests a list of what was drawn.

use super::geometry::{Point, Rect};
use super::palette::Color;

/// The weight of text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weight {
    /// Running text.
    Regular,
    /// Names and headings.
    Strong,
}

/// A font: size in CSS pixels, and weight.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Font {
    /// The size, CSS pixels.
    pub px: u32,
    /// The weight.
    pub weight: Weight,
}

impl Font {
    /// Running text of this size, rounded to a whole pixel.
    #[must_use]
    pub fn regular(px: f64) -> Self {
        Self {
            px: px.round() as u32,
            weight: Weight::Regular,
        }
    }

    /// Strong text of this size, rounded to a whole pixel.
    #[must_use]
    pub fn strong(px: f64) -> Self {
        Self {
            px: px.round() as u32,
            weight: Weight::Strong,
        }
    }
}

/// Which point of a text its position names. Texts stand on their middle line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Align {
    /// The left end.
    Left,
    /// The middle.
    Center,
    /// The right end.
    Right,
}

/// The pattern of a line.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Dash {
    /// Unbroken.
    Solid,
    /// Strokes and gaps of these lengths.
    Dashed(f64, f64),
}

/// A surface to draw on, in screen coordinates.
pub trait Painter {
    /// The colour of fills and texts.
    fn fill_color(&mut self, color: Color);
    /// The colour and width of lines.
    fn pen(&mut self, color: Color, width: f64);
    /// The pattern of lines.
    fn dash(&mut self, dash: Dash);
    /// Starts a new path.
    fn begin(&mut self);
    /// Moves the path without drawing.
    fn move_to(&mut self, point: Point);
    /// A straight line.
    fn line_to(&mut self, point: Point);
    /// A curve with one handle.
    fn quad_to(&mut self, handle: Point, to: Point);
    /// A curve with two handles.
    fn curve_to(&mut self, first: Point, second: Point, to: Point);
    /// Part of a circle, clockwise from one angle to another, radians, zero to the right.
    fn arc(&mut self, center: Point, radius: f64, from: f64, to: f64);
    /// A rectangle.
    fn rect(&mut self, rect: Rect);
    /// A rectangle with round corners.
    fn round_rect(&mut self, rect: Rect, radius: f64);
    /// Closes the figure.
    fn close(&mut self);
    /// Fills the path.
    fn fill(&mut self);
    /// Draws the path as a line.
    fn stroke(&mut self);
    /// Keeps what follows inside `rect`, until [`Painter::unclip`].
    fn clip(&mut self, rect: Rect);
    /// Ends the innermost [`Painter::clip`].
    fn unclip(&mut self);
    /// Makes a part of the surface transparent.
    fn clear(&mut self, rect: Rect);
    /// The opacity of what follows, 0 to 1.
    fn opacity(&mut self, opacity: f64);
    /// One line of text.
    fn text(&mut self, text: &str, at: Point, font: Font, align: Align);
    /// The width of a text.
    fn text_width(&mut self, text: &str, font: Font) -> f64;
}

/// A full circle.
pub fn circle(painter: &mut dyn Painter, center: Point, radius: f64) {
    painter.move_to(Point::new(center.x + radius, center.y));
    painter.arc(center, radius, 0.0, std::f64::consts::TAU);
}

/// A filled rectangle.
pub fn fill_rect(painter: &mut dyn Painter, rect: Rect, color: Color) {
    painter.fill_color(color);
    painter.begin();
    painter.rect(rect);
    painter.fill();
}

/// A filled rectangle with round corners.
pub fn fill_round(painter: &mut dyn Painter, rect: Rect, radius: f64, color: Color) {
    painter.fill_color(color);
    painter.begin();
    painter.round_rect(rect, radius);
    painter.fill();
}

/// The text, shortened to a width by taking out its middle: names differ at their ends.
pub fn fitted(painter: &mut dyn Painter, text: &str, font: Font, width: f64) -> String {
    if text.is_empty() || painter.text_width(text, font) <= width {
        return text.to_owned();
    }
    let chars: Vec<char> = text.chars().collect();
    let per_char = painter.text_width(text, font) / chars.len() as f64;
    let mut keep = ((width / per_char.max(0.1)) as usize)
        .saturating_sub(1)
        .min(chars.len() - 1);
    while keep >= 2 {
        let short = without_middle(&chars, keep);
        if painter.text_width(&short, font) <= width {
            return short;
        }
        keep -= 1;
    }
    String::new()
}

/// So many characters of a text, half of them from its end, and a mark for the rest.
fn without_middle(chars: &[char], keep: usize) -> String {
    let tail = keep.div_ceil(2).min(6);
    let (head, mark) = (&chars[..keep - tail], '…');
    head.iter().chain([&mark]).chain(&chars[chars.len() - tail..]).collect()
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use std::fmt::Write;

    /// Writes down what is drawn, a line an operation, so that tests compare text.
    #[derive(Default)]
    pub(crate) struct Recorder {
        pub(crate) log: String,
        pub(crate) op_count: usize,
    }

    impl Recorder {
        fn op(&mut self, line: std::fmt::Arguments<'_>) {
            self.op_count += 1;
            writeln!(self.log, "{line}").unwrap();
        }

        /// Only the texts, in order.
        pub(crate) fn texts(&self) -> Vec<&str> {
            self.log
                .lines()
                .filter_map(|line| line.strip_prefix("text ")?.split('"').nth(1))
                .collect()
        }
    }

    fn n(value: f64) -> f64 {
        (value * 10.0).round() / 10.0 + 0.0
    }

    impl Painter for Recorder {
        fn fill_color(&mut self, color: Color) {
            self.op(format_args!("fill-color {}", color.css()));
        }
        fn pen(&mut self, color: Color, width: f64) {
            self.op(format_args!("pen {} {}", color.css(), n(width)));
        }
        fn dash(&mut self, dash: Dash) {
            match dash {
                Dash::Solid => self.op(format_args!("dash solid")),
                Dash::Dashed(on, off) => self.op(format_args!("dash {} {}", n(on), n(off))),
            }
        }
        fn begin(&mut self) {
            self.op(format_args!("begin"));
        }
        fn move_to(&mut self, point: Point) {
            self.op(format_args!("move {} {}", n(point.x), n(point.y)));
        }
        fn line_to(&mut self, point: Point) {
            self.op(format_args!("line {} {}", n(point.x), n(point.y)));
        }
        fn quad_to(&mut self, handle: Point, to: Point) {
            self.op(format_args!(
                "quad {} {} {} {}",
                n(handle.x),
                n(handle.y),
                n(to.x),
                n(to.y)
            ));
        }
        fn curve_to(&mut self, first: Point, second: Point, to: Point) {
            let [a, b, c, d] = [first.x, first.y, second.x, second.y].map(n);
            self.op(format_args!("curve {a} {b} {c} {d} {} {}", n(to.x), n(to.y)));
        }
        fn arc(&mut self, center: Point, radius: f64, from: f64, to: f64) {
            let degrees = |angle: f64| angle.to_degrees().round() + 0.0;
            let (from, to) = (degrees(from), degrees(to));
            self.op(format_args!(
                "arc {} {} r{} {from}..{to}",
                n(center.x),
                n(center.y),
                n(radius)
            ));
        }
        fn rect(&mut self, rect: Rect) {
            self.op(format_args!(
                "rect {} {} {} {}",
                n(rect.x),
                n(rect.y),
                n(rect.w),
                n(rect.h)
            ));
        }
        fn round_rect(&mut self, rect: Rect, radius: f64) {
            let [x, y, w, h] = [rect.x, rect.y, rect.w, rect.h].map(n);
            self.op(format_args!("round-rect {x} {y} {w} {h} r{}", n(radius)));
        }
        fn close(&mut self) {
            self.op(format_args!("close"));
        }
        fn fill(&mut self) {
            self.op(format_args!("fill"));
        }
        fn stroke(&mut self) {
            self.op(format_args!("stroke"));
        }
        fn clip(&mut self, rect: Rect) {
            self.op(format_args!(
                "clip {} {} {} {}",
                n(rect.x),
                n(rect.y),
                n(rect.w),
                n(rect.h)
            ));
        }
        fn unclip(&mut self) {
            self.op(format_args!("unclip"));
        }
        fn clear(&mut self, rect: Rect) {
            self.op(format_args!(
                "clear {} {} {} {}",
                n(rect.x),
                n(rect.y),
                n(rect.w),
                n(rect.h)
            ));
        }
        fn opacity(&mut self, opacity: f64) {
            self.op(format_args!("opacity {}", n(opacity)));
        }
        fn text(&mut self, text: &str, at: Point, font: Font, align: Align) {
            self.op(format_args!(
                "text {} {} {}px {align:?} \"{text}\"",
                n(at.x),
                n(at.y),
                font.px
            ));
        }
        fn text_width(&mut self, text: &str, font: Font) -> f64 {
            text.chars().count() as f64 * f64::from(font.px) * 0.6
        }
    }

    #[test]
    fn names_are_shortened_in_their_middle() {
        let mut recorder = Recorder::default();
        let font = Font::regular(10.0);
        let rows = [
            ("web-x2v4q", 60.0, "web-x2v4q"),
            ("frontend-x2v4q", 60.0, "fron…-x2v4q"),
            ("frontend-x2v4q", 6.0, ""),
            ("", 60.0, ""),
        ];
        for (text, width, want) in rows {
            let got = fitted(&mut recorder, text, font, width);
            assert!(recorder.text_width(&got, font) <= width, "{got} is too wide");
            assert_eq!(got.is_empty(), want.is_empty(), "{text}");
            assert!(got.len() <= text.len() + 3);
            assert!(
                want.is_empty()
                    || text.ends_with(
                        &got.chars()
                            .rev()
                            .take(4)
                            .collect::<Vec<_>>()
                            .iter()
                            .rev()
                            .collect::<String>()
                    )
            );
        }
    }
}
