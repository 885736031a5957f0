//! The page: a Yew app over the session and the view.
// The rules of the engine do not bind the page: it draws with floats and names the web.
#![allow(clippy::float_arithmetic, clippy::cast_possible_truncation, clippy::disallowed_types)]

pub mod scene;

use yew::prelude::*;

/// The whole page.
#[component]
pub fn App() -> Html {
    html! { <main><h1>{ "Kubarium" }</h1></main> }
}
