//! The keys of the page.

use wasm_bindgen::JsCast;
use web_sys::{Element, KeyboardEvent};
use yew::prelude::*;

use super::{use_listener, use_session, use_ui};
use crate::sim::SimTime;
use crate::ui::handle::SessionHandle;
use crate::ui::state::{Action, Dialog, Ui};

/// How far one key looks back.
const BACK_NS: u64 = 5_000_000_000;

/// Listens to the keys of the page, wherever the focus is but in a field.
#[hook]
pub fn use_keys() {
    let (session, ui) = (use_session(), use_ui());
    use_listener("keydown", move |event| {
        let Some(event) = event.dyn_ref::<KeyboardEvent>() else {
            return;
        };
        if event.default_prevented() || event.ctrl_key() || event.meta_key() || event.alt_key() {
            return;
        }
        let key = event.key();
        let action = match key.as_str() {
            "Escape" => Some(Action::Escape),
            _ if is_typing(event) || ui.dialog.is_some() => return,
            _ => action_of(&key, &ui),
        };
        let handled = match action {
            Some(action) => {
                ui.dispatch(action);
                true
            }
            None => plays(&key, event, &session),
        };
        if handled {
            event.prevent_default();
        }
    });
}

fn action_of(key: &str, ui: &Ui) -> Option<Action> {
    Some(match key {
        "?" => Action::Dialog(Some(Dialog::Help)),
        "/" => Action::Terminal(true),
        "e" => Action::Editor(!ui.editor),
        "v" => Action::Show(ui.view.next()),
        _ => return None,
    })
}

/// Keys of the player; says whether it was one.
fn plays(key: &str, event: &KeyboardEvent, session: &SessionHandle) -> bool {
    match key {
        // On a button, Space presses it.
        " " if is_on(event, "button, summary, a[href], input") => return false,
        " " => session.play(|player| {
            if player.is_playing() {
                player.pause();
            } else {
                player.play();
            }
        }),
        "ArrowRight" | "ArrowLeft" if is_on(event, "[role=tab], [role=radio], [role=menuitem], [role=application]") => {
            return false;
        }
        "ArrowRight" | "." => session.play(|player| {
            player.pause();
            player.step();
        }),
        "ArrowLeft" | "," => session.play(|player| {
            player.pause();
            let back = player.now().0.saturating_sub(BACK_NS);
            player.seek(SimTime(back));
        }),
        "Home" => session.play(|player| player.seek(SimTime::ZERO)),
        "End" => session.play(|player| player.seek(player.latest())),
        "u" => session.undo(),
        _ => return false,
    }
    true
}

fn is_on(event: &KeyboardEvent, selector: &str) -> bool {
    let element = event.target().and_then(|target| target.dyn_into::<Element>().ok());
    element.is_some_and(|element| element.closest(selector).is_ok_and(|found| found.is_some()))
}

/// Whether the focus is where letters are typed. The editor lives in a shadow root, whose host is the target here.
fn is_typing(event: &KeyboardEvent) -> bool {
    is_on(event, "input, textarea, select, [contenteditable=true], .editor-host")
}
