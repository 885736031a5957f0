//! The outlines of pods and requests.

use crate::ui::scene::geometry::Point;
use crate::ui::scene::painter::{Painter, circle};
use std::f64::consts::TAU;

/// An outline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// Round: not a running pod, and no harm in it.
    Circle,
    /// Kubernetes' own seven corners: a pod with a life on a node.
    Heptagon,
    /// Point up: a warning.
    Triangle,
    /// On a flat side: an image.
    Square,
    /// On a corner: failed.
    Diamond,
}

/// Adds the outline to the path.
pub fn trace(painter: &mut dyn Painter, shape: Shape, center: Point, radius: f64) {
    match shape {
        Shape::Circle => circle(painter, center, radius * 0.95),
        Shape::Heptagon => polygon(painter, center, radius * 1.06, 7, 0.0, 0.14),
        Shape::Triangle => {
            let low = Point::new(center.x, center.y + radius * 0.14);
            polygon(painter, low, radius * 1.22, 3, 0.0, 0.24);
        }
        Shape::Square => polygon(painter, center, radius * 1.2, 4, 0.125, 0.3),
        Shape::Diamond => polygon(painter, center, radius * 1.14, 4, 0.0, 0.24),
    }
}

/// A regular polygon with round corners. `turn` is a share of a full turn; `round` of an edge, up to a half.
fn polygon(painter: &mut dyn Painter, center: Point, radius: f64, corners: u32, turn: f64, round: f64) {
    let corner = |index: u32| {
        let angle = (f64::from(index) / f64::from(corners) + turn - 0.25) * TAU;
        Point::new(center.x + radius * angle.cos(), center.y + radius * angle.sin())
    };
    for index in 0..corners {
        let (before, here, after) = (corner(index + corners - 1), corner(index), corner(index + 1));
        let start = here.lerp(before, round);
        if index == 0 {
            painter.move_to(start);
        } else {
            painter.line_to(start);
        }
        painter.quad_to(here, here.lerp(after, round));
    }
    painter.close();
}
