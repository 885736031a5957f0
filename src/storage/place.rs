//! Where a driver makes a volume: on a node, in a zone, or anywhere.
// Models kubernetes-csi/external-provisioner/pkg/controller/topology.go.

use std::rc::Rc;

use crate::api::Str;
use crate::api::component_helpers::is_file_driver;
use crate::api::core::{Node, NodeSelector, NodeSelectorRequirement, NodeSelectorTerm};
use crate::api::storage::{PersistentVolumeClaim, StorageClass, VolumeNodeAffinity};
use crate::apiserver::ApiServer;
use crate::sim::btree::BTreeSet;

const ZONE: &str = "topology.kubernetes.io/zone";
const HOSTNAME: &str = "kubernetes.io/hostname";
const LOCAL_PATH: &str = "rancher.io/local-path";

/// From where the volume can be reached.
#[derive(Debug, Default)]
pub(super) struct Place {
    pub(super) affinity: Option<VolumeNodeAffinity>,
}

/// Chooses a place for the volume of a claim: that of the node which the scheduler chose, else any that the class allows.
///
/// # Errors
/// Why there is none.
pub(super) fn choose(
    api: &ApiServer,
    driver: &str,
    class: &StorageClass,
    claim: &PersistentVolumeClaim,
    selected: Option<&Str>,
) -> Result<Place, String> {
    let node = match selected {
        Some(name) => Some(
            api.get::<Node>("", name)
                .ok_or_else(|| format!("error getting selected node \"{name}\""))?,
        ),
        None => None,
    };
    if driver == LOCAL_PATH {
        if claim
            .spec
            .access_modes
            .iter()
            .any(|mode| !mode.starts_with("ReadWriteOnce"))
        {
            return Err("NodePath only supports ReadWriteOnce and ReadWriteOncePod (1.22+) access modes".to_owned());
        }
        let node = node.ok_or("configuration error, no node was specified")?;
        let value = node.meta.label(HOSTNAME).unwrap_or(&node.meta.name);
        return Ok(within(HOSTNAME, value));
    }
    if is_file_driver(driver) {
        return Ok(Place::default());
    }
    if let Some(node) = node {
        return Ok(node
            .meta
            .label(ZONE)
            .map_or_else(Place::default, |zone| within(ZONE, zone)));
    }
    let zones: BTreeSet<&Str> = api
        .list::<Node>(None)
        .filter_map(|node| node.meta.label(ZONE))
        .collect();
    if zones.is_empty() {
        return Ok(Place::default());
    }
    let zones: Vec<&Str> = zones.into_iter().filter(|zone| is_allowed(class, zone)).collect();
    if zones.is_empty() {
        return Err("error generating accessibility requirements: no available topology found".to_owned());
    }
    // Claims of one set spread over the zones by their numbers.
    let spread = spread_of(&claim.meta.name);
    let index = usize::try_from(spread % zones.len() as u64).unwrap_or_default();
    Ok(within(ZONE, zones[index]))
}

fn is_allowed(class: &StorageClass, zone: &str) -> bool {
    let allows = |term: &crate::api::storage::TopologySelectorTerm| {
        let mut of_zones = term
            .match_label_expressions
            .iter()
            .filter(|part| part.key.ends_with("/zone"));
        of_zones.all(|part| part.values.iter().any(|value| **value == *zone))
    };
    class.allowed_topologies.is_empty() || class.allowed_topologies.iter().any(allows)
}

/// The number at the end of a claim's name and the hash of the rest: claims of one set get zones in turn.
fn spread_of(name: &str) -> u64 {
    let (stem, number) = name.rsplit_once('-').unwrap_or((name, ""));
    let (stem, number) = number.parse::<u64>().map_or((name, 0), |number| (stem, number));
    let hash = stem
        .bytes()
        .fold(0_u64, |hash, byte| hash.wrapping_mul(31).wrapping_add(u64::from(byte)));
    hash.wrapping_add(number)
}

fn within(key: &str, value: &Str) -> Place {
    let requirement = NodeSelectorRequirement {
        key: key.into(),
        operator: "In".into(),
        values: [value.clone()].into(),
        ..NodeSelectorRequirement::default()
    };
    let term = NodeSelectorTerm {
        match_expressions: [requirement].into(),
        ..NodeSelectorTerm::default()
    };
    let selector = NodeSelector {
        node_selector_terms: Rc::new([term]),
        ..NodeSelector::default()
    };
    Place {
        affinity: Some(VolumeNodeAffinity {
            required: Some(selector),
            ..VolumeNodeAffinity::default()
        }),
    }
}
