//! The timeline: what happened when, and the way there.

use std::rc::Rc;

use web_sys::HtmlInputElement;
use yew::prelude::*;

use crate::sim::{Arrange, SimTime};
use crate::ui::components::use_vars;
use crate::ui::format;
use crate::ui::handle::Look;
use crate::ui::hooks::{use_session, use_ui, use_view};
use crate::ui::marks::{Mark, Marks};

/// Lengths of the timeline, seconds: the first that holds what was seen.
const LENGTHS: [u64; 12] = [
    30, 60, 120, 300, 600, 1_200, 1_800, 3_600, 7_200, 14_400, 43_200, 86_400,
];
/// How finely the timeline is divided.
const STEPS: u64 = 2_000;
const SECOND: u64 = 1_000_000_000;

/// How long the timeline is, nanoseconds.
fn length_ns(latest: u64) -> u64 {
    let wanted = latest + latest / 12;
    let found = LENGTHS
        .iter()
        .map(|seconds| seconds * SECOND)
        .find(|length| *length >= wanted);
    found.unwrap_or_else(|| wanted.div_ceil(86_400 * SECOND) * 86_400 * SECOND)
}

#[derive(PartialEq)]
struct Times {
    now: u64,
    latest: u64,
    length: u64,
}

fn times(look: Look<'_>, (): &()) -> Times {
    let latest = look.player.latest().0.max(look.now_ns());
    let length = length_ns(latest);
    // Finer than a step of the scale nothing moves.
    let grain = length / STEPS;
    Times {
        now: look.now_ns() / grain * grain,
        latest: latest / grain * grain,
        length,
    }
}

/// The timeline.
#[component]
pub fn Timeline() -> Html {
    let (session, ui) = (use_session(), use_ui());
    let texts = ui.texts();
    let times = use_view((), times);
    let node = use_node_ref();
    let share = |at: u64| format!("{:.2}%", at as f64 / times.length as f64 * 100.0);
    use_vars(
        &node,
        vec![("--now", share(times.now)), ("--seen", share(times.latest))],
    );
    let oninput = {
        let (session, length) = (session, times.length);
        Callback::from(move |event: InputEvent| {
            let input: HtmlInputElement = event.target_unchecked_into();
            let place: u64 = input.value().parse().unwrap_or_default();
            let at = (u128::from(length) * u128::from(place) / u128::from(STEPS)) as u64;
            session.play(|player| {
                player.pause();
                player.seek(SimTime(at.min(player.latest().0)));
            });
        })
    };
    let place = times.now * STEPS / times.length;
    html! {
        <div ref={node} class="timeline">
            <MarkLane length={times.length} />
            <input type="range" class="scrubber" min="0" max={STEPS.to_string()} step="1" value={place.to_string()}
                aria-label={texts.get("transport.timeline")} aria-valuetext={format::clock(times.now)} {oninput} />
            <div class="timeline-scale" aria-hidden="true">{ scale(times.length) }</div>
        </div>
    }
}

/// Numbers under the timeline, at quarters.
fn scale(length: u64) -> Html {
    (0..=4_u64)
        .map(|quarter| html! { <span key={quarter}>{ format::coarse(length * quarter / 4) }</span> })
        .collect()
}

#[derive(Properties, PartialEq)]
struct LaneProps {
    length: u64,
}

/// Marks in the lane; they do not stand closer than this, of 1000.
const GRAIN: u64 = 2;

/// The marks of what happened.
#[component]
fn MarkLane(props: &LaneProps) -> Html {
    let shown: Rc<Vec<(u64, Mark)>> = use_view(props.length, |look, length| places(look.marks, *length));
    let path = |kind: Mark, top: u64, bottom: u64| {
        let marks = shown.iter().filter(|(_, mark)| *mark == kind);
        marks.map(|(x, _)| format!("M{x} {top}V{bottom}")).collect::<String>()
    };
    html! {
        <svg class="lane" viewBox="0 0 1000 14" preserveAspectRatio="none" aria-hidden="true">
            <path class="mark-normal" d={path(Mark::Normal, 8, 14)} />
            <path class="mark-warning" d={path(Mark::Warning, 4, 14)} />
            <path class="mark-action" d={path(Mark::Action, 0, 14)} />
        </svg>
    }
}

/// Where marks stand, thousandths of the timeline; of those at one place, one of each kind.
fn places(marks: &Marks, length: u64) -> Vec<(u64, Mark)> {
    let mut places: Vec<(u64, Mark)> = marks
        .iter()
        .map(|(at, mark)| {
            (
                (u128::from(at) * 1000 / u128::from(length)) as u64 / GRAIN * GRAIN,
                mark,
            )
        })
        .collect();
    places.arrange();
    places.dedup();
    places
}
