//! The bar at the top: the name, the scenario, the view, and what concerns the whole page.

use yew::prelude::*;

use crate::ui::components::{Button, Icon, IconButton, icon};
use crate::ui::gallery::title_of;
use crate::ui::hooks::{UiHandle, use_ui, use_view};
use crate::ui::scene::View;
use crate::ui::state::{Action, Dialog, ThemeChoice};
use crate::view::Language;

/// The bar at the top.
#[component]
pub fn TopBar() -> Html {
    let ui = use_ui();
    let texts = ui.texts();
    let title = use_view(ui.language, |look, language| {
        title_of(&look.player.scenario().spec.title, *language).unwrap_or_else(|| look.player.scenario().name.clone())
    });
    let title = if title.is_empty() {
        texts.get("gallery.untitled")
    } else {
        title.to_string()
    };
    let on = |action: Action| {
        let dispatcher = ui.dispatcher();
        Callback::from(move |()| dispatcher.dispatch(action.clone()))
    };
    html! {
        <header class="topbar">
            <div class="brand" title={texts.get("app.tagline")}>{ mark() }<h1>{ "Kubarium" }</h1></div>
            <button type="button" class="scenario" title={texts.get("gallery.open")} onclick={on(Action::Dialog(Some(Dialog::Gallery))).reform(|_: MouseEvent| ())}>
                { icon(Icon::Gallery) }<span class="scenario-title">{ title }</span>
            </button>
            <ViewSwitch />
            <div class="topbar-tools">
                <Button class="quiet fold" icon={Icon::Editor} label={texts.get("editor.open")} pressed={ui.editor}
                    onclick={on(Action::Editor(!ui.editor))} />
                <LanguageSwitch />
                <ThemeSwitch />
                <IconButton icon={Icon::Help} label={texts.get("help.open")} onclick={on(Action::Dialog(Some(Dialog::Help)))} />
                <Button class="fold" icon={Icon::Share} label={texts.get("share.open")} primary=true
                    onclick={on(Action::Dialog(Some(Dialog::Share)))} />
            </div>
        </header>
    }
}

/// The sign of the project: a cube in a jar.
fn mark() -> Html {
    html! {
        <svg class="mark" viewBox="0 0 32 32" aria-hidden="true">
            <path class="mark-glass" d="M7 5.5h18M9 5.5v2.2c0 1-.4 1.8-1.2 2.4A6 6 0 0 0 5.5 15v9.5A4.5 4.5 0 0 0 10 29h12a4.5 4.5 0 0 0 4.5-4.5V15a6 6 0 0 0-2.3-4.9A3 3 0 0 1 23 7.7V5.5" />
            <path class="mark-cube" d="M16 12.2l6 3.400v6.800l-6 3.400-6-3.400v-6.800z" />
            <path class="mark-edge" d="M10 15.6l6 3.400 6-3.400M16 19v6.800" />
        </svg>
    }
}

/// The switch between the views.
#[component]
pub fn ViewSwitch() -> Html {
    let ui = use_ui();
    let texts = ui.texts();
    let option = |view: View, own: Icon, key: &str, hint: &str| {
        let dispatcher = ui.dispatcher();
        let onclick = Callback::from(move |_: MouseEvent| dispatcher.dispatch(Action::Show(view)));
        let on = ui.view == view;
        html! {
            <button type="button" class="segment" aria-pressed={on.to_string()} title={texts.get(hint)} {onclick}>
                { icon(own) }<span>{ texts.get(key) }</span>
            </button>
        }
    };
    html! {
        <div class="segments view-switch" role="group" aria-label={texts.get("view.label")}>
            { option(View::Nodes, Icon::Nodes, "view.nodes", "view.nodes.hint") }
            { option(View::Traffic, Icon::Traffic, "view.traffic", "view.traffic.hint") }
            { option(View::Owners, Icon::Owners, "view.owners", "view.owners.hint") }
        </div>
    }
}

/// The switch of the language: it names the other one, in that language.
#[component]
pub fn LanguageSwitch() -> Html {
    let ui = use_ui();
    let (other, label, short) = match ui.language {
        Language::English => (Language::Chinese, "简体中文", "中"),
        Language::Chinese => (Language::English, "English", "En"),
    };
    let dispatcher = ui.dispatcher();
    let onclick = Callback::from(move |_: MouseEvent| dispatcher.dispatch(Action::Speak(other)));
    html! {
        <button type="button" class="button quiet language" lang={other.code()} title={label} aria-label={label} {onclick}>
            <span class="wide">{ label }</span><span class="narrow" aria-hidden="true">{ short }</span>
        </button>
    }
}

/// The switch of the theme: automatic, light, dark, automatic again.
#[component]
pub fn ThemeSwitch() -> Html {
    let ui: UiHandle = use_ui();
    let (now, next, own) = match ui.theme_choice {
        ThemeChoice::Auto => ("theme.auto", ThemeChoice::Light, Icon::Auto),
        ThemeChoice::Light => ("theme.light", ThemeChoice::Dark, Icon::Sun),
        ThemeChoice::Dark => ("theme.dark", ThemeChoice::Auto, Icon::Moon),
    };
    let texts = ui.texts();
    let label = format!("{}: {}", texts.get("theme.label"), texts.get(now));
    let dispatcher = ui.dispatcher();
    let onclick = Callback::from(move |()| dispatcher.dispatch(Action::Theme(next)));
    html! { <IconButton icon={own} {label} {onclick} class="theme" /> }
}
