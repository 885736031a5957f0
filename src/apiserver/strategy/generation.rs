//! Which kinds count the changes of what is wanted, and what counts as a change.
// Models pkg/registry/*/*/strategy.go PrepareForCreate and PrepareForUpdate.

use crate::api::apps::Deployment;
use crate::api::schema::KindInfo;
use crate::api::{Object, Resource};

/// Groups of which every kind counts but those named, and single kinds of others.
pub(super) fn counts(info: &KindInfo) -> bool {
    match info.group {
        "" => matches!(info.kind, "Pod" | "PodTemplate" | "ReplicationController"),
        "apps" => info.kind != "ControllerRevision",
        "networking.k8s.io" => matches!(info.kind, "Ingress" | "IngressClass" | "NetworkPolicy"),
        "resource.k8s.io" => matches!(info.kind, "DeviceClass" | "ResourceSlice"),
        "batch" | "discovery.k8s.io" | "policy" | "scheduling.k8s.io" => true,
        "admissionregistration.k8s.io" | "flowcontrol.apiserver.k8s.io" => true,
        "apiextensions.k8s.io" | "gateway.networking.k8s.io" => true,
        _ => false,
    }
}

/// The generation counts changes of the spec; for Deployments also of the annotations, for EndpointSlices, webhooks and
/// the like of everything but metadata.
pub(super) fn bump(object: &mut Object, old: &Object) {
    if old.meta().generation == 0 {
        return;
    }
    let by_annotation = object.kind() == Deployment::KIND && object.meta().annotations != old.meta().annotations;
    let changed = match (&*object, old) {
        (Object::EndpointSlice(new), Object::EndpointSlice(old)) => {
            new.endpoints != old.endpoints || new.ports != old.ports || new.meta.labels != old.meta.labels
        }
        (Object::Dynamic(new), Object::Dynamic(old)) if !new.body.contains_key("spec") => new.body != old.body,
        _ => !object.same_spec(old),
    };
    if by_annotation || changed {
        object.meta_mut().generation += 1;
    }
}
