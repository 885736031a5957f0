//! What the panel shows when no object is selected: the whole cluster; and the parts of it that are no objects.

use yew::prelude::*;

use super::events::AllEvents;
use super::requests::Requests;
use crate::api::yaml::Severity;
use crate::ui::components::{ObjectLink, StoredOnly};
use crate::ui::gallery::title_of;
use crate::ui::handle::Look;
use crate::ui::hooks::{use_ui, use_view};
use crate::ui::selection::{ObjectName, POD};
use crate::ui::state::Action;
use crate::view::{Language, Listed, is_simulated};

#[derive(PartialEq)]
struct Count {
    pods: usize,
    ready: usize,
    nodes: usize,
    nodes_ready: usize,
    restarts: u32,
    waiting: usize,
}

fn count(look: Look<'_>, (): &()) -> Count {
    let scene = look.scene;
    let ready = |node: &&std::rc::Rc<crate::view::scene::NodeView>| node.state == crate::view::scene::NodeState::Ready;
    Count {
        pods: scene.pods.len(),
        ready: scene.pods.iter().filter(|pod| pod.ready).count(),
        nodes: scene.nodes.len(),
        nodes_ready: scene.nodes.iter().filter(ready).count(),
        restarts: scene.pods.iter().map(|pod| pod.restart_count).sum(),
        waiting: scene.pods.iter().filter(|pod| pod.node.is_none()).count(),
    }
}

/// The whole cluster.
#[component]
pub fn Overview() -> Html {
    let ui = use_ui();
    let texts = ui.texts();
    let about = use_view(ui.language, |look, language: &Language| {
        let spec = &look.player.scenario().spec;
        (title_of(&spec.title, *language), title_of(&spec.description, *language))
    });
    let seen = use_view((), count);
    let share = |ready: usize, all: usize| {
        html! { <><b>{ ready }</b><span>{ format!("/{all}") }</span></> }
    };
    let (title, description) = &*about;
    html! {
        <div class="overview">
            <header class="details-head">
                <h2>{ title.clone().unwrap_or_else(|| texts.get("panel.overview")) }</h2>
                if let Some(description) = description { <p class="lead">{ description.clone() }</p> }
                else { <p class="lead">{ texts.get("panel.select") }</p> }
            </header>
            <Problems />
            <dl class="numbers">
                <div><dt>{ texts.get("overview.pods") }</dt><dd>{ share(seen.ready, seen.pods) }</dd></div>
                <div><dt>{ texts.get("overview.nodes") }</dt><dd>{ share(seen.nodes_ready, seen.nodes) }</dd></div>
                <div class={(seen.restarts > 0).then_some("warn")}><dt>{ texts.get("overview.restarts") }</dt><dd><b>{ seen.restarts }</b></dd></div>
                <div class={(seen.waiting > 0).then_some("warn")}><dt>{ texts.get("overview.waiting") }</dt><dd><b>{ seen.waiting }</b></dd></div>
            </dl>
            <Objects />
            <AllEvents />
        </div>
    }
}

/// Problems that are shown.
const PROBLEMS_MAX: usize = 6;

/// What is wrong with the scenario.
#[component]
fn Problems() -> Html {
    let ui = use_ui();
    let texts = ui.texts();
    let problems = use_view(texts, |look, texts| {
        let errors = look
            .player
            .diagnostics()
            .iter()
            .filter(|found| found.severity == Severity::Error);
        let line = |found: &crate::api::yaml::Diagnostic| {
            texts.fill(
                "overview.problem",
                &[("line", &found.line.to_string()), ("message", &found.message)],
            )
        };
        errors.take(PROBLEMS_MAX).map(line).collect::<Vec<_>>()
    });
    if problems.is_empty() {
        return Html::default();
    }
    let dispatcher = ui.dispatcher();
    let open = Callback::from(move |_: MouseEvent| dispatcher.dispatch(Action::Editor(true)));
    html! {
        <section class="problems" role="alert">
            <h3>{ texts.get("overview.problems") }</h3>
            <ul>{ for problems.iter().map(|line| html! { <li>{ line.clone() }</li> }) }</ul>
            <button type="button" class="button small" onclick={open}>{ texts.get("editor.open") }</button>
        </section>
    }
}

/// Workloads and Services.
#[component]
fn Objects() -> Html {
    let texts = use_ui().texts();
    let objects = use_view((), |look, ()| look.glass().listed());
    if objects.is_empty() {
        return Html::default();
    }
    let line = |listed: &Listed| {
        let object = ObjectName::new(listed.kind, &listed.namespace, &listed.name);
        html! {
            <li key={format!("{}{}{}", object.kind_word(), object.namespace, object.name)}>
                <ObjectLink {object} with_kind=true />
                <span class="object-state">{ listed.state.clone() }</span>
                if !is_simulated(listed.kind) { <StoredOnly /> }
            </li>
        }
    };
    html! {
        <section class="block">
            <h3>{ texts.get("overview.objects") }</h3>
            <ul class="objects">{ for objects.iter().map(line) }</ul>
        </section>
    }
}

/// The scheduler's queue.
#[component]
pub fn QueueDetails() -> Html {
    let texts = use_ui().texts();
    let pods = use_view((), |look, ()| {
        let waiting = look.scene.pods.iter().filter(|pod| pod.node.is_none());
        let pods = waiting.map(|pod| ObjectName::new(POD, &pod.namespace, &pod.name));
        pods.take(100).collect::<Vec<_>>()
    });
    html! {
        <div class="details">
            <header class="details-head"><h2>{ texts.get("queue.title") }</h2><p class="lead">{ texts.get("queue.lead") }</p></header>
            if pods.is_empty() { <p class="nothing">{ texts.get("queue.none") }</p> }
            <ul class="objects">{ for pods.iter().map(|pod| html! { <li key={pod.name.to_string()}><ObjectLink object={pod.clone()} /></li> }) }</ul>
        </div>
    }
}

/// The control plane.
#[component]
pub fn ControlPlaneDetails() -> Html {
    let texts = use_ui().texts();
    let seen = use_view((), |look, ()| (look.glass().controllers(), look.glass().revision()));
    let (controllers, revision) = &*seen;
    let line = |(name, length): &(&'static str, u64)| {
        html! { <><dt>{ *name }</dt><dd>{ *length }</dd></> }
    };
    html! {
        <div class="details">
            <header class="details-head"><h2>{ texts.get("control.title") }</h2><p class="lead">{ texts.get("control.lead") }</p></header>
            <dl class="facts">
                { for controllers.iter().map(line) }
                <dt>{ texts.get("control.revision") }</dt><dd>{ *revision }</dd>
            </dl>
        </div>
    }
}

/// The world outside.
#[component]
pub fn InternetDetails() -> Html {
    let texts = use_ui().texts();
    html! {
        <div class="details">
            <header class="details-head"><h2>{ texts.get("internet.title") }</h2><p class="lead">{ texts.get("internet.lead") }</p></header>
            <Requests />
            <Objects />
        </div>
    }
}
