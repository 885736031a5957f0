//! CronJobs: Jobs by the clock.
// Models pkg/controller/cronjob/cronjob_controllerv2.go

mod missed;
mod round;

use std::rc::Rc;

use crate::api::batch::{CronJob, Job};
use crate::api::status::Status;
use crate::api::{Kind, Object, Resource};
use crate::apiserver::{Change, Key};
use crate::client::{Component, Ctx, Recorder, Severity, WorkQueue};
use crate::sim::Duration;

use super::{Reconciler, owners, sibling, work};
pub(super) use missed::{Clock, Missed};
use round::Round;

/// How many CronJobs are worked on at once.
const WORKERS: u32 = 5;
const QUEUE: u8 = 0;

/// The CronJob controller.
#[derive(Clone, Debug)]
pub struct CronJobController {
    queue: WorkQueue,
    recorder: Recorder,
}

impl Default for CronJobController {
    fn default() -> Self {
        Self {
            queue: WorkQueue::with_workers(QUEUE, WORKERS),
            recorder: Recorder::default(),
        }
    }
}

impl Component for CronJobController {
    fn name(&self) -> &'static str {
        "cronjob-controller"
    }

    fn watches(&self) -> &'static [Kind] {
        &[CronJob::KIND, Job::KIND]
    }

    fn wants(&self, change: &Change) -> bool {
        let concerns = |job: &Rc<Job>| job.meta.controller().is_some_and(|owner| &*owner.kind == "CronJob");
        match &change.object {
            Object::CronJob(_) => true,
            Object::Job(job) => concerns(job) || change.old.as_ref().and_then(Job::of).is_some_and(concerns),
            _ => false,
        }
    }

    fn queue_length(&self) -> Option<u64> {
        Some(self.queue.len() as u64)
    }

    fn on_change(&mut self, ctx: &mut Ctx<'_>, change: &Change) {
        match &change.object {
            Object::CronJob(job) => self.on_cron_job(ctx, change, job),
            Object::Job(job) => {
                let old = change.old.as_ref().and_then(Job::of);
                for job in old.into_iter().chain([job]) {
                    if let Some(owner) = owners::controller_of::<CronJob>(ctx, &**job) {
                        let key = sibling(&**job, &owner.meta.name);
                        self.queue.add(ctx, key);
                    }
                }
            }
            _ => {}
        }
    }

    fn on_timer(&mut self, ctx: &mut Ctx<'_>, _purpose: u8, _object: u64) {
        work(self, ctx);
    }
}

impl CronJobController {
    // Models pkg/controller/cronjob/cronjob_controllerv2.go updateCronJob
    fn on_cron_job(&mut self, ctx: &mut Ctx<'_>, change: &Change, job: &Rc<CronJob>) {
        let key = Key::of(&change.object);
        let old = change.old.as_ref().and_then(CronJob::of);
        let same =
            |old: &Rc<CronJob>| old.spec.schedule == job.spec.schedule && old.spec.time_zone == job.spec.time_zone;
        if old.is_none_or(same) {
            return self.queue.add(ctx, key);
        }
        match Clock::of(job) {
            Ok(clock) => {
                let wait = clock.wait(job, ctx.api.wall_ns(ctx.now));
                self.queue.add_after(ctx, key, wait);
            }
            Err(_) => {
                let message = format!("unparseable schedule for cronjob: {}", job.spec.schedule);
                let (recorder, about) = (&mut self.recorder, &change.object);
                recorder.event(ctx, about, Severity::Warning, "UnParseableCronJobSchedule", &message);
            }
        }
    }

    /// Works on one CronJob. Gives after which wait it is to be looked at again.
    // Models pkg/controller/cronjob/cronjob_controllerv2.go sync
    pub(super) fn look(&mut self, ctx: &mut Ctx<'_>, key: &Key) -> Result<Option<Duration>, Status> {
        let Some(stored) = ctx.api.get_key::<CronJob>(key).cloned() else {
            return Ok(None);
        };
        let mut jobs: Vec<Rc<Job>> = ctx
            .api
            .owned_by(&stored.meta.uid)
            .filter_map(Job::of)
            .cloned()
            .collect();
        jobs.retain(|job| owners::is_controlled_by(&**job, &*stored));
        let mut round = Round::new(stored, ctx.api.wall_ns(ctx.now));
        round.clean_up(ctx, &mut self.recorder, &jobs);
        let result = round.run(ctx, &mut self.recorder, &jobs);
        round.write(ctx)?;
        result
    }
}

impl Reconciler for CronJobController {
    fn queue(&mut self) -> &mut WorkQueue {
        &mut self.queue
    }

    fn sync(&mut self, ctx: &mut Ctx<'_>, key: &Key) -> Result<(), Status> {
        if let Some(wait) = self.look(ctx, key)? {
            self.queue.add_after(ctx, key.clone(), wait);
        }
        Ok(())
    }
}
