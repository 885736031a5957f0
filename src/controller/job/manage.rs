//! The pods that a Job is to have: made and removed.
// Models pkg/controller/job/job_controller.go manageJob

use std::cmp::{Ordering, Reverse};
use std::rc::Rc;

use crate::api::batch::Job;
use crate::api::core::Pod;
use crate::api::status::{Reason, Status};
use crate::api::time::Time;
use crate::api::{Object, Str};
use crate::client::{Ctx, Recorder};
use crate::controller::replicaset::{phase_ordinal, restarts};
use crate::controller::{namespace_terminates, owners, pods};
use crate::sim::{Arrange, Duration};

use super::backoff::{self, Backoff};
use super::indexes::{self, completion_index, completions};
use super::intervals::Intervals;
use super::round::{Round, count};
use super::{FINALIZER, has_finalizer, replaces_only_failed};

/// Most pods that one sync makes or removes.
const BURST: i32 = 500;

impl Round {
    /// Brings the number of pods to what is wanted. Gives how many are active then, and after which wait to look again.
    pub(super) fn manage(
        &mut self,
        ctx: &mut Ctx<'_>,
        recorder: &mut Recorder,
    ) -> (i32, Option<Duration>, Result<(), Status>) {
        let active = count(&self.active);
        if self.job.spec.is_suspended() {
            let surplus = for_removal(&self.job, self.active.clone(), active);
            let result = self.remove(ctx, recorder, &surplus);
            return (active - result.0, None, result.1);
        }
        let wanted = self.wanted(active);
        let mut surplus = for_removal(&self.job, self.active.clone(), (active - wanted).max(0));
        surplus.truncate(BURST.unsigned_abs() as usize);
        if !surplus.is_empty() {
            let result = self.remove(ctx, recorder, &surplus);
            return (active - result.0, None, result.1);
        }
        let terminating = if replaces_only_failed(&self.job) {
            self.terminating
        } else {
            0
        };
        let missing = wanted - terminating - active;
        if missing <= 0 {
            return (active, None, Ok(()));
        }
        match self.due(missing.min(BURST), ctx.api.wall_ns(ctx.now)) {
            Ok(indexes) => {
                let (created, result) = self.create(ctx, recorder, &indexes);
                (active + created, None, result)
            }
            // Upstream tells no active pods while it waits.
            Err(wait) => (0, Some(wait), Ok(())),
        }
    }

    fn wanted(&self, active: i32) -> i32 {
        let parallelism = self.job.spec.parallelism.unwrap_or_default();
        match self.job.spec.completions {
            None if self.succeeded > 0 => active,
            None => parallelism,
            Some(completions) => (completions - self.succeeded).min(parallelism).max(0),
        }
    }

    /// The indexes of the pods that are to be made now, none for pods without; or how long to wait before making any.
    fn due(&self, missing: i32, now_ns: i64) -> Result<Vec<Option<i32>>, Duration> {
        let by_index = self.job.spec.backoff_limit_per_index.is_some();
        if !by_index {
            let wait = self.backoff.remaining(now_ns, backoff::FIRST, backoff::MAX);
            if wait > Duration::ZERO {
                return Err(wait);
            }
        }
        if !self.job.spec.is_indexed() {
            return Ok(vec![None; missing.unsigned_abs() as usize]);
        }
        let pending = self.taken().first_free(missing, completions(&self.job));
        if !by_index {
            return Ok(pending.into_iter().map(Some).collect());
        }
        let waits = pending.iter().map(|index| self.wait_of_index(*index, now_ns));
        let waits: Vec<Duration> = waits.collect();
        let now = pending.iter().zip(&waits).filter(|(_, wait)| **wait == Duration::ZERO);
        let now: Vec<Option<i32>> = now.map(|(index, _)| Some(*index)).collect();
        match waits.iter().min() {
            Some(wait) if now.is_empty() => Err(*wait),
            _ => Ok(now),
        }
    }

    /// Indexes that have a pod or need none any more.
    fn taken(&self) -> Intervals {
        let mut taken = self.succeeded_indexes.with(indexes::indexes_of(&self.active));
        if replaces_only_failed(&self.job) {
            let terminating = self.pods.iter().filter(|pod| super::is_terminating(pod));
            taken = taken.with(indexes::indexes_of(terminating));
        }
        match &self.failed_indexes {
            Some(failed) => taken.merge(failed),
            None => taken,
        }
    }

    // Models pkg/controller/job/backoff_utils.go getRemainingTimePerIndex
    fn wait_of_index(&self, index: i32, now_ns: i64) -> Duration {
        let Some(last) = self.awaiting.get(&index) else {
            return Duration::ZERO;
        };
        let backoff = Backoff {
            failures: indexes::failures_of_index(last).unsigned_abs().saturating_add(1),
            last_failure: Some(backoff::finish_time(last)),
        };
        backoff.remaining(now_ns, backoff::FIRST, backoff::MAX)
    }

    fn create(&self, ctx: &mut Ctx<'_>, recorder: &mut Recorder, indexes: &[Option<i32>]) -> (i32, Result<(), Status>) {
        let owner = Object::Job(self.stored.clone());
        let mut template = pods::from_template(&self.job, &self.job.spec.template);
        if self.job.spec.is_indexed() {
            template.spec = Rc::new(indexes::with_variable(&template.spec));
        }
        if !has_finalizer(&template) {
            let finalizers = template.meta.finalizers.iter().cloned();
            template.meta.finalizers = finalizers.chain([Str::from(FINALIZER)]).collect();
        }
        let mut next = indexes.iter();
        let (created, result) = pods::slow_start(indexes.len() as u64, || {
            let mut pod = template.clone();
            if let Some(index) = next.next().copied().flatten() {
                let replaced = self.awaiting.get(&index).map(|pod| &**pod);
                indexes::number(&self.job, &mut pod, index, replaced);
            }
            match pods::create(ctx, recorder, &owner, pod) {
                Err(error) if namespace_terminates(&error) => Ok(()),
                result => result,
            }
        });
        (i32::try_from(created).unwrap_or(i32::MAX), result)
    }

    /// Deletes pods that are not wanted any more, and lets go of them. Gives how many.
    // Models pkg/controller/job/job_controller.go deleteJobPods
    fn remove(&mut self, ctx: &mut Ctx<'_>, recorder: &mut Recorder, surplus: &[Rc<Pod>]) -> (i32, Result<(), Status>) {
        self.delete(ctx, recorder, surplus, true)
    }

    /// Deletes the active pods of a Job that has ended. They are let go of when they are counted.
    // Models pkg/controller/job/job_controller.go deleteActivePods
    pub(super) fn delete_active(&mut self, ctx: &mut Ctx<'_>, recorder: &mut Recorder) -> (i32, Result<(), Status>) {
        let active = self.active.clone();
        self.delete(ctx, recorder, &active, false)
    }

    fn delete(
        &mut self,
        ctx: &mut Ctx<'_>,
        recorder: &mut Recorder,
        victims: &[Rc<Pod>],
        let_go: bool,
    ) -> (i32, Result<(), Status>) {
        let owner = Object::Job(self.stored.clone());
        let (mut deleted, mut result) = (0, Ok(()));
        for pod in victims {
            let freed = if let_go { release(ctx, pod) } else { Ok(()) };
            match freed.and_then(|()| pods::delete(ctx, recorder, &owner, pod)) {
                Err(error) if error.reason != Reason::NotFound => result = result.and(Err(error)),
                _ => deleted += 1,
            }
            self.ready -= i32::from(pod.is_ready());
        }
        self.terminating += deleted;
        (deleted, result)
    }
}

/// Takes the tracking finalizer off a pod. One that is gone by now is no error.
pub(super) fn release(ctx: &mut Ctx<'_>, pod: &Pod) -> Result<(), Status> {
    let key = crate::controller::sibling(pod, &pod.meta.name);
    let Some(stored) = ctx.api.get_key::<Pod>(&key).filter(|stored| has_finalizer(stored)) else {
        return Ok(());
    };
    let mut next = (**stored).clone();
    let kept = next
        .meta
        .finalizers
        .iter()
        .filter(|finalizer| &***finalizer != FINALIZER);
    next.meta.finalizers = kept.cloned().collect();
    owners::ignore_absent(ctx.update(next))
}

/// Pods that are to go: at least so many, and those of an index that has another or that the Job does not have.
// Models pkg/controller/job/job_controller.go activePodsForRemoval
fn for_removal(job: &Job, pods: Vec<Rc<Pod>>, at_least: i32) -> Vec<Rc<Pod>> {
    let (mut gone, mut left) = (Vec::new(), pods);
    if job.spec.is_indexed() {
        (gone, left) = duplicates(left, completions(job));
    }
    let at_least = usize::try_from(at_least).unwrap_or_default();
    if gone.len() < at_least {
        left.arrange_by(|a, b| compare(a, b));
        gone.extend(left.into_iter().take(at_least - gone.len()));
    }
    gone
}

/// Pods without an index or with one that another has, and the others.
// Models pkg/controller/job/indexed_job_utils.go appendDuplicatedIndexPodsForRemoval
pub(in crate::controller) fn duplicates(mut pods: Vec<Rc<Pod>>, completions: i32) -> (Vec<Rc<Pod>>, Vec<Rc<Pod>>) {
    pods.arrange_by(|a, b| {
        completion_index(a)
            .cmp(&completion_index(b))
            .then_with(|| compare(a, b))
    });
    let (mut gone, mut left) = (Vec::new(), Vec::new());
    for (at, pod) in pods.iter().enumerate() {
        let index = completion_index(pod);
        let is_last = pods.get(at + 1).is_none_or(|next| completion_index(next) != index);
        let stays = is_last && index.is_some_and(|index| index < completions);
        if stays { &mut left } else { &mut gone }.push(pod.clone());
    }
    (gone, left)
}

/// Less means: goes first.
// Models pkg/controller/controller_utils.go ActivePods.Less
fn compare(a: &Pod, b: &Pod) -> Ordering {
    let assigned = |pod: &Pod| !pod.spec.node_name.is_empty();
    // Without a time first, then the younger.
    let by_time = |a: Option<Time>, b: Option<Time>| match (a, b) {
        (Some(a), Some(b)) => b.cmp(&a),
        (a, b) => a.cmp(&b),
    };
    let ready = |pod: &Pod| {
        pod.status
            .condition("Ready")
            .filter(|ready| ready.is_true())?
            .last_transition_time
    };
    assigned(a)
        .cmp(&assigned(b))
        .then_with(|| phase_ordinal(a).cmp(&phase_ordinal(b)))
        .then_with(|| a.is_ready().cmp(&b.is_ready()))
        .then_with(|| by_time(ready(a), ready(b)))
        .then_with(|| Reverse(restarts(a)).cmp(&Reverse(restarts(b))))
        .then_with(|| by_time(a.meta.creation_timestamp, b.meta.creation_timestamp))
}
