//! What the RuntimeClass of a pod costs on top, and where its pods may run.
// Models plugin/pkg/admission/runtimeclass/admission.go.

use std::rc::Rc;

use serde_json::Value;

use super::refusal::forbidden;
use crate::api::core::{Pod, ResourceList, Toleration};
use crate::api::labels::Labels;
use crate::api::lean::Field;
use crate::api::status::Status;
use crate::api::{Kind, Object};
use crate::apiserver::server::ApiServer;
use crate::apiserver::store::Key;

const RUNTIME_CLASS: Kind = Kind::named("node.k8s.io", "RuntimeClass");
const OTHER_OVERHEAD: &str = "pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead";

/// Gives a new pod what its class adds.
pub(super) fn admit(server: &ApiServer, object: &mut Object) -> Result<(), Status> {
    let Object::Pod(pod) = &*object else { return Ok(()) };
    let class = class(server, object, pod)?;
    let overhead = class.as_ref().and_then(overhead);
    let refusal = match (&overhead, pod.spec.overhead.is_empty()) {
        (Some(fixed), false) if *fixed != *pod.spec.overhead => Some(OTHER_OVERHEAD),
        (None, false) => Some("pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead"),
        _ => None,
    };
    if let Some(why) = refusal {
        return Err(forbidden(object, why));
    }
    let Some(class) = class else { return Ok(()) };
    let selector = class.pointer("/scheduling/nodeSelector").cloned();
    let selector = selector.map(read::<Labels>).unwrap_or_default();
    let conflict = selector.iter().find_map(|(key, value)| {
        let own = Labels::get(&pod.spec.node_selector, key).filter(|own| *own != value)?;
        Some(format!(
            "conflict: runtimeClass.scheduling.nodeSelector[{key}] = {value}; pod.spec.nodeSelector[{key}] = {own}"
        ))
    });
    if let Some(why) = conflict {
        return Err(forbidden(object, &why));
    }
    let tolerations = class.pointer("/scheduling/tolerations").and_then(Value::as_array);
    let tolerations: Vec<Toleration> = tolerations.into_iter().flatten().cloned().map(read).collect();
    if let Object::Pod(pod) = object {
        add(Rc::make_mut(pod), overhead, &selector, tolerations);
    }
    Ok(())
}

fn add(pod: &mut Pod, overhead: Option<ResourceList>, selector: &Labels, tolerations: Vec<Toleration>) {
    if overhead.is_none() && selector.is_empty() && tolerations.is_empty() {
        return;
    }
    let spec = Rc::make_mut(&mut pod.spec);
    if let Some(fixed) = overhead {
        spec.overhead = Rc::new(fixed);
    }
    for (key, value) in selector.iter() {
        Rc::make_mut(&mut spec.node_selector).insert(key.clone(), value.clone());
    }
    let mut all = spec.tolerations.to_vec();
    all.extend(tolerations.into_iter().filter(|one| !spec.tolerations.contains(one)));
    spec.tolerations = all.into();
}

/// The class's own fields; none for a pod that names none.
fn class(server: &ApiServer, object: &Object, pod: &Pod) -> Result<Option<Value>, Status> {
    let Some(name) = pod.spec.rest.get("runtimeClassName").and_then(Value::as_str) else {
        return Ok(None);
    };
    match server.get_object(RUNTIME_CLASS, &Key::new("", name)) {
        Some(found) => Ok(Some(found.encode())),
        None => Err(forbidden(
            object,
            &format!("pod rejected: RuntimeClass \"{name}\" not found"),
        )),
    }
}

fn overhead(class: &Value) -> Option<ResourceList> {
    class.pointer("/overhead/podFixed").cloned().map(read)
}

/// Stored objects decode: what did not was refused when it came in.
fn read<T: Field + Default>(value: Value) -> T {
    let mut read = T::default();
    match read.set(value) {
        Ok(()) => read,
        Err(_) => T::default(),
    }
}
