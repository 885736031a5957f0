//! What a printer reads of an object.

use serde_json::Value;

use super::Cell;
use crate::api::Object;
use crate::api::duration::human_duration;
use crate::api::labels::{LabelSelector, Labels, format_labels};
use crate::api::lean::Field;
use crate::api::time::{MicroTime, Time};

/// An object to be printed.
pub(super) struct Row<'a> {
    /// Its JSON form.
    pub(super) value: &'a Value,
    /// The object itself.
    pub(super) object: &'a Object,
    /// The wall clock.
    pub(super) now: Time,
    /// Whether wide columns are shown; some cells are shorter otherwise.
    pub(super) wide: bool,
}

impl Row<'_> {
    /// The text at `pointer`, empty where there is none.
    pub(super) fn str(&self, pointer: &str) -> &str {
        self.value.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
    }

    /// The text at `pointer` as a cell.
    pub(super) fn text(&self, pointer: &str) -> Cell {
        Cell::Text(self.str(pointer).to_owned())
    }

    /// The text at `pointer`, or `absent`.
    pub(super) fn text_or(&self, pointer: &str, absent: &str) -> Cell {
        let text = self.str(pointer);
        Cell::Text(if text.is_empty() { absent } else { text }.to_owned())
    }

    /// The whole number at `pointer`, zero where there is none.
    pub(super) fn int(&self, pointer: &str) -> i64 {
        self.value.pointer(pointer).and_then(Value::as_i64).unwrap_or_default()
    }

    /// The whole number at `pointer` as a cell.
    pub(super) fn number(&self, pointer: &str) -> Cell {
        Cell::Number(self.int(pointer))
    }

    /// The list at `pointer`.
    pub(super) fn list(&self, pointer: &str) -> &[Value] {
        self.value
            .pointer(pointer)
            .and_then(Value::as_array)
            .map_or(&[], Vec::as_slice)
    }

    /// The name.
    pub(super) fn name(&self) -> Cell {
        self.text("/metadata/name")
    }

    /// The time since the object was made.
    pub(super) fn age(&self) -> Cell {
        Cell::Text(self.since("/metadata/creationTimestamp"))
    }

    /// The time since the instant at `pointer`.
    pub(super) fn since(&self, pointer: &str) -> String {
        match self.time(pointer) {
            Some(time) => human_duration(self.now.0 - time.0),
            None => "<unknown>".to_owned(),
        }
    }

    /// The instant at `pointer`.
    pub(super) fn time(&self, pointer: &str) -> Option<Time> {
        let text = self.str(pointer);
        Time::parse(text)
            .ok()
            .or_else(|| MicroTime::parse(text).ok().map(MicroTime::to_time))
    }

    /// Whether the condition of that type is true.
    pub(super) fn is_true(&self, condition: &str) -> bool {
        let found = self
            .list("/status/conditions")
            .iter()
            .find(|entry| entry["type"] == condition);
        found.is_some_and(|entry| entry["status"] == "True")
    }

    /// Names and images of the containers under `pointer`.
    pub(super) fn containers(&self, pointer: &str) -> [Cell; 2] {
        let containers = self.list(pointer);
        let join = |field: &str| {
            let texts: Vec<&str> = containers
                .iter()
                .map(|container| container[field].as_str().unwrap_or_default())
                .collect();
            Cell::Text(texts.join(","))
        };
        [join("name"), join("image")]
    }

    /// The label selector at `pointer`.
    pub(super) fn selector(&self, pointer: &str) -> Cell {
        let Some(value) = self.value.pointer(pointer) else {
            return Cell::Text("<none>".to_owned());
        };
        let mut selector = LabelSelector::default();
        match selector.set(value.clone()) {
            Ok(()) => Cell::Text(selector.to_string()),
            Err(_) => Cell::Text("<error>".to_owned()),
        }
    }

    /// The labels at `pointer`.
    pub(super) fn labels(&self, pointer: &str) -> Cell {
        let map = self.value.pointer(pointer).and_then(Value::as_object);
        let labels: Labels = map
            .into_iter()
            .flatten()
            .map(|(key, value)| (key.as_str().into(), value.as_str().unwrap_or_default().into()))
            .collect();
        Cell::Text(format_labels(&labels))
    }

    /// Whether an annotation is `true`.
    pub(super) fn has_annotation(&self, key: &str) -> bool {
        self.object
            .meta()
            .annotation(key)
            .is_some_and(|value| &**value == "true")
    }

    /// The name, with a mark where the object is its kind's default.
    pub(super) fn name_marked(&self, annotation: &str) -> Cell {
        let mark = if self.has_annotation(annotation) {
            " (default)"
        } else {
            ""
        };
        Cell::Text(format!("{}{mark}", self.str("/metadata/name")))
    }
}

/// Up to `max` texts, then how many more there are.
pub(super) fn with_more(texts: &[String], count: usize, max: usize) -> String {
    let shown = texts.iter().take(max).cloned().collect::<Vec<_>>().join(",");
    if count > max {
        format!("{shown} + {} more...", count - max)
    } else {
        shown
    }
}
