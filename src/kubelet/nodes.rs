//! Nodes come, go, stop, and come back.

use std::rc::Rc;

use super::Kubelets;
use super::agent::{Host, PodAgent, PodId, purpose};
use super::node::{NodeAgent, NodeId};
use super::{registration, worker};
use crate::api::Str;
use crate::api::core::{Node, Pod};
use crate::apiserver::Verb;
use crate::client::{Ctx, Severity};
use crate::sim::{Duration, SimTime};

impl Kubelets {
    pub(super) fn on_node(&mut self, ctx: &mut Ctx<'_>, node: &Rc<Node>, verb: Verb) {
        let known = self.node_ids.get(&node.meta.name).copied();
        match (known, verb) {
            (None, Verb::Added | Verb::Modified) => self.add_node(ctx, node),
            (Some(id), Verb::Deleted) => self.remove_node(ctx, id, &node.meta.name),
            (Some(id), _) => self.note_cordon(ctx, id, node),
            _ => {}
        }
    }

    /// Whether pods may come is told with the next status.
    // Models pkg/kubelet recordNodeSchedulableEvent
    fn note_cordon(&self, ctx: &mut Ctx<'_>, id: NodeId, node: &Node) {
        if let Some(agent) = self
            .nodes
            .get(&id)
            .filter(|agent| agent.is_cordoned != node.spec.unschedulable)
        {
            ctx.arm_earlier(purpose::NODE, id, agent.status_at(ctx.now));
        }
    }

    fn add_node(&mut self, ctx: &mut Ctx<'_>, node: &Rc<Node>) {
        let index = self.node_count;
        self.node_count += 1;
        let id = u64::from(self.node_count);
        let mut agent = NodeAgent::new(id, &node.meta.name, index, ctx);
        let settled = registration::is_settled(node);
        if !settled {
            registration::register(ctx, &mut agent, index, node);
        }
        self.nodes.insert(id, Rc::new(agent));
        self.node_ids.insert(node.meta.name.clone(), id);
        if !settled {
            ctx.arm(purpose::NODE, id, ctx.now + registration::READY_AFTER);
        }
        let pods: Vec<Rc<Pod>> = ctx.api.pods_on(&node.meta.name).cloned().collect();
        for pod in &pods {
            if !self.pod_ids.contains_key(&pod.meta.uid) {
                self.add_pod(ctx, pod);
            }
        }
    }

    /// The node is gone, and with it what ran on it.
    fn remove_node(&mut self, ctx: &mut Ctx<'_>, id: NodeId, name: &Str) {
        let on_node = |agent: &Rc<PodAgent>| agent.pod.spec.node_name == *name;
        let pods: Vec<PodId> = self
            .pods
            .iter()
            .filter(|(_, agent)| on_node(agent))
            .map(|(id, _)| *id)
            .collect();
        for pod in pods {
            self.forget(ctx, pod);
        }
        for purpose in [purpose::PLEG, purpose::PULL, purpose::NODE, purpose::EVICT] {
            ctx.disarm(purpose, id);
        }
        self.nodes.remove(&id);
        self.node_ids.remove(name);
    }

    pub(super) fn on_node_status(&mut self, ctx: &mut Ctx<'_>, node_id: NodeId) {
        if let Some(node) = self.nodes.get_mut(&node_id).filter(|node| node.is_powered) {
            registration::refresh(ctx, Rc::make_mut(node));
        }
    }

    /// Stops a machine, or starts it again: then its containers are gone.
    pub(super) fn set_power(&mut self, ctx: &mut Ctx<'_>, name: &Str, on: bool) {
        let Some(node_id) = self.node_ids.get(name).copied() else {
            return;
        };
        let Some(node) = self.nodes.get_mut(&node_id).filter(|node| node.is_powered != on) else {
            return;
        };
        let node = Rc::make_mut(node);
        node.is_powered = on;
        if !on {
            return;
        }
        node.started_at = ctx.now;
        node.has_rebooted = true;
        node.pressure_since = None;
        registration::tell(ctx, node, Severity::Normal, "Starting", "Starting kubelet.");
        let pods: Vec<PodId> = self
            .pods
            .iter()
            .filter(|(_, agent)| agent.pod.spec.node_name == *name)
            .map(|(id, _)| *id)
            .collect();
        for id in pods {
            self.with(ctx, id, |agent, host| agent.reboot(host));
        }
        ctx.arm(purpose::NODE, node_id, ctx.now + Duration::from_millis(350));
    }
}

impl PodAgent {
    /// The machine comes back: everything that ran has ended, and the worker begins anew.
    fn reboot(&mut self, host: &mut Host<'_, '_>) {
        let running: Vec<Str> = self.view.running().map(|container| container.id.clone()).collect();
        for id in &running {
            self.end_container(host, id, 255, "Unknown");
        }
        self.stop_sandboxes(host);
        self.worker.activity = worker::Activity::Idle;
        self.seen = Rc::new(self.view.clone());
        self.worker.last_round = None;
        self.request_round();
        if self.status.as_ref().is_some_and(|entry| entry.sent < entry.version) {
            host.ctx.arm(purpose::STATUS, self.id, host.ctx.now);
        }
    }
}

impl NodeAgent {
    /// When the node next looks whether its status has changed.
    pub(super) fn status_at(&self, now: SimTime) -> SimTime {
        now.next_on_grid(
            Duration(self.started_at.0 % registration::STATUS_PERIOD.0),
            registration::STATUS_PERIOD,
        )
    }
}
