//! Which volume a claim gets, and from which nodes a volume can be reached.
// Models k8s.io/component-helpers/storage/volume/pv_helpers.go.

use std::cmp::Ordering;
use std::rc::Rc;

use super::NodeMatcher;
use crate::api::core::Node;
use crate::api::labels::Selector;
use crate::api::storage::{PersistentVolume, PersistentVolumeClaim};

/// Whether the volume can be reached from the node.
// Models CheckNodeAffinity.
#[must_use]
pub fn volume_fits_node(volume: &PersistentVolume, node: &Node) -> bool {
    let required = volume
        .spec
        .node_affinity
        .as_ref()
        .and_then(|there| there.required.as_ref());
    required.is_none_or(|terms| NodeMatcher::new(terms).matches(node))
}

/// Whether the volume can be used in all the ways that the claim asks for.
// Models CheckAccessModes.
#[must_use]
pub fn has_access_modes(volume: &PersistentVolume, claim: &PersistentVolumeClaim) -> bool {
    claim.spec.access_modes.iter().all(|mode| volume.has_mode(mode))
}

/// The volume for a claim: the one that is bound to it, else the smallest that fits.
///
/// For a `node` a volume must be within its reach. Without one, a claim that waits for its consumer (`waits`) gets no
/// volume but the one that is bound to it.
// Models FindMatchingVolume.
pub fn find_matching_volume<'a>(
    claim: &PersistentVolumeClaim,
    volumes: impl Iterator<Item = &'a Rc<PersistentVolume>>,
    node: Option<&Node>,
    waits: bool,
) -> Option<&'a Rc<PersistentVolume>> {
    let wanted = claim.request();
    // A claim whose selector has no meaning takes none.
    let selector = match claim.spec.selector.as_deref() {
        Some(selector) => Some(Selector::from_label_selector(Some(selector)).ok()?),
        None => None,
    };
    let mut best: Option<&Rc<PersistentVolume>> = None;
    for volume in volumes {
        let bound = volume.is_bound_to(claim);
        let attributes = |name: &Option<crate::api::Str>| name.clone().unwrap_or_default();
        if (volume.spec.claim_ref.is_some() && !bound)
            || volume.capacity().cmp(&wanted) == Ordering::Less
            || volume.is_block() != claim.is_block()
            || attributes(&volume.spec.volume_attributes_class_name)
                != attributes(&claim.spec.volume_attributes_class_name)
            || volume.meta.is_terminating()
        {
            continue;
        }
        let is_near = node.is_none_or(|node| volume_fits_node(volume, node));
        if bound {
            return is_near.then_some(volume);
        }
        let fits = (node.is_some() || !waits)
            && &*volume.status.phase == "Available"
            && selector
                .as_ref()
                .is_none_or(|selector| selector.matches(&volume.meta.labels))
            && volume.class() == claim.class()
            && is_near
            && (node.is_none() || has_access_modes(volume, claim));
        if fits && best.is_none_or(|best| best.capacity().cmp(&volume.capacity()) == Ordering::Greater) {
            best = Some(volume);
        }
    }
    best
}

/// In-tree plugins whose work a CSI driver does, with the source of a volume and the driver's name.
// Models k8s.io/csi-translation-lib/plugins.
const MIGRATED: [(&str, &str, &str); 7] = [
    ("kubernetes.io/aws-ebs", "awsElasticBlockStore", "ebs.csi.aws.com"),
    ("kubernetes.io/gce-pd", "gcePersistentDisk", "pd.csi.storage.gke.io"),
    ("kubernetes.io/azure-disk", "azureDisk", "disk.csi.azure.com"),
    ("kubernetes.io/azure-file", "azureFile", "file.csi.azure.com"),
    ("kubernetes.io/cinder", "cinder", "cinder.csi.openstack.org"),
    (
        "kubernetes.io/vsphere-volume",
        "vsphereVolume",
        "csi.vsphere.vmware.com",
    ),
    ("kubernetes.io/portworx-volume", "portworxVolume", "pxd.portworx.com"),
];

/// The provisioner that does the work of one, which is perhaps an in-tree plugin of old.
#[must_use]
pub fn csi_name(provisioner: &str) -> &str {
    let migrated = MIGRATED.iter().find(|(plugin, _, _)| *plugin == provisioner);
    migrated.map_or(provisioner, |(_, _, driver)| driver)
}

/// The CSI driver that sees to a volume, if one does.
#[must_use]
pub fn csi_driver(volume: &PersistentVolume) -> Option<&str> {
    if let Some(source) = &volume.spec.csi {
        return Some(&source.driver);
    }
    let migrated = MIGRATED
        .iter()
        .find(|(_, source, _)| volume.spec.rest.get(source).is_some());
    migrated.map(|(_, _, driver)| *driver)
}

/// Whether a driver serves files over the network, by its name: its volumes are in no zone, and no node attaches them.
#[must_use]
pub fn is_file_driver(driver: &str) -> bool {
    ["nfs", "file", "efs", "smb", "cephfs", "fsx", "s3"]
        .iter()
        .any(|part| driver.contains(part))
}

/// The name of the VolumeAttachment of a volume on a node: of these three alone, as upstream, where it is a SHA-256.
// Models pkg/volume/csi/csi_attacher.go getAttachmentName.
#[must_use]
pub fn attachment_name(volume: &str, driver: &str, node: &str) -> String {
    let mut stream = crate::sim::Stream::new(0, &[volume, driver, node]);
    let digits: String = (0..4).map(|_| format!("{:016x}", stream.next_u64())).collect();
    format!("csi-{digits}")
}
