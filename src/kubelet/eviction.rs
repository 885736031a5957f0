//! Node-pressure eviction: who has to go when memory runs short, or writes more than it may.
//!
//! The loop of ten seconds runs on a node only while it could find something: memory is more than half used or grows, or a
//! pod has a limit on what it writes.

use std::rc::Rc;

use super::agent::{PodAgent, PodId, purpose};
use super::node::{NodeAgent, NodeId};
use super::{Kubelets, registration};
use crate::api::Str;
use crate::api::component_helpers::pod_priority;
use crate::api::core::{Node, Pod, PodStatus, pod_limits, pod_requests};
use crate::api::meta::Condition;
use crate::api::quantity::Quantity;
use crate::client::{Ctx, Severity};
use crate::sim::{Arrange, Duration, SimTime};

/// How often the loop looks.
const PERIOD: Duration = Duration::from_secs(10);
/// From one eviction to the next look: the pod is waited for.
const CLEANUP: Duration = Duration::from_secs(3);
/// Evicted when less memory than this is left.
const HARD_BYTES: i64 = 100 << 20;
/// The node's condition outlives the shortage by that long.
const TRANSITION: Duration = Duration::from_secs(300);
/// What lies in volumes is counted at every sixth look: once a minute.
const VOLUME_LOOKS: u64 = 6;
/// Pods of this priority are critical.
const CRITICAL: i32 = 2_000_000_000;
/// Seconds that the containers of an evicted pod get.
const GRACE_S: i64 = 1;
const REASON: &str = "Evicted";

/// The order to evict a pod.
#[derive(Clone, Debug)]
pub(super) struct Eviction {
    message: Str,
    /// The node was short of something: a disruption, and no fault of the pod's own limits.
    is_disruption: bool,
}

/// What a pod uses, and how it stands against the others.
struct Usage {
    id: PodId,
    pod: Rc<Pod>,
    bytes: i64,
    request: i64,
    /// By container.
    containers: Vec<(Str, i64)>,
}

/// Whether the pod must not be evicted.
// Models pkg/kubelet/types IsCriticalPod
pub(super) fn is_critical(pod: &Pod) -> bool {
    pod_priority(pod) >= CRITICAL
}

impl Kubelets {
    /// The loop of a node comes round.
    // Models pkg/kubelet/eviction managerImpl.synchronize
    pub(super) fn on_eviction(&mut self, ctx: &mut Ctx<'_>, node_id: NodeId) {
        let Some(node) = self.nodes.get(&node_id).filter(|node| node.is_powered).cloned() else {
            return;
        };
        let now = ctx.now;
        let with_volumes = (now.since(node.started_at).0 / PERIOD.0).is_multiple_of(VOLUME_LOOKS);
        let capacity = ctx.api.get::<Node>("", &node.name);
        let capacity = capacity
            .and_then(|node| node.status.capacity.get("memory"))
            .map_or(0, Quantity::value);
        let all: Vec<PodId> = ctx
            .api
            .pods_on(&node.name)
            .filter_map(|pod| self.pod_ids.get(&pod.meta.uid))
            .copied()
            .collect();
        let mut watched = false;
        let mut evicted = false;
        for id in &all {
            if let Some(agent) = self.pods.get(id).filter(|agent| agent.worker.terminating_at.is_none()) {
                watched |= agent.grows() || agent.has_storage_limit();
                let broken = agent.broken_storage_limit(with_volumes);
                evicted |= broken.is_some_and(|message| self.evict(ctx, *id, &message, false));
            }
        }
        let mut pods: Vec<Usage> = all
            .iter()
            .filter_map(|id| Some(self.pods.get(id)?.memory_use(*id, now)))
            .collect();
        let available = capacity - pods.iter().map(|pod| pod.bytes).sum::<i64>();
        let is_low = available < HARD_BYTES;
        self.note_pressure(ctx, node_id, is_low);
        pods.retain(|usage| self.pods[&usage.id].worker.terminating_at.is_none());
        if is_low && !evicted {
            let (severity, reason) = (Severity::Warning, "EvictionThresholdMet");
            if let Some(node) = self.nodes.get_mut(&node_id) {
                registration::tell(
                    ctx,
                    Rc::make_mut(node),
                    severity,
                    reason,
                    "Attempting to reclaim memory",
                );
            }
            rank(&mut pods);
            let worst = pods.iter().find(|usage| !is_critical(&usage.pod));
            let worst = worst.map(|usage| (usage.id, usage.message(available)));
            evicted |= worst.is_some_and(|(id, message)| self.evict(ctx, id, &message, true));
        }
        let wait = if evicted { CLEANUP } else { PERIOD };
        let has_pressure = self
            .nodes
            .get(&node_id)
            .is_some_and(|node| node.pressure_since.is_some());
        if watched || has_pressure || available < capacity / 2 {
            ctx.arm(purpose::EVICT, node_id, now + wait);
        }
    }

    /// Notes whether memory is short; the node tells it with its next status.
    fn note_pressure(&mut self, ctx: &mut Ctx<'_>, node_id: NodeId, is_low: bool) {
        let now = ctx.now;
        let Some(node) = self.nodes.get_mut(&node_id) else {
            return;
        };
        let before = node.pressure_since;
        let next = match before {
            _ if is_low => Some(now),
            Some(since) if now.since(since) < TRANSITION => before,
            _ => None,
        };
        if next != before {
            Rc::make_mut(node).pressure_since = next;
            let at = node.status_at(now);
            ctx.arm_earlier(purpose::NODE, node_id, at);
        }
    }

    /// Ends a pod; says whether it is ended.
    // Models pkg/kubelet/eviction managerImpl.evictPod
    fn evict(&mut self, ctx: &mut Ctx<'_>, id: PodId, message: &str, is_disruption: bool) -> bool {
        if self.pods.get(&id).is_none_or(|agent| is_critical(&agent.pod)) {
            return false;
        }
        self.with(ctx, id, |agent, host| {
            host.event(agent, Severity::Warning, REASON, message);
            let message = message.into();
            agent.eviction = Some(Eviction { message, is_disruption });
            agent.note_termination(host.ctx.now, true);
            agent.worker.grace_s = Some(GRACE_S);
            agent.request_round();
        });
        true
    }
}

/// Who goes first: over its request, of lower priority, by most.
// Models pkg/kubelet/eviction rankMemoryPressure
fn rank(pods: &mut [Usage]) {
    pods.arrange_by_key(|usage| {
        let over = usage.bytes - usage.request;
        (over <= 0, pod_priority(&usage.pod), -over)
    });
}

impl Usage {
    // Models pkg/kubelet/eviction evictionMessage
    fn message(&self, available: i64) -> String {
        let text = |bytes: i64| Quantity::from_bytes(bytes).to_string();
        let mut message = format!(
            "The node was low on resource: memory. Threshold quantity: {}, available: {}. ",
            text(HARD_BYTES),
            text(available.max(0) & !1023)
        );
        let spec = &self.pod.spec;
        for (name, bytes) in &self.containers {
            let mut all = spec.containers.iter().chain(spec.init_containers.iter());
            let found = all.find(|container| container.name == *name);
            let request = found.and_then(|container| container.resources.requests.get("memory"));
            let request = request.cloned().unwrap_or_default();
            if *bytes > request.value() {
                let used = text(*bytes & !1023);
                message.push_str(&format!(
                    "Container {name} was using {used}, request is {request}, has larger consumption of memory. "
                ));
            }
        }
        message
    }
}

impl PodAgent {
    fn memory_use(&self, id: PodId, now: SimTime) -> Usage {
        let of = |id: &Str| i64::try_from(self.processes.usage(id, now).0).unwrap_or(i64::MAX);
        let containers: Vec<_> = self.view.running().map(|c| (c.name.clone(), of(&c.id))).collect();
        Usage {
            id,
            pod: self.pod.clone(),
            bytes: containers.iter().map(|(_, bytes)| bytes).sum(),
            request: pod_requests(&self.pod.spec).get("memory").map_or(0, Quantity::value),
            containers,
        }
    }

    /// Whether a container uses more memory as time goes on.
    fn grows(&self) -> bool {
        self.view.running().any(|container| self.processes.grows(&container.id))
    }

    fn has_storage_limit(&self) -> bool {
        let spec = &self.pod.spec;
        let mut volumes = spec.volumes.iter().filter_map(|volume| volume.empty_dir.as_ref());
        let limited = |c: &crate::api::core::Container| c.resources.limits.contains_key("ephemeral-storage");
        volumes.any(|volume| volume.size_limit.is_some()) || spec.containers.iter().any(limited)
    }

    /// What the pod wrote too much of.
    // Models pkg/kubelet/eviction managerImpl.localStorageEviction
    fn broken_storage_limit(&self, with_volumes: bool) -> Option<String> {
        if !self.has_storage_limit() {
            return None;
        }
        let spec = &self.pod.spec;
        let bytes = |bytes: u64| i64::try_from(bytes).unwrap_or(i64::MAX);
        let mut total = 0;
        for volume in spec.volumes.iter().filter(|_| with_volumes) {
            let Some(source) = &volume.empty_dir else { continue };
            let used = bytes(
                self.processes
                    .volume_bytes(&super::places::own_tree(&self.pod, &volume.name)),
            );
            total += used;
            if let Some(limit) = source
                .size_limit
                .as_ref()
                .filter(|limit| limit.sign() > 0 && used > limit.value())
            {
                return Some(format!(
                    "Usage of EmptyDir volume \"{}\" exceeds the limit \"{limit}\". ",
                    volume.name
                ));
            }
        }
        let running: Vec<_> = self
            .view
            .running()
            .map(|c| (&c.name, bytes(self.processes.written_bytes(&c.id))))
            .collect();
        total += running.iter().map(|(_, bytes)| bytes).sum::<i64>();
        let limits = pod_limits(spec);
        if let Some(limit) = limits.get("ephemeral-storage").filter(|limit| total > limit.value()) {
            return Some(format!(
                "Pod ephemeral local storage usage exceeds the total limit of containers {limit}. "
            ));
        }
        running.iter().find_map(|(name, used)| {
            let container = spec.containers.iter().find(|container| container.name == **name)?;
            let limit = container.resources.limits.get("ephemeral-storage")?;
            let is_over = !limit.is_zero() && *used > limit.value();
            is_over.then(|| format!("Container {name} exceeded its local ephemeral storage limit \"{limit}\". "))
        })
    }

    /// What the order to evict makes of the status.
    pub(super) fn apply_eviction(&self, status: &mut PodStatus) {
        let Some(eviction) = &self.eviction else { return };
        status.phase = "Failed".into();
        status.reason = REASON.into();
        status.message = eviction.message.clone();
        if eviction.is_disruption {
            let mut conditions = status.conditions.to_vec();
            conditions.retain(|condition| &*condition.kind != "DisruptionTarget");
            conditions.push(Condition {
                kind: "DisruptionTarget".into(),
                status: "True".into(),
                reason: "TerminationByKubelet".into(),
                message: eviction.message.clone(),
                observed_generation: self.pod.meta.generation,
                ..Condition::default()
            });
            status.conditions = conditions.into();
        }
    }
}

impl NodeAgent {
    /// A container starts: the loop looks at the node.
    pub(super) fn arm_eviction(&self, ctx: &mut Ctx<'_>) {
        let at = (ctx.now + Duration(1)).next_on_grid(Duration(self.started_at.0 % PERIOD.0), PERIOD);
        ctx.arm_earlier(purpose::EVICT, self.id, at);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn who_uses_more_than_it_asked_for_goes_first() {
        let usage = |name: &str, priority: i32, bytes: i64, request: i64| Usage {
            id: 0,
            pod: Rc::new(
                crate::api::lean::decode(json!({"metadata": {"name": name}, "spec": {"priority": priority}}))
                    .expect("a pod"),
            ),
            bytes,
            request,
            containers: Vec::new(),
        };
        let mut pods = vec![
            usage("within", 0, 900, 1000),
            usage("important", 10, 900, 100),
            usage("small", 0, 200, 100),
            usage("large", 0, 500, 0),
        ];
        rank(&mut pods);
        let names: Vec<&str> = pods.iter().map(|usage| &*usage.pod.meta.name).collect();
        assert_eq!(names, ["large", "small", "important", "within"]);
    }
}
