//! Jobs: pods that run until enough of them succeeded.
// Models pkg/controller/job/job_controller.go

mod backoff;
mod indexes;
mod intervals;
mod manage;
mod policy;
mod round;
mod track;

use crate::sim::btree::BTreeMap;
use std::rc::Rc;

use crate::api::batch::Job;
use crate::api::core::Pod;
use crate::api::labels::Selector;
use crate::api::meta::ObjectMeta;
use crate::api::status::Status;
use crate::api::{Kind, Object, Resource};
use crate::apiserver::{Change, Key, Verb};
use crate::client::{Component, Ctx, Recorder, Severity, WorkQueue};
use crate::sim::Duration;

use super::{Reconciler, owners, pods, sibling, work};
pub(super) use backoff::{Backoff, finish_time};
pub(super) use indexes::{completion_index, failed_indexes, name_prefix, succeeded_indexes};
pub(super) use intervals::Intervals;
pub(super) use manage::duplicates;
pub(super) use owners::JOB_TRACKING as FINALIZER;
pub(super) use policy::{judge, success};
use round::Round;

/// How many Jobs are worked on at once.
const WORKERS: u32 = 5;
const QUEUE: u8 = 0;
const ORPHANS: u8 = 1;
/// Changes of pods are waited for so long, to see several at once.
const BATCH: Duration = Duration::from_secs(1);
/// First and longest wait after a write that failed.
const RETRY_FIRST: Duration = Duration::from_secs(1);
const RETRY_MAX: Duration = Duration::from_secs(60);
/// The name of this controller in `spec.managedBy`.
const MANAGER: &str = "kubernetes.io/job-controller";

/// The Job controller.
#[derive(Clone, Debug)]
pub struct JobController {
    queue: WorkQueue,
    /// Pods that a Job held that is gone.
    orphans: WorkQueue,
    recorder: Recorder,
    backoffs: BTreeMap<Key, Backoff>,
}

/// The wait of a Job before it replaces its failed pods.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retry {
    /// Failures since the last success.
    pub failures: u32,
    /// How long the wait is in all.
    pub whole: Duration,
    /// How much of it is left.
    pub left: Duration,
}

impl JobController {
    /// Whether a Job waits before it makes its next pods, at a moment of the wall clock in nanoseconds.
    #[must_use]
    pub fn retry(&self, job: &Job, now_ns: i64) -> Option<Retry> {
        let is_over = |kind: &str| job.status.condition(kind).is_some();
        let waits = job.status.active == 0
            && job.spec.backoff_limit_per_index.is_none()
            && !["Complete", "Failed", "FailureTarget", "SuccessCriteriaMet"]
                .iter()
                .any(|kind| is_over(kind));
        let backoff = self
            .backoffs
            .get(&Key::new(&job.meta.namespace, &job.meta.name))
            .filter(|_| waits)?;
        let left = backoff.remaining(now_ns, backoff::FIRST, backoff::MAX);
        (left > Duration::ZERO).then(|| Retry {
            failures: backoff.failures,
            whole: backoff.whole(backoff::FIRST, backoff::MAX),
            left,
        })
    }
}

impl Default for JobController {
    fn default() -> Self {
        Self {
            queue: WorkQueue::with_workers(QUEUE, WORKERS).with_backoff(RETRY_FIRST, RETRY_MAX),
            orphans: WorkQueue::with_workers(ORPHANS, WORKERS).with_backoff(RETRY_FIRST, RETRY_MAX),
            recorder: Recorder::default(),
            backoffs: BTreeMap::new(),
        }
    }
}

impl Component for JobController {
    fn name(&self) -> &'static str {
        "job-controller"
    }

    fn watches(&self) -> &'static [Kind] {
        &[Job::KIND, Pod::KIND]
    }

    fn wants(&self, change: &Change) -> bool {
        let concerns = |pod: &Rc<Pod>| match pod.meta.controller() {
            Some(owner) => &*owner.kind == "Job",
            None => has_finalizer(pod) || !pod.meta.labels.is_empty(),
        };
        match &change.object {
            Object::Job(_) => true,
            Object::Pod(pod) => concerns(pod) || change.old.as_ref().and_then(Pod::of).is_some_and(concerns),
            _ => false,
        }
    }

    fn queue_length(&self) -> Option<u64> {
        Some(self.queue.len() as u64)
    }

    fn on_change(&mut self, ctx: &mut Ctx<'_>, change: &Change) {
        match &change.object {
            Object::Job(job) => self.on_job(ctx, change, job),
            Object::Pod(pod) => self.on_pod(ctx, change, pod),
            _ => {}
        }
    }

    fn on_timer(&mut self, ctx: &mut Ctx<'_>, purpose: u8, _object: u64) {
        if purpose == QUEUE {
            work(self, ctx);
        } else {
            self.work_orphans(ctx);
        }
    }
}

impl Reconciler for JobController {
    fn queue(&mut self) -> &mut WorkQueue {
        &mut self.queue
    }

    // Models pkg/controller/job/job_controller.go syncJob
    fn sync(&mut self, ctx: &mut Ctx<'_>, key: &Key) -> Result<(), Status> {
        let job = ctx.api.get_key::<Job>(key).cloned();
        let Some(job) = job.filter(|job| job.status.finished().is_none()) else {
            self.backoffs.remove(key);
            return Ok(());
        };
        if is_managed_elsewhere(&job) {
            return Ok(());
        }
        if !matches!(&*job.spec.completion_mode, "" | "NonIndexed" | "Indexed") {
            let message = "Skipped Job sync because completion mode is unknown";
            let about = Object::Job(job);
            self.recorder
                .event(ctx, &about, Severity::Warning, "UnknownCompletionMode", message);
            return Ok(());
        }
        let claimed = pods::claim(ctx, &*job, job.spec.selector.as_deref(), &|_| true)?;
        // Adopted pods have a finalizer by now.
        let claimed = claimed.into_iter().map(|pod| {
            let key = sibling(&*pod, &pod.meta.name);
            ctx.api.get_key::<Pod>(&key).cloned().unwrap_or(pod)
        });
        let claimed = claimed.collect();
        let backoff = self.backoffs.get(key).copied().unwrap_or_default();
        let now = ctx.time();
        let mut round = Round::new(job, claimed, backoff, now);
        let (waits, result) = round.run(ctx, &mut self.recorder);
        if round.noted {
            self.backoffs.insert(key.clone(), round.backoff);
        }
        for wait in waits {
            self.queue.add_after(ctx, key.clone(), wait);
        }
        result
    }
}

impl JobController {
    // Models pkg/controller/job/job_controller.go addJob, updateJob, deleteJob
    fn on_job(&mut self, ctx: &mut Ctx<'_>, change: &Change, job: &Rc<Job>) {
        let key = Key::of(&change.object);
        let is_gone = change.verb == Verb::Deleted;
        if is_gone || (change.old.is_some() && job.status.finished().is_some()) {
            let held = ctx.api.owned_by(&job.meta.uid).filter_map(Pod::of);
            let held: Vec<Key> = held
                .filter(|pod| has_finalizer(pod))
                .map(|pod| name_of(&pod.meta))
                .collect();
            for pod in held {
                self.orphans.add(ctx, pod);
            }
            if !is_gone {
                return;
            }
            self.backoffs.remove(&key);
        }
        let same_spec = |old: &Object| old.meta().generation == job.meta.generation;
        if change.old.as_ref().is_some_and(same_spec) && !is_gone {
            self.queue.add_after(ctx, key, BATCH);
        } else {
            self.queue.add(ctx, key);
        }
    }

    // Models pkg/controller/job/job_controller.go addPod, updatePod, deletePod
    fn on_pod(&mut self, ctx: &mut Ctx<'_>, change: &Change, pod: &Rc<Pod>) {
        let old = change.old.as_ref().and_then(Pod::of);
        let same_owner = old.is_some_and(|old| old.meta.controller() == pod.meta.controller());
        for pod in old.into_iter().filter(|_| !same_owner).chain([pod]) {
            if let Some(job) = owners::controller_of::<Job>(ctx, &**pod) {
                let key = sibling(&**pod, &job.meta.name);
                self.queue.add_after(ctx, key, BATCH);
            }
        }
        let is_gone = change.verb == Verb::Deleted || pod.meta.is_terminating();
        if has_finalizer(pod) && (is_gone || pod.meta.controller().is_none()) && is_orphan(ctx, pod) {
            self.orphans.add(ctx, name_of(&pod.meta));
        }
        let relabelled = old.is_none_or(|old| old.meta.labels != pod.meta.labels);
        if pod.meta.controller().is_none() && !is_gone && (relabelled || !same_owner) {
            self.add_matching(ctx, pod);
        }
    }

    /// Wakes the Jobs that may want to adopt a pod.
    fn add_matching(&mut self, ctx: &mut Ctx<'_>, pod: &Pod) {
        let jobs = ctx.api.list::<Job>(Some(&pod.meta.namespace)).filter(|job| {
            let selector = Selector::from_label_selector(job.spec.selector.as_deref());
            selector.is_ok_and(|selector| selector.matches(&pod.meta.labels))
        });
        for key in jobs.map(|job| sibling(pod, &job.meta.name)).collect::<Vec<_>>() {
            self.queue.add_after(ctx, key, BATCH);
        }
    }

    /// Lets go of the next pod whose Job is gone or has ended.
    // Models pkg/controller/job/job_controller.go handleSingleOrphanPod
    fn work_orphans(&mut self, ctx: &mut Ctx<'_>) {
        let Some(key) = self.orphans.next(ctx) else { return };
        let pod = ctx.api.get_key::<Pod>(&key).cloned();
        let freed = match pod.filter(|pod| is_orphan(ctx, pod)) {
            Some(pod) => manage::release(ctx, &pod),
            None => Ok(()),
        };
        self.orphans.done(ctx, &key, 1);
        match freed {
            Ok(()) => self.orphans.forget(&key),
            Err(_) => self.orphans.add_rate_limited(ctx, key),
        }
    }
}

/// Whether no Job is going to count a pod.
fn is_orphan(ctx: &Ctx<'_>, pod: &Pod) -> bool {
    let Some(owner) = pod.meta.controller() else {
        return true;
    };
    if &*owner.kind != "Job" {
        return false;
    }
    match owners::controller_of::<Job>(ctx, pod) {
        None => true,
        Some(job) => job.status.finished().is_some() && !is_managed_elsewhere(job),
    }
}

fn name_of(meta: &ObjectMeta) -> Key {
    Key {
        namespace: meta.namespace.clone(),
        name: meta.name.clone(),
    }
}

/// Whether another controller takes care of a Job.
fn is_managed_elsewhere(job: &Job) -> bool {
    job.spec.managed_by.as_deref().is_some_and(|manager| manager != MANAGER)
}

/// Whether a Job still has to count a pod.
fn has_finalizer(pod: &Pod) -> bool {
    pod.meta.finalizers.iter().any(|finalizer| &**finalizer == FINALIZER)
}

// Models pkg/controller/controller_utils.go IsPodTerminating
fn is_terminating(pod: &Pod) -> bool {
    pod.meta.is_terminating() && !pod.is_finished()
}

/// Whether a pod is replaced only when it has ended.
// Models pkg/controller/job/job_controller.go onlyReplaceFailedPods
fn replaces_only_failed(job: &Job) -> bool {
    &*job.spec.pod_replacement_policy == "Failed" || job.spec.pod_failure_policy.is_some()
}

/// Whether a pod has failed, or counts so because it is being deleted.
// Models pkg/controller/job/job_controller.go isPodFailed
fn is_pod_failed(job: &Job, pod: &Pod) -> bool {
    &*pod.status.phase == "Failed" || (!replaces_only_failed(job) && is_terminating(pod))
}
