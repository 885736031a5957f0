//! Runs recorded clusters, in which pods came one at a time, and compares each step.

use crate::sim::btree::BTreeSet;
use std::rc::Rc;

use serde_json::{Value, json};

use super::{World, list, read_pod, same};
use crate::api::Str;
use crate::api::core::Pod;
use crate::scheduler::attempt::Attempt;
use crate::scheduler::cache::PodInfo;
use crate::scheduler::explain::join;
use crate::scheduler::framework::{Nominations, Profile, weight};
use crate::scheduler::preemption;
use crate::sim::Stream;

/// What was compared in a cluster.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Compared {
    /// Pods whose step agrees in all that was recorded.
    pub agreed: u32,
    /// For each pod that differs, what differs.
    pub differences: Vec<String>,
}

/// The priorities of the recording's classes.
const PRIORITIES: [(&str, i32); 3] = [("low", 10), ("mid", 500), ("high", 10_000)];

/// Replays a recorded cluster. Pods are put where the recording put them, so that each step starts from the recorded state.
///
/// # Errors
/// When the recording cannot be read.
pub fn run_recording(cluster: &Value) -> Result<Compared, String> {
    let mut world = World::new(Profile::default());
    for node in list(cluster, "nodes") {
        world.add_node(&node_of(node))?;
    }
    for service in list(cluster, "services") {
        world.load("Service", service)?;
    }
    let mut compared = Compared::default();
    for step in list(cluster, "pods") {
        let pod = pod_of(step)?;
        match compare(&mut world, step, &pod) {
            Ok(()) => compared.agreed += 1,
            Err(why) => compared.differences.push(format!("{}: {why}", pod.pod.meta.name)),
        }
        for victim in list(step, "victims") {
            let name = victim.as_str().unwrap_or_default();
            world.cache.remove_pod(&format!("/{name}"));
        }
        if let Some(node) = step["node"].as_str() {
            let mut placed: Pod = (*pod.pod).clone();
            Rc::make_mut(&mut placed.spec).node_name = node.into();
            world.add_pod(&Rc::new(placed));
        }
    }
    Ok(compared)
}

/// A node in its API form.
fn node_of(node: &Value) -> Value {
    json!({
        "metadata": {"name": node["name"], "labels": node["labels"]},
        "spec": {"taints": node["taints"], "unschedulable": node["unschedulable"]},
        "status": {"allocatable": node["allocatable"], "images": node["images"]},
    })
}

/// The pod of a step, with the priority of its class.
fn pod_of(step: &Value) -> Result<Rc<PodInfo>, String> {
    let mut pod: Pod = (*read_pod(&step["pod"])?).clone();
    let class = PRIORITIES
        .iter()
        .find(|(name, _)| *name == &*pod.spec.priority_class_name);
    Rc::make_mut(&mut pod.spec).priority = class.map(|(_, priority)| *priority);
    Ok(Rc::new(PodInfo::new(&Rc::new(pod))))
}

fn compare(world: &mut World, step: &Value, pod: &Rc<PodInfo>) -> Result<(), String> {
    if step["reason"] == "SchedulingGated" {
        return if pod.pod.spec.scheduling_gates.is_empty() {
            Err("it has no gate".to_owned())
        } else {
            Ok(())
        };
    }
    let attempt = world.attempt(pod);
    match first_message(step) {
        Some(message) => compare_refusal(world, step, pod, &attempt, message),
        None => compare_choice(world, step, &attempt),
    }
}

/// The sentence of the first refusal.
fn first_message(step: &Value) -> Option<&Value> {
    let message = step.get("message").or_else(|| step.get("fail_log"))?;
    Some(
        message
            .as_array()
            .and_then(|messages| messages.first())
            .unwrap_or(message),
    )
}

fn compare_choice(world: &World, step: &Value, attempt: &Attempt) -> Result<(), String> {
    let name = |place: usize| world.cache.node(attempt.feasible[place]).name().clone();
    let names: Vec<Str> = (0..attempt.feasible.len()).map(name).collect();
    let Some(scores) = step.get("scores") else {
        return same(
            "the only node",
            &json!(names.iter().map(|name| &**name).collect::<Vec<_>>()),
            &json!([step["node"]]),
        );
    };
    let by_name = |scores: &mut dyn Iterator<Item = i64>| -> Value {
        names
            .iter()
            .map(|name| name.to_string())
            .zip(scores.map(Value::from))
            .collect::<serde_json::Map<_, _>>()
            .into()
    };
    let mut plugins = serde_json::Map::new();
    for scores in &attempt.scores.plugins {
        let weight = weight(scores.plugin);
        if scores.normalised.iter().any(|score| *score != 0) {
            let weighted = by_name(&mut scores.normalised.iter().map(|score| score * weight));
            plugins.insert(scores.plugin.text().to_owned(), weighted);
        }
    }
    same("plugins", &Value::Object(plugins), &step["plugins"])?;
    same("scores", &by_name(&mut attempt.scores.totals.iter().copied()), scores)?;
    let best: BTreeSet<Str> = attempt.best().into_iter().map(name).collect();
    let top: BTreeSet<Str> = list(step, "top").filter_map(Value::as_str).map(Str::from).collect();
    let chosen = step["node"].as_str().is_some_and(|node| best.contains(node));
    if best == top && chosen {
        Ok(())
    } else {
        Err(format!("the best are {best:?}, want {top:?}"))
    }
}

fn compare_refusal(
    world: &mut World,
    step: &Value,
    pod: &Rc<PodInfo>,
    attempt: &Attempt,
    message: &Value,
) -> Result<(), String> {
    if !attempt.feasible.is_empty() {
        return Err(format!("{} nodes will do, want none", attempt.feasible.len()));
    }
    let mut lots = Stream::new(0, &["recording"]);
    let nominations = Nominations::default();
    let after = preemption::post_filter(&mut world.handle(), pod, attempt, &nominations, &mut lots);
    same("message", &json!(join(&attempt.message(), &after.message)), message)?;
    if step.get("victims").is_none() {
        return if after.candidate.is_none() {
            Ok(())
        } else {
            Err("room is made, want none".to_owned())
        };
    }
    let (candidates, best) = preemption::candidates(&mut world.handle(), pod, attempt, &mut lots);
    let node = step
        .get("nominated")
        .unwrap_or(&step["node"])
        .as_str()
        .unwrap_or_default();
    let candidates = best.into_iter().map(|place| &candidates[place]);
    let of_node = candidates.clone().find(|candidate| &*candidate.node == node);
    let Some(candidate) = of_node else {
        let best: Vec<&Str> = candidates.map(|candidate| &candidate.node).collect();
        return Err(format!("room is made on one of {best:?}, want {node}"));
    };
    let victims: BTreeSet<&str> = candidate.victims.iter().map(|victim| &*victim.pod.meta.name).collect();
    let want: BTreeSet<&str> = list(step, "victims").filter_map(Value::as_str).collect();
    if victims == want {
        Ok(())
    } else {
        Err(format!("victims: got {victims:?}, want {want:?}"))
    }
}
