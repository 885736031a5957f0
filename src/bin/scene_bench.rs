//! The picture alone on a made-up cluster, to measure it and to look at it. The address says which: see
//! `ui::scene::bench`.

fn main() {
    yew::Renderer::<kubarium::ui::scene::bench::SceneBench>::new().render();
}
