//! Makes room for a pod that fits nowhere by choosing pods of lower priority to go.
// Models pkg/scheduler/framework/preemption and pkg/scheduler/framework/plugins/defaultpreemption.

mod budgets;
mod candidates;
mod victims;

use std::rc::Rc;

pub use budgets::{Budget, list_budgets};
pub use candidates::Candidate;

use super::attempt::Attempt;
use super::cache::{NodeInfo, PodInfo};
use super::framework::{Code, Handle, Nominations, PluginName, Rejection, fit_error};
use crate::api::Str;
use crate::api::core::Pod;
use crate::sim::Stream;
use candidates::{dry_run, pick};
use victims::is_preemptible;

/// What plugins did about a pod that fits nowhere.
#[derive(Clone, Debug, Default)]
pub struct PostFilter {
    /// What they say, for the end of the sentence; empty where room is being made.
    pub message: String,
    /// What becomes of the promise of a node.
    pub promise: Promise,
    /// The node that is chosen and the pods that have to go from it.
    pub candidate: Option<Candidate>,
}

/// What becomes of the node that a pod was promised.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Promise {
    /// It stays as it is.
    #[default]
    Keep,
    /// It is taken back.
    Clear,
    /// It is this one.
    Node(Str),
}

/// What the plugin for devices says of a pod that has none to give back.
// Models pkg/scheduler/framework/plugins/dynamicresources PostFilter.
const NO_NEW_CLAIMS: &str = "no new claims to deallocate";
/// What it says where it was not asked before the filters.
// Models k8s.io/kube-scheduler/framework ErrNotFound.
const NO_STATE: &str = "not found";

/// Lets plugins do something about a pod that fits nowhere.
// Models pkg/scheduler/framework/runtime/framework.go RunPostFilterPlugins.
pub fn post_filter(
    handle: &mut Handle<'_>,
    pod: &Rc<PodInfo>,
    attempt: &Attempt,
    nominations: &Nominations,
    lots: &mut Stream,
) -> PostFilter {
    let mut reasons = Vec::new();
    let devices = handle.profile.plugins.has(PluginName::DynamicResources);
    if devices && attempt.pre_filter.is_some() {
        // The plugin for devices looks for what it noted before the filters, to which it did not come.
        return PostFilter {
            message: NO_STATE.to_owned(),
            promise: Promise::Keep,
            candidate: None,
        };
    }
    if devices {
        reasons.push(NO_NEW_CLAIMS.to_owned());
    }
    let mut result = PostFilter::default();
    if handle.profile.plugins.has(PluginName::DefaultPreemption) {
        match preempt(handle, pod, attempt, nominations, lots) {
            Ok(candidate) => {
                let promise = Promise::Node(candidate.node.clone());
                return PostFilter {
                    message: String::new(),
                    promise,
                    candidate: Some(candidate),
                };
            }
            Err((why, promise)) => {
                reasons.push(format!("preemption: {why}"));
                result.promise = promise;
            }
        }
    }
    result.message = reasons.join(", ");
    result
}

/// The best node and the pods that have to go, or why there is none.
// Models preemption.go Preempt.
fn preempt(
    handle: &mut Handle<'_>,
    pod: &Rc<PodInfo>,
    attempt: &Attempt,
    nominations: &Nominations,
    lots: &mut Stream,
) -> Result<Candidate, (String, Promise)> {
    if let Some(why) = not_eligible(handle, pod, attempt) {
        return Err((why.to_owned(), Promise::Keep));
    }
    let (mut candidates, refused) = dry_run(handle, pod, attempt, nominations, lots);
    if candidates.is_empty() {
        let absent = Rejection::unresolvable("Preemption is not helpful for scheduling");
        let why = fit_error(
            attempt.total as usize,
            None,
            refused.iter().map(|(_, rejection)| rejection),
            Some(&absent),
        );
        return Err((why, Promise::Clear));
    }
    let best = pick(&candidates);
    let lot = if best.len() > 1 {
        lots.below(best.len() as u64)
    } else {
        0
    };
    let place = usize::try_from(lot)
        .ok()
        .and_then(|lot| best.get(lot))
        .copied()
        .unwrap_or_default();
    Ok(candidates.swap_remove(place))
}

/// All candidates of a dry run and the places among them of the best, for tests and explanations.
pub fn candidates(
    handle: &mut Handle<'_>,
    pod: &Rc<PodInfo>,
    attempt: &Attempt,
    lots: &mut Stream,
) -> (Vec<Candidate>, Vec<usize>) {
    let (candidates, _) = dry_run(handle, pod, attempt, &Nominations::default(), lots);
    let best = pick(&candidates);
    (candidates, best)
}

/// Why the pod may not preempt now.
// Models defaultpreemption PodEligibleToPreemptOthers.
fn not_eligible(handle: &Handle<'_>, pod: &PodInfo, attempt: &Attempt) -> Option<&'static str> {
    if pod.pod.spec.preemption_policy.as_deref() == Some("Never") {
        return Some("not eligible due to preemptionPolicy=Never.");
    }
    let node = handle.cache.id_of(&pod.pod.status.nominated_node_name)?;
    if attempt.code_of(node) == Code::UnschedulableAndUnresolvable {
        return None;
    }
    let going = |node: &NodeInfo| {
        node.pods()
            .iter()
            .any(|victim| is_preemptible(victim, pod) && is_going_by_preemption(&victim.pod))
    };
    going(handle.cache.node(node)).then_some("not eligible due to a terminating pod on the nominated node.")
}

// Models defaultpreemption podTerminatingByPreemption.
fn is_going_by_preemption(pod: &Pod) -> bool {
    let target = pod.status.condition("DisruptionTarget");
    pod.meta.is_terminating()
        && target.is_some_and(|target| target.is_true() && &*target.reason == "PreemptionByScheduler")
}
