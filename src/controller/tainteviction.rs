//! Pods that do not tolerate a NoExecute taint of their node, or not for ever, are deleted.
// Models pkg/controller/tainteviction

use crate::sim::btree::{BTreeMap, BTreeSet};
use std::rc::Rc;

use crate::api::core::{Node, Pod, Taint, Toleration};
use crate::api::meta::Condition;
use crate::api::{Kind, Object, Resource, Str};
use crate::apiserver::{Change, DeleteOptions, Key, Verb};
use crate::client::{Component, Ctx, Recorder, Severity};
use crate::sim::{Duration, SimTime};

use super::owners;

const NO_EXECUTE: &str = "NoExecute";
const EVICTION: &str = "TaintManagerEviction";
const DUE: u8 = 0;

/// The taint eviction controller.
#[derive(Clone, Debug, Default)]
pub struct TaintEvictionController {
    recorder: Recorder,
    /// Nodes with NoExecute taints.
    tainted: BTreeSet<Str>,
    /// Pods that are to be deleted, by when.
    pending: BTreeMap<Key, Pending>,
    due: BTreeSet<(SimTime, Key)>,
}

#[derive(Clone, Debug)]
struct Pending {
    since: SimTime,
    at: SimTime,
    pod: Rc<Pod>,
}

impl Component for TaintEvictionController {
    fn name(&self) -> &'static str {
        "taint-eviction-controller"
    }

    fn watches(&self) -> &'static [Kind] {
        &[Node::KIND, Pod::KIND]
    }

    fn wants(&self, change: &Change) -> bool {
        let old = change.old.as_ref();
        match &change.object {
            Object::Node(node) => {
                let before = old.and_then(Node::of).map(|old| no_execute(old));
                no_execute(node) != before.unwrap_or_default()
            }
            Object::Pod(pod) => {
                let is_new = old.and_then(Pod::of).is_none_or(|old| {
                    old.spec.node_name != pod.spec.node_name || old.spec.tolerations != pod.spec.tolerations
                });
                let matters = is_new || change.verb == Verb::Deleted;
                matters
                    && (self.tainted.contains(&pod.spec.node_name)
                        || self.pending.contains_key(&Key::of(&change.object)))
            }
            _ => false,
        }
    }

    fn on_change(&mut self, ctx: &mut Ctx<'_>, change: &Change) {
        match &change.object {
            Object::Node(node) => self.on_node(ctx, &node.meta.name),
            Object::Pod(_) if change.verb == Verb::Deleted => self.cancel(ctx, &Key::of(&change.object)),
            Object::Pod(pod) => {
                let taints = ctx
                    .api
                    .get::<Node>("", &pod.spec.node_name)
                    .map(|node| no_execute(node));
                self.consider(ctx, pod, &taints.unwrap_or_default());
            }
            _ => {}
        }
        self.arm(ctx);
    }

    fn on_timer(&mut self, ctx: &mut Ctx<'_>, _purpose: u8, _object: u64) {
        while let Some((at, key)) = self.due.first().cloned().filter(|(at, _)| *at <= ctx.now) {
            self.due.remove(&(at, key.clone()));
            self.pending.remove(&key);
            self.evict(ctx, &key);
        }
        self.arm(ctx);
    }
}

fn no_execute(node: &Node) -> Vec<Taint> {
    let taints = node.spec.taints.iter().filter(|taint| &*taint.effect == NO_EXECUTE);
    taints.cloned().collect()
}

/// Whether a pod puts up with a taint.
// Models k8s.io/api/core/v1/toleration.go ToleratesTaint
fn tolerates(toleration: &Toleration, taint: &Taint) -> bool {
    let effect = toleration.effect.is_empty() || toleration.effect == taint.effect;
    let key = toleration.key.is_empty() || toleration.key == taint.key;
    let value = match &*toleration.operator {
        "Exists" => true,
        "" | "Equal" => toleration.value == taint.value,
        _ => false,
    };
    effect && key && value
}

/// How long a pod may stay: for ever, or that time; at once where it does not tolerate one of the taints.
// Models pkg/controller/tainteviction/taint_eviction.go getMinTolerationTime
fn may_stay(pod: &Pod, taints: &[Taint]) -> Option<Duration> {
    let mut shortest: Option<i64> = None;
    for taint in taints {
        let tolerations = pod.spec.tolerations.iter();
        let Some(toleration) = tolerations.into_iter().find(|toleration| tolerates(toleration, taint)) else {
            return Some(Duration::ZERO);
        };
        if let Some(seconds) = toleration.toleration_seconds {
            shortest = Some(shortest.map_or(seconds, |shortest| shortest.min(seconds)));
        }
    }
    shortest.map(|seconds| Duration::from_secs(u64::try_from(seconds).unwrap_or_default()))
}

impl TaintEvictionController {
    // Models pkg/controller/tainteviction/taint_eviction.go handleNodeUpdate
    fn on_node(&mut self, ctx: &mut Ctx<'_>, name: &Str) {
        let taints = ctx
            .api
            .get::<Node>("", name)
            .map(|node| no_execute(node))
            .unwrap_or_default();
        if taints.is_empty() {
            self.tainted.remove(name);
        } else {
            self.tainted.insert(name.clone());
        }
        let pods: Vec<Rc<Pod>> = ctx.api.pods_on(name).cloned().collect();
        for pod in pods {
            self.consider(ctx, &pod, &taints);
        }
    }

    /// Decides when a pod goes. An earlier decision stays where it is for a time as early.
    // Models pkg/controller/tainteviction/taint_eviction.go processPodOnNode
    fn consider(&mut self, ctx: &mut Ctx<'_>, pod: &Rc<Pod>, taints: &[Taint]) {
        let key = Key {
            namespace: pod.meta.namespace.clone(),
            name: pod.meta.name.clone(),
        };
        let stay = if taints.is_empty() { None } else { may_stay(pod, taints) };
        let Some(stay) = stay else {
            return self.cancel(ctx, &key);
        };
        let mut since = ctx.now;
        if let Some(pending) = self.pending.get(&key).filter(|_| stay != Duration::ZERO) {
            if pending.since + stay < ctx.now + stay {
                return;
            }
            since = pending.since;
        }
        self.cancel(ctx, &key);
        let at = since.max(ctx.now) + stay;
        self.due.insert((at, key.clone()));
        self.pending.insert(
            key,
            Pending {
                since,
                at,
                pod: pod.clone(),
            },
        );
    }

    /// Takes the decision on a pod back and tells of it.
    fn cancel(&mut self, ctx: &mut Ctx<'_>, key: &Key) {
        if let Some(pending) = self.pending.remove(key) {
            self.due.remove(&(pending.at, key.clone()));
            let message = format!("Cancelling deletion of Pod {key}");
            let about = Object::Pod(pending.pod);
            self.recorder.event(ctx, &about, Severity::Normal, EVICTION, &message);
        }
    }

    // Models pkg/controller/tainteviction/taint_eviction.go deletePodHandler
    fn evict(&mut self, ctx: &mut Ctx<'_>, key: &Key) {
        let Some(pod) = ctx.api.get_key::<Pod>(key).cloned() else {
            return;
        };
        let message = format!("Marking for deletion Pod {key}");
        let about = Object::Pod(pod.clone());
        self.recorder.event(ctx, &about, Severity::Normal, EVICTION, &message);
        let mut next = (*pod).clone();
        let message = "Taint manager: deleting due to NoExecute taint";
        let mut condition = Condition::new("DisruptionTarget", true, "DeletionByTaintManager", message, ctx.time());
        condition.observed_generation = pod.meta.generation;
        let others = pod
            .status
            .conditions
            .iter()
            .filter(|other| other.kind != condition.kind);
        next.status.conditions = others.cloned().chain([condition.clone()]).collect();
        // Upstream tries a few times more; here nobody writes in between.
        drop(ctx.update_status(next));
        drop(owners::ignore_absent(ctx.delete(
            Pod::KIND,
            key,
            &DeleteOptions::default(),
        )));
    }

    fn arm(&self, ctx: &mut Ctx<'_>) {
        if let Some((at, _)) = self.due.first() {
            ctx.arm(DUE, 0, *at);
        }
    }
}
