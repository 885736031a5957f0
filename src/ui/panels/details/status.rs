//! How an object is: a few facts, its containers, its conditions.

use yew::prelude::*;

use super::containers::Containers;
use super::props::ObjectProps;
use crate::api::gateway::{GRPC_ROUTE, HTTP_ROUTE};
use crate::api::labels::format_labels;
use crate::api::meta::{Condition, ObjectMeta};
use crate::api::{Kind, Object, Str};
use crate::ui::components::ObjectLink;
use crate::ui::docs;
use crate::ui::format;
use crate::ui::handle::Look;
use crate::ui::hooks::{use_ui, use_view};
use crate::ui::i18n::Texts;
use crate::ui::panels::requests::Requests;
use crate::ui::selection::{INGRESS, NODE, ObjectName, POD, SERVICE};
use crate::view::Glass;

/// A fact: the key of its name, and its value.
#[derive(Clone, PartialEq)]
enum Value {
    Text(String),
    Object(ObjectName),
}

type Fact = (&'static str, Value);

/// A condition: type, status, reason, message.
type Line = (Str, Str, Str, Str);

#[derive(PartialEq)]
struct Seen {
    facts: Vec<Fact>,
    conditions: Vec<Line>,
}

fn seen(look: Look<'_>, wanted: &(ObjectName, Texts)) -> Seen {
    let (object, texts) = wanted;
    let Some(found) = object.find(look.glass()) else {
        return Seen {
            facts: Vec::new(),
            conditions: Vec::new(),
        };
    };
    let mut facts = facts_of(look, found, *texts);
    facts.extend(common(look.glass(), found.meta()));
    let conditions = match found {
        Object::Node(node) => node
            .status
            .conditions
            .iter()
            .map(|own| {
                (
                    own.kind.clone(),
                    own.status.clone(),
                    own.reason.clone(),
                    own.message.clone(),
                )
            })
            .collect(),
        Object::Pod(pod) => lines(&pod.status.conditions),
        Object::Deployment(deployment) => lines(&deployment.status.conditions),
        Object::ReplicaSet(set) => lines(&set.status.conditions),
        _ => Vec::new(),
    };
    Seen { facts, conditions }
}

fn lines(conditions: &[Condition]) -> Vec<Line> {
    conditions
        .iter()
        .map(|own| {
            (
                own.kind.clone(),
                own.status.clone(),
                own.reason.clone(),
                own.message.clone(),
            )
        })
        .collect()
}

fn text(value: impl ToString) -> Value {
    Value::Text(value.to_string())
}

fn facts_of(look: Look<'_>, object: &Object, texts: Texts) -> Vec<Fact> {
    let mut facts = Vec::new();
    let replicas = |ready: i32, wanted: i32| {
        let (ready, wanted) = (ready.to_string(), wanted.to_string());
        text(texts.fill("status.replicas.value", &[("ready", &ready), ("wanted", &wanted)]))
    };
    match object {
        Object::Pod(pod) => {
            facts.push(("status.phase", text(&pod.status.phase)));
            if !pod.spec.node_name.is_empty() {
                let node = ObjectName::new(NODE, &"".into(), &pod.spec.node_name);
                facts.push(("status.node", Value::Object(node)));
            }
            if !pod.status.pod_ip.is_empty() {
                facts.push(("status.ip", text(&pod.status.pod_ip)));
            }
            facts.push(("status.qos", text(&pod.status.qos_class)));
        }
        Object::Node(node) => {
            let view = look.scene.nodes.iter().find(|view| view.name == node.meta.name);
            if let Some(view) = view {
                let (cpu, memory, pods) = (view.cpu, view.memory, view.pods);
                let of = |a: String, b: String| text(format!("{a} / {b}"));
                facts.push((
                    "status.cpu",
                    of(format::cores(cpu.requested), format::cores(cpu.allocatable)),
                ));
                facts.push((
                    "status.memory",
                    of(format::bytes(memory.requested), format::bytes(memory.allocatable)),
                ));
                facts.push((
                    "status.pods",
                    of(pods.requested.to_string(), pods.allocatable.to_string()),
                ));
            }
        }
        Object::Deployment(own) => {
            facts.push((
                "status.replicas",
                replicas(own.status.ready_replicas, own.spec.replicas.unwrap_or(1)),
            ));
        }
        Object::ReplicaSet(own) => {
            facts.push((
                "status.replicas",
                replicas(own.status.ready_replicas, own.spec.replicas.unwrap_or(1)),
            ));
        }
        Object::Service(own) => {
            facts.push(("status.type", text(&own.spec.kind)));
            let view = look
                .scene
                .services
                .iter()
                .find(|view| view.name == own.meta.name && view.namespace == own.meta.namespace);
            if let Some(view) = view {
                let ready = view.endpoints.iter().filter(|endpoint| endpoint.ready).count();
                facts.push(("status.address", text(&view.address)));
                facts.push(("status.endpoints", text(format!("{ready} / {}", view.endpoints.len()))));
            }
            facts.push(("status.selector", text(format_labels(&own.spec.selector))));
        }
        _ => {}
    }
    facts
}

/// What every object has.
fn common(glass: Glass<'_>, meta: &ObjectMeta) -> Vec<Fact> {
    let mut facts = Vec::new();
    if let Some(owner) = meta.controller()
        && let Some(kind) = Kind::find(&owner.api_version, &owner.kind)
    {
        facts.push((
            "status.owner",
            Value::Object(ObjectName::new(kind, &meta.namespace, &owner.name)),
        ));
    }
    if let Some(created) = meta.creation_timestamp {
        facts.push(("status.age", text(format::coarse(glass.age_ns(created)))));
    }
    if !meta.labels.is_empty() {
        facts.push(("status.labels", text(format_labels(&meta.labels).replace(',', "  "))));
    }
    facts
}

/// How an object is.
#[component]
pub(super) fn Status(props: &ObjectProps) -> Html {
    let ui = use_ui();
    let texts = ui.texts();
    let seen = use_view((props.object.clone(), texts), seen);
    let fact = |(key, value): &Fact| {
        html! {
            <>
                <dt>{ texts.get(key) }</dt>
                <dd>
                    { match value {
                        Value::Text(text) => html! { text.clone() },
                        Value::Object(object) => html! { <ObjectLink object={object.clone()} with_kind={object.kind != NODE} /> },
                    } }
                </dd>
            </>
        }
    };
    html! {
        <>
            <dl class="facts">{ for seen.facts.iter().map(fact) }</dl>
            if props.object.kind == POD { <Containers object={props.object.clone()} /> }
            if matches!(props.object.kind, SERVICE | INGRESS | HTTP_ROUTE | GRPC_ROUTE | POD) { <Requests by={props.object.clone()} /> }
            if !seen.conditions.is_empty() {
                <h3>{ texts.get("status.conditions") }</h3>
                <ul class="conditions">{ for seen.conditions.iter().map(|line| condition(line, ui.language)) }</ul>
            }
        </>
    }
}

/// Conditions that are bad when they hold.
const BAD_WHEN_TRUE: [&str; 6] = [
    "MemoryPressure",
    "DiskPressure",
    "PIDPressure",
    "NetworkUnavailable",
    "ReplicaFailure",
    "DisruptionTarget",
];

fn condition((kind, status, reason, message): &Line, language: crate::view::Language) -> Html {
    let good = match &**status {
        "True" => !BAD_WHEN_TRUE.contains(&&**kind),
        "False" => BAD_WHEN_TRUE.contains(&&**kind),
        _ => false,
    };
    let page = docs::of_reason(reason, language);
    html! {
        <li class={classes!("condition", if good { "good" } else { "warn" })}>
            <span class="condition-type">{ kind.to_string() }</span>
            <span class="condition-status">{ status.to_string() }</span>
            if !reason.is_empty() {
                if let Some(page) = page {
                    <a class="reason" href={page} target="_blank" rel="noopener">{ reason.to_string() }</a>
                } else {
                    <span class="reason">{ reason.to_string() }</span>
                }
            }
            if !message.is_empty() { <p>{ message.to_string() }</p> }
        </li>
    }
}
