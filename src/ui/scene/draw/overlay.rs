//! The overlay: all that moves or follows the pointer, redrawn each frame in which it does.

use super::control_plane::Strip;
use super::glyph::{self, Spot};
use super::{CARD_MIN, Detail, Shot, requests, spot};
use crate::ui::scene::geometry::{Point, Rect, ease_out, lerp, progress};
use crate::ui::scene::hit::{self, Target};
use crate::ui::scene::layout::{Block, BlockKind};
use crate::ui::scene::painter::{Align, Dash, Font, Painter, circle, fill_round};
use crate::ui::scene::palette::Color;
use crate::ui::scene::stage::{BEAT_MS, Beat};
use crate::view::scene::{Actor, ArcKind, ArcView, Place, PodView, ProbeTick, PulseKind};
use std::f64::consts::{FRAC_PI_2, TAU};

/// Clocks show from this cell width on, CSS pixels.
const ARC_MIN: f64 = 13.0;
/// Seconds are written from this cell width on.
const SECONDS_MIN: f64 = 52.0;
/// No more clocks than this at once.
const ARCS_MAX: usize = 1_500;
/// Up to this many pods glide in full detail; a larger crowd glides as sprites.
pub const FINE_MOVERS_MAX: usize = 48;
/// The rim is a clock face on which this much of the past shows, nanoseconds.
const RIM_NS: u64 = 40_000_000_000;

/// Draws the overlay.
pub fn draw(painter: &mut dyn Painter, shot: &Shot<'_>) {
    painter.clear(shot.screen());
    beats(painter, shot);
    movers(painter, shot);
    ticks(painter, shot);
    arcs(painter, shot);
    badges(painter, shot);
    requests::draw(painter, shot);
    marks(painter, shot);
}

/// Pods on their way, where they are drawn in full.
fn movers(painter: &mut dyn Painter, shot: &Shot<'_>) {
    let stage = shot.stage;
    if stage.movers().len() + stage.ghosts().len() > FINE_MOVERS_MAX {
        return;
    }
    let ghosts = stage
        .ghosts()
        .iter()
        .map(|ghost| (&ghost.pod, ghost.look, ghost.pose(shot.wall_ms)));
    let movers = stage.movers().iter().map(|mover| {
        let pod = &stage.scene.pods[mover.pod as usize];
        (pod, stage.look(mover.pod), stage.mover_pose(mover, shot.wall_ms))
    });
    for (pod, look, pose) in ghosts.chain(movers) {
        let (center, cell_px) = shot.cell(pose);
        if Detail::of(cell_px) == Detail::Card && shot.sees(center, cell_px) {
            painter.opacity(pose.opacity);
            glyph::pod(painter, shot.palette, pod, look.state, spot(center, cell_px));
        }
    }
    painter.opacity(1.0);
}

/// The pods in sight whose cells are at least this wide, CSS pixels.
fn in_sight<'a>(shot: &'a Shot<'a>, cell_min: f64) -> impl Iterator<Item = (&'a PodView, Spot, f64)> {
    let (stage, visible) = (shot.stage, shot.camera.visible());
    let large = move |block: &&Block| block.grid.cell * shot.camera.scale >= cell_min && block.rect.intersects(visible);
    let pods = stage
        .layout
        .blocks
        .iter()
        .filter(large)
        .flat_map(|block| stage.layout.pods_of(block));
    pods.filter_map(|&pod| {
        let (center, cell_px) = shot.cell(stage.pose(pod, shot.wall_ms));
        let view = &*stage.scene.pods[pod as usize];
        shot.sees(center, cell_px)
            .then(|| (view, spot(center, cell_px), cell_px))
    })
}

/// Clocks that run down, one stroke a kind.
fn arcs(painter: &mut dyn Painter, shot: &Shot<'_>) {
    let now_ns = shot.stage.now_ns();
    let shown = in_sight(shot, ARC_MIN).filter_map(|(pod, spot, cell_px)| Some((*pod.arc_at(now_ns)?, spot, cell_px)));
    let shown: Vec<(ArcView, Spot, f64)> = shown.take(ARCS_MAX).collect();
    let width = shown
        .first()
        .map_or(2.0, |(_, spot, _)| (spot.radius * 0.16).clamp(1.5, 5.0));
    for kind in [
        ArcKind::Backoff,
        ArcKind::ImagePullBackoff,
        ArcKind::Grace,
        ArcKind::ProbeDelay,
        ArcKind::ImagePull,
    ] {
        let mut of_kind = shown.iter().filter(|(arc, ..)| arc.kind == kind).peekable();
        if of_kind.peek().is_none() {
            continue;
        }
        let color = shot.palette.arc(kind);
        painter.begin();
        of_kind
            .clone()
            .for_each(|(_, spot, _)| circle(painter, spot.center, spot.radius));
        painter.pen(color.alpha(0.18), width);
        painter.stroke();
        painter.begin();
        of_kind.for_each(|(arc, spot, _)| trace_arc(painter, arc, *spot, now_ns));
        painter.pen(color, width);
        painter.stroke();
    }
    for (arc, spot, _) in shown.iter().filter(|(.., cell_px)| *cell_px >= SECONDS_MIN) {
        seconds(painter, shot, arc, *spot);
    }
}

/// Restart badges, above rings and clocks.
fn badges(painter: &mut dyn Painter, shot: &Shot<'_>) {
    for (pod, spot, _) in in_sight(shot, CARD_MIN).filter(|(pod, ..)| pod.restart_count > 0) {
        glyph::badge(painter, shot.palette, pod.restart_count, spot);
    }
}

/// What is left of a clock, from the top clockwise; an image on its way fills up instead.
fn trace_arc(painter: &mut dyn Painter, arc: &ArcView, spot: Spot, now_ns: u64) {
    let gone = progress(now_ns as f64, arc.from_ns as f64, arc.until_ns as f64);
    let (from, to) = if arc.kind == ArcKind::ImagePull {
        (0.0, gone)
    } else {
        (gone, 1.0)
    };
    let angle = |share: f64| share * TAU - FRAC_PI_2;
    let start = angle(from);
    painter.move_to(Point::new(
        spot.center.x + spot.radius * start.cos(),
        spot.center.y + spot.radius * start.sin(),
    ));
    painter.arc(spot.center, spot.radius, start, angle(to));
}

/// The seconds left, at the lower right of the rim.
fn seconds(painter: &mut dyn Painter, shot: &Shot<'_>, arc: &ArcView, spot: Spot) {
    let left_s = arc.until_ns.saturating_sub(shot.stage.now_ns()).div_ceil(1_000_000_000);
    let text = if left_s < 100 {
        format!("{left_s}s")
    } else {
        format!("{}m", left_s.div_ceil(60))
    };
    let px = (spot.radius * 0.42).clamp(8.5, 14.0);
    let (w, h) = (text.len() as f64 * px * 0.6 + px * 0.7, px * 1.4);
    let center = Point::new(spot.center.x + spot.radius * 0.8, spot.center.y + spot.radius * 0.72);
    let rect = Rect::new(center.x - w / 2.0, center.y - h / 2.0, w, h);
    fill_round(painter, rect.grown(1.0), h / 2.0 + 1.0, shot.palette.card);
    fill_round(painter, rect, h / 2.0, shot.palette.arc(arc.kind).alpha(0.16));
    painter.fill_color(shot.palette.arc(arc.kind));
    painter.text(
        &text,
        Point::new(center.x, center.y + 0.5),
        Font::strong(px),
        Align::Center,
    );
}

/// Probe results on the rim: the newest at the top, older ones further round, like the hand of a clock. A success is
/// a short tick within the rim, a failure a long one across it.
fn ticks(painter: &mut dyn Painter, shot: &Shot<'_>) {
    let now_ns = shot.stage.now_ns();
    let probed = in_sight(shot, CARD_MIN).filter(|(pod, ..)| !pod.probes.is_empty());
    let probed: Vec<(&PodView, Spot, f64)> = probed.collect();
    for ok in [true, false] {
        painter.begin();
        let mut some = false;
        for (pod, spot, _) in &probed {
            for tick in recent(pod, now_ns).filter(|tick| tick.ok == ok) {
                some = true;
                trace_tick(painter, tick, *spot, now_ns);
            }
        }
        if some {
            painter.pen(
                if ok { shot.palette.good } else { shot.palette.bad },
                if ok { 1.6 } else { 2.4 },
            );
            painter.stroke();
        }
    }
}

fn recent(pod: &PodView, now_ns: u64) -> impl Iterator<Item = &ProbeTick> {
    let newest_first = pod.probes.iter().rev().skip_while(move |tick| tick.at_ns > now_ns);
    newest_first
        .take_while(move |tick| now_ns < tick.at_ns.saturating_add(RIM_NS))
        .take(12)
}

fn trace_tick(painter: &mut dyn Painter, tick: &ProbeTick, spot: Spot, now_ns: u64) {
    let age = (now_ns - tick.at_ns) as f64 / RIM_NS as f64;
    // Fresh ticks are drawn out and settle.
    let fresh = 1.0 - ease_out(progress(age, 0.0, 0.015));
    let angle = age * TAU - FRAC_PI_2;
    let (inner, outer) = if tick.ok {
        (0.96, 1.08 + 0.14 * fresh)
    } else {
        (0.9, 1.2 + 0.14 * fresh)
    };
    let at = |share: f64| {
        Point::new(
            spot.center.x + spot.radius * share * angle.cos(),
            spot.center.y + spot.radius * share * angle.sin(),
        )
    };
    painter.move_to(at(inner));
    painter.line_to(at(outer));
}

/// Pulses: a component lights up, and what it writes runs down to the API server.
fn beats(painter: &mut dyn Painter, shot: &Shot<'_>) {
    let stage = shot.stage;
    let Some(block) = stage
        .layout
        .blocks
        .iter()
        .find(|block| block.kind == BlockKind::ControlPlane)
    else {
        return;
    };
    if stage.effects().beats().is_empty() || block.rect.w * shot.camera.scale < 200.0 {
        return;
    }
    let strip = Strip::new(&stage.scene.control_plane, block);
    for beat in stage.effects().beats() {
        let t = progress(shot.wall_ms, beat.start_ms, beat.start_ms + BEAT_MS);
        let source = strip
            .chip(&stage.scene.control_plane, &beat.pulse.actor)
            .or_else(|| kubelet(shot, beat));
        if let Some(source) = source {
            pulse(painter, shot, &strip, source, (beat, t));
        }
    }
}

/// The place a kubelet writes from: the head of its node's card.
fn kubelet(shot: &Shot<'_>, beat: &Beat) -> Option<Rect> {
    let Actor::Kubelet(id) = beat.pulse.actor else {
        return None;
    };
    let head = shot.stage.layout.ports.get(&Place::Node(id))?.entry;
    Some(Rect::new(head.x - 16.0, head.y - 2.0, 32.0, 4.0))
}

fn pulse(painter: &mut dyn Painter, shot: &Shot<'_>, strip: &Strip, source: Rect, (beat, t): (&Beat, f64)) {
    let color = pulse_color(shot, beat.pulse.kind);
    let rect = shot.camera.rect_to_screen(source);
    fill_round(painter, rect.grown(1.0), rect.h / 2.0, color.alpha(0.34 * (1.0 - t)));
    if beat.pulse.kind == PulseKind::Wake || shot.stage.reduced_motion {
        return;
    }
    let bus = shot.camera.rect_to_screen(strip.api_server);
    let below = if rect.y < bus.y { rect.bottom() } else { rect.y };
    let from = Point::new(rect.center().x.clamp(bus.x + 8.0, bus.right() - 8.0), below);
    let to = Point::new(from.x, bus.center().y);
    let way = ease_out(progress(t, 0.0, 0.55));
    let at = from.lerp(to, way);
    let fade = 1.0 - progress(t, 0.5, 1.0);
    painter.begin();
    painter.move_to(from);
    painter.line_to(at);
    painter.pen(color.alpha(0.35 * fade), 1.5);
    painter.stroke();
    painter.begin();
    circle(painter, at, 3.0 * (shot.camera.scale * strip.unit).clamp(0.6, 1.4));
    painter.fill_color(color.alpha(fade));
    painter.fill();
    ripple(
        painter,
        to,
        lerp(2.0, 26.0, progress(t, 0.45, 1.0)),
        bus,
        color.alpha(0.5 * fade * progress(t, 0.45, 0.5)),
    );
}

/// A glow that widens along the API server.
fn ripple(painter: &mut dyn Painter, at: Point, reach: f64, bus: Rect, color: Color) {
    let left = (at.x - reach).max(bus.x);
    let right = (at.x + reach).min(bus.right());
    fill_round(
        painter,
        Rect::new(left, bus.y + 2.0, (right - left).max(0.0), bus.h - 4.0),
        (bus.h - 4.0) / 2.0,
        color.alpha(f64::from(color.bytes()[3]) / 255.0 * 0.5),
    );
}

fn pulse_color(shot: &Shot<'_>, kind: PulseKind) -> Color {
    match kind {
        PulseKind::Wake => shot.palette.active,
        PulseKind::Write => shot.palette.accent,
        PulseKind::Refused => shot.palette.bad,
    }
}

/// Hover, selection, keyboard focus. They differ in line, not in colour alone.
fn marks(painter: &mut dyn Painter, shot: &Shot<'_>) {
    let accent = shot.palette.accent;
    let rows = [
        (
            shot.hover.filter(|hover| Some(*hover) != shot.selected),
            accent.alpha(0.45),
            1.5,
            Dash::Solid,
            0.0,
        ),
        (shot.selected, accent, 2.5, Dash::Solid, 0.0),
        (shot.focus, shot.palette.text, 2.0, Dash::Dashed(4.0, 3.0), 3.5),
    ];
    for (target, color, width, dash, grow) in rows {
        if let Some(target) = target {
            outline(painter, shot, target, (color, width, dash, grow));
        }
    }
    painter.dash(Dash::Solid);
}

fn outline(
    painter: &mut dyn Painter,
    shot: &Shot<'_>,
    target: Target,
    (color, width, dash, grow): (Color, f64, Dash, f64),
) {
    let Some(rect) = target_rect(shot, target) else { return };
    let rect = rect.grown(grow + if matches!(target, Target::Pod(_)) { 0.0 } else { 2.0 });
    painter.begin();
    painter.round_rect(rect, (rect.w.min(rect.h) * 0.22).min(16.0));
    painter.pen(color, width);
    painter.dash(dash);
    painter.stroke();
}

/// A target's rectangle on the screen. A pod's follows it on its way.
fn target_rect(shot: &Shot<'_>, target: Target) -> Option<Rect> {
    let Target::Pod(id) = target else {
        return hit::rect_of(shot.stage, target).map(|rect| shot.camera.rect_to_screen(rect));
    };
    let index = shot.stage.scene.pods.binary_search_by_key(&id, |pod| pod.id).ok()?;
    let (center, cell_px) = shot.cell(shot.stage.pose(index as u32, shot.wall_ms));
    let half = (cell_px / 2.0).max(5.0);
    let tall = half * crate::ui::scene::layout::CELL_HEIGHT_RATIO;
    Some(Rect::new(center.x - half, center.y - tall, 2.0 * half, 2.0 * tall).grown(-1.0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::scene::draw::tests::Set;
    use crate::ui::scene::layout::View;
    use crate::ui::scene::painter::tests::Recorder;
    use crate::view::scene::ProbeKind;

    const SPOT: Spot = Spot {
        center: Point::new(0.0, 0.0),
        radius: 10.0,
    };

    #[test]
    fn an_arc_counts_down_from_the_top_and_a_pull_fills_up() {
        let rows = [
            (ArcKind::Backoff, 10, "arc 0 0 r10 -90..270"),
            (ArcKind::Backoff, 15, "arc 0 0 r10 90..270"),
            (ArcKind::ImagePull, 15, "arc 0 0 r10 -90..90"),
        ];
        for (kind, now_ns, want) in rows {
            let mut recorder = Recorder::default();
            trace_arc(
                &mut recorder,
                &ArcView {
                    kind,
                    from_ns: 10,
                    until_ns: 20,
                },
                SPOT,
                now_ns,
            );
            assert_eq!(recorder.log.lines().nth(1), Some(want), "{kind:?} at {now_ns}");
        }
    }

    #[test]
    fn ticks_wander_round_the_rim_and_fall_off() {
        let mut pod = PodView::new(1, "d".into(), "p".into());
        pod.probes = [0, 10, 20, 30]
            .iter()
            .map(|second| ProbeTick {
                at_ns: second * 1_000_000_000,
                kind: ProbeKind::Liveness,
                ok: true,
            })
            .collect();
        let at = |second: u64| {
            recent(&pod, second * 1_000_000_000)
                .map(|tick| tick.at_ns / 1_000_000_000)
                .collect::<Vec<_>>()
        };
        assert_eq!(at(25), [20, 10, 0], "what is yet to come does not show");
        assert_eq!(at(45), [30, 20, 10], "what is old is gone");
    }

    #[test]
    fn a_failed_probe_is_longer_than_a_good_one() {
        let length = |ok| {
            let mut recorder = Recorder::default();
            let tick = ProbeTick {
                at_ns: 0,
                kind: ProbeKind::Liveness,
                ok,
            };
            trace_tick(&mut recorder, &tick, SPOT, 20_000_000_000);
            recorder.log
        };
        assert_eq!(length(true), "move 0 9.6\nline 0 10.8\n");
        assert_eq!(length(false), "move 0 9\nline 0 12\n");
    }

    #[test]
    fn hover_selection_and_focus_are_drawn_apart() {
        let set = Set::new(3, 12, View::Nodes, (1280.0, 800.0));
        let target = hit::first(&set.stage);
        let draw_with = |shot: &Shot<'_>| {
            let mut recorder = Recorder::default();
            marks(&mut recorder, shot);
            recorder.log
        };
        let shot = set.shot();
        let drawings = [
            draw_with(&Shot { hover: target, ..shot }),
            draw_with(&Shot {
                selected: target,
                ..shot
            }),
            draw_with(&Shot { focus: target, ..shot }),
        ];
        assert!(drawings[0] != drawings[1] && drawings[1] != drawings[2] && drawings[0] != drawings[2]);
        assert!(drawings[2].contains("dash 4 3"));
        assert_eq!(draw_with(&shot), "dash solid\n");
    }
}
