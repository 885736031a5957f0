//! Endpoints: the older list of addresses behind each Service, for those who still read it.
// Models pkg/controller/endpoint/endpoints_controller.go

use crate::sim::btree::BTreeMap;
use std::rc::Rc;

use serde_json::{Map, Value, json};

use crate::api::core::{Pod, Service};
use crate::api::labels::Labels;
use crate::api::meta::ObjectMeta;
use crate::api::status::Status;
use crate::api::template_hash::deep_hash;
use crate::api::{Dynamic, Kind, Object, Resource, Str};
use crate::apiserver::{Change, DeleteOptions, Key, Verb};
use crate::client::{Component, Ctx, Recorder, Severity, WorkQueue};

use super::endpointslice::{
    HEADLESS, SelectorIndex, TRIGGER_TIME, Triggers, find_port, has_cluster_ip, is_named, pod_matters, pods_of,
};
use super::{Reconciler, namespace_terminates, owners, work};

const ENDPOINTS: Kind = Kind::named("", "Endpoints");
const MANAGED_BY: &str = "endpoints.kubernetes.io/managed-by";
const CONTROLLER_NAME: &str = "endpoint-controller";
const OVER_CAPACITY: &str = "endpoints.kubernetes.io/over-capacity";
/// Most addresses of one object.
const CAPACITY: usize = 1000;
/// How many Services are worked on at once.
const WORKERS: u32 = 5;
/// How often a Service is tried again.
const RETRIES: u32 = 15;
const QUEUE: u8 = 0;

/// The Endpoints controller.
#[derive(Clone, Debug)]
pub struct EndpointController {
    queue: WorkQueue,
    recorder: Recorder,
    services: SelectorIndex,
    triggers: Triggers,
}

impl Default for EndpointController {
    fn default() -> Self {
        Self {
            queue: WorkQueue::with_workers(QUEUE, WORKERS),
            recorder: Recorder::default(),
            services: SelectorIndex::default(),
            triggers: Triggers::default(),
        }
    }
}

impl Component for EndpointController {
    fn name(&self) -> &'static str {
        CONTROLLER_NAME
    }

    fn watches(&self) -> &'static [Kind] {
        &[Service::KIND, Pod::KIND, ENDPOINTS]
    }

    fn wants(&self, change: &Change) -> bool {
        match &change.object {
            Object::Service(_) => true,
            Object::Pod(pod) => !pod.meta.labels.is_empty() && pod_matters(change, pod),
            // What the controller wrote itself is no news to it.
            other => other.kind() == ENDPOINTS && change.actor != self.name(),
        }
    }

    fn on_change(&mut self, ctx: &mut Ctx<'_>, change: &Change) {
        match &change.object {
            Object::Service(service) => {
                let key = Key::of(&change.object);
                let old = change.old.as_ref().and_then(Service::of);
                self.services.remove(old.unwrap_or(service));
                if change.verb == Verb::Deleted {
                    self.triggers.forget(&key);
                } else {
                    self.services.insert(service);
                }
                self.queue.add(ctx, key);
            }
            Object::Pod(pod) => {
                let old = change.old.as_ref().and_then(Pod::of);
                for key in self.services.matching(old.into_iter().chain([pod])) {
                    self.queue.add(ctx, key);
                }
            }
            other => self.queue.add(ctx, Key::of(other)),
        }
    }

    fn on_timer(&mut self, ctx: &mut Ctx<'_>, _purpose: u8, _object: u64) {
        work(self, ctx);
    }

    fn queue_length(&self) -> Option<u64> {
        Some(self.queue.len() as u64)
    }
}

impl Reconciler for EndpointController {
    fn queue(&mut self) -> &mut WorkQueue {
        &mut self.queue
    }

    fn retries(&self) -> u32 {
        RETRIES
    }

    // Models pkg/controller/endpoint/endpoints_controller.go syncService
    fn sync(&mut self, ctx: &mut Ctx<'_>, key: &Key) -> Result<(), Status> {
        let Some(service) = ctx.api.get_key::<Service>(key).cloned() else {
            // Endpoints without a Service that somebody made by hand go too, as they do upstream when a Service went.
            return match ctx.api.get_object(ENDPOINTS, key) {
                Some(_) => owners::ignore_absent(ctx.delete(ENDPOINTS, key, &DeleteOptions::default())),
                None => Ok(()),
            };
        };
        if &*service.spec.kind == "ExternalName" || service.spec.selector.is_empty() {
            return Ok(());
        }
        let pods = pods_of(ctx, &service);
        let trigger = self.triggers.of_all(key, &service, &pods);
        let old = match ctx.api.get_object(ENDPOINTS, key) {
            Some(Object::Dynamic(old)) => Some(old.clone()),
            _ => None,
        };
        let mut subsets = subsets(&service, &pods);
        let over = truncate(&mut subsets);
        let labels = labels(&service);
        if let Some(old) = &old
            && old.body.get("subsets").and_then(Value::as_array).unwrap_or(&Vec::new()) == &subsets
            && *old.meta.labels == labels
            && old.meta.annotation(OVER_CAPACITY).is_some() == over
        {
            return Ok(());
        }
        let mut next = old.as_deref().cloned().unwrap_or_else(|| draft(&service));
        next.meta.labels = Rc::new(labels);
        let annotations = Rc::make_mut(&mut next.meta.annotations);
        let mut annotate = |key: &str, value: Option<String>| match value {
            Some(value) => annotations.insert(key.into(), value.into()),
            None => annotations.remove(key),
        };
        annotate(TRIGGER_TIME, trigger.map(|time| time.to_string()));
        annotate(OVER_CAPACITY, over.then(|| "truncated".to_owned()));
        next.body.insert("subsets".to_owned(), Value::Array(subsets));
        self.store(ctx, &service, old.is_none(), next)
    }
}

impl EndpointController {
    fn store(&mut self, ctx: &mut Ctx<'_>, service: &Service, new: bool, next: Dynamic) -> Result<(), Status> {
        let object = Object::Dynamic(Rc::new(next));
        let path = format!("{}/{}", service.meta.namespace, service.meta.name);
        let (result, reason, what) = if new {
            let what = format!("Failed to create endpoint for service {path}");
            (ctx.create_object(object.clone()), "FailedToCreateEndpoint", what)
        } else {
            let what = format!("Failed to update endpoint {path}");
            (ctx.update_object(object.clone()), "FailedToUpdateEndpoint", what)
        };
        match result {
            Err(error) if new && namespace_terminates(&error) => Ok(()),
            Err(error) => {
                let message = format!("{what}: {error}");
                self.recorder.event(ctx, &object, Severity::Warning, reason, &message);
                Err(error)
            }
            Ok(_) => Ok(()),
        }
    }
}

fn draft(service: &Service) -> Dynamic {
    Dynamic {
        kind: ENDPOINTS,
        meta: ObjectMeta {
            name: service.meta.name.clone(),
            namespace: service.meta.namespace.clone(),
            ..ObjectMeta::default()
        },
        body: Map::new(),
    }
}

/// The labels of a Service's Endpoints: its own, and who keeps them.
fn labels(service: &Service) -> Labels {
    let mut labels = (*service.meta.labels).clone();
    labels.remove(HEADLESS);
    if !has_cluster_ip(service) {
        labels.insert(HEADLESS.into(), "".into());
    }
    labels.insert(MANAGED_BY.into(), CONTROLLER_NAME.into());
    labels
}

/// An address by which it is sorted: its text and the pod's uid.
type Place = (Str, Str);
/// A port, as JSON text, that is without a number where the Service has no ports.
type Port = (u128, String);

/// Addresses that offer the same ports stand together.
// Models pkg/api/v1/endpoints/util.go RepackSubsets
fn subsets(service: &Service, pods: &[Rc<Pod>]) -> Vec<Value> {
    let mut by_port: BTreeMap<Port, BTreeMap<Place, (Value, bool)>> = BTreeMap::new();
    for pod in pods.iter().filter(|pod| belongs(service, pod)) {
        let Some(ip) = address_of(service, pod) else { continue };
        let place = (ip.clone(), pod.meta.uid.clone());
        let address = address(service, pod, ip);
        let ready = service.spec.publish_not_ready_addresses || pod.is_ready();
        for port in ports(service, pod) {
            let addresses = by_port.entry(port).or_default();
            addresses.insert(place.clone(), (address.clone(), ready));
        }
    }
    let mut by_places: BTreeMap<Vec<Place>, (Vec<String>, Vec<(Value, bool)>)> = BTreeMap::new();
    for ((_, port), addresses) in by_port {
        let places = addresses.keys().cloned().collect();
        let entry = by_places.entry(places);
        let (ports, _) = entry.or_insert_with(|| (Vec::new(), addresses.into_values().collect()));
        ports.push(port);
    }
    let mut subsets: Vec<Value> = by_places
        .into_values()
        .map(|(ports, list)| subset(&ports, list))
        .collect();
    subsets.sort_by_cached_key(|subset| deep_hash("EndpointSubset", subset));
    subsets
}

fn subset(ports: &[String], addresses: Vec<(Value, bool)>) -> Value {
    let (ready, not_ready): (Vec<_>, Vec<_>) = addresses.into_iter().partition(|(_, ready)| *ready);
    let mut subset = Map::new();
    for (field, list) in [("addresses", ready), ("notReadyAddresses", not_ready)] {
        if !list.is_empty() {
            let list = list.into_iter().map(|(address, _)| address).collect();
            subset.insert(field.to_owned(), list);
        }
    }
    let ports = ports.iter().filter(|port| !port.is_empty());
    let ports: Vec<Value> = ports.filter_map(|port| serde_json::from_str(port).ok()).collect();
    if !ports.is_empty() {
        subset.insert("ports".to_owned(), ports.into());
    }
    Value::Object(subset)
}

/// The ports that a pod offers for a Service, each with the hash by which they are sorted.
fn ports(service: &Service, pod: &Pod) -> Vec<Port> {
    if service.spec.ports.is_empty() {
        let headless = !has_cluster_ip(service);
        return headless.then(Port::default).into_iter().collect();
    }
    let found = service.spec.ports.iter().filter_map(|port| {
        let mut value = json!({"port": find_port(pod, port)?, "protocol": &*port.protocol});
        if !port.name.is_empty() {
            value["name"] = json!(&*port.name);
        }
        if let Some(protocol) = &port.app_protocol {
            value["appProtocol"] = json!(&**protocol);
        }
        Some((deep_hash("EndpointPort", &value), value.to_string()))
    });
    found.collect()
}

// Models staging/src/k8s.io/endpointslice/util/controller_utils.go ShouldPodBeInEndpoints
fn belongs(service: &Service, pod: &Pod) -> bool {
    !pod.is_finished() && (service.spec.publish_not_ready_addresses || !pod.meta.is_terminating())
}

/// The pod's address of the Service's first family.
// Models pkg/controller/endpoint/endpoints_controller.go podToEndpointAddressForService
fn address_of<'a>(service: &Service, pod: &'a Pod) -> Option<&'a Str> {
    let is_v6 = match service.spec.ip_families.first() {
        Some(family) => &**family == "IPv6",
        None => service.spec.cluster_ip.contains(':'),
    };
    let ips = pod.status.pod_ips.iter().map(|ip| &ip.ip);
    ips.chain([&pod.status.pod_ip])
        .find(|ip| !ip.is_empty() && ip.contains(':') == is_v6)
}

fn address(service: &Service, pod: &Pod, ip: &str) -> Value {
    let mut address = json!({
        "ip": ip,
        "nodeName": &*pod.spec.node_name,
        "targetRef": {
            "kind": "Pod",
            "namespace": &*pod.meta.namespace,
            "name": &*pod.meta.name,
            "uid": &*pod.meta.uid,
        },
    });
    if is_named(service, pod) {
        address["hostname"] = json!(&*pod.spec.hostname);
    }
    address
}

/// Leaves out what is too much, from each subset in proportion, and first what is not ready. Says whether it did.
// Models pkg/controller/endpoint/endpoints_controller.go truncateEndpoints
fn truncate(subsets: &mut [Value]) -> bool {
    let length = |subset: &Value, field: &str| subset[field].as_array().map_or(0, Vec::len);
    let total = |subsets: &[Value], field: &str| subsets.iter().map(|subset| length(subset, field)).sum::<usize>();
    let (ready, not_ready) = (total(subsets, "addresses"), total(subsets, "notReadyAddresses"));
    if ready + not_ready <= CAPACITY {
        return false;
    }
    let (field, room, all) = if ready > CAPACITY {
        ("addresses", CAPACITY, ready)
    } else {
        ("notReadyAddresses", CAPACITY - ready, not_ready)
    };
    let mut left = room;
    for subset in subsets {
        let part = (length(subset, field) * room).div_ceil(all).min(left);
        if let Some(list) = subset[field].as_array_mut() {
            list.truncate(part);
            left -= list.len();
        }
        if field == "addresses"
            && let Some(subset) = subset.as_object_mut()
        {
            subset.remove("notReadyAddresses");
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::core::{PodIp, ServicePort};
    use crate::api::intstr::IntOrString;
    use crate::api::meta::Condition;
    use crate::api::time::Time;

    fn service() -> Service {
        let mut service = Service::default();
        service.spec.cluster_ip = "10.96.0.10".into();
        let port = |name: &str, target: IntOrString| ServicePort {
            name: name.into(),
            protocol: "TCP".into(),
            target_port: Some(target),
            ..ServicePort::default()
        };
        service.spec.ports = [port("a", IntOrString::Int(80)), port("b", IntOrString::Int(81))].into();
        service
    }

    fn pod(name: &str, ip: &str, ready: bool) -> Rc<Pod> {
        let mut pod = Pod::default();
        (pod.meta.name, pod.meta.uid) = (name.into(), name.into());
        pod.status.pod_ips = [PodIp {
            ip: ip.into(),
            ..PodIp::default()
        }]
        .into();
        pod.status.conditions = [Condition::new("Ready", ready, "", "", Time(0))].into();
        Rc::new(pod)
    }

    #[test]
    fn addresses_of_the_same_ports_stand_together() {
        let pods = [
            pod("x", "10.0.0.2", true),
            pod("y", "10.0.0.10", true),
            pod("z", "10.0.0.3", false),
        ];
        let subsets = subsets(&service(), &pods);
        assert_eq!(subsets.len(), 1);
        let ips = |field: &str| -> Vec<&str> {
            let list = subsets[0][field].as_array().expect("a list");
            list.iter().filter_map(|address| address["ip"].as_str()).collect()
        };
        assert_eq!(ips("addresses"), ["10.0.0.10", "10.0.0.2"]);
        assert_eq!(ips("notReadyAddresses"), ["10.0.0.3"]);
        assert_eq!(subsets[0]["ports"].as_array().map(Vec::len), Some(2));
    }

    #[test]
    fn what_is_too_much_is_left_out_the_unready_first() {
        let many = |count: usize| vec![json!({}); count];
        for (ready, not_ready, want) in [(3, 2, None), (900, 200, Some((900, 100))), (1200, 5, Some((1000, 0)))] {
            let mut subsets = [json!({"addresses": many(ready), "notReadyAddresses": many(not_ready)})];
            let got = truncate(&mut subsets).then(|| {
                let length = |field: &str| subsets[0][field].as_array().map_or(0, Vec::len);
                (length("addresses"), length("notReadyAddresses"))
            });
            assert_eq!(got, want, "{ready} {not_ready}");
        }
    }
}
