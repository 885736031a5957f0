//! The JSON form of an object without a struct: steps into it, and fields set where they are absent.

use serde_json::{Map, Value, json};

/// Everything of an object but `apiVersion`, `kind` and `metadata`.
pub(super) type Body = Map<String, Value>;

/// Sets a field that is absent.
pub(super) fn put(map: &mut Body, name: &str, value: impl Into<Value>) {
    if map.get(name).is_none_or(Value::is_null) {
        map.insert(name.to_owned(), value.into());
    }
}

/// Sets a text or list that is absent or empty.
pub(super) fn fill(map: &mut Body, name: &str, value: impl Into<Value>) {
    let empty = match map.get(name) {
        None | Some(Value::Null) => true,
        Some(Value::String(text)) => text.is_empty(),
        Some(Value::Array(items)) => items.is_empty(),
        Some(_) => false,
    };
    if empty {
        map.insert(name.to_owned(), value.into());
    }
}

/// The struct in field `name`, made where it is absent.
pub(super) fn child<'a>(map: &'a mut Body, name: &str) -> &'a mut Body {
    let value = map.entry(name).or_insert_with(|| json!({}));
    if !value.is_object() {
        *value = json!({});
    }
    value.as_object_mut().expect("made an object above")
}

/// The struct in field `name`, if it is there.
pub(super) fn existing<'a>(map: &'a mut Body, name: &str) -> Option<&'a mut Body> {
    map.get_mut(name)?.as_object_mut()
}

/// The structs of the list in field `name`.
pub(super) fn each<'a>(map: &'a mut Body, name: &str) -> impl Iterator<Item = &'a mut Body> {
    let items = map.get_mut(name).and_then(Value::as_array_mut);
    items.into_iter().flatten().filter_map(Value::as_object_mut)
}

/// The field `spec`.
pub(super) fn spec(body: &mut Body) -> &mut Body {
    child(body, "spec")
}

/// A field that holds a text.
pub(super) fn text<'a>(map: &'a Body, name: &str) -> &'a str {
    map.get(name).and_then(Value::as_str).unwrap_or_default()
}
