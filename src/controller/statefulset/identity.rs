//! Who a pod of a StatefulSet is: its name, number, claims and revision.
// Models pkg/controller/statefulset/stateful_set_utils.go

use std::rc::Rc;

use crate::api::Str;
use crate::api::apps::StatefulSet;
use crate::api::core::{PersistentVolumeClaimVolumeSource, Pod, PodTemplateSpec, Volume};
use crate::controller::history::REVISION_HASH;
use crate::controller::pods::from_template;

const POD_NAME: &str = "statefulset.kubernetes.io/pod-name";
const POD_INDEX: &str = "apps.kubernetes.io/pod-index";

/// How many pods are wanted.
pub(super) fn replicas(set: &StatefulSet) -> i32 {
    set.spec.replicas.unwrap_or(1)
}

/// The number of the first pod.
pub(super) fn start(set: &StatefulSet) -> i32 {
    set.spec.ordinals.as_ref().map_or(0, |ordinals| ordinals.start)
}

/// The number at the end of a pod's name, where the rest of it is the name of the set.
// Models pkg/controller/statefulset/stateful_set_utils.go getParentNameAndOrdinal, isMemberOf
pub(super) fn ordinal(set: &StatefulSet, pod: &Pod) -> Option<i32> {
    let (parent, number) = pod.meta.name.rsplit_once('-')?;
    let digits = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    if *parent == *set.meta.name && digits {
        number.parse().ok()
    } else {
        None
    }
}

/// Whether the number of a pod is among those that are wanted.
pub(super) fn in_range(set: &StatefulSet, ordinal: i32) -> bool {
    (start(set)..start(set) + replicas(set)).contains(&ordinal)
}

/// The name of the claim that a template stands for.
pub(super) fn claim_name(set: &StatefulSet, template: &str, ordinal: i32) -> Str {
    format!("{template}-{}-{ordinal}", set.meta.name).into()
}

/// The revision of a pod.
pub(super) fn revision(pod: &Pod) -> &str {
    pod.meta.label(REVISION_HASH).map(|label| &**label).unwrap_or_default()
}

/// A pod that is not created yet.
// Models pkg/controller/statefulset/stateful_set_utils.go newStatefulSetPod
pub(super) fn draft(set: &StatefulSet, template: &PodTemplateSpec, revision: &str, ordinal: i32) -> Pod {
    let mut pod = from_template(set, template);
    pod.meta.name = format!("{}-{ordinal}", set.meta.name).into();
    label(&mut pod, ordinal);
    pod.meta.set_label(REVISION_HASH, revision);
    let spec = Rc::make_mut(&mut pod.spec);
    spec.hostname = pod.meta.name.clone();
    spec.subdomain = set.spec.service_name.clone();
    let templates = set.spec.volume_claim_templates.iter();
    let mut volumes: Vec<Volume> = templates.map(|claim| volume(set, &claim.meta.name, ordinal)).collect();
    let others = spec
        .volumes
        .iter()
        .filter(|volume| !volumes.iter().any(|claim| claim.name == volume.name));
    let others: Vec<Volume> = others.cloned().collect();
    volumes.extend(others);
    spec.volumes = volumes.into();
    pod
}

fn volume(set: &StatefulSet, template: &Str, ordinal: i32) -> Volume {
    Volume {
        name: template.clone(),
        persistent_volume_claim: Some(PersistentVolumeClaimVolumeSource {
            claim_name: claim_name(set, template, ordinal),
            ..PersistentVolumeClaimVolumeSource::default()
        }),
        ..Volume::default()
    }
}

/// Writes name and number into the labels of a pod.
// Models pkg/controller/statefulset/stateful_set_utils.go updateIdentity
pub(super) fn label(pod: &mut Pod, ordinal: i32) {
    let name = pod.meta.name.clone();
    pod.meta.set_label(POD_NAME, &name);
    pod.meta.set_label(POD_INDEX, &ordinal.to_string());
}

/// Whether a pod says who it is.
pub(super) fn is_labelled(pod: &Pod) -> bool {
    pod.meta.label(POD_NAME) == Some(&pod.meta.name)
}
