//! What the containers of a pod printed.

use yew::prelude::*;

use super::props::ObjectProps;
use crate::api::Object;
use crate::ui::hooks::{use_ui, use_view};
use crate::ui::selection::ObjectName;

/// What of a log is shown, from its end.
const LINES_MAX: u32 = 300;
const BYTES_MAX: u32 = 20_000;

/// The logs of a pod's containers.
#[component]
pub(super) fn Logs(props: &ObjectProps) -> Html {
    let texts = use_ui().texts();
    let names = use_view(props.object.clone(), |look, object| match object.find(look.glass()) {
        Some(Object::Pod(pod)) => {
            let all = pod.spec.containers.iter().chain(pod.spec.init_containers.iter());
            all.map(|container| container.name.to_string()).collect()
        }
        _ => Vec::new(),
    });
    let chosen = use_state_eq(String::new);
    let previous = use_state_eq(|| false);
    let container = if names.contains(&chosen) {
        (*chosen).clone()
    } else {
        names.first().cloned().unwrap_or_default()
    };
    let pick = |name: &String| {
        let (set, own) = (chosen.setter(), name.clone());
        html! {
            <button key={name.clone()} type="button" class="segment" aria-pressed={(*name == container).to_string()}
                onclick={Callback::from(move |_: MouseEvent| set.set(own.clone()))}>{ name.clone() }</button>
        }
    };
    let toggle = {
        let previous = previous.clone();
        Callback::from(move |_: MouseEvent| previous.set(!*previous))
    };
    html! {
        <>
            <div class="page-tools">
                if names.len() > 1 {
                    <div class="segments small" role="group" aria-label={texts.get("logs.container")}>{ for names.iter().map(pick) }</div>
                }
                <button type="button" class="button quiet small" aria-pressed={previous.to_string()} onclick={toggle}>
                    { texts.get("logs.previous") }
                </button>
            </div>
            <LogText object={props.object.clone()} {container} previous={*previous} />
        </>
    }
}

#[derive(Properties, PartialEq)]
struct LogProps {
    object: ObjectName,
    container: String,
    previous: bool,
}

#[component]
fn LogText(props: &LogProps) -> Html {
    let texts = use_ui().texts();
    let wanted = (props.object.clone(), props.container.clone(), props.previous);
    let log = use_view(wanted, |look, (object, container, previous)| {
        let pod = (&*object.namespace, &*object.name);
        look.glass().log(pod, container, *previous, LINES_MAX, BYTES_MAX)
    });
    match &*log {
        Ok(text) if text.is_empty() => html! { <p class="nothing">{ texts.get("logs.none") }</p> },
        Ok(text) => html! { <pre class="code log" tabindex="0">{ text.clone() }</pre> },
        Err(why) => html! { <p class="nothing">{ why.clone() }</p> },
    }
}
