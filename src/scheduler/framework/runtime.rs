//! Runs the plugins on a pod and its nodes.

use crate::sim::Arrange;
use crate::sim::btree::BTreeSet;
use std::borrow::Cow;
use std::rc::Rc;

use super::nominations::Nominations;
use super::plugin::{Filter, Handle, Plugin, PreFilter};
use super::profile::weight;
use super::status::{Code, PluginName, PluginSet, Rejection, Verdict};
use crate::api::Str;
use crate::scheduler::cache::{NodeInfo, PodInfo};

/// The filters that have something to say about a pod.
pub struct Filters {
    filters: Vec<(PluginName, Box<dyn Filter>)>,
}

/// A pod that no plugin refused outright.
pub struct PreFiltered {
    /// What to judge nodes by.
    pub filters: Filters,
    /// The only nodes that can do, where plugins narrowed them down.
    pub nodes: Option<BTreeSet<Str>>,
    /// The plugins that narrowed them down.
    pub narrowed_by: PluginSet,
}

/// Scores of nodes by plugin.
#[derive(Clone, Debug, Default)]
pub struct Scores {
    /// What each plugin gave.
    pub plugins: Vec<PluginScores>,
    /// The weighted sum by node.
    pub totals: Vec<i64>,
}

/// Scores of one plugin, by node.
#[derive(Clone, Debug)]
pub struct PluginScores {
    /// The plugin.
    pub plugin: PluginName,
    /// Before normalisation.
    pub raw: Vec<i64>,
    /// 0..=100.
    pub normalised: Vec<i64>,
}

/// Lets all plugins look at the pod.
///
/// # Errors
/// The refusal of a plugin, or that no node is left.
// Models pkg/scheduler/framework/runtime/framework.go RunPreFilterPlugins.
pub fn pre_filter(
    plugins: &[&dyn Plugin],
    handle: &mut Handle<'_>,
    pod: &Rc<PodInfo>,
) -> Result<PreFiltered, Rejection> {
    let mut filters = Vec::new();
    let mut nodes: Option<BTreeSet<Str>> = None;
    let mut narrowed_by = PluginSet::default();
    let mut refused = None;
    for plugin in plugins {
        let name = plugin.name();
        if !handle.profile.plugins.has(name) {
            continue;
        }
        match plugin.pre_filter(handle, pod) {
            PreFilter::Skip => {}
            PreFilter::Reject(rejection) if rejection.code == Code::UnschedulableAndUnresolvable => {
                return Err(rejection.by(name));
            }
            PreFilter::Reject(rejection) => refused = Some(rejection.by(name)),
            PreFilter::Filter(filter) => filters.push((name, filter)),
            PreFilter::Narrow(only, filter) => {
                filters.push((name, filter));
                narrowed_by.insert(name);
                let left: BTreeSet<Str> = match nodes {
                    Some(before) => before.intersection(&only).cloned().collect(),
                    None => only,
                };
                if left.is_empty() {
                    return Err(nothing_left(narrowed_by));
                }
                nodes = Some(left);
            }
        }
    }
    match refused {
        Some(rejection) => Err(rejection),
        None => Ok(PreFiltered {
            filters: Filters { filters },
            nodes,
            narrowed_by,
        }),
    }
}

fn nothing_left(narrowed_by: PluginSet) -> Rejection {
    let names = names(narrowed_by);
    Rejection::unresolvable(match names.as_slice() {
        [one] => format!("node(s) didn't satisfy plugin {one}"),
        _ => format!("node(s) didn't satisfy plugin(s) [{}] simultaneously", names.join(" ")),
    })
}

/// What the nodes hear that plugins ruled out before looking at any.
#[must_use]
pub fn narrowed_out(narrowed_by: PluginSet) -> Rejection {
    Rejection::unresolvable(format!(
        "node(s) didn't satisfy plugin(s) [{}]",
        names(narrowed_by).join(" ")
    ))
}

fn names(set: PluginSet) -> Vec<&'static str> {
    let mut names: Vec<_> = PluginName::all()
        .filter(|name| set.has(*name))
        .map(PluginName::text)
        .collect();
    names.arrange();
    names
}

impl Filters {
    /// Judges a node: the first refusal decides.
    ///
    /// # Errors
    /// Why the node will not do.
    // Models pkg/scheduler/framework/runtime/framework.go RunFilterPlugins.
    pub fn run(&self, node: &NodeInfo) -> Verdict {
        for (name, filter) in &self.filters {
            filter.filter(node).map_err(|rejection| rejection.by(*name))?;
        }
        Ok(())
    }

    /// The verdict of every filter on a node.
    pub fn run_all(&self, node: &NodeInfo) -> impl Iterator<Item = (PluginName, Verdict)> {
        self.filters.iter().map(|(name, filter)| (*name, filter.filter(node)))
    }

    /// Judges a node with and without the pods of at least the same priority to which it is promised.
    ///
    /// # Errors
    /// Why the node will not do.
    // Models pkg/scheduler/framework/runtime/framework.go RunFilterPluginsWithNominatedPods.
    pub fn run_with_nominated(&self, pod: &PodInfo, node: &NodeInfo, nominations: &Nominations) -> Verdict {
        if !nominations.is_empty() {
            let promised = nominations.on(node.name());
            let ahead = promised
                .iter()
                .filter(|other| other.priority() >= pod.priority() && other.uid() != pod.uid());
            let ahead: Vec<_> = ahead.cloned().collect();
            if !ahead.is_empty() {
                let (mut filters, mut crowded) = (self.fork(), node.clone());
                for other in ahead {
                    filters.suppose(&other, &crowded, 1);
                    crowded.add_pod(other);
                }
                filters.run(&crowded)?;
            }
        }
        self.run(node)
    }

    /// Supposes that a pod came to the node (`by` 1) or left it (-1).
    pub fn suppose(&mut self, pod: &PodInfo, node: &NodeInfo, by: i64) {
        for (_, filter) in &mut self.filters {
            filter.suppose(pod, node, by);
        }
    }

    /// A copy to suppose things on.
    #[must_use]
    pub fn fork(&self) -> Self {
        Self {
            filters: self
                .filters
                .iter()
                .map(|(name, filter)| (*name, filter.fork()))
                .collect(),
        }
    }
}

/// Scores the nodes.
// Models pkg/scheduler/framework/runtime/framework.go RunPreScorePlugins and RunScorePlugins.
pub fn score(plugins: &[&dyn Plugin], handle: &mut Handle<'_>, pod: &Rc<PodInfo>, nodes: &[u32]) -> Scores {
    let mut scores = Scores {
        plugins: Vec::new(),
        totals: vec![0; nodes.len()],
    };
    for plugin in plugins {
        if !handle.profile.plugins.has(plugin.name()) {
            continue;
        }
        let Some(scorer) = plugin.pre_score(handle, pod, nodes) else {
            continue;
        };
        let raw: Vec<i64> = nodes.iter().map(|id| scorer.score(handle.cache.node(*id))).collect();
        let mut normalised = raw.clone();
        scorer.normalise(nodes, &mut normalised);
        let weight = weight(plugin.name());
        for (total, score) in scores.totals.iter_mut().zip(&normalised) {
            *total += weight * score;
        }
        scores.plugins.push(PluginScores {
            plugin: plugin.name(),
            raw,
            normalised,
        });
    }
    scores
}

/// The sentence about nodes that all refuse a pod.
///
/// `explicit` are the nodes that were looked at; `absent` is what the others, of `total` in all, say.
// Models pkg/scheduler/framework/types.go FitError.Error.
pub fn fit_error<'a>(
    total: usize,
    pre_filter: Option<&Rejection>,
    explicit: impl Iterator<Item = &'a Rejection>,
    absent: Option<&'a Rejection>,
) -> String {
    let mut message = format!("0/{total} nodes are available:");
    if let Some(rejection) = pre_filter.filter(|rejection| !rejection.message().is_empty()) {
        message.push_str(&format!(" {}.", rejection.message()));
        return message;
    }
    let mut histogram: Vec<(&str, usize)> = Vec::new();
    let mut note = |reasons: &'a [Cow<'static, str>], times| {
        for reason in reasons {
            match histogram.iter_mut().find(|(known, _)| *known == &**reason) {
                Some((_, count)) => *count += times,
                None => histogram.push((reason, times)),
            }
        }
    };
    let mut looked_at = 0;
    for rejection in explicit {
        looked_at += 1;
        note(&rejection.reasons, 1);
    }
    if let Some(absent) = absent.filter(|_| looked_at < total) {
        note(&absent.reasons, total - looked_at);
    }
    let mut parts: Vec<String> = histogram
        .iter()
        .map(|(reason, count)| format!("{count} {reason}"))
        .collect();
    parts.arrange();
    if !parts.is_empty() {
        message.push_str(&format!(" {}.", parts.join(", ")));
    }
    message
}
