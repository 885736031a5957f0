//! The controllers: each watches some kinds, and makes the cluster as their specs say.
//!
//! A controller holds a queue of keys and what it counts along the way; all else it reads from the API when it works on a
//! key. It reads the API's present state and not an informer's older copy, so it needs no expectations.

pub mod conformance;
pub mod cronjob;
pub mod daemon;
pub mod deployment;
pub mod disruption;
pub mod endpoint;
pub mod endpointslice;
pub mod garbagecollector;
pub mod gateway;
mod history;
pub mod job;
pub mod namespace;
pub mod nodelifecycle;
mod owners;
pub mod podautoscaler;
pub mod podgc;
mod pods;
pub mod replicaset;
pub mod serviceaccount;
pub mod statefulset;
pub mod tainteviction;
mod tally;
pub mod ttlafterfinished;

use crate::api::core::{Event, Pod};
use crate::api::labels::LabelSelector;
use crate::api::status::Status;
use crate::api::{Resource, Str};
use crate::apiserver::{ApiServer, Key, Verb};
use crate::client::{Ctx, WorkQueue};

/// A controller that works on one key at a time.
trait Reconciler {
    /// Its queue.
    fn queue(&mut self) -> &mut WorkQueue;

    /// Brings what `key` names closer to what is wanted. What fails is tried again.
    fn sync(&mut self, ctx: &mut Ctx<'_>, key: &Key) -> Result<(), Status>;

    /// How often a key is tried again before it is dropped.
    fn retries(&self) -> u32 {
        u32::MAX
    }
}

/// Works on the next key of a controller's queue.
fn work(controller: &mut impl Reconciler, ctx: &mut Ctx<'_>) {
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
fn calls_since(api: &ApiServer, revision: u64) -> u64 {
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

/// Whether a write was refused because the namespace is on its way out. Then there is nothing to do.
fn namespace_terminates(error: &Status) -> bool {
    error
        .details
        .causes
        .iter()
        .any(|cause| cause.reason == "NamespaceTerminating")
}

/// A selector as Go prints the struct.
fn go_selector(selector: Option<&LabelSelector>) -> String {
    let Some(selector) = selector else {
        return "nil".to_owned();
    };
    let labels = selector.match_labels.iter();
    let labels: String = labels.map(|(key, value)| format!("{key}: {value},")).collect();
    let expressions = selector.match_expressions.iter().map(|there| {
        let values: Vec<&str> = there.values.iter().map(AsRef::as_ref).collect();
        format!(
            "LabelSelectorRequirement{{Key:{},Operator:{},Values:[{}],}},",
            there.key,
            there.operator,
            values.join(" ")
        )
    });
    format!(
        "&LabelSelector{{MatchLabels:map[string]string{{{labels}}},MatchExpressions:[]LabelSelectorRequirement{{{}}},}}",
        expressions.collect::<String>()
    )
}

/// The key of `name` in the namespace of `object`.
fn sibling(object: &impl Resource, name: &Str) -> Key {
    Key {
        namespace: object.meta().namespace.clone(),
        name: name.clone(),
    }
}
