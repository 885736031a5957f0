//! Rules about addresses: pods, Services and the endpoints between them.

use kubarium::sim::btree::{BTreeMap, BTreeSet};
use std::collections::VecDeque;

use kubarium::api::core::{Pod, Service};
use kubarium::api::discovery::EndpointSlice;
use kubarium::api::{Object, Resource, Str};
use kubarium::apiserver::{Key, Verb};
use kubarium::sim::SimTime;

use super::Seen;

/// How long endpoints may name a pod that is gone: the watch, the controller's turn and its retries.
const FORGOTTEN_NS: u64 = 5_000_000_000;

/// Who has which address now.
#[derive(Clone, Debug, Default)]
pub(super) struct Index {
    /// Pods by their address.
    pods: BTreeMap<Str, Key>,
    /// Services by their cluster address, and by port of the nodes.
    services: BTreeMap<Str, Key>,
    /// EndpointSlices by the uid of the pods that they name.
    slices: BTreeMap<Str, BTreeSet<Key>>,
    /// Pods that are gone, oldest first: until when slices may name them, and their uid.
    gone: VecDeque<(SimTime, Str)>,
}

impl Index {
    pub(super) fn check(&mut self, seen: &Seen<'_>, broken: &mut Vec<String>) {
        let change = seen.change;
        if let Some(old) = &change.old {
            self.take(old);
        }
        if change.verb == Verb::Deleted {
            if let Some(pod) = Pod::of(&change.object) {
                let until = SimTime(change.at.0 + FORGOTTEN_NS);
                self.gone.push_back((until, pod.meta.uid.clone()));
            }
            return;
        }
        let key = Key::of(&change.object);
        for (table, address) in self.addresses(&change.object) {
            if let Some(other) = table.get(&address) {
                broken.push(format!("{}: shares {address} with {other}", seen.name()));
            }
        }
        self.put(&change.object);
        if let Some(slice) = EndpointSlice::of(&change.object).filter(|slice| is_made(slice)) {
            for uid in targets(slice) {
                let lately = self.gone.iter().any(|(_, gone)| *gone == uid);
                if !lately && !is_there(seen, &key, slice, &uid) {
                    broken.push(format!("{}: names a pod {uid} that is not there", seen.name()));
                }
            }
        }
    }

    /// Enters an object.
    pub(super) fn put(&mut self, object: &Object) {
        let key = Key::of(object);
        if let Some(slice) = EndpointSlice::of(object).filter(|slice| is_made(slice)) {
            for uid in targets(slice) {
                self.slices.entry(uid).or_default().insert(key.clone());
            }
        }
        if let Some(address) = pod_address(object) {
            self.pods.insert(address, key.clone());
        }
        for address in service_addresses(object) {
            self.services.insert(address, key.clone());
        }
    }

    fn take(&mut self, object: &Object) {
        let key = Key::of(object);
        if let Some(slice) = EndpointSlice::of(object) {
            for uid in targets(slice) {
                if let Some(slices) = self.slices.get_mut(&uid) {
                    slices.remove(&key);
                }
            }
        }
        if let Some(address) = pod_address(object) {
            self.pods.remove(&address);
        }
        for address in service_addresses(object) {
            self.services.remove(&address);
        }
    }

    /// The addresses of an object, each with the table in which nobody else may have it.
    fn addresses(&self, object: &Object) -> Vec<(&BTreeMap<Str, Key>, Str)> {
        let pods = pod_address(object).into_iter().map(|address| (&self.pods, address));
        let services = service_addresses(object)
            .into_iter()
            .map(|address| (&self.services, address));
        pods.chain(services).collect()
    }

    /// Looks at the pods that are gone for so long that no slice may name them any more.
    pub(super) fn look_back(&mut self, now: SimTime, broken: &mut Vec<String>) {
        while let Some((_, uid)) = self.gone.pop_front_if(|(until, _)| *until < now) {
            for slice in self.slices.remove(&uid).unwrap_or_default() {
                broken.push(format!(
                    "EndpointSlice {slice}: still names the pod {uid}, which is gone"
                ));
            }
        }
    }
}

/// Whether the pod of that uid is there, under the name that the slice has for it.
fn is_there(seen: &Seen<'_>, slice: &Key, object: &EndpointSlice, uid: &Str) -> bool {
    let references = object
        .endpoints
        .iter()
        .filter_map(|endpoint| endpoint.target_ref.as_ref());
    let mut names = references.filter(|reference| reference.uid == *uid);
    names.all(|reference| {
        let pod = seen.api.get::<Pod>(&slice.namespace, &reference.name);
        pod.is_some_and(|pod| pod.meta.uid == *uid)
    })
}

/// Whether the controller keeps the slice, and not a person.
fn is_made(slice: &EndpointSlice) -> bool {
    let by = slice.meta.label("endpointslice.kubernetes.io/managed-by");
    by.is_some_and(|by| &**by == "endpointslice-controller.k8s.io")
}

/// The uids of the pods that a slice names.
fn targets(slice: &EndpointSlice) -> BTreeSet<Str> {
    let references = slice
        .endpoints
        .iter()
        .filter_map(|endpoint| endpoint.target_ref.as_ref());
    references.map(|reference| reference.uid.clone()).collect()
}

/// The address that a living pod has to itself.
fn pod_address(object: &Object) -> Option<Str> {
    let pod = Pod::of(object)?;
    let own = !pod.is_finished() && !pod.spec.host_network && !pod.status.pod_ip.is_empty();
    own.then(|| pod.status.pod_ip.clone())
}

/// The cluster address of a Service, and its ports on the nodes.
fn service_addresses(object: &Object) -> Vec<Str> {
    let Some(service) = Service::of(object) else {
        return Vec::new();
    };
    let address = Some(&service.spec.cluster_ip).filter(|address| !matches!(&***address, "" | "None"));
    let ports = service.spec.ports.iter().filter(|port| port.node_port != 0);
    let ports = ports.map(|port| format!("{}:{}", port.protocol, port.node_port).into());
    address.cloned().into_iter().chain(ports).collect()
}
