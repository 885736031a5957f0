//! Kinds without a struct: their defaults, worked on their JSON form.

use serde_json::{Map, Value, json};

use super::{canonical, gateway, other, storage, workload};
use crate::api::Dynamic;

/// Everything of an object but `apiVersion`, `kind` and `metadata`.
pub(super) type Body = Map<String, Value>;

/// Fills in the defaults of an object without a struct, and writes it as the server does.
pub(super) fn apply(object: &mut Dynamic) {
    let info = object.kind.info();
    canonical::canonicalize_body(object.kind, &mut object.body);
    let (body, meta) = (&mut object.body, &mut object.meta);
    match (info.group, info.version, info.kind) {
        ("apps", _, kind) => workload::apps(kind, body),
        ("batch", _, kind) => workload::batch(kind, body, meta),
        ("autoscaling", _, _) => other::autoscaler(body),
        ("", _, "ReplicationController") => workload::replication_controller(body, meta),
        ("", _, "PodTemplate") => workload::template(body.get_mut("template")),
        ("", _, "PersistentVolume") => storage::volume(body),
        ("", _, "PersistentVolumeClaim") => storage::claim(body),
        ("storage.k8s.io", _, kind) => storage::storage(kind, body),
        ("", _, "LimitRange") => other::limit_range(body),
        ("", _, "Endpoints") => other::endpoints(body),
        (crate::api::gateway::GROUP, _, kind) => gateway::fill(kind, body),
        ("networking.k8s.io", _, "NetworkPolicy") => other::network_policy(body),
        ("scheduling.k8s.io", _, "PriorityClass") => put(body, "preemptionPolicy", "PreemptLowerPriority"),
        ("rbac.authorization.k8s.io", _, kind) => other::rbac(kind, body),
        ("admissionregistration.k8s.io", _, _) => other::webhooks(body),
        ("flowcontrol.apiserver.k8s.io", _, _) => other::flow_control(body),
        _ => {}
    }
}

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
