//! Keeps pods in the zones of their volumes.
// Models pkg/scheduler/framework/plugins/volumezone/volume_zone.go.

use crate::sim::btree::BTreeSet;
use std::rc::Rc;

use serde_json::Value;

use crate::api::core::Pod;
use crate::api::{Kind, Str};
use crate::apiserver::{ApiServer, Key};
use crate::scheduler::cache::{NodeInfo, PodInfo};
use crate::scheduler::framework::{
    Action, Filter, Handle, Interest, Plugin, PluginName, PreFilter, Rejection, Verdict,
};

/// The plugin.
pub(super) struct VolumeZone;

/// Claims for volumes.
pub(in crate::scheduler) const CLAIM: Kind = Kind::named("", "PersistentVolumeClaim");
/// Volumes.
pub(in crate::scheduler) const VOLUME: Kind = Kind::named("", "PersistentVolume");
/// Classes of volumes.
pub(in crate::scheduler) const CLASS: Kind = Kind::named("storage.k8s.io", "StorageClass");

const BETA_ZONE: &str = "failure-domain.beta.kubernetes.io/zone";
const BETA_REGION: &str = "failure-domain.beta.kubernetes.io/region";
const ZONE: &str = "topology.kubernetes.io/zone";
const REGION: &str = "topology.kubernetes.io/region";
/// Labels that say where a volume is.
const TOPOLOGY_LABELS: [&str; 4] = [BETA_ZONE, BETA_REGION, ZONE, REGION];

/// Where the pod's volumes are.
#[derive(Clone)]
struct Places(Vec<Place>);

/// A label of a volume and the values that a node may have.
#[derive(Clone)]
struct Place {
    key: &'static str,
    values: BTreeSet<String>,
}

impl Plugin for VolumeZone {
    fn name(&self) -> PluginName {
        PluginName::VolumeZone
    }

    fn pre_filter(&self, handle: &mut Handle<'_>, pod: &Rc<PodInfo>) -> PreFilter {
        match places(handle.api, &pod.pod) {
            Err(why) => PreFilter::Reject(Rejection::unresolvable(why)),
            Ok(places) if places.is_empty() => PreFilter::Skip,
            Ok(places) => PreFilter::Filter(Box::new(Places(places))),
        }
    }

    fn interests(&self) -> &'static [Interest] {
        const INTERESTS: &[Interest] = &[
            Interest::Storage(Action::ADD.or(Action::OTHER_UPDATE)),
            Interest::Node(Action::ADD.or(Action::NODE_LABEL)),
        ];
        INTERESTS
    }
}

impl Filter for Places {
    fn filter(&self, node: &NodeInfo) -> Verdict {
        let labels = &node.node().meta.labels;
        if !TOPOLOGY_LABELS.iter().any(|key| labels.contains_key(*key)) {
            return Ok(());
        }
        let fits = |place: &Place| {
            let value = labels.get(place.key).or_else(|| labels.get(current_label(place.key)));
            value.is_some_and(|value| place.values.contains(&**value))
        };
        if self.0.iter().all(fits) {
            return Ok(());
        }
        Err(Rejection::unresolvable("node(s) had no available volume zone"))
    }

    fn fork(&self) -> Box<dyn Filter> {
        Box::new(self.clone())
    }
}

/// The label that took the place of a beta label.
fn current_label(key: &str) -> &str {
    match key {
        BETA_ZONE => ZONE,
        BETA_REGION => REGION,
        other => other,
    }
}

/// Where the pod's volumes are.
// Models volumezone getPVbyPod.
fn places(api: &ApiServer, pod: &Pod) -> Result<Vec<Place>, String> {
    let mut places = Vec::new();
    for name in claim_names(pod) {
        if name.is_empty() {
            return Err("PersistentVolumeClaim had no name".to_owned());
        }
        let claim = get_claim(api, &pod.meta.namespace, &name);
        let claim = claim.ok_or_else(|| format!("persistentvolumeclaim \"{name}\" not found"))?;
        let volume = text(&claim, "/spec/volumeName");
        if volume.is_empty() {
            wait_for_consumer(api, &claim)?;
            continue;
        }
        let object = api.get_object(VOLUME, &Key::new("", volume));
        let labels = &object
            .ok_or_else(|| format!("persistentvolume \"{volume}\" not found"))?
            .meta()
            .labels;
        places.extend(TOPOLOGY_LABELS.iter().filter_map(|key| {
            Some(Place {
                key,
                values: zones(labels.get(*key)?)?,
            })
        }));
    }
    Ok(places)
}

/// Whether a claim without a volume is right to wait for a pod.
fn wait_for_consumer(api: &ApiServer, claim: &Value) -> Result<(), String> {
    let class = class_of(claim);
    if class.is_empty() {
        return Err("PersistentVolumeClaim had no pv name and storageClass name".to_owned());
    }
    let object = api.get_object(CLASS, &Key::new("", class));
    let object = object
        .ok_or_else(|| format!("storageclass.storage.k8s.io \"{class}\" not found"))?
        .encode();
    match text(&object, "/volumeBindingMode") {
        "" => Err(format!("VolumeBindingMode not set for StorageClass \"{class}\"")),
        "WaitForFirstConsumer" => Ok(()),
        _ => Err("PersistentVolume had no name".to_owned()),
    }
}

/// The zones of a label, which may name several; none where it cannot be read.
// Models k8s.io/cloud-provider/volume/helpers/zones.go LabelZonesToSet.
fn zones(label: &str) -> Option<BTreeSet<String>> {
    label
        .split("__")
        .map(|zone| Some(zone.trim().to_owned()).filter(|zone| !zone.is_empty()))
        .collect()
}

/// The claims that the pod names.
pub(super) fn claim_names(pod: &Pod) -> Vec<Str> {
    let claims = pod
        .spec
        .volumes
        .iter()
        .filter_map(|volume| volume.persistent_volume_claim.as_ref());
    claims.map(|claim| claim.claim_name.clone()).collect()
}

/// A claim in its JSON form.
pub(super) fn get_claim(api: &ApiServer, namespace: &str, name: &str) -> Option<Value> {
    api.get_object(CLAIM, &Key::new(namespace, name))
        .map(crate::api::Object::encode)
}

/// Whether the claim's class waits for a pod before it binds.
// Models k8s.io/component-helpers/storage/volume IsDelayBindingMode.
pub(super) fn is_delayed(api: &ApiServer, claim: &Value) -> bool {
    let object = api.get_object(CLASS, &Key::new("", class_of(claim)));
    object.is_some_and(|class| text(&class.encode(), "/volumeBindingMode") == "WaitForFirstConsumer")
}

/// The class of a claim.
// Models k8s.io/component-helpers/storage/volume GetPersistentVolumeClaimClass.
fn class_of(claim: &Value) -> &str {
    let annotation = claim.pointer("/metadata/annotations/volume.beta.kubernetes.io~1storage-class");
    annotation
        .and_then(Value::as_str)
        .unwrap_or_else(|| text(claim, "/spec/storageClassName"))
}

/// A text in a JSON object; empty where it is absent.
pub(super) fn text<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}
