//! The object as YAML.

use yew::prelude::*;

use super::props::ObjectProps;
use crate::api::yaml::to_yaml;
use crate::ui::components::CopyButton;
use crate::ui::hooks::{use_ui, use_view};

/// The object as YAML.
#[component]
pub(super) fn YamlPage(props: &ObjectProps) -> Html {
    let texts = use_ui().texts();
    let text = use_view(props.object.clone(), |look, object| {
        let mut value = object.find(look.glass())?.encode();
        if let Some(metadata) = value.get_mut("metadata").and_then(serde_json::Value::as_object_mut) {
            metadata.remove("managedFields");
        }
        Some(to_yaml(&value))
    });
    let text = AttrValue::from((*text).clone().unwrap_or_default());
    html! {
        <>
            <div class="page-tools"><CopyButton text={text.clone()} label={texts.get("yaml.copy")} /></div>
            <pre class="code" tabindex="0"><code>{ for text.lines().map(line) }</code></pre>
        </>
    }
}

/// A line, its key apart from its value.
fn line(text: &str) -> Html {
    let key = text
        .split_once(": ")
        .map(|(key, _)| key)
        .or_else(|| text.strip_suffix(':'));
    match key.filter(|key| !key.contains(['"', '\'', '{'])) {
        Some(key) => {
            html! { <><span class="yaml-key">{ key.to_owned() }</span>{ text[key.len()..].to_owned() }{ "\n" }</> }
        }
        None => html! { <>{ text.to_owned() }{ "\n" }</> },
    }
}
