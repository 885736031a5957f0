//! From pods to slices: which slices are made, changed and removed.
// Models staging/src/k8s.io/endpointslice/reconciler.go

use crate::sim::Arrange;
use crate::sim::btree::{BTreeMap, BTreeSet};
use std::rc::Rc;

use crate::api::Str;
use crate::api::core::{Node, Pod, Service};
use crate::api::discovery::{Endpoint, EndpointPort, EndpointSlice};
use crate::controller::owners::is_controlled_by;

use super::endpoint;

/// Most endpoints of a slice.
const ENDPOINTS_MAX: usize = 100;

/// What is to be written.
#[derive(Clone, Debug, Default)]
pub(super) struct Plan {
    pub(super) create: Vec<EndpointSlice>,
    pub(super) update: Vec<EndpointSlice>,
    pub(super) delete: Vec<Rc<EndpointSlice>>,
    /// A pod that was left out because its node is not there.
    pub(super) missing_node: Option<String>,
}

/// What makes two endpoints the same: the pod, and the addresses and name under which it stands.
// Models staging/src/k8s.io/endpointslice/util/endpointset.go hashEndpoint
pub(super) type EndpointKey = (Str, Rc<[Str]>, Option<Str>);
/// Ports in an order of their own.
pub(super) type PortKey = Vec<(Option<Str>, Option<i32>, Option<Str>, Option<Str>)>;

pub(super) fn endpoint_key(endpoint: &Endpoint) -> EndpointKey {
    let name = endpoint.target_ref.as_ref().map(|target| target.name.clone());
    (
        name.unwrap_or_default(),
        endpoint.addresses.clone(),
        endpoint.hostname.clone(),
    )
}

pub(super) fn port_key(ports: &[EndpointPort]) -> PortKey {
    let ports = ports.iter();
    let ports = ports.map(|port| {
        (
            port.name.clone(),
            port.port,
            port.protocol.clone(),
            port.app_protocol.clone(),
        )
    });
    let mut key: PortKey = ports.collect();
    key.arrange();
    key
}

/// The slices with the same ports, and the endpoints that belong into them.
#[derive(Default)]
struct Group {
    ports: Rc<[EndpointPort]>,
    wanted: Option<BTreeMap<EndpointKey, Endpoint>>,
    slices: Vec<Rc<EndpointSlice>>,
}

/// Compares the slices of a Service with its pods.
// Models staging/src/k8s.io/endpointslice/reconciler.go Reconcile
pub(super) fn plan(
    service: &Service,
    pods: &[Rc<Pod>],
    slices: &[Rc<EndpointSlice>],
    node: &dyn Fn(&str) -> Option<Rc<Node>>,
) -> Plan {
    let mut plan = Plan::default();
    let types = endpoint::address_types(service);
    let unsupported = slices.iter().filter(|slice| !types.contains(&&*slice.address_type));
    plan.delete.extend(unsupported.cloned());
    for address_type in types {
        let slices: Vec<_> = slices
            .iter()
            .filter(|slice| &*slice.address_type == address_type)
            .cloned()
            .collect();
        plan_of_type(service, pods, &slices, node, address_type, &mut plan);
    }
    plan
}

// Models staging/src/k8s.io/endpointslice/reconciler.go reconcileByAddressType
fn plan_of_type(
    service: &Service,
    pods: &[Rc<Pod>],
    slices: &[Rc<EndpointSlice>],
    node: &dyn Fn(&str) -> Option<Rc<Node>>,
    address_type: &str,
    plan: &mut Plan,
) {
    let (mut create, mut update, mut delete) = (Vec::new(), Vec::new(), Vec::new());
    let mut groups: BTreeMap<PortKey, Group> = BTreeMap::new();
    for slice in slices {
        if is_controlled_by(&**slice, service) {
            groups
                .entry(port_key(&slice.ports))
                .or_default()
                .slices
                .push(slice.clone());
        } else {
            delete.push(slice.clone());
        }
    }
    want(service, pods, node, address_type, &mut groups, &mut plan.missing_node);
    for group in groups.into_values() {
        match group.wanted {
            None => delete.extend(group.slices),
            Some(wanted) => {
                let fresh = || endpoint::new_slice(service, address_type, group.ports.clone());
                let part = fill(service, &group.slices, wanted, &fresh);
                create.extend(part.create);
                update.extend(part.update);
                delete.extend(part.delete);
            }
        }
    }
    // Where there would be none, one empty slice says that somebody looks after the Service.
    if slices.len() == delete.len() && create.is_empty() {
        let placeholder = endpoint::new_slice(service, address_type, [].into());
        if delete.len() == 1 && is_placeholder(&delete[0], &placeholder) {
            delete.clear();
        } else {
            create.push(placeholder);
        }
    }
    plan.create.extend(create);
    plan.update.extend(update);
    plan.delete.extend(delete);
}

fn is_placeholder(slice: &EndpointSlice, placeholder: &EndpointSlice) -> bool {
    slice.endpoints.is_empty()
        && slice.ports.is_empty()
        && slice.address_type == placeholder.address_type
        && slice.meta.labels == placeholder.meta.labels
}

/// Puts the endpoints of all pods under their ports.
fn want(
    service: &Service,
    pods: &[Rc<Pod>],
    node: &dyn Fn(&str) -> Option<Rc<Node>>,
    address_type: &str,
    groups: &mut BTreeMap<PortKey, Group>,
    missing_node: &mut Option<String>,
) {
    for pod in pods.iter().filter(|pod| endpoint::belongs(pod)) {
        let ports = endpoint::pod_ports(service, pod);
        let group = groups.entry(port_key(&ports)).or_default();
        group.ports = ports;
        let wanted = group.wanted.get_or_insert_default();
        let node = node(&pod.spec.node_name);
        if node.is_none() && !service.spec.publish_not_ready_addresses {
            *missing_node = Some(format!(
                "skipping Pod {} for Service {}: Node {} Not Found",
                pod.meta.name,
                super::path(service),
                pod.spec.node_name
            ));
            continue;
        }
        let endpoint = endpoint::pod_endpoint(pod, node.as_deref(), service, address_type);
        if !endpoint.addresses.is_empty() {
            wanted.insert(endpoint_key(&endpoint), endpoint);
        }
    }
}

/// Keeps endpoints where they are, drops those that are wanted no more, and puts new ones where there is room.
// Models staging/src/k8s.io/endpointslice/reconciler.go reconcileByPortMapping
fn fill(
    service: &Service,
    slices: &[Rc<EndpointSlice>],
    mut wanted: BTreeMap<EndpointKey, Endpoint>,
    fresh: &dyn Fn() -> EndpointSlice,
) -> Plan {
    let (mut update, mut delete, mut unchanged) = (Vec::new(), Vec::new(), Vec::new());
    for slice in slices {
        let (endpoints, changed) = keep(slice, &mut wanted);
        if changed && endpoints.is_empty() {
            delete.push(slice.clone());
        } else if changed || endpoint::labels_differ(slice, service) {
            let mut slice = (**slice).clone();
            slice.endpoints = endpoints.into();
            slice.meta.labels = Rc::new(endpoint::slice_labels(service));
            update.push(slice);
        } else {
            unchanged.push(slice.clone());
        }
    }
    let part = place(update, &unchanged, wanted, fresh);
    Plan { delete, ..part }
}

/// Puts new endpoints where there is room: first into slices that change anyway, the fullest first, then into one that
/// takes them all, else into new ones.
pub(super) fn place(
    update: Vec<EndpointSlice>,
    unchanged: &[Rc<EndpointSlice>],
    mut wanted: BTreeMap<EndpointKey, Endpoint>,
    fresh: &dyn Fn() -> EndpointSlice,
) -> Plan {
    let mut plan = Plan {
        update,
        ..Plan::default()
    };
    plan.update
        .arrange_by_key(|slice| std::cmp::Reverse(slice.endpoints.len()));
    for slice in &mut plan.update {
        pour(slice, &mut wanted);
    }
    let mut filled = BTreeSet::new();
    while !wanted.is_empty() {
        let room = closest_to_full(unchanged, &filled, wanted.len());
        let mut slice = room.map_or_else(fresh, |index| (*unchanged[index]).clone());
        pour(&mut slice, &mut wanted);
        match room {
            Some(index) => {
                filled.insert(index);
                plan.update.push(slice);
            }
            None => plan.create.push(slice),
        }
    }
    plan
}

/// The endpoints of a slice that stay, as they are to be, and whether one changed or went. They are taken out of `wanted`.
fn keep(slice: &EndpointSlice, wanted: &mut BTreeMap<EndpointKey, Endpoint>) -> (Vec<Endpoint>, bool) {
    let mut kept = Vec::with_capacity(slice.endpoints.len());
    let mut changed = false;
    for old in slice.endpoints.iter() {
        match wanted.remove(&endpoint_key(old)) {
            Some(endpoint) => {
                changed |= endpoint != *old;
                kept.push(endpoint);
            }
            None => changed = true,
        }
    }
    (kept, changed)
}

fn pour(slice: &mut EndpointSlice, wanted: &mut BTreeMap<EndpointKey, Endpoint>) {
    if wanted.is_empty() || slice.endpoints.len() >= ENDPOINTS_MAX {
        return;
    }
    let mut endpoints = slice.endpoints.to_vec();
    while endpoints.len() < ENDPOINTS_MAX {
        let Some((_, endpoint)) = wanted.pop_first() else { break };
        endpoints.push(endpoint);
    }
    slice.endpoints = endpoints.into();
}

/// The slice that would be fullest with `count` endpoints more, of those that have room for them.
// Models staging/src/k8s.io/endpointslice/utils.go getSliceToFill
fn closest_to_full(slices: &[Rc<EndpointSlice>], filled: &BTreeSet<usize>, count: usize) -> Option<usize> {
    let open = (0..slices.len()).filter(|index| !filled.contains(index));
    let fitting = open.filter(|index| count < ENDPOINTS_MAX && slices[*index].endpoints.len() + count <= ENDPOINTS_MAX);
    fitting.max_by_key(|index| (slices[*index].endpoints.len(), std::cmp::Reverse(*index)))
}

impl Plan {
    /// Turns a slice that would go into one that would be made.
    // Models staging/src/k8s.io/endpointslice/reconciler.go finalize
    pub(super) fn reuse(&mut self) {
        let delete = std::mem::take(&mut self.delete);
        for old in delete {
            let same_type = self.create.last().is_some_and(|new| {
                let same_owner = old.meta.controller() == new.meta.controller();
                new.address_type == old.address_type && same_owner
            });
            let new = if same_type { self.create.pop() } else { None };
            match new {
                Some(mut new) => {
                    new.meta.name = old.meta.name.clone();
                    self.update.push(new);
                }
                None => self.delete.push(old),
            }
        }
    }
}
