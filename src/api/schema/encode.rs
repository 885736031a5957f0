//! Writes a value as the API server writes the Go struct behind it: what is empty is left out or kept as Go does, and
//! fields that the struct has not are gone.

use serde_json::{Map, Value, json};

use super::types::{Field, Shape, Struct, TypeRef};

/// The value in the API server's form. It takes a value that decodes without faults.
// Models encoding/json Marshal of the struct
pub fn encode(of: Struct, value: &Value) -> Value {
    Value::Object(structure(of, value.as_object()))
}

fn structure(of: Struct, map: Option<&Map<String, Value>>) -> Map<String, Value> {
    let given = |field: &Field| map.and_then(|map| map.get(field.json)).filter(|v| !v.is_null());
    let fields = of.fields().into_iter();
    fields
        .filter_map(|f| field(&f, given(&f)).map(|value| (f.json.to_owned(), value)))
        .collect()
}

/// The field's value; none when Go leaves the field out.
fn field(field: &Field, given: Option<&Value>) -> Option<Value> {
    let ty = field.ty;
    let written = given.map(|value| present(ty, value));
    if ty.is_pointer() {
        return written.or_else(|| field.written_when_empty().then_some(Value::Null));
    }
    let value = written.unwrap_or_else(|| zero(ty));
    let left_out = field.omitted_when_zero() || (!field.written_when_empty() && can_be_left_out(ty));
    (!(left_out && is_nothing(ty, &value))).then_some(value)
}

fn present(ty: TypeRef, value: &Value) -> Value {
    match (ty.shape(), value) {
        (Shape::Struct(of), Value::Object(map)) => Value::Object(structure(of, Some(map))),
        (Shape::List(item), Value::Array(items)) => items.iter().map(|value| element(item, value)).collect(),
        (Shape::Map(item), Value::Object(map)) => Value::Object(
            map.iter()
                .map(|(key, value)| (key.clone(), element(item, value)))
                .collect(),
        ),
        (_, value) => value.clone(),
    }
}

/// A list's or map's element: null is the zero value, but for pointers.
fn element(ty: TypeRef, value: &Value) -> Value {
    match value {
        Value::Null if ty.is_pointer() => Value::Null,
        Value::Null => zero(ty),
        value => present(ty, value),
    }
}

/// What Go writes for a field that was never set.
fn zero(ty: TypeRef) -> Value {
    match ty.shape() {
        Shape::String => json!(""),
        Shape::Int32 | Shape::Int64 | Shape::Float | Shape::IntOrString => json!(0),
        Shape::Bool => json!(false),
        Shape::Quantity => json!("0"),
        Shape::Duration => json!("0s"),
        Shape::Bytes | Shape::List(_) | Shape::Map(_) | Shape::Time | Shape::MicroTime | Shape::Any => Value::Null,
        Shape::Struct(of) => Value::Object(structure(of, None)),
    }
}

/// The zero value; an empty list or map does as well as none.
fn is_nothing(ty: TypeRef, value: &Value) -> bool {
    match value {
        Value::Array(items) => items.is_empty(),
        Value::Object(map) if matches!(ty.shape(), Shape::Map(_)) => map.is_empty(),
        value => *value == zero(ty),
    }
}

/// Go's `omitempty` never leaves a struct out.
fn can_be_left_out(ty: TypeRef) -> bool {
    let shape = ty.shape();
    !matches!(
        shape,
        Shape::Struct(_) | Shape::Quantity | Shape::IntOrString | Shape::Time | Shape::MicroTime
    )
}

#[cfg(test)]
mod tests {
    use super::super::types::struct_of;
    use super::*;

    #[test]
    fn empty_fields_are_kept_or_dropped_as_go_does() {
        for (package, name, value, want) in [
            (
                "core",
                "Container",
                json!({"name": "a", "args": [], "stdin": false, "foo": 1, "resources": null, "securityContext": {}}),
                json!({"name": "a", "resources": {}, "securityContext": {}}),
            ),
            (
                "core",
                "ConfigMap",
                json!({"kind": "ConfigMap", "data": {}, "immutable": false}),
                json!({"kind": "ConfigMap", "metadata": {}, "immutable": false}),
            ),
            (
                "core",
                "PodTemplateSpec",
                json!({}),
                json!({"metadata": {}, "spec": {"containers": null}}),
            ),
            (
                "core",
                "ServicePort",
                json!({"port": 80}),
                json!({"port": 80, "targetPort": 0}),
            ),
            ("apps", "ReplicaSetStatus", json!({}), json!({"replicas": 0})),
        ] {
            let of = struct_of(package, name).unwrap();
            assert_eq!(encode(of, &value), want);
            assert_eq!(encode(of, &want), want, "encoding twice changes nothing");
        }
    }
}
