//! References from one namespace into another.

use super::list;
use crate::api::gateway::{REFERENCE_GRANT, items, spec, text};
use crate::api::{Dynamic, Kind};
use crate::apiserver::ApiServer;

/// Whether `from` may refer to the object of that group, kind, namespace and name: in its own namespace always, into another
/// one where a `ReferenceGrant` there says so.
// Models the Gateway API, ReferenceGrant.
#[must_use]
pub fn is_granted(api: &ApiServer, from: &Dynamic, (group, kind, namespace, name): (&str, &str, &str, &str)) -> bool {
    *from.meta.namespace == *namespace
        || list(api, REFERENCE_GRANT, Some(namespace)).any(|grant| {
            let spec = spec(grant);
            let is_from = items(&spec["from"])
                .any(|one| is_of(one, from.kind) && text(&one["namespace"]) == &*from.meta.namespace);
            let is_to = items(&spec["to"]).any(|one| {
                text(&one["group"]) == group
                    && text(&one["kind"]) == kind
                    && matches!(text(&one["name"]), known if known.is_empty() || known == name)
            });
            is_from && is_to
        })
}

fn is_of(value: &serde_json::Value, kind: Kind) -> bool {
    let info = kind.info();
    text(&value["group"]) == info.group && text(&value["kind"]) == info.kind
}
