//! Lives of Deployments, ReplicaSets, StatefulSets and DaemonSets, one behaviour each: `tests/workload_stories/NAME.yaml` is a
//! scenario, and `tests/goldens/workload_stories/NAME.txt` what is told of them. See `tests/common/stories.rs`.

use kubarium::api::apps::{DaemonSet, Deployment, ReplicaSet, StatefulSet};
use kubarium::api::core::{Event, Pod};
use kubarium::api::meta::{Condition, ObjectMeta};
use kubarium::api::{Object, Resource};
use kubarium::apiserver::{Change, Verb};

mod common;

/// What is told of one version of an object, part by part.
type Told<T> = fn(&T) -> Vec<String>;

fn line(change: &Change) -> Option<String> {
    let text = match &change.object {
        Object::Event(event) => told_event(event),
        Object::Deployment(set) => told::<Deployment>(change, set, deployment),
        Object::ReplicaSet(set) => told::<ReplicaSet>(change, set, replica_set),
        Object::StatefulSet(set) => told::<StatefulSet>(change, set, stateful_set),
        Object::DaemonSet(set) => told::<DaemonSet>(change, set, daemon_set),
        Object::Pod(one) => told::<Pod>(change, one, pod),
        other => match other.kind().info().kind {
            "PersistentVolumeClaim" => owners_of(change),
            "ControllerRevision" => revision(change),
            _ => String::new(),
        },
    };
    (!text.is_empty()).then_some(text)
}

/// What became of it: made, gone, or the parts of its state that differ.
fn told<T: Resource>(change: &Change, now: &T, state: Told<T>) -> String {
    let old = change.old.as_ref().and_then(T::of).map(|old| state(old));
    let mut parts = state(now);
    parts.retain(|part| !part.is_empty() && !old.iter().flatten().any(|old| old == part));
    let what = match change.verb {
        Verb::Added => format!("created {}", parts.join(" ")),
        Verb::Deleted => "gone".to_owned(),
        Verb::Modified if parts.is_empty() => return String::new(),
        Verb::Modified => parts.join(" "),
    };
    format!(
        "{} {}: {what}",
        T::KIND.info().kind.to_ascii_lowercase(),
        now.meta().name
    )
}

fn told_event(event: &Event) -> String {
    let about = &event.involved_object;
    let kinds = ["Deployment", "ReplicaSet", "StatefulSet", "DaemonSet"];
    if !kinds.contains(&&*about.kind) {
        return String::new();
    }
    let count = common::stories::times(event.count);
    format!(
        "{} {}: {} {} {}{count}",
        about.kind.to_ascii_lowercase(),
        about.name,
        event.kind,
        event.reason,
        event.message
    )
}

fn conditions(conditions: &[Condition]) -> impl Iterator<Item = String> {
    conditions.iter().map(|condition| {
        let parts = (
            &condition.kind,
            &condition.status,
            &condition.reason,
            &condition.message,
        );
        format!("{}={}({}: {})", parts.0, parts.1, parts.2, parts.3)
    })
}

fn notes(meta: &ObjectMeta) -> Vec<String> {
    let annotations = meta.annotations.iter().filter_map(|(key, value)| {
        let key = key.strip_prefix("deployment.kubernetes.io/")?;
        Some(format!("{key}={value}"))
    });
    let ends = meta
        .is_terminating()
        .then(|| format!("terminating {:?}", meta.finalizers));
    annotations.chain(ends).collect()
}

fn deployment(set: &Deployment) -> Vec<String> {
    let (wanted, status) = (set.spec.replicas.unwrap_or(1), &set.status);
    let numbers = format!(
        "{} of {wanted}, updated {} ready {} available {} unavailable {} terminating {}",
        status.replicas,
        status.updated_replicas,
        status.ready_replicas,
        status.available_replicas,
        status.unavailable_replicas,
        status.terminating_replicas.unwrap_or_default()
    );
    let collisions = status.collision_count.map(|count| format!("collisions {count}"));
    let all = [numbers].into_iter().chain(collisions).chain(notes(&set.meta));
    all.chain(conditions(&status.conditions)).collect()
}

fn replica_set(set: &ReplicaSet) -> Vec<String> {
    let (wanted, status) = (set.spec.replicas.unwrap_or(1), &set.status);
    let numbers = format!(
        "{} of {wanted}, labelled {} ready {} available {} terminating {}",
        status.replicas,
        status.fully_labeled_replicas,
        status.ready_replicas,
        status.available_replicas,
        status.terminating_replicas.unwrap_or_default()
    );
    let owner = set.meta.controller().map(|owner| format!("of {}", owner.name));
    let all = [numbers].into_iter().chain(owner).chain(notes(&set.meta));
    all.chain(conditions(&status.conditions)).collect()
}

fn stateful_set(set: &StatefulSet) -> Vec<String> {
    let (wanted, status) = (set.spec.replicas.unwrap_or(1), &set.status);
    let numbers = format!(
        "{} of {wanted}, ready {} available {} current {} of {} updated {} of {}",
        status.replicas,
        status.ready_replicas,
        status.available_replicas,
        status.current_replicas,
        status.current_revision,
        status.updated_replicas,
        status.update_revision
    );
    [numbers].into_iter().chain(notes(&set.meta)).collect()
}

fn daemon_set(set: &DaemonSet) -> Vec<String> {
    let status = &set.status;
    let numbers = format!(
        "desired {} current {} misscheduled {} updated {} ready {} available {} unavailable {}",
        status.desired_number_scheduled,
        status.current_number_scheduled,
        status.number_misscheduled,
        status.updated_number_scheduled,
        status.number_ready,
        status.number_available,
        status.number_unavailable
    );
    [numbers].into_iter().chain(notes(&set.meta)).collect()
}

fn pod(pod: &Pod) -> Vec<String> {
    let controller = pod.meta.controller();
    let owner = controller.map_or("of nobody".to_owned(), |owner| format!("of {}", owner.name));
    let labels = ["controller-revision-hash", "apps.kubernetes.io/pod-index"];
    let labels = labels.iter().filter_map(|label| pod.meta.label(label));
    let mut parts = vec![owner];
    parts.extend(labels.map(ToString::to_string));
    if !pod.spec.node_name.is_empty() {
        parts.push(format!("on {}", pod.spec.node_name));
    }
    if pod.is_finished() {
        parts.push(pod.status.phase.to_string());
    }
    let words = [
        (pod.meta.is_terminating(), "terminating"),
        (pod.status.phase.as_ref() == "Running" && !pod.is_ready(), "unready"),
        (pod.is_ready(), "ready"),
    ];
    parts.extend(words.iter().filter(|(is, _)| *is).map(|(_, word)| (*word).to_owned()));
    parts
}

/// A claim, and whom it goes with.
fn owners_of(change: &Change) -> String {
    let owners = |object: &Object| {
        let owners = object.meta().owner_references.iter();
        let names: Vec<String> = owners.map(|owner| format!("{} {}", owner.kind, owner.name)).collect();
        format!("owned by {names:?}")
    };
    let text = owners(&change.object);
    let what = match change.verb {
        Verb::Added => "created",
        Verb::Deleted => "gone",
        Verb::Modified if change.old.as_ref().map(owners).as_ref() == Some(&text) => return String::new(),
        Verb::Modified => "is",
    };
    format!("claim {}: {what} {text}", change.object.meta().name)
}

fn revision(change: &Change) -> String {
    let number = change.object.encode()["revision"].clone();
    let what = match change.verb {
        Verb::Added => "created",
        Verb::Deleted => "gone",
        Verb::Modified => "is",
    };
    format!("revision {}: {what} {number}", change.object.meta().name)
}

#[test]
fn each_story_is_told_as_it_was() {
    let stories = common::stories::Stories {
        folder: "workload_stories",
        width: 5,
        line,
    };
    stories.check();
}
