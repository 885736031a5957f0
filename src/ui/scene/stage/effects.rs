//! What passes: requests along their hops, pulses of the control plane.
//!
//! Requests move with the playing time, but no faster than an eye can follow: at a thousandfold speed they still take
//! a moment to cross the picture. The engine never waits for them.

use crate::sim::btree::BTreeMap;
use crate::view::scene::{Pulse, RequestView, Scene};
use std::rc::Rc;

/// The least time a request takes from its first place to its last, wall milliseconds.
const FLIGHT_MS_MIN: f64 = 700.0;
/// How long the end of a request shows, wall milliseconds.
pub(crate) const END_MS: f64 = 420.0;
/// How long a pulse shows, wall milliseconds.
pub(crate) const BEAT_MS: f64 = 750.0;
/// No more than this many of each: beyond, a crowd says it all.
const FLIGHTS_MAX: usize = 400;
const BEATS_MAX: usize = 48;

/// A request on the picture.
#[derive(Clone, Debug)]
pub struct Flight {
    /// The request.
    pub request: Rc<RequestView>,
    /// How many hops it has gone; the share of the one under way after the point.
    pub hops: f64,
    /// When its end showed first, wall milliseconds.
    pub ended_ms: Option<f64>,
}

/// A pulse on the picture.
#[derive(Clone, Debug)]
pub struct Beat {
    /// The pulse.
    pub pulse: Pulse,
    /// When it showed first, wall milliseconds.
    pub start_ms: f64,
}

/// Requests in flight and pulses.
#[derive(Debug, Default)]
pub struct Effects {
    flights: BTreeMap<u64, Flight>,
    beats: Vec<Beat>,
    pulse_id_last: u64,
    last_ns: u64,
    last_ms: f64,
}

impl Effects {
    /// Requests in flight.
    pub fn flights(&self) -> impl Iterator<Item = &Flight> {
        self.flights.values()
    }

    /// Pulses that show.
    #[must_use]
    pub fn beats(&self) -> &[Beat] {
        &self.beats
    }

    /// Whether any of them changes by itself.
    #[must_use]
    pub(super) fn is_active(&self) -> bool {
        !self.beats.is_empty() || self.flights.values().any(Flight::is_restless)
    }

    /// Lets time pass.
    pub(super) fn tick(&mut self, scene: &Scene, now_ns: u64, wall_ms: f64, reduced_motion: bool) {
        if now_ns < self.last_ns {
            self.flights.clear();
            self.beats.clear();
            self.pulse_id_last = scene.control_plane.pulses.last().map_or(0, |pulse| pulse.id);
        }
        self.last_ns = now_ns;
        let passed_ms = (wall_ms - self.last_ms).clamp(0.0, 100.0);
        self.last_ms = wall_ms;
        for request in &scene.requests {
            self.take_request(request, now_ns);
        }
        for flight in self.flights.values_mut() {
            flight.advance(now_ns, wall_ms, if reduced_motion { f64::INFINITY } else { passed_ms });
        }
        self.flights
            .retain(|_, flight| flight.ended_ms.is_none_or(|ended_ms| wall_ms < ended_ms + END_MS));
        self.take_pulses(scene, now_ns, wall_ms);
    }

    fn take_request(&mut self, request: &Rc<RequestView>, now_ns: u64) {
        if let Some(flight) = self.flights.get_mut(&request.id) {
            flight.request = request.clone();
            return;
        }
        let (Some(first), Some(last)) = (request.waypoints.first(), request.waypoints.last()) else {
            return;
        };
        // One that ended before it was ever seen still shows, if that was a moment ago.
        let seen = first.at_ns <= now_ns && now_ns < last.at_ns.saturating_add(500_000_000);
        if seen && self.flights.len() < FLIGHTS_MAX {
            self.flights.insert(
                request.id,
                Flight {
                    request: request.clone(),
                    hops: 0.0,
                    ended_ms: None,
                },
            );
        }
    }

    fn take_pulses(&mut self, scene: &Scene, now_ns: u64, wall_ms: f64) {
        self.beats.retain(|beat| wall_ms < beat.start_ms + BEAT_MS);
        for pulse in &scene.control_plane.pulses {
            if pulse.id > self.pulse_id_last && pulse.at_ns <= now_ns {
                self.pulse_id_last = pulse.id;
                if self.beats.len() < BEATS_MAX {
                    self.beats.push(Beat {
                        pulse: pulse.clone(),
                        start_ms: wall_ms,
                    });
                }
            }
        }
    }
}

impl Flight {
    fn hop_count(&self) -> f64 {
        (self.request.waypoints.len().max(1) - 1) as f64
    }

    /// Behind its true place, or at its end.
    fn is_restless(&self) -> bool {
        self.ended_ms.is_some()
    }

    /// How many hops it has really gone.
    fn true_hops(&self, now_ns: u64) -> f64 {
        let points = &self.request.waypoints;
        let next = points.partition_point(|point| point.at_ns <= now_ns);
        let Some(index) = next.checked_sub(1) else { return 0.0 };
        match points.get(next) {
            None => index as f64,
            Some(to) => {
                let from_ns = points[index].at_ns;
                index as f64 + (now_ns - from_ns) as f64 / (to.at_ns - from_ns).max(1) as f64
            }
        }
    }

    fn advance(&mut self, now_ns: u64, wall_ms: f64, passed_ms: f64) {
        let count = self.hop_count();
        let step = passed_ms * count.max(1.0) / FLIGHT_MS_MIN;
        self.hops = self.true_hops(now_ns).min(self.hops + step).max(self.hops);
        if self.hops >= count && self.ended_ms.is_none() {
            self.ended_ms = Some(wall_ms);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::scene::{Actor, Outcome, Place, PulseKind, Waypoint};

    const MS: u64 = 1_000_000;

    fn scene(at_ms: &[u64]) -> Scene {
        let waypoints = at_ms
            .iter()
            .map(|&at| Waypoint {
                place: Place::Internet,
                at_ns: at * MS,
            })
            .collect();
        let request = RequestView {
            id: 7,
            waypoints,
            outcome: Outcome::Ok,
            status: 200,
        };
        Scene {
            requests: vec![Rc::new(request)],
            ..Scene::default()
        }
    }

    fn hops(effects: &Effects) -> Vec<f64> {
        effects
            .flights()
            .map(|flight| (flight.hops * 100.0).round() / 100.0)
            .collect()
    }

    #[test]
    fn a_request_moves_with_the_playing_time() {
        let scene = scene(&[0, 1000, 3000]);
        let mut effects = Effects::default();
        let mut at = 0;
        for (ms, want) in [(0, 0.0), (500, 0.5), (1000, 1.0), (2000, 1.5), (3000, 2.0)] {
            while at <= ms {
                effects.tick(&scene, at * MS, at as f64, false);
                at += 10;
            }
            assert_eq!(hops(&effects), [want], "at {ms} ms");
        }
        effects.tick(&scene, 3600 * MS, 3600.0, false);
        assert!(hops(&effects).is_empty(), "it is gone some time after its end");
    }

    #[test]
    fn at_high_speed_it_can_still_be_followed() {
        let scene = scene(&[0, 1, 2]);
        let mut effects = Effects::default();
        effects.tick(&scene, 3 * MS, 16.0, false);
        effects.tick(&scene, 90 * MS, 66.0, false);
        assert!(hops(&effects)[0] < 0.4);
        (0..20).for_each(|frame| effects.tick(&scene, 200 * MS, 100.0 + f64::from(frame) * 50.0, false));
        assert_eq!(hops(&effects), [2.0]);
    }

    #[test]
    fn going_back_in_time_clears_the_air() {
        let scene = scene(&[0, 1000]);
        let mut effects = Effects::default();
        effects.tick(&scene, 900 * MS, 10.0, false);
        assert_eq!(hops(&effects).len(), 1);
        effects.tick(&Scene::default(), 100 * MS, 20.0, false);
        assert!(hops(&effects).is_empty());
    }

    #[test]
    fn each_pulse_shows_once() {
        let pulse = |id| Pulse {
            id,
            at_ns: id * MS,
            actor: Actor::Scheduler,
            kind: PulseKind::Write,
            about: None,
        };
        let mut scene = Scene::default();
        scene.control_plane.pulses = vec![pulse(1), pulse(2)];
        let mut effects = Effects::default();
        effects.tick(&scene, MS, 0.0, false);
        assert_eq!(effects.beats().len(), 1, "the second is still to come");
        effects.tick(&scene, 2 * MS, 10.0, false);
        effects.tick(&scene, 3 * MS, 20.0, false);
        assert_eq!(effects.beats().len(), 2);
        effects.tick(&scene, 3 * MS, 10.0 + BEAT_MS, false);
        assert!(effects.beats().is_empty());
    }
}
