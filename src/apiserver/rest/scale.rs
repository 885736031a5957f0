//! The `scale` part of workloads, as JSON.

use serde_json::{Value, json};

use crate::api::Object;
use crate::api::lean::DecodeError;
use crate::apiserver::Scale;

/// The `autoscaling/v1` Scale of a workload; `None` for kinds that do not scale.
pub(super) fn encode(object: &Object) -> Option<Value> {
    let scale = Scale::of(object)?;
    let meta = object.encode()["metadata"].take();
    let selector = scale.selector.map(|selector| selector.to_string());
    Some(json!({
        "kind": "Scale",
        "apiVersion": "autoscaling/v1",
        "metadata": {
            "name": meta["name"], "namespace": meta["namespace"], "uid": meta["uid"],
            "resourceVersion": meta["resourceVersion"], "creationTimestamp": meta["creationTimestamp"],
        },
        "spec": {"replicas": scale.replicas},
        "status": {"replicas": scale.current, "selector": selector.unwrap_or_default()},
    }))
}

/// The workload with the number of replicas that `scale` asks for.
pub(super) fn apply(object: &Object, scale: &Value) -> Result<Object, DecodeError> {
    let mut value = object.encode();
    value["spec"]["replicas"] = scale.pointer("/spec/replicas").cloned().unwrap_or(json!(0));
    if let Some(version) = scale.pointer("/metadata/resourceVersion") {
        value["metadata"]["resourceVersion"] = version.clone();
    }
    Object::decode(object.kind(), value)
}
