//! Pod templates.

use crate::api::core::PodTemplateSpec;
use crate::api::labels::format_labels;

/// The template as `rollout history --revision` shows it.
#[must_use]
pub fn pod_template(template: &PodTemplateSpec) -> String {
    let mut text = format!(
        "Pod Template:\n  Labels:\t{}\n  Containers:\n",
        format_labels(&template.meta.labels)
    );
    for container in template.spec.containers.iter() {
        text.push_str(&format!("   {}:\n    Image:\t{}\n", container.name, container.image));
    }
    text
}
