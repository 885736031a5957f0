//! Small line icons, each a list of strokes in a square from -1 to 1.

use crate::ui::scene::geometry::Point;
use crate::ui::scene::painter::Painter;
use std::f64::consts::{FRAC_PI_2, PI, TAU};

/// One step of an icon.
#[derive(Clone, Copy, Debug)]
pub enum Step {
    /// Move without drawing.
    Move(f64, f64),
    /// A straight line.
    Line(f64, f64),
    /// Part of a circle: centre, radius, from, to.
    Arc(f64, f64, f64, f64, f64),
}
use Step::{Arc, Line, Move};

/// An icon.
pub type Icon = &'static [Step];

/// A box seen from a corner: a container that runs.
pub const CUBE: Icon = &[
    Move(0.0, -0.95),
    Line(0.82, -0.48),
    Line(0.82, 0.48),
    Line(0.0, 0.95),
    Line(-0.82, 0.48),
    Line(-0.82, -0.48),
    Line(0.0, -0.95),
    Move(-0.82, -0.48),
    Line(0.0, 0.0),
    Line(0.82, -0.48),
    Move(0.0, 0.0),
    Line(0.0, 0.95),
];
/// Sheets one behind the other: a workload.
pub const STACK: Icon = &[
    Move(-0.9, -0.25),
    Line(0.0, -0.75),
    Line(0.9, -0.25),
    Line(0.0, 0.25),
    Line(-0.9, -0.25),
    Move(-0.9, 0.2),
    Line(0.0, 0.7),
    Line(0.9, 0.2),
];
/// A clock: waits for its turn.
pub const CLOCK: Icon = &[Move(0.0, -0.75), Line(0.0, 0.05), Line(0.5, 0.4)];
/// Three points: being made.
pub const DOTS: Icon = &[
    Move(-0.6, 0.0),
    Line(-0.58, 0.0),
    Move(0.0, 0.0),
    Line(0.02, 0.0),
    Move(0.6, 0.0),
    Line(0.62, 0.0),
];
/// Two bars: held back.
pub const PAUSE: Icon = &[
    Move(-0.35, -0.65),
    Line(-0.35, 0.65),
    Move(0.35, -0.65),
    Line(0.35, 0.65),
];
/// An exclamation mark: crashes.
pub const ALERT: Icon = &[Move(0.0, -0.7), Line(0.0, 0.15), Move(0.0, 0.68), Line(0.0, 0.7)];
/// An arrow onto a broken line: an image that does not come.
pub const NO_IMAGE: Icon = &[
    Move(0.0, -0.8),
    Line(0.0, 0.3),
    Move(-0.45, -0.12),
    Line(0.0, 0.32),
    Line(0.45, -0.12),
    Move(-0.7, 0.78),
    Line(-0.25, 0.78),
    Move(0.25, 0.78),
    Line(0.7, 0.78),
];
/// A cross: failed.
pub const CROSS: Icon = &[
    Move(-0.55, -0.55),
    Line(0.55, 0.55),
    Move(0.55, -0.55),
    Line(-0.55, 0.55),
];
/// A check mark: done.
pub const CHECK: Icon = &[Move(-0.6, 0.05), Line(-0.15, 0.5), Line(0.65, -0.45)];
/// The sign on a button that switches off: asked to stop.
pub const POWER: Icon = &[
    Move(0.0, -0.85),
    Line(0.0, -0.1),
    Move(0.44, -0.5),
    Arc(0.0, 0.12, 0.76, -0.96, PI + 0.96),
];
/// A question mark: nobody knows.
pub const QUESTION: Icon = &[
    Move(-0.42, -0.35),
    Arc(0.0, -0.38, 0.42, PI, TAU + FRAC_PI_2 * 0.6),
    Line(0.0, 0.2),
    Move(0.0, 0.68),
    Line(0.0, 0.7),
];
/// A rack: a node.
pub const SERVER: Icon = &[
    Move(-0.85, -0.8),
    Line(0.85, -0.8),
    Line(0.85, -0.05),
    Line(-0.85, -0.05),
    Line(-0.85, -0.8),
    Move(-0.85, -0.05),
    Line(-0.85, 0.75),
    Line(0.85, 0.75),
    Line(0.85, -0.05),
    Move(-0.45, -0.42),
    Line(-0.4, -0.42),
    Move(-0.45, 0.35),
    Line(-0.4, 0.35),
    Move(0.05, -0.42),
    Line(0.45, -0.42),
    Move(0.05, 0.35),
    Line(0.45, 0.35),
];
/// A globe: the internet.
pub const GLOBE: Icon = &[
    Move(0.95, 0.0),
    Arc(0.0, 0.0, 0.95, 0.0, TAU),
    Move(-0.95, 0.0),
    Line(0.95, 0.0),
    Move(0.0, -0.95),
    Arc(0.62, 0.0, 1.13, PI + 0.99, PI - 0.99),
    Move(0.0, 0.95),
    Arc(-0.62, 0.0, 1.13, 0.99, -0.99),
];
/// An arrow through a gate: an Ingress.
pub const GATE: Icon = &[
    Move(0.15, -0.9),
    Line(0.85, -0.9),
    Line(0.85, 0.9),
    Line(0.15, 0.9),
    Move(-0.9, 0.0),
    Line(0.35, 0.0),
    Move(-0.05, -0.42),
    Line(0.37, 0.0),
    Line(-0.05, 0.42),
];
/// One point that spreads to three: a Service.
pub const SPREAD: Icon = &[
    Move(-0.55, 0.0),
    Arc(-0.72, 0.0, 0.17, 0.0, TAU),
    Move(-0.5, 0.0),
    Line(0.5, -0.68),
    Move(-0.5, 0.0),
    Line(0.5, 0.0),
    Move(-0.5, 0.0),
    Line(0.5, 0.68),
    Move(0.89, -0.68),
    Arc(0.72, -0.68, 0.17, 0.0, TAU),
    Move(0.89, 0.0),
    Arc(0.72, 0.0, 0.17, 0.0, TAU),
    Move(0.89, 0.68),
    Arc(0.72, 0.68, 0.17, 0.0, TAU),
];

/// Adds an icon's strokes to the path.
pub fn trace(painter: &mut dyn Painter, icon: Icon, center: Point, size: f64) {
    let at = |x: f64, y: f64| Point::new(center.x + x * size, center.y + y * size);
    for step in icon {
        match *step {
            Move(x, y) => painter.move_to(at(x, y)),
            Line(x, y) => painter.line_to(at(x, y)),
            Arc(x, y, radius, from, to) => painter.arc(at(x, y), radius * size, from, to),
        }
    }
}
