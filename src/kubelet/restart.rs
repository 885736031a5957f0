//! Whether a container that ended is started again.

use crate::api::core::{Container, PodSpec, RestartRule};

/// Whether an init container keeps running beside the pod's containers: a sidecar.
// Models pkg/api/v1/pod IsRestartableInitContainer
#[must_use]
pub fn is_sidecar(init: &Container) -> bool {
    &*init.restart_policy == "Always"
}

/// The first rule of a container that speaks of `exit_code`.
// Models pkg/api/v1/pod FindMatchingContainerRestartRule
#[must_use]
pub fn matching_rule(container: &Container, exit_code: i32) -> Option<&RestartRule> {
    container.restart_policy_rules.iter().find(|rule| {
        rule.exit_codes.as_ref().is_some_and(|codes| match &*codes.operator {
            "In" => codes.values.contains(&exit_code),
            "NotIn" => !codes.values.contains(&exit_code),
            _ => false,
        })
    })
}

/// Whether a container that ended with `exit_code` is started again: by its own rules, its own policy, then the pod's.
// Models pkg/api/v1/pod ContainerShouldRestart
#[must_use]
pub fn should_restart(container: &Container, spec: &PodSpec, exit_code: i32) -> bool {
    if !container.restart_policy.is_empty() {
        let rule = matching_rule(container, exit_code).map(|rule| &*rule.action);
        if matches!(rule, Some("Restart" | "RestartAllContainers")) {
            return true;
        }
        match &*container.restart_policy {
            "Always" => return true,
            "OnFailure" => return exit_code != 0,
            "Never" => return false,
            _ => {}
        }
    }
    match &*spec.restart_policy {
        "OnFailure" => exit_code != 0,
        "Never" => false,
        _ => true,
    }
}

/// Whether a container that failed a probe is started again: by policy alone, since it did not end by itself.
#[must_use]
pub fn restarts_after_kill(container: &Container, spec: &PodSpec) -> bool {
    let policy = if container.restart_policy.is_empty() {
        &spec.restart_policy
    } else {
        &container.restart_policy
    };
    &**policy != "Never"
}

/// Whether the end of a container with `exit_code` restarts the whole pod in place.
#[must_use]
pub fn restarts_all(container: &Container, exit_code: i32) -> bool {
    matching_rule(container, exit_code).is_some_and(|rule| &*rule.action == "RestartAllContainers")
}
