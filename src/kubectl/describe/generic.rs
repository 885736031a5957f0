//! Kinds without a description of their own: their fields, with titles made of their names.
// Models k8s.io/kubectl/pkg/describe/describe.go genericDescriber.

use serde_json::Value;

use super::Page;
use crate::api::Object;

pub(super) fn describe(page: &mut Page, object: &Object) {
    let info = object.kind().info();
    let meta = object.meta();
    page.pair(0, "Name", &meta.name);
    page.pair(0, "Namespace", &meta.namespace);
    page.labels("Labels", &meta.labels);
    page.annotations("Annotations", &meta.annotations);
    page.pair(0, "API Version", &info.api_version());
    page.pair(0, "Kind", info.kind);
    if let Value::Object(map) = object.encode() {
        for (name, value) in map
            .iter()
            .filter(|(name, _)| !matches!(name.as_str(), "apiVersion" | "kind" | "metadata"))
        {
            field(page, 0, name, value);
        }
    }
}

fn field(page: &mut Page, level: usize, name: &str, value: &Value) {
    let title = title(name);
    match value {
        Value::Object(map) => {
            page.write(level, &format!("{title}:\n"));
            for (name, value) in map {
                field(page, level + 1, name, value);
            }
        }
        Value::Array(items) => {
            page.write(level, &format!("{title}:\n"));
            for item in items {
                match item {
                    Value::Object(map) => map.iter().for_each(|(name, value)| field(page, level + 1, name, value)),
                    Value::String(text) => page.write(level + 1, &format!("{text}\n")),
                    other => page.write(level + 1, &format!("{other}\n")),
                }
            }
        }
        Value::String(text) => page.pair(level, &title, text),
        other => page.pair(level, &title, &other.to_string()),
    }
}

/// `Access Modes` for `accessModes`.
fn title(name: &str) -> String {
    let mut title = String::new();
    for (index, letter) in name.chars().enumerate() {
        if index == 0 {
            title.push(letter.to_ascii_uppercase());
        } else {
            if letter.is_ascii_uppercase() {
                title.push(' ');
            }
            title.push(letter);
        }
    }
    title
}
