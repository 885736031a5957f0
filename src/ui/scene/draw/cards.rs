//! Cards: nodes, the queue, Ingresses, Services, groups of pods.

use super::glyph::stroke_icon;
use super::pen::{Pen, heading, line, title};
use super::{Shot, Words, control_plane, icons, owner};
use crate::ui::scene::geometry::{Point, Rect};
use crate::ui::scene::layout::{Block, BlockKind, View};
use crate::ui::scene::painter::{Align, Dash, Font, Painter, fill_round, fitted};
use crate::view::scene::{IngressView, Mood, NodeState, NodeView, ServiceView, Usage};

/// Whether a block stands for something that fails.
pub(super) fn in_trouble(shot: &Shot<'_>, kind: BlockKind) -> bool {
    let scene = &shot.stage.scene;
    match kind {
        BlockKind::Node(index) => scene.nodes[index as usize].state != NodeState::Ready,
        BlockKind::Owner(index) => scene.owners[index as usize].mood == Mood::Bad,
        _ => false,
    }
}

/// Draws a card without its pods.
pub(super) fn draw(painter: &mut dyn Painter, shot: &Shot<'_>, block: &Block) {
    let scene = &shot.stage.scene;
    surface(painter, shot, block);
    match block.kind {
        BlockKind::ControlPlane => control_plane::draw(painter, shot, block),
        BlockKind::Queue => queue(painter, shot, block),
        BlockKind::Node(index) => node(painter, shot, block, &scene.nodes[index as usize]),
        BlockKind::Internet => internet(painter, shot, block),
        BlockKind::Ingress(index) => ingress(painter, shot, block, &scene.ingresses[index as usize]),
        BlockKind::Service(index) => service(painter, shot, block, &scene.services[index as usize]),
        BlockKind::Endpoints(_) | BlockKind::Owned(_) => {}
        BlockKind::Loose if shot.stage.view() == View::Owners => {
            title(painter, shot, block, &shot.words.no_owner, None);
        }
        BlockKind::Loose => title(painter, shot, block, &shot.words.no_service, None),
        BlockKind::Owner(index) => owner::draw(painter, shot, block, &scene.owners[index as usize]),
    }
}

fn surface(painter: &mut dyn Painter, shot: &Shot<'_>, block: &Block) {
    let rect = shot.camera.rect_to_screen(block.rect);
    let radius = (12.0 * shot.camera.scale * block.unit).min(16.0);
    painter.begin();
    painter.round_rect(rect.grown(-0.5), radius);
    painter.fill_color(shot.palette.card);
    painter.fill();
    let trouble = in_trouble(shot, block.kind);
    painter.pen(
        if trouble {
            shot.palette.bad
        } else {
            shot.palette.card_edge
        },
        if trouble { 1.5 } else { 1.0 },
    );
    if trouble || matches!(block.kind, BlockKind::Queue | BlockKind::Loose) {
        painter.dash(Dash::Dashed(6.0, 4.0));
    }
    painter.stroke();
    painter.dash(Dash::Solid);
}

fn queue(painter: &mut dyn Painter, shot: &Shot<'_>, block: &Block) {
    let plane = &shot.stage.scene.control_plane;
    let counts = [
        ("active", plane.queue_active),
        ("backoff", plane.queue_backoff),
        ("unschedulable", plane.queue_unschedulable),
    ];
    let parts: Vec<String> = counts
        .iter()
        .filter(|(_, count)| *count > 0)
        .map(|(name, count)| format!("{count} {name}"))
        .collect();
    let remark = parts.join(" · ");
    title(
        painter,
        shot,
        block,
        &shot.words.queue,
        (!remark.is_empty()).then_some(&remark),
    );
    let pen = Pen::new(shot, block);
    if block.pods.is_empty() && pen.legible(11.0) {
        let font = Font::regular(11.0 * pen.unit);
        let at = Point::new(pen.rect.center().x, pen.rect.center().y + 8.0 * pen.unit);
        pen.text(
            painter,
            &shot.words.queue_empty,
            at,
            (font, shot.palette.text_muted, Align::Center),
        );
    }
}

fn node(painter: &mut dyn Painter, shot: &Shot<'_>, block: &Block, node: &NodeView) {
    let pen = Pen::new(shot, block);
    if node.cordoned {
        hatch(
            painter,
            shot,
            Rect::new(pen.rect.x + 1.0, pen.rect.y + 1.0, pen.rect.w - 2.0, 32.0 * pen.unit),
        );
    }
    let trouble = node.state != NodeState::Ready;
    let ink = if trouble {
        shot.palette.bad
    } else {
        shot.palette.text_muted
    };
    if pen.names() {
        pen.icon(painter, icons::SERVER, pen.at(22.0, 20.0), ink);
        let small = Font::regular((10.5 * pen.unit).max(8.0));
        let remark = node_remark(shot.words, node);
        let color = if remark.1 {
            shot.palette.warn
        } else {
            shot.palette.text_muted
        };
        let color = if trouble { shot.palette.bad } else { color };
        let shown = if remark.1 || pen.legible(10.5) { &*remark.0 } else { "" };
        pen.text(painter, shown, pen.at_right(14.0, 20.0), (small, color, Align::Right));
        let font = pen.name_font(13.0);
        let room = pen.room(37.0, 22.0) - painter.text_width(shown, small);
        let name = fitted(painter, &node.name, font, room);
        pen.text(
            painter,
            &name,
            pen.at(37.0, 20.0),
            (font, shot.palette.text, Align::Left),
        );
    }
    bars(painter, shot, &pen, node);
}

/// The word for a node, as kubectl has it, and whether it asks for attention.
fn node_remark(words: &Words, node: &NodeView) -> (String, bool) {
    match (node.state, node.cordoned, node.pressure.is_empty()) {
        (NodeState::NotReady | NodeState::Unknown, ..) => ("NotReady".into(), true),
        (_, true, _) => ("SchedulingDisabled".into(), true),
        (.., false) => ((*node.pressure).to_owned(), true),
        _ if node.pods.allocatable > 0 => {
            let (count, most) = (node.pods.requested.to_string(), node.pods.allocatable.to_string());
            (words.pods.replace("{count}", &count).replace("{most}", &most), false)
        }
        _ => (String::new(), false),
    }
}

/// What pods have requested of the node: CPU and memory.
fn bars(painter: &mut dyn Painter, shot: &Shot<'_>, pen: &Pen, node: &NodeView) {
    let half = (pen.rect.w / pen.unit - 14.0 * 3.0) / 2.0;
    let named = pen.legible(9.5);
    for (index, (name, usage)) in [("cpu", node.cpu), (&shot.words.memory, node.memory)]
        .into_iter()
        .enumerate()
    {
        let left = 14.0 + index as f64 * (half + 14.0);
        let label = if named { 30.0 } else { 0.0 };
        if named {
            let style = (Font::regular(9.5 * pen.unit), shot.palette.text_muted, Align::Left);
            pen.text(painter, name, pen.at(left, 42.0), style);
        }
        let at = pen.at(left + label, 40.0);
        bar(
            painter,
            shot,
            Rect::new(at.x, at.y, (half - label) * pen.unit, (4.0 * pen.unit).max(1.0)),
            usage,
        );
    }
}

fn bar(painter: &mut dyn Painter, shot: &Shot<'_>, rect: Rect, usage: Usage) {
    let share = usage.permille() as f64 / 1000.0;
    let color = if share > 0.9 {
        shot.palette.warn
    } else {
        shot.palette.accent
    };
    fill_round(painter, rect, rect.h / 2.0, shot.palette.inset);
    if share > 0.0 {
        fill_round(
            painter,
            Rect {
                w: (rect.w * share).max(rect.h),
                ..rect
            },
            rect.h / 2.0,
            color,
        );
    }
}

/// Slanting lines: nothing new may come in here.
fn hatch(painter: &mut dyn Painter, shot: &Shot<'_>, rect: Rect) {
    painter.clip(rect);
    painter.begin();
    let step = 9.0;
    let mut x = rect.x - rect.h;
    while x < rect.right() {
        painter.move_to(Point::new(x, rect.bottom()));
        painter.line_to(Point::new(x + rect.h, rect.y));
        x += step;
    }
    painter.pen(shot.palette.warn.alpha(0.2), 3.0);
    painter.stroke();
    painter.unclip();
}

fn internet(painter: &mut dyn Painter, shot: &Shot<'_>, block: &Block) {
    let pen = Pen::new(shot, block);
    let center = pen.rect.center();
    stroke_icon(
        painter,
        icons::GLOBE,
        Point::new(center.x, center.y - 12.0 * pen.unit),
        18.0 * pen.unit,
        shot.palette.accent,
    );
    if pen.names() {
        let at = Point::new(center.x, center.y + 26.0 * pen.unit);
        pen.text(
            painter,
            &shot.words.internet,
            at,
            (pen.name_font(12.0), shot.palette.text, Align::Center),
        );
    }
}

fn ingress(painter: &mut dyn Painter, shot: &Shot<'_>, block: &Block, ingress: &IngressView) {
    let pen = Pen::new(shot, block);
    if !pen.names() {
        return;
    }
    let class = if pen.legible(11.0) { &*ingress.class } else { "" };
    heading(
        painter,
        shot,
        &pen,
        icons::GATE,
        &ingress.name,
        (class, shot.palette.text_muted),
    );
    for (index, rule) in ingress.rules.iter().take(5).enumerate() {
        line(painter, shot, &pen, rule, 49.0 + 17.0 * index as f64);
    }
}

fn service(painter: &mut dyn Painter, shot: &Shot<'_>, block: &Block, service: &ServiceView) {
    let pen = Pen::new(shot, block);
    if !pen.names() {
        return;
    }
    let ready = service.endpoints.iter().filter(|endpoint| endpoint.ready).count();
    let remark = format!("{ready}/{}", service.endpoints.len());
    let color = if ready == 0 {
        shot.palette.bad
    } else {
        shot.palette.good
    };
    heading(painter, shot, &pen, icons::SPREAD, &service.name, (&remark, color));
    line(
        painter,
        shot,
        &pen,
        &format!("{} · {}", service.kind, service.address),
        44.0,
    );
}
