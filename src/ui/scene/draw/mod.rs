//! Drawing, layer by layer.

mod cards;
pub mod control_plane;
pub mod glyph;
pub mod ground;
pub mod icons;
pub mod overlay;
mod owner;
mod pen;
pub mod pixels;
mod requests;
pub mod shapes;
mod shot;

pub use shot::{CARD_MIN, Detail, LABEL_MIN, Shot, Words, label_at, spot};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::scene::camera::Camera;
    use crate::ui::scene::demo::{self, SECOND};
    use crate::ui::scene::layout::View;
    use crate::ui::scene::palette::Palette;
    use crate::ui::scene::stage::Stage;
    use std::rc::Rc;

    /// All it takes to draw a made-up cluster that fills the screen.
    pub(crate) struct Set {
        pub(crate) stage: Stage,
        palette: Palette,
        words: Words,
        pub(crate) camera: Camera,
    }

    impl Set {
        pub(crate) fn new(nodes: u32, pods: u32, view: View, viewport: (f64, f64)) -> Self {
            let mut stage = Stage::default();
            let now_ns = 20 * SECOND;
            stage.show(
                Rc::new(demo::scene(nodes, pods, now_ns)),
                view,
                viewport.0 / viewport.1,
                0.0,
            );
            stage.tick(now_ns, 0.0);
            let camera = Camera::fit(stage.layout.bounds, viewport, 1.6);
            Self {
                stage,
                palette: Palette::light(),
                words: Words::default(),
                camera,
            }
        }

        pub(crate) fn shot(&self) -> Shot<'_> {
            Shot {
                stage: &self.stage,
                camera: self.camera,
                palette: &self.palette,
                words: &self.words,
                wall_ms: 0.0,
                hover: None,
                selected: None,
                focus: None,
            }
        }
    }

    #[test]
    fn detail_follows_the_size() {
        for (cell_px, want) in [(64.0, Detail::Card), (20.0, Detail::Sprite), (2.6, Detail::Block)] {
            assert_eq!(Detail::of(cell_px), want);
        }
    }

    #[test]
    fn a_pod_stays_in_its_cell_and_clear_of_its_name() {
        for cell_px in [8.0, 40.0, 60.0, 120.0] {
            let center = crate::ui::scene::geometry::Point::new(0.0, 0.0);
            let spot = spot(center, cell_px);
            assert!(spot.radius <= cell_px / 2.0);
            if cell_px >= LABEL_MIN {
                assert!(spot.center.y + spot.radius < label_at(center, cell_px).y - 4.0);
            }
        }
    }
}
