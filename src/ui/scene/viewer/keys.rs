//! The keyboard: walk from pod to pod, zoom, select, open, ask for the menu.

use super::{Viewer, Wish};
use crate::ui::scene::geometry::Point;
use crate::ui::scene::hit::{self, Direction, Target};

/// How far a key pans, CSS pixels.
const PAN_STEP: f64 = 80.0;

impl Viewer {
    /// The keyboard comes to the picture: it starts at the selection, or at the first pod.
    pub fn keyboard_entered(&mut self) {
        let start = self.selected.or_else(|| hit::first(&self.stage));
        self.set_focus(start);
        self.wishes.extend(start.map(Wish::Announce));
    }

    /// The keyboard goes elsewhere.
    pub fn keyboard_left(&mut self) {
        self.set_focus(None);
    }

    /// A key; says whether it was for the picture. Arrows are, once the keyboard walks (entered by Tab or Enter);
    /// else they stay with the player.
    pub fn key(&mut self, key: &str, shift: bool, wall_ms: f64) -> bool {
        match (key, self.focus) {
            ("+" | "=", _) => self.zoom_step(1, wall_ms),
            ("-" | "_", _) => self.zoom_step(-1, wall_ms),
            ("0", _) => self.fit_all(wall_ms),
            ("ArrowLeft", _) if shift => self.pan(PAN_STEP, 0.0),
            ("ArrowRight", _) if shift => self.pan(-PAN_STEP, 0.0),
            ("ArrowUp", _) if shift => self.pan(0.0, PAN_STEP),
            ("ArrowDown", _) if shift => self.pan(0.0, -PAN_STEP),
            ("ArrowLeft", Some(focus)) => self.walk(focus, Direction::Left, wall_ms),
            ("ArrowRight", Some(focus)) => self.walk(focus, Direction::Right, wall_ms),
            ("ArrowUp", Some(focus)) => self.walk(focus, Direction::Up, wall_ms),
            ("ArrowDown", Some(focus)) => self.walk(focus, Direction::Down, wall_ms),
            ("Enter", Some(focus)) if self.selected == Some(focus) => self.wishes.push(Wish::Open(focus)),
            ("Enter", Some(focus)) => self.wishes.push(Wish::Select(Some(focus))),
            ("Enter", None) => self.keyboard_entered(),
            ("ContextMenu", _) => return self.menu_at_focus(),
            ("F10", _) if shift => return self.menu_at_focus(),
            ("Escape", Some(_)) => self.set_focus(None),
            ("Escape", None) if self.selected.is_some() => self.wishes.push(Wish::Select(None)),
            _ => return false,
        }
        true
    }

    fn pan(&mut self, dx: f64, dy: f64) {
        self.steer(self.camera.panned(dx, dy).held_in(self.stage.layout.bounds));
        self.wishes.push(Wish::Camera(self.saved_camera()));
    }

    fn walk(&mut self, from: Target, direction: Direction, wall_ms: f64) {
        let Some(next) = hit::neighbour(&self.stage, from, direction) else {
            return;
        };
        self.set_focus(Some(next));
        self.wishes.push(Wish::Announce(next));
        self.reveal(next, wall_ms);
    }

    fn menu_at_focus(&mut self) -> bool {
        let Some(target) = self.focus.or(self.selected) else {
            return false;
        };
        let Some(rect) = hit::rect_of(&self.stage, target) else {
            return false;
        };
        let center = self.camera.to_screen(rect.center());
        self.wishes
            .push(Wish::Menu(Some(target), Point::new(center.x, center.y)));
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::scene::demo::{self, SECOND};
    use crate::ui::scene::{Theme, Words};
    use std::rc::Rc;

    fn viewer() -> Viewer {
        let mut viewer = Viewer::new(Theme::Light, Words::default(), None);
        viewer.resize(1280.0, 800.0);
        viewer.show(Rc::new(demo::scene(3, 12, 20 * SECOND)), 20 * SECOND, 0.0);
        viewer.take_wishes();
        viewer
    }

    #[test]
    fn arrows_belong_to_the_player_until_the_keyboard_walks() {
        let mut viewer = viewer();
        assert!(!viewer.key("ArrowRight", false, 0.0));
        viewer.keyboard_entered();
        assert!(viewer.key("ArrowRight", false, 0.0));
        let wishes = viewer.take_wishes();
        assert!(
            matches!(wishes[..], [Wish::Announce(a), Wish::Announce(b)] if a != b),
            "{wishes:?}"
        );
        assert!(viewer.key("Escape", false, 0.0));
        assert!(!viewer.key("ArrowRight", false, 0.0));
        assert!(!viewer.key(" ", false, 0.0), "space plays and pauses");
    }

    #[test]
    fn enter_selects_and_then_opens() {
        let mut viewer = viewer();
        viewer.keyboard_entered();
        viewer.take_wishes();
        let target = viewer.focus.unwrap();
        viewer.key("Enter", false, 0.0);
        assert_eq!(viewer.take_wishes(), [Wish::Select(Some(target))]);
        viewer.set_selected(Some(target), 0.0);
        viewer.key("Enter", false, 0.0);
        assert_eq!(viewer.take_wishes(), [Wish::Open(target)]);
        assert!(viewer.key("F10", true, 0.0));
        assert!(matches!(viewer.take_wishes()[..], [Wish::Menu(Some(menu), _)] if menu == target));
    }
}
