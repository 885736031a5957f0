//! The page as a whole: what it opens, and what stands around the picture.

use std::rc::Rc;

use gloo_timers::callback::Timeout;
use yew::platform::spawn_local;
use yew::prelude::*;

use super::broken::BrokenPage;
use super::components::ToastArea;
use super::document::{dress, is_embedded};
use super::embed::EmbedPage;
use super::handle::SessionHandle;
use super::hooks::{use_keys, use_listener, use_media, use_session, use_ui, use_view};
use super::i18n::Texts;
use super::panels::{
    ContextMenu, EditorDrawer, GalleryDialog, HelpDialog, Picture, ShareDialog, SidePanel, Terminal, TopBar, Transport,
};
use super::start::{self, Broken, Opener, Opening, Start};
use super::state::{Action, Dialog, Ui};
use super::storage;

/// What is open: a cluster with its number, or an explanation.
#[derive(Clone, PartialEq)]
enum Stage {
    Loading,
    Cluster {
        session: SessionHandle,
        first: Rc<Ui>,
        number: u32,
    },
    Broken(Broken),
}

/// The whole page.
#[component]
pub fn App() -> Html {
    let embedded = *use_memo((), |()| is_embedded());
    let stage = use_state(|| Stage::Loading);
    let counter = use_mut_ref(|| 0_u32);
    let open: Opener = {
        let (stage, counter) = (stage.setter(), counter);
        use_callback((), move |opening: Opening, ()| {
            let mut first = start::first_ui(!embedded);
            first.load(&opening.view);
            *counter.borrow_mut() += 1;
            stage.set(Stage::Cluster {
                session: SessionHandle::new(*opening.player),
                first: Rc::new(first),
                number: *counter.borrow(),
            });
        })
    };
    let begin = {
        let (stage, open) = (stage.setter(), open.clone());
        Rc::new(move || {
            let (stage, open) = (stage.clone(), open.clone());
            spawn_local(async move {
                match start::start(!embedded).await {
                    Start::Cluster(opening) => open.emit(opening),
                    Start::Broken(broken) => stage.set(Stage::Broken(broken)),
                }
            });
        })
    };
    use_effect_with((), {
        let begin = begin.clone();
        move |()| begin()
    });
    use_listener("hashchange", move |_| begin());
    match &*stage {
        Stage::Loading => {
            html! { <p class="boot" role="status">{ Texts(start::first_ui(!embedded).language).get("app.loading") }</p> }
        }
        Stage::Broken(broken) => html! { <BrokenPage broken={broken.clone()} {open} {embedded} /> },
        Stage::Cluster { session, first, number } => html! {
            <ContextProvider<Opener> context={open}>
                <ContextProvider<SessionHandle> context={session.clone()}>
                    <Shell key={*number} first={first.clone()} {embedded} />
                </ContextProvider<SessionHandle>>
            </ContextProvider<Opener>>
        },
    }
}

#[derive(Properties, PartialEq)]
struct ShellProps {
    first: Rc<Ui>,
    embedded: bool,
}

/// The state of the page around its parts.
#[component]
fn Shell(props: &ShellProps) -> Html {
    let first = props.first.clone();
    let ui = use_reducer_eq(move || (*first).clone());
    let dark = use_media("(prefers-color-scheme: dark)");
    use_effect_with(dark, {
        let dispatcher = ui.dispatcher();
        move |dark| dispatcher.dispatch(Action::SystemDark(*dark))
    });
    use_effect_with((ui.language, ui.theme()), |(language, theme)| {
        dress(language.code(), *theme);
    });
    html! {
        <ContextProvider<UseReducerHandle<Ui>> context={ui}>
            if props.embedded { <EmbedPage /> } else { <FullPage /> }
        </ContextProvider<UseReducerHandle<Ui>>>
    }
}

/// The page on its own.
#[component]
fn FullPage() -> Html {
    let ui = use_ui();
    use_keys();
    use_autosave();
    use_effect_with((ui.language, ui.theme_choice), |(language, theme)| {
        storage::save_preferences(*language, *theme);
    });
    let dialog = match ui.dialog {
        Some(Dialog::Gallery) => html! { <GalleryDialog /> },
        Some(Dialog::Share) => html! { <ShareDialog /> },
        Some(Dialog::Help) => html! { <HelpDialog /> },
        None => Html::default(),
    };
    html! {
        <div class={classes!("shell", ui.editor.then_some("with-editor"), ui.sheet.then_some("with-sheet"))}>
            <TopBar />
            <EditorDrawer />
            <main class="stage">
                <Picture />
                <Terminal />
            </main>
            <Transport />
            <SidePanel />
            <ContextMenu />
            <ToastArea />
            { dialog }
        </div>
    }
}

/// How long after a change the work is kept.
const SAVE_MS: u32 = 1_000;

/// Keeps the user's work in the browser, a second after it changed, and when the page goes.
#[hook]
fn use_autosave() {
    let (session, ui) = (use_session(), use_ui());
    let view = ui.save();
    let save = Rc::new(move || {
        let work = session.look(|look| start::work(look.player, view.clone()));
        storage::save_work(&work);
    });
    // Time alone is worth keeping now and then; what the user did, soon.
    let seen = *use_view((), |look, ()| {
        (look.number, look.player.log().count(), look.now_ns() / 5_000_000_000)
    });
    use_effect_with((seen, ui.save().to_string()), {
        let save = save.clone();
        move |_| {
            let timer = Timeout::new(SAVE_MS, move || save());
            move || drop(timer)
        }
    });
    use_listener("pagehide", move |_| save());
}
