//! One look at a Job and its pods: what the counts say, whether it has ended, what is to be done.
// Models pkg/controller/job/job_controller.go syncJob

use crate::sim::btree::BTreeMap;
use std::rc::Rc;

use crate::api::Object;
use crate::api::batch::Job;
use crate::api::core::Pod;
use crate::api::meta::{Condition, find_condition};
use crate::api::status::Status;
use crate::api::time::Time;
use crate::client::{Ctx, Recorder, Severity};
use crate::sim::Duration;

use super::backoff::Backoff;
use super::indexes::{self, completions};
use super::intervals::Intervals;
use super::policy::{judge, success};
use super::{BATCH, has_finalizer, is_pod_failed, is_terminating};

const SECOND_NS: i64 = 1_000_000_000;

/// What is known of a Job in one sync.
pub(super) struct Round {
    /// The Job as it is stored.
    pub(super) stored: Rc<Job>,
    /// The Job with the status that is being worked out.
    pub(super) job: Job,
    pub(super) pods: Vec<Rc<Pod>>,
    pub(super) active: Vec<Rc<Pod>>,
    pub(super) ready: i32,
    pub(super) terminating: i32,
    pub(super) succeeded: i32,
    failed: i32,
    pub(super) backoff: Backoff,
    /// The condition that ends the Job: SuccessCriteriaMet, FailureTarget or, where that was told before, Failed.
    pub(super) end: Option<Condition>,
    /// Indexes that the status calls succeeded.
    pub(super) known_indexes: Intervals,
    pub(super) succeeded_indexes: Intervals,
    /// Where failures are counted by index.
    pub(super) failed_indexes: Option<Intervals>,
    /// Failed pods by index that wait for another.
    pub(super) awaiting: BTreeMap<i32, Rc<Pod>>,
    pub(super) now: Time,
    /// Whether what was counted is in the stored status.
    pub(super) noted: bool,
}

impl Round {
    pub(super) fn new(stored: Rc<Job>, pods: Vec<Rc<Pod>>, backoff: Backoff, now: Time) -> Self {
        let mut job = (*stored).clone();
        job.status.uncounted.get_or_insert_default();
        let active: Vec<Rc<Pod>> = pods.iter().filter(|pod| pod.is_active()).cloned().collect();
        let mut round = Self {
            ready: i32::try_from(active.iter().filter(|pod| pod.is_ready()).count()).unwrap_or(i32::MAX),
            terminating: i32::try_from(pods.iter().filter(|pod| is_terminating(pod)).count()).unwrap_or(i32::MAX),
            stored,
            job,
            pods,
            active,
            succeeded: 0,
            failed: 0,
            backoff,
            end: None,
            known_indexes: Intervals::default(),
            succeeded_indexes: Intervals::default(),
            failed_indexes: None,
            awaiting: BTreeMap::new(),
            now,
            noted: false,
        };
        round.count();
        round
    }

    /// Counts the pods that have ended, those first that are not counted in the status.
    fn count(&mut self) {
        let job = &self.job;
        let uncounted = job.status.uncounted.clone().unwrap_or_default();
        let is_new = |pod: &&Rc<Pod>| {
            let valid = !job.spec.is_indexed() || indexes::valid_index(job, pod).is_some();
            has_finalizer(pod) && valid
        };
        let succeeded = self
            .pods
            .iter()
            .filter(is_new)
            .filter(|pod| &*pod.status.phase == "Succeeded" && !uncounted.succeeded.contains(&pod.meta.uid));
        let failed = self
            .pods
            .iter()
            .filter(is_new)
            .filter(|pod| is_pod_failed(job, pod) && !uncounted.failed.contains(&pod.meta.uid));
        let (succeeded, failed): (Vec<_>, Vec<_>) = (succeeded.cloned().collect(), failed.cloned().collect());
        let policy = job.spec.pod_failure_policy.as_ref();
        let counted = failed.iter().filter(|pod| judge(policy, pod).counts).count();
        let known = |uids: &[crate::api::Str]| i32::try_from(uids.len()).unwrap_or(i32::MAX);
        self.succeeded = job.status.succeeded + count(&succeeded) + known(&uncounted.succeeded);
        self.failed = job.status.failed + i32::try_from(counted).unwrap_or(i32::MAX) + known(&uncounted.failed);
        self.backoff = self.backoff.after(&succeeded, &failed);
    }

    /// Does what is to be done. Gives after which waits to look again.
    pub(super) fn run(&mut self, ctx: &mut Ctx<'_>, recorder: &mut Recorder) -> (Vec<Duration>, Result<(), Status>) {
        if self.job.status.start_time.is_none() && !self.job.spec.is_suspended() {
            self.job.status.start_time = Some(self.now);
        }
        let deadline = self.judge(ctx.api.wall_ns(ctx.now));
        let mut waits = Vec::from_iter(deadline);
        let mut active = count(&self.active);
        let mut must_tell = false;
        let mut managed = Ok(());
        if self.end.is_some() {
            let (deleted, result) = self.delete_active(ctx, recorder);
            if deleted != active {
                self.end = None;
            }
            active -= deleted;
            managed = result;
        } else {
            let may_manage = !self.job.meta.is_terminating();
            if may_manage {
                let wait;
                (active, wait, managed) = self.manage(ctx, recorder);
                waits.extend(wait.map(|wait| wait.max(BATCH)));
            }
            if self.is_complete(active) {
                let message = "Reached expected number of succeeded pods";
                self.end = Some(condition("SuccessCriteriaMet", "CompletionsReached", message, self.now));
            } else if may_manage {
                must_tell = self.tell_suspension(ctx, recorder);
            }
        }
        let status = &mut self.job.status;
        must_tell |= active != status.active || status.ready != Some(self.ready);
        must_tell |= status.terminating != Some(self.terminating);
        status.active = active;
        status.ready = Some(self.ready);
        status.terminating = Some(self.terminating);
        let tracked = self.track(ctx, recorder, must_tell);
        (waits, tracked.and(managed))
    }

    /// Finds whether the Job has ended, and how. Gives when its deadline is, where it has one ahead.
    fn judge(&mut self, now_ns: i64) -> Option<Duration> {
        let status = &self.job.status;
        self.end = status.condition("SuccessCriteriaMet").cloned();
        if self.end.is_none() {
            self.end = match status.condition("FailureTarget") {
                Some(target) => Some(condition("Failed", &target.reason, &target.message, self.now)),
                None => self.failed_by_policy(),
            };
        }
        let mut deadline = None;
        if self.end.is_none() {
            let left_ns = self.deadline_left_ns(now_ns);
            if self.failed > self.job.spec.backoff_limit.unwrap_or(i32::MAX) || self.restarted_too_often() {
                self.fail("BackoffLimitExceeded", "Job has reached the specified backoff limit");
            } else if left_ns.is_some_and(|left_ns| left_ns <= 0) {
                self.fail("DeadlineExceeded", "Job was active longer than specified deadline");
            } else {
                deadline = left_ns.and_then(|left_ns| u64::try_from(left_ns).ok()).map(Duration);
            }
        }
        if self.job.spec.is_indexed() {
            self.judge_indexes();
        }
        deadline
    }

    fn fail(&mut self, reason: &str, message: &str) {
        self.end = Some(condition("FailureTarget", reason, message, self.now));
    }

    // Models pkg/controller/job/job_controller.go getFailJobMessage
    fn failed_by_policy(&self) -> Option<Condition> {
        let policy = self.job.spec.pod_failure_policy.as_ref()?;
        let mut failed = self.pods.iter().filter(|pod| is_pod_failed(&self.job, pod));
        let message = failed.find_map(|pod| judge(Some(policy), pod).message)?;
        Some(condition("FailureTarget", "PodFailurePolicy", &message, self.now))
    }

    /// Whether containers that are started again and again have used the limit up.
    // Models pkg/controller/job/job_controller.go pastBackoffLimitOnFailure
    fn restarted_too_often(&self) -> bool {
        if &*self.job.spec.template.spec.restart_policy != "OnFailure" {
            return false;
        }
        let alive = |pod: &&Rc<Pod>| matches!(&*pod.status.phase, "Running" | "Pending");
        let restarts = self.pods.iter().filter(alive).map(|pod| {
            let statuses = pod.status.init_container_statuses.iter();
            let restarts = statuses.chain(pod.status.container_statuses.iter());
            restarts.map(|status| status.restart_count).sum::<i32>()
        });
        let restarts: i32 = restarts.sum();
        match self.job.spec.backoff_limit.unwrap_or(i32::MAX) {
            0 => restarts > 0,
            limit => restarts >= limit,
        }
    }

    /// How much of the time that the Job may take is left.
    // Models pkg/controller/job/job_controller.go pastActiveDeadline
    fn deadline_left_ns(&self, now_ns: i64) -> Option<i64> {
        let seconds = self.job.spec.active_deadline_seconds?;
        let start = self.job.status.start_time.filter(|_| !self.job.spec.is_suspended())?;
        let due_ns = start.0.saturating_add(seconds).saturating_mul(SECOND_NS);
        Some(due_ns.saturating_sub(now_ns))
    }

    fn judge_indexes(&mut self) {
        let job = &self.job;
        let all = completions(job);
        (self.known_indexes, self.succeeded_indexes) = indexes::succeeded_indexes(job, &self.pods);
        self.succeeded = self.succeeded_indexes.total();
        if job.spec.backoff_limit_per_index.is_some() {
            let failed = indexes::failed_indexes(job, &self.pods);
            let done = self.succeeded_indexes.merge(&failed);
            self.awaiting = indexes::awaiting_replacement(job, &self.pods, &self.active, &done);
            let (number, limit) = (failed.total(), job.spec.max_failed_indexes);
            self.failed_indexes = Some(failed);
            if self.end.is_none() && limit.is_some_and(|limit| number > limit) {
                let message = "Job has exceeded the specified maximal number of failed indexes";
                self.fail("MaxFailedIndexesExceeded", message);
            } else if self.end.is_none() && number > 0 && number + self.succeeded >= all {
                self.fail("FailedIndexes", "Job has failed indexes");
            }
        }
        if self.end.is_none()
            && let Some(message) = success(self.job.spec.success_policy.as_ref(), all, &self.succeeded_indexes)
        {
            self.end = Some(condition("SuccessCriteriaMet", "SuccessPolicy", &message, self.now));
        }
    }

    fn is_complete(&self, active: i32) -> bool {
        let enough = match self.job.spec.completions {
            None => self.succeeded > 0,
            Some(completions) => self.succeeded >= completions,
        };
        enough && active == 0
    }

    /// Notes that the Job was suspended or resumed; says whether it was.
    fn tell_suspension(&mut self, ctx: &mut Ctx<'_>, recorder: &mut Recorder) -> bool {
        let suspended = self.job.spec.is_suspended();
        let (reason, message) = if suspended {
            ("Suspended", "Job suspended")
        } else {
            ("Resumed", "Job resumed")
        };
        let mut news = condition("Suspended", &format!("Job{reason}"), message, self.now);
        news.status = if suspended { "True" } else { "False" }.into();
        if !self.ensure(&news) {
            return false;
        }
        self.event(ctx, recorder, Severity::Normal, reason, message);
        self.job.status.start_time = (!suspended).then_some(self.now);
        true
    }

    /// Puts a condition in the place of the one before it; says whether it is news. What is not so is no news at first.
    // Models pkg/controller/job/job_controller.go ensureJobConditionStatus
    pub(super) fn ensure(&mut self, news: &Condition) -> bool {
        let conditions = &self.job.status.conditions;
        let same =
            |old: &Condition| old.status == news.status && old.reason == news.reason && old.message == news.message;
        match find_condition(conditions, &news.kind) {
            Some(old) if same(old) => return false,
            None if &*news.status == "False" => return false,
            None => self.append(news.clone()),
            Some(_) => {
                let renew = |old: &Condition| if old.kind == news.kind { news } else { old }.clone();
                self.job.status.conditions = conditions.iter().map(renew).collect();
            }
        }
        true
    }

    pub(super) fn append(&mut self, condition: Condition) {
        let conditions = self.job.status.conditions.iter().cloned();
        self.job.status.conditions = conditions.chain([condition]).collect();
    }

    pub(super) fn event(
        &self,
        ctx: &mut Ctx<'_>,
        recorder: &mut Recorder,
        severity: Severity,
        reason: &str,
        message: &str,
    ) {
        recorder.event(ctx, &Object::Job(self.stored.clone()), severity, reason, message);
    }
}

/// A condition that is so from now on.
// Models pkg/controller/job/job_controller.go newCondition
pub(super) fn condition(kind: &str, reason: &str, message: &str, now: Time) -> Condition {
    Condition {
        last_probe_time: Some(now),
        ..Condition::new(kind, true, reason, message, now)
    }
}

/// How many pods a list holds.
pub(super) fn count(pods: &[Rc<Pod>]) -> i32 {
    i32::try_from(pods.len()).unwrap_or(i32::MAX)
}
