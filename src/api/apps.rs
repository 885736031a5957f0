//! `apps/v1`: Deployments and ReplicaSets.

use std::rc::Rc;

use super::Str;
use super::core::PodTemplateSpec;
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
}
