//! Points, rectangles and easing. World coordinates are layout units; screen coordinates are CSS pixels.

/// A point.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Point {
    /// To the right.
    pub x: f64,
    /// Downwards.
    pub y: f64,
}

impl Point {
    /// The point at `x`, `y`.
    #[must_use]
    pub const fn new(x: f64, y: f64) -> Self {
        Self { x, y }
    }

    /// The point a share `t` of the way to `other`.
    #[must_use]
    pub fn lerp(self, other: Self, t: f64) -> Self {
        Self::new(lerp(self.x, other.x, t), lerp(self.y, other.y, t))
    }

    /// The distance to `other`.
    #[must_use]
    pub fn distance(self, other: Self) -> f64 {
        (self.x - other.x).hypot(self.y - other.y)
    }
}

/// A rectangle that stands upright.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Rect {
    /// The left edge.
    pub x: f64,
    /// The top edge.
    pub y: f64,
    /// The width.
    pub w: f64,
    /// The height.
    pub h: f64,
}

impl Rect {
    /// The rectangle at `x`, `y` of size `w` by `h`.
    #[must_use]
    pub const fn new(x: f64, y: f64, w: f64, h: f64) -> Self {
        Self { x, y, w, h }
    }

    /// The right edge.
    #[must_use]
    pub fn right(self) -> f64 {
        self.x + self.w
    }

    /// The bottom edge.
    #[must_use]
    pub fn bottom(self) -> f64 {
        self.y + self.h
    }

    /// The middle.
    #[must_use]
    pub fn center(self) -> Point {
        Point::new(self.x + self.w / 2.0, self.y + self.h / 2.0)
    }

    /// Whether the point lies inside.
    #[must_use]
    pub fn contains(self, point: Point) -> bool {
        point.x >= self.x && point.x < self.right() && point.y >= self.y && point.y < self.bottom()
    }

    /// Whether the two share an area.
    #[must_use]
    pub fn intersects(self, other: Self) -> bool {
        self.x < other.right() && other.x < self.right() && self.y < other.bottom() && other.y < self.bottom()
    }

    /// Larger by `by` on each side; smaller if negative.
    #[must_use]
    pub fn grown(self, by: f64) -> Self {
        Self::new(self.x - by, self.y - by, self.w + 2.0 * by, self.h + 2.0 * by)
    }

    /// The smallest rectangle that holds both.
    #[must_use]
    pub fn union(self, other: Self) -> Self {
        let x = self.x.min(other.x);
        let y = self.y.min(other.y);
        Self::new(
            x,
            y,
            self.right().max(other.right()) - x,
            self.bottom().max(other.bottom()) - y,
        )
    }
}

/// The value a share `t` of the way from `a` to `b`.
#[must_use]
pub fn lerp(a: f64, b: f64, t: f64) -> f64 {
    a + (b - a) * t
}

/// How far `value` has come from `from` to `to`, 0 to 1.
#[must_use]
pub fn progress(value: f64, from: f64, to: f64) -> f64 {
    if to <= from {
        1.0
    } else {
        ((value - from) / (to - from)).clamp(0.0, 1.0)
    }
}

/// Starts and ends gently.
#[must_use]
pub fn ease_in_out(t: f64) -> f64 {
    if t < 0.5 {
        4.0 * t * t * t
    } else {
        let rest = 2.0 - 2.0 * t;
        1.0 - rest * rest * rest / 2.0
    }
}

/// Starts at once and ends gently.
#[must_use]
pub fn ease_out(t: f64) -> f64 {
    let rest = 1.0 - t;
    1.0 - rest * rest * rest
}

/// A curve between two points that leaves and arrives along one axis.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Curve {
    /// Where it starts, its two handles and where it ends.
    pub points: [Point; 4],
}

impl Curve {
    /// A curve that leaves and arrives to the right (or, turned, to the left).
    #[must_use]
    pub fn sideways(from: Point, to: Point) -> Self {
        let reach = ((to.x - from.x) * 0.5).max(24.0);
        Self {
            points: [
                from,
                Point::new(from.x + reach, from.y),
                Point::new(to.x - reach, to.y),
                to,
            ],
        }
    }

    /// A curve that leaves and arrives downwards.
    #[must_use]
    pub fn downwards(from: Point, to: Point) -> Self {
        let reach = ((to.y - from.y) * 0.5).max(24.0);
        Self {
            points: [
                from,
                Point::new(from.x, from.y + reach),
                Point::new(to.x, to.y - reach),
                to,
            ],
        }
    }

    /// The same curve walked the other way.
    #[must_use]
    pub fn reversed(self) -> Self {
        let [a, b, c, d] = self.points;
        Self { points: [d, c, b, a] }
    }

    /// The point a share `t` along.
    #[must_use]
    pub fn at(self, t: f64) -> Point {
        let [a, b, c, d] = self.points;
        let (ab, bc, cd) = (a.lerp(b, t), b.lerp(c, t), c.lerp(d, t));
        ab.lerp(bc, t).lerp(bc.lerp(cd, t), t)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn easing_keeps_its_ends() {
        for ease in [ease_in_out, ease_out] {
            assert_eq!(ease(0.0), 0.0);
            assert_eq!(ease(1.0), 1.0);
            assert!(ease(0.6) > ease(0.4));
        }
        assert_eq!(ease_in_out(0.5), 0.5);
    }

    #[test]
    fn a_curve_starts_and_ends_where_it_says() {
        let (from, to) = (Point::new(0.0, 0.0), Point::new(100.0, 40.0));
        for curve in [Curve::sideways(from, to), Curve::downwards(from, to)] {
            assert_eq!(curve.at(0.0), from);
            assert_eq!(curve.at(1.0), to);
            assert_eq!(curve.at(0.5), Point::new(50.0, 20.0));
            assert_eq!(curve.reversed().at(0.0), to);
        }
    }

    #[test]
    fn rectangles_that_only_touch_share_nothing() {
        let rect = Rect::new(0.0, 0.0, 10.0, 10.0);
        assert!(!rect.intersects(Rect::new(10.0, 0.0, 5.0, 5.0)));
        assert!(rect.intersects(Rect::new(9.0, 9.0, 5.0, 5.0)));
        assert!(!rect.contains(Point::new(10.0, 5.0)));
        assert_eq!(
            rect.union(Rect::new(20.0, -5.0, 1.0, 1.0)),
            Rect::new(0.0, -5.0, 21.0, 15.0)
        );
    }
}
