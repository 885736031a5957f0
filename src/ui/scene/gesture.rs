//! Fingers and mice: from pointer events to clicks, drags, pinches and long presses.

use super::geometry::Point;

/// A pointer that moves less than this far, CSS pixels, is meant to stand still.
const SLACK: f64 = 5.0;
/// How long a finger rests for a menu, wall milliseconds.
const LONG_PRESS_MS: f64 = 480.0;
/// Two clicks within this time are a double click, wall milliseconds.
const DOUBLE_MS: f64 = 320.0;

/// What pointers mean.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Gesture {
    /// The pointer is over a point.
    Hover(Point),
    /// A click or a tap.
    Click(Point),
    /// A second one soon after at the same place.
    DoubleClick(Point),
    /// A finger rests.
    LongPress(Point),
    /// The picture is dragged by a distance.
    Drag(f64, f64),
    /// The picture is drawn apart by a factor around a point, and moved by a distance.
    Pinch(f64, Point, (f64, f64)),
}

#[derive(Clone, Copy, Debug)]
struct Pointer {
    id: i32,
    at: Point,
}

#[derive(Clone, Copy, Debug)]
struct Press {
    at: Point,
    start_ms: f64,
    touch: bool,
}

/// The pointers that are down.
#[derive(Debug, Default)]
pub struct Gestures {
    pointers: Vec<Pointer>,
    /// A press that may still become a click.
    press: Option<Press>,
    last_click: Option<(Point, f64)>,
}

impl Gestures {
    /// A pointer goes down.
    pub fn down(&mut self, id: i32, at: Point, touch: bool, wall_ms: f64) {
        self.pointers.retain(|pointer| pointer.id != id);
        self.pointers.push(Pointer { id, at });
        let alone = self.pointers.len() == 1;
        self.press = alone.then_some(Press {
            at,
            start_ms: wall_ms,
            touch,
        });
    }

    /// A pointer moves.
    pub fn moved(&mut self, id: i32, at: Point) -> Option<Gesture> {
        let Some(index) = self.pointers.iter().position(|pointer| pointer.id == id) else {
            return self.pointers.is_empty().then_some(Gesture::Hover(at));
        };
        let before = self.pointers[index].at;
        if self.pointers.len() >= 2 {
            let other = self.pointers[if index == 0 { 1 } else { 0 }].at;
            self.pointers[index].at = at;
            let factor = at.distance(other).max(1.0) / before.distance(other).max(1.0);
            let (mid, mid_before) = (at.lerp(other, 0.5), before.lerp(other, 0.5));
            return Some(Gesture::Pinch(
                factor,
                mid,
                (mid.x - mid_before.x, mid.y - mid_before.y),
            ));
        }
        if self.press.is_some_and(|press| press.at.distance(at) < SLACK) {
            return None;
        }
        self.press = None;
        self.pointers[index].at = at;
        Some(Gesture::Drag(at.x - before.x, at.y - before.y))
    }

    /// A pointer goes up.
    pub fn up(&mut self, id: i32, wall_ms: f64) -> Option<Gesture> {
        self.pointers.retain(|pointer| pointer.id != id);
        let press = self.press.take()?;
        let again = self
            .last_click
            .is_some_and(|(at, ms)| wall_ms - ms < DOUBLE_MS && at.distance(press.at) < 3.0 * SLACK);
        self.last_click = (!again).then_some((press.at, wall_ms));
        Some(if again {
            Gesture::DoubleClick(press.at)
        } else {
            Gesture::Click(press.at)
        })
    }

    /// The browser takes a pointer away.
    pub fn cancel(&mut self, id: i32) {
        self.pointers.retain(|pointer| pointer.id != id);
        self.press = None;
    }

    /// Whether a finger rests and time has to pass for it.
    #[must_use]
    pub fn is_waiting(&self) -> bool {
        self.press.is_some_and(|press| press.touch)
    }

    /// Whether the picture is being dragged or pinched.
    #[must_use]
    pub fn is_dragging(&self) -> bool {
        !self.pointers.is_empty() && self.press.is_none()
    }

    /// Lets time pass.
    pub fn tick(&mut self, wall_ms: f64) -> Option<Gesture> {
        let press = self
            .press
            .filter(|press| press.touch && wall_ms >= press.start_ms + LONG_PRESS_MS)?;
        self.press = None;
        Some(Gesture::LongPress(press.at))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn at(x: f64, y: f64) -> Point {
        Point::new(x, y)
    }

    #[test]
    fn a_shaky_click_is_a_click_and_two_are_a_double_click() {
        let mut gestures = Gestures::default();
        gestures.down(1, at(10.0, 10.0), false, 0.0);
        assert_eq!(gestures.moved(1, at(12.0, 11.0)), None);
        assert_eq!(gestures.up(1, 80.0), Some(Gesture::Click(at(10.0, 10.0))));
        gestures.down(1, at(11.0, 10.0), false, 150.0);
        assert_eq!(gestures.up(1, 200.0), Some(Gesture::DoubleClick(at(11.0, 10.0))));
        gestures.down(1, at(11.0, 10.0), false, 250.0);
        assert_eq!(
            gestures.up(1, 300.0),
            Some(Gesture::Click(at(11.0, 10.0))),
            "the third starts anew"
        );
    }

    #[test]
    fn a_drag_moves_by_what_the_pointer_moved_and_is_no_click() {
        let mut gestures = Gestures::default();
        gestures.down(1, at(10.0, 10.0), false, 0.0);
        assert_eq!(gestures.moved(1, at(30.0, 10.0)), Some(Gesture::Drag(20.0, 0.0)));
        assert_eq!(gestures.moved(1, at(30.0, 15.0)), Some(Gesture::Drag(0.0, 5.0)));
        assert_eq!(gestures.up(1, 90.0), None);
        assert_eq!(gestures.moved(1, at(40.0, 40.0)), Some(Gesture::Hover(at(40.0, 40.0))));
    }

    #[test]
    fn two_fingers_pinch_around_their_middle() {
        let mut gestures = Gestures::default();
        gestures.down(1, at(0.0, 0.0), true, 0.0);
        gestures.down(2, at(100.0, 0.0), true, 10.0);
        assert_eq!(
            gestures.moved(2, at(200.0, 0.0)),
            Some(Gesture::Pinch(2.0, at(100.0, 0.0), (50.0, 0.0)))
        );
        assert_eq!(gestures.up(2, 50.0), None);
        assert_eq!(gestures.up(1, 60.0), None);
    }

    #[test]
    fn a_finger_that_rests_asks_for_the_menu_once_and_a_mouse_never() {
        let mut gestures = Gestures::default();
        gestures.down(1, at(5.0, 5.0), true, 0.0);
        assert_eq!(gestures.tick(300.0), None);
        assert_eq!(gestures.tick(500.0), Some(Gesture::LongPress(at(5.0, 5.0))));
        assert_eq!(gestures.tick(900.0), None);
        assert_eq!(gestures.up(1, 950.0), None);
        gestures.down(1, at(5.0, 5.0), false, 2000.0);
        assert_eq!(gestures.tick(9000.0), None);
    }
}
