//! Disruption budgets and autoscalers, one behaviour each: `tests/policy_stories/NAME.yaml` is a scenario, and
//! `tests/goldens/policy_stories/NAME.txt` what is told of them. See `tests/common/stories.rs`.

use std::fmt::Write as _;

use kubarium::api::autoscaling::HorizontalPodAutoscaler;
use kubarium::api::core::{Event, Pod};
use kubarium::api::policy::PodDisruptionBudget;
use kubarium::api::{Object, Resource};
use kubarium::apiserver::Change;

mod common;

fn line(change: &Change) -> Option<String> {
    match &change.object {
        Object::Event(event) => told_event(event),
        Object::PodDisruptionBudget(budget) => {
            let old = change.old.as_ref().and_then(PodDisruptionBudget::of);
            (old.is_none_or(|old| old.status != budget.status)).then(|| told_budget(budget))
        }
        Object::HorizontalPodAutoscaler(scaler) => {
            let old = change.old.as_ref().and_then(HorizontalPodAutoscaler::of);
            (old.is_none_or(|old| old.status != scaler.status)).then(|| told_scaler(scaler))
        }
        Object::Node(node) => {
            let old = change.old.as_ref()?.encode();
            let before = old.pointer("/spec/unschedulable").is_some();
            let word = if node.spec.unschedulable { "closed" } else { "open" };
            (before != node.spec.unschedulable).then(|| format!("node {}: {word}", node.meta.name))
        }
        Object::Pod(pod) => {
            let is_evicted = |pod: &Pod| pod.status.condition("DisruptionTarget").is_some();
            let old = change.old.as_ref().and_then(Pod::of);
            let newly = is_evicted(pod) && old.is_some_and(|old| !is_evicted(old));
            newly.then(|| format!("pod {} on {}: evicted", pod.meta.name, pod.spec.node_name))
        }
        _ => None,
    }
}

fn told_event(event: &Event) -> Option<String> {
    let about = &event.involved_object;
    let kinds = ["PodDisruptionBudget", "HorizontalPodAutoscaler"];
    kinds.contains(&&*about.kind).then(|| {
        let count = common::stories::times(event.count);
        format!(
            "{} {}: {} {}{count}",
            event.kind, about.name, event.reason, event.message
        )
    })
}

fn told_budget(budget: &PodDisruptionBudget) -> String {
    let status = &budget.status;
    let condition = status.disruption_allowed();
    format!(
        "budget {}: allowed {} healthy {} of {}, expected {} disrupted {} {}",
        budget.meta.name,
        status.disruptions_allowed,
        status.current_healthy,
        status.desired_healthy,
        status.expected_pods,
        status.disrupted_pods.len(),
        condition.map_or("", |condition| &*condition.reason)
    )
}

fn told_scaler(scaler: &HorizontalPodAutoscaler) -> String {
    let status = &scaler.status;
    let mut text = format!(
        "autoscaler {}: {} to {}",
        scaler.meta.name, status.current_replicas, status.desired_replicas
    );
    for metric in status.current_metrics.iter().flat_map(|metrics| metrics.iter()) {
        let current = metric.resource.as_ref().map(|resource| &resource.current);
        let current = current.or(metric.pods.as_ref().map(|pods| &pods.current));
        let shown = current.map_or("unknown".to_owned(), |current| {
            let average = current.average_value.as_ref().map(ToString::to_string);
            let percent = current.average_utilization.map(|percent| format!(" ({percent}%)"));
            format!("{}{}", average.unwrap_or_default(), percent.unwrap_or_default())
        });
        write!(text, ", {shown}").expect("a string takes text");
    }
    for condition in status.conditions.iter() {
        let parts = (&condition.kind, &condition.status, &condition.reason);
        write!(text, " {}={}({})", parts.0, parts.1, parts.2).expect("a string takes text");
    }
    text
}

#[test]
fn each_story_is_told_as_it_was() {
    let stories = common::stories::Stories {
        folder: "policy_stories",
        width: 5,
        line,
    };
    stories.check();
}
