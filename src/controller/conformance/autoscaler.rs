//! Cases of the horizontal pod autoscaler.

use crate::sim::btree::BTreeMap;
use std::rc::Rc;

use serde_json::{Value, json};

use super::{compare, decode, decode_list, now_ns, number, unknown};
use crate::api::autoscaling::{HorizontalPodAutoscaler, MetricStatus};
use crate::api::core::Pod;
use crate::api::quantity::Quantity;
use crate::api::time::Time;
use crate::api::{Kind, Object, Resource};
use crate::apiserver::{ApiServer, Caller, Change, Key, PodMetrics, Usage, Verb};
use crate::client::{Component, ComponentId, Ctx, Delays};
use crate::controller::Reconciler;
use crate::controller::podautoscaler::{Calculator, HorizontalController, Sample, Samples, Settings, Tolerances};
use crate::sim::{Duration, EventQueue, SimTime};

/// The instant of a case: late enough for histories to lie before it.
const NOW: SimTime = SimTime(1_000_000_000_000_000);
const NAMESPACE: &str = "test-namespace";

pub(super) fn run(function: &str, case: &Value) -> Result<(), String> {
    if case.get("featureGates").is_some() {
        return Err("not applicable: a feature gate that differs from the defaults".to_owned());
    }
    match function {
        "replicasForResource" => for_resource(case),
        "replicasForMetric" => for_metric(case),
        "reconcile" => reconcile(case),
        _ => Err(unknown(function)),
    }
}

fn seconds(case: &Value, name: &str) -> i64 {
    case[name].as_i64().unwrap_or_default()
}

/// A tolerance in thousandths.
fn tolerance(value: &Value) -> Result<i64, String> {
    let parsed = Quantity::parse(&value.to_string()).map_err(|error| error.to_string())?;
    Ok(parsed.milli_value())
}

fn calculator(case: &Value) -> Result<Calculator, String> {
    Ok(Calculator {
        pods: decode_list::<Pod>(&case["pods"])?,
        now_ns: now_ns(case)?,
        tolerances: Tolerances {
            up_milli: tolerance(&case["tolerance"]["scaleUp"])?,
            down_milli: tolerance(&case["tolerance"]["scaleDown"])?,
        },
        cpu_initialization_s: seconds(case, "cpuInitializationPeriodSeconds"),
        initial_readiness_s: seconds(case, "initialReadinessDelaySeconds"),
    })
}

fn amount(value: &Value) -> Result<Quantity, String> {
    Quantity::parse(value.as_str().unwrap_or_default()).map_err(|error| error.to_string())
}

fn when(value: &Value) -> Result<Time, String> {
    Time::parse(value.as_str().unwrap_or_default())
}

fn for_resource(case: &Value) -> Result<(), String> {
    let container = case["container"].as_str().unwrap_or_default();
    let mut samples = Samples::new();
    for metrics in case["podMetrics"].as_array().into_iter().flatten() {
        let mut value = 0;
        for (name, used) in metrics["containers"].as_object().into_iter().flatten() {
            if container.is_empty() || name == container {
                value += amount(used)?.milli_value();
            }
        }
        let sample = Sample {
            value,
            at: when(&metrics["timestamp"])?,
            window_s: seconds(metrics, "windowSeconds"),
        };
        samples.insert(metrics["pod"].as_str().unwrap_or_default().into(), sample);
    }
    let resource = case["resource"].as_str().unwrap_or_default();
    let (current, target) = (number(case, "currentReplicas")?, number(case, "targetUtilization")?);
    let calculator = calculator(case)?;
    let want = &case["expect"];
    if samples.is_empty() {
        return compare(
            "error",
            &want["error"],
            &json!("no metrics returned from resource metrics API"),
        );
    }
    match calculator.for_utilization(current, target, resource, container, samples) {
        Err(why) if want["error"].as_str().is_some_and(|text| why.contains(text)) => Ok(()),
        Err(why) => Err(format!("want {want}, got the error {why}")),
        Ok(got) => {
            compare("replicas", &want["replicas"], &json!(got.replicas))?;
            compare("utilization", &want["utilization"], &json!(got.utilization))?;
            compare("rawMilli", &want["rawMilli"], &json!(got.usage))
        }
    }
}

fn levels(case: &Value, name: &str) -> Vec<i64> {
    let levels = case[name].as_array().into_iter().flatten();
    levels.filter_map(Value::as_i64).collect()
}

fn for_metric(case: &Value) -> Result<(), String> {
    let calculator = calculator(case)?;
    let current = number(case, "currentReplicas")?;
    let levels = levels(case, "levelsMilli");
    let usage = levels.iter().fold(0_i64, |sum, level| sum.saturating_add(*level));
    let (target, per_pod) = (seconds(case, "targetMilli"), seconds(case, "perPodTargetMilli"));
    let got = match case["metricKind"].as_str().unwrap_or_default() {
        "object" | "external" => calculator.for_value(current, usage, target),
        "objectPerPod" | "externalPerPod" => Ok(calculator.for_value_per_pod(current, usage, per_pod)),
        "pod" => {
            let pods = calculator.pods.iter().zip(&levels);
            let sample = |value: i64| Sample {
                value,
                ..Sample::default()
            };
            let samples = pods
                .map(|(pod, level)| (pod.meta.name.clone(), sample(*level)))
                .collect();
            calculator.for_average(current, target, "", samples)
        }
        other => return Err(unknown(other)),
    };
    let got = got?;
    compare("replicas", &case["expect"]["replicas"], &json!(got.replicas))?;
    compare("usage", &case["expect"]["usageMilli"], &json!(got.usage))
}

fn reconcile(case: &Value) -> Result<(), String> {
    let mut api = ApiServer::new(0);
    api.set_epoch_ns(now_ns(case)? - NOW.0.cast_signed());
    let mut autoscaler: HorizontalPodAutoscaler = decode(&case["hpa"])?;
    autoscaler.meta.namespace = NAMESPACE.into();
    let key = Key::of(&Object::HorizontalPodAutoscaler(Rc::new(autoscaler.clone())));
    load(&mut api, autoscaler.clone().into_object())?;
    load_workload(&mut api, case, &autoscaler)?;
    let published = published(&mut api, case)?;
    api.publish_metrics(Some(published));
    let mut controller = HorizontalController::with_settings(Settings {
        tolerances: Tolerances {
            up_milli: tolerance(&case["tolerance"])?,
            down_milli: tolerance(&case["tolerance"])?,
        },
        cpu_initialization_s: seconds(case, "cpuInitializationPeriodSeconds"),
        initial_readiness_s: seconds(case, "initialReadinessDelaySeconds"),
        downscale_window: Duration::from_secs(seconds(case, "downscaleStabilizationSeconds").unsigned_abs()),
    });
    if let Some(known) = case["recommendations"].as_array() {
        let mut history = Vec::new();
        for entry in known {
            history.push((api.sim_time(when(&entry["time"])?), number(entry, "replicas")?));
        }
        controller.history(&key).recommendations = Some(history);
    }
    look(&mut controller, &mut api, &key)?;
    let after = api
        .get_key::<HorizontalPodAutoscaler>(&key)
        .ok_or("it is gone")?
        .clone();
    let want = &case["expect"];
    compare(
        "desired",
        &want["desiredReplicas"],
        &json!(after.status.desired_replicas),
    )?;
    let told = |condition: &crate::api::meta::Condition| json!({"type": *condition.kind, "status": *condition.status, "reason": *condition.reason});
    let got: Vec<Value> = after.status.conditions.iter().map(told).collect();
    if let Some(want) = want.get("conditions") {
        compare("conditions", want, &json!(got))?;
    }
    let Some(want) = want.get("currentCPUUtilization").filter(|want| !want.is_null()) else {
        return Ok(());
    };
    let utilization = |status: &MetricStatus| {
        let of = status.resource.as_ref().or(status.container_resource.as_ref())?;
        of.current.average_utilization
    };
    let metrics = after.status.current_metrics.as_deref().unwrap_or_default();
    compare("utilization", want, &json!(metrics.iter().find_map(utilization)))
}

fn caller() -> Caller {
    Caller {
        actor: "user",
        now: NOW,
    }
}

fn load(api: &mut ApiServer, object: Object) -> Result<(), String> {
    api.load(&caller(), object).map(|_| ()).map_err(|status| status.message)
}

/// Loads what is scaled, with its pods, and an object whose metric may be asked for.
fn load_workload(api: &mut ApiServer, case: &Value, autoscaler: &HorizontalPodAutoscaler) -> Result<(), String> {
    let target = &autoscaler.spec.scale_target_ref;
    let labels = json!({"name": "test"});
    let selector = match &*target.kind {
        "ReplicationController" => labels.clone(),
        _ => json!({"matchLabels": labels}),
    };
    let workload = |name: &str, selector: Value| {
        json!({
            "metadata": {"name": name, "namespace": NAMESPACE},
            "spec": {
                "replicas": case["scale"]["specReplicas"],
                "selector": selector,
                "template": {
                    "metadata": {"labels": labels},
                    "spec": {"containers": [{"name": "c", "image": "nginx"}]},
                },
            },
            "status": {"replicas": case["scale"]["statusReplicas"]},
        })
    };
    let other = workload("some-deployment", json!({"matchLabels": {"name": "other"}}));
    for (version, kind, value) in [
        (&*target.api_version, &*target.kind, workload(&target.name, selector)),
        ("apps/v1", "Deployment", other),
    ] {
        let kind = Kind::find(version, kind).ok_or("no such kind")?;
        load(api, Object::decode(kind, value).map_err(|error| error.to_string())?)?;
    }
    for pod in decode_list::<Pod>(&case["pods"])? {
        let mut pod = (*pod).clone();
        pod.meta.namespace = NAMESPACE.into();
        pod.meta.set_label("name", "test");
        load(api, pod.into_object())?;
    }
    Ok(())
}

/// What the metrics APIs of a case serve. A metric of an object or from outside stands with a pod of its own.
fn published(api: &mut ApiServer, case: &Value) -> Result<BTreeMap<Key, PodMetrics>, String> {
    let mut all: BTreeMap<Key, PodMetrics> = BTreeMap::new();
    for metrics in case["podMetrics"].as_array().into_iter().flatten() {
        let mut containers = BTreeMap::new();
        for (name, used) in metrics["containers"].as_object().into_iter().flatten() {
            let of = |resource: &str| used.get(resource).map(amount).transpose();
            let usage = Usage {
                cpu_milli: of("cpu")?.map_or(0, |amount| amount.milli_value()),
                memory_bytes: of("memory")?.map_or(0, |amount| amount.value()),
            };
            containers.insert(name.as_str().into(), usage);
        }
        let key = Key::new(NAMESPACE, metrics["pod"].as_str().unwrap_or_default());
        let metrics = PodMetrics {
            at: when(&metrics["timestamp"])?,
            window_s: seconds(metrics, "windowSeconds"),
            containers,
            requests_milli: 0,
        };
        all.insert(key, metrics);
    }
    let levels = levels(case, "customMetricMilli");
    let of_pods = case["hpa"]["spec"]["metrics"].as_array().into_iter().flatten();
    let of_pods = of_pods.into_iter().any(|metric| metric["type"] == "Pods");
    if of_pods {
        let pods = case["pods"].as_array().into_iter().flatten().zip(&levels);
        for (pod, level) in pods {
            let name = pod["metadata"]["name"].as_str().unwrap_or_default();
            all.entry(Key::new(NAMESPACE, name)).or_default().requests_milli = *level;
        }
        return Ok(all);
    }
    let mut other = Pod::default();
    other.meta.name = "other".into();
    other.meta.namespace = NAMESPACE.into();
    other.meta.set_label("name", "other");
    load(api, other.into_object())?;
    all.entry(Key::new(NAMESPACE, "other")).or_default().requests_milli = levels.iter().sum();
    Ok(all)
}

/// Lets the controller hear of the autoscaler and look at it.
fn look(controller: &mut HorizontalController, api: &mut ApiServer, key: &Key) -> Result<(), String> {
    let object = api
        .get_object(HorizontalPodAutoscaler::KIND, key)
        .cloned()
        .ok_or("it is gone")?;
    let change = Change {
        revision: 0,
        at: NOW,
        actor: "user",
        verb: Verb::Added,
        object,
        old: None,
    };
    let mut ctx = Ctx {
        now: NOW,
        api,
        delays: &Delays::default(),
        seed: 0,
        name: controller.name(),
        id: ComponentId(0),
        queue: &mut EventQueue::default(),
    };
    controller.on_change(&mut ctx, &change);
    controller.sync(&mut ctx, key).map_err(|status| status.message)
}
