//! Keys and signs.

use yew::prelude::*;

use crate::ui::components::DialogFrame;
use crate::ui::hooks::use_ui;

const KEYS: [(&str, &str); 11] = [
    ("Space", "help.key.space"),
    ("→", "help.key.right"),
    ("←", "help.key.left"),
    ("Home", "help.key.home"),
    ("End", "help.key.end"),
    ("V", "help.key.view"),
    ("/", "help.key.command"),
    ("E", "help.key.editor"),
    ("U", "help.key.undo"),
    ("Esc", "help.key.escape"),
    ("?", "help.key.help"),
];

/// Keys and signs.
#[component]
pub fn HelpDialog() -> Html {
    let texts = use_ui().texts();
    let key = |(key, text): &(&str, &str)| {
        html! { <><dt><kbd>{ *key }</kbd></dt><dd>{ texts.get(text) }</dd></> }
    };
    html! {
        <DialogFrame title={texts.get("help.title")} class="help">
            <div class="help-columns">
                <section>
                    <h3>{ texts.get("help.keys") }</h3>
                    <dl class="keys">{ for KEYS.iter().map(key) }</dl>
                </section>
                <section>
                    <h3>{ texts.get("help.signs") }</h3>
                    <ul class="signs">
                        <li>{ sign("ring") }{ texts.get("help.ring") }</li>
                        <li>{ sign("arc") }{ texts.get("help.arc") }</li>
                        <li>{ sign("tick") }{ texts.get("help.tick") }</li>
                        <li>{ sign("badge") }{ texts.get("help.badge") }</li>
                        <li>{ sign("helpers") }{ texts.get("help.helpers") }</li>
                    </ul>
                    <p>{ texts.get("help.canvas") }</p>
                    <p>{ texts.get("help.more") }</p>
                </section>
            </div>
        </DialogFrame>
    }
}

/// A drawing of a sign.
fn sign(kind: &str) -> Html {
    let marks = match kind {
        "ring" => html! { <path class="sign-good" d="M16 5a11 11 0 1 1-.01 0" /> },
        "arc" => {
            html! { <><path class="sign-faint" d="M16 5a11 11 0 1 1-.01 0" /><path class="sign-bad" d="M16 5a11 11 0 0 1 9.5 16.5" /></> }
        }
        "tick" => {
            html! { <><path class="sign-faint" d="M16 5a11 11 0 1 1-.01 0" /><path class="sign-good" d="M16 5v6" /><path class="sign-bad" d="M25.5 10.5l5-3" /></> }
        }
        "helpers" => {
            html! { <><path class="sign-good" d="M1.500 7h3v3h-3z" /><circle class="sign-badge" cx="3" cy="16" r="2" /></> }
        }
        _ => {
            html! { <><path class="sign-faint" d="M16 5a11 11 0 1 1-.01 0" /><circle class="sign-badge" cx="24" cy="9" r="6.5" /><text x="24" y="12">{ "3" }</text></> }
        }
    };
    html! {
        <svg class="sign" viewBox="0 0 32 32" aria-hidden="true">
            <path class="sign-body" d="M16 10l5.2 3v6L16 22l-5.2-3v-6z" />
            { marks }
        </svg>
    }
}
