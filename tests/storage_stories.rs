//! Volumes and claims, one behaviour each: `tests/storage_stories/NAME.yaml` is a scenario, and
//! `tests/goldens/storage_stories/NAME.txt` what is told of them. See `tests/common/stories.rs`.

use kubarium::api::core::{Event, Pod};
use kubarium::api::storage::{PersistentVolume, PersistentVolumeClaim};
use kubarium::api::{Object, Resource};
use kubarium::apiserver::{Change, Verb};

mod common;

fn line(change: &Change) -> Option<String> {
    let gone = change.verb == Verb::Deleted;
    match &change.object {
        Object::Event(event) => told_event(event),
        Object::PersistentVolumeClaim(claim) => {
            let told = if gone { "gone".to_owned() } else { told_claim(claim) };
            let old = change.old.as_ref().and_then(PersistentVolumeClaim::of);
            let before = old.map(|old| told_claim(old));
            (before.as_ref() != Some(&told)).then(|| format!("claim {}: {told}", claim.meta.name))
        }
        Object::PersistentVolume(volume) => {
            let told = if gone { "gone".to_owned() } else { told_volume(volume) };
            let old = change.old.as_ref().and_then(PersistentVolume::of);
            let before = old.map(|old| told_volume(old));
            (before.as_ref() != Some(&told)).then(|| format!("volume {}: {told}", volume.meta.name))
        }
        Object::VolumeAttachment(there) => {
            let volume = there.spec.source.persistent_volume_name.clone().unwrap_or_default();
            let what = match (gone, there.meta.is_terminating(), there.status.attached) {
                (true, _, _) => "gone",
                (_, true, _) => "to be detached",
                (_, _, true) => "attached",
                _ => "to be attached",
            };
            Some(format!("attachment of {volume} to {}: {what}", there.spec.node_name))
        }
        Object::Pod(pod) => {
            let told = if gone { "gone".to_owned() } else { told_pod(pod) };
            let before = change.old.as_ref().and_then(Pod::of).map(|old| told_pod(old));
            (before.as_ref() != Some(&told)).then(|| format!("pod {}: {told}", pod.meta.name))
        }
        _ => None,
    }
}

/// Events that say nothing of volumes.
const QUIET: [&str; 9] = [
    "Pulled",
    "Pulling",
    "Created",
    "Started",
    "Killing",
    "SuccessfulCreate",
    "SuccessfulDelete",
    "ScalingReplicaSet",
    "NodeHasSufficientMemory",
];

fn told_event(event: &Event) -> Option<String> {
    let about = &event.involved_object;
    let series = event.series.as_ref().map_or(0, |series| series.count);
    let count = common::stories::times(event.count.max(series));
    (!QUIET.contains(&&*event.reason) && &*about.kind != "Node").then(|| {
        format!(
            "{} {}: {} {}{count}",
            event.kind, about.name, event.reason, event.message
        )
    })
}

fn told_claim(claim: &PersistentVolumeClaim) -> String {
    let mut text = claim.status.phase.to_string();
    if !claim.spec.volume_name.is_empty() {
        text += &format!(" to {} of {}", claim.spec.volume_name, claim.capacity());
    }
    for condition in claim.status.conditions.iter() {
        text += &format!(", {}", condition.kind);
    }
    if claim.meta.is_terminating() {
        text += ", going";
    }
    text
}

fn told_volume(volume: &PersistentVolume) -> String {
    let claim = volume.spec.claim_ref.as_ref();
    let claim = claim.map_or(String::new(), |claim| format!(" of {}", claim.name));
    let going = if volume.meta.is_terminating() { ", going" } else { "" };
    format!("{}{claim}{going}", volume.status.phase)
}

fn told_pod(pod: &Pod) -> String {
    let mut text = format!("{} on {}", pod.status.phase, pod.spec.node_name);
    let states = pod.status.container_statuses.iter();
    for status in states {
        if status.restart_count > 0 {
            text += &format!(", restart {}", status.restart_count);
        }
        let last = status
            .state
            .terminated
            .as_ref()
            .or(status.last_state.terminated.as_ref());
        if let Some(end) = last {
            text += &format!(", said {:?}", end.message.trim_end());
        }
    }
    if pod.meta.is_terminating() {
        text += ", going";
    }
    text
}

#[test]
fn each_story_is_told_as_it_was() {
    let stories = common::stories::Stories {
        folder: "storage_stories",
        width: 4,
        line,
    };
    stories.check();
}
