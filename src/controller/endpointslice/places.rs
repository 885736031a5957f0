//! Where each pod's endpoint stands, so that a change of a few pods need not look at all of them.

use crate::sim::btree::{BTreeMap, BTreeSet};
use std::rc::Rc;

use crate::api::Str;
use crate::api::core::{Node, Pod, Service};
use crate::api::discovery::{Endpoint, EndpointSlice};
use crate::client::Ctx;

use super::reconcile::{EndpointKey, Plan, PortKey, endpoint_key, place, port_key};
use super::{endpoint, index, sibling};

/// The slices of a Service as its last sync left them: all of one type and with the same ports.
#[derive(Clone, Debug)]
pub(super) struct Places {
    /// The version of the Service.
    version: u64,
    ports: PortKey,
    /// The slice of each pod.
    slices: BTreeMap<Str, Str>,
}

impl Places {
    /// Notes the slices of a Service; nothing where they are not all alike.
    pub(super) fn of(service: &Service, slices: &[Rc<EndpointSlice>]) -> Option<Self> {
        let first = slices.first()?;
        let mut places = Self {
            version: service.meta.resource_version.0,
            ports: port_key(&first.ports),
            slices: BTreeMap::new(),
        };
        let alike = |slice: &Rc<EndpointSlice>| {
            slice.address_type == first.address_type && port_key(&slice.ports) == places.ports
        };
        if endpoint::address_types(service).len() != 1 || !slices.iter().all(alike) {
            return None;
        }
        places.note(slices);
        (!places.slices.is_empty()).then_some(places)
    }

    /// Notes slices that were written.
    pub(super) fn note(&mut self, slices: &[Rc<EndpointSlice>]) {
        for slice in slices {
            for target in slice
                .endpoints
                .iter()
                .filter_map(|endpoint| endpoint.target_ref.as_ref())
            {
                self.slices.insert(target.name.clone(), slice.meta.name.clone());
            }
        }
    }

    /// What is to be written because of the pods `dirty`; nothing where only a look at all pods can tell.
    pub(super) fn plan(&mut self, ctx: &Ctx<'_>, service: &Service, dirty: &BTreeSet<Str>) -> Option<Plan> {
        if self.version != service.meta.resource_version.0 {
            return None;
        }
        let mut touched: BTreeMap<Str, Vec<Endpoint>> = BTreeMap::new();
        let mut fresh: BTreeMap<EndpointKey, Endpoint> = BTreeMap::new();
        for name in dirty {
            let wanted = self.wanted(ctx, service, name)?;
            if let Some(slice) = self.slices.get(name).cloned() {
                let endpoints = match touched.entry(slice.clone()) {
                    crate::sim::btree::Entry::Occupied(entry) => entry.into_mut(),
                    crate::sim::btree::Entry::Vacant(entry) => {
                        let slice = ctx.api.get_key::<EndpointSlice>(&sibling(service, &slice))?;
                        entry.insert(slice.endpoints.to_vec())
                    }
                };
                if replace(endpoints, name, wanted.as_ref())? {
                    continue;
                }
                self.slices.remove(name);
            }
            fresh.extend(wanted.map(|wanted| (endpoint_key(&wanted), wanted)));
        }
        merge(ctx, service, touched, fresh)
    }

    /// The endpoint that a pod is to have, if any; nothing where that takes a look at all pods.
    #[allow(clippy::option_option, reason = "no endpoint is an answer, no answer is another")]
    fn wanted(&self, ctx: &Ctx<'_>, service: &Service, name: &Str) -> Option<Option<Endpoint>> {
        let pod = ctx.api.get_key::<Pod>(&sibling(service, name));
        let Some(pod) = pod.filter(|pod| index::chooses(service, pod) && endpoint::belongs(pod)) else {
            return Some(None);
        };
        let node = ctx.api.get::<Node>("", &pod.spec.node_name)?;
        if port_key(&endpoint::pod_ports(service, pod)) != self.ports {
            return None;
        }
        let address_type = endpoint::address_types(service).pop()?;
        let endpoint = endpoint::pod_endpoint(pod, Some(node), service, address_type);
        Some(Some(endpoint).filter(|endpoint| !endpoint.addresses.is_empty()))
    }
}

/// Puts a pod's endpoint in place of the one that it has; says whether it still stands there. It goes where it is wanted no
/// more or under another address. Nothing where it has none.
fn replace(endpoints: &mut Vec<Endpoint>, name: &Str, wanted: Option<&Endpoint>) -> Option<bool> {
    let is_its = |endpoint: &Endpoint| endpoint.target_ref.as_ref().is_some_and(|target| target.name == *name);
    let index = endpoints.iter().position(is_its)?;
    match wanted.filter(|wanted| endpoint_key(wanted) == endpoint_key(&endpoints[index])) {
        Some(wanted) => {
            endpoints[index] = wanted.clone();
            Some(true)
        }
        None => {
            endpoints.remove(index);
            Some(false)
        }
    }
}

/// The plan of slices that changed and of endpoints that have no place yet.
fn merge(
    ctx: &Ctx<'_>,
    service: &Service,
    mut touched: BTreeMap<Str, Vec<Endpoint>>,
    fresh: BTreeMap<EndpointKey, Endpoint>,
) -> Option<Plan> {
    let slices = super::slices_of(ctx, service);
    let first = slices.first().cloned()?;
    let (mut update, mut unchanged) = (Vec::new(), Vec::new());
    for slice in slices {
        match touched.remove(&slice.meta.name) {
            // An empty slice goes, and the last one becomes a placeholder: the look at all pods sees to that.
            Some(endpoints) if endpoints.is_empty() => return None,
            Some(endpoints) if endpoints[..] != slice.endpoints[..] => {
                let mut slice = (*slice).clone();
                slice.endpoints = endpoints.into();
                update.push(slice);
            }
            _ => unchanged.push(slice),
        }
    }
    let new = || endpoint::new_slice(service, &first.address_type, first.ports.clone());
    Some(place(update, &unchanged, fresh, &new))
}
