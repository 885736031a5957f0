//! The plugin LimitRanger: LimitRanges give new objects amounts, and bounds to keep.
// Models plugin/pkg/admission/limitranger/admission.go.

pub(super) mod rules;

use std::rc::Rc;

use serde_json::{Map, Value};

use self::rules::{check_claim, check_pod, set_defaults};
use super::refusal::forbidden;
use crate::api::names::aggregate;
use crate::api::status::Status;
use crate::api::{Kind, Object};
use crate::apiserver::server::ApiServer;

const LIMIT_RANGE: Kind = Kind::named("", "LimitRange");

/// The LimitRanges of a namespace: the body of each.
fn ranges<'a>(server: &'a ApiServer, namespace: &str) -> impl Iterator<Item = &'a Map<String, Value>> {
    let ranges = server.list_objects(LIMIT_RANGE, Some(namespace));
    ranges.filter_map(|object| match object {
        Object::Dynamic(range) => Some(&range.body),
        _ => None,
    })
}

/// Fills in the default amounts of a new pod's containers.
pub(super) fn admit(server: &ApiServer, object: &mut Object) -> Result<(), Status> {
    if let Object::Pod(pod) = object {
        let namespace = pod.meta.namespace.clone();
        for range in ranges(server, &namespace) {
            set_defaults(range, Rc::make_mut(pod));
        }
    }
    validate(server, object)
}

/// Refuses what is out of bounds.
pub(super) fn validate(server: &ApiServer, object: &Object) -> Result<(), Status> {
    if server.count(LIMIT_RANGE) == 0 {
        return Ok(());
    }
    for range in ranges(server, &object.meta().namespace) {
        let wrong = match object {
            Object::Pod(pod) => check_pod(range, &pod.spec),
            Object::PersistentVolumeClaim(claim) => check_claim(range, claim),
            _ => return Ok(()),
        };
        if !wrong.is_empty() {
            return Err(forbidden(object, &aggregate(wrong)));
        }
    }
    Ok(())
}
