//! The picture without its browser: stage, camera, pointer, keyboard, and what they ask of the page.

mod keys;

use super::camera::{Camera, Glide};
use super::draw::{Shot, Words};
use super::geometry::Point;
use super::gesture::{Gesture, Gestures};
use super::hit::{self, Target};
use super::layout::View;
use super::palette::{Palette, Theme};
use super::stage::{Damage, Stage};
use crate::view::scene::Scene;
use std::rc::Rc;

/// The largest scale the picture takes by itself; people may go further.
const FIT_SCALE_MAX: f64 = 1.5;
/// A step of the zoom keys and buttons.
const ZOOM_STEP: f64 = 1.4;

/// What the picture asks of the page.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Wish {
    /// Select this, or nothing.
    Select(Option<Target>),
    /// Open what belongs to this.
    Open(Target),
    /// Show the menu for this at a point of the screen.
    Menu(Option<Target>, Point),
    /// The keyboard has moved to this: say it.
    Announce(Target),
    /// The camera has come to rest elsewhere.
    Camera(Option<SavedCamera>),
}

/// A camera in whole numbers, for links. None stands for "all in sight".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SavedCamera {
    /// The middle, thousandths of a world unit.
    pub x_milli: i64,
    /// The middle, thousandths of a world unit.
    pub y_milli: i64,
    /// The scale, millionths.
    pub scale_micro: u64,
}

impl SavedCamera {
    fn of(camera: Camera) -> Self {
        Self {
            x_milli: (camera.center.x * 1000.0).round() as i64,
            y_milli: (camera.center.y * 1000.0).round() as i64,
            scale_micro: (camera.scale * 1e6).round() as u64,
        }
    }

    fn restore(self, viewport: (f64, f64)) -> Camera {
        let center = Point::new(self.x_milli as f64 / 1000.0, self.y_milli as f64 / 1000.0);
        Camera {
            center,
            scale: (self.scale_micro as f64 / 1e6).clamp(1e-4, 8.0),
            viewport,
        }
    }
}

/// The picture without its browser.
pub struct Viewer {
    stage: Stage,
    camera: Camera,
    glide: Option<Glide>,
    /// Whether the camera keeps all in sight by itself.
    fitted: bool,
    /// A camera to take once there is something to see.
    saved: Option<SavedCamera>,
    view: View,
    palette: Palette,
    words: Words,
    gestures: Gestures,
    hover: Option<Target>,
    selected: Option<Target>,
    focus: Option<Target>,
    wishes: Vec<Wish>,
}

impl Viewer {
    /// A picture of nothing.
    #[must_use]
    pub fn new(theme: Theme, words: Words, saved: Option<SavedCamera>) -> Self {
        Self {
            stage: Stage::default(),
            camera: Camera::default(),
            glide: None,
            fitted: saved.is_none(),
            saved,
            view: View::Nodes,
            palette: Palette::of(theme),
            words,
            gestures: Gestures::default(),
            hover: None,
            selected: None,
            focus: None,
            wishes: Vec::new(),
        }
    }

    /// What stands where.
    #[must_use]
    pub fn stage(&self) -> &Stage {
        &self.stage
    }

    /// The colours in use.
    #[must_use]
    pub fn palette(&self) -> &Palette {
        &self.palette
    }

    /// The frame to draw.
    #[must_use]
    pub fn shot(&self, wall_ms: f64) -> Shot<'_> {
        Shot {
            stage: &self.stage,
            camera: self.camera,
            palette: &self.palette,
            words: &self.words,
            wall_ms,
            hover: self.hover,
            selected: self.selected,
            focus: self.focus,
        }
    }

    /// What has to be drawn again since the last call.
    pub fn take_damage(&mut self) -> Damage {
        std::mem::take(&mut self.stage.damage)
    }

    /// What the picture asks of the page since the last call.
    pub fn take_wishes(&mut self) -> Vec<Wish> {
        std::mem::take(&mut self.wishes)
    }

    /// Whether the next frame differs from this one with the playing time standing still.
    #[must_use]
    pub fn is_moving(&self) -> bool {
        self.stage.is_moving() || self.glide.is_some() || self.gestures.is_waiting()
    }

    /// The screen has another size, CSS pixels.
    pub fn resize(&mut self, width: f64, height: f64) {
        let viewport = (width.max(1.0), height.max(1.0));
        if self.camera.viewport != viewport {
            self.camera.viewport = viewport;
            self.glide = None;
            self.stage.damage = Damage {
                bounds: true,
                ..Damage::all()
            };
        }
    }

    /// Another theme.
    pub fn set_theme(&mut self, theme: Theme) {
        self.palette = Palette::of(theme);
        self.redraw();
    }

    /// Another language.
    pub fn set_words(&mut self, words: Words) {
        self.words = words;
        self.redraw();
    }

    /// Whether things jump rather than glide.
    pub fn set_reduced_motion(&mut self, reduced: bool) {
        self.stage.reduced_motion = reduced;
    }

    /// Another view; the camera follows.
    pub fn set_view(&mut self, view: View) {
        if self.view != view {
            self.view = view;
            self.fitted = true;
            self.stage.damage.bounds = true;
        }
    }

    /// Another selection, made by the page. What is out of sight comes into it.
    pub fn set_selected(&mut self, selected: Option<Target>, wall_ms: f64) {
        if self.selected != selected {
            self.selected = selected;
            self.stage.damage.overlay = true;
            if let Some(target) = selected {
                self.reveal(target, wall_ms);
            }
        }
    }

    /// All has to be drawn again.
    pub fn redraw(&mut self) {
        let bounds = self.stage.damage.bounds;
        self.stage.damage = Damage {
            bounds,
            ..Damage::all()
        };
    }

    /// Shows a state at a playing time, and lets wall time pass.
    pub fn show(&mut self, scene: Rc<Scene>, now_ns: u64, wall_ms: f64) {
        let first = self.stage.layout.blocks.is_empty();
        self.stage.show(scene, self.view, self.aspect(), wall_ms);
        self.stage.tick(now_ns, wall_ms);
        if let Some(gesture) = self.gestures.tick(wall_ms) {
            self.gesture(gesture, wall_ms);
        }
        self.move_camera(first, wall_ms);
    }

    /// The screen's shape in steps, so that a small change of size does not rearrange the world.
    fn aspect(&self) -> f64 {
        let (w, h) = self.camera.viewport;
        (((w / h).log2() * 4.0).round() / 4.0).exp2()
    }

    fn move_camera(&mut self, first: bool, wall_ms: f64) {
        if std::mem::take(&mut self.stage.damage.bounds) && self.fitted {
            let still = first
                || self.stage.reduced_motion
                || self.camera.scale == 1.0 && self.camera.center == Point::default();
            self.aim(self.fit(), still, wall_ms);
        }
        if let Some(saved) = self.saved.take_if(|_| first) {
            self.camera = saved.restore(self.camera.viewport);
            self.redraw();
        }
        let Some(glide) = self.glide else { return };
        let (camera, arrived) = glide.at(wall_ms);
        self.camera = camera;
        self.redraw();
        if arrived {
            self.glide = None;
            self.wishes.push(Wish::Camera(self.saved_camera()));
        }
    }

    fn fit(&self) -> Camera {
        Camera::fit(self.stage.layout.bounds, self.camera.viewport, FIT_SCALE_MAX)
    }

    fn aim(&mut self, camera: Camera, still: bool, wall_ms: f64) {
        if still {
            self.glide = None;
            self.camera = camera;
            self.redraw();
        } else if camera != self.camera {
            self.glide = Some(Glide::new(self.camera, camera, wall_ms));
        }
    }

    /// The camera as a link keeps it.
    #[must_use]
    pub fn saved_camera(&self) -> Option<SavedCamera> {
        (!self.fitted).then(|| SavedCamera::of(self.camera))
    }

    /// Brings a target into sight.
    fn reveal(&mut self, target: Target, wall_ms: f64) {
        let Some(rect) = hit::rect_of(&self.stage, target) else {
            return;
        };
        // All is in sight, or will be in a moment.
        if self.fitted {
            return;
        }
        let inner = self.camera.visible().grown(-24.0 / self.camera.scale);
        if inner.contains(Point::new(rect.x, rect.y)) && inner.contains(Point::new(rect.right(), rect.bottom())) {
            return;
        }
        self.fitted = false;
        let still = self.stage.reduced_motion;
        self.aim(
            Camera {
                center: rect.center(),
                ..self.camera
            },
            still,
            wall_ms,
        );
    }

    /// All in sight, and to stay so.
    pub fn fit_all(&mut self, wall_ms: f64) {
        self.fitted = true;
        let still = self.stage.reduced_motion;
        self.aim(self.fit(), still, wall_ms);
    }

    /// Nearer or further by steps, around the middle.
    pub fn zoom_step(&mut self, steps: i32, wall_ms: f64) {
        let (w, h) = self.camera.viewport;
        let factor = (ZOOM_STEP.log2() * f64::from(steps)).exp2();
        self.fitted = false;
        let still = self.stage.reduced_motion;
        self.aim(self.zoomed(factor, Point::new(w / 2.0, h / 2.0)), still, wall_ms);
    }

    fn zoomed(&self, factor: f64, around: Point) -> Camera {
        let scale_min = self.fit().scale * 0.6;
        self.camera
            .zoomed(factor, around, scale_min)
            .held_in(self.stage.layout.bounds)
    }

    /// The camera at once, by hand.
    fn steer(&mut self, camera: Camera) {
        self.glide = None;
        self.fitted = false;
        self.camera = camera;
        self.redraw();
    }

    /// The wheel turns by so many CSS pixels over a point.
    pub fn wheel(&mut self, delta: f64, at: Point) {
        self.steer(self.zoomed((-delta / 300.0).clamp(-1.0, 1.0).exp2(), at));
        self.wishes.push(Wish::Camera(self.saved_camera()));
    }

    /// A pointer goes down.
    pub fn pointer_down(&mut self, id: i32, at: Point, touch: bool, wall_ms: f64) {
        self.gestures.down(id, at, touch, wall_ms);
        self.set_focus(None);
    }

    /// A pointer moves.
    pub fn pointer_moved(&mut self, id: i32, at: Point, wall_ms: f64) {
        if let Some(gesture) = self.gestures.moved(id, at) {
            self.gesture(gesture, wall_ms);
        }
    }

    /// A pointer goes up.
    pub fn pointer_up(&mut self, id: i32, wall_ms: f64) {
        if self.gestures.is_dragging() {
            self.wishes.push(Wish::Camera(self.saved_camera()));
        }
        if let Some(gesture) = self.gestures.up(id, wall_ms) {
            self.gesture(gesture, wall_ms);
        }
    }

    /// The browser takes a pointer away.
    pub fn pointer_cancelled(&mut self, id: i32) {
        self.gestures.cancel(id);
    }

    /// The pointer leaves the picture.
    pub fn pointer_left(&mut self) {
        self.set_hover(None);
    }

    /// The menu key or the second button at a point.
    pub fn menu(&mut self, at: Point) {
        self.wishes.push(Wish::Menu(self.target_at(at), at));
    }

    /// Whether the pointer is on something that can be selected.
    #[must_use]
    pub fn hovers(&self) -> bool {
        self.hover.is_some()
    }

    /// Whether the picture is being dragged.
    #[must_use]
    pub fn is_dragging(&self) -> bool {
        self.gestures.is_dragging()
    }

    fn target_at(&self, at: Point) -> Option<Target> {
        hit::at(&self.stage, self.camera.to_world(at))
    }

    fn gesture(&mut self, gesture: Gesture, wall_ms: f64) {
        match gesture {
            Gesture::Hover(at) => self.set_hover(self.target_at(at)),
            Gesture::Click(at) => self.wishes.push(Wish::Select(self.target_at(at))),
            Gesture::DoubleClick(at) => match self.target_at(at) {
                Some(target) => self.wishes.push(Wish::Open(target)),
                None => self.fit_all(wall_ms),
            },
            Gesture::LongPress(at) => self.menu(at),
            Gesture::Drag(dx, dy) => self.steer(self.camera.panned(dx, dy).held_in(self.stage.layout.bounds)),
            Gesture::Pinch(factor, around, (dx, dy)) => {
                self.camera = self.camera.panned(dx, dy);
                self.steer(self.zoomed(factor, around));
            }
        }
    }

    fn set_hover(&mut self, hover: Option<Target>) {
        self.stage.damage.overlay |= self.hover != hover;
        self.hover = hover;
    }

    fn set_focus(&mut self, focus: Option<Target>) {
        self.stage.damage.overlay |= self.focus != focus;
        self.focus = focus;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::scene::demo::{self, SECOND};

    fn viewer() -> Viewer {
        let mut viewer = Viewer::new(Theme::Light, Words::default(), None);
        viewer.resize(1280.0, 800.0);
        viewer.show(Rc::new(demo::scene(3, 12, 20 * SECOND)), 20 * SECOND, 0.0);
        viewer.take_damage();
        viewer.take_wishes();
        viewer
    }

    fn again(viewer: &mut Viewer, wall_ms: f64) {
        let scene = viewer.stage.scene.clone();
        viewer.show(scene, 20 * SECOND, wall_ms);
    }

    #[test]
    fn the_first_frame_shows_all_without_a_glide() {
        let viewer = viewer();
        assert_eq!(viewer.camera, viewer.fit());
        assert!(viewer.glide.is_none());
        assert_eq!(viewer.saved_camera(), None);
    }

    #[test]
    fn a_click_selects_what_is_under_it() {
        let mut viewer = viewer();
        let pod = viewer.stage.scene.pods[0].id;
        let at = viewer.camera.to_screen(viewer.stage.layout.slot(0).center);
        viewer.pointer_down(1, at, false, 0.0);
        viewer.pointer_up(1, 50.0);
        assert_eq!(viewer.take_wishes(), [Wish::Select(Some(Target::Pod(pod)))]);
        viewer.pointer_down(1, Point::new(2.0, 2.0), false, 5000.0);
        viewer.pointer_up(1, 5050.0);
        assert_eq!(viewer.take_wishes(), [Wish::Select(None)]);
    }

    #[test]
    fn a_new_view_glides_to_its_fit() {
        let mut viewer = viewer();
        viewer.set_view(View::Traffic);
        again(&mut viewer, 100.0);
        assert!(viewer.is_moving());
        again(&mut viewer, 2_000.0);
        assert_eq!(viewer.camera, viewer.fit());
        assert_eq!(viewer.take_wishes(), [Wish::Camera(None)]);
    }

    #[test]
    fn who_takes_the_camera_keeps_it_and_a_link_brings_it_back() {
        let mut viewer = viewer();
        viewer.wheel(-200.0, Point::new(300.0, 300.0));
        let saved = viewer.saved_camera().unwrap();
        let camera = viewer.camera;
        again(&mut viewer, 1_000.0);
        assert_eq!(viewer.camera, camera);
        let mut other = Viewer::new(Theme::Dark, Words::default(), Some(saved));
        other.resize(1280.0, 800.0);
        other.show(viewer.stage.scene.clone(), 20 * SECOND, 0.0);
        assert!(other.camera.center.distance(camera.center) < 0.01);
        assert_eq!(other.saved_camera(), Some(saved));
    }

    #[test]
    fn a_selection_out_of_sight_is_brought_in() {
        let mut viewer = viewer();
        viewer.steer(Camera {
            scale: 5.0,
            center: Point::new(0.0, 0.0),
            ..viewer.camera
        });
        let pod = viewer.stage.scene.pods[7].id;
        viewer.set_selected(Some(Target::Pod(pod)), 100.0);
        again(&mut viewer, 5_000.0);
        let center = viewer.stage.layout.slot(7).center;
        assert!(viewer.camera.visible().contains(center));
    }
}
