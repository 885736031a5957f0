//! The containers of a pod and their states.

use yew::prelude::*;

use super::props::ObjectProps;
use crate::api::Object;
use crate::api::core::{ContainerState, ContainerStatus};
use crate::ui::docs;
use crate::ui::handle::Look;
use crate::ui::hooks::{use_ui, use_view};
use crate::ui::i18n::Texts;
use crate::ui::selection::ObjectName;

#[derive(Clone, PartialEq)]
struct Row {
    name: String,
    image: String,
    /// The key of the word for its kind, or empty.
    kind: &'static str,
    ready: bool,
    restarts: i32,
    /// `Running`, a reason, or `Waiting`.
    word: String,
    exit_code: Option<i32>,
    message: String,
    /// How its last run ended.
    last: Option<(String, i32)>,
    tone: &'static str,
}

fn end(state: &ContainerState) -> Option<(String, i32)> {
    let ended = state.terminated.as_ref()?;
    Some((ended.reason.to_string(), ended.exit_code))
}

fn row(name: &str, image: &str, kind: &'static str, status: Option<&ContainerStatus>) -> Row {
    let mut row = Row {
        name: name.to_owned(),
        image: image.to_owned(),
        kind,
        ready: status.is_some_and(|status| status.ready),
        restarts: status.map_or(0, |status| status.restart_count),
        word: "Waiting".to_owned(),
        exit_code: None,
        message: String::new(),
        last: status.and_then(|status| end(&status.last_state)),
        tone: "waiting",
    };
    let Some(status) = status else { return row };
    if status.state.running.is_some() {
        row.word = "Running".to_owned();
        row.tone = if row.ready || kind == "status.init" {
            "good"
        } else {
            "active"
        };
    } else if let Some((reason, code)) = end(&status.state) {
        row.tone = if code == 0 { "over" } else { "bad" };
        (row.word, row.exit_code) = (reason, Some(code));
    } else if let Some(waiting) = &status.state.waiting {
        row.word = waiting.reason.to_string();
        row.message = waiting.message.to_string();
        row.tone = match &*waiting.reason {
            "CrashLoopBackOff" | "CreateContainerConfigError" | "RunContainerError" => "bad",
            "ErrImagePull" | "ImagePullBackOff" | "InvalidImageName" => "image",
            _ => "active",
        };
    }
    row
}

fn rows(look: Look<'_>, object: &ObjectName) -> Vec<Row> {
    let Some(Object::Pod(pod)) = object.find(look.glass()) else {
        return Vec::new();
    };
    let find = |statuses: &[ContainerStatus], name: &str| statuses.iter().find(|own| *own.name == *name).cloned();
    let init = pod.spec.init_containers.iter().map(|own| {
        let sidecar = &*own.restart_policy == "Always";
        let kind = if sidecar { "status.sidecar" } else { "status.init" };
        row(
            &own.name,
            &own.image,
            kind,
            find(&pod.status.init_container_statuses, &own.name).as_ref(),
        )
    });
    let apps = pod.spec.containers.iter().map(|own| {
        row(
            &own.name,
            &own.image,
            "",
            find(&pod.status.container_statuses, &own.name).as_ref(),
        )
    });
    init.chain(apps).collect()
}

/// The containers of a pod.
#[component]
pub(super) fn Containers(props: &ObjectProps) -> Html {
    let ui = use_ui();
    let texts = ui.texts();
    let rows = use_view(props.object.clone(), rows);
    html! {
        <>
            <h3>{ texts.get("status.containers") }</h3>
            <ul class="containers">{ for rows.iter().map(|row| card(row, texts)) }</ul>
        </>
    }
}

fn card(row: &Row, texts: Texts) -> Html {
    let exit = |code: i32| texts.fill("status.exit", &[("code", &code.to_string())]);
    let page = docs::of_reason(&row.word, texts.0);
    let word = match page {
        Some(page) => {
            html! { <a class={classes!("pill", row.tone)} href={page} target="_blank" rel="noopener">{ row.word.clone() }</a> }
        }
        None => html! { <span class={classes!("pill", row.tone)}>{ row.word.clone() }</span> },
    };
    html! {
        <li key={row.name.clone()} class="container">
            <p class="container-head">
                <strong>{ row.name.clone() }</strong>
                if !row.kind.is_empty() { <span class="kind">{ texts.get(row.kind) }</span> }
                { word }
            </p>
            <p class="container-image">{ row.image.clone() }</p>
            <p class="container-line">
                <span>{ texts.get(if row.ready { "status.ready" } else { "status.notready" }) }</span>
                if row.restarts > 0 { <span>{ texts.fill("status.restarts", &[("count", &row.restarts.to_string())]) }</span> }
                if let Some(code) = row.exit_code { <span>{ exit(code) }</span> }
                if let Some((reason, code)) = &row.last {
                    <span>{ texts.fill("status.last", &[("what", &format!("{reason}, {}", exit(*code)))]) }</span>
                }
            </p>
            if !row.message.is_empty() { <p class="container-message">{ row.message.clone() }</p> }
        </li>
    }
}
