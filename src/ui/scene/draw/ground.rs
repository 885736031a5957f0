//! The ground: cards, edges, texts, and in the card zoom the pods that rest.
//!
//! Redrawn whole when the camera moves, else card by card. Where edges pass under cards (in every view but
//! that of nodes) it is always whole.

use super::cards;
use super::glyph;
use super::{Detail, LABEL_MIN, Shot, label_at, spot};
use crate::ui::scene::geometry::{Point, Rect};
use crate::ui::scene::layout::{Block, Link, LinkKind, View};
use crate::ui::scene::painter::{Align, Dash, Font, Painter, fitted};
use crate::ui::scene::palette::{Color, Palette};
use crate::ui::scene::stage::Damage;
use crate::view::scene::{PodState, PodView, QueueKind};

/// Cards smaller than this on the screen, CSS pixels, are drawn in one stroke with all others.
const CARD_DETAIL_MIN: f64 = 40.0;
/// From this cell width on, CSS pixels, a pod that is not well says so in words.
const STATUS_MIN: f64 = 84.0;

/// Draws what is damaged.
pub fn draw(painter: &mut dyn Painter, shot: &Shot<'_>, damage: &Damage) {
    let has_edges = shot.stage.view() != View::Nodes;
    if damage.ground || (has_edges && !damage.blocks.is_empty()) {
        painter.clear(shot.screen());
        far_cards(painter, shot);
        let blocks = &shot.stage.layout.blocks;
        blocks
            .iter()
            .filter(|block| in_detail(shot, block))
            .for_each(|block| cards::draw(painter, shot, block));
        links(painter, shot);
        blocks.iter().for_each(|block| pods(painter, shot, block));
        return;
    }
    for &index in &damage.blocks {
        let Some(block) = shot.stage.layout.blocks.get(index as usize) else {
            continue;
        };
        if in_detail(shot, block) {
            let rect = shot
                .camera
                .rect_to_screen(block.rect)
                .grown((8.0 * shot.camera.scale).min(3.0));
            painter.clip(rect);
            painter.clear(rect);
            cards::draw(painter, shot, block);
            pods(painter, shot, block);
            painter.unclip();
        }
    }
}

fn in_sight(shot: &Shot<'_>, block: &Block) -> bool {
    block.rect.w > 0.0 && shot.camera.rect_to_screen(block.rect).intersects(shot.screen())
}

fn in_detail(shot: &Shot<'_>, block: &Block) -> bool {
    block.rect.w * shot.camera.scale >= CARD_DETAIL_MIN && in_sight(shot, block)
}

/// All small cards at once, those in trouble apart.
fn far_cards(painter: &mut dyn Painter, shot: &Shot<'_>) {
    let far = |block: &&Block| block.rect.w * shot.camera.scale < CARD_DETAIL_MIN && in_sight(shot, block);
    for trouble in [false, true] {
        painter.fill_color(if trouble {
            shot.palette.warn.alpha(0.35)
        } else {
            shot.palette.card
        });
        painter.begin();
        let blocks = shot.stage.layout.blocks.iter().filter(far);
        for block in blocks.filter(|block| cards::in_trouble(shot, block.kind) == trouble) {
            painter.rect(shot.camera.rect_to_screen(block.rect));
        }
        painter.fill();
    }
}

fn links(painter: &mut dyn Painter, shot: &Shot<'_>) {
    for kind in [
        LinkKind::Route,
        LinkKind::Ready,
        LinkKind::NotReady,
        LinkKind::Terminating,
    ] {
        let mut some = false;
        painter.begin();
        let links = shot.stage.layout.links.iter().filter(|link| link.kind == kind);
        for link in links.filter(|link| link.pod.is_none_or(|pod| shot.stage.at_rest(pod))) {
            some |= trace_link(painter, shot, link);
        }
        if some {
            let scale = shot.camera.scale;
            let (color, dash) = link_style(shot.palette, kind, scale);
            painter.pen(color, (1.6 * scale).clamp(0.6, 2.4));
            painter.dash(dash);
            painter.stroke();
        }
    }
    painter.dash(Dash::Solid);
}

fn trace_link(painter: &mut dyn Painter, shot: &Shot<'_>, link: &Link) -> bool {
    let [a, b, c, d] = link.curve.points.map(|point| shot.camera.to_screen(point));
    let hull = Rect::new(a.x.min(d.x), a.y.min(d.y), (a.x - d.x).abs(), (a.y - d.y).abs());
    if !hull.grown(30.0).intersects(shot.screen()) {
        return false;
    }
    painter.move_to(a);
    painter.curve_to(b, c, d);
    true
}

fn link_style(palette: &Palette, kind: LinkKind, scale: f64) -> (Color, Dash) {
    let unit = scale.clamp(0.4, 1.5);
    match kind {
        LinkKind::Route => (palette.link, Dash::Solid),
        LinkKind::Ready => (palette.good.alpha(0.55), Dash::Solid),
        LinkKind::NotReady => (palette.warn.alpha(0.8), Dash::Dashed(7.0 * unit, 5.0 * unit)),
        LinkKind::Terminating => (palette.leaving.alpha(0.8), Dash::Dashed(2.0 * unit, 5.0 * unit)),
    }
}

/// The pods of a block that rest, where they are drawn in full.
fn pods(painter: &mut dyn Painter, shot: &Shot<'_>, block: &Block) {
    if Detail::of(block.grid.cell * shot.camera.scale) != Detail::Card || !in_sight(shot, block) {
        return;
    }
    for &index in shot.stage.layout.pods_of(block) {
        if shot.stage.at_rest(index) {
            let (center, cell_px) = shot.cell(shot.stage.pose(index, shot.wall_ms));
            if shot.sees(center, cell_px) {
                let pod = &shot.stage.scene.pods[index as usize];
                let state = shot.stage.look(index).state;
                glyph::pod(painter, shot.palette, pod, state, spot(center, cell_px));
                if cell_px >= LABEL_MIN {
                    glyph::helpers(painter, shot.palette, pod, spot(center, cell_px));
                }
                label(painter, shot, pod, state, (center, cell_px));
            }
        }
    }
}

/// The pod's name, and where there is room the word for its state.
fn label(painter: &mut dyn Painter, shot: &Shot<'_>, pod: &PodView, state: PodState, (center, cell_px): (Point, f64)) {
    if cell_px < LABEL_MIN {
        return;
    }
    let font = Font::regular((cell_px * 0.138).clamp(9.0, 14.0));
    let text = fitted(painter, &pod.label, font, cell_px * 0.94);
    let at = label_at(center, cell_px);
    painter.fill_color(if healthy(state) {
        shot.palette.text_muted
    } else {
        shot.palette.text
    });
    painter.text(&text, at, font, Align::Center);
    if cell_px >= STATUS_MIN && !healthy(state) {
        let below = Point::new(at.x, at.y + f64::from(font.px) * 1.15);
        word(
            painter,
            status(pod, state),
            below,
            cell_px * 0.96,
            shot.palette.state(state),
        );
    }
}

/// A word in the largest size that fits.
fn word(painter: &mut dyn Painter, text: &str, at: Point, room: f64, color: Color) {
    let usual = Font::strong((room * 0.125).clamp(8.0, 12.0));
    let width = painter.text_width(text, usual);
    let font = Font::strong(
        (f64::from(usual.px) * (room / width.max(1.0)).min(1.0))
            .floor()
            .max(7.0),
    );
    painter.fill_color(color);
    painter.text(text, at, font, Align::Center);
}

/// The word for what a pod is doing; for one that waits, in which queue.
fn status(pod: &PodView, state: PodState) -> &'static str {
    match (state, pod.queue) {
        (PodState::Pending, Some(QueueKind::Unschedulable)) => "Unschedulable",
        (PodState::Pending, Some(QueueKind::Gated)) => "SchedulingGated",
        _ => state.name(),
    }
}

/// Whether a pod needs no more words than its name.
fn healthy(state: PodState) -> bool {
    matches!(state, PodState::Ready | PodState::Running)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::scene::draw::tests::Set;
    use crate::ui::scene::painter::tests::Recorder;

    fn drawn(set: &Set, damage: &Damage) -> Recorder {
        let mut recorder = Recorder::default();
        draw(&mut recorder, &set.shot(), damage);
        recorder
    }

    #[test]
    fn in_the_card_zoom_pods_and_nodes_carry_their_names() {
        let set = Set::new(3, 12, View::Nodes, (1280.0, 800.0));
        let recorder = drawn(&set, &Damage::all());
        let texts = recorder.texts();
        for want in [
            "node-1",
            "node-2",
            "kube-apiserver",
            "kube-scheduler",
            "Scheduling queue",
        ] {
            assert!(texts.contains(&want), "{want} is missing from {texts:?}");
        }
        let ends = |pod: &PodView| {
            texts
                .iter()
                .any(|text| pod.label.ends_with(&text[text.len().saturating_sub(4)..]))
        };
        let labels = set.stage.scene.pods.iter().filter(|pod| ends(pod)).count();
        assert_eq!(labels, 12, "{texts:?}");
    }

    #[test]
    fn in_the_far_zoom_the_ground_costs_a_rectangle_a_node() {
        let set = Set::new(5_000, 5_000, View::Nodes, (1280.0, 800.0));
        let recorder = drawn(&set, &Damage::all());
        assert!(recorder.op_count < 5_000 + 400, "{}", recorder.op_count);
    }

    #[test]
    fn a_damaged_card_is_drawn_alone() {
        let set = Set::new(3, 12, View::Nodes, (1280.0, 800.0));
        let damage = Damage {
            blocks: [2].into(),
            ..Damage::default()
        };
        let recorder = drawn(&set, &damage);
        let texts = recorder.texts();
        assert!(texts.contains(&"node-1") && !texts.contains(&"node-2"), "{texts:?}");
        assert!(recorder.log.starts_with("clip ") && recorder.log.ends_with("unclip\n"));
    }

    #[test]
    fn the_traffic_view_names_what_requests_pass() {
        let set = Set::new(3, 12, View::Traffic, (1280.0, 800.0));
        let recorder = drawn(&set, &Damage::all());
        let texts = recorder.texts();
        for want in ["Internet", "shop", "shop.example.com/cart", "frontend", "redis"] {
            assert!(texts.contains(&want), "{want} is missing from {texts:?}");
        }
    }
}
