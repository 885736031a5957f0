//! What a pod is in a slice.
// Models staging/src/k8s.io/endpointslice/utils.go

use std::rc::Rc;

use crate::api::core::{Container, Node, Pod, Service, ServicePort};
use crate::api::discovery::{Endpoint, EndpointConditions, EndpointPort, EndpointSlice};
use crate::api::intstr::IntOrString;
use crate::api::labels::Labels;
use crate::api::meta::{ObjectMeta, ObjectReference};
use crate::api::names::name_is_dns_subdomain;
use crate::api::{Str, meta};
use crate::controller::owners::controller_ref;

pub(super) const SERVICE_NAME: &str = "kubernetes.io/service-name";
pub(super) const MANAGED_BY_LABEL: &str = "endpointslice.kubernetes.io/managed-by";
pub(in crate::controller) const HEADLESS: &str = "service.kubernetes.io/headless";
pub(in crate::controller) const TRIGGER_TIME: &str = "endpoints.kubernetes.io/last-change-trigger-time";
const ZONE: &str = "topology.kubernetes.io/zone";

/// Whether a pod has a place among the endpoints of a Service.
// Models staging/src/k8s.io/endpointslice/util/controller_utils.go ShouldPodBeInEndpoints
pub(super) fn belongs(pod: &Pod) -> bool {
    let has_address = !pod.status.pod_ip.is_empty() || !pod.status.pod_ips.is_empty();
    has_address && !pod.is_finished()
}

/// The address types of a Service's slices.
// Models staging/src/k8s.io/endpointslice/utils.go getAddressTypesForService
pub(in crate::controller) fn address_types(service: &Service) -> Vec<&'static str> {
    let mut types: Vec<&str> = ["IPv4", "IPv6"].into();
    if !service.spec.ip_families.is_empty() {
        types.retain(|kind| service.spec.ip_families.iter().any(|family| **family == **kind));
    } else if has_cluster_ip(service) {
        let is_v6 = service.spec.cluster_ip.contains(':');
        types.retain(|kind| (*kind == "IPv6") == is_v6);
    }
    types
}

/// Whether a Service has an address of its own.
pub(in crate::controller) fn has_cluster_ip(service: &Service) -> bool {
    !matches!(&*service.spec.cluster_ip, "" | "None")
}

/// The endpoint of a pod. It has no address where the pod has none of that type.
// Models staging/src/k8s.io/endpointslice/utils.go podToEndpoint
pub(in crate::controller) fn pod_endpoint(
    pod: &Pod,
    node: Option<&Node>,
    service: &Service,
    address_type: &str,
) -> Endpoint {
    let serving = pod.is_ready();
    let terminating = pod.meta.is_terminating();
    let ready = service.spec.publish_not_ready_addresses || (serving && !terminating);
    let ips = pod.status.pod_ips.iter().map(|ip| &ip.ip);
    let addresses: Vec<Str> = ips
        .filter(|ip| ip.contains(':') == (address_type == "IPv6"))
        .cloned()
        .collect();
    let zone = node
        .and_then(|node| node.meta.label(ZONE))
        .filter(|zone| !zone.is_empty());
    Endpoint {
        addresses: addresses.into(),
        conditions: EndpointConditions {
            ready: Some(ready),
            serving: Some(serving),
            terminating: Some(terminating),
            ..EndpointConditions::default()
        },
        hostname: is_named(service, pod).then(|| pod.spec.hostname.clone()),
        target_ref: Some(ObjectReference {
            kind: "Pod".into(),
            namespace: pod.meta.namespace.clone(),
            name: pod.meta.name.clone(),
            uid: pod.meta.uid.clone(),
            ..ObjectReference::default()
        }),
        node_name: Some(pod.spec.node_name.clone()).filter(|name| !name.is_empty()),
        zone: zone.cloned(),
        ..Endpoint::default()
    }
}

/// Whether a pod has a name of its own under the Service's.
// Models staging/src/k8s.io/endpointslice/util/controller_utils.go ShouldSetHostname
pub(in crate::controller) fn is_named(service: &Service, pod: &Pod) -> bool {
    !pod.spec.hostname.is_empty()
        && pod.spec.subdomain == service.meta.name
        && pod.meta.namespace == service.meta.namespace
}

/// The ports of a Service as this pod has them. A port whose name the pod does not know is left out.
// Models staging/src/k8s.io/endpointslice/utils.go getEndpointPorts
pub(in crate::controller) fn pod_ports(service: &Service, pod: &Pod) -> Rc<[EndpointPort]> {
    let ports = service.spec.ports.iter().filter_map(|port| {
        Some(EndpointPort {
            name: Some(port.name.clone()),
            protocol: Some(port.protocol.clone()),
            port: Some(find_port(pod, port)?),
            app_protocol: port.app_protocol.clone(),
            ..EndpointPort::default()
        })
    });
    ports.collect()
}

/// The number of a Service's target port in a pod: names are looked up in its containers and sidecars.
// Models staging/src/k8s.io/endpointslice/utils.go FindPort
pub(in crate::controller) fn find_port(pod: &Pod, port: &ServicePort) -> Option<i32> {
    let name = match &port.target_port {
        None => return Some(0),
        Some(IntOrString::Int(number)) => return Some(*number),
        Some(IntOrString::String(name)) => name,
    };
    let sidecar = |container: &&Container| &*container.restart_policy == "Always";
    let containers = pod
        .spec
        .containers
        .iter()
        .chain(pod.spec.init_containers.iter().filter(sidecar));
    let mut ports = containers.flat_map(|container| container.ports.iter());
    let found = ports.find(|candidate| candidate.name == *name && candidate.protocol == port.protocol)?;
    Some(found.container_port)
}

/// An empty slice of a Service.
// Models staging/src/k8s.io/endpointslice/utils.go newEndpointSlice
pub(super) fn new_slice(service: &Service, address_type: &str, ports: Rc<[EndpointPort]>) -> EndpointSlice {
    EndpointSlice {
        meta: ObjectMeta {
            generate_name: prefix(&service.meta.name),
            namespace: service.meta.namespace.clone(),
            labels: Rc::new(slice_labels(service)),
            owner_references: [controller_ref(service)].into(),
            ..ObjectMeta::default()
        },
        address_type: address_type.into(),
        ports,
        ..EndpointSlice::default()
    }
}

/// The start of the names of a Service's slices.
// Models staging/src/k8s.io/endpointslice/utils.go getEndpointSlicePrefix
fn prefix(service: &Str) -> Str {
    let dashed = format!("{service}-");
    let fits = name_is_dns_subdomain(&dashed, true).is_empty();
    if fits { dashed.into() } else { service.clone() }
}

/// The labels of a Service's slices: its own, and those that say whose they are.
// Models staging/src/k8s.io/endpointslice/utils.go setEndpointSliceLabels
pub(super) fn slice_labels(service: &Service) -> Labels {
    let mut labels = own_labels(&service.meta);
    if !has_cluster_ip(service) {
        labels.insert(HEADLESS.into(), "".into());
    }
    labels.insert(SERVICE_NAME.into(), service.meta.name.clone());
    labels.insert(MANAGED_BY_LABEL.into(), super::MANAGED_BY.into());
    labels
}

/// Whether a slice lacks a label of its Service, or has one that the Service lost.
pub(super) fn labels_differ(slice: &EndpointSlice, service: &Service) -> bool {
    own_labels(&slice.meta) != own_labels(&service.meta)
}

fn own_labels(meta: &meta::ObjectMeta) -> Labels {
    let reserved = [SERVICE_NAME, MANAGED_BY_LABEL, HEADLESS];
    let own = meta.labels.iter().filter(|(key, _)| !reserved.contains(&&***key));
    own.map(|(key, value)| (key.clone(), value.clone())).collect()
}

/// Notes when the change happened that the slice tells of, or that nothing is known of it.
// Models staging/src/k8s.io/endpointslice/utils.go addTriggerTimeAnnotation
pub(super) fn set_trigger(slice: &mut EndpointSlice, time: Option<&str>) {
    match time {
        Some(time) => slice.meta.set_annotation(TRIGGER_TIME, time),
        None => {
            Rc::make_mut(&mut slice.meta.annotations).remove(TRIGGER_TIME);
        }
    }
}
