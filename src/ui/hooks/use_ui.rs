//! The page's own state.

use yew::prelude::*;

use crate::ui::handle::SessionHandle;
use crate::ui::hooks::use_session;
use crate::ui::i18n::Texts;
use crate::ui::state::{Action, Ui};

/// The page's state and what changes it.
pub type UiHandle = UseReducerHandle<Ui>;

/// The page's state.
#[hook]
pub fn use_ui() -> UiHandle {
    use_context::<UiHandle>().expect("the app provides its state around all components")
}

/// Does something to the cluster, and says what came of it.
#[derive(Clone, PartialEq)]
pub struct Ask {
    session: SessionHandle,
    dispatcher: UseReducerDispatcher<Ui>,
    texts: Texts,
}

impl Ask {
    /// Does what `text` says, and says so in a notice.
    pub fn act(&self, text: &str) {
        let (said, bad) = match self.session.act(text, "") {
            Ok(number) => self.answer(text, number),
            Err(error) => (self.texts.fill("toast.refused", &[("why", &error.0)]), true),
        };
        self.dispatcher.dispatch(Action::Say(said.into(), bad));
    }

    /// What a command has printed at once.
    fn answer(&self, text: &str, number: u64) -> (String, bool) {
        let output = self
            .session
            .look(|look| look.player.output(number).cloned())
            .unwrap_or_default();
        match output.code {
            Some(0) | None => (self.texts.fill("toast.did", &[("what", text)]), false),
            Some(_) => (self.texts.fill("toast.refused", &[("why", output.stderr.trim())]), true),
        }
    }

    /// Changes the page's state.
    pub fn dispatch(&self, action: Action) {
        self.dispatcher.dispatch(action);
    }
}

/// The way to act on the cluster from a component.
#[hook]
pub fn use_ask() -> Ask {
    let ui = use_ui();
    Ask {
        session: use_session(),
        dispatcher: ui.dispatcher(),
        texts: ui.texts(),
    }
}
