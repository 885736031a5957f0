//! The priority behind the name of a PriorityClass.
// Models plugin/pkg/admission/priority/admission.go.

use std::rc::Rc;

use serde_json::Value;

use super::refusal::forbidden;
use crate::api::core::Pod;
use crate::api::status::Status;
use crate::api::{Dynamic, Kind, Object, Str};
use crate::apiserver::server::ApiServer;
use crate::apiserver::store::Key;

const PRIORITY_CLASS: Kind = Kind::named("scheduling.k8s.io", "PriorityClass");
/// The classes that every cluster has, and their values.
const SYSTEM_CLASSES: [(&str, i32); 2] = [
    ("system-cluster-critical", 2_000_000_000),
    ("system-node-critical", 2_000_001_000),
];
const DEFAULT_POLICY: &str = "PreemptLowerPriority";

/// What a class says.
struct Priority {
    class: Str,
    value: i32,
    policy: Str,
}

/// Gives a new pod its priority.
pub(super) fn admit(server: &ApiServer, object: &mut Object) -> Result<(), Status> {
    let Object::Pod(pod) = &*object else { return Ok(()) };
    let name = &pod.spec.priority_class_name;
    let found = if name.is_empty() {
        Some(default_priority(server))
    } else {
        class(server, name)
    };
    let Some(priority) = found else {
        return Err(forbidden(
            object,
            &format!("no PriorityClass with name {name} was found"),
        ));
    };
    if let Some(given) = pod.spec.priority.filter(|given| *given != priority.value) {
        let why = format!(
            "the integer value of priority ({given}) must not be provided in pod spec; \
             priority admission controller computed {} from the given PriorityClass name",
            priority.value
        );
        return Err(forbidden(object, &why));
    }
    if let Some(given) = pod
        .spec
        .preemption_policy
        .as_ref()
        .filter(|given| **given != priority.policy)
    {
        let why = format!(
            "the string value of PreemptionPolicy ({given}) must not be provided in pod spec; \
             priority admission controller computed {} from the given PriorityClass name",
            priority.policy
        );
        return Err(forbidden(object, &why));
    }
    if let Object::Pod(pod) = object {
        let spec = Rc::make_mut(&mut Rc::make_mut(pod).spec);
        spec.priority_class_name = priority.class;
        spec.priority = Some(priority.value);
        spec.preemption_policy = Some(priority.policy);
    }
    Ok(())
}

/// An update that leaves the priority out keeps it.
pub(super) fn keep(pod: &mut Rc<Pod>, old: &Pod) {
    let before = &old.spec;
    let loses = |now: bool, then: bool| !now && then;
    if loses(pod.spec.priority.is_some(), before.priority.is_some())
        || loses(pod.spec.preemption_policy.is_some(), before.preemption_policy.is_some())
    {
        let spec = Rc::make_mut(&mut Rc::make_mut(pod).spec);
        spec.priority = spec.priority.or(before.priority);
        spec.preemption_policy = spec
            .preemption_policy
            .take()
            .or_else(|| before.preemption_policy.clone());
    }
}

/// Only one class may be the default.
pub(super) fn validate_class(server: &ApiServer, object: &Object) -> Result<(), Status> {
    let Object::Dynamic(class) = object else { return Ok(()) };
    if object.kind() != PRIORITY_CLASS || !is_default(class) {
        return Ok(());
    }
    match default_class(server).filter(|other| other.meta.name != class.meta.name) {
        Some(other) => {
            let why = format!(
                "PriorityClass {} is already marked as default. Only one default can exist",
                other.meta.name
            );
            Err(forbidden(object, &why))
        }
        None => Ok(()),
    }
}

fn class(server: &ApiServer, name: &str) -> Option<Priority> {
    match server.get_object(PRIORITY_CLASS, &Key::new("", name)) {
        Some(Object::Dynamic(class)) => Some(read(class)),
        _ => SYSTEM_CLASSES
            .iter()
            .find(|(class, _)| *class == name)
            .map(|(class, value)| Priority {
                class: (*class).into(),
                value: *value,
                policy: DEFAULT_POLICY.into(),
            }),
    }
}

fn default_priority(server: &ApiServer) -> Priority {
    default_class(server).map_or_else(
        || Priority {
            class: "".into(),
            value: 0,
            policy: DEFAULT_POLICY.into(),
        },
        read,
    )
}

/// Of several defaults the lowest counts.
fn default_class(server: &ApiServer) -> Option<&Dynamic> {
    let classes = server
        .list_objects(PRIORITY_CLASS, None)
        .filter_map(|object| match object {
            Object::Dynamic(class) => Some(&**class),
            _ => None,
        });
    classes
        .filter(|class| is_default(class))
        .min_by_key(|class| value(class))
}

fn is_default(class: &Dynamic) -> bool {
    class
        .body
        .get("globalDefault")
        .and_then(Value::as_bool)
        .unwrap_or_default()
}

fn value(class: &Dynamic) -> i32 {
    let value = class.body.get("value").and_then(Value::as_i64).unwrap_or_default();
    i32::try_from(value).unwrap_or_default()
}

fn read(class: &Dynamic) -> Priority {
    let policy = class.body.get("preemptionPolicy").and_then(Value::as_str);
    Priority {
        class: class.meta.name.clone(),
        value: value(class),
        policy: policy.unwrap_or(DEFAULT_POLICY).into(),
    }
}
