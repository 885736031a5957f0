//! From world to screen: pan, zoom, fit, and the glide from one camera to the next.

use super::geometry::{Point, Rect, ease_in_out, lerp, progress};

/// The deepest zoom: screen pixels per world unit.
const SCALE_MAX: f64 = 6.0;
/// How long a glide takes, wall milliseconds.
const GLIDE_MS: f64 = 480.0;

/// Which part of the world is on the screen.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Camera {
    /// The world point in the middle of the screen.
    pub center: Point,
    /// Screen pixels per world unit.
    pub scale: f64,
    /// The screen, CSS pixels.
    pub viewport: (f64, f64),
}

impl Default for Camera {
    fn default() -> Self {
        Self {
            center: Point::default(),
            scale: 1.0,
            viewport: (1.0, 1.0),
        }
    }
}

impl Camera {
    /// The camera that shows all of `bounds` with a margin, magnified by `scale_max` at most.
    #[must_use]
    pub fn fit(bounds: Rect, viewport: (f64, f64), scale_max: f64) -> Self {
        let margin = (viewport.0.min(viewport.1) * 0.04).clamp(8.0, 32.0);
        let room = (
            (viewport.0 - 2.0 * margin).max(1.0),
            (viewport.1 - 2.0 * margin).max(1.0),
        );
        let scale = (room.0 / bounds.w.max(1.0))
            .min(room.1 / bounds.h.max(1.0))
            .min(scale_max);
        Self {
            center: bounds.center(),
            scale,
            viewport,
        }
    }

    /// Where a world point is on the screen.
    #[must_use]
    pub fn to_screen(self, point: Point) -> Point {
        Point::new(
            (point.x - self.center.x) * self.scale + self.viewport.0 / 2.0,
            (point.y - self.center.y) * self.scale + self.viewport.1 / 2.0,
        )
    }

    /// Where a world rectangle is on the screen.
    #[must_use]
    pub fn rect_to_screen(self, rect: Rect) -> Rect {
        let at = self.to_screen(Point::new(rect.x, rect.y));
        Rect::new(at.x, at.y, rect.w * self.scale, rect.h * self.scale)
    }

    /// Which world point is at this point of the screen.
    #[must_use]
    pub fn to_world(self, point: Point) -> Point {
        Point::new(
            (point.x - self.viewport.0 / 2.0) / self.scale + self.center.x,
            (point.y - self.viewport.1 / 2.0) / self.scale + self.center.y,
        )
    }

    /// The part of the world on the screen.
    #[must_use]
    pub fn visible(self) -> Rect {
        let (w, h) = (self.viewport.0 / self.scale, self.viewport.1 / self.scale);
        Rect::new(self.center.x - w / 2.0, self.center.y - h / 2.0, w, h)
    }

    /// Moved by a screen distance, as if the picture were dragged.
    #[must_use]
    pub fn panned(self, dx: f64, dy: f64) -> Self {
        let center = Point::new(self.center.x - dx / self.scale, self.center.y - dy / self.scale);
        Self { center, ..self }
    }

    /// Magnified by `factor` around a point of the screen, which stays where it is.
    #[must_use]
    pub fn zoomed(self, factor: f64, around: Point, scale_min: f64) -> Self {
        let fixed = self.to_world(around);
        let scale = (self.scale * factor).clamp(scale_min.min(SCALE_MAX), SCALE_MAX);
        let ratio = self.scale / scale;
        let center = Point::new(
            fixed.x + (self.center.x - fixed.x) * ratio,
            fixed.y + (self.center.y - fixed.y) * ratio,
        );
        Self { center, scale, ..self }
    }

    /// Kept near the world: the middle of the screen never leaves `bounds`.
    #[must_use]
    pub fn held_in(self, bounds: Rect) -> Self {
        let center = Point::new(
            self.center.x.clamp(bounds.x, bounds.right().max(bounds.x)),
            self.center.y.clamp(bounds.y, bounds.bottom().max(bounds.y)),
        );
        Self { center, ..self }
    }
}

/// A camera on its way to another.
#[derive(Clone, Copy, Debug)]
pub struct Glide {
    from: Camera,
    to: Camera,
    start_ms: f64,
}

impl Glide {
    /// Leaves `from` now and arrives at `to`.
    #[must_use]
    pub fn new(from: Camera, to: Camera, start_ms: f64) -> Self {
        Self { from, to, start_ms }
    }

    /// Where it is, and whether it has arrived.
    #[must_use]
    pub fn at(&self, wall_ms: f64) -> (Camera, bool) {
        let t = progress(wall_ms, self.start_ms, self.start_ms + GLIDE_MS);
        if t >= 1.0 {
            return (self.to, true);
        }
        let t = ease_in_out(t);
        let scale = lerp(self.from.scale.log2(), self.to.scale.log2(), t).exp2();
        (
            Camera {
                center: self.from.center.lerp(self.to.center, t),
                scale,
                viewport: self.to.viewport,
            },
            false,
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOUNDS: Rect = Rect::new(0.0, 0.0, 1000.0, 400.0);

    #[test]
    fn fit_shows_everything() {
        let camera = Camera::fit(BOUNDS, (500.0, 500.0), 2.0);
        let shown = camera.rect_to_screen(BOUNDS);
        assert!(shown.x >= 8.0 && shown.right() <= 492.0 && shown.y >= 8.0, "{shown:?}");
        assert_eq!(
            Camera::fit(Rect::new(0.0, 0.0, 10.0, 10.0), (500.0, 500.0), 2.0).scale,
            2.0
        );
    }

    #[test]
    fn zoom_keeps_the_point_under_the_pointer() {
        let camera = Camera::fit(BOUNDS, (500.0, 500.0), 2.0);
        let pointer = Point::new(120.0, 260.0);
        let before = camera.to_world(pointer);
        let after = camera.zoomed(1.7, pointer, 0.01).to_world(pointer);
        assert!(before.distance(after) < 1e-9);
    }

    #[test]
    fn screen_and_world_are_inverse() {
        let camera = Camera {
            center: Point::new(30.0, -7.0),
            scale: 0.37,
            viewport: (390.0, 844.0),
        };
        let point = Point::new(12.5, 99.0);
        assert!(camera.to_screen(camera.to_world(point)).distance(point) < 1e-9);
    }

    #[test]
    fn a_glide_starts_here_and_ends_there() {
        let (from, to) = (
            Camera::fit(BOUNDS, (500.0, 500.0), 2.0),
            Camera {
                scale: 2.0,
                ..Camera::default()
            },
        );
        let glide = Glide::new(from, to, 100.0);
        assert!(glide.at(100.0).0.center.distance(from.center) < 1e-9);
        assert_eq!(glide.at(100.0 + GLIDE_MS), (to, true));
    }
}
