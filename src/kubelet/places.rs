//! Where the data of a pod's volumes lies: with the pod, on its node, or with a storage system.
//!
//! What lies with the pod goes with it. A node's files are one tree, of which hostPath and local volumes show parts; they
//! stay until the machine goes. What lies with a storage system can be seen from every node and stays until it is deleted.

use serde_json::Value;

use super::runtime::VolumeId;
use crate::api::Str;
use crate::api::component_helpers::{attachment_name, csi_driver, is_file_driver};
use crate::api::core::{Pod, Volume};
use crate::api::storage::{PersistentVolume, PersistentVolumeClaim, VolumeAttachment};
use crate::api::{Kind, Object};
use crate::apiserver::{ApiServer, Key};

/// Where a volume's data lies.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Place {
    /// The tree.
    pub(super) id: VolumeId,
    /// The path of the volume's root in it.
    pub(super) path: Str,
    /// Other pods may see it.
    pub(super) is_shared: bool,
    /// Nobody can write there.
    pub(super) is_read_only: bool,
}

/// The tree of a node's files.
pub(super) fn node_tree(node: &str) -> VolumeId {
    VolumeId(format!("host/{node}").into())
}

/// The tree of a volume that is the pod's own.
pub(super) fn own_tree(pod: &Pod, volume: &str) -> VolumeId {
    VolumeId(format!("{}/{volume}", pod.meta.uid).into())
}

impl Place {
    fn shared(id: String, path: &str, is_read_only: bool) -> Self {
        Self {
            id: VolumeId(id.into()),
            path: path.into(),
            is_shared: true,
            is_read_only,
        }
    }

    /// Where the data of a pod's volume lies.
    pub(super) fn of(api: &ApiServer, pod: &Pod, volume: &Volume) -> Self {
        let own = |is_read_only| Self {
            id: own_tree(pod, &volume.name),
            path: "".into(),
            is_shared: false,
            is_read_only,
        };
        if let Some(source) = &volume.host_path {
            let id = node_tree(&pod.spec.node_name);
            return Self::shared(id.0.to_string(), &source.path, false);
        }
        if let Some(source) = &volume.nfs {
            return Self::shared(format!("nfs/{}", source.server), &source.path, source.read_only);
        }
        if let Some(name) = volume.claim_name(&pod.meta.name) {
            let read_only = volume
                .persistent_volume_claim
                .as_ref()
                .is_some_and(|claim| claim.read_only);
            let there = claimed(api, pod, &name).map(|volume| Self::of_volume(&volume, &pod.spec.node_name));
            return there.map_or_else(
                || own(read_only),
                |place| Self {
                    is_read_only: place.is_read_only || read_only,
                    ..place
                },
            );
        }
        if let Some((source, value)) = disk(volume) {
            return Self::shared(
                format!("disk/{source}/{}", unread(value)),
                "",
                value["readOnly"] == true,
            );
        }
        let writable =
            volume.empty_dir.is_some() || volume.rest.get("csi").is_some() || volume.rest.get("gitRepo").is_some();
        own(!writable)
    }

    /// Where the data of a PersistentVolume lies, seen from a node.
    pub(super) fn of_volume(volume: &PersistentVolume, node: &str) -> Self {
        let spec = &volume.spec;
        let on_node = spec.host_path.as_ref().map(|source| &source.path);
        if let Some(path) = on_node.or(spec.local.as_ref().map(|source| &source.path)) {
            return Self::shared(node_tree(node).0.to_string(), path, false);
        }
        if let Some(source) = &spec.nfs {
            return Self::shared(format!("nfs/{}", source.server), &source.path, source.read_only);
        }
        match &spec.csi {
            Some(source) => Self::shared(
                format!("csi/{}/{}", source.driver, source.volume_handle),
                "",
                source.read_only,
            ),
            None => Self::shared(format!("pv/{}", volume.meta.name), "", false),
        }
    }
}

/// A disk or a share that the pod names itself: the field and what it holds.
fn disk(volume: &Volume) -> Option<(&String, &Value)> {
    let others = ["projected", "downwardAPI", "csi", "gitRepo"];
    volume
        .rest
        .iter()
        .find(|(name, value)| value.is_object() && !others.contains(&name.as_str()))
}

/// What names a disk, without how it is used.
fn unread(source: &Value) -> String {
    let mut source = source.clone();
    if let Value::Object(map) = &mut source {
        map.remove("readOnly");
    }
    source.to_string()
}

/// The volume of a pod's claim, once it is bound.
pub(super) fn claimed(api: &ApiServer, pod: &Pod, claim: &str) -> Option<std::rc::Rc<PersistentVolume>> {
    let claim = api.get::<PersistentVolumeClaim>(&pod.meta.namespace, claim)?;
    let volume = api.get::<PersistentVolume>("", &claim.spec.volume_name);
    volume.filter(|_| claim.is_bound()).cloned()
}

const CSI_DRIVER: Kind = Kind::named("storage.k8s.io", "CSIDriver");

/// Whether a volume that has to be attached to the node is not.
pub(super) fn awaits_attach(api: &ApiServer, volume: &PersistentVolume, node: &str) -> bool {
    let Some(driver) = csi_driver(volume) else { return false };
    let object = api.get_object(CSI_DRIVER, &Key::new("", driver)).map(Object::encode);
    let told = object.and_then(|object| object.pointer("/spec/attachRequired")?.as_bool());
    if !told.unwrap_or(!is_file_driver(driver)) {
        return false;
    }
    let name = attachment_name(&volume.meta.name, driver, node);
    let there = api.get::<VolumeAttachment>("", &name);
    there.is_none_or(|there| !there.status.attached || there.meta.is_terminating())
}
