//! What a plugin says of a pod and a node.

use std::borrow::Cow;

/// A plugin by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PluginName {
    /// Holds back pods with gates.
    SchedulingGates,
    /// Cordoned nodes.
    NodeUnschedulable,
    /// The node a pod names.
    NodeName,
    /// Taints.
    TaintToleration,
    /// Node selectors and node affinity.
    NodeAffinity,
    /// Ports of the node.
    NodePorts,
    /// Resources.
    NodeResourcesFit,
    /// Disks and claims that one pod alone may use.
    VolumeRestrictions,
    /// Volumes that a node can attach.
    NodeVolumeLimits,
    /// Claims of the pod.
    VolumeBinding,
    /// Zones of volumes.
    VolumeZone,
    /// Spreading over places.
    PodTopologySpread,
    /// Affinity between pods.
    InterPodAffinity,
    /// Devices; only its sentence after a failed attempt is modelled.
    DynamicResources,
    /// Making room.
    DefaultPreemption,
    /// Even use of resources.
    NodeResourcesBalancedAllocation,
    /// Images at hand.
    ImageLocality,
}

/// All plugins, in the order in which they are asked.
// Models pkg/scheduler/apis/config/v1/default_plugins.go.
const NAMES: [(PluginName, &str); 17] = [
    (PluginName::SchedulingGates, "SchedulingGates"),
    (PluginName::NodeUnschedulable, "NodeUnschedulable"),
    (PluginName::NodeName, "NodeName"),
    (PluginName::TaintToleration, "TaintToleration"),
    (PluginName::NodeAffinity, "NodeAffinity"),
    (PluginName::NodePorts, "NodePorts"),
    (PluginName::NodeResourcesFit, "NodeResourcesFit"),
    (PluginName::VolumeRestrictions, "VolumeRestrictions"),
    (PluginName::NodeVolumeLimits, "NodeVolumeLimits"),
    (PluginName::VolumeBinding, "VolumeBinding"),
    (PluginName::VolumeZone, "VolumeZone"),
    (PluginName::PodTopologySpread, "PodTopologySpread"),
    (PluginName::InterPodAffinity, "InterPodAffinity"),
    (PluginName::DynamicResources, "DynamicResources"),
    (PluginName::DefaultPreemption, "DefaultPreemption"),
    (
        PluginName::NodeResourcesBalancedAllocation,
        "NodeResourcesBalancedAllocation",
    ),
    (PluginName::ImageLocality, "ImageLocality"),
];

impl PluginName {
    /// The name as Kubernetes writes it.
    #[must_use]
    pub fn text(self) -> &'static str {
        NAMES[self as usize].1
    }

    /// The plugin of that name.
    #[must_use]
    pub fn find(text: &str) -> Option<Self> {
        NAMES.iter().find(|(_, known)| *known == text).map(|(name, _)| *name)
    }

    /// All plugins in order.
    pub fn all() -> impl Iterator<Item = Self> {
        NAMES.iter().map(|(name, _)| *name)
    }
}

/// A set of plugins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct PluginSet(u32);

impl PluginSet {
    /// Every plugin.
    pub const ALL: Self = Self(u32::MAX);

    /// Adds a plugin.
    pub const fn insert(&mut self, name: PluginName) {
        self.0 |= 1 << name as u32;
    }

    /// Whether the plugin is in it.
    #[must_use]
    pub const fn has(self, name: PluginName) -> bool {
        self.0 & (1 << name as u32) != 0
    }

    /// Whether no plugin is in it.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }
}

impl FromIterator<PluginName> for PluginSet {
    fn from_iter<I: IntoIterator<Item = PluginName>>(names: I) -> Self {
        let mut set = Self::default();
        names.into_iter().for_each(|name| set.insert(name));
        set
    }
}

impl Extend<PluginName> for PluginSet {
    fn extend<I: IntoIterator<Item = PluginName>>(&mut self, names: I) {
        names.into_iter().for_each(|name| self.insert(name));
    }
}

/// Whether making room on a node could help.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Code {
    /// Fewer pods on the node might make the pod fit.
    Unschedulable,
    /// No change of the pods there would help.
    UnschedulableAndUnresolvable,
}

impl Code {
    /// The name as Kubernetes writes it.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::Unschedulable => "Unschedulable",
            Self::UnschedulableAndUnresolvable => "UnschedulableAndUnresolvable",
        }
    }
}

/// Why a plugin refuses a pod, on a node or altogether.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejection {
    /// Whether preemption could help.
    pub code: Code,
    /// Kubernetes' sentences.
    pub reasons: Vec<Cow<'static, str>>,
    /// Who refuses; none where nobody looked.
    pub plugin: Option<PluginName>,
}

impl Rejection {
    /// A refusal that preemption might overcome.
    #[must_use]
    pub fn unschedulable(reason: impl Into<Cow<'static, str>>) -> Self {
        Self {
            code: Code::Unschedulable,
            reasons: vec![reason.into()],
            plugin: None,
        }
    }

    /// A refusal for good.
    #[must_use]
    pub fn unresolvable(reason: impl Into<Cow<'static, str>>) -> Self {
        Self {
            code: Code::UnschedulableAndUnresolvable,
            reasons: vec![reason.into()],
            plugin: None,
        }
    }

    /// The same, said by `plugin`.
    #[must_use]
    pub fn by(mut self, plugin: PluginName) -> Self {
        self.plugin = Some(plugin);
        self
    }

    /// All reasons in one text.
    #[must_use]
    pub fn message(&self) -> String {
        self.reasons.join(", ")
    }
}

/// A node will do, or why it will not.
pub type Verdict = Result<(), Rejection>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_of_names_is_in_the_order_of_the_plugins() {
        for (index, (name, text)) in NAMES.iter().enumerate() {
            assert_eq!(*name as usize, index);
            assert_eq!(PluginName::find(text), Some(*name));
        }
    }
}
