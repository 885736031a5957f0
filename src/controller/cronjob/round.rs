//! One look at a CronJob and its Jobs.
// Models pkg/controller/cronjob/cronjob_controllerv2.go syncCronJob

use std::rc::Rc;

use crate::api::batch::{CronJob, Job};
use crate::api::cron::Zone;
use crate::api::meta::{ObjectMeta, ObjectReference};
use crate::api::status::{Reason, Status};
use crate::api::time::Time;
use crate::api::{Object, Resource, Str};
use crate::apiserver::{DeleteOptions, Key, Propagation};
use crate::client::{Ctx, Recorder, Severity};
use crate::controller::owners::{controller_ref, is_controlled_by};
use crate::controller::{namespace_terminates, sibling};
use crate::sim::{Arrange, Duration};

use super::missed::{Clock, Missed};

const SECOND_NS: i64 = 1_000_000_000;
const SCHEDULED_TIMESTAMP: &str = "batch.kubernetes.io/cronjob-scheduled-timestamp";

/// What is known of a CronJob in one sync.
pub(super) struct Round {
    stored: Rc<CronJob>,
    /// The CronJob with the status that is being worked out.
    cron: CronJob,
    now_ns: i64,
}

impl Round {
    pub(super) fn new(stored: Rc<CronJob>, now_ns: i64) -> Self {
        let cron = (*stored).clone();
        Self { stored, cron, now_ns }
    }

    fn event(&self, ctx: &mut Ctx<'_>, recorder: &mut Recorder, severity: Severity, reason: &str, message: &str) {
        recorder.event(ctx, &Object::CronJob(self.stored.clone()), severity, reason, message);
    }

    /// Writes the status where it says something new.
    pub(super) fn write(&self, ctx: &mut Ctx<'_>) -> Result<(), Status> {
        if self.cron.status == self.stored.status {
            return Ok(());
        }
        ctx.update_status(self.cron.clone()).map(|_| ())
    }

    /// Deletes the oldest of the Jobs that have ended and are too many.
    // Models pkg/controller/cronjob/cronjob_controllerv2.go cleanupFinishedJobs
    pub(super) fn clean_up(&mut self, ctx: &mut Ctx<'_>, recorder: &mut Recorder, jobs: &[Rc<Job>]) {
        let spec = &self.cron.spec;
        let limits = [
            ("Complete", spec.successful_jobs_history_limit),
            ("Failed", spec.failed_jobs_history_limit),
        ];
        for (kind, limit) in limits {
            let Some(limit) = limit else { continue };
            let ended = |job: &&Rc<Job>| job.status.finished().is_some_and(|end| &*end.kind == kind);
            let mut ended: Vec<&Rc<Job>> = jobs.iter().filter(ended).collect();
            // Those that never started come last.
            let started = |job: &Rc<Job>| {
                (
                    job.status.start_time.is_none(),
                    job.status.start_time,
                    job.meta.name.clone(),
                )
            };
            ended.arrange_by_key(|job| started(job));
            let surplus = ended.len().saturating_sub(usize::try_from(limit).unwrap_or_default());
            for job in ended.into_iter().take(surplus) {
                self.delete(ctx, recorder, job);
            }
        }
    }

    // Models pkg/controller/cronjob/cronjob_controllerv2.go deleteJob
    fn delete(&mut self, ctx: &mut Ctx<'_>, recorder: &mut Recorder, job: &Job) -> bool {
        let options = DeleteOptions {
            propagation: Some(Propagation::Background),
            ..DeleteOptions::default()
        };
        if let Err(error) = ctx.delete(Job::KIND, &sibling(job, &job.meta.name), &options) {
            let message = format!("Deleted job: {error}");
            self.event(ctx, recorder, Severity::Warning, "FailedDelete", &message);
            return false;
        }
        self.forget(&job.meta.uid);
        let message = format!("Deleted job {}", job.meta.name);
        self.event(ctx, recorder, Severity::Normal, "SuccessfulDelete", &message);
        true
    }

    fn is_active(&self, uid: &Str) -> bool {
        self.cron.status.active.iter().any(|job| job.uid == *uid)
    }

    fn forget(&mut self, uid: &Str) {
        let active = &mut self.cron.status.active;
        *active = active.iter().filter(|job| job.uid != *uid).cloned().collect();
    }

    /// Looks after the Jobs that run, and starts the one that is due. Gives after which wait to look again.
    pub(super) fn run(
        &mut self,
        ctx: &mut Ctx<'_>,
        recorder: &mut Recorder,
        jobs: &[Rc<Job>],
    ) -> Result<Option<Duration>, Status> {
        for job in jobs {
            self.see(ctx, recorder, job);
        }
        self.miss_gone(ctx, recorder, jobs);
        if self.cron.meta.is_terminating() {
            return Ok(None);
        }
        if let Some(zone) = self
            .cron
            .spec
            .time_zone
            .as_deref()
            .filter(|zone| Zone::find(zone).is_none())
        {
            let message = format!("invalid timeZone: {zone:?}: unknown time zone {zone}");
            self.event(ctx, recorder, Severity::Warning, "UnknownTimeZone", &message);
            return Ok(None);
        }
        if self.cron.spec.suspend == Some(true) {
            return Ok(None);
        }
        let Some((clock, start)) = self.due(ctx, recorder) else {
            return Ok(None);
        };
        let wait = |round: &Self| Ok(Some(clock.wait(&round.cron, round.now_ns)));
        let Some(start) = start.filter(|start| self.may_start(ctx, recorder, *start)) else {
            return wait(self);
        };
        if &*self.cron.spec.concurrency_policy == "Replace" {
            self.replace(ctx, recorder)?;
        }
        let Some(job) = self.create(ctx, recorder, start)? else {
            return Ok(None);
        };
        let active = self.cron.status.active.iter().cloned();
        self.cron.status.active = active.chain([reference(&job)]).collect();
        self.cron.status.last_schedule_time = Some(start);
        wait(self)
    }

    /// Takes note of how a Job is doing.
    fn see(&mut self, ctx: &mut Ctx<'_>, recorder: &mut Recorder, job: &Job) {
        let (name, known) = (&job.meta.name, self.is_active(&job.meta.uid));
        let Some(end) = job.status.finished() else {
            if !known {
                let message = format!("Saw a job that the controller did not create or forgot: {name}");
                self.event(ctx, recorder, Severity::Warning, "UnexpectedJob", &message);
            }
            return;
        };
        if known {
            self.forget(&job.meta.uid);
            let message = format!("Saw completed job: {name}, condition: {}", end.kind);
            self.event(ctx, recorder, Severity::Normal, "SawCompletedJob", &message);
        }
        if &*end.kind == "Complete" {
            let last = &mut self.cron.status.last_successful_time;
            *last = job.status.completion_time.max(*last);
        }
    }

    /// Forgets the Jobs that are gone.
    fn miss_gone(&mut self, ctx: &mut Ctx<'_>, recorder: &mut Recorder, jobs: &[Rc<Job>]) {
        for active in self.cron.status.active.clone().iter() {
            let is_there = jobs.iter().any(|job| job.meta.uid == active.uid)
                || ctx.api.get::<Job>(&active.namespace, &active.name).is_some();
            if !is_there {
                let message = format!("Active job went missing: {}", active.name);
                self.event(ctx, recorder, Severity::Normal, "MissingJob", &message);
                self.forget(&active.uid);
            }
        }
    }

    /// The schedule, and the start that is due by it. None where the schedule is no good.
    fn due(&self, ctx: &mut Ctx<'_>, recorder: &mut Recorder) -> Option<(Clock, Option<Time>)> {
        let schedule = &self.cron.spec.schedule;
        if schedule.contains("TZ") {
            let message = format!(
                "CRON_TZ or TZ used in schedule {schedule:?} is not officially supported, see \
                 https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/ for more details"
            );
            self.event(ctx, recorder, Severity::Warning, "UnsupportedSchedule", &message);
        }
        let clock = match Clock::of(&self.cron) {
            Ok(clock) => clock,
            Err(problem) => {
                let message = format!("unparseable schedule: {schedule:?} : {problem}");
                self.event(ctx, recorder, Severity::Warning, "UnparseableSchedule", &message);
                return None;
            }
        };
        match clock.recent(&self.cron, Time(self.now_ns.div_euclid(SECOND_NS)), true) {
            Ok(recent) => {
                if recent.start.is_some() && recent.missed == Missed::Many {
                    let message = "too many missed start times. Set or decrease .spec.startingDeadlineSeconds or check \
                                   clock skew";
                    self.event(ctx, recorder, Severity::Warning, "TooManyMissedTimes", message);
                }
                Some((clock, recent.start))
            }
            Err(problem) => {
                let message = format!("invalid schedule: {schedule} : {problem}");
                self.event(ctx, recorder, Severity::Warning, "InvalidSchedule", &message);
                None
            }
        }
    }

    /// Whether a start that is due may be made: not too late, not made already, nothing in its way.
    fn may_start(&self, ctx: &mut Ctx<'_>, recorder: &mut Recorder, start: Time) -> bool {
        let (spec, status) = (&self.cron.spec, &self.cron.status);
        let latest = spec
            .starting_deadline_seconds
            .map(|seconds| start.0.saturating_add(seconds));
        if latest.is_some_and(|latest| latest.saturating_mul(SECOND_NS) < self.now_ns) {
            let message = format!("Missed scheduled time to start a job: {}", start.rfc1123z());
            self.event(ctx, recorder, Severity::Warning, "MissSchedule", &message);
            return false;
        }
        let name = self.job_name(start);
        if status.active.iter().any(|job| job.name == name) || status.last_schedule_time == Some(start) {
            return false;
        }
        if &*spec.concurrency_policy == "Forbid" && !status.active.is_empty() {
            let message = "Not starting job because prior execution is running and concurrency policy is Forbid";
            self.event(ctx, recorder, Severity::Normal, "JobAlreadyActive", message);
            return false;
        }
        true
    }

    /// Deletes the Jobs that run.
    fn replace(&mut self, ctx: &mut Ctx<'_>, recorder: &mut Recorder) -> Result<(), Status> {
        for active in self.cron.status.active.clone().iter() {
            let Some(job) = ctx.api.get::<Job>(&active.namespace, &active.name).cloned() else {
                let error = Status::not_found(Job::KIND, &active.name);
                self.event(
                    ctx,
                    recorder,
                    Severity::Warning,
                    "FailedGet",
                    &format!("Get job: {error}"),
                );
                return Err(error);
            };
            if !self.delete(ctx, recorder, &job) {
                let message = format!("could not replace job {}/{}", active.namespace, active.name);
                return Err(Status::new(Reason::InternalError, &message));
            }
        }
        Ok(())
    }

    /// Makes the Job of a start. None where another than this CronJob made it, or its status has it already.
    fn create(&self, ctx: &mut Ctx<'_>, recorder: &mut Recorder, start: Time) -> Result<Option<Rc<Job>>, Status> {
        let draft = self.draft(start);
        let name = draft.meta.name.clone();
        match ctx.create(draft) {
            Ok(job) => {
                let message = format!("Created job {name}");
                self.event(ctx, recorder, Severity::Normal, "SuccessfulCreate", &message);
                Ok(Job::of(&job).cloned())
            }
            Err(error) if error.reason == Reason::AlreadyExists => {
                let key = Key {
                    namespace: self.cron.meta.namespace.clone(),
                    name,
                };
                let job = ctx.api.get_key::<Job>(&key).cloned();
                Ok(job.filter(|job| is_controlled_by(&**job, &self.cron) && !self.is_active(&job.meta.uid)))
            }
            Err(error) => {
                if !namespace_terminates(&error) {
                    let message = format!("Error creating job: {error}");
                    self.event(ctx, recorder, Severity::Warning, "FailedCreate", &message);
                }
                Err(error)
            }
        }
    }

    // Models pkg/controller/cronjob/cronjob_controllerv2.go getJobName
    fn job_name(&self, start: Time) -> Str {
        format!("{}-{}", self.cron.meta.name, start.0.div_euclid(60)).into()
    }

    // Models pkg/controller/cronjob/utils.go getJobFromTemplate2
    fn draft(&self, start: Time) -> Job {
        let template = &self.cron.spec.job_template;
        let zone = self.cron.spec.time_zone.as_deref().and_then(Zone::find);
        let mut meta = ObjectMeta {
            name: self.job_name(start),
            namespace: self.cron.meta.namespace.clone(),
            labels: template.meta.labels.clone(),
            annotations: template.meta.annotations.clone(),
            owner_references: [controller_ref(&self.cron)].into(),
            ..ObjectMeta::default()
        };
        let scheduled = zone.unwrap_or(Zone::UTC).rfc3339(start);
        meta.set_annotation(SCHEDULED_TIMESTAMP, &scheduled);
        Job {
            meta,
            spec: template.spec.clone(),
            ..Job::default()
        }
    }
}

/// The reference by which the status names a Job.
fn reference(job: &Job) -> ObjectReference {
    let info = Job::KIND.info();
    ObjectReference {
        api_version: info.api_version().into(),
        kind: info.kind.into(),
        namespace: job.meta.namespace.clone(),
        name: job.meta.name.clone(),
        uid: job.meta.uid.clone(),
        resource_version: job.meta.resource_version.0.to_string().into(),
        ..ObjectReference::default()
    }
}
