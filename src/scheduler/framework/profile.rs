//! How the plugins are set up.

use super::status::{PluginName, PluginSet};
use crate::api::Str;
use crate::api::core::{NodeAffinity, TopologySpreadConstraint};

/// The plugins in use and their arguments.
// Models pkg/scheduler/apis/config KubeSchedulerProfile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Profile {
    /// The plugins in use.
    pub plugins: PluginSet,
    /// Arguments of NodeResourcesFit.
    pub fit: FitArgs,
    /// Resources that NodeResourcesBalancedAllocation evens out.
    pub balanced: Vec<Str>,
    /// Node affinity added to that of every pod.
    pub added_affinity: Option<NodeAffinity>,
    /// Arguments of PodTopologySpread.
    pub spread: SpreadArgs,
    /// Arguments of InterPodAffinity.
    pub pod_affinity: PodAffinityArgs,
    /// Share of the nodes, in percent, on which preemption is tried.
    pub min_candidate_nodes_percentage: u32,
    /// Nodes on which preemption is tried at least.
    pub min_candidate_nodes_absolute: u32,
    /// Share of the nodes, in percent, that must be found fit before the search ends; 0 means by the number of nodes.
    pub percentage_of_nodes_to_score: u32,
}

/// Arguments of NodeResourcesFit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FitArgs {
    /// Resources that are not looked at.
    pub ignored_resources: Vec<Str>,
    /// Prefixes of resources that are not looked at.
    pub ignored_resource_groups: Vec<Str>,
    /// How nodes are scored.
    pub strategy: Strategy,
    /// The resources scored, each with its weight.
    pub resources: Vec<(Str, i64)>,
}

/// How NodeResourcesFit scores a resource of a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Strategy {
    /// The emptier the better.
    LeastAllocated,
    /// The fuller the better.
    MostAllocated,
    /// By a line through these points of use (percent) and score (0..=100).
    RequestedToCapacityRatio(Vec<(i64, i64)>),
}

/// Arguments of PodTopologySpread.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpreadArgs {
    /// Constraints of pods that have none of their own.
    pub default_constraints: Vec<TopologySpreadConstraint>,
    /// Whether the default constraints are the system's: then nodes without their labels count too.
    pub system_defaulted: bool,
}

/// Arguments of InterPodAffinity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PodAffinityArgs {
    /// The weight of an existing pod's required affinity in scores.
    pub hard_weight: i64,
    /// Whether preferences of existing pods do not count.
    pub ignore_preferred_of_existing: bool,
}

impl Default for Profile {
    /// Kubernetes' default profile.
    fn default() -> Self {
        Self {
            plugins: PluginSet::ALL,
            fit: FitArgs::default(),
            balanced: vec!["cpu".into(), "memory".into()],
            added_affinity: None,
            spread: SpreadArgs::default(),
            pod_affinity: PodAffinityArgs {
                hard_weight: 1,
                ignore_preferred_of_existing: false,
            },
            min_candidate_nodes_percentage: 10,
            min_candidate_nodes_absolute: 100,
            percentage_of_nodes_to_score: 0,
        }
    }
}

impl Default for FitArgs {
    fn default() -> Self {
        Self {
            ignored_resources: Vec::new(),
            ignored_resource_groups: Vec::new(),
            strategy: Strategy::LeastAllocated,
            resources: vec![("cpu".into(), 1), ("memory".into(), 1)],
        }
    }
}

impl Default for SpreadArgs {
    // Models pkg/scheduler/framework/plugins/podtopologyspread/plugin.go systemDefaultConstraints.
    fn default() -> Self {
        let soft = |key: &str, max_skew| TopologySpreadConstraint {
            topology_key: key.into(),
            when_unsatisfiable: "ScheduleAnyway".into(),
            max_skew,
            ..TopologySpreadConstraint::default()
        };
        Self {
            default_constraints: vec![
                soft("kubernetes.io/hostname", 3),
                soft("topology.kubernetes.io/zone", 5),
            ],
            system_defaulted: true,
        }
    }
}

/// The weight of a plugin's score in the total; 0 where it does not score.
// Models pkg/scheduler/apis/config/v1/default_plugins.go.
#[must_use]
pub const fn weight(plugin: PluginName) -> i64 {
    match plugin {
        PluginName::TaintToleration => 3,
        PluginName::NodeAffinity | PluginName::PodTopologySpread | PluginName::InterPodAffinity => 2,
        PluginName::NodeResourcesFit | PluginName::NodeResourcesBalancedAllocation | PluginName::ImageLocality => 1,
        _ => 0,
    }
}
