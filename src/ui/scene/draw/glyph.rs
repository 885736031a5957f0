//! A pod: body, icon, readiness ring, and its restart badge.
//!
//! | state | outline | icon | ring |
//! |---|---|---|---|
//! | Pending | dashed circle | clock | none |
//! | ContainerCreating | dashed heptagon | three points | none |
//! | Running | filled heptagon | box | broken |
//! | Ready | filled heptagon | box | whole, a piece a container |
//! | NotReady | empty heptagon | two bars | broken |
//! | CrashLoopBackOff | filled triangle | exclamation mark | none |
//! | ImagePullBackOff | filled square | arrow onto a broken line | none |
//! | Error | filled diamond | cross | none |
//! | Completed | thin circle | check mark | none |
//! | Terminating | thin heptagon | power sign | none |
//! | Unknown | dotted circle | question mark | none |

use super::icons::{self, Icon};
use super::shapes::{self, Shape};
use crate::ui::scene::geometry::{Point, Rect};
use crate::ui::scene::painter::{Align, Dash, Font, Painter, circle, fill_round};
use crate::ui::scene::palette::{Color, Palette, Tint};
use crate::view::scene::{ContainerKind, ContainerState, PodState, PodView};
use std::f64::consts::{FRAC_PI_2, TAU};

/// Where the ring runs, as a share of the rim's radius.
const RING: f64 = 0.85;
/// The body's radius, as a share of the rim's.
const BODY: f64 = 0.64;
/// Below this radius, CSS pixels, icons are noise.
const ICON_RADIUS_MIN: f64 = 9.0;

/// Init containers and sidecars that are drawn.
const HELPERS_MAX: usize = 6;

/// How a body is filled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fill {
    /// With the workload's tint.
    Tint,
    /// With the state's strong colour.
    Strong,
    /// Not at all; the pattern of the outline tells.
    Empty(Line),
}

/// The pattern of an outline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Line {
    Solid,
    Dashed,
    Dotted,
}

fn style(state: PodState) -> (Shape, Fill, Icon) {
    match state {
        PodState::Pending => (Shape::Circle, Fill::Empty(Line::Dashed), icons::CLOCK),
        PodState::ContainerCreating => (Shape::Heptagon, Fill::Empty(Line::Dashed), icons::DOTS),
        PodState::Running | PodState::Ready => (Shape::Heptagon, Fill::Tint, icons::CUBE),
        PodState::NotReady => (Shape::Heptagon, Fill::Empty(Line::Solid), icons::PAUSE),
        PodState::CrashLoopBackOff => (Shape::Triangle, Fill::Strong, icons::ALERT),
        PodState::ImagePullBackOff => (Shape::Square, Fill::Strong, icons::NO_IMAGE),
        PodState::Error => (Shape::Diamond, Fill::Strong, icons::CROSS),
        PodState::Completed => (Shape::Circle, Fill::Empty(Line::Solid), icons::CHECK),
        PodState::Terminating => (Shape::Heptagon, Fill::Empty(Line::Solid), icons::POWER),
        PodState::Unknown => (Shape::Circle, Fill::Empty(Line::Dotted), icons::QUESTION),
    }
}

/// Where and how large: `radius` is the rim's, in CSS pixels.
#[derive(Clone, Copy, Debug)]
pub struct Spot {
    /// The middle.
    pub center: Point,
    /// The rim's radius.
    pub radius: f64,
}

/// The body and its icon.
pub fn body(painter: &mut dyn Painter, palette: &Palette, state: PodState, tint: Tint, spot: Spot) {
    let (shape, fill, icon) = style(state);
    let (center, radius) = (spot.center, spot.radius * BODY);
    let strong = palette.state(state);
    painter.begin();
    shapes::trace(painter, shape, center, radius);
    let mark = match fill {
        Fill::Tint => {
            painter.fill_color(tint.fill);
            painter.fill();
            painter.pen(tint.mark.alpha(0.4), (radius * 0.08).clamp(0.7, 1.5));
            painter.stroke();
            tint.mark
        }
        Fill::Strong => {
            painter.fill_color(strong);
            painter.fill();
            palette.on_strong
        }
        Fill::Empty(line) => {
            outline(painter, palette, strong, line, radius);
            strong
        }
    };
    if spot.radius >= ICON_RADIUS_MIN {
        let low = if shape == Shape::Triangle { radius * 0.16 } else { 0.0 };
        let size = if shape == Shape::Triangle {
            radius * 0.46
        } else {
            radius * 0.52
        };
        stroke_icon(painter, icon, Point::new(center.x, center.y + low), size, mark);
    }
}

fn outline(painter: &mut dyn Painter, palette: &Palette, color: Color, line: Line, radius: f64) {
    painter.fill_color(palette.card);
    painter.fill();
    let width = (radius * 0.13).clamp(1.0, 2.5);
    painter.pen(color, width);
    painter.dash(match line {
        Line::Solid => Dash::Solid,
        Line::Dashed => Dash::Dashed(radius * 0.36, radius * 0.27),
        Line::Dotted => Dash::Dashed(width, radius * 0.25),
    });
    painter.stroke();
    painter.dash(Dash::Solid);
}

/// What a pod has besides its ordinary containers, at its left: init containers as squares from the top down, sidecars as
/// discs. Filled when done or ready, an outline before that; in the colour of trouble when it failed.
pub fn helpers(painter: &mut dyn Painter, palette: &Palette, pod: &PodView, spot: Spot) {
    let size = (spot.radius * 0.13).clamp(1.8, 4.0);
    let helpers = pod
        .containers
        .iter()
        .filter(|own| matches!(own.kind, ContainerKind::Init | ContainerKind::Sidecar));
    for (place, own) in (0_u32..).zip(helpers.take(HELPERS_MAX)) {
        let at = Point::new(
            spot.center.x - spot.radius * 1.3,
            spot.center.y - spot.radius * 0.8 + f64::from(place) * size * 3.0,
        );
        let (color, is_full) = match &own.state {
            ContainerState::Terminated { exit_code: 0, .. } => (palette.good, true),
            ContainerState::Terminated { .. } => (palette.bad, true),
            ContainerState::Running => (palette.accent, own.ready),
            ContainerState::Waiting { .. } => (palette.text_muted, false),
        };
        painter.begin();
        if own.kind == ContainerKind::Init {
            painter.rect(Rect::new(at.x - size, at.y - size, 2.0 * size, 2.0 * size));
        } else {
            circle(painter, at, size);
        }
        if is_full {
            painter.fill_color(color);
            painter.fill();
        } else {
            painter.pen(color, 1.2);
            painter.stroke();
        }
    }
}

/// An icon in strokes that suit its size.
pub fn stroke_icon(painter: &mut dyn Painter, icon: Icon, center: Point, size: f64, color: Color) {
    painter.pen(color, (size * 0.22).clamp(1.0, 3.0));
    painter.begin();
    icons::trace(painter, icon, center, size);
    painter.stroke();
}

/// The readiness ring: a piece a container, whole where it is ready, broken where it runs and is not.
pub fn ring(painter: &mut dyn Painter, palette: &Palette, state: PodState, pieces: &[bool], spot: Spot) {
    if !has_ring(state) {
        return;
    }
    let (radius, width) = (spot.radius * RING, (spot.radius * 0.1).max(1.2));
    let gap = if pieces.len() > 1 { 0.16 } else { 0.0 };
    let span = TAU / pieces.len().max(1) as f64;
    for ready in [true, false] {
        painter.begin();
        for (index, _) in pieces.iter().enumerate().filter(|&(_, piece)| *piece == ready) {
            let from = index as f64 * span - FRAC_PI_2 + gap / 2.0;
            let to = from + span - gap;
            painter.move_to(Point::new(
                spot.center.x + radius * from.cos(),
                spot.center.y + radius * from.sin(),
            ));
            painter.arc(spot.center, radius, from, to);
        }
        let color = if ready { palette.good } else { palette.state(state) };
        painter.pen(color, if ready { width } else { width * 0.7 });
        painter.dash(if ready {
            Dash::Solid
        } else {
            Dash::Dashed(spot.radius * 0.1, spot.radius * 0.2)
        });
        painter.stroke();
    }
    painter.dash(Dash::Solid);
}

fn has_ring(state: PodState) -> bool {
    matches!(state, PodState::Running | PodState::Ready | PodState::NotReady)
}

/// Which pieces of a pod's ring are whole. A pod's own readiness, which gates may hold back, rules them all.
#[must_use]
pub fn ring_pieces(pod: &PodView) -> Vec<bool> {
    let counted = |kind: ContainerKind| matches!(kind, ContainerKind::App | ContainerKind::Sidecar);
    let mut pieces: Vec<bool> = pod
        .containers
        .iter()
        .filter(|container| counted(container.kind))
        .map(|container| container.ready)
        .collect();
    if pieces.is_empty() {
        pieces.push(pod.ready);
    }
    pieces
}

/// The number of restarts, at the upper right.
pub fn badge(painter: &mut dyn Painter, palette: &Palette, restart_count: u32, spot: Spot) {
    if restart_count == 0 || spot.radius < ICON_RADIUS_MIN {
        return;
    }
    let text = if restart_count > 99 {
        "99+".to_owned()
    } else {
        restart_count.to_string()
    };
    let px = (spot.radius * 0.44).clamp(8.0, 14.0);
    let height = px * 1.45;
    let width = height.max(text.len() as f64 * px * 0.62 + px * 0.6);
    let center = Point::new(spot.center.x + spot.radius * 0.78, spot.center.y - spot.radius * 0.76);
    let rect = Rect::new(center.x - width / 2.0, center.y - height / 2.0, width, height);
    fill_round(painter, rect.grown(1.5), height / 2.0 + 1.5, palette.card);
    fill_round(painter, rect, height / 2.0, palette.text);
    painter.fill_color(palette.card);
    painter.text(
        &text,
        Point::new(center.x, center.y + 0.5),
        Font::strong(px),
        Align::Center,
    );
}

/// Keeps edges from showing through.
fn backing(painter: &mut dyn Painter, palette: &Palette, spot: Spot) {
    painter.fill_color(palette.card);
    painter.begin();
    circle(painter, spot.center, spot.radius * 0.98);
    painter.fill();
}

/// All of it but the badge, which lies above the clocks.
pub fn pod(painter: &mut dyn Painter, palette: &Palette, pod: &PodView, state: PodState, spot: Spot) {
    backing(painter, palette, spot);
    body(painter, palette, state, palette.tint(pod.owner_key), spot);
    ring(painter, palette, state, &ring_pieces(pod), spot);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::scene::painter::tests::Recorder;
    use crate::view::scene::{ContainerState, ContainerView};

    const SPOT: Spot = Spot {
        center: Point::new(50.0, 50.0),
        radius: 20.0,
    };

    fn drawn(state: PodState) -> String {
        let mut recorder = Recorder::default();
        let palette = Palette::light();
        body(&mut recorder, &palette, state, palette.tint(1), SPOT);
        ring(&mut recorder, &palette, state, &[state == PodState::Ready], SPOT);
        recorder.log
    }

    /// What is left of a drawing when colours cannot be told apart.
    fn without_colours(log: &str) -> String {
        let lines = log.lines().map(|line| line.split(" #").next().unwrap_or(line));
        lines.collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn every_state_can_be_told_without_colour() {
        for (index, a) in PodState::ALL.into_iter().enumerate() {
            for b in PodState::ALL.into_iter().skip(index + 1) {
                assert_ne!(
                    without_colours(&drawn(a)),
                    without_colours(&drawn(b)),
                    "{a:?} looks like {b:?}"
                );
            }
        }
    }

    #[test]
    fn the_ring_has_a_piece_for_each_container() {
        let container = |name: &str, kind, ready| ContainerView {
            name: name.into(),
            kind,
            state: ContainerState::Running,
            ready,
            restart_count: 0,
        };
        let mut view = PodView::new(1, "default".into(), "web".into());
        assert_eq!(ring_pieces(&view), [false]);
        view.containers = vec![
            container("setup", ContainerKind::Init, true),
            container("web", ContainerKind::App, true),
            container("proxy", ContainerKind::Sidecar, false),
        ];
        assert_eq!(ring_pieces(&view), [true, false]);
    }

    #[test]
    fn a_badge_counts_restarts_and_is_absent_without() {
        for (count, want) in [(0, vec![]), (3, vec!["3"]), (140, vec!["99+"])] {
            let mut recorder = Recorder::default();
            badge(&mut recorder, &Palette::dark(), count, SPOT);
            assert_eq!(recorder.texts(), want);
        }
    }
}
