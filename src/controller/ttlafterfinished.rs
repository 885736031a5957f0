//! Deletes Jobs that have ended, after the time that they say.
// Models pkg/controller/ttlafterfinished/ttlafterfinished_controller.go

use crate::api::batch::Job;
use crate::api::status::Status;
use crate::api::{Kind, Object, Resource};
use crate::apiserver::{Change, DeleteOptions, Key, Propagation, Verb};
use crate::client::{Component, Ctx, WorkQueue};
use crate::sim::Duration;

use super::{Reconciler, owners, work};

/// How many Jobs are worked on at once.
const WORKERS: u32 = 5;
const QUEUE: u8 = 0;
const SECOND_NS: i64 = 1_000_000_000;

/// The TTL-after-finished controller.
#[derive(Clone, Debug)]
pub struct TtlAfterFinishedController {
    queue: WorkQueue,
}

impl Default for TtlAfterFinishedController {
    fn default() -> Self {
        Self {
            queue: WorkQueue::with_workers(QUEUE, WORKERS),
        }
    }
}

impl Component for TtlAfterFinishedController {
    fn name(&self) -> &'static str {
        "ttl-after-finished-controller"
    }

    fn watches(&self) -> &'static [Kind] {
        &[Job::KIND]
    }

    fn wants(&self, change: &Change) -> bool {
        let Object::Job(job) = &change.object else { return false };
        change.verb != Verb::Deleted && expiry_ns(job).is_some()
    }

    fn on_change(&mut self, ctx: &mut Ctx<'_>, change: &Change) {
        self.queue.add(ctx, Key::of(&change.object));
    }

    fn on_timer(&mut self, ctx: &mut Ctx<'_>, _purpose: u8, _object: u64) {
        work(self, ctx);
    }
}

impl Reconciler for TtlAfterFinishedController {
    fn queue(&mut self) -> &mut WorkQueue {
        &mut self.queue
    }

    // Models pkg/controller/ttlafterfinished/ttlafterfinished_controller.go processJob
    fn sync(&mut self, ctx: &mut Ctx<'_>, key: &Key) -> Result<(), Status> {
        let job = ctx.api.get_key::<Job>(key);
        let Some((due_ns, uid)) = job.and_then(|job| Some((expiry_ns(job)?, job.meta.uid.clone()))) else {
            return Ok(());
        };
        let left_ns = due_ns - ctx.api.wall_ns(ctx.now);
        if left_ns > 0 {
            self.queue.add_after(ctx, key.clone(), Duration(left_ns.unsigned_abs()));
            return Ok(());
        }
        let options = DeleteOptions {
            propagation: Some(Propagation::Foreground),
            uid: Some(uid),
            ..DeleteOptions::default()
        };
        owners::ignore_absent(ctx.delete(Job::KIND, key, &options))
    }
}

/// When a Job is to go, in nanoseconds of the wall clock; none while it runs, and for one that stays.
fn expiry_ns(job: &Job) -> Option<i64> {
    let seconds = job
        .spec
        .ttl_seconds_after_finished
        .filter(|_| !job.meta.is_terminating())?;
    let end = job.status.finished()?.last_transition_time?;
    Some((end.0 + i64::from(seconds)).saturating_mul(SECOND_NS))
}
