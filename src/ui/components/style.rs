//! Numbers for the style sheet. Through the object model: a content security policy may forbid style attributes.

use web_sys::HtmlElement;
use yew::prelude::*;

/// Sets a custom property of an element.
pub fn set_var(element: &HtmlElement, name: &str, value: &str) {
    // It fails only for a style that is read-only, which an element's own never is.
    element.style().set_property(name, value).ok();
}

/// Keeps custom properties of an element at these values.
#[hook]
pub fn use_vars(node: &NodeRef, vars: Vec<(&'static str, String)>) {
    use_effect_with((node.clone(), vars), |(node, vars)| {
        if let Some(element) = node.cast::<HtmlElement>() {
            for (name, value) in vars {
                set_var(&element, name, value);
            }
        }
    });
}
