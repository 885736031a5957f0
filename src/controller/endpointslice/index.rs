//! Which Services choose a pod, and which pods a Service chooses.

use crate::sim::btree::{BTreeMap, BTreeSet};
use std::rc::Rc;

use crate::api::Str;
use crate::api::core::{Pod, Service};
use crate::apiserver::Key;
use crate::client::Ctx;

/// A label of a namespace.
type Entry = (Str, Str, Str);

/// Services by one label of their selector: a pod is chosen only by Services that stand under one of its labels.
#[derive(Clone, Debug, Default)]
pub(in crate::controller) struct SelectorIndex {
    services: BTreeMap<Entry, BTreeMap<Str, Rc<Service>>>,
}

fn entry(service: &Service) -> Option<Entry> {
    let (key, value) = service.spec.selector.iter().next()?;
    Some((service.meta.namespace.clone(), key.clone(), value.clone()))
}

/// Whether a Service chooses a pod.
pub(in crate::controller) fn chooses(service: &Service, pod: &Pod) -> bool {
    let labels = &pod.meta.labels;
    service
        .spec
        .selector
        .iter()
        .all(|(key, value)| labels.get(key) == Some(value))
}

impl SelectorIndex {
    /// Adds a Service.
    pub(in crate::controller) fn insert(&mut self, service: &Rc<Service>) {
        if let Some(entry) = entry(service) {
            let services = self.services.entry(entry).or_default();
            services.insert(service.meta.name.clone(), service.clone());
        }
    }

    /// Takes a Service out.
    pub(in crate::controller) fn remove(&mut self, service: &Service) {
        let Some(entry) = entry(service) else { return };
        if let Some(services) = self.services.get_mut(&entry) {
            services.remove(&service.meta.name);
            if services.is_empty() {
                self.services.remove(&entry);
            }
        }
    }

    /// The Services that choose one of these versions of a pod.
    pub(in crate::controller) fn matching<'a>(&self, pods: impl Iterator<Item = &'a Rc<Pod>>) -> BTreeSet<Key> {
        let mut keys = BTreeSet::new();
        for pod in pods {
            for (key, value) in pod.meta.labels.iter() {
                let entry = (pod.meta.namespace.clone(), key.clone(), value.clone());
                for service in self.services.get(&entry).into_iter().flat_map(BTreeMap::values) {
                    if chooses(service, pod) {
                        keys.insert(super::sibling(&**pod, &service.meta.name));
                    }
                }
            }
        }
        keys
    }
}

/// The pods that a Service chooses, by name.
pub(in crate::controller) fn pods_of(ctx: &Ctx<'_>, service: &Service) -> Vec<Rc<Pod>> {
    let Some((namespace, key, value)) = entry(service) else {
        return Vec::new();
    };
    let pods = ctx.api.pods_labelled(&namespace, &key, &value);
    pods.filter(|pod| chooses(service, pod)).cloned().collect()
}
