//! The picture in words: a list for screen readers and the keyboard, and announcements of what changes.

use crate::sim::btree::BTreeMap;

use yew::prelude::*;

use crate::ui::handle::Look;
use crate::ui::hooks::{use_ui, use_view};
use crate::ui::i18n::Texts;
use crate::ui::selection::{NODE, ObjectName, POD, SERVICE, Selection};
use crate::ui::state::Action;
use crate::view::scene::{NodeState, NodeView, PodState, PodView};

/// Pods that are named one by one of each node.
const PODS_MAX: usize = 40;
/// Nodes that are named one by one.
const NODES_MAX: usize = 60;

/// A line: what it is, and what it says.
#[derive(Clone, PartialEq)]
struct Line {
    object: ObjectName,
    text: String,
}

#[derive(Clone, PartialEq)]
struct Group {
    head: Option<Line>,
    title: String,
    lines: Vec<Line>,
    more: usize,
}

/// The word for a pod's state.
#[must_use]
pub(super) fn pod_state(texts: Texts, state: PodState) -> String {
    texts.get(&format!("state.{}", state.name()))
}

fn pod_line(texts: Texts, pod: &PodView, now_ns: u64) -> Line {
    let mut state = pod_state(texts, pod.state_at(now_ns));
    if pod.restart_count > 0 {
        let count = pod.restart_count.to_string();
        state.push_str(", ");
        state.push_str(&texts.fill("mirror.restarts", &[("count", &count)]));
    }
    Line {
        object: ObjectName::new(POD, &pod.namespace, &pod.name),
        text: texts.fill("mirror.pod", &[("name", &pod.name), ("state", &state)]),
    }
}

fn node_line(texts: Texts, node: &NodeView) -> Line {
    let mut state = texts.get(match node.state {
        NodeState::Ready => "node.Ready",
        NodeState::NotReady => "node.NotReady",
        NodeState::Unknown => "node.Unknown",
    });
    if node.cordoned {
        state.push_str(", ");
        state.push_str(&texts.get("node.cordoned"));
    }
    let count = node.pods.requested.to_string();
    Line {
        object: ObjectName::new(NODE, &"".into(), &node.name),
        text: texts.fill(
            "mirror.node",
            &[("name", &node.name), ("state", &state), ("count", &count)],
        ),
    }
}

fn groups(look: Look<'_>, texts: &Texts) -> Vec<Group> {
    let (scene, now_ns) = (look.scene, look.now_ns());
    let mut by_node: BTreeMap<Option<u64>, Vec<&PodView>> = BTreeMap::new();
    for pod in &scene.pods {
        by_node.entry(pod.node).or_default().push(pod);
    }
    let group = |head: Option<Line>, title: String, node: Option<u64>| {
        let mut pods = by_node.get(&node).into_iter().flatten();
        let lines = pods
            .by_ref()
            .take(PODS_MAX)
            .map(|pod| pod_line(*texts, pod, now_ns))
            .collect();
        Group {
            head,
            title,
            lines,
            more: pods.count(),
        }
    };
    let mut groups: Vec<Group> = scene
        .nodes
        .iter()
        .take(NODES_MAX)
        .map(|node| group(Some(node_line(*texts, node)), String::new(), Some(node.id)))
        .collect();
    groups.push(group(None, texts.get("mirror.unplaced"), None));
    let services = scene.services.iter().map(|service| {
        let ready = service
            .endpoints
            .iter()
            .filter(|endpoint| endpoint.ready)
            .count()
            .to_string();
        let all = service.endpoints.len().to_string();
        Line {
            object: ObjectName::new(SERVICE, &service.namespace, &service.name),
            text: texts.fill(
                "mirror.service",
                &[("name", &service.name), ("ready", &ready), ("all", &all)],
            ),
        }
    });
    groups.push(Group {
        head: None,
        title: texts.get("mirror.services"),
        lines: services.take(PODS_MAX).collect(),
        more: 0,
    });
    let owners = scene.owners.iter().map(|owner| {
        let kind = owner.kind.info().kind;
        Line {
            object: ObjectName::new(owner.kind, &owner.namespace, &owner.name),
            text: texts.fill(
                "mirror.owner",
                &[("kind", kind), ("name", &owner.name), ("state", &owner.remark)],
            ),
        }
    });
    groups.push(Group {
        head: None,
        title: texts.get("mirror.owners"),
        lines: owners.take(PODS_MAX).collect(),
        more: scene.owners.len().saturating_sub(PODS_MAX),
    });
    groups.retain(|group| group.head.is_some() || !group.lines.is_empty());
    groups
}

/// What the mirror takes.
#[derive(Properties, PartialEq)]
pub struct MirrorProps {
    /// What the keyboard is on, on the picture.
    pub focus: Option<Selection>,
}

/// The picture in words.
#[component]
pub fn Mirror(props: &MirrorProps) -> Html {
    let ui = use_ui();
    let texts = ui.texts();
    let groups = use_view(texts, groups);
    let line = |line: &Line| {
        let (dispatcher, object) = (ui.dispatcher(), line.object.clone());
        let onclick = Callback::from(move |_: MouseEvent| {
            dispatcher.dispatch(Action::Select(Some(Selection::Object(object.clone()))));
        });
        html! { <button type="button" {onclick}>{ line.text.clone() }</button> }
    };
    let list = groups.iter().map(|group| {
        html! {
            <li>
                if let Some(head) = &group.head { { line(head) } } else { <span>{ group.title.clone() }</span> }
                <ul>
                    { for group.lines.iter().map(|pod| html! { <li key={pod.object.name.to_string()}>{ line(pod) }</li> }) }
                    if group.more > 0 { <li>{ texts.fill("mirror.more", &[("count", &group.more.to_string())]) }</li> }
                </ul>
            </li>
        }
    });
    html! {
        <>
            <ul id="mirror" class="mirror" aria-label={texts.get("mirror.label")}>{ for list }</ul>
            <Announcer focus={props.focus.clone()} />
        </>
    }
}

/// What there is to say about the thing in focus, and about the selected one while it changes.
fn announcement(look: Look<'_>, wanted: &(Texts, Option<Selection>)) -> String {
    let (texts, Some(selection)) = wanted else {
        return String::new();
    };
    let Selection::Object(object) = selection else {
        return String::new();
    };
    let state = match object.kind {
        POD => look
            .scene
            .pods
            .iter()
            .find(|pod| pod.name == object.name && pod.namespace == object.namespace)
            .map(|pod| pod_state(*texts, pod.state_at(look.now_ns()))),
        NODE => look
            .scene
            .nodes
            .iter()
            .find(|node| node.name == object.name)
            .map(|node| node_line(*texts, node).text),
        _ => Some(object.kind_word().to_owned()),
    };
    state.map_or_else(
        || format!("{}: {}", object.name, texts.get("panel.gone")),
        |state| texts.fill("mirror.now", &[("name", &object.name), ("state", &state)]),
    )
}

#[component]
fn Announcer(props: &MirrorProps) -> Html {
    let ui = use_ui();
    let about = props.focus.clone().or_else(|| ui.selection.clone());
    let text = use_view((ui.texts(), about), announcement);
    html! { <p class="unseen" aria-live="polite">{ (*text).clone() }</p> }
}
