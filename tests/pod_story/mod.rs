//! What is told of pods: a line for each event and for each change of a status.

use kubarium::api::Resource as _;
use kubarium::api::core::{ContainerState, ContainerStatus, Event, Pod};
use kubarium::apiserver::{Change, Verb};

/// What a change tells: nothing, a line without its time.
pub(crate) fn describe(change: &Change) -> String {
    if let Some(event) = Event::of(&change.object) {
        let part = event.involved_object.field_path.trim_start_matches("spec.");
        let count = if event.count > 1 {
            format!(" x{}", event.count)
        } else {
            String::new()
        };
        return format!(
            "{} {part}: {}{count}",
            event.reason,
            event.message.replace(&*event.involved_object.uid, "UID")
        );
    }
    let Some(pod) = Pod::of(&change.object) else {
        return String::new();
    };
    match change.verb {
        Verb::Added => return "created".to_owned(),
        Verb::Deleted => return "gone".to_owned(),
        Verb::Modified => {}
    }
    let old = change
        .old
        .as_ref()
        .and_then(Pod::of)
        .expect("a modified pod was another before");
    if old.meta.deletion_timestamp != pod.meta.deletion_timestamp {
        return format!(
            "deletion in {}s",
            pod.meta.deletion_grace_period_seconds.unwrap_or_default()
        );
    }
    let mut parts = Vec::new();
    if old.status.phase != pod.status.phase {
        parts.push(pod.status.phase.to_string());
    }
    let conditions = |pod: &Pod| -> String {
        pod.status
            .conditions
            .iter()
            .map(|condition| if condition.is_true() { '+' } else { '-' })
            .collect()
    };
    if conditions(old) != conditions(pod) {
        parts.push(conditions(pod));
    }
    let all = |pod: &Pod| -> Vec<ContainerStatus> {
        pod.status
            .init_container_statuses
            .iter()
            .chain(pod.status.container_statuses.iter())
            .cloned()
            .collect()
    };
    let before = all(old);
    parts.extend(all(pod).iter().filter(|status| !before.contains(status)).map(container));
    format!("status: {}", parts.join(" ")).replace(&*pod.meta.uid, "UID")
}

fn container(status: &ContainerStatus) -> String {
    let last = if status.last_state.terminated.is_some() {
        format!(" after {}", state(&status.last_state))
    } else {
        String::new()
    };
    let ready = if status.ready { " ready" } else { "" };
    format!(
        "{}={}{last}{ready} #{}",
        status.name,
        state(&status.state),
        status.restart_count
    )
}

fn state(state: &ContainerState) -> String {
    match (&state.waiting, &state.running, &state.terminated) {
        (Some(waiting), ..) if waiting.message.is_empty() => waiting.reason.to_string(),
        (Some(waiting), ..) => format!("{}({})", waiting.reason, waiting.message),
        (_, Some(_), _) => "running".to_owned(),
        (.., Some(end)) => format!("{}({})", end.reason, end.exit_code),
        _ => "?".to_owned(),
    }
}
