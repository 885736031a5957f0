//! Mounts the page.

use std::panic::PanicHookInfo;

fn main() {
    // The same module serves the JavaScript API, in pages that are not ours, in workers and in Node.
    // So nothing is mounted unless the page asks for it.
    let document = web_sys::window().and_then(|window| window.document());
    let root = document.and_then(|document| document.get_element_by_id("kubarium-app"));
    if let Some(root) = root {
        std::panic::set_hook(Box::new(report));
        yew::Renderer::<kubarium::ui::App>::with_root(root).render();
    }
}

/// Hands a fault of ours to boot.js, which says so on the page: after a panic no Rust runs any more.
fn report(info: &PanicHookInfo<'_>) {
    let Some(window) = web_sys::window() else { return };
    let crashed = js_sys::Reflect::get(&window, &"kubariumCrashed".into());
    if let Ok(Ok(crashed)) = crashed.map(wasm_bindgen::JsCast::dyn_into::<js_sys::Function>) {
        // Nobody is left to hear of a second fault.
        crashed.call1(&window, &info.to_string().into()).ok();
    }
}
