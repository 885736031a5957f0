//! The strip of the control plane: who sits where, and how it is drawn.
//!
//! Components stand above the API server and hang on it by stems: nothing reaches the cluster but through it.

use super::Shot;
use super::pen::{TEXT_MIN, title};
use crate::ui::scene::geometry::{Point, Rect};
use crate::ui::scene::layout::Block;
use crate::ui::scene::painter::{Align, Font, Painter, fill_round};
use crate::view::scene::{Actor, ControlPlane};

/// Where the strip's pieces are, world units.
#[derive(Clone, Debug, PartialEq)]
pub struct Strip {
    /// The API server.
    pub api_server: Rect,
    /// kubectl, the scheduler, then the controllers.
    pub chips: Vec<Rect>,
    /// The size of a text unit.
    pub unit: f64,
}

/// The name on each chip.
fn names(control_plane: &ControlPlane) -> impl Iterator<Item = &str> {
    ["kubectl", "kube-scheduler"]
        .into_iter()
        .chain(control_plane.controllers.iter().map(|controller| &*controller.name))
}

impl Strip {
    /// The pieces of the strip in its block.
    #[must_use]
    pub fn new(control_plane: &ControlPlane, block: &Block) -> Self {
        let unit = block.unit;
        let rect = block.rect;
        let inset = 14.0 * unit;
        let (left, right) = (rect.x + inset, rect.right() - inset);
        let api_server = Rect::new(left, rect.bottom() - 40.0 * unit, right - left, 26.0 * unit);
        let (height, gap) = (22.0 * unit, 7.0 * unit);
        let mut at = Point::new(left, rect.y + 34.0 * unit);
        let mut chips = Vec::new();
        for name in names(control_plane) {
            let width = (name.len() as f64 * 6.0 + 20.0) * unit;
            if at.x + width > right && at.x > left {
                at = Point::new(left, at.y + height + gap);
            }
            chips.push(Rect::new(at.x, at.y, width, height));
            at.x += width + gap;
        }
        chips.retain(|chip| chip.bottom() < api_server.y);
        Self {
            api_server,
            chips,
            unit,
        }
    }

    /// The chip of an actor; kubelets have none, they write from their nodes.
    #[must_use]
    pub fn chip(&self, control_plane: &ControlPlane, actor: &Actor) -> Option<Rect> {
        let index = match actor {
            Actor::User => 0,
            Actor::Scheduler => 1,
            Actor::Controller(name) => 2 + control_plane.controllers.iter().position(|chip| chip.name == *name)?,
            Actor::Kubelet(_) => return None,
        };
        self.chips.get(index).copied()
    }
}

/// Draws the strip at rest; its pulses are on the overlay.
pub fn draw(painter: &mut dyn Painter, shot: &Shot<'_>, block: &Block) {
    let control_plane = &shot.stage.scene.control_plane;
    let strip = Strip::new(control_plane, block);
    let scale = shot.camera.scale * strip.unit;
    title(painter, shot, block, &shot.words.control_plane, None);
    if 11.0 * scale < TEXT_MIN {
        return;
    }
    let font = Font::regular(11.0 * scale);
    for (name, chip) in names(control_plane).zip(&strip.chips) {
        let rect = shot.camera.rect_to_screen(*chip);
        fill_round(painter, rect, rect.h / 2.0, shot.palette.inset);
        painter.fill_color(shot.palette.text);
        painter.text(name, rect.center(), font, Align::Center);
    }
    let bus = shot.camera.rect_to_screen(strip.api_server);
    fill_round(painter, bus, 7.0 * scale, shot.palette.accent.alpha(0.14));
    painter.fill_color(shot.palette.accent);
    painter.text(
        "kube-apiserver",
        Point::new(bus.x + 12.0 * scale, bus.center().y),
        Font::strong(11.5 * scale),
        Align::Left,
    );
    let revision = format!("resourceVersion {}", control_plane.revision);
    painter.fill_color(shot.palette.text_muted);
    painter.text(
        &revision,
        Point::new(bus.right() - 12.0 * scale, bus.center().y),
        font,
        Align::Right,
    );
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::scene::draw::tests::Set;
    use crate::ui::scene::layout::View;

    #[test]
    fn every_component_has_a_chip_inside_the_strip() {
        for viewport in [(1280.0, 800.0), (390.0, 844.0)] {
            let set = Set::new(3, 12, View::Nodes, viewport);
            let (control_plane, block) = (&set.stage.scene.control_plane, &set.stage.layout.blocks[0]);
            let strip = Strip::new(control_plane, block);
            for controller in &control_plane.controllers {
                let chip = strip.chip(control_plane, &Actor::Controller(controller.name.clone()));
                let chip = chip.unwrap_or_else(|| panic!("{} has no chip at {viewport:?}", controller.name));
                assert!(chip.x >= block.rect.x && chip.right() <= block.rect.right());
                assert!(!chip.intersects(strip.api_server));
            }
            assert_eq!(strip.chip(control_plane, &Actor::Kubelet(0)), None);
        }
    }
}
