//! Why a pod is where it is, or why it is nowhere: the verdicts and scores of an attempt, kept or worked out anew.

use crate::sim::btree::BTreeMap;
use std::borrow::Cow;
use std::collections::VecDeque;
use std::rc::Rc;

use super::attempt::Attempt;
use super::cache::{Cache, PodInfo};
use super::framework::{Code, PluginName, Rejection, Verdict, weight};
use crate::api::Str;
use crate::api::core::Pod;
use crate::apiserver::Key;
use crate::sim::{Arrange, SimTime, Stream};

/// An attempt to place a pod.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// The pod.
    pub pod: Key,
    /// When it was tried.
    pub at: SimTime,
    /// The nodes: those that would do, best first, then those that would not.
    pub nodes: Vec<NodeExplanation>,
    /// How many more nodes there are, for which nothing is kept.
    pub left_out: u32,
    /// The node chosen.
    pub chosen: Option<Str>,
    /// The node on which room is being made.
    pub nominated: Option<Str>,
    /// The pods that have to go for it.
    pub victims: Vec<Key>,
    /// The sentence of the event.
    pub message: Str,
}

/// A node in an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeExplanation {
    /// Its name.
    pub node: Str,
    /// What filters said: all of them in an explanation worked out anew, the deciding one in one that was kept.
    pub filters: Vec<FilterVerdict>,
    /// The filter that decided against the node: the first that refused.
    pub decided_by: Option<PluginName>,
    /// What plugins gave it; empty where it will not do or is the only one that will.
    pub scores: Vec<PluginScore>,
    /// The weighted sum; none where it will not do.
    pub total: Option<i64>,
}

/// What a filter said of a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FilterVerdict {
    /// The filter.
    pub plugin: PluginName,
    /// Whether the node will do.
    pub passed: bool,
    /// Kubernetes' reasons where it will not.
    pub reasons: Vec<Cow<'static, str>>,
    /// Whether fewer pods on the node might help.
    pub resolvable: bool,
}

/// What a plugin gave a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PluginScore {
    /// The plugin.
    pub plugin: PluginName,
    /// Before normalisation.
    pub raw: i64,
    /// 0..=100.
    pub normalised: i64,
    /// Times the plugin's weight.
    pub weighted: i64,
}

impl FilterVerdict {
    /// The verdict of `plugin`.
    #[must_use]
    pub fn new((plugin, verdict): (PluginName, Verdict)) -> Self {
        match verdict {
            Ok(()) => Self {
                plugin,
                passed: true,
                reasons: Vec::new(),
                resolvable: false,
            },
            Err(rejection) => Self::refusal(plugin, &rejection),
        }
    }

    pub(super) fn refusal(plugin: PluginName, rejection: &Rejection) -> Self {
        let resolvable = rejection.code == Code::Unschedulable;
        Self {
            plugin,
            passed: false,
            reasons: rejection.reasons.clone(),
            resolvable,
        }
    }
}

impl Explanation {
    /// What an attempt showed, of at most `kept` nodes.
    #[must_use]
    pub(super) fn of(cache: &Cache, pod: &Pod, at: SimTime, attempt: &Attempt, kept: usize) -> Self {
        let mut places: Vec<usize> = (0..attempt.feasible.len()).collect();
        let by_total = |place: &usize| (-attempt.scores.totals.get(*place).copied().unwrap_or_default(), *place);
        if places.len() > kept {
            places.select_nth_unstable_by_key(kept, by_total);
            places.truncate(kept);
        }
        places.arrange_by_key(by_total);
        let mut nodes: Vec<_> = places.iter().map(|place| scored(cache, attempt, *place)).collect();
        let room = kept.saturating_sub(nodes.len());
        nodes.extend(
            attempt
                .rejected
                .iter()
                .take(room)
                .map(|(id, rejection)| refused(cache, *id, rejection)),
        );
        Self {
            pod: Key {
                namespace: pod.meta.namespace.clone(),
                name: pod.meta.name.clone(),
            },
            at,
            left_out: attempt
                .total
                .saturating_sub(u32::try_from(nodes.len()).unwrap_or(u32::MAX)),
            nodes,
            chosen: None,
            nominated: None,
            victims: Vec::new(),
            message: Str::default(),
        }
    }
}

fn scored(cache: &Cache, attempt: &Attempt, place: usize) -> NodeExplanation {
    let scores = attempt.scores.plugins.iter().map(|scores| PluginScore {
        plugin: scores.plugin,
        raw: scores.raw[place],
        normalised: scores.normalised[place],
        weighted: scores.normalised[place] * weight(scores.plugin),
    });
    NodeExplanation {
        node: cache.node(attempt.feasible[place]).name().clone(),
        filters: Vec::new(),
        decided_by: None,
        scores: scores.collect(),
        total: attempt.scores.totals.get(place).copied(),
    }
}

fn refused(cache: &Cache, id: u32, rejection: &Rejection) -> NodeExplanation {
    let filters = rejection.plugin.map(|plugin| FilterVerdict::refusal(plugin, rejection));
    NodeExplanation {
        node: cache.node(id).name().clone(),
        filters: filters.into_iter().collect(),
        decided_by: rejection.plugin,
        scores: Vec::new(),
        total: None,
    }
}

/// Explanations that are kept.
#[derive(Clone, Debug, Default)]
pub(super) struct Explanations {
    /// By the pod's uid.
    by_uid: BTreeMap<Str, Rc<Explanation>>,
    /// The pods in the order in which their explanations came, oldest first; some may be gone.
    order: VecDeque<Str>,
}

/// How many explanations are kept.
const KEPT_MAX: usize = 4096;
/// Of how many nodes an explanation tells.
pub(super) const NODES_MAX: usize = 16;

impl Explanations {
    pub(super) fn get(&self, uid: &str) -> Option<&Rc<Explanation>> {
        self.by_uid.get(uid)
    }

    pub(super) fn keep(&mut self, uid: &Str, explanation: Explanation) {
        if self.by_uid.insert(uid.clone(), Rc::new(explanation)).is_none() {
            self.order.push_back(uid.clone());
        }
        while self.order.len() > KEPT_MAX {
            if let Some(oldest) = self.order.pop_front() {
                self.by_uid.remove(&oldest);
            }
        }
    }

    pub(super) fn forget(&mut self, uid: &str) {
        self.by_uid.remove(uid);
    }
}

/// What is said of a cluster without nodes.
// Models pkg/scheduler/schedule_one.go ErrNoNodesAvailable.
pub(super) const NO_NODES: &str = "no nodes available to schedule pods";

/// A sentence and what plugins add to it.
pub(super) fn join(message: &str, more: &str) -> String {
    if more.is_empty() {
        message.to_owned()
    } else {
        format!("{message} {more}")
    }
}

pub(super) fn key_of(pod: &Rc<PodInfo>) -> Key {
    Key {
        namespace: pod.pod.meta.namespace.clone(),
        name: pod.pod.meta.name.clone(),
    }
}

/// The lots of one attempt to place a pod.
pub(super) fn lots(seed: u64, pod: &PodInfo, attempt: u32) -> Stream {
    let meta = &pod.pod.meta;
    Stream::new(
        seed,
        &[
            "default-scheduler",
            &format!("{}/{}", meta.namespace, meta.name),
            &format!("attempt {attempt}"),
        ],
    )
}
