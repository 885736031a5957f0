//! The picture as a Yew component. It renders three canvases once; frames never pass through Yew.

use super::ears::{Ears, MenuRequest};
use super::player::{Player, set_style};
use super::source::{FrameStats, SceneHandle};
use crate::ui::scene::draw::Words;
use crate::ui::scene::hit::Target;
use crate::ui::scene::layout::View;
use crate::ui::scene::palette::Theme;
use crate::ui::scene::viewer::{SavedCamera, Viewer};
use std::cell::RefCell;
use std::rc::Rc;
use web_sys::{HtmlCanvasElement, HtmlElement};
use yew::prelude::*;

/// What the picture takes.
#[derive(Clone, Properties, PartialEq)]
pub struct ClusterCanvasProps {
    /// Where the scenes come from.
    pub source: SceneHandle,
    /// Which view.
    #[prop_or_default]
    pub view: View,
    /// Light or dark.
    #[prop_or_default]
    pub theme: Theme,
    /// What is selected; what is out of sight is brought into it.
    #[prop_or_default]
    pub selected: Option<Target>,
    /// Its words in the language of the page.
    #[prop_or_default]
    pub words: Words,
    /// What a screen reader calls the picture.
    #[prop_or_default]
    pub label: AttrValue,
    /// The id of the list that says the same in words.
    #[prop_or_default]
    pub described_by: Option<AttrValue>,
    /// Whether it is a guest in a page that scrolls: then the wheel and one finger belong to that page.
    #[prop_or_default]
    pub embedded: bool,
    /// The camera to begin with, from a link. None keeps all in sight.
    #[prop_or_default]
    pub camera: Option<SavedCamera>,
    /// Something was clicked, or nothing was.
    #[prop_or_default]
    pub on_select: Callback<Option<Target>>,
    /// Something was double-clicked, or entered twice.
    #[prop_or_default]
    pub on_open: Callback<Target>,
    /// A menu is wanted.
    #[prop_or_default]
    pub on_menu: Callback<MenuRequest>,
    /// The keyboard has moved to something: announce it.
    #[prop_or_default]
    pub on_focus: Callback<Target>,
    /// The camera has come to rest; none means that all is in sight.
    #[prop_or_default]
    pub on_camera: Callback<Option<SavedCamera>>,
    /// What each frame cost.
    #[prop_or_default]
    pub on_stats: Option<Callback<FrameStats>>,
}

impl ClusterCanvasProps {
    fn ears(&self) -> Ears {
        Ears {
            on_select: self.on_select.clone(),
            on_open: self.on_open.clone(),
            on_menu: self.on_menu.clone(),
            on_focus: self.on_focus.clone(),
            on_camera: self.on_camera.clone(),
            on_stats: self.on_stats.clone(),
        }
    }

    fn viewer(&self) -> Viewer {
        let mut viewer = Viewer::new(self.theme, self.words.clone(), self.camera);
        viewer.set_view(self.view);
        viewer
    }
}

/// The picture of the cluster. It fills its parent, which needs a height of its own and `position: relative`.
#[component]
pub fn ClusterCanvas(props: &ClusterCanvasProps) -> Html {
    let host = use_node_ref();
    let layers = [use_node_ref(), use_node_ref(), use_node_ref()];
    let player = use_mut_ref(|| None::<Player>);
    use_player(props, &host, &layers, &player);
    use_changes(props, &player);
    html! {
        <div ref={host} class="cluster-canvas" tabindex="0" role="application" aria-label={props.label.clone()}
            aria-describedby={props.described_by.clone()} data-embedded={props.embedded.then_some("")}>
            { for layers.iter().map(|layer| html! { <canvas ref={layer.clone()} aria-hidden="true"></canvas> }) }
        </div>
    }
}

/// Starts the player when the canvases are there, and again only for another source.
#[hook]
fn use_player(props: &ClusterCanvasProps, host: &NodeRef, layers: &[NodeRef; 3], player: &Rc<RefCell<Option<Player>>>) {
    let (host, layers, player, props) = (host.clone(), layers.clone(), player.clone(), props.clone());
    use_effect_with(props.source.clone(), move |source| {
        let canvases = layers.each_ref().map(NodeRef::cast::<HtmlCanvasElement>);
        if let (Some(host), [Some(a), Some(b), Some(c)]) = (host.cast::<HtmlElement>(), canvases) {
            place(&host, [&a, &b, &c], props.embedded);
            *player.borrow_mut() = Player::start(&host, [a, b, c], props.viewer(), source.clone(), props.ears());
        }
        move || drop(player.borrow_mut().take())
    });
}

/// Hands changed properties to the player, each on its own.
#[hook]
fn use_changes(props: &ClusterCanvasProps, player: &Rc<RefCell<Option<Player>>>) {
    use_change(player, props.view, |core, view| core.viewer.set_view(*view));
    use_change(player, props.theme, |core, theme| {
        core.viewer.set_theme(*theme);
        core.surface.forget_sprites();
    });
    use_change(player, props.words.clone(), |core, words| {
        core.viewer.set_words(words.clone());
    });
    use_change(player, props.selected, |core, selected| {
        let wall_ms = core.surface.now();
        core.viewer.set_selected(*selected, wall_ms);
    });
    use_change(player, props.ears(), |core, ears| core.ears = ears.clone());
}

/// Hands one property to the player whenever it changes.
#[hook]
fn use_change<T: PartialEq + 'static>(
    player: &Rc<RefCell<Option<Player>>>,
    value: T,
    change: impl FnOnce(&mut super::player::Core, &T) + 'static,
) {
    let player = player.clone();
    use_effect_with(value, move |value| {
        if let Some(player) = &*player.borrow() {
            player.change(|core| change(core, value));
        }
    });
}

/// Lays the canvases over each other. Through the object model: a content security policy may forbid style attributes.
fn place(host: &HtmlElement, canvases: [&HtmlCanvasElement; 3], embedded: bool) {
    for (name, value) in [
        ("position", "absolute"),
        ("inset", "0"),
        ("overflow", "hidden"),
        ("outline-offset", "-3px"),
    ] {
        set_style(host, name, value);
    }
    set_style(host, "touch-action", if embedded { "pan-y" } else { "none" });
    for canvas in canvases {
        for (name, value) in [
            ("position", "absolute"),
            ("inset", "0"),
            ("width", "100%"),
            ("height", "100%"),
        ] {
            set_style(canvas, name, value);
        }
    }
}
