//! What pods say of themselves: phase, reason, quality of service and conditions, with the events beside them. One behaviour
//! each: `tests/condition_stories/NAME.yaml` is a scenario, and `tests/goldens/condition_stories/NAME.txt` what is told. See
//! `tests/common/stories.rs`.

use kubarium::api::core::{Event, Pod};
use kubarium::api::{Object, Resource};
use kubarium::apiserver::{Change, Verb};

mod common;

fn line(change: &Change) -> Option<String> {
    match &change.object {
        Object::Event(event) if &*event.involved_object.kind == "Pod" => Some(told_event(event)),
        Object::Pod(pod) => told(change, pod),
        _ => None,
    }
}

fn told_event(event: &Event) -> String {
    let about = &event.involved_object;
    let count = common::stories::times(event.count);
    let text = format!(
        "{}: {} {} {}: {}{count}",
        about.name, event.kind, event.reason, about.field_path, event.message
    );
    text.replace(&*about.uid, "UID")
}

/// The parts of its state that differ.
fn told(change: &Change, pod: &Pod) -> Option<String> {
    let before = change.old.as_ref().and_then(Pod::of).map(|old| parts(old));
    let mut parts = parts(pod);
    parts.retain(|part| !part.is_empty() && !before.iter().flatten().any(|before| before == part));
    let what = match change.verb {
        Verb::Added => "created ",
        Verb::Deleted => return Some(format!("{}: gone", pod.meta.name)),
        Verb::Modified if parts.is_empty() => return None,
        Verb::Modified => "",
    };
    Some(format!("{}: {what}{}", pod.meta.name, parts.join(" | ")))
}

fn parts(pod: &Pod) -> Vec<String> {
    let status = &pod.status;
    let phase = [&*status.phase, &*status.reason, &*status.message].join(" ");
    let conditions = status.conditions.iter().map(|condition| {
        let told = [&*condition.reason, &*condition.message].join(": ");
        let told = if told == ": " {
            String::new()
        } else {
            format!("({told})")
        };
        format!("{}={}{told}", condition.kind, condition.status)
    });
    let ends = pod.meta.is_terminating().then(|| "terminating".to_owned());
    let all = [phase.trim().to_owned(), status.qos_class.to_string()];
    all.into_iter().chain(ends).chain(conditions).collect()
}

#[test]
fn each_story_is_told_as_it_was() {
    let stories = common::stories::Stories {
        folder: "condition_stories",
        width: 4,
        line,
    };
    stories.check();
}
