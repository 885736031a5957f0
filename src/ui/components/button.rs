//! Buttons.

use yew::prelude::*;

use super::icon::{Icon, icon};

/// What an icon button takes.
#[derive(Properties, PartialEq)]
pub struct IconButtonProps {
    /// Its icon.
    pub icon: Icon,
    /// Its name, also its tip.
    pub label: AttrValue,
    /// More classes.
    #[prop_or_default]
    pub class: Classes,
    /// Set for a switch: whether it is on.
    #[prop_or_default]
    pub pressed: Option<bool>,
    /// Whether it does nothing at present.
    #[prop_or_default]
    pub disabled: bool,
    /// What it does.
    pub onclick: Callback<()>,
}

/// A button with an icon and no words.
#[component]
pub fn IconButton(props: &IconButtonProps) -> Html {
    let onclick = props.onclick.reform(|_: MouseEvent| ());
    html! {
        <button type="button" class={classes!("icon-button", props.class.clone())} title={props.label.clone()}
            aria-label={props.label.clone()} aria-pressed={props.pressed.map(|on| on.to_string())}
            disabled={props.disabled} {onclick}>
            { icon(props.icon) }
        </button>
    }
}

/// What a button takes.
#[derive(Properties, PartialEq)]
pub struct ButtonProps {
    /// An icon before the words.
    #[prop_or_default]
    pub icon: Option<Icon>,
    /// Its words.
    pub label: AttrValue,
    /// A tip.
    #[prop_or_default]
    pub tip: Option<AttrValue>,
    /// Whether it is the one to press.
    #[prop_or_default]
    pub primary: bool,
    /// Set for a switch: whether it is on.
    #[prop_or_default]
    pub pressed: Option<bool>,
    /// More classes.
    #[prop_or_default]
    pub class: Classes,
    /// Whether it does nothing at present.
    #[prop_or_default]
    pub disabled: bool,
    /// What it does.
    pub onclick: Callback<()>,
}

/// A button with words.
#[component]
pub fn Button(props: &ButtonProps) -> Html {
    let onclick = props.onclick.reform(|_: MouseEvent| ());
    let class = classes!("button", props.primary.then_some("primary"), props.class.clone());
    html! {
        <button type="button" {class} title={props.tip.clone()} aria-label={props.label.clone()}
            aria-pressed={props.pressed.map(|on| on.to_string())} disabled={props.disabled} {onclick}>
            if let Some(own) = props.icon { { icon(own) } }
            <span class="button-label">{ props.label.clone() }</span>
        </button>
    }
}
