//! The pods that belong with a pod: those of its Services and of its owner.
// Models pkg/scheduler/framework/plugins/helper/spread.go.

use crate::api::apps::ReplicaSet;
use crate::api::core::{Pod, Service};
use crate::api::labels::{LabelSelector, Labels, Selector};
use crate::api::lean::Field;
use crate::api::meta::OwnerReference;
use crate::api::{Kind, Object, Resource, Str};
use crate::apiserver::{ApiServer, Key};

/// The selector of the pods that belong with `pod`; everything where it belongs to nothing.
// Models DefaultSelector.
pub(super) fn default_selector(api: &ApiServer, pod: &Pod) -> Selector {
    let mut labels = Labels::new();
    for service in api.list::<Service>(Some(&pod.meta.namespace)) {
        let selector = &service.spec.selector;
        if !selector.is_empty() && Selector::from_set(selector).matches(&pod.meta.labels) {
            labels.extend(selector.iter().map(|(key, value)| (key.clone(), value.clone())));
        }
    }
    let of_owner = pod
        .meta
        .controller()
        .and_then(|owner| selector_of_owner(api, &pod.meta.namespace, owner));
    let services = Selector::from_set(&labels);
    match of_owner {
        Some(selector) => {
            let both = services.requirements().iter().chain(selector.requirements()).cloned();
            Selector::new(both.collect())
        }
        None => services,
    }
}

/// The selector of an owner that keeps pods like this one.
fn selector_of_owner(api: &ApiServer, namespace: &Str, owner: &OwnerReference) -> Option<Selector> {
    let key = Key {
        namespace: namespace.clone(),
        name: owner.name.clone(),
    };
    match (&*owner.api_version, &*owner.kind) {
        ("apps/v1", "ReplicaSet") => {
            let selector = &ReplicaSet::of(api.get_object(ReplicaSet::KIND, &key)?)?.spec.selector;
            Selector::from_label_selector(selector.as_deref()).ok()
        }
        ("apps/v1", "StatefulSet") => {
            let object = api.get_object(Kind::named("apps", "StatefulSet"), &key)?;
            Selector::from_label_selector(Some(&read::<LabelSelector>(object)?)).ok()
        }
        ("v1", "ReplicationController") => {
            let object = api.get_object(Kind::named("", "ReplicationController"), &key)?;
            Some(Selector::from_set(&read::<Labels>(object)?))
        }
        _ => None,
    }
}

/// The selector of an object in the form that its kind has.
fn read<T: Field + Default>(object: &Object) -> Option<T> {
    let mut selector = T::default();
    selector.set(object.encode().pointer("/spec/selector")?.clone()).ok()?;
    Some(selector)
}
