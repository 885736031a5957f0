//! The plugins, one file each, in Kubernetes' order.

mod balanced_allocation;
mod image_locality;
mod inter_pod_affinity;
mod node_affinity;
mod node_name;
mod node_ports;
mod node_resources_fit;
mod node_unschedulable;
mod node_volume_limits;
mod pod_topology_spread;
mod resource_allocation;
mod taint_toleration;
pub(super) mod volume_binding;
mod volume_restrictions;
mod volume_zone;

use super::framework::{Plugin, PluginName};

/// All plugins that look at pods and nodes, in the order in which they are asked.
// Models pkg/scheduler/apis/config/v1/default_plugins.go.
pub const ALL: &[&dyn Plugin] = &[
    &node_unschedulable::NodeUnschedulable,
    &node_name::NodeName,
    &taint_toleration::TaintToleration,
    &node_affinity::NodeAffinity,
    &node_ports::NodePorts,
    &node_resources_fit::NodeResourcesFit,
    &volume_restrictions::VolumeRestrictions,
    &node_volume_limits::NodeVolumeLimits,
    &volume_binding::VolumeBinding,
    &volume_zone::VolumeZone,
    &pod_topology_spread::PodTopologySpread,
    &inter_pod_affinity::InterPodAffinity,
    &balanced_allocation::BalancedAllocation,
    &image_locality::ImageLocality,
];

/// The plugins that judge nodes, in the order in which they are asked.
pub const FILTERS: [PluginName; 12] = [
    PluginName::NodeUnschedulable,
    PluginName::NodeName,
    PluginName::TaintToleration,
    PluginName::NodeAffinity,
    PluginName::NodePorts,
    PluginName::NodeResourcesFit,
    PluginName::VolumeRestrictions,
    PluginName::NodeVolumeLimits,
    PluginName::VolumeBinding,
    PluginName::VolumeZone,
    PluginName::PodTopologySpread,
    PluginName::InterPodAffinity,
];
