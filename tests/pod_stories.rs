//! Lives of pods, one behaviour each: `tests/stories/NAME.yaml` is a scenario, and `tests/goldens/stories/NAME.txt` what is
//! told of its pods and nodes. See `tests/common/stories.rs`.

use kubarium::api::Object;
use kubarium::apiserver::Change;

mod common;
mod pod_story;

fn line(change: &Change) -> Option<String> {
    let name = match &change.object {
        Object::Event(event) => &event.involved_object.name,
        Object::Pod(pod) => &pod.meta.name,
        Object::Node(node) => &node.meta.name,
        _ => return None,
    };
    let line = pod_story::describe(change);
    (!line.is_empty()).then(|| format!("{name}: {line}"))
}

#[test]
fn each_story_is_told_as_it_was() {
    let stories = common::stories::Stories {
        folder: "stories",
        width: 4,
        line,
    };
    stories.check();
}
