//! The bar below the picture: the tape deck.

use yew::prelude::*;

use super::{SpeedSlider, Timeline};
use crate::sim::SimTime;
use crate::ui::components::{Button, Icon, IconButton};
use crate::ui::format;
use crate::ui::hooks::{use_session, use_ui, use_view};
use crate::ui::state::Action;

/// The tape deck.
#[component]
pub fn Transport() -> Html {
    let (session, ui) = (use_session(), use_ui());
    let texts = ui.texts();
    let last = use_view((), |look, ()| {
        let now = look.player.now();
        look.player
            .log()
            .filter(|(at, _)| *at <= now)
            .last()
            .map(|(_, command)| command.to_string())
    });
    let undo = match &*last {
        Some(what) => texts.fill("transport.undo", &[("what", what)]),
        None => texts.get("transport.undo.none"),
    };
    let step = {
        let session = session.clone();
        Callback::from(move |()| {
            session.play(|player| {
                player.pause();
                player.step();
            });
        })
    };
    let restart = {
        let session = session.clone();
        Callback::from(move |()| session.play(|player| player.seek(SimTime::ZERO)))
    };
    let take_back = Callback::from(move |()| session.undo());
    let toggle = |action: Action| {
        let dispatcher = ui.dispatcher();
        Callback::from(move |()| dispatcher.dispatch(action.clone()))
    };
    html! {
        <section class="transport" aria-label={texts.get("transport.label")}>
            <Timeline />
            <div class="deck">
                <div class="deck-group">
                    <IconButton icon={Icon::Restart} label={texts.get("transport.restart")} onclick={restart} />
                    <PlayButton />
                    <IconButton icon={Icon::Step} label={texts.get("transport.step")} onclick={step} />
                    <IconButton class="undo" icon={Icon::Undo} label={undo} disabled={last.is_none()} onclick={take_back} />
                </div>
                <Clock />
                <SpeedSlider />
                <div class="deck-group deck-end">
                    <Button class="quiet fold" icon={Icon::Terminal} label={texts.get("terminal.open")} pressed={ui.terminal}
                        onclick={toggle(Action::Terminal(!ui.terminal))} />
                    <IconButton class="only-phone" icon={Icon::Editor} label={texts.get("editor.open")}
                        onclick={toggle(Action::Editor(!ui.editor))} />
                    <IconButton class="only-phone" icon={Icon::Panel} label={texts.get("panel.show")} pressed={ui.sheet}
                        onclick={toggle(Action::Sheet(!ui.sheet))} />
                </div>
            </div>
        </section>
    }
}

/// Play and pause.
#[component]
pub fn PlayButton() -> Html {
    let (session, ui) = (use_session(), use_ui());
    let playing = use_view((), |look, ()| look.player.is_playing());
    let (icon, key) = if *playing {
        (Icon::Pause, "transport.pause")
    } else {
        (Icon::Play, "transport.play")
    };
    let onclick = Callback::from(move |()| {
        session.play(|player| {
            if player.is_playing() {
                player.pause();
            } else {
                player.play();
            }
        });
    });
    html! { <IconButton class="play" {icon} label={ui.texts().get(key)} {onclick} /> }
}

/// The instant, and whether it lies in the past.
#[component]
fn Clock() -> Html {
    let (session, ui) = (use_session(), use_ui());
    let texts = ui.texts();
    let seen = use_view((), |look, ()| {
        (
            look.now_ns() / 100_000_000,
            look.player.now() < look.player.latest(),
            look.lag_milli,
            look.player.speed().0,
        )
    });
    let (tenths, past, lag, speed) = *seen;
    let present = Callback::from(move |()| session.play(|player| player.seek(player.latest())));
    // A tenth less is not worth a word.
    let behind = lag
        .filter(|lag| u64::from(*lag) * 10 < u64::from(speed) * 9)
        .map(|lag| {
            let (now, wanted) = (format::speed(lag), format::speed(speed));
            texts.fill("transport.behind", &[("now", &now), ("wanted", &wanted)])
        });
    html! {
        <div class="clock-box">
            <output class="clock" title={texts.get("transport.clock")}>{ format::clock(tenths * 100_000_000) }</output>
            if past {
                <Button class="present" icon={Icon::Present} label={texts.get("transport.present")}
                    tip={texts.get("transport.past.hint")} onclick={present} />
            } else if let Some(behind) = behind {
                <span class="behind">{ behind }</span>
            }
        </div>
    }
}
