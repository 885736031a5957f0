//! `autoscaling/v2`: HorizontalPodAutoscalers.

use std::rc::Rc;

use super::Str;
use super::labels::LabelSelector;
use super::meta::{Condition, ObjectMeta};
use super::quantity::Quantity;
use super::time::Time;
use serde_json::{Map, Value, json};

/// The API group.
pub const GROUP: &str = "autoscaling";

lean! {
    /// How many replicas a workload should have, as metrics say.
    pub struct HorizontalPodAutoscaler {
        meta: ObjectMeta = "metadata" 'always,
        spec: HorizontalPodAutoscalerSpec = "spec",
        status: HorizontalPodAutoscalerStatus = "status" 'always,
    }

    /// What is scaled, between which bounds, by which metrics.
    pub struct HorizontalPodAutoscalerSpec {
        scale_target_ref: CrossVersionObjectReference = "scaleTargetRef" 'always,
        min_replicas: Option<i32> = "minReplicas",
        max_replicas: i32 = "maxReplicas" 'always,
        metrics: Rc<[MetricSpec]> = "metrics",
        behavior: Option<HorizontalPodAutoscalerBehavior> = "behavior",
    }

    /// An object of the same namespace.
    pub struct CrossVersionObjectReference {
        kind: Str = "kind" 'always,
        name: Str = "name" 'always,
        api_version: Str = "apiVersion",
    }

    /// A metric, and what it should be. One of the sources is set, as `type` says.
    pub struct MetricSpec {
        kind: Str = "type" 'always,
        object: Option<ObjectMetricSource> = "object",
        pods: Option<PodsMetricSource> = "pods",
        resource: Option<ResourceMetricSource> = "resource",
        container_resource: Option<ResourceMetricSource> = "containerResource",
        external: Option<PodsMetricSource> = "external",
    }

    /// A metric of one object.
    pub struct ObjectMetricSource {
        described_object: CrossVersionObjectReference = "describedObject" 'always,
        target: MetricTarget = "target" 'always,
        metric: MetricIdentifier = "metric" 'always,
    }

    /// A metric of each pod, or one from outside the cluster.
    pub struct PodsMetricSource {
        metric: MetricIdentifier = "metric" 'always,
        target: MetricTarget = "target" 'always,
    }

    /// Processor or memory of the pods, or of one container of each.
    pub struct ResourceMetricSource {
        name: Str = "name" 'always,
        target: MetricTarget = "target" 'always,
        container: Str = "container",
    }

    /// A metric's name, and a choice among those of that name.
    pub struct MetricIdentifier {
        name: Str = "name" 'always,
        selector: Option<LabelSelector> = "selector",
    }

    /// What a metric should be.
    pub struct MetricTarget {
        kind: Str = "type" 'always,
        value: Option<Quantity> = "value",
        average_value: Option<Quantity> = "averageValue",
        average_utilization: Option<i32> = "averageUtilization",
    }

    /// How fast it scales.
    pub struct HorizontalPodAutoscalerBehavior {
        scale_up: Option<HpaScalingRules> = "scaleUp",
        scale_down: Option<HpaScalingRules> = "scaleDown",
    }

    /// Rules for one direction.
    pub struct HpaScalingRules {
        stabilization_window_seconds: Option<i32> = "stabilizationWindowSeconds",
        select_policy: Option<Str> = "selectPolicy",
        policies: Rc<[HpaScalingPolicy]> = "policies",
        tolerance: Option<Quantity> = "tolerance",
    }

    /// At most so much in so much time.
    pub struct HpaScalingPolicy {
        kind: Str = "type" 'always,
        value: i32 = "value" 'always,
        period_seconds: i32 = "periodSeconds" 'always,
    }

    /// What it found last.
    pub struct HorizontalPodAutoscalerStatus {
        observed_generation: Option<i64> = "observedGeneration",
        last_scale_time: Option<Time> = "lastScaleTime",
        current_replicas: i32 = "currentReplicas",
        desired_replicas: i32 = "desiredReplicas" 'always,
        current_metrics: Option<Rc<[MetricStatus]>> = "currentMetrics" 'always,
        conditions: Rc<[Condition]> = "conditions",
    }

    /// What a metric was.
    pub struct MetricStatus {
        kind: Str = "type" 'always,
        object: Option<ObjectMetricStatus> = "object",
        pods: Option<PodsMetricStatus> = "pods",
        resource: Option<ResourceMetricStatus> = "resource",
        container_resource: Option<ResourceMetricStatus> = "containerResource",
        external: Option<PodsMetricStatus> = "external",
    }

    /// A metric of one object.
    pub struct ObjectMetricStatus {
        metric: MetricIdentifier = "metric" 'always,
        current: MetricValueStatus = "current" 'always,
        described_object: CrossVersionObjectReference = "describedObject" 'always,
    }

    /// A metric of each pod, or one from outside the cluster.
    pub struct PodsMetricStatus {
        metric: MetricIdentifier = "metric" 'always,
        current: MetricValueStatus = "current" 'always,
    }

    /// Processor or memory of the pods, or of one container of each.
    pub struct ResourceMetricStatus {
        name: Str = "name" 'always,
        current: MetricValueStatus = "current" 'always,
        container: Str = "container",
    }

    /// A metric's value.
    pub struct MetricValueStatus {
        value: Option<Quantity> = "value",
        average_value: Option<Quantity> = "averageValue",
        average_utilization: Option<i32> = "averageUtilization",
    }
}

/// A manifest as it is kept: see [`raise`].
#[must_use]
pub fn raised(manifest: &Value) -> Value {
    let mut manifest = manifest.clone();
    if let Value::Object(fields) = &mut manifest {
        raise(fields);
    }
    manifest
}

/// Makes a manifest of `autoscaling/v1` one of `autoscaling/v2`, the version that is kept. Others are left as they are.
// Models pkg/apis/autoscaling/v1 Convert_v1_HorizontalPodAutoscalerSpec_To_autoscaling_HorizontalPodAutoscalerSpec
pub fn raise(manifest: &mut Map<String, Value>) {
    if manifest
        .get("apiVersion")
        .is_none_or(|version| version != "autoscaling/v1")
    {
        return;
    }
    manifest.insert("apiVersion".to_owned(), json!("autoscaling/v2"));
    let Some(Value::Object(spec)) = manifest.get_mut("spec") else {
        return;
    };
    if let Some(percent) = spec
        .remove("targetCPUUtilizationPercentage")
        .filter(|percent| !percent.is_null())
    {
        let target = json!({"type": "Utilization", "averageUtilization": percent});
        let metric = json!({"type": "Resource", "resource": {"name": "cpu", "target": target}});
        spec.insert("metrics".to_owned(), json!([metric]));
    }
    if let Some(Value::Object(status)) = manifest.get_mut("status") {
        status.remove("currentCPUUtilizationPercentage");
    }
}
