//! The ReplicaSets of a Deployment: which is the new one, which are old.
// Models pkg/controller/deployment/util/deployment_util.go

use crate::sim::Arrange;
use std::cmp::Ordering;
use std::rc::Rc;

use crate::api::apps::{Deployment, ReplicaSet};
use crate::api::core::PodTemplateSpec;

/// How many pods the Deployment was to have when the ReplicaSet was last sized.
pub(in crate::controller) const DESIRED_REPLICAS: &str = "deployment.kubernetes.io/desired-replicas";
/// How many pods the Deployment might have at most then.
pub(in crate::controller) const MAX_REPLICAS: &str = "deployment.kubernetes.io/max-replicas";
/// Number of the revision of a ReplicaSet or Deployment.
pub(in crate::controller) const REVISION: &str = "deployment.kubernetes.io/revision";
/// Earlier numbers of a ReplicaSet that came back.
pub(in crate::controller) const REVISION_HISTORY: &str = "deployment.kubernetes.io/revision-history";
/// Label that tells the pods of one ReplicaSet from those of the others.
pub(in crate::controller) const TEMPLATE_HASH: &str = "pod-template-hash";

/// The ReplicaSets of a Deployment, as they were when its sync began.
#[derive(Clone, Debug, Default)]
pub(in crate::controller) struct Sets {
    /// The one with the Deployment's template.
    pub(in crate::controller) new: Option<Rc<ReplicaSet>>,
    /// The others, the oldest first.
    pub(in crate::controller) old: Vec<Rc<ReplicaSet>>,
}

impl Sets {
    /// All ReplicaSets.
    pub(in crate::controller) fn all(&self) -> impl Iterator<Item = &Rc<ReplicaSet>> {
        self.old.iter().chain(&self.new)
    }

    /// The sum of the wanted sizes.
    pub(in crate::controller) fn total_size(&self) -> i32 {
        self.all().map(|set| size(set)).sum()
    }

    /// Those that are to have pods.
    pub(in crate::controller) fn active(&self) -> Vec<Rc<ReplicaSet>> {
        self.all().filter(|set| size(set) > 0).cloned().collect()
    }

    /// The old ones that are to have pods.
    pub(in crate::controller) fn active_old(&self) -> Vec<Rc<ReplicaSet>> {
        self.old.iter().filter(|set| size(set) > 0).cloned().collect()
    }

    /// The only active one, or the latest where none is.
    // Models pkg/controller/deployment/util/deployment_util.go FindActiveOrLatest
    pub(in crate::controller) fn active_or_latest(&self) -> Option<&Rc<ReplicaSet>> {
        let mut active = self.all().filter(|set| size(set) > 0);
        match (active.next(), active.next()) {
            (None, _) => self.new.as_ref().or_else(|| self.old.last()),
            (only, None) => only,
            _ => None,
        }
    }
}

/// The size that a ReplicaSet is to have.
pub(in crate::controller) fn size(set: &ReplicaSet) -> i32 {
    set.spec.replicas.unwrap_or(1)
}

/// A number that an annotation holds.
// Models pkg/controller/deployment/util/deployment_util.go getNonNegativeInt32FromAnnotation
pub(in crate::controller) fn number(set: &ReplicaSet, annotation: &str) -> Option<i32> {
    let number: i32 = set.meta.annotation(annotation)?.parse().ok()?;
    (number >= 0).then_some(number)
}

/// The revision of a ReplicaSet; 0 where it has none, nothing where it is no number.
pub(in crate::controller) fn revision(set: &ReplicaSet) -> Option<i64> {
    match set.meta.annotation(REVISION) {
        None => Some(0),
        Some(text) => text.parse().ok(),
    }
}

/// The highest revision.
pub(in crate::controller) fn max_revision(sets: &[Rc<ReplicaSet>]) -> i64 {
    sets.iter()
        .filter_map(|set| revision(set))
        .max()
        .unwrap_or_default()
        .max(0)
}

/// The older first, then by name.
// Models pkg/controller/controller_utils.go ReplicaSetsByCreationTimestamp
pub(in crate::controller) fn by_creation(a: &Rc<ReplicaSet>, b: &Rc<ReplicaSet>) -> Ordering {
    let key = |set: &Rc<ReplicaSet>| (set.meta.creation_timestamp, set.meta.name.clone());
    key(a).cmp(&key(b))
}

/// The lower revision first, then the older.
// Models pkg/controller/deployment/util/deployment_util.go ReplicaSetsByRevision
pub(in crate::controller) fn by_revision(a: &Rc<ReplicaSet>, b: &Rc<ReplicaSet>) -> Ordering {
    match (revision(a), revision(b)) {
        (Some(first), Some(second)) if first != second => first.cmp(&second),
        _ => by_creation(a, b),
    }
}

/// Tells the new ReplicaSet, the oldest with the Deployment's template, from the old ones.
// Models pkg/controller/deployment/util/deployment_util.go FindNewReplicaSet
pub(in crate::controller) fn split(deployment: &Deployment, mut all: Vec<Rc<ReplicaSet>>) -> Sets {
    all.arrange_by(by_creation);
    let new = all
        .iter()
        .position(|set| same_template(&set.spec.template, &deployment.spec.template));
    let new = new.map(|index| all.remove(index));
    Sets { new, old: all }
}

/// Whether two templates say the same, the hash label apart.
// Models pkg/controller/deployment/util/deployment_util.go EqualIgnoreHash
pub(in crate::controller) fn same_template(a: &PodTemplateSpec, b: &PodTemplateSpec) -> bool {
    if a.spec != b.spec {
        return false;
    }
    let without_hash = |template: &PodTemplateSpec| {
        let mut meta = template.meta.clone();
        Rc::make_mut(&mut meta.labels).remove(TEMPLATE_HASH);
        meta
    };
    without_hash(a) == without_hash(b) && a.rest == b.rest
}
