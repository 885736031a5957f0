//! Which daemon pods are made and which go.
// Models pkg/controller/daemon/daemon_controller.go podsShouldBeOnNode, pkg/controller/daemon/update.go rollingUpdate

use crate::sim::Arrange;
use crate::sim::btree::BTreeMap;
use std::rc::Rc;

use crate::api::Str;
use crate::api::apps::{DaemonSet, RollingUpdateDaemonSet};
use crate::api::core::{Node, Pod};
use crate::api::intstr::IntOrString;
use crate::controller::pods::is_available;

use super::placement::{Demands, is_updated};

/// The pods of a DaemonSet by their node.
pub(super) type OnNodes = BTreeMap<Str, Vec<Rc<Pod>>>;

/// What is to be done.
#[derive(Clone, Debug, Default)]
pub(super) struct Plan {
    /// Nodes that get a pod.
    pub(super) create: Vec<Str>,
    /// Pods that go.
    pub(super) delete: Vec<Rc<Pod>>,
    /// Pods that ended on their own; they go, but not too often.
    pub(super) ended: Vec<Rc<Pod>>,
}

/// A DaemonSet with what is known of it.
pub(super) struct View<'a> {
    pub(super) set: &'a DaemonSet,
    pub(super) hash: &'a str,
    pub(super) demands: Demands,
    pub(super) nodes: Vec<Rc<Node>>,
    pub(super) now_ns: i64,
}

/// The older first; those without a node last.
// Models pkg/controller/daemon/daemon_controller.go podByCreationTimestampAndPhase
pub(super) fn sort(pods: &mut [Rc<Pod>]) {
    pods.arrange_by_key(|pod| {
        (
            pod.spec.node_name.is_empty(),
            pod.meta.creation_timestamp,
            pod.meta.name.clone(),
        )
    });
}

impl View<'_> {
    fn rolling(&self) -> Option<&RollingUpdateDaemonSet> {
        let strategy = &self.set.spec.update_strategy;
        strategy
            .rolling_update
            .as_ref()
            .filter(|_| &*strategy.kind == "RollingUpdate")
    }

    fn scaled(value: Option<&IntOrString>, total: usize) -> usize {
        let total = i64::try_from(total).unwrap_or(i64::MAX);
        // A value that is no number is refused when the DaemonSet comes in.
        let number = value
            .and_then(|value| value.scaled(total, true).ok())
            .unwrap_or_default();
        usize::try_from(number).unwrap_or_default()
    }

    fn surge(&self, total: usize) -> usize {
        Self::scaled(self.rolling().and_then(|rolling| rolling.max_surge.as_ref()), total)
    }

    fn is_available(&self, pod: &Pod) -> bool {
        is_available(pod, self.set.spec.min_ready_seconds, self.now_ns)
    }

    /// A pod on each node that takes one, and on no other.
    // Models pkg/controller/daemon/daemon_controller.go manage
    pub(super) fn manage(&self, pods: &OnNodes) -> Plan {
        let mut plan = Plan::default();
        for node in &self.nodes {
            self.manage_node(node, pods.get(&node.meta.name), &mut plan);
        }
        for (node, pods) in pods {
            if !self.nodes.iter().any(|known| known.meta.name == *node) {
                let waiting = pods.iter().filter(|pod| pod.spec.node_name.is_empty());
                plan.delete.extend(waiting.cloned());
            }
        }
        plan
    }

    fn manage_node(&self, node: &Node, pods: Option<&Vec<Rc<Pod>>>, plan: &mut Plan) {
        let verdict = self.demands.judge(node);
        let Some(pods) = pods else {
            plan.create.extend(verdict.runs.then(|| node.meta.name.clone()));
            return;
        };
        let staying = pods.iter().filter(|pod| !pod.meta.is_terminating());
        if !verdict.stays {
            plan.delete.extend(staying.cloned());
            return;
        }
        let (ended, mut running): (Vec<_>, Vec<_>) = staying.cloned().partition(|pod| pod.is_finished());
        plan.ended.extend(ended);
        sort(&mut running);
        if self.surge(1) == 0 {
            plan.delete.extend(running.into_iter().skip(1));
        } else if running.is_empty() {
            plan.create.extend(verdict.runs.then(|| node.meta.name.clone()));
        } else if running.len() > 1 {
            self.prune(running, plan);
        }
    }

    /// Of two pods on a node, the old one goes when it is not ready or the new one is available; others go at once.
    fn prune(&self, running: Vec<Rc<Pod>>, plan: &mut Plan) {
        let (mut new, mut old) = (None, None);
        for pod in running {
            let is_new = pod
                .meta
                .label(crate::controller::history::REVISION_HASH)
                .is_some_and(|hash| **hash == *self.hash);
            let place = if is_new { &mut new } else { &mut old };
            if place.is_none() {
                *place = Some(pod);
            } else {
                plan.delete.push(pod);
            }
        }
        if let (Some(new), Some(old)) = (new, old)
            && (!old.is_ready() || self.is_available(&new))
        {
            plan.delete.push(old);
        }
    }

    /// The pod of the newest template and the older one on a node; nothing where there are more.
    // Models pkg/controller/daemon/update.go findUpdatedPodsOnNode
    fn new_and_old<'p>(&self, pods: &'p [Rc<Pod>]) -> Option<(Option<&'p Rc<Pod>>, Option<&'p Rc<Pod>>)> {
        let staying = pods.iter().filter(|pod| !pod.meta.is_terminating());
        let (new, old): (Vec<_>, Vec<_>) = staying.partition(|pod| is_updated(self.set, pod, self.hash));
        (new.len() <= 1 && old.len() <= 1).then(|| (new.first().copied(), old.first().copied()))
    }

    /// Replaces pods of older templates, as many as may be missing or too many.
    // Models pkg/controller/daemon/update.go rollingUpdate
    pub(super) fn roll(&self, pods: &OnNodes) -> Plan {
        let Some(rolling) = self.rolling() else {
            return Plan::default();
        };
        let desired = self.nodes.iter().filter(|node| self.demands.judge(node).runs).count();
        let mut most_missing = Self::scaled(rolling.max_unavailable.as_ref(), desired);
        let surge = self.surge(desired);
        if desired > 0 && most_missing == 0 && surge == 0 {
            most_missing = 1;
        }
        if surge == 0 {
            self.roll_missing(pods, most_missing)
        } else {
            self.roll_surging(pods, surge, desired)
        }
    }

    fn roll_missing(&self, pods: &OnNodes, most_missing: usize) -> Plan {
        let (mut missing, mut replace, mut candidates) = (0, Vec::new(), Vec::new());
        for pods in self.with_targets(pods).values() {
            match self.new_and_old(pods) {
                Some((None, Some(old))) if !self.is_available(old) => {
                    replace.push(old.clone());
                    missing += 1;
                }
                Some((None, Some(old))) if missing < most_missing => candidates.push(old.clone()),
                Some((None, Some(_))) => {}
                Some((Some(new), None)) if self.is_available(new) => {}
                _ => missing += 1,
            }
        }
        replace.extend(candidates.into_iter().take(most_missing.saturating_sub(missing)));
        Plan {
            delete: replace,
            ..Plan::default()
        }
    }

    /// The nodes that are to have a pod count even where they have none.
    // Models pkg/controller/daemon/update.go updatedDesiredNodeCounts
    fn with_targets(&self, pods: &OnNodes) -> OnNodes {
        let mut pods = pods.clone();
        for node in self.nodes.iter().filter(|node| self.demands.judge(node).runs) {
            pods.entry(node.meta.name.clone()).or_default();
        }
        pods
    }

    fn roll_surging(&self, pods: &OnNodes, surge: usize, desired: usize) -> Plan {
        let mut plan = Plan::default();
        let (mut surging, mut available, mut leaving, mut candidates) = (0, 0, Vec::new(), Vec::new());
        for (name, pods) in &self.with_targets(pods) {
            let Some((new, old)) = self.new_and_old(pods) else {
                surging += 1;
                continue;
            };
            available += usize::from(old.or(new).is_some_and(|pod| self.is_available(pod)));
            let Some(old) = old else { continue };
            let node = self.nodes.iter().find(|node| node.meta.name == *name);
            let runs = node.is_some_and(|node| self.demands.judge(node).runs);
            match new {
                Some(new) if self.is_available(new) => plan.delete.push(old.clone()),
                Some(_) => surging += 1,
                None if !self.is_available(old) && runs => plan.create.push(name.clone()),
                None if !self.is_available(old) => plan.delete.push(old.clone()),
                None if !runs => leaving.push(old.clone()),
                None if surging < surge => candidates.push(name.clone()),
                None => {}
            }
        }
        plan.delete
            .extend(leaving.into_iter().take(available.saturating_sub(desired)));
        plan.create
            .extend(candidates.into_iter().take(surge.saturating_sub(surging)));
        plan
    }
}
