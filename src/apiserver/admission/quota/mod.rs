//! ResourceQuotas: what a namespace may hold.
//!
//! Upstream admission adds to the usage in a quota's status, and the resourcequota controller counts anew when something
//! goes. Here the API server keeps the status exact at each write, so a quota's usage never lags. One difference remains:
//! a pod on a lost node counts until it is gone, not only until its grace is over.
// Models k8s.io/apiserver/pkg/admission/plugin/resourcequota/controller.go.

mod scope;
pub(in crate::apiserver) mod usage;

use crate::sim::btree::{BTreeMap, BTreeSet};
use std::rc::Rc;

use serde_json::{Value, json};

use super::refusal::forbidden;
use crate::api::core::{Pod, ResourceList};
use crate::api::lean::Field;
use crate::api::quantity::Quantity;
use crate::api::status::Status;
use crate::api::time::Time;
use crate::api::{Dynamic, Kind, Object, Str};
use crate::apiserver::server::{ApiServer, Caller};

const QUOTA: Kind = Kind::named("", "ResourceQuota");
const ACTOR: &str = "resourcequota-controller";

/// Refuses an object that a quota of its namespace has no room for.
pub(in crate::apiserver) fn validate(
    server: &ApiServer,
    object: &Object,
    old: Option<&Object>,
    now: Time,
) -> Result<(), Status> {
    if server.count(QUOTA) == 0 {
        return Ok(());
    }
    for quota in quotas(server, &object.meta().namespace) {
        check(&quota, object, old, now).map_err(|why| forbidden(object, &why))?;
    }
    Ok(())
}

fn quotas(server: &ApiServer, namespace: &str) -> impl Iterator<Item = Rc<Dynamic>> {
    let quotas = server.list_objects(QUOTA, Some(namespace));
    quotas.filter_map(|object| match object {
        Object::Dynamic(quota) => Some(quota.clone()),
        _ => None,
    })
}

// Models CheckRequest.
fn check(quota: &Dynamic, object: &Object, old: Option<&Object>, now: Time) -> Result<(), String> {
    let (hard, used) = (list(quota, "hard"), list(quota, "used"));
    let name = &quota.meta.name;
    let mut requested = counted(quota, &hard, object, now);
    if requested.is_empty() {
        return Ok(());
    }
    if let (Object::Pod(pod), None) = (object, old) {
        check_constraints(pod, &hard).map_err(|why| format!("failed quota: {name}: {why}"))?;
    }
    if let Some(old) = old {
        for (resource, amount) in counted(quota, &hard, old, now) {
            if let Some(new) = requested.get_mut(&resource) {
                new.sub(&amount);
            }
        }
    }
    let over = |resource: &Str, amount: &mut Quantity| {
        let mut sum = used.get(resource).cloned().unwrap_or_default();
        sum.add(&*amount);
        amount.sign() > 0 && hard.get(resource).is_some_and(|bound| sum > *bound)
    };
    requested.retain(over);
    if requested.is_empty() {
        return Ok(());
    }
    let of = |list: &ResourceList| print(requested.keys().filter_map(|name| Some((name, list.get(name)?))));
    Err(format!(
        "exceeded quota: {name}, requested: {}, used: {}, limited: {}",
        of(&requested),
        of(&used),
        of(&hard)
    ))
}

fn print<'a>(amounts: impl Iterator<Item = (&'a Str, &'a Quantity)>) -> String {
    let parts: Vec<String> = amounts.map(|(name, amount)| format!("{name}={amount}")).collect();
    parts.join(",")
}

/// A quota of CPU or memory makes every container say how much it needs.
// Models podEvaluator.Constraints.
fn check_constraints(pod: &Pod, hard: &ResourceList) -> Result<(), String> {
    if pod.spec.resources.is_some() {
        return Ok(());
    }
    let counted: Vec<&str> = hard.keys().map(|name| &**name).collect();
    let mut missing: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for container in pod.spec.containers.iter().chain(pod.spec.init_containers.iter()) {
        for name in usage::missing(&container.resources, &counted) {
            missing.entry(name).or_default().insert(&container.name);
        }
    }
    if missing.is_empty() {
        return Ok(());
    }
    let parts: Vec<String> = missing
        .into_iter()
        .map(|(name, containers)| format!("{name} for: {}", containers.into_iter().collect::<Vec<_>>().join(",")))
        .collect();
    Err(format!("must specify {}", parts.join("; ")))
}

/// What the object counts for under this quota.
fn counted(quota: &Dynamic, hard: &ResourceList, object: &Object, now: Time) -> ResourceList {
    let spec = quota.body.get("spec").unwrap_or(&Value::Null);
    let covered = match object {
        Object::Pod(pod) => scope::matches(spec, pod),
        _ => !scope::is_scoped(spec),
    };
    if !covered {
        return ResourceList::new();
    }
    let mut usage = usage::usage(object, now);
    usage.retain(|name, _| hard.contains_key(name));
    usage
}

fn list(quota: &Dynamic, field: &str) -> ResourceList {
    let from = |part: &str| quota.body.get(part).and_then(|part| part.get(field));
    let mut list = ResourceList::new();
    // Lists of wrong values were refused when the quota came in.
    match from("status")
        .or_else(|| from("spec"))
        .map(|value| list.set(value.clone()))
    {
        Some(Err(_)) => ResourceList::new(),
        _ => list,
    }
}

/// Keeps the usage in the quotas of a namespace: one object came, changed or went.
pub(in crate::apiserver) fn account(
    server: &mut ApiServer,
    caller: &Caller,
    old: Option<&Object>,
    new: Option<&Object>,
) {
    let Some(object) = new.or(old) else { return };
    if !object.kind().info().namespaced || server.count(QUOTA) == 0 {
        return;
    }
    let now = server.time(caller.now);
    if let Some(Object::Dynamic(quota)) = new.filter(|new| new.kind() == QUOTA) {
        let before = old.and_then(spec_of);
        if before != spec_of(object) {
            recount(server, caller, quota, now);
        }
    }
    let quotas: Vec<_> = quotas(server, &object.meta().namespace).collect();
    for quota in quotas {
        let (hard, mut used) = (list(&quota, "hard"), list(&quota, "used"));
        let before = old.map(|old| counted(&quota, &hard, old, now)).unwrap_or_default();
        let after = new.map(|new| counted(&quota, &hard, new, now)).unwrap_or_default();
        if before == after || quota.body.get("status").and_then(|status| status.get("used")).is_none() {
            continue;
        }
        for (name, amount) in before {
            used.entry(name).or_default().sub(&amount);
        }
        for (name, amount) in after {
            used.entry(name).or_default().add(&amount);
        }
        write_status(server, caller, &quota, &hard, &used);
    }
}

fn spec_of(object: &Object) -> Option<&Value> {
    match object {
        Object::Dynamic(object) => object.body.get("spec"),
        _ => None,
    }
}

/// Counts all of a namespace for a quota that is new or changed.
fn recount(server: &mut ApiServer, caller: &Caller, quota: &Rc<Dynamic>, now: Time) {
    let mut spec_only = (**quota).clone();
    spec_only.body.remove("status");
    let hard = list(&spec_only, "hard");
    let mut used: ResourceList = hard.keys().map(|name| (name.clone(), Default::default())).collect();
    for kind in Kind::all().filter(|kind| kind.info().namespaced) {
        for object in server.list_objects(kind, Some(&quota.meta.namespace)) {
            for (name, amount) in counted(&spec_only, &hard, object, now) {
                used.entry(name).or_default().add(&amount);
            }
        }
    }
    write_status(server, caller, quota, &hard, &used);
}

fn write_status(server: &mut ApiServer, caller: &Caller, quota: &Dynamic, hard: &ResourceList, used: &ResourceList) {
    let mut quota = quota.clone();
    let status = json!({"hard": hard.get_always(), "used": used.get_always()});
    quota.body.insert("status".to_owned(), status);
    server.store.put(caller.now, ACTOR, Object::Dynamic(Rc::new(quota)));
}
