//! One frame to draw, and how much detail its scale leaves room for.

use super::glyph::Spot;
use crate::ui::scene::camera::Camera;
use crate::ui::scene::geometry::{Point, Rect, lerp, progress};
use crate::ui::scene::hit::Target;
use crate::ui::scene::layout::CELL_HEIGHT_RATIO;
use crate::ui::scene::palette::Palette;
use crate::ui::scene::stage::{Pose, Stage};
use crate::view::Language;
use std::rc::Rc;

/// The words on the picture that are not Kubernetes' own names, in the language of the page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Words {
    /// Title of the strip with the API server and the controllers.
    pub control_plane: Rc<str>,
    /// Title of the scheduler's queue.
    pub queue: Rc<str>,
    /// What the empty queue says.
    pub queue_empty: Rc<str>,
    /// The world outside.
    pub internet: Rc<str>,
    /// Title of the pods behind no Service.
    pub no_service: Rc<str>,
    /// Title of the pods that no workload owns.
    pub no_owner: Rc<str>,
    /// The head of a node's card: `{count}` of `{most}` pods.
    pub pods: Rc<str>,
    /// Short for memory.
    pub memory: Rc<str>,
    /// The language of what workloads say.
    pub language: Language,
}

impl Default for Words {
    fn default() -> Self {
        Self {
            control_plane: "Control plane".into(),
            queue: "Scheduling queue".into(),
            queue_empty: "No pod is waiting".into(),
            internet: "Internet".into(),
            no_service: "Behind no Service".into(),
            no_owner: "Without an owner".into(),
            pods: "{count}/{most} pods".into(),
            memory: "mem".into(),
            language: Language::English,
        }
    }
}

/// One frame to draw.
#[derive(Clone, Copy)]
pub struct Shot<'a> {
    /// What stands where.
    pub stage: &'a Stage,
    /// From where it is seen.
    pub camera: Camera,
    /// In which colours.
    pub palette: &'a Palette,
    /// In which words.
    pub words: &'a Words,
    /// The wall time, milliseconds.
    pub wall_ms: f64,
    /// What the pointer is on.
    pub hover: Option<Target>,
    /// What is selected.
    pub selected: Option<Target>,
    /// What the keyboard is on.
    pub focus: Option<Target>,
}

impl Shot<'_> {
    /// The whole screen.
    #[must_use]
    pub fn screen(&self) -> Rect {
        Rect::new(0.0, 0.0, self.camera.viewport.0, self.camera.viewport.1)
    }

    /// Where a pose's cell is on the screen: its middle and its width.
    #[must_use]
    pub fn cell(&self, pose: Pose) -> (Point, f64) {
        (self.camera.to_screen(pose.center), pose.cell * self.camera.scale)
    }

    /// Whether a cell of this width around a point of the screen is in sight.
    #[must_use]
    pub fn sees(&self, center: Point, cell_px: f64) -> bool {
        let (w, h) = self.camera.viewport;
        center.x > -cell_px && center.y > -cell_px && center.x < w + cell_px && center.y < h + cell_px
    }
}

/// How a pod is drawn at a size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Detail {
    /// In full, on the ground.
    Card,
    /// A ready-made picture, in the pixels.
    Sprite,
    /// A block of colour, in the pixels.
    Block,
}

/// From this cell width on, CSS pixels, pods are drawn in full.
pub const CARD_MIN: f64 = 38.0;
/// From this cell width on pods are sprites.
const SPRITE_MIN: f64 = 7.0;
/// From this cell width on pods carry their names.
pub const LABEL_MIN: f64 = 52.0;

impl Detail {
    /// The detail for a cell of this width, CSS pixels.
    #[must_use]
    pub fn of(cell_px: f64) -> Self {
        if cell_px >= CARD_MIN {
            Self::Card
        } else if cell_px >= SPRITE_MIN {
            Self::Sprite
        } else {
            Self::Block
        }
    }
}

/// Where in its cell a pod is drawn. Where there is room for a name it moves up for it.
#[must_use]
pub fn spot(center: Point, cell_px: f64) -> Spot {
    let t = progress(cell_px, CARD_MIN, LABEL_MIN + 4.0);
    let up = cell_px * lerp(0.0, 0.1, t);
    Spot {
        center: Point::new(center.x, center.y - up),
        radius: cell_px * lerp(0.43, 0.3, t),
    }
}

/// Where in its cell a pod's name is written.
#[must_use]
pub fn label_at(center: Point, cell_px: f64) -> Point {
    Point::new(center.x, center.y + cell_px * (CELL_HEIGHT_RATIO / 2.0 - 0.155))
}
