//! Keeps the number of volumes on a node within what its CSI drivers can attach, as the node's CSINode says.
// Models pkg/scheduler/framework/plugins/nodevolumelimits/csi.go.

use std::rc::Rc;

use super::volume_binding::claim_names;
use crate::api::component_helpers::{csi_driver, csi_name};
use crate::api::core::Pod;
use crate::api::storage::{PersistentVolume, PersistentVolumeClaim, StorageClass, VolumeAttachment};
use crate::api::{Kind, Str};
use crate::apiserver::{ApiServer, Key};
use crate::scheduler::cache::{NodeInfo, PodInfo};
use crate::scheduler::framework::{
    Action, Filter, Handle, Interest, Plugin, PluginName, PreFilter, Rejection, Verdict,
};
use crate::sim::btree::{BTreeMap, BTreeSet};

/// The plugin.
pub(super) struct NodeVolumeLimits;

const CSI_NODE: Kind = Kind::named("storage.k8s.io", "CSINode");

/// A volume, or a claim that has none yet, with its driver.
type Attached = (Str, Str);

/// Nodes that would have too many volumes.
#[derive(Clone)]
struct Full(BTreeSet<Str>);

impl Plugin for NodeVolumeLimits {
    fn name(&self) -> PluginName {
        PluginName::NodeVolumeLimits
    }

    fn pre_filter(&self, handle: &mut Handle<'_>, pod: &Rc<PodInfo>) -> PreFilter {
        if handle.api.count(CSI_NODE) == 0 || claim_names(&pod.pod).next().is_none() {
            return PreFilter::Skip;
        }
        let new = volumes(handle.api, &pod.pod);
        let mut full = BTreeSet::new();
        for id in handle.cache.order().iter() {
            let node = handle.cache.node(*id);
            if is_full(handle.api, node, &new) {
                full.insert(node.name().clone());
            }
        }
        PreFilter::Filter(Box::new(Full(full)))
    }

    fn interests(&self) -> &'static [Interest] {
        const INTERESTS: &[Interest] = &[
            Interest::Pod(Action::DELETE),
            Interest::Node(Action::ADD),
            Interest::Storage(Action::ADD.or(Action::OTHER_UPDATE).or(Action::DELETE)),
        ];
        INTERESTS
    }
}

impl Filter for Full {
    fn filter(&self, node: &NodeInfo) -> Verdict {
        if self.0.contains(node.name()) {
            return Err(Rejection::unschedulable("node(s) exceed max volume count"));
        }
        Ok(())
    }

    fn fork(&self) -> Box<dyn Filter> {
        Box::new(self.clone())
    }
}

/// Whether a node would have more volumes of a driver than it can attach.
// Models csi.go Filter.
fn is_full(api: &ApiServer, node: &NodeInfo, new: &BTreeSet<Attached>) -> bool {
    let limits = limits(api, node.name());
    if limits.is_empty() {
        return false;
    }
    let mut there: BTreeSet<Attached> = node.pods().iter().flat_map(|pod| volumes(api, &pod.pod)).collect();
    for attachment in api
        .list::<VolumeAttachment>(None)
        .filter(|there| there.spec.node_name == *node.name())
    {
        if let Some(name) = &attachment.spec.source.persistent_volume_name {
            there.insert((name.clone(), attachment.spec.attacher.clone()));
        }
    }
    let count = |set: &mut dyn Iterator<Item = &Attached>, driver: &str| set.filter(|(_, of)| **of == *driver).count();
    limits.iter().any(|(driver, limit)| {
        let added = count(&mut new.difference(&there), driver);
        added > 0 && (count(&mut there.iter(), driver) + added) as u64 > *limit
    })
}

fn limits(api: &ApiServer, node: &str) -> BTreeMap<Str, u64> {
    let object = api.get_object(CSI_NODE, &Key::new("", node));
    let value = object.map(crate::api::Object::encode).unwrap_or_default();
    let drivers = value.pointer("/spec/drivers").and_then(|drivers| drivers.as_array());
    let limit = |driver: &serde_json::Value| {
        let count = driver.pointer("/allocatable/count")?.as_u64()?;
        Some((driver["name"].as_str()?.into(), count))
    };
    drivers.into_iter().flatten().filter_map(limit).collect()
}

/// The volumes of a pod that drivers attach.
// Models csi.go filterAttachableVolumes, getCSIDriverInfo, getCSIDriverInfoFromSC.
fn volumes(api: &ApiServer, pod: &Pod) -> BTreeSet<Attached> {
    let of_claim = |name: Str| {
        let claim = api.get::<PersistentVolumeClaim>(&pod.meta.namespace, &name)?;
        if let Some(volume) = api.get::<PersistentVolume>("", &claim.spec.volume_name) {
            return Some((volume.meta.name.clone(), csi_driver(volume)?.into()));
        }
        let class = api.get::<StorageClass>("", claim.class())?;
        let name = format!("{}/{name}", pod.meta.namespace);
        Some((name.into(), csi_name(&class.provisioner).into()))
    };
    claim_names(pod).filter_map(of_claim).collect()
}
