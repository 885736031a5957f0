//! Pods of an indexed Job: which completion each stands for, and how often that failed.
// Models pkg/controller/job/indexed_job_utils.go

use crate::sim::btree::{BTreeMap, BTreeSet};
use std::rc::Rc;

use crate::api::Str;
use crate::api::batch::Job;
use crate::api::core::{Container, EnvVar, EnvVarSource, ObjectFieldSelector, Pod, PodSpec};

use super::intervals::Intervals;
use super::policy::judge;
use super::{backoff, has_finalizer, is_pod_failed};

/// Annotation, label and source of the variable.
pub(super) const COMPLETION_INDEX: &str = "batch.kubernetes.io/job-completion-index";
const FAILURE_COUNT: &str = "batch.kubernetes.io/job-index-failure-count";
const IGNORED_FAILURE_COUNT: &str = "batch.kubernetes.io/job-index-ignored-failure-count";
const VARIABLE: &str = "JOB_COMPLETION_INDEX";
/// Longest start of a generated name.
const PREFIX_MAX: usize = 58;

/// The completion that a pod stands for.
// Models pkg/controller/job/indexed_job_utils.go getCompletionIndex
pub(in crate::controller) fn completion_index(pod: &Pod) -> Option<i32> {
    let index: i32 = pod.meta.annotation(COMPLETION_INDEX)?.parse().ok()?;
    (index >= 0).then_some(index)
}

/// The completion that a pod stands for, where the Job still has it.
pub(super) fn valid_index(job: &Job, pod: &Pod) -> Option<i32> {
    completion_index(pod).filter(|index| *index < completions(job))
}

pub(super) fn completions(job: &Job) -> i32 {
    job.spec.completions.unwrap_or_default()
}

pub(super) fn indexes_of<'a>(pods: impl IntoIterator<Item = &'a Rc<Pod>>) -> BTreeSet<i32> {
    pods.into_iter().filter_map(|pod| completion_index(pod)).collect()
}

/// The indexes that the status calls succeeded, and all that succeeded by now.
// Models pkg/controller/job/indexed_job_utils.go calculateSucceededIndexes
pub(in crate::controller) fn succeeded_indexes(job: &Job, pods: &[Rc<Pod>]) -> (Intervals, Intervals) {
    let before = Intervals::parse(&job.status.completed_indexes, completions(job));
    let new = pods
        .iter()
        .filter(|pod| &*pod.status.phase == "Succeeded" && has_finalizer(pod));
    let now = before.with(new.filter_map(|pod| valid_index(job, pod)));
    (before, now)
}

/// All indexes that failed by now.
// Models pkg/controller/job/indexed_job_utils.go calculateFailedIndexes
pub(in crate::controller) fn failed_indexes(job: &Job, pods: &[Rc<Pod>]) -> Intervals {
    let text = job.status.failed_indexes.as_deref().unwrap_or_default();
    let new = pods
        .iter()
        .filter(|pod| has_finalizer(pod) && is_index_failed(job, pod));
    Intervals::parse(text, completions(job)).with(new.filter_map(|pod| valid_index(job, pod)))
}

fn is_index_failed(job: &Job, pod: &Pod) -> bool {
    if !is_pod_failed(job, pod) {
        return false;
    }
    let verdict = judge(job.spec.pod_failure_policy.as_ref(), pod);
    verdict.action.as_deref() == Some("FailIndex")
        || verdict.counts && count(pod, FAILURE_COUNT) >= job.spec.backoff_limit_per_index.unwrap_or_default()
}

fn count(pod: &Pod, annotation: &str) -> i32 {
    let count = pod.meta.annotation(annotation).and_then(|text| text.parse().ok());
    count.filter(|count| *count >= 0).unwrap_or_default()
}

/// How often the pod's index failed before it, the ignored failures too.
pub(super) fn failures_of_index(pod: &Pod) -> i32 {
    count(pod, FAILURE_COUNT).saturating_add(count(pod, IGNORED_FAILURE_COUNT))
}

/// The failed pods that wait for another of their index: it takes over their counts.
// Models pkg/controller/job/indexed_job_utils.go getPodsWithDelayedDeletionPerIndex
pub(super) fn awaiting_replacement(
    job: &Job,
    pods: &[Rc<Pod>],
    active: &[Rc<Pod>],
    done: &Intervals,
) -> BTreeMap<i32, Rc<Pod>> {
    let active = indexes_of(active);
    let mut waiting: BTreeMap<i32, Rc<Pod>> = BTreeMap::new();
    for pod in pods.iter().filter(|pod| has_finalizer(pod) && is_pod_failed(job, pod)) {
        let Some(index) = valid_index(job, pod).filter(|index| !done.has(*index) && !active.contains(index)) else {
            continue;
        };
        let is_later = waiting.get(&index).is_none_or(|last| {
            failures_of_index(last) <= failures_of_index(pod) && backoff::finish_time(pod) >= backoff::finish_time(last)
        });
        if is_later {
            waiting.insert(index, pod.clone());
        }
    }
    waiting
}

/// Gives the containers of an indexed Job the number of their completion.
// Models pkg/controller/job/indexed_job_utils.go addCompletionIndexEnvVariables
pub(super) fn with_variable(spec: &PodSpec) -> PodSpec {
    let variable = EnvVar {
        name: VARIABLE.into(),
        value_from: Some(Rc::new(EnvVarSource {
            field_ref: Some(ObjectFieldSelector {
                field_path: format!("metadata.labels['{COMPLETION_INDEX}']").into(),
                ..ObjectFieldSelector::default()
            }),
            ..EnvVarSource::default()
        })),
        ..EnvVar::default()
    };
    let add = |containers: &Rc<[Container]>| -> Rc<[Container]> {
        let mut containers = containers.to_vec();
        for container in &mut containers {
            if container.env.iter().all(|known| known.name != variable.name) {
                container.env = container.env.iter().chain([&variable]).cloned().collect();
            }
        }
        containers.into()
    };
    let mut spec = spec.clone();
    spec.init_containers = add(&spec.init_containers);
    spec.containers = add(&spec.containers);
    spec
}

/// Makes a pod stand for a completion; `replaced` is the failed one before it, where failures are counted by index.
// Models pkg/controller/job/indexed_job_utils.go addIndexFailureCountAnnotation
pub(super) fn number(job: &Job, pod: &mut Pod, index: i32, replaced: Option<&Pod>) {
    let text = index.to_string();
    pod.meta.set_annotation(COMPLETION_INDEX, &text);
    pod.meta.set_label(COMPLETION_INDEX, &text);
    pod.meta.generate_name = name_prefix(&job.meta.name, index);
    Rc::make_mut(&mut pod.spec).hostname = format!("{}-{index}", job.meta.name).into();
    if job.spec.backoff_limit_per_index.is_none() {
        return;
    }
    let (mut failures, mut ignored) = (0, 0);
    if let Some(replaced) = replaced {
        let counts = judge(job.spec.pod_failure_policy.as_ref(), replaced).counts;
        failures = count(replaced, FAILURE_COUNT) + i32::from(counts);
        ignored = count(replaced, IGNORED_FAILURE_COUNT) + i32::from(!counts);
    }
    pod.meta.set_annotation(FAILURE_COUNT, &failures.to_string());
    if ignored > 0 {
        pod.meta.set_annotation(IGNORED_FAILURE_COUNT, &ignored.to_string());
    }
}

// Models pkg/controller/job/indexed_job_utils.go podGenerateNameWithIndex
pub(in crate::controller) fn name_prefix(job: &str, index: i32) -> Str {
    let suffix = format!("-{index}-");
    let keep = job.len().min(PREFIX_MAX.saturating_sub(suffix.len()));
    format!("{}{suffix}", &job[..keep]).into()
}
