//! What a Job's policies make of its pods: whether a failure counts, and whether enough has succeeded.
// Models pkg/controller/job/pod_failure_policy.go, success_policy.go

use crate::api::Str;
use crate::api::batch::{OnExitCodes, PodFailurePolicy, PodFailurePolicyRule, SuccessPolicy};
use crate::api::core::{ContainerStatus, Pod};

use super::intervals::Intervals;

/// What the first rule that matches says of a failed pod.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::controller) struct Verdict {
    /// Why the whole Job fails, where it does.
    pub(in crate::controller) message: Option<String>,
    /// Whether the failure counts.
    pub(in crate::controller) counts: bool,
    /// The rule's action; none where no rule matches.
    pub(in crate::controller) action: Option<Str>,
}

/// Judges a failed pod.
// Models pkg/controller/job/pod_failure_policy.go matchPodFailurePolicy
pub(in crate::controller) fn judge(policy: Option<&PodFailurePolicy>, pod: &Pod) -> Verdict {
    let rules = policy.iter().flat_map(|policy| policy.rules.iter());
    for (index, rule) in rules.enumerate() {
        let Some(what) = matched(rule, pod) else { continue };
        let action = rule.action.clone();
        return match &*action {
            "Ignore" | "FailIndex" | "Count" => Verdict {
                message: None,
                counts: &*action != "Ignore",
                action: Some(action),
            },
            "FailJob" => Verdict {
                message: Some(format!("{what} matching {action} rule at index {index}")),
                counts: true,
                action: Some(action),
            },
            _ => continue,
        };
    }
    Verdict {
        message: None,
        counts: true,
        action: None,
    }
}

/// What of the pod the rule matches, in words.
fn matched(rule: &PodFailurePolicyRule, pod: &Pod) -> Option<String> {
    let (namespace, name) = (&pod.meta.namespace, &pod.meta.name);
    if let Some(codes) = &rule.on_exit_codes {
        let statuses = [&pod.status.container_statuses, &pod.status.init_container_statuses];
        let (container, code) = statuses.into_iter().find_map(|statuses| exit(statuses, codes))?;
        return Some(format!(
            "Container {container} for pod {namespace}/{name} failed with exit code {code}"
        ));
    }
    let has = |kind: &str, status: &str| {
        let patterns = rule.on_pod_conditions.iter();
        patterns
            .into_iter()
            .any(|pattern| *pattern.kind == *kind && *pattern.status == *status)
    };
    let mut conditions = pod.status.conditions.iter();
    let condition = conditions.find(|condition| has(&condition.kind, &condition.status))?;
    Some(format!("Pod {namespace}/{name} has condition {}", condition.kind))
}

/// The first container that ended as the codes say, and its exit code.
// Models pkg/controller/job/pod_failure_policy.go getMatchingContainerFromList
fn exit<'a>(statuses: &'a [ContainerStatus], codes: &OnExitCodes) -> Option<(&'a Str, i32)> {
    let named = |status: &&ContainerStatus| codes.container_name.as_ref().is_none_or(|name| *name == status.name);
    statuses.iter().filter(named).find_map(|status| {
        let code = status.state.terminated.as_ref()?.exit_code;
        let matches = match &*codes.operator {
            "In" => codes.values.contains(&code),
            "NotIn" => !codes.values.contains(&code),
            _ => false,
        };
        (code != 0 && matches).then_some((&status.name, code))
    })
}

/// The message of the rule by which enough indexes have succeeded.
// Models pkg/controller/job/success_policy.go matchSuccessPolicy
pub(in crate::controller) fn success(
    policy: Option<&SuccessPolicy>,
    completions: i32,
    succeeded: &Intervals,
) -> Option<String> {
    if succeeded.0.is_empty() {
        return None;
    }
    let index = policy?.rules.iter().position(|rule| {
        let enough = |number: i32| rule.succeeded_count.is_some_and(|count| number >= count);
        match &rule.succeeded_indexes {
            None => enough(succeeded.total()),
            Some(text) => {
                let wanted = Intervals::parse(text, completions);
                let overlap = wanted.overlap(succeeded);
                !wanted.0.is_empty() && (overlap == wanted.total() || enough(overlap))
            }
        }
    })?;
    Some(format!("Matched rules at index {index}"))
}
