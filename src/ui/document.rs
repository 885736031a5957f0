//! The root of the document: what it says of the page, and what the page tells it.

use web_sys::Element;

use super::scene::Theme;

fn root() -> Option<Element> {
    web_sys::window()?.document()?.document_element()
}

/// Whether the page is in another page.
pub(super) fn is_embedded() -> bool {
    root().is_some_and(|root| root.has_attribute("data-embed"))
}

/// Tells the document its language and theme.
pub(super) fn dress(language: &str, theme: Theme) {
    if let Some(root) = root() {
        let theme = if theme == Theme::Dark { "dark" } else { "light" };
        for (name, value) in [("lang", language), ("data-theme", theme)] {
            // It fails only for names that are none.
            root.set_attribute(name, value).ok();
        }
    }
}
