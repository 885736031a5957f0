//! Pod templates, tolerations, spread constraints.

use super::{Page, container, volume};
use crate::api::core::{PodTemplateSpec, Toleration, TopologySpreadConstraint};
use crate::sim::Arrange;

/// The template as `rollout history --revision` shows it.
#[must_use]
pub fn pod_template(template: &PodTemplateSpec) -> String {
    let mut page = Page::default();
    describe(&mut page, template);
    page.finish()
}

// Models DescribePodTemplate.
pub(super) fn describe(page: &mut Page, template: &PodTemplateSpec) {
    let spec = &template.spec;
    page.write(0, "Pod Template:\n");
    page.labels("  Labels", &template.meta.labels);
    if !template.meta.annotations.is_empty() {
        page.annotations("  Annotations", &template.meta.annotations);
    }
    if !spec.service_account_name.is_empty() {
        page.pair(1, "Service Account", &spec.service_account_name);
    }
    if !spec.init_containers.is_empty() {
        container::describe(page, "Init Containers", &spec.init_containers, &[], None, "  ");
    }
    container::describe(page, "Containers", &spec.containers, &[], None, "  ");
    volume::describe(page, &spec.volumes, "  ");
    spread(page, &spec.topology_spread_constraints, "  ");
    if !spec.priority_class_name.is_empty() {
        page.pair(1, "Priority Class Name", &spec.priority_class_name);
    }
    page.labels("  Node-Selectors", &spec.node_selector);
    tolerations(page, "  Tolerations", &spec.tolerations);
}

// Models printTolerationsMultilineWithIndent.
pub(super) fn tolerations(page: &mut Page, title: &str, tolerations: &[Toleration]) {
    page.write(0, &format!("{title}:\t"));
    if tolerations.is_empty() {
        page.write(0, "<none>\n");
        return;
    }
    let mut sorted: Vec<&Toleration> = tolerations.iter().collect();
    sorted.arrange_by(|a, b| a.key.cmp(&b.key));
    for (index, toleration) in sorted.into_iter().enumerate() {
        let mut text = if index == 0 { String::new() } else { "\t".to_owned() };
        text.push_str(&toleration.key);
        if !toleration.value.is_empty() {
            text.push_str(&format!("={}", toleration.value));
        }
        if !toleration.effect.is_empty() {
            text.push_str(&format!(":{}", toleration.effect));
        }
        if &*toleration.operator == "Exists" && toleration.value.is_empty() {
            let gap = if toleration.key.is_empty() && toleration.effect.is_empty() {
                ""
            } else {
                " "
            };
            text.push_str(&format!("{gap}op=Exists"));
        }
        if let Some(seconds) = toleration.toleration_seconds {
            text.push_str(&format!(" for {seconds}s"));
        }
        page.write(0, &format!("{text}\n"));
    }
}

// Models describeTopologySpreadConstraints.
pub(super) fn spread(page: &mut Page, constraints: &[TopologySpreadConstraint], space: &str) {
    if constraints.is_empty() {
        return;
    }
    let mut sorted: Vec<&TopologySpreadConstraint> = constraints.iter().collect();
    sorted.arrange_by(|a, b| a.topology_key.cmp(&b.topology_key));
    page.write(0, &format!("{space}Topology Spread Constraints:\t"));
    for (index, constraint) in sorted.into_iter().enumerate() {
        let indent = if index == 0 {
            String::new()
        } else {
            format!("{space}\t")
        };
        let selector = constraint
            .label_selector
            .as_ref()
            .map(|selector| format!(" for selector {selector}"))
            .unwrap_or_default();
        page.write(
            0,
            &format!(
                "{indent}{}:{} when max skew {} is exceeded{selector}\n",
                constraint.topology_key, constraint.when_unsatisfiable, constraint.max_skew
            ),
        );
    }
}
