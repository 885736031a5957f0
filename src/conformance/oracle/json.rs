//! Reading what the recorder wrote as JSON.

use serde_json::Value;

/// A JSON number of seconds as milliseconds.
pub(super) fn millis(value: &Value) -> i64 {
    let text = value.to_string();
    let (whole, part) = text.split_once('.').unwrap_or((&text, ""));
    let part: String = part.chars().chain("000".chars()).take(3).collect();
    let whole_ms = whole.parse::<i64>().unwrap_or_default() * 1000;
    let part_ms = part.parse::<i64>().unwrap_or_default();
    if text.starts_with('-') {
        whole_ms - part_ms
    } else {
        whole_ms + part_ms
    }
}

/// A text field; empty where there is none.
pub(super) fn text<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

/// Applies a JSON merge patch.
pub(super) fn merge(target: &mut Value, patch: &Value) {
    let Some(from) = patch.as_object() else {
        *target = patch.clone();
        return;
    };
    if !target.is_object() {
        *target = Value::Object(serde_json::Map::new());
    }
    let Some(into) = target.as_object_mut() else { return };
    for (key, value) in from {
        if value.is_null() {
            into.remove(key);
        } else {
            merge(into.entry(key.clone()).or_insert(Value::Null), value);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn seconds_are_read_without_floats() {
        for (value, want) in [
            (json!(1.5), 1500),
            (json!(-0.2), -200),
            (json!(12), 12_000),
            (json!(0.0025), 2),
        ] {
            assert_eq!(millis(&value), want, "{value}");
        }
    }

    #[test]
    fn a_patch_takes_and_gives() {
        let mut value = json!({"a": {"b": 1, "c": 2}, "d": [1]});
        merge(&mut value, &json!({"a": {"b": null, "e": {"f": 3}}, "d": [2, 3]}));
        assert_eq!(value, json!({"a": {"c": 2, "e": {"f": 3}}, "d": [2, 3]}));
    }
}
