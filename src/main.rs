//! Mounts the page.

fn main() {
    // The same module serves the JavaScript API, in pages that are not ours, in workers and in Node.
    // So nothing is mounted unless the page asks for it.
    let document = web_sys::window().and_then(|window| window.document());
    let root = document.and_then(|document| document.get_element_by_id("kubarium-app"));
    if let Some(root) = root {
        yew::Renderer::<kubarium::ui::App>::with_root(root).render();
    }
}
