//! EndpointSlices: the addresses behind each Service.
// Models pkg/controller/endpointslice/endpointslice_controller.go

mod endpoint;
mod index;
mod places;
mod reconcile;
mod trigger;

use crate::sim::btree::{BTreeMap, BTreeSet};
use std::rc::Rc;

use crate::api::core::{Node, Pod, Service};
use crate::api::discovery::EndpointSlice;
use crate::api::status::{Reason, Status};
use crate::api::time::Time;
use crate::api::{Kind, Object, Resource, Str};
use crate::apiserver::{Change, DeleteOptions, Key, Verb};
use crate::client::{Component, Ctx, Recorder, Severity, WorkQueue};

use super::{Reconciler, namespace_terminates, owners, sibling, work};

pub(super) use endpoint::{
    HEADLESS, TRIGGER_TIME, address_types, find_port, has_cluster_ip, is_named, pod_endpoint, pod_ports,
};
pub(super) use index::{SelectorIndex, pods_of};
use places::Places;
use reconcile::Plan;
pub(super) use trigger::Triggers;

/// Name that the controller signs its slices with.
const MANAGED_BY: &str = "endpointslice-controller.k8s.io";
/// How many Services are worked on at once.
const WORKERS: u32 = 5;
/// How often a Service is tried again.
// Models pkg/controller/endpointslice/endpointslice_controller.go maxRetries
const RETRIES: u32 = 15;
const QUEUE: u8 = 0;

/// The EndpointSlice controller.
#[derive(Clone, Debug)]
pub struct EndpointSliceController {
    queue: WorkQueue,
    recorder: Recorder,
    services: SelectorIndex,
    triggers: Triggers,
    /// Where the endpoints of a Service stand, as long as that is simple.
    places: BTreeMap<Key, Places>,
    /// Pods of a Service that changed since its last sync.
    dirty: BTreeMap<Key, BTreeSet<Str>>,
}

impl Default for EndpointSliceController {
    fn default() -> Self {
        Self {
            queue: WorkQueue::with_workers(QUEUE, WORKERS),
            recorder: Recorder::default(),
            services: SelectorIndex::default(),
            triggers: Triggers::default(),
            places: BTreeMap::new(),
            dirty: BTreeMap::new(),
        }
    }
}

impl Component for EndpointSliceController {
    fn name(&self) -> &'static str {
        "endpoint-slice-controller"
    }

    fn watches(&self) -> &'static [Kind] {
        &[Service::KIND, Pod::KIND, EndpointSlice::KIND]
    }

    fn wants(&self, change: &Change) -> bool {
        match &change.object {
            Object::Service(_) => true,
            Object::Pod(pod) => !pod.meta.labels.is_empty() && pod_matters(change, pod),
            // What the controller wrote itself is no news to it.
            Object::EndpointSlice(_) => change.actor != self.name(),
            _ => false,
        }
    }

    fn on_change(&mut self, ctx: &mut Ctx<'_>, change: &Change) {
        match &change.object {
            Object::Service(service) => {
                let key = Key::of(&change.object);
                self.services
                    .remove(change.old.as_ref().and_then(Service::of).unwrap_or(service));
                self.places.remove(&key);
                if change.verb == Verb::Deleted {
                    self.triggers.forget(&key);
                    self.dirty.remove(&key);
                } else {
                    self.services.insert(service);
                }
                self.queue.add(ctx, key);
            }
            Object::Pod(pod) => {
                let old = change.old.as_ref().and_then(Pod::of);
                for key in self.services.matching(old.into_iter().chain([pod])) {
                    let dirty = self.dirty.entry(key.clone()).or_default();
                    dirty.insert(pod.meta.name.clone());
                    self.queue.add(ctx, key);
                }
            }
            Object::EndpointSlice(slice) => {
                if let Some(name) = slice.meta.label(endpoint::SERVICE_NAME) {
                    let key = sibling(&**slice, name);
                    self.places.remove(&key);
                    self.queue.add(ctx, key);
                }
            }
            _ => {}
        }
    }

    fn on_timer(&mut self, ctx: &mut Ctx<'_>, _purpose: u8, _object: u64) {
        work(self, ctx);
    }
}

/// Whether a change of a pod can change the endpoints that it stands for.
// Models staging/src/k8s.io/endpointslice/util/controller_utils.go podEndpointsChanged
pub(super) fn pod_matters(change: &Change, pod: &Pod) -> bool {
    let Some(old) = change.old.as_ref().and_then(Pod::of) else {
        return true;
    };
    change.verb == Verb::Deleted
        || pod.meta.labels != old.meta.labels
        || pod.meta.deletion_timestamp != old.meta.deletion_timestamp
        || pod.is_ready() != old.is_ready()
        || pod.is_finished() != old.is_finished()
        || pod.status.pod_ips != old.status.pod_ips
}

impl Reconciler for EndpointSliceController {
    fn queue(&mut self) -> &mut WorkQueue {
        &mut self.queue
    }

    fn retries(&self) -> u32 {
        RETRIES
    }

    // Models pkg/controller/endpointslice/endpointslice_controller.go syncService
    fn sync(&mut self, ctx: &mut Ctx<'_>, key: &Key) -> Result<(), Status> {
        let Some(service) = ctx.api.get_key::<Service>(key).cloned() else {
            return Ok(());
        };
        if &*service.spec.kind == "ExternalName" || service.spec.selector.is_empty() {
            return Ok(());
        }
        let dirty = self.dirty.remove(key).unwrap_or_default();
        let mut places = self.places.remove(key);
        let some = places.as_mut().and_then(|places| places.plan(ctx, &service, &dirty));
        let (plan, trigger) = match some {
            Some(plan) => (plan, self.trigger_of_some(ctx, key, &dirty)),
            None => {
                places = None;
                self.plan_all(ctx, key, &service)
            }
        };
        let missing = plan.missing_node.clone();
        let result = write(ctx, &service, plan, trigger.map(|time| time.to_string()));
        let result = result.and_then(|written| match missing {
            Some(why) => Err(Status::new(Reason::InternalError, why)),
            None => Ok(written),
        });
        if let Ok(written) = &result {
            let known = match places {
                Some(mut places) => {
                    places.note(written);
                    Some(places)
                }
                None => Places::of(&service, &slices_of(ctx, &service)),
            };
            self.places.extend(known.map(|places| (key.clone(), places)));
        }
        if let Err(error) = &result {
            let message = format!("Error updating Endpoint Slices for Service {key}: {error}");
            let about = Object::Service(service);
            self.recorder
                .event(ctx, &about, Severity::Warning, "FailedToUpdateEndpointSlices", &message);
        }
        result.map(|_| ())
    }
}

impl EndpointSliceController {
    /// Compares all slices of a Service with all its pods.
    fn plan_all(&mut self, ctx: &Ctx<'_>, key: &Key, service: &Service) -> (Plan, Option<Time>) {
        let pods = index::pods_of(ctx, service);
        let trigger = self.triggers.of_all(key, service, &pods);
        let node = |name: &str| ctx.api.get::<Node>("", name).cloned();
        let plan = reconcile::plan(service, &pods, &slices_of(ctx, service), &node);
        (plan, trigger)
    }

    fn trigger_of_some(&mut self, ctx: &Ctx<'_>, key: &Key, names: &BTreeSet<Str>) -> Option<Time> {
        let pods = names
            .iter()
            .map(|name| (name, ctx.api.get::<Pod>(&key.namespace, name)));
        self.triggers.of_some(key, pods)
    }
}

/// The slices of a Service that this controller made and that stay.
fn slices_of(ctx: &Ctx<'_>, service: &Service) -> Vec<Rc<EndpointSlice>> {
    let slices = ctx.api.owned_by(&service.meta.uid).filter_map(EndpointSlice::of);
    let slices = slices.filter(|slice| !slice.meta.is_terminating() && is_ours(slice, service));
    slices.cloned().collect()
}

/// Whether this controller made the slice for the Service.
fn is_ours(slice: &EndpointSlice, service: &Service) -> bool {
    let has = |key: &str, value: &str| slice.meta.label(key).is_some_and(|label| **label == *value);
    has(endpoint::SERVICE_NAME, &service.meta.name) && has(endpoint::MANAGED_BY_LABEL, MANAGED_BY)
}

/// Creates, updates and deletes slices; gives those that it wrote.
// Models staging/src/k8s.io/endpointslice/reconciler.go finalize
fn write(
    ctx: &mut Ctx<'_>,
    service: &Service,
    mut plan: Plan,
    trigger: Option<String>,
) -> Result<Vec<Rc<EndpointSlice>>, Status> {
    plan.reuse();
    let mut written = Vec::new();
    let create = if service.meta.is_terminating() {
        Vec::new()
    } else {
        plan.create
    };
    for mut slice in create {
        endpoint::set_trigger(&mut slice, trigger.as_deref());
        match ctx.create(slice) {
            Err(error) if namespace_terminates(&error) => return Ok(written),
            Err(error) => {
                let why = format!("failed to create EndpointSlice for Service {}: {error}", path(service));
                return Err(Status::new(Reason::InternalError, why));
            }
            Ok(stored) => written.extend(EndpointSlice::of(&stored).cloned()),
        }
    }
    for mut slice in plan.update {
        endpoint::set_trigger(&mut slice, trigger.as_deref());
        let name = slice.meta.name.clone();
        let stored = ctx.update(slice).map_err(|error| {
            let why = format!(
                "failed to update {name} EndpointSlice for Service {}: {error}",
                path(service)
            );
            Status::new(Reason::InternalError, why)
        })?;
        written.extend(EndpointSlice::of(&stored).cloned());
    }
    for slice in plan.delete {
        let key = sibling(service, &slice.meta.name);
        owners::ignore_absent(ctx.delete(EndpointSlice::KIND, &key, &DeleteOptions::default()))?;
    }
    Ok(written)
}

fn path(service: &Service) -> String {
    format!("{}/{}", service.meta.namespace, service.meta.name)
}
