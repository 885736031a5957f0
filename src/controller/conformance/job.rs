//! Cases of the Job controller.

use std::rc::Rc;

use serde_json::{Map, Value, json};

use super::world::{World, now_ns};
use super::{compare, decode, decode_list, number, unknown};
use crate::api::batch::{Job, PodFailurePolicy, SuccessPolicy};
use crate::api::core::{Container, Pod, PodSpec};
use crate::api::meta::ObjectMeta;
use crate::api::time::Time;
use crate::api::{Resource, Str};
use crate::apiserver::{Key, Verb};
use crate::controller::Reconciler;
use crate::controller::job::{
    Backoff, FINALIZER, Intervals, JobController, completion_index, duplicates, failed_indexes, finish_time, judge,
    name_prefix, succeeded_indexes, success,
};
use crate::controller::owners::controller_ref;
use crate::sim::Duration;

const COMPLETION_INDEX: &str = "batch.kubernetes.io/job-completion-index";

pub(super) fn run(function: &str, case: &Value) -> Result<(), String> {
    let expect = &case["expect"];
    match function {
        "sync" => sync(case),
        "backoffRemaining" => backoff(case),
        "duplicatedIndexes" => duplicated(case),
        "failedIndexes" => {
            let failed = failed_indexes(&decode::<Job>(&case["job"])?, &decode_list(&case["pods"])?);
            compare("failed", &expect["failed"], &shown(&failed))
        }
        "succeededIndexes" => {
            let mut job = Job::default();
            job.spec.completions = Some(number(case, "completions")?);
            job.status.completed_indexes = case["completedIndexes"].as_str().unwrap_or_default().into();
            let (before, total) = succeeded_indexes(&job, &numbered(&case["pods"]));
            compare("fromStatus", &expect["fromStatus"], &shown(&before))?;
            compare("total", &expect["total"], &shown(&total))
        }
        "firstPendingIndexes" => {
            let active = numbered(&case["activePods"]);
            let active = active.iter().filter_map(|pod| completion_index(pod));
            let taken = intervals(&case["succeededIndexes"]).with(active);
            let taken = taken.merge(&intervals(&case["failedIndexes"]));
            let free = taken.first_free(number(case, "count")?, number(case, "completions")?);
            compare("indexes", &expect["indexes"], &json!(free))
        }
        "podFailurePolicy" => failure_policy(case),
        "podFinishTime" => {
            let time = finish_time(&decode::<Pod>(&case["pod"])?);
            compare("finishTime", &expect["finishTime"], &json!(time.to_string()))
        }
        "podNamePrefix" => {
            let prefix = name_prefix(case["jobName"].as_str().unwrap_or_default(), number(case, "index")?);
            compare("generateName", &expect["generateName"], &json!(&*prefix))
        }
        "successPolicy" => {
            let policy = &case["successPolicy"];
            let policy: Option<SuccessPolicy> = if policy.is_null() { None } else { Some(decode(policy)?) };
            let indexes = intervals(&case["succeededIndexes"]);
            let message = success(policy.as_ref(), number(case, "completions")?, &indexes);
            compare("met", &expect["met"], &json!(message.is_some()))?;
            compare("message", &expect["message"], &json!(message.unwrap_or_default()))
        }
        _ => Err(unknown(function)),
    }
}

fn intervals(value: &Value) -> Intervals {
    let end = |range: &Value, at: usize| range[at].as_i64().and_then(|end| i32::try_from(end).ok());
    let ranges = value.as_array().into_iter().flatten();
    Intervals(
        ranges
            .filter_map(|range| Some((end(range, 0)?, end(range, 1)?)))
            .collect(),
    )
}

fn shown(intervals: &Intervals) -> Value {
    intervals.0.iter().map(|(first, last)| json!([first, last])).collect()
}

/// Pods of which only index and phase are given.
fn numbered(value: &Value) -> Vec<Rc<Pod>> {
    let pods = value.as_array().into_iter().flatten().map(|given| {
        let mut pod = Pod::default();
        pod.meta.finalizers = [FINALIZER.into()].into();
        if let Some(index) = given["index"].as_str() {
            pod.meta.set_annotation(COMPLETION_INDEX, index);
        }
        pod.status.phase = given["phase"].as_str().unwrap_or_default().into();
        Rc::new(pod)
    });
    pods.collect()
}

fn backoff(case: &Value) -> Result<(), String> {
    let last = case["lastFailure"].as_str().map(Time::parse).transpose()?;
    let backoff = Backoff {
        failures: number(case, "failures")?.unsigned_abs(),
        last_failure: last,
    };
    let seconds = |name| Ok::<_, String>(Duration::from_secs(u64::from(number(case, name)?.unsigned_abs())));
    let left = backoff.remaining(now_ns(case)?, seconds("baseSeconds")?, seconds("maxSeconds")?);
    compare(
        "remaining",
        &case["expect"]["remainingSeconds"],
        &json!(left.0 / 1_000_000_000),
    )
}

fn duplicated(case: &Value) -> Result<(), String> {
    let (gone, left) = duplicates(numbered(&case["pods"]), number(case, "completions")?);
    let shown = |pods: &[Rc<Pod>]| {
        let pods = pods
            .iter()
            .map(|pod| json!({"index": pod.meta.annotation(COMPLETION_INDEX).map(|text| &**text), "phase": &*pod.status.phase}));
        sorted(pods.collect())
    };
    compare("remove", &sorted(case["expect"]["remove"].clone()), &shown(&gone))?;
    compare("keep", &sorted(case["expect"]["keep"].clone()), &shown(&left))
}

/// A list whose order says nothing.
fn sorted(list: Value) -> Value {
    let Value::Array(mut items) = list else { return list };
    items.sort_by_key(Value::to_string);
    Value::Array(items)
}

fn failure_policy(case: &Value) -> Result<(), String> {
    let policy = &case["podFailurePolicy"];
    let policy: Option<PodFailurePolicy> = if policy.is_null() { None } else { Some(decode(policy)?) };
    let verdict = judge(policy.as_ref(), &decode(&case["failedPod"])?);
    let expect = &case["expect"];
    compare("action", &expect["action"], &json!(verdict.action.as_deref()))?;
    compare("countFailed", &expect["countFailed"], &json!(verdict.counts))?;
    compare("message", &expect["message"], &json!(verdict.message))
}

/// One sync of a Job whose pods are its own.
fn sync(case: &Value) -> Result<(), String> {
    let mut world = World::new(now_ns(case)?)?;
    let mut job: Job = decode(&case["job"])?;
    job.meta.uid = "job".into();
    complete_template(&mut job);
    let key = Key::new("default", &job.meta.name);
    let pods: Vec<Pod> = decode_list::<Pod>(&case["pods"])?
        .iter()
        .map(|pod| owned(pod, &job))
        .collect();
    let was_terminating: Vec<Str> = pods
        .iter()
        .filter(|pod| pod.meta.is_terminating())
        .map(|pod| pod.meta.name.clone())
        .collect();
    world.load(job)?;
    for pod in pods {
        world.load(pod)?;
    }
    let mut controller = JobController::default();
    let result = controller.sync(&mut world.ctx(), &key);
    result.map_err(|error| error.message)?;
    check_pods(case, &world, &was_terminating)?;
    let job = world.api().get_key::<Job>(&key).ok_or("the Job is gone")?;
    check_status(&case["expect"], job)
}

/// What a pod cannot be made without.
fn complete_template(job: &mut Job) {
    let template = &mut job.spec.template;
    complete_spec(Rc::make_mut(&mut template.spec));
    if let Some(selector) = &job.spec.selector {
        let labels = Rc::make_mut(&mut template.meta.labels);
        labels.extend(
            selector
                .match_labels
                .iter()
                .map(|(key, value)| (key.clone(), value.clone())),
        );
    }
}

fn complete_spec(spec: &mut PodSpec) {
    if spec.containers.is_empty() {
        spec.containers = [Container {
            name: "main".into(),
            image: "busybox".into(),
            ..Container::default()
        }]
        .into();
    }
    if spec.restart_policy.is_empty() {
        spec.restart_policy = "Never".into();
    }
}

fn owned(pod: &Pod, job: &Job) -> Pod {
    let mut pod = pod.clone();
    complete_spec(Rc::make_mut(&mut pod.spec));
    pod.meta = ObjectMeta {
        owner_references: [controller_ref(job)].into(),
        uid: pod.meta.name.clone(),
        ..pod.meta
    };
    pod
}

fn check_pods(case: &Value, world: &World, was_terminating: &[Str]) -> Result<(), String> {
    let expect = &case["expect"];
    let created: Vec<&Rc<Pod>> = world.created::<Pod>().filter_map(Pod::of).collect();
    compare("creates", &expect["creates"], &json!(created.len()))?;
    if let Some(want) = expect.get("createdIndexes") {
        let mut indexes: Vec<i32> = created.iter().filter_map(|pod| completion_index(pod)).collect();
        indexes.sort_unstable();
        compare("createdIndexes", want, &json!(indexes))?;
    }
    let mut deleted: Vec<&Str> = Vec::new();
    for change in world.changes().filter(|change| change.object.kind() == Pod::KIND) {
        let meta = change.object.meta();
        let goes = change.verb == Verb::Deleted || meta.is_terminating();
        if goes && !was_terminating.contains(&meta.name) && !deleted.contains(&&meta.name) {
            deleted.push(&meta.name);
        }
    }
    compare("deletes", &expect["deletes"], &json!(deleted.len()))
}

fn check_status(expect: &Value, job: &Job) -> Result<(), String> {
    let status = &job.status;
    for (name, got) in [
        ("active", status.active),
        ("ready", status.ready.unwrap_or_default()),
        ("succeeded", status.succeeded),
        ("failed", status.failed),
        ("terminating", status.terminating.unwrap_or_default()),
    ] {
        compare(name, &expect[name], &json!(got))?;
    }
    if let Some(want) = expect.get("completedIndexes") {
        compare("completedIndexes", want, &json!(&*status.completed_indexes))?;
    }
    let conditions = status.conditions.iter().map(|condition| {
        let fields = [
            ("type", &condition.kind),
            ("status", &condition.status),
            ("reason", &condition.reason),
            ("message", &condition.message),
        ];
        let fields = fields.into_iter().filter(|(_, text)| !text.is_empty());
        let fields: Map<String, Value> = fields.map(|(name, text)| (name.to_owned(), json!(&**text))).collect();
        Value::Object(fields)
    });
    compare(
        "conditions",
        &sorted(expect["conditions"].clone()),
        &sorted(conditions.collect()),
    )
}
