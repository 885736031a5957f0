//! EndpointSlices: the addresses behind each Service.
// Models pkg/controller/endpointslice/endpointslice_controller.go

mod endpoint;
mod index;
mod reconcile;
mod trigger;

use std::rc::Rc;

use crate::api::core::{Node, Pod, Service};
use crate::api::discovery::EndpointSlice;
use crate::api::status::{Reason, Status};
use crate::api::{Kind, Object, Resource};
use crate::apiserver::{Change, DeleteOptions, Key, Verb};
use crate::client::{Component, Ctx, Recorder, Severity, WorkQueue};

use super::{Reconciler, namespace_terminates, owners, sibling, work};

pub(super) use endpoint::{address_types, find_port, pod_endpoint, pod_ports};
use index::SelectorIndex;
use reconcile::Plan;
use trigger::Triggers;

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
}

impl Default for EndpointSliceController {
    fn default() -> Self {
        Self {
            queue: WorkQueue::with_workers(QUEUE, WORKERS),
            recorder: Recorder::default(),
            services: SelectorIndex::default(),
            triggers: Triggers::default(),
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
            Object::EndpointSlice(slice) => {
                if let Some(name) = slice.meta.label(endpoint::SERVICE_NAME) {
                    let key = sibling(&**slice, name);
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
fn pod_matters(change: &Change, pod: &Pod) -> bool {
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
        let pods = index::pods_of(ctx, &service);
        let slices = ctx.api.owned_by(&service.meta.uid).filter_map(EndpointSlice::of);
        let slices: Vec<Rc<EndpointSlice>> = slices
            .filter(|slice| !slice.meta.is_terminating() && is_ours(slice, &service))
            .cloned()
            .collect();
        let trigger = self.triggers.of(key, &service, &pods);
        let node = |name: &str| ctx.api.get::<Node>("", name).cloned();
        let plan = reconcile::plan(&service, &pods, &slices, &node);
        let missing = plan.missing_node.clone();
        let result = write(ctx, &service, plan, trigger.map(|time| time.to_string()));
        let result = result.and_then(|()| missing.map_or(Ok(()), |why| Err(Status::new(Reason::InternalError, why))));
        if let Err(error) = &result {
            let message = format!("Error updating Endpoint Slices for Service {key}: {error}");
            let about = Object::Service(service);
            self.recorder
                .event(ctx, &about, Severity::Warning, "FailedToUpdateEndpointSlices", &message);
        }
        result
    }
}

/// Whether this controller made the slice for the Service.
fn is_ours(slice: &EndpointSlice, service: &Service) -> bool {
    let has = |key: &str, value: &str| slice.meta.label(key).is_some_and(|label| **label == *value);
    has(endpoint::SERVICE_NAME, &service.meta.name) && has(endpoint::MANAGED_BY_LABEL, MANAGED_BY)
}

/// Creates, updates and deletes slices.
// Models staging/src/k8s.io/endpointslice/reconciler.go finalize
fn write(ctx: &mut Ctx<'_>, service: &Service, mut plan: Plan, trigger: Option<String>) -> Result<(), Status> {
    plan.reuse();
    if !service.meta.is_terminating() {
        for mut slice in plan.create {
            endpoint::set_trigger(&mut slice, trigger.as_deref());
            match ctx.create(slice) {
                Err(error) if namespace_terminates(&error) => return Ok(()),
                Err(error) => {
                    let why = format!("failed to create EndpointSlice for Service {}: {error}", path(service));
                    return Err(Status::new(Reason::InternalError, why));
                }
                Ok(_) => {}
            }
        }
    }
    for mut slice in plan.update {
        endpoint::set_trigger(&mut slice, trigger.as_deref());
        let name = slice.meta.name.clone();
        ctx.update(slice).map_err(|error| {
            let why = format!(
                "failed to update {name} EndpointSlice for Service {}: {error}",
                path(service)
            );
            Status::new(Reason::InternalError, why)
        })?;
    }
    for slice in plan.delete {
        let key = sibling(service, &slice.meta.name);
        owners::ignore_absent(ctx.delete(EndpointSlice::KIND, &key, &DeleteOptions::default()))?;
    }
    Ok(())
}

fn path(service: &Service) -> String {
    format!("{}/{}", service.meta.namespace, service.meta.name)
}
