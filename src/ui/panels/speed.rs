//! The speed of play, on a scale on which each step is the same factor.

use web_sys::HtmlInputElement;
use yew::prelude::*;

use crate::session::Speed;
use crate::ui::components::use_vars;
use crate::ui::format;
use crate::ui::hooks::{use_session, use_ui, use_view};

/// Speeds, thousandths: three a decade, and those that people think of.
const SPEEDS: [u32; 14] = [
    100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 60_000, 100_000, 200_000, 300_000, 600_000, 1_000_000,
];

/// The place of a speed on the scale.
fn place(milli: u32) -> usize {
    SPEEDS
        .iter()
        .position(|speed| *speed >= milli)
        .unwrap_or(SPEEDS.len() - 1)
}

/// The slider of the speed.
#[component]
pub fn SpeedSlider() -> Html {
    let (session, ui) = (use_session(), use_ui());
    let milli = *use_view((), |look, ()| look.player.speed().0);
    let node = use_node_ref();
    let place = place(milli);
    let share = place as f64 / (SPEEDS.len() - 1) as f64 * 100.0;
    use_vars(&node, vec![("--fill", format!("{share:.1}%"))]);
    let oninput = {
        let session = session.clone();
        Callback::from(move |event: InputEvent| {
            let input: HtmlInputElement = event.target_unchecked_into();
            let milli = input.value().parse().ok().and_then(|place: usize| SPEEDS.get(place));
            if let Some(milli) = milli {
                session.play(|player| player.set_speed(Speed(*milli)));
            }
        })
    };
    let ondblclick = Callback::from(move |_: MouseEvent| session.play(|player| player.set_speed(Speed::REAL)));
    let label = ui.texts().get("transport.speed");
    let value = format!("{}x", format::speed(milli));
    html! {
        <label class="speed" title={label.clone()}>
            <input ref={node} type="range" class="slider" min="0" max={(SPEEDS.len() - 1).to_string()} step="1"
                value={place.to_string()} aria-label={label} aria-valuetext={value.clone()} {oninput} {ondblclick} />
            <output class="speed-value">{ value }</output>
        </label>
    }
}
