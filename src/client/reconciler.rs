//! The turn of a controller: one key of its queue.

use super::{Ctx, WorkQueue};
use crate::api::Resource;
use crate::api::core::{Event, Pod};
use crate::api::status::Status;
use crate::apiserver::{ApiServer, Key, Verb};

/// A controller that works on one key at a time.
pub trait Reconciler {
    /// Its queue.
    fn queue(&mut self) -> &mut WorkQueue;

    /// Brings what `key` names closer to what is wanted. What fails is tried again.
    ///
    /// # Errors
    /// What a write was refused for.
    fn sync(&mut self, ctx: &mut Ctx<'_>, key: &Key) -> Result<(), Status>;

    /// How often a key is tried again before it is dropped.
    fn retries(&self) -> u32 {
        u32::MAX
    }
}

/// Works on the next key of a controller's queue.
pub fn work(controller: &mut impl Reconciler, ctx: &mut Ctx<'_>) {
    let Some(key) = controller.queue().next(ctx) else {
        return;
    };
    let before = ctx.api.revision();
    let result = controller.sync(ctx, &key);
    let calls = calls_since(ctx.api, before);
    controller.queue().done(ctx, &key, calls);
    let retries = controller.retries();
    let queue = controller.queue();
    if result.is_ok() || queue.failures(&key) >= retries {
        queue.forget(&key);
    } else {
        queue.add_rate_limited(ctx, key);
    }
}

/// How many API calls one after the other made the changes after `revision`.
///
/// Pods are created in batches that double and changed all at once; events are written on the side.
#[must_use]
pub fn calls_since(api: &ApiServer, revision: u64) -> u64 {
    let (mut single, mut created, mut changed) = (0, 0_u64, 0);
    for change in api.changes_after(revision).into_iter().flatten() {
        match (change.object.kind(), change.verb) {
            (Event::KIND, _) => {}
            (Pod::KIND, Verb::Added) => created += 1,
            (Pod::KIND, _) => changed = 1,
            _ => single += 1,
        }
    }
    single + changed + u64::from(u64::BITS - created.leading_zeros())
}
