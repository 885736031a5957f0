//! A document as the server gives it back: read into Go's structs and written out again.
//!
//! Fields that are empty and not always written go, fields that are always written come, quantities and times take
//! their canonical form, and what the kind does not have is dropped.

use serde_json::{Map, Value, json};

use crate::api::Kind;
use crate::api::quantity::Quantity;
use crate::api::schema::{self, Shape, Struct, TypeRef};
use crate::api::time::{MicroTime, Time};

/// Writes `value`, an object of `kind`, in the server's form. Values of a wrong type stay as they are.
pub fn canonicalize(kind: Kind, value: &mut Value) {
    let info = kind.info();
    let Some(of) = schema::struct_of(info.package, info.kind) else {
        return;
    };
    if let Value::Object(map) = value {
        *map = structure(of, std::mem::take(map));
    }
}

/// The fields of `body` (all but `apiVersion`, `kind` and `metadata`) in the server's form.
pub(super) fn canonicalize_body(kind: Kind, body: &mut Map<String, Value>) {
    let info = kind.info();
    let Some(of) = schema::struct_of(info.package, info.kind) else {
        return;
    };
    *body = structure(of, std::mem::take(body));
    body.remove("metadata");
    body.remove("apiVersion");
    body.remove("kind");
}

fn structure(of: Struct, mut given: Map<String, Value>) -> Map<String, Value> {
    let mut out = Map::new();
    for field in of.fields() {
        let value = given.remove(field.json).filter(|value| !value.is_null());
        let written = if field.ty.is_pointer() {
            value.map(|value| plain(field.ty.pointee(), value))
        } else {
            let is_zero = value.is_none();
            let keep_zero = !(is_zero && field.omitted_when_zero());
            keep_zero
                .then(|| full(field.ty, value, field.written_when_empty()))
                .flatten()
        };
        match written {
            Some(value) => {
                out.insert(field.json.to_owned(), value);
            }
            None if field.ty.is_pointer() && field.written_when_empty() => {
                out.insert(field.json.to_owned(), Value::Null);
            }
            None => {}
        }
    }
    out
}

/// The value of a field that is no pointer; none where it is left out.
fn full(ty: TypeRef, value: Option<Value>, always: bool) -> Option<Value> {
    let shape = ty.shape();
    let zero = match shape {
        Shape::Struct(of) => {
            let map = match value {
                None => Map::new(),
                Some(Value::Object(map)) => map,
                Some(other) => return Some(other),
            };
            return Some(Value::Object(structure(of, map)));
        }
        Shape::Time | Shape::MicroTime => return Some(value.map_or(Value::Null, |value| plain(ty, value))),
        Shape::Quantity => return Some(value.map_or_else(|| json!("0"), |value| plain(ty, value))),
        Shape::IntOrString => return Some(value.unwrap_or_else(|| json!(0))),
        Shape::Duration => return Some(value.unwrap_or_else(|| json!("0s"))),
        Shape::Any => return value,
        Shape::List(_) | Shape::Map(_) | Shape::Bytes => Value::Null,
        Shape::String => json!(""),
        Shape::Int32 | Shape::Int64 | Shape::Float => json!(0),
        Shape::Bool => json!(false),
    };
    match value.map(|value| plain(ty, value)) {
        Some(value) if always || !is_empty(&value) => Some(value),
        _ => always.then_some(zero),
    }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::String(text) => text.is_empty(),
        Value::Number(number) => number.as_i64() == Some(0),
        Value::Array(items) => items.is_empty(),
        Value::Object(map) => map.is_empty(),
        Value::Bool(true) => false,
    }
}

/// A value that is there, in canonical form.
fn plain(ty: TypeRef, value: Value) -> Value {
    match (ty.shape(), value) {
        (Shape::Struct(of), Value::Object(map)) => Value::Object(structure(of, map)),
        (Shape::List(item), Value::Array(items)) => items.into_iter().map(|value| element(item, value)).collect(),
        (Shape::Map(item), Value::Object(map)) => Value::Object(
            map.into_iter()
                .map(|(key, value)| (key, element(item, value)))
                .collect(),
        ),
        (Shape::Quantity, value) => quantity(value),
        (Shape::Time, Value::String(text)) => json!(Time::parse(&text).map_or(text, |time| time.to_string())),
        (Shape::MicroTime, Value::String(text)) => json!(MicroTime::parse(&text).map_or(text, |time| time.to_string())),
        (_, value) => value,
    }
}

/// An item of a list or map: never left out.
fn element(ty: TypeRef, value: Value) -> Value {
    if value.is_null() && !ty.is_pointer() {
        return full(ty, None, true).unwrap_or(Value::Null);
    }
    plain(ty.pointee(), value)
}

fn quantity(value: Value) -> Value {
    let text = match &value {
        Value::String(text) => text.trim().to_owned(),
        Value::Number(number) => number.to_string(),
        _ => return value,
    };
    Quantity::parse(&text).map_or(value, |quantity| json!(quantity.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_go_through_the_structs() {
        let cases = [
            (
                "v1",
                "ConfigMap",
                json!({"metadata": {"name": "a", "labels": {}, "creationTimestamp": null}, "data": {}, "x": 1}),
                json!({"metadata": {"name": "a"}}),
            ),
            (
                "apps/v1",
                "StatefulSet",
                json!({"spec": {"replicas": 0, "minReadySeconds": 0, "template": {"spec": {"containers": null}}}}),
                json!({
                    "metadata": {},
                    "spec": {
                        "replicas": 0, "selector": null, "serviceName": "", "updateStrategy": {},
                        "template": {"metadata": {}, "spec": {"containers": null}},
                    },
                    "status": {"replicas": 0, "availableReplicas": 0},
                }),
            ),
            (
                "v1",
                "LimitRange",
                json!({"spec": {"limits": [{"type": "Pod", "max": {"cpu": 1.5, "memory": "1024Mi"}}]}}),
                json!({"metadata": {}, "spec": {"limits": [{"type": "Pod", "max": {"cpu": "1500m", "memory": "1Gi"}}]}}),
            ),
        ];
        for (version, kind, mut value, want) in cases {
            canonicalize(Kind::find(version, kind).expect("served"), &mut value);
            assert_eq!(value, want, "{kind}");
        }
    }
}
