//! The revisions of a DaemonSet.
// Models pkg/controller/daemon/update.go constructHistory, cleanupHistory

use crate::sim::btree::BTreeSet;

use crate::api::apps::DaemonSet;
use crate::api::core::Pod;
use crate::api::lean::Field;
use crate::api::meta::ObjectMeta;
use crate::api::status::Status;
use crate::api::template_hash;
use crate::api::{Resource, Str};
use crate::client::Ctx;
use crate::controller::history::{self, REVISION_HASH, Revision};
use crate::controller::owners::controller_ref;

/// The revision of the present template, made where there is none, and the older ones.
pub(super) fn construct(ctx: &mut Ctx<'_>, set: &DaemonSet) -> Result<(Revision, Vec<Revision>), Status> {
    let template = set.spec.template.get_always();
    let data = template_hash::revision_data(&template);
    let (current, old): (Vec<_>, Vec<_>) = history::of_owner(ctx, set)
        .into_iter()
        .partition(|revision| *revision.data() == data);
    let number = old.iter().map(Revision::number).max().unwrap_or_default() + 1;
    let Some((newest, duplicates)) = current.split_last() else {
        let hash = template_hash::pod_template_hash(&template, set.status.collision_count);
        return Ok((create(ctx, set, &hash, data, number)?, old));
    };
    for duplicate in duplicates {
        duplicate.delete(ctx)?;
    }
    if newest.number() < number {
        return Ok((newest.renumber(ctx, number)?, old));
    }
    Ok((newest.clone(), old))
}

// Models pkg/controller/daemon/update.go snapshot
fn create(
    ctx: &mut Ctx<'_>,
    set: &DaemonSet,
    hash: &str,
    data: serde_json::Value,
    number: i64,
) -> Result<Revision, Status> {
    let mut meta = ObjectMeta {
        name: format!("{}-{hash}", set.meta.name).into(),
        namespace: set.meta.namespace.clone(),
        labels: set.spec.template.meta.labels.clone(),
        annotations: set.meta.annotations.clone(),
        owner_references: [controller_ref(set)].into(),
        ..ObjectMeta::default()
    };
    meta.set_label(REVISION_HASH, hash);
    let revision = Revision::new(meta, data, number);
    match revision.create(ctx) {
        Err(error) if history::is_taken(&error) => {
            let there = history::get(ctx, &set.meta.namespace, revision.name());
            if let Some(there) = there.filter(|there| there.data() == revision.data()) {
                return Ok(there);
            }
            // Another template with the same hash: the next try has another one.
            let mut next = set.clone();
            next.status.collision_count = Some(set.status.collision_count.unwrap_or_default() + 1);
            ctx.update_status(next)?;
            Err(error)
        }
        result => result,
    }
}

/// Deletes the oldest revisions beyond the limit that no pod has.
pub(super) fn clean_up(ctx: &mut Ctx<'_>, set: &DaemonSet, old: &[Revision]) -> Result<(), Status> {
    let limit = usize::try_from(set.spec.revision_history_limit.unwrap_or(10)).unwrap_or_default();
    let surplus = old.len().saturating_sub(limit);
    if surplus == 0 {
        return Ok(());
    }
    let pods = ctx.api.owned_by(&set.meta.uid).filter_map(Pod::of);
    let live: BTreeSet<Str> = pods.filter_map(|pod| pod.meta.label(REVISION_HASH).cloned()).collect();
    let idle = old.iter().filter(|revision| !live.contains(revision.hash()));
    for revision in idle.take(surplus) {
        revision.delete(ctx)?;
    }
    Ok(())
}
