//! Nodes that fall silent: their conditions, their pods' readiness, and the taints by which they lose their pods.
//!
//! Upstream each kubelet renews a Lease every 10 s and the controller looks at all of them every 5 s. Here nobody writes
//! leases: a node's silence is computed from the moment at which its machine stops, on the same grids, and the rounds
//! are armed only while there is something to see.
// Models pkg/controller/nodelifecycle/node_lifecycle_controller.go

mod taints;
mod zones;

use crate::sim::btree::{BTreeMap, BTreeSet};
use std::rc::Rc;

use crate::api::core::{Node, Pod};
use crate::api::meta::Condition;
use crate::api::{Kind, Object, Resource, Str};
use crate::apiserver::{Change, Verb};
use crate::client::{Component, Ctx, Message, Recorder, Severity};
use crate::sim::{Duration, SimTime};

pub(super) use taints::with_no_schedule;
use zones::Zones;

/// How often the controller looks.
const PERIOD: Duration = Duration::from_secs(5);
/// How often a kubelet gives a sign of life.
const RENEWAL: Duration = Duration::from_secs(10);
/// How long a node may be silent.
const GRACE: Duration = Duration::from_secs(50);
/// How long a node may be silent that has never said anything.
const STARTUP_GRACE: Duration = Duration::from_secs(60);
/// From a round to the taints that follow from it.
// Models pkg/controller/nodelifecycle/scheduler: nodes to taint are looked at every 100 ms.
const TAINT_DELAY: Duration = Duration::from_millis(50);

const ROUND: u8 = 0;
const TAINT: u8 = 1;

/// Conditions of which only the kubelet knows.
const OF_KUBELET: [&str; 4] = ["Ready", "MemoryPressure", "DiskPressure", "PIDPressure"];

/// The node lifecycle controller.
#[derive(Clone, Debug, Default)]
pub struct NodeLifecycleController {
    recorder: Recorder,
    nodes: BTreeMap<Str, Voice>,
    /// Nodes whose NoExecute taints are not as they are to be.
    unsettled: BTreeSet<Str>,
    /// Nodes that are new or gone, to be told of in the next round.
    news: BTreeMap<Str, Rc<Node>>,
    /// When the next node of a zone may lose its pods.
    next_taint: BTreeMap<Str, SimTime>,
}

/// What is heard of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Voice {
    /// Its kubelet gives signs of life.
    Heard,
    /// Nothing yet; noticed from that moment on.
    NeverHeard(SimTime),
    /// Nothing any more; noticed from that moment on.
    Silent(SimTime),
}

impl Voice {
    const fn noticed_at(self) -> Option<SimTime> {
        match self {
            Self::Heard => None,
            Self::NeverHeard(at) | Self::Silent(at) => Some(at),
        }
    }
}

impl Component for NodeLifecycleController {
    fn name(&self) -> &'static str {
        "node-controller"
    }

    fn watches(&self) -> &'static [Kind] {
        &[Node::KIND]
    }

    fn on_change(&mut self, ctx: &mut Ctx<'_>, change: &Change) {
        let Object::Node(node) = &change.object else { return };
        let name = &node.meta.name;
        if change.verb == Verb::Deleted {
            self.nodes.remove(name);
        } else {
            self.hear(ctx, node);
        }
        if change.verb != Verb::Modified {
            self.news.insert(name.clone(), node.clone());
        }
        self.settle(ctx, name);
        self.arm_round(ctx);
    }

    fn on_timer(&mut self, ctx: &mut Ctx<'_>, purpose: u8, _object: u64) {
        if purpose == TAINT {
            return self.taint(ctx);
        }
        self.tell_news(ctx);
        let noticed = |voice: &Voice| voice.noticed_at().is_some_and(|at| at <= ctx.now);
        let silent = self.nodes.iter().filter(|(_, voice)| noticed(voice));
        let silent: Vec<Str> = silent.map(|(name, _)| name.clone()).collect();
        for name in silent {
            self.mark_unknown(ctx, &name);
        }
        ctx.arm(TAINT, 0, ctx.now + TAINT_DELAY);
        self.arm_round(ctx);
    }

    fn on_message(&mut self, ctx: &mut Ctx<'_>, message: &Message) {
        let Message::NodePower { node, on } = message else {
            return;
        };
        if !self.nodes.contains_key(node) {
            return;
        }
        let voice = if *on {
            Voice::Heard
        } else {
            Voice::Silent(silent_from(ctx, node))
        };
        self.nodes.insert(node.clone(), voice);
        self.arm_round(ctx);
    }
}

/// When the silence of a node that stops now is noticed: its last sign of life was seen by a round.
fn silent_from(ctx: &Ctx<'_>, node: &str) -> SimTime {
    let phase = Duration(ctx.stream(node, "lease").below(RENEWAL.0));
    let next = SimTime(ctx.now.0 + 1).next_on_grid(phase, RENEWAL);
    (next - RENEWAL).next_on_grid(Duration::ZERO, PERIOD) + GRACE
}

impl NodeLifecycleController {
    /// Notes a node, and whether its kubelet has written anything yet.
    fn hear(&mut self, ctx: &Ctx<'_>, node: &Node) {
        let has_status = !node.status.conditions.is_empty() && taints::ready_status(node) != "Unknown";
        let voice = self.nodes.entry(node.meta.name.clone());
        let voice = voice.or_insert(Voice::NeverHeard(ctx.now + STARTUP_GRACE));
        if has_status && matches!(voice, Voice::NeverHeard(_)) {
            *voice = Voice::Heard;
        }
    }

    /// Gives a node its NoSchedule taints, and notes whether it lacks others.
    fn settle(&mut self, ctx: &mut Ctx<'_>, name: &Str) {
        let node = ctx.api.get::<Node>("", name).cloned();
        let fits = |node: &Rc<Node>| taints::no_execute_fits(node, taints::no_execute_key(node));
        if node.as_ref().is_none_or(fits) {
            self.unsettled.remove(name);
        } else {
            self.unsettled.insert(name.clone());
        }
        if let Some(next) = node.and_then(|node| taints::with_no_schedule(&node, ctx.time())) {
            // Where another write came first, its delivery brings the node here again.
            drop(ctx.update(next));
        }
    }

    /// Arms the next round, if there is anything to see then.
    fn arm_round(&self, ctx: &mut Ctx<'_>) {
        let next = SimTime(ctx.now.0 + 1).next_on_grid(Duration::ZERO, PERIOD);
        let noticed = self.nodes.values().filter_map(|voice| voice.noticed_at());
        let later = noticed.filter(|at| *at > ctx.now).min();
        let later = later.map(|at| at.next_on_grid(Duration::ZERO, PERIOD));
        let at_once = !self.news.is_empty() || !self.unsettled.is_empty();
        if let Some(at) = [at_once.then_some(next), later].into_iter().flatten().min() {
            ctx.arm_earlier(ROUND, 0, at);
        }
    }

    fn tell_news(&mut self, ctx: &mut Ctx<'_>) {
        for (name, node) in std::mem::take(&mut self.news) {
            let (reason, what) = if self.nodes.contains_key(&name) {
                ("RegisteredNode", format!("Registered Node {name} in Controller"))
            } else {
                ("RemovingNode", format!("Removing Node {name} from Controller"))
            };
            let message = format!("Node {name} event: {what}");
            self.recorder
                .event(ctx, &Object::Node(node), Severity::Normal, reason, &message);
        }
    }

    /// Says of a silent node that nobody knows how it is.
    // Models pkg/controller/nodelifecycle/node_lifecycle_controller.go tryUpdateNodeHealth
    fn mark_unknown(&mut self, ctx: &mut Ctx<'_>, name: &Str) {
        let Some(node) = ctx.api.get::<Node>("", name).cloned() else {
            return;
        };
        let was_ready = taints::ready_status(&node) == "True";
        let mut next = (*node).clone();
        next.status.conditions = unknown_conditions(&node, ctx).into();
        if next.status.conditions[..] == node.status.conditions[..] || ctx.update_status(next).is_err() {
            return;
        }
        if was_ready {
            let message = format!("Node {name} status is now: NodeNotReady");
            self.recorder
                .event(ctx, &Object::Node(node), Severity::Normal, "NodeNotReady", &message);
        }
        let pods: Vec<Rc<Pod>> = ctx.api.pods_on(name).cloned().collect();
        for pod in pods {
            self.mark_not_ready(ctx, &pod);
        }
    }

    /// Takes a pod on a silent node out of service.
    // Models pkg/controller/util/node/controller_utils.go MarkPodsNotReady
    fn mark_not_ready(&mut self, ctx: &mut Ctx<'_>, pod: &Rc<Pod>) {
        if pod.meta.deletion_grace_period_seconds.is_some() || !pod.is_ready() {
            return;
        }
        let mut next = (**pod).clone();
        let mut conditions = pod.status.conditions.to_vec();
        for condition in conditions.iter_mut().filter(|condition| &*condition.kind == "Ready") {
            condition.status = "False".into();
            condition.last_transition_time = Some(ctx.time());
            condition.observed_generation = pod.meta.generation;
        }
        next.status.conditions = conditions.into();
        if ctx.update_status(next).is_ok() {
            let about = Object::Pod(pod.clone());
            self.recorder
                .event(ctx, &about, Severity::Warning, "NodeNotReady", "Node is not ready");
        }
    }

    /// Gives nodes the NoExecute taints that they are to have: at once where a taint goes or changes, at the pace of the
    /// zone where a node is about to lose its pods.
    // Models pkg/controller/nodelifecycle/node_lifecycle_controller.go doNoExecuteTaintingPass
    fn taint(&mut self, ctx: &mut Ctx<'_>) {
        let zones = Zones::count(ctx);
        let nodes: Vec<Rc<Node>> = ctx.api.list::<Node>(None).cloned().collect();
        for node in nodes {
            let wanted = taints::no_execute_key(&node).filter(|_| !zones.all_down());
            let Some(next) = taints::with_no_execute(&node, wanted, ctx.time()) else {
                continue;
            };
            let is_first = wanted.is_some() && !node.spec.taints.iter().any(taints::is_no_execute);
            if is_first && !self.take_turn(ctx, &zones, &node) {
                continue;
            }
            // Another write came first: the next round tries again.
            drop(ctx.update(next));
        }
        self.arm_round(ctx);
    }

    /// Whether it is the turn of a node of that zone.
    fn take_turn(&mut self, ctx: &Ctx<'_>, zones: &Zones, node: &Node) -> bool {
        let zone = zones::zone_of(node);
        let Some(pace) = zones.pace(&zone) else { return false };
        let due = self.next_taint.get(&zone).copied().unwrap_or_default();
        if due > ctx.now {
            return false;
        }
        self.next_taint.insert(zone, ctx.now + pace);
        true
    }
}

/// The conditions of a node of which nothing is heard.
fn unknown_conditions(node: &Node, ctx: &Ctx<'_>) -> Vec<Condition> {
    let mut conditions = node.status.conditions.to_vec();
    for kind in OF_KUBELET {
        match conditions.iter_mut().find(|condition| *condition.kind == *kind) {
            Some(condition) if &*condition.status != "Unknown" => {
                condition.status = "Unknown".into();
                condition.reason = "NodeStatusUnknown".into();
                condition.message = "Kubelet stopped posting node status.".into();
                condition.last_transition_time = Some(ctx.time());
            }
            Some(_) => {}
            None => {
                let mut condition = Condition::new(
                    kind,
                    false,
                    "NodeStatusNeverUpdated",
                    "Kubelet never posted node status.",
                    ctx.time(),
                );
                condition.status = "Unknown".into();
                conditions.push(condition);
            }
        }
    }
    conditions
}
