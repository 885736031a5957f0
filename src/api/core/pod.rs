//! Pods.

use std::rc::Rc;

use crate::api::Str;
use crate::api::core::{Container, ResourceList, ResourceRequirements, Volume};
use crate::api::labels::{LabelSelector, Labels};
use crate::api::meta::{Condition, LocalObjectReference, ObjectMeta};
use crate::api::time::Time;

lean! {
    /// A group of containers that share a node, an address and volumes.
    pub struct Pod {
        meta: ObjectMeta = "metadata" 'always,
        /// Shared by all versions of a pod and, in its parts, by all pods of a template.
        spec: Rc<PodSpec> = "spec" 'always,
        status: PodStatus = "status" 'always,
    }

    /// A pod to be made.
    pub struct PodTemplateSpec {
        meta: ObjectMeta = "metadata" 'always,
        spec: Rc<PodSpec> = "spec" 'always,
    }

    /// What a pod is to be.
    pub struct PodSpec {
        volumes: Rc<[Volume]> = "volumes",
        init_containers: Rc<[Container]> = "initContainers",
        containers: Rc<[Container]> = "containers" 'always,
        ephemeral_containers: Rc<[Container]> = "ephemeralContainers",
        restart_policy: Str = "restartPolicy",
        termination_grace_period_seconds: Option<i64> = "terminationGracePeriodSeconds",
        active_deadline_seconds: Option<i64> = "activeDeadlineSeconds",
        dns_policy: Str = "dnsPolicy",
        node_selector: Rc<Labels> = "nodeSelector",
        service_account_name: Str = "serviceAccountName",
        service_account: Str = "serviceAccount",
        automount_service_account_token: Option<bool> = "automountServiceAccountToken",
        node_name: Str = "nodeName",
        host_network: bool = "hostNetwork",
        host_pid: bool = "hostPID",
        share_process_namespace: Option<bool> = "shareProcessNamespace",
        image_pull_secrets: Rc<[LocalObjectReference]> = "imagePullSecrets",
        hostname: Str = "hostname",
        subdomain: Str = "subdomain",
        affinity: Option<Rc<Affinity>> = "affinity",
        scheduler_name: Str = "schedulerName",
        tolerations: Rc<[Toleration]> = "tolerations",
        priority_class_name: Str = "priorityClassName",
        priority: Option<i32> = "priority",
        preemption_policy: Option<Str> = "preemptionPolicy",
        readiness_gates: Rc<[PodReadinessGate]> = "readinessGates",
        enable_service_links: Option<bool> = "enableServiceLinks",
        overhead: Rc<ResourceList> = "overhead",
        topology_spread_constraints: Rc<[TopologySpreadConstraint]> = "topologySpreadConstraints",
        scheduling_gates: Rc<[PodSchedulingGate]> = "schedulingGates",
        resources: Option<ResourceRequirements> = "resources",
    }

    /// A condition that the pod's readiness also waits for.
    pub struct PodReadinessGate {
        condition_type: Str = "conditionType" 'always,
    }

    /// What holds a pod back from the scheduler.
    pub struct PodSchedulingGate {
        name: Str = "name" 'always,
    }

    /// A taint that a pod puts up with.
    pub struct Toleration {
        key: Str = "key",
        operator: Str = "operator",
        value: Str = "value",
        effect: Str = "effect",
        toleration_seconds: Option<i64> = "tolerationSeconds",
    }

    /// Which nodes and neighbours a pod wants.
    pub struct Affinity {
        node_affinity: Option<NodeAffinity> = "nodeAffinity",
        pod_affinity: Option<PodAffinity> = "podAffinity",
        pod_anti_affinity: Option<PodAntiAffinity> = "podAntiAffinity",
    }

    /// Which nodes a pod wants.
    pub struct NodeAffinity {
        required: Option<NodeSelector> = "requiredDuringSchedulingIgnoredDuringExecution",
        preferred: Rc<[PreferredSchedulingTerm]> = "preferredDuringSchedulingIgnoredDuringExecution",
    }

    /// Terms of which one must match.
    pub struct NodeSelector {
        node_selector_terms: Rc<[NodeSelectorTerm]> = "nodeSelectorTerms" 'always,
    }

    /// Requirements that must all match.
    pub struct NodeSelectorTerm {
        match_expressions: Rc<[NodeSelectorRequirement]> = "matchExpressions",
        match_fields: Rc<[NodeSelectorRequirement]> = "matchFields",
    }

    /// A requirement on a node's label or field.
    pub struct NodeSelectorRequirement {
        key: Str = "key" 'always,
        operator: Str = "operator" 'always,
        values: Rc<[Str]> = "values",
    }

    /// A wish with a weight.
    pub struct PreferredSchedulingTerm {
        weight: i32 = "weight" 'always,
        preference: NodeSelectorTerm = "preference" 'always,
    }

    /// Which pods a pod wants to be near.
    pub struct PodAffinity {
        required: Rc<[PodAffinityTerm]> = "requiredDuringSchedulingIgnoredDuringExecution",
        preferred: Rc<[WeightedPodAffinityTerm]> = "preferredDuringSchedulingIgnoredDuringExecution",
    }

    /// Which pods a pod wants to be away from.
    pub struct PodAntiAffinity {
        required: Rc<[PodAffinityTerm]> = "requiredDuringSchedulingIgnoredDuringExecution",
        preferred: Rc<[WeightedPodAffinityTerm]> = "preferredDuringSchedulingIgnoredDuringExecution",
    }

    /// A wish with a weight.
    pub struct WeightedPodAffinityTerm {
        weight: i32 = "weight" 'always,
        pod_affinity_term: PodAffinityTerm = "podAffinityTerm" 'always,
    }

    /// Pods, and the topology in which near and away are meant.
    pub struct PodAffinityTerm {
        label_selector: Option<LabelSelector> = "labelSelector",
        namespaces: Rc<[Str]> = "namespaces",
        topology_key: Str = "topologyKey" 'always,
        namespace_selector: Option<LabelSelector> = "namespaceSelector",
        match_label_keys: Rc<[Str]> = "matchLabelKeys",
        mismatch_label_keys: Rc<[Str]> = "mismatchLabelKeys",
    }

    /// How pods spread over a topology.
    pub struct TopologySpreadConstraint {
        max_skew: i32 = "maxSkew" 'always,
        topology_key: Str = "topologyKey" 'always,
        when_unsatisfiable: Str = "whenUnsatisfiable" 'always,
        label_selector: Option<LabelSelector> = "labelSelector",
        min_domains: Option<i32> = "minDomains",
        node_affinity_policy: Option<Str> = "nodeAffinityPolicy",
        node_taints_policy: Option<Str> = "nodeTaintsPolicy",
        match_label_keys: Rc<[Str]> = "matchLabelKeys",
    }

    /// How a pod is.
    pub struct PodStatus {
        observed_generation: i64 = "observedGeneration",
        phase: Str = "phase",
        conditions: Rc<[Condition]> = "conditions",
        message: Str = "message",
        reason: Str = "reason",
        nominated_node_name: Str = "nominatedNodeName",
        host_ip: Str = "hostIP",
        host_ips: Rc<[HostIp]> = "hostIPs",
        pod_ip: Str = "podIP",
        pod_ips: Rc<[PodIp]> = "podIPs",
        start_time: Option<Time> = "startTime",
        init_container_statuses: Rc<[ContainerStatus]> = "initContainerStatuses",
        container_statuses: Rc<[ContainerStatus]> = "containerStatuses",
        qos_class: Str = "qosClass",
        ephemeral_container_statuses: Rc<[ContainerStatus]> = "ephemeralContainerStatuses",
        allocated_resources: Rc<ResourceList> = "allocatedResources",
        resources: Option<ResourceRequirements> = "resources",
    }

    /// An address of the pod's node.
    pub struct HostIp {
        ip: Str = "ip" 'always,
    }

    /// An address of the pod.
    pub struct PodIp {
        ip: Str = "ip" 'always,
    }

    /// How a container is.
    pub struct ContainerStatus {
        name: Str = "name" 'always,
        state: ContainerState = "state" 'always,
        last_state: ContainerState = "lastState" 'always,
        ready: bool = "ready" 'always,
        restart_count: i32 = "restartCount" 'always,
        image: Str = "image" 'always,
        image_id: Str = "imageID" 'always,
        container_id: Str = "containerID",
        started: Option<bool> = "started",
        allocated_resources: Rc<ResourceList> = "allocatedResources",
        resources: Option<ResourceRequirements> = "resources",
        volume_mounts: Rc<[VolumeMountStatus]> = "volumeMounts",
    }

    /// How a volume is mounted.
    pub struct VolumeMountStatus {
        name: Str = "name" 'always,
        mount_path: Str = "mountPath" 'always,
        read_only: bool = "readOnly",
        recursive_read_only: Str = "recursiveReadOnly",
    }

    /// One of three states.
    pub struct ContainerState {
        waiting: Option<ContainerStateWaiting> = "waiting",
        running: Option<ContainerStateRunning> = "running",
        terminated: Option<ContainerStateTerminated> = "terminated",
    }

    /// Not running yet, or not any more for now.
    pub struct ContainerStateWaiting {
        reason: Str = "reason",
        message: Str = "message",
    }

    /// Running.
    pub struct ContainerStateRunning {
        started_at: Option<Time> = "startedAt",
    }

    /// Ended.
    pub struct ContainerStateTerminated {
        exit_code: i32 = "exitCode" 'always,
        signal: i32 = "signal",
        reason: Str = "reason",
        message: Str = "message",
        started_at: Option<Time> = "startedAt",
        finished_at: Option<Time> = "finishedAt",
        container_id: Str = "containerID",
    }
}

impl PodStatus {
    /// The condition of type `kind`.
    #[must_use]
    pub fn condition(&self, kind: &str) -> Option<&Condition> {
        crate::api::meta::find_condition(&self.conditions, kind)
    }

    /// Sets a condition; the time of the transition moves only with the status. Says whether anything changed.
    // Models pkg/api/v1/pod/util.go UpdatePodCondition.
    pub fn set_condition(&mut self, mut condition: Condition) -> bool {
        let mut conditions = self.conditions.to_vec();
        match conditions.iter_mut().find(|old| old.kind == condition.kind) {
            Some(old) => {
                if old.status == condition.status {
                    condition.last_transition_time = old.last_transition_time;
                }
                if *old == condition {
                    return false;
                }
                *old = condition;
            }
            None => conditions.push(condition),
        }
        self.conditions = conditions.into();
        true
    }
}

impl Pod {
    /// Whether its Ready condition is true.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.status.condition("Ready").is_some_and(Condition::is_true)
    }

    /// Whether it has been ready for at least `min_ready_seconds` at the time `now`.
    // Models pkg/api/v1/pod/util.go IsPodAvailable.
    #[must_use]
    pub fn is_available(&self, min_ready_seconds: i64, now: Time) -> bool {
        let Some(ready) = self.status.condition("Ready").filter(|condition| condition.is_true()) else {
            return false;
        };
        let since = ready.last_transition_time;
        min_ready_seconds == 0 || since.is_some_and(|since| since.0 + min_ready_seconds <= now.0)
    }

    /// Whether it has ended for good.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        matches!(&*self.status.phase, "Succeeded" | "Failed")
    }

    /// Whether it counts for its controller: neither finished nor being deleted.
    // Models pkg/controller/controller_utils.go IsPodActive.
    #[must_use]
    pub fn is_active(&self) -> bool {
        !self.is_finished() && !self.meta.is_terminating()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_transition_time_moves_with_the_status_alone() {
        let mut status = PodStatus::default();
        let condition = |ok, message: &str, at| Condition::new("PodScheduled", ok, "R", message, Time(at));
        assert!(status.set_condition(condition(false, "a", 1)));
        assert!(!status.set_condition(condition(false, "a", 2)));
        assert!(status.set_condition(condition(false, "b", 3)));
        assert_eq!(status.conditions[0].last_transition_time, Some(Time(1)));
        assert!(status.set_condition(condition(true, "b", 4)));
        assert_eq!(status.conditions[0].last_transition_time, Some(Time(4)));
    }
}
