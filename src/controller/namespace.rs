//! Namespaces on their way out: their content goes first, the pods before all else.
// Models pkg/controller/namespace

use crate::sim::btree::BTreeMap;
use std::rc::Rc;

use crate::api::core::{Namespace, Pod};
use crate::api::meta::Condition;
use crate::api::status::{Reason, Status};
use crate::api::{Kind, Object, Resource, Str};
use crate::apiserver::{Change, DeleteOptions, Key};
use crate::client::{Component, Ctx, WorkQueue};
use crate::sim::{Arrange, Duration};

use super::{Reconciler, owners, work};

/// Between the deletion of a namespace and that of its content.
// Models pkg/controller/namespace/namespace_controller.go namespaceDeletionGracePeriod
const GRACE: Duration = Duration::from_secs(5);
/// How long finalizers are expected to take, in seconds.
// Models pkg/controller/namespace/deletion/namespaced_resources_deleter.go finalizerEstimateSeconds
const FINALIZER_SECONDS: i64 = 15;
/// How many namespaces are worked on at once.
const WORKERS: u32 = 10;
const QUEUE: u8 = 0;

/// Each condition of a namespace that goes: type, and reason and message as long as nothing is wrong.
const CONDITIONS: [(&str, &str, &str); 5] = [
    (
        "NamespaceDeletionDiscoveryFailure",
        "ResourcesDiscovered",
        "All resources successfully discovered",
    ),
    (
        "NamespaceDeletionGroupVersionParsingFailure",
        "ParsedGroupVersions",
        "All legacy kube types successfully parsed",
    ),
    (
        CONTENT_FAILURE,
        "ContentDeleted",
        "All content successfully deleted, may be waiting on finalization",
    ),
    (CONTENT_REMAINING, "ContentRemoved", "All content successfully removed"),
    (
        FINALIZERS_REMAINING,
        "ContentHasNoFinalizers",
        "All content-preserving finalizers finished",
    ),
];
const CONTENT_FAILURE: &str = "NamespaceDeletionContentFailure";
const CONTENT_REMAINING: &str = "NamespaceContentRemaining";
const FINALIZERS_REMAINING: &str = "NamespaceFinalizersRemaining";

/// The namespace controller.
#[derive(Clone, Debug)]
pub struct NamespaceController {
    queue: WorkQueue,
}

impl Default for NamespaceController {
    fn default() -> Self {
        let queue = WorkQueue::with_workers(QUEUE, WORKERS);
        Self { queue }
    }
}

impl Component for NamespaceController {
    fn name(&self) -> &'static str {
        "namespace-controller"
    }

    fn watches(&self) -> &'static [Kind] {
        &[Namespace::KIND]
    }

    fn wants(&self, change: &Change) -> bool {
        change.object.kind() == Namespace::KIND && change.object.meta().is_terminating()
    }

    fn on_change(&mut self, ctx: &mut Ctx<'_>, change: &Change) {
        self.queue.add_after(ctx, Key::of(&change.object), GRACE);
    }

    fn on_timer(&mut self, ctx: &mut Ctx<'_>, _purpose: u8, _object: u64) {
        work(self, ctx);
    }
}

/// What is left of a namespace's content.
#[derive(Default)]
struct Left {
    /// Seconds until it is expected to be gone.
    estimate: i64,
    /// How many objects of which resource.
    objects: BTreeMap<String, u32>,
    /// How many objects wait for which finalizer.
    finalizers: BTreeMap<Str, u32>,
    errors: Vec<String>,
}

impl Reconciler for NamespaceController {
    fn queue(&mut self) -> &mut WorkQueue {
        &mut self.queue
    }

    // Models pkg/controller/namespace/deletion/namespaced_resources_deleter.go Delete
    fn sync(&mut self, ctx: &mut Ctx<'_>, key: &Key) -> Result<(), Status> {
        let namespace = ctx.api.get_key::<Namespace>(key).cloned();
        let Some(namespace) = namespace.filter(|namespace| namespace.meta.is_terminating()) else {
            return Ok(());
        };
        let mut left = Left::default();
        delete_all(ctx, &namespace, Pod::KIND, &mut left);
        let only_pods = left.objects.values().any(|count| *count > 0);
        if !only_pods {
            for kind in Kind::all().filter(|kind| kind.info().namespaced && *kind != Pod::KIND) {
                delete_all(ctx, &namespace, kind, &mut left);
            }
        }
        tell(ctx, &namespace, &left, only_pods);
        if !left.errors.is_empty() {
            return Err(Status::new(Reason::InternalError, left.errors.join(", ")));
        }
        if left.estimate > 0 {
            let seconds = (left.estimate / 2 + 1).unsigned_abs();
            self.queue.add_after(ctx, key.clone(), Duration::from_secs(seconds));
            return Ok(());
        }
        owners::ignore_absent(ctx.finalize_namespace(&key.name))
    }
}

/// Deletes all objects of a kind in the namespace, and notes what is left of them.
// Models pkg/controller/namespace/deletion/namespaced_resources_deleter.go deleteAllContentForGroupVersionResource
fn delete_all(ctx: &mut Ctx<'_>, namespace: &Namespace, kind: Kind, left: &mut Left) {
    let name = &namespace.meta.name;
    let estimate = if kind == Pod::KIND { estimate(ctx, namespace) } else { 0 };
    let keys: Vec<Key> = ctx.api.list_objects(kind, Some(name)).map(Key::of).collect();
    for key in keys {
        if let Err(error) = owners::ignore_absent(ctx.delete(kind, &key, &DeleteOptions::default())) {
            left.errors.push(error.message);
        }
    }
    let remaining: Vec<&Object> = ctx.api.list_objects(kind, Some(name)).collect();
    if remaining.is_empty() {
        return;
    }
    let info = kind.info();
    left.objects.insert(
        format!("{}.{}", info.plural, info.group),
        u32::try_from(remaining.len()).unwrap_or(u32::MAX),
    );
    let mut waits = false;
    for finalizer in remaining.iter().flat_map(|object| object.meta().finalizers.iter()) {
        *left.finalizers.entry(finalizer.clone()).or_default() += 1;
        waits = true;
    }
    if estimate == 0 && !waits {
        let resource = format!("{}, Resource={}", slashed(info.group, info.version), info.plural);
        let why = format!("unexpected items still remain in namespace: {name} for gvr: {resource}");
        left.errors.push(why);
    }
    let expected = if estimate == 0 && waits {
        FINALIZER_SECONDS
    } else {
        estimate
    };
    left.estimate = left.estimate.max(expected);
}

fn slashed(group: &str, version: &str) -> String {
    format!("{group}/{version}")
}

/// Seconds that the pods may take, counted from the deletion of the namespace; 0 when they are over.
// Models pkg/controller/namespace/deletion/namespaced_resources_deleter.go estimateGracefulTermination
fn estimate(ctx: &Ctx<'_>, namespace: &Namespace) -> i64 {
    let pods = ctx
        .api
        .list::<Pod>(Some(&namespace.meta.name))
        .filter(|pod| !pod.is_finished());
    let grace = pods.filter_map(|pod| pod.spec.termination_grace_period_seconds).max();
    let since = namespace.meta.deletion_timestamp.unwrap_or_default();
    grace
        .filter(|grace| ctx.time().0 - since.0 < *grace)
        .unwrap_or_default()
}

/// Writes the conditions where they changed.
// Models pkg/controller/namespace/deletion/status_condition_utils.go
fn tell(ctx: &mut Ctx<'_>, namespace: &Rc<Namespace>, left: &Left, only_pods: bool) {
    let mut conditions: Vec<Condition> = namespace.status.conditions.to_vec();
    for (kind, reason, message) in CONDITIONS {
        let trouble = trouble(kind, left, only_pods);
        let (bad, reason, message) = match &trouble {
            Some((reason, message)) => (true, *reason, message.as_str()),
            None => (false, reason, message),
        };
        let mut new = Condition::new(kind, bad, reason, message, ctx.time());
        match conditions.iter_mut().find(|old| *old.kind == *kind) {
            None => conditions.push(new),
            Some(old) => {
                if old.status == new.status {
                    new.last_transition_time = old.last_transition_time;
                }
                *old = new;
            }
        }
    }
    if conditions[..] != namespace.status.conditions[..] {
        let mut namespace = (**namespace).clone();
        namespace.status.conditions = conditions.into();
        // A lost update of the conditions is told again by the next sync.
        drop(ctx.update_status(namespace));
    }
}

/// Reason and message of a condition that is not as it should be.
fn trouble(kind: &str, left: &Left, only_pods: bool) -> Option<(&'static str, String)> {
    match kind {
        CONTENT_FAILURE if !left.errors.is_empty() => {
            let mut errors = left.errors.clone();
            errors.arrange();
            let count = errors.len();
            let message = format!(
                "Failed to delete all resource types, {count} remaining: {}",
                errors.join(", ")
            );
            Some(("ContentDeletionFailed", message))
        }
        CONTENT_REMAINING if !only_pods && !left.objects.is_empty() => {
            let parts = left
                .objects
                .iter()
                .map(|(name, count)| format!("{name} has {count} resource instances"));
            let message = format!("Some resources are remaining: {}", join(parts));
            Some(("SomeResourcesRemain", message))
        }
        FINALIZERS_REMAINING if !only_pods && !left.finalizers.is_empty() => {
            let parts = left
                .finalizers
                .iter()
                .map(|(name, count)| format!("{name} in {count} resource instances"));
            let message = format!(
                "Some content in the namespace has finalizers remaining: {}",
                join(parts)
            );
            Some(("SomeFinalizersRemain", message))
        }
        _ => None,
    }
}

fn join(parts: impl Iterator<Item = String>) -> String {
    parts.collect::<Vec<_>>().join(", ")
}
