//! Rules about every object: versions, owners, conditions, what may never change.

use kubarium::api::apps::{DaemonSet, Deployment, ReplicaSet, StatefulSet};
use kubarium::api::core::Pod;
use kubarium::api::meta::{Condition, ObjectMeta};
use kubarium::api::{Kind, Object, Resource};
use kubarium::apiserver::{ApiServer, Key, Verb};

use super::Seen;

pub(super) fn check(seen: &Seen<'_>, broken: &mut Vec<String>) {
    let change = seen.change;
    let meta = change.object.meta();
    let mut say = |what: String| broken.push(format!("{}: {what}", seen.name()));
    if meta.resource_version.0 != change.revision {
        say(format!(
            "has version {} at revision {}",
            meta.resource_version.0, change.revision
        ));
    }
    if meta.uid.is_empty() || meta.name.is_empty() {
        say("has no uid or no name".to_owned());
    }
    let controllers = meta.owner_references.iter().filter(|owner| owner.controller).count();
    if controllers > 1 {
        say(format!("has {controllers} controllers"));
    }
    if let Some((observed, conditions)) = observed(&change.object) {
        if observed > meta.generation {
            say(format!(
                "is observed at {observed}, before it is at {}",
                meta.generation
            ));
        }
        let now = seen.api.time(change.at);
        for (index, condition) in conditions.iter().enumerate() {
            if conditions[..index].iter().any(|other| other.kind == condition.kind) {
                say(format!("has the condition {} twice", condition.kind));
            }
            if condition.last_transition_time.is_some_and(|at| at > now) {
                say(format!("has a condition {} of the future", condition.kind));
            }
        }
    }
    match &change.old {
        None if change.verb != Verb::Added => say("has changed and was not there".to_owned()),
        Some(_) if change.verb == Verb::Added => say("is added and was there".to_owned()),
        Some(old) => check_versions(old.meta(), meta, &mut say),
        None => {}
    }
    check_revision(seen, &mut say);
}

/// What may never change while an object lives, and what may only grow.
fn check_versions(old: &ObjectMeta, new: &ObjectMeta, say: &mut impl FnMut(String)) {
    if old.resource_version >= new.resource_version {
        say(format!(
            "goes from version {} to {}",
            old.resource_version.0, new.resource_version.0
        ));
    }
    if old.generation > new.generation {
        say(format!("goes from generation {} to {}", old.generation, new.generation));
    }
    if old.uid != new.uid {
        say(format!("changes its uid from {} to {}", old.uid, new.uid));
    }
    if old.creation_timestamp != new.creation_timestamp {
        say("changes when it was created".to_owned());
    }
    if old.is_terminating() && !new.is_terminating() {
        say("comes back from its deletion".to_owned());
    }
    let added = |finalizer: &&kubarium::api::Str| !old.finalizers.contains(finalizer);
    // An orphaning or foreground deletion adds its own finalizer to what is being deleted already.
    let own = |finalizer: &kubarium::api::Str| matches!(&**finalizer, "orphan" | "foregroundDeletion");
    if old.is_terminating() && new.finalizers.iter().filter(added).any(|finalizer| !own(finalizer)) {
        say("gets a finalizer while it is being deleted".to_owned());
    }
}

/// Revisions of workloads only grow.
fn check_revision(seen: &Seen<'_>, say: &mut impl FnMut(String)) {
    let revision = |object: &Object| -> Option<i64> {
        match object {
            Object::Dynamic(dynamic) => dynamic.body.get("revision")?.as_i64(),
            other => other
                .meta()
                .annotation("deployment.kubernetes.io/revision")?
                .parse()
                .ok(),
        }
    };
    let old = seen.change.old.as_ref().and_then(revision);
    if let (Some(old), Some(new)) = (old, revision(&seen.change.object))
        && new < old
    {
        say(format!("goes from revision {old} back to {new}"));
    }
}

/// The generation that was seen and the conditions.
fn observed(object: &Object) -> Option<(i64, &[Condition])> {
    if let Some(pod) = Pod::of(object) {
        return Some((pod.status.observed_generation, &pod.status.conditions));
    }
    if let Some(set) = ReplicaSet::of(object) {
        return Some((set.status.observed_generation, &set.status.conditions));
    }
    if let Some(deployment) = Deployment::of(object) {
        return Some((deployment.status.observed_generation, &deployment.status.conditions));
    }
    if let Some(set) = DaemonSet::of(object) {
        return Some((set.status.observed_generation, &set.status.conditions));
    }
    let set = StatefulSet::of(object)?;
    Some((set.status.observed_generation, &set.status.conditions))
}

/// What has a controller that is gone was collected with it.
pub(super) fn at_rest(api: &ApiServer, object: &Object, broken: &mut Vec<String>) {
    let meta = object.meta();
    let Some(owner) = meta.controller() else { return };
    let kind = Kind::all().find(|kind| {
        let info = kind.info();
        *owner.kind == *info.kind && *owner.api_version == *info.api_version()
    });
    let Some(kind) = kind else { return };
    let namespace: &str = if kind.info().namespaced { &meta.namespace } else { "" };
    let found = api.get_object(kind, &Key::new(namespace, &owner.name));
    if found.is_none_or(|found| found.meta().uid != owner.uid) && !meta.is_terminating() {
        broken.push(format!(
            "{} {}: its controller {} {} is gone",
            object.kind().info().kind,
            Key::of(object),
            owner.kind,
            owner.name
        ));
    }
}
