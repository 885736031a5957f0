//! Keeps pods apart that cannot have a disk or a claim at the same time.
// Models pkg/scheduler/framework/plugins/volumerestrictions/volume_restrictions.go.

use std::rc::Rc;

use serde_json::Value;

use super::volume_zone::claim_names;
use crate::api::Str;
use crate::api::core::{Pod, Volume};
use crate::api::storage::PersistentVolumeClaim;
use crate::scheduler::cache::{NodeInfo, PodInfo};
use crate::scheduler::framework::{
    Action, Filter, Handle, Interest, Plugin, PluginName, PreFilter, Rejection, Verdict,
};

/// The plugin.
pub(super) struct VolumeRestrictions;

/// What the pod must have for itself.
#[derive(Clone)]
struct Exclusive {
    pod: Rc<PodInfo>,
    /// Claims that one pod alone may use.
    claims: Vec<Str>,
    /// How many of them pods on nodes use.
    used: i64,
}

impl Plugin for VolumeRestrictions {
    fn name(&self) -> PluginName {
        PluginName::VolumeRestrictions
    }

    fn pre_filter(&self, handle: &mut Handle<'_>, pod: &Rc<PodInfo>) -> PreFilter {
        let mut claims = Vec::new();
        for name in claim_names(&pod.pod) {
            let namespace = &pod.pod.meta.namespace;
            let Some(claim) = handle.api.get::<PersistentVolumeClaim>(namespace, name) else {
                let why = format!("persistentvolumeclaim \"{name}\" not found");
                return PreFilter::Reject(Rejection::unresolvable(why));
            };
            if claim.spec.access_modes.iter().any(|mode| &**mode == "ReadWriteOncePod") {
                claims.push(name.clone());
            }
        }
        let mut exclusive = Exclusive {
            pod: pod.clone(),
            claims,
            used: 0,
        };
        if !exclusive.claims.is_empty() {
            for id in handle.cache.order().iter() {
                for other in handle.cache.node(*id).pods() {
                    exclusive.used += exclusive.count(other);
                }
            }
        }
        if exclusive.used == 0 && !pod.pod.spec.volumes.iter().any(|volume| disk(volume).is_some()) {
            return PreFilter::Skip;
        }
        PreFilter::Filter(Box::new(exclusive))
    }

    fn interests(&self) -> &'static [Interest] {
        const INTERESTS: &[Interest] = &[
            Interest::Pod(Action::DELETE),
            Interest::Node(Action::ADD),
            Interest::Storage(Action::ADD.or(Action::OTHER_UPDATE)),
        ];
        INTERESTS
    }
}

impl Exclusive {
    /// How many of the claims a pod uses.
    fn count(&self, other: &PodInfo) -> i64 {
        if other.pod.meta.namespace != self.pod.pod.meta.namespace || other.uid() == self.pod.uid() {
            return 0;
        }
        claim_names(&other.pod)
            .map(|name| i64::from(self.claims.contains(name)))
            .sum()
    }
}

impl Filter for Exclusive {
    fn filter(&self, node: &NodeInfo) -> Verdict {
        let mut others = node.pods().iter();
        if others.any(|other| share_a_disk(&self.pod.pod, &other.pod)) {
            return Err(Rejection::unschedulable("node(s) had no available disk"));
        }
        if self.used > 0 {
            return Err(Rejection::unschedulable(
                "node(s) unavailable due to PersistentVolumeClaim with ReadWriteOncePod access mode already in-use by \
                 another pod",
            ));
        }
        Ok(())
    }

    fn suppose(&mut self, pod: &PodInfo, _node: &NodeInfo, by: i64) {
        self.used += by * self.count(pod);
    }

    fn fork(&self) -> Box<dyn Filter> {
        Box::new(self.clone())
    }
}

/// Sources of disks that one pod alone can write, each with the field that names the disk, and whether readers may share.
const DISKS: [(&str, &str, bool); 4] = [
    ("gcePersistentDisk", "pdName", true),
    ("awsElasticBlockStore", "volumeID", false),
    ("iscsi", "iqn", true),
    ("rbd", "image", true),
];

fn disk(volume: &Volume) -> Option<(usize, &Value)> {
    let mut kinds = DISKS.iter().enumerate();
    kinds.find_map(|(index, (source, _, _))| Some((index, volume.rest.get(source)?)))
}

// Models volume_restrictions.go isVolumeConflict.
fn share_a_disk(pod: &Pod, other: &Pod) -> bool {
    let disks = |pod: &Pod| -> Vec<(usize, Value)> {
        let disks = pod.spec.volumes.iter().filter_map(disk);
        disks.map(|(index, source)| (index, source.clone())).collect()
    };
    let (own, theirs) = (disks(pod), disks(other));
    own.iter().any(|(kind, source)| {
        let (_, field, readers_share) = DISKS[*kind];
        theirs.iter().filter(|(other, _)| other == kind).any(|(_, there)| {
            let is_read = |source: &Value| source["readOnly"] == true;
            let same = source[field] == there[field] && (field != "image" || same_pool(source, there));
            same && !(readers_share && is_read(source) && is_read(there))
        })
    })
}

/// Whether two RBD images lie in one pool of one cluster.
fn same_pool(a: &Value, b: &Value) -> bool {
    let pool = |source: &Value| source["pool"].as_str().unwrap_or("rbd").to_owned();
    let monitors = |source: &Value| source["monitors"].as_array().cloned().unwrap_or_default();
    let theirs = monitors(b);
    pool(a) == pool(b) && monitors(a).iter().any(|one| theirs.contains(one))
}
