//! Autoscalers and disruption budgets.

use super::Page;
use crate::api::autoscaling::{
    HorizontalPodAutoscaler, HpaScalingRules, MetricSpec, MetricStatus, MetricTarget, MetricValueStatus,
};
use crate::api::intstr::IntOrString;
use crate::api::labels::Selector;
use crate::api::policy::PodDisruptionBudget;
use crate::api::quantity::Quantity;

// Models describePodDisruptionBudgetV1.
pub(super) fn budget(page: &mut Page, budget: &PodDisruptionBudget) {
    page.pair(0, "Name", &budget.meta.name);
    page.pair(0, "Namespace", &budget.meta.namespace);
    let (spec, status) = (&budget.spec, &budget.status);
    let bounds = [
        ("Min available", &spec.min_available),
        ("Max unavailable", &spec.max_unavailable),
    ];
    let bound = |(title, bound): (&'static str, &Option<IntOrString>)| Some((title, bound.as_ref()?.to_string()));
    if let Some((title, bound)) = bounds.into_iter().find_map(bound) {
        page.pair(0, title, &bound);
    }
    let selector = spec.selector.as_deref().map(|selector| {
        let selector = Selector::from_label_selector(Some(selector)).unwrap_or(Selector::Nothing);
        let text = selector.to_string();
        if text.is_empty() { "<none>".to_owned() } else { text }
    });
    page.pair(0, "Selector", selector.as_deref().unwrap_or("<unset>"));
    page.write(0, "Status:\n");
    for (title, count) in [
        ("Allowed disruptions", status.disruptions_allowed),
        ("Current", status.current_healthy),
        ("Desired", status.desired_healthy),
        ("Total", status.expected_pods),
    ] {
        page.pair(2, title, &count.to_string());
    }
}

// Models describeHorizontalPodAutoscalerV2.
pub(super) fn autoscaler(page: &mut Page, autoscaler: &HorizontalPodAutoscaler) {
    let (meta, spec, status) = (&autoscaler.meta, &autoscaler.spec, &autoscaler.status);
    page.pair(0, "Name", &meta.name);
    page.pair(0, "Namespace", &meta.namespace);
    page.labels("Labels", &meta.labels);
    page.annotations("Annotations", &meta.annotations);
    let created = meta.creation_timestamp.unwrap_or_default().rfc1123z();
    page.pair(0, "CreationTimestamp", &created);
    let target = &spec.scale_target_ref;
    page.pair(0, "Reference", &format!("{}/{}", target.kind, target.name));
    page.write(0, "Metrics:\t( current / target )\n");
    let current = status.current_metrics.as_deref().unwrap_or_default();
    for (index, metric) in spec.metrics.iter().enumerate() {
        let line = line_of(metric, current.get(index));
        page.write(1, &line);
    }
    let min = spec.min_replicas.map_or("<unset>".to_owned(), |min| min.to_string());
    page.pair(0, "Min replicas", &min);
    page.pair(0, "Max replicas", &spec.max_replicas.to_string());
    if let Some(behavior) = &spec.behavior {
        page.write(0, "Behavior:\n");
        rules(page, "Scale Up", behavior.scale_up.as_ref());
        rules(page, "Scale Down", behavior.scale_down.as_ref());
    }
    let counts = format!(
        "{} current / {} desired",
        status.current_replicas, status.desired_replicas
    );
    page.pair(0, &format!("{} pods", target.kind), &counts);
    if status.conditions.is_empty() {
        return;
    }
    page.write(0, "Conditions:\n");
    page.write(1, "Type\tStatus\tReason\tMessage\n");
    page.write(1, "----\t------\t------\t-------\n");
    for condition in status.conditions.iter() {
        let text = format!(
            "{}\t{}\t{}\t{}\n",
            condition.kind, condition.status, condition.reason, condition.message
        );
        page.write(1, &text);
    }
}

fn shown(amount: Option<&Quantity>) -> String {
    amount.map_or("<unknown>".to_owned(), ToString::to_string)
}

/// A metric: what it is about, what it was, what it should be.
fn line_of(metric: &MetricSpec, status: Option<&MetricStatus>) -> String {
    let plain = |target: &MetricTarget, current: Option<&MetricValueStatus>, by_average: bool| {
        let pick = |value: Option<&MetricValueStatus>| {
            let value = value?;
            if by_average {
                value.average_value.clone()
            } else {
                value.value.clone()
            }
        };
        let wanted = if by_average {
            &target.average_value
        } else {
            &target.value
        };
        format!("{} / {}\n", shown(pick(current).as_ref()), shown(wanted.as_ref()))
    };
    if let Some(source) = &metric.external {
        let current = status.and_then(|status| Some(&status.external.as_ref()?.current));
        let by_average = source.target.average_value.is_some();
        let word = if by_average {
            "target average value"
        } else {
            "target value"
        };
        let values = plain(&source.target, current, by_average);
        return format!("{:?} ({word}):\t{values}", source.metric.name);
    }
    if let Some(source) = &metric.pods {
        let current = status.and_then(|status| Some(&status.pods.as_ref()?.current));
        return format!(
            "{:?} on pods:\t{}",
            source.metric.name,
            plain(&source.target, current, true)
        );
    }
    if let Some(source) = &metric.object {
        let current = status.and_then(|status| Some(&status.object.as_ref()?.current));
        let by_average = &*source.target.kind == "AverageValue";
        let word = if by_average {
            "target average value"
        } else {
            "target value"
        };
        let about = &source.described_object;
        let values = plain(&source.target, current, by_average);
        return format!(
            "\"{}\" on {}/{} ({word}):\t{values}",
            source.metric.name, about.kind, about.name
        );
    }
    resource_line(metric, status, &plain)
}

/// How a value and its target read; the last says whether both are averages.
type Plain = dyn Fn(&MetricTarget, Option<&MetricValueStatus>, bool) -> String;

/// A metric of a resource, of the pods or of one container in each.
fn resource_line(metric: &MetricSpec, status: Option<&MetricStatus>, plain: &Plain) -> String {
    let (source, current, of) = if let Some(source) = &metric.container_resource {
        let current = status.and_then(|status| status.container_resource.as_ref());
        (source, current, format!(" of container \"{}\"", source.container))
    } else if let Some(source) = &metric.resource {
        (
            source,
            status.and_then(|status| status.resource.as_ref()),
            String::new(),
        )
    } else {
        return format!("<unknown metric type {:?}>\n", metric.kind);
    };
    let current = current.map(|status| &status.current);
    let head = format!("resource {}{of} on pods", source.name);
    if source.target.average_value.is_some() {
        return format!("{head}:\t{}", plain(&source.target, current, true));
    }
    let used = current.and_then(|current| {
        let percent = current.average_utilization?;
        Some(format!("{percent}% ({})", shown(current.average_value.as_ref())))
    });
    let wanted = source.target.average_utilization;
    let wanted = wanted.map_or("<auto>".to_owned(), |percent| format!("{percent}%"));
    let used = used.unwrap_or("<unknown>".to_owned());
    format!("{head}  (as a percentage of request):\t{used} / {wanted}\n")
}

// Models printDirectionBehavior.
fn rules(page: &mut Page, title: &str, rules: Option<&HpaScalingRules>) {
    let Some(rules) = rules else { return };
    page.write(1, &format!("{title}:\n"));
    if let Some(seconds) = rules.stabilization_window_seconds {
        page.write(2, &format!("Stabilization Window: {seconds} seconds\n"));
    }
    if rules.policies.is_empty() {
        return;
    }
    let select = rules.select_policy.as_deref().unwrap_or("Max");
    page.write(2, &format!("Select Policy: {select}\n"));
    page.write(2, "Policies:\n");
    for policy in rules.policies.iter() {
        let line = format!(
            "- Type: {}\tValue: {}\tPeriod: {} seconds\n",
            policy.kind, policy.value, policy.period_seconds
        );
        page.write(3, &line);
    }
}
