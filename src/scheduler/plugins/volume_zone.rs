//! Keeps pods in the zones of their volumes.
// Models pkg/scheduler/framework/plugins/volumezone/volume_zone.go.

use crate::sim::btree::BTreeSet;
use std::rc::Rc;

use crate::api::Str;
use crate::api::core::Pod;
use crate::api::storage::{PersistentVolume, PersistentVolumeClaim, StorageClass};
use crate::apiserver::ApiServer;
use crate::scheduler::cache::{NodeInfo, PodInfo};
use crate::scheduler::framework::{
    Action, Filter, Handle, Interest, Plugin, PluginName, PreFilter, Rejection, Verdict,
};

/// The plugin.
pub(super) struct VolumeZone;

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
        let claim = api.get::<PersistentVolumeClaim>(&pod.meta.namespace, name);
        let claim = claim.ok_or_else(|| format!("persistentvolumeclaim \"{name}\" not found"))?;
        let volume = &claim.spec.volume_name;
        if volume.is_empty() {
            wait_for_consumer(api, claim)?;
            continue;
        }
        let labels = &api
            .get::<PersistentVolume>("", volume)
            .ok_or_else(|| format!("persistentvolume \"{volume}\" not found"))?
            .meta
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
fn wait_for_consumer(api: &ApiServer, claim: &PersistentVolumeClaim) -> Result<(), String> {
    let class = claim.class();
    if class.is_empty() {
        return Err("PersistentVolumeClaim had no pv name and storageClass name".to_owned());
    }
    let object = api.get::<StorageClass>("", class);
    let object = object.ok_or_else(|| format!("storageclass.storage.k8s.io \"{class}\" not found"))?;
    match object.volume_binding_mode.as_deref() {
        None => Err(format!("VolumeBindingMode not set for StorageClass \"{class}\"")),
        Some("WaitForFirstConsumer") => Ok(()),
        Some(_) => Err("PersistentVolume had no name".to_owned()),
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
pub(super) fn claim_names(pod: &Pod) -> impl Iterator<Item = &Str> {
    let claims = pod.spec.volumes.iter();
    claims.filter_map(|volume| Some(&volume.persistent_volume_claim.as_ref()?.claim_name))
}
