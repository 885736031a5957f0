//! `apps/v1`: Deployments, ReplicaSets, DaemonSets and StatefulSets.

use std::rc::Rc;

use super::Str;
use super::core::{ClaimTemplate, PodTemplateSpec};
use super::intstr::IntOrString;
use super::labels::LabelSelector;
use super::meta::{Condition, ObjectMeta};

lean! {
    /// Pods of one template, updated by rolling.
    pub struct Deployment {
        meta: ObjectMeta = "metadata" 'always,
        spec: DeploymentSpec = "spec" 'always,
        status: DeploymentStatus = "status" 'always,
    }

    /// What a Deployment is to be.
    pub struct DeploymentSpec {
        replicas: Option<i32> = "replicas",
        selector: Option<Rc<LabelSelector>> = "selector",
        template: PodTemplateSpec = "template" 'always,
        strategy: DeploymentStrategy = "strategy" 'always,
        min_ready_seconds: i32 = "minReadySeconds",
        revision_history_limit: Option<i32> = "revisionHistoryLimit",
        paused: bool = "paused",
        progress_deadline_seconds: Option<i32> = "progressDeadlineSeconds",
    }

    /// How old pods are replaced.
    pub struct DeploymentStrategy {
        kind: Str = "type",
        rolling_update: Option<RollingUpdateDeployment> = "rollingUpdate",
    }

    /// How many pods may be missing or too many in between.
    pub struct RollingUpdateDeployment {
        max_unavailable: Option<IntOrString> = "maxUnavailable",
        max_surge: Option<IntOrString> = "maxSurge",
    }

    /// How a Deployment is.
    pub struct DeploymentStatus {
        observed_generation: i64 = "observedGeneration",
        replicas: i32 = "replicas",
        updated_replicas: i32 = "updatedReplicas",
        ready_replicas: i32 = "readyReplicas",
        available_replicas: i32 = "availableReplicas",
        unavailable_replicas: i32 = "unavailableReplicas",
        terminating_replicas: Option<i32> = "terminatingReplicas",
        conditions: Rc<[Condition]> = "conditions",
        collision_count: Option<i32> = "collisionCount",
    }

    /// A number of pods of one template.
    pub struct ReplicaSet {
        meta: ObjectMeta = "metadata" 'always,
        spec: ReplicaSetSpec = "spec" 'always,
        status: ReplicaSetStatus = "status" 'always,
    }

    /// What a ReplicaSet is to be.
    pub struct ReplicaSetSpec {
        replicas: Option<i32> = "replicas",
        min_ready_seconds: i32 = "minReadySeconds",
        selector: Option<Rc<LabelSelector>> = "selector",
        template: PodTemplateSpec = "template",
    }

    /// How a ReplicaSet is.
    pub struct ReplicaSetStatus {
        replicas: i32 = "replicas" 'always,
        fully_labeled_replicas: i32 = "fullyLabeledReplicas",
        ready_replicas: i32 = "readyReplicas",
        available_replicas: i32 = "availableReplicas",
        terminating_replicas: Option<i32> = "terminatingReplicas",
        observed_generation: i64 = "observedGeneration",
        conditions: Rc<[Condition]> = "conditions",
    }

    /// A pod on every node that takes it.
    pub struct DaemonSet {
        meta: ObjectMeta = "metadata" 'always,
        spec: DaemonSetSpec = "spec" 'always,
        status: DaemonSetStatus = "status" 'always,
    }

    /// What a DaemonSet is to be.
    pub struct DaemonSetSpec {
        selector: Option<Rc<LabelSelector>> = "selector",
        template: PodTemplateSpec = "template" 'always,
        update_strategy: DaemonSetUpdateStrategy = "updateStrategy" 'always,
        min_ready_seconds: i32 = "minReadySeconds",
        revision_history_limit: Option<i32> = "revisionHistoryLimit",
    }

    /// How old daemon pods are replaced.
    pub struct DaemonSetUpdateStrategy {
        kind: Str = "type",
        rolling_update: Option<RollingUpdateDaemonSet> = "rollingUpdate",
    }

    /// How many nodes may be without a pod, or with two, in between.
    pub struct RollingUpdateDaemonSet {
        max_unavailable: Option<IntOrString> = "maxUnavailable",
        max_surge: Option<IntOrString> = "maxSurge",
    }

    /// How a DaemonSet is.
    pub struct DaemonSetStatus {
        current_number_scheduled: i32 = "currentNumberScheduled" 'always,
        number_misscheduled: i32 = "numberMisscheduled" 'always,
        desired_number_scheduled: i32 = "desiredNumberScheduled" 'always,
        number_ready: i32 = "numberReady" 'always,
        observed_generation: i64 = "observedGeneration",
        updated_number_scheduled: i32 = "updatedNumberScheduled",
        number_available: i32 = "numberAvailable",
        number_unavailable: i32 = "numberUnavailable",
        collision_count: Option<i32> = "collisionCount",
        conditions: Rc<[Condition]> = "conditions",
    }

    /// Pods with names of their own, made and changed in order.
    pub struct StatefulSet {
        meta: ObjectMeta = "metadata" 'always,
        spec: StatefulSetSpec = "spec" 'always,
        status: StatefulSetStatus = "status" 'always,
    }

    /// What a StatefulSet is to be.
    pub struct StatefulSetSpec {
        replicas: Option<i32> = "replicas",
        selector: Option<Rc<LabelSelector>> = "selector",
        template: PodTemplateSpec = "template" 'always,
        volume_claim_templates: Rc<[ClaimTemplate]> = "volumeClaimTemplates",
        service_name: Str = "serviceName",
        pod_management_policy: Str = "podManagementPolicy",
        update_strategy: StatefulSetUpdateStrategy = "updateStrategy" 'always,
        revision_history_limit: Option<i32> = "revisionHistoryLimit",
        min_ready_seconds: i32 = "minReadySeconds",
        claim_retention: Option<ClaimRetentionPolicy> = "persistentVolumeClaimRetentionPolicy",
        ordinals: Option<StatefulSetOrdinals> = "ordinals",
    }

    /// How the pods of an old revision are replaced.
    pub struct StatefulSetUpdateStrategy {
        kind: Str = "type",
        rolling_update: Option<RollingUpdateStatefulSet> = "rollingUpdate",
    }

    /// Which pods are replaced.
    pub struct RollingUpdateStatefulSet {
        partition: Option<i32> = "partition",
        max_unavailable: Option<IntOrString> = "maxUnavailable",
    }

    /// What becomes of the claims of a StatefulSet.
    pub struct ClaimRetentionPolicy {
        when_deleted: Str = "whenDeleted",
        when_scaled: Str = "whenScaled",
    }

    /// How the pods are numbered.
    pub struct StatefulSetOrdinals {
        start: i32 = "start" 'always,
    }

    /// How a StatefulSet is.
    pub struct StatefulSetStatus {
        observed_generation: i64 = "observedGeneration",
        replicas: i32 = "replicas" 'always,
        ready_replicas: i32 = "readyReplicas",
        current_replicas: i32 = "currentReplicas",
        updated_replicas: i32 = "updatedReplicas",
        current_revision: Str = "currentRevision",
        update_revision: Str = "updateRevision",
        collision_count: Option<i32> = "collisionCount",
        conditions: Rc<[Condition]> = "conditions",
        available_replicas: i32 = "availableReplicas" 'always,
    }
}
