//! The revisions of a StatefulSet.
// Models pkg/controller/statefulset/stateful_set_control.go getStatefulSetRevisions, truncateHistory

use std::rc::Rc;

use serde_json::Value;

use crate::api::apps::StatefulSet;
use crate::api::core::{Pod, PodTemplateSpec};
use crate::api::lean::Field;
use crate::api::meta::ObjectMeta;
use crate::api::status::Status;
use crate::api::template_hash;
use crate::client::Ctx;
use crate::controller::history::{self, Revision};
use crate::controller::owners::controller_ref;

use super::identity::revision;

/// Label of a revision: what its name ends in.
const HASH: &str = "controller.kubernetes.io/hash";
/// Longest part of a set's name in that of its revisions.
const NAME_PART_MAX: usize = 223;

/// The revisions between which a StatefulSet is.
#[derive(Clone, Debug)]
pub(super) struct Revisions {
    /// Of the pods that are not updated yet.
    pub(super) current: Revision,
    /// Of the present template.
    pub(super) update: Revision,
    /// How often a hash was taken.
    pub(super) collisions: i32,
    all: Vec<Revision>,
}

impl Revisions {
    /// Finds or makes the revisions. A template that comes back gets its old revision under a new number.
    pub(super) fn of(ctx: &mut Ctx<'_>, set: &StatefulSet) -> Result<Self, Status> {
        let all = history::of_owner(ctx, set);
        let template = set.spec.template.get_always();
        let data = template_hash::revision_data(&template);
        let number = all.last().map_or(1, |last| last.number() + 1);
        let mut collisions = set.status.collision_count.unwrap_or_default();
        let equal = all.iter().rfind(|revision| *revision.data() == data);
        let update = match equal {
            Some(equal) if all.last() == Some(equal) => equal.clone(),
            Some(equal) => equal.renumber(ctx, number)?,
            None => create(ctx, set, data, number, &mut collisions)?,
        };
        let current = all
            .iter()
            .find(|revision| *revision.name() == set.status.current_revision);
        let current = current.unwrap_or(&update).clone();
        Ok(Self {
            current,
            update,
            collisions,
            all,
        })
    }

    /// The template of the current revision.
    // Models pkg/controller/statefulset/stateful_set_utils.go ApplyRevision
    pub(super) fn current_template(&self, set: &StatefulSet) -> PodTemplateSpec {
        let mut template = PodTemplateSpec::default();
        let mut value = self.current.data()["spec"]["template"].clone();
        if let Value::Object(fields) = &mut value {
            fields.remove("$patch");
        }
        if self.current == self.update || template.set(value).is_err() {
            return set.spec.template.clone();
        }
        template
    }

    /// Deletes the oldest revisions beyond the limit that nothing uses.
    // Models pkg/controller/statefulset/stateful_set_control.go truncateHistory
    pub(super) fn truncate(&self, ctx: &mut Ctx<'_>, set: &StatefulSet, pods: &[Rc<Pod>]) -> Result<(), Status> {
        let limit = usize::try_from(set.spec.revision_history_limit.unwrap_or(10)).unwrap_or(usize::MAX);
        let lives = |name: &str| {
            **self.current.name() == *name
                || **self.update.name() == *name
                || pods.iter().any(|pod| revision(pod) == name)
        };
        let idle: Vec<&Revision> = self.all.iter().filter(|revision| !lives(revision.name())).collect();
        let surplus = idle.len().saturating_sub(limit);
        for revision in idle.into_iter().take(surplus) {
            revision.delete(ctx)?;
        }
        Ok(())
    }
}

/// Makes a revision; a taken name gives another hash.
// Models pkg/controller/history/controller_history.go CreateControllerRevision
fn create(
    ctx: &mut Ctx<'_>,
    set: &StatefulSet,
    data: Value,
    number: i64,
    collisions: &mut i32,
) -> Result<Revision, Status> {
    loop {
        let hash = template_hash::controller_revision_hash(&data, Some(*collisions));
        let mut meta = ObjectMeta {
            name: format!("{}-{hash}", cut(&set.meta.name)).into(),
            namespace: set.meta.namespace.clone(),
            labels: set.spec.template.meta.labels.clone(),
            annotations: set.meta.annotations.clone(),
            owner_references: [controller_ref(set)].into(),
            ..ObjectMeta::default()
        };
        meta.set_label(HASH, &hash);
        let revision = Revision::new(meta, data.clone(), number);
        match revision.create(ctx) {
            Err(error) if history::is_taken(&error) => {
                let there = history::get(ctx, &set.meta.namespace, revision.name());
                if let Some(there) = there.filter(|there| *there.data() == data) {
                    return Ok(there);
                }
                *collisions += 1;
            }
            result => return result,
        }
    }
}

fn cut(name: &str) -> &str {
    name.get(..NAME_PART_MAX).unwrap_or(name)
}
