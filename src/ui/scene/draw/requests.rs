//! Requests: a mark that travels, coloured and shaped by its outcome.
//!
//! | outcome | mark |
//! |---|---|
//! | not known yet | ring |
//! | ok | disc |
//! | 4xx | square |
//! | 5xx | triangle |
//! | refused | cross |
//! | timeout | hollow diamond |

use super::Shot;
use super::shapes::{self, Shape};
use crate::ui::scene::geometry::{Curve, Point, progress};
use crate::ui::scene::layout::{Ports, View};
use crate::ui::scene::painter::{Painter, circle};
use crate::ui::scene::palette::Color;
use crate::ui::scene::stage::Flight;
use crate::view::scene::{Outcome, Place};

/// A mark's radius at the usual scale, CSS pixels.
const RADIUS: f64 = 5.0;

/// Draws all requests in sight.
pub(super) fn draw(painter: &mut dyn Painter, shot: &Shot<'_>) {
    // Where owners are told, requests have no way to go.
    if shot.stage.view() == View::Owners {
        return;
    }
    let mut marks: Vec<(Outcome, Point)> = Vec::new();
    let mut ends: Vec<(Outcome, Point, f64)> = Vec::new();
    for flight in shot.stage.effects().flights() {
        let Some(point) = place_of(shot, flight) else { continue };
        if !shot.sees(point, 20.0) {
            continue;
        }
        match flight.ended_ms {
            None => marks.push((flight.request.outcome, point)),
            Some(ended_ms) => {
                let t = progress(shot.wall_ms, ended_ms, ended_ms + crate::ui::scene::stage::END_MS);
                ends.push((flight.request.outcome, point, t));
            }
        }
    }
    let radius = RADIUS * shot.camera.scale.clamp(0.6, 1.3);
    for outcome in Outcome::ALL {
        let points = marks.iter().filter(|mark| mark.0 == outcome).map(|mark| mark.1);
        draw_marks(
            painter,
            outcome,
            points,
            radius,
            shot.palette.outcome(outcome),
            shot.palette.card,
        );
    }
    for (outcome, point, t) in ends {
        burst(
            painter,
            point,
            radius * (1.0 + 2.2 * t),
            shot.palette.outcome(outcome).alpha(0.8 * (1.0 - t)),
        );
    }
}

fn burst(painter: &mut dyn Painter, point: Point, radius: f64, color: Color) {
    painter.begin();
    circle(painter, point, radius);
    painter.pen(color, 1.6);
    painter.stroke();
}

/// The marks of one outcome, in one stroke.
fn draw_marks(
    painter: &mut dyn Painter,
    outcome: Outcome,
    points: impl Iterator<Item = Point>,
    radius: f64,
    color: Color,
    card: Color,
) {
    painter.begin();
    let mut some = false;
    for point in points {
        some = true;
        trace(painter, outcome, point, radius);
    }
    if !some {
        return;
    }
    let hollow = matches!(outcome, Outcome::Pending | Outcome::Timeout);
    if outcome != Outcome::Refused {
        painter.fill_color(if hollow { card } else { color });
        painter.fill();
    }
    painter.pen(
        if hollow || outcome == Outcome::Refused {
            color
        } else {
            card
        },
        if hollow { 2.0 } else { 1.2 },
    );
    if outcome == Outcome::Refused {
        painter.pen(color, 2.4);
    }
    painter.stroke();
}

fn trace(painter: &mut dyn Painter, outcome: Outcome, point: Point, radius: f64) {
    match outcome {
        Outcome::Pending => circle(painter, point, radius * 0.85),
        Outcome::Ok => circle(painter, point, radius),
        Outcome::ClientError => shapes::trace(painter, Shape::Square, point, radius),
        Outcome::ServerError => shapes::trace(painter, Shape::Triangle, point, radius * 1.15),
        Outcome::Timeout => shapes::trace(painter, Shape::Diamond, point, radius * 1.1),
        Outcome::Refused => {
            let arm = radius * 0.85;
            painter.move_to(Point::new(point.x - arm, point.y - arm));
            painter.line_to(Point::new(point.x + arm, point.y + arm));
            painter.move_to(Point::new(point.x + arm, point.y - arm));
            painter.line_to(Point::new(point.x - arm, point.y + arm));
        }
    }
}

/// Where a request is on the screen, if both ends of its hop are on the picture.
fn place_of(shot: &Shot<'_>, flight: &Flight) -> Option<Point> {
    let points = &flight.request.waypoints;
    let hop = (flight.hops as usize).min(points.len().checked_sub(1)?);
    let t = flight.hops - hop as f64;
    let here = points[hop].place;
    let there = points.get(hop + 1).map_or(here, |next| next.place);
    if shot.stage.view() == View::Nodes {
        return knock(shot, here, t).or_else(|| knock(shot, there, 1.0 - t));
    }
    let curve = course(shot, here, there)?;
    Some(shot.camera.to_screen(curve.at(t)))
}

/// Where there are no edges a request drops onto its pod and goes up again: `away` is its share of a hop.
fn knock(shot: &Shot<'_>, place: Place, away: f64) -> Option<Point> {
    if !matches!(place, Place::Pod(_)) || away > 0.5 {
        return None;
    }
    let at = shot.camera.to_screen(ports(shot, place)?.entry);
    Some(Point::new(at.x, at.y - 60.0 * away * shot.camera.scale))
}

/// The way from one place to another: the edge between them, walked back where the answer returns.
fn course(shot: &Shot<'_>, from: Place, to: Place) -> Option<Curve> {
    let (a, b) = (ports(shot, from)?, ports(shot, to)?);
    let layout = &shot.stage.layout;
    if rank(from) <= rank(to) {
        Some(layout.curve(a.exit, b.entry))
    } else {
        Some(layout.curve(b.exit, a.entry).reversed())
    }
}

fn rank(place: Place) -> u32 {
    match place {
        Place::Internet => 0,
        Place::Ingress(_) => 1,
        Place::Service(_) => 2,
        Place::Node(_) => 3,
        Place::Pod(_) => 4,
    }
}

fn ports(shot: &Shot<'_>, place: Place) -> Option<Ports> {
    let Place::Pod(id) = place else {
        return shot.stage.layout.ports.get(&place).copied();
    };
    let index = shot.stage.scene.pods.binary_search_by_key(&id, |pod| pod.id).ok()?;
    let pose = shot.stage.pose(index as u32, shot.wall_ms);
    let port = shot.stage.layout.pod_port(pose.center, pose.cell);
    Some(Ports {
        entry: port,
        exit: port,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::scene::draw::tests::Set;
    use crate::ui::scene::painter::tests::Recorder;
    use crate::ui::scene::palette::Palette;

    #[test]
    fn outcomes_differ_in_shape() {
        let palette = Palette::light();
        let mut seen = crate::sim::btree::BTreeSet::new();
        for outcome in Outcome::ALL {
            let mut recorder = Recorder::default();
            draw_marks(
                &mut recorder,
                outcome,
                [Point::new(9.0, 9.0)].into_iter(),
                5.0,
                palette.good,
                palette.card,
            );
            assert!(seen.insert(recorder.log), "{outcome:?} looks like another");
        }
    }

    #[test]
    fn an_answer_comes_back_the_same_way() {
        let set = Set::new(3, 20, View::Traffic, (1280.0, 800.0));
        let shot = set.shot();
        let there = course(&shot, Place::Internet, Place::Ingress(0)).unwrap();
        let back = course(&shot, Place::Ingress(0), Place::Internet).unwrap();
        assert_eq!(there.reversed(), back);
        assert_eq!(course(&shot, Place::Internet, Place::Ingress(99)), None);
    }
}
