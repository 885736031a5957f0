//! The picture of the cluster, in the words and colours of the page.

use yew::prelude::*;

use super::Mirror;
use crate::ui::hooks::{use_session, use_ui, use_view};
use crate::ui::i18n::Texts;
use crate::ui::scene::{ClusterCanvas, MenuRequest, SavedCamera, Target, Words};
use crate::ui::selection::Selection;
use crate::ui::state::{Action, Menu};

/// What the picture takes.
#[derive(Properties, PartialEq)]
pub struct PictureProps {
    /// Whether it is a guest in another page.
    #[prop_or_default]
    pub embedded: bool,
}

fn words(texts: Texts) -> Words {
    let word = |key: &str| texts.get(key).into();
    Words {
        control_plane: word("canvas.control_plane"),
        queue: word("canvas.queue"),
        queue_empty: word("canvas.queue_empty"),
        internet: word("canvas.internet"),
        no_service: word("canvas.no_service"),
        no_owner: word("canvas.no_owner"),
        pods: word("canvas.pods"),
        memory: word("canvas.memory"),
        language: texts.0,
    }
}

/// The picture of the cluster, with its list in words.
#[component]
pub fn Picture(props: &PictureProps) -> Html {
    let (session, ui) = (use_session(), use_ui());
    let texts = ui.texts();
    let source = use_memo((), |()| session.source());
    let words = use_memo(ui.language, |_| words(texts));
    let selected = use_view(ui.selection.clone(), |look, selection| {
        selection.as_ref().and_then(|selection| selection.target(look.scene))
    });
    let heard = use_state_eq(|| None::<Selection>);
    let dispatcher = ui.dispatcher();
    let find = {
        let session = session.clone();
        move |target: Target| session.look(|look| Selection::of_target(look.scene, target))
    };
    let on_select = {
        let (dispatcher, find) = (dispatcher.clone(), find.clone());
        Callback::from(move |target: Option<Target>| {
            dispatcher.dispatch(Action::Select(target.and_then(&find)));
        })
    };
    let on_open = {
        let (dispatcher, find) = (dispatcher.clone(), find.clone());
        Callback::from(move |target: Target| dispatcher.dispatch(Action::Select(find(target))))
    };
    let on_focus = {
        let (heard, find) = (heard.setter(), find.clone());
        Callback::from(move |target: Target| heard.set(find(target)))
    };
    let on_menu = {
        let (dispatcher, find) = (dispatcher.clone(), find);
        Callback::from(move |request: MenuRequest| {
            let Some(Selection::Object(object)) = request.target.and_then(&find) else {
                return dispatcher.dispatch(Action::Menu(None));
            };
            dispatcher.dispatch(Action::Select(Some(Selection::Object(object.clone()))));
            let at = (request.client_x, request.client_y);
            dispatcher.dispatch(Action::Menu(Some(Menu { object, at })));
        })
    };
    let on_camera = Callback::from(move |camera: Option<SavedCamera>| dispatcher.dispatch(Action::Camera(camera)));
    html! {
        <div class="picture">
            <ClusterCanvas source={(*source).clone()} view={ui.view} theme={ui.theme()} selected={*selected} words={(*words).clone()}
                label={texts.get("canvas.label")} described_by="mirror" embedded={props.embedded} camera={ui.camera}
                {on_select} {on_open} {on_menu} {on_focus} {on_camera} />
            <Mirror focus={(*heard).clone()} />
        </div>
    }
}
