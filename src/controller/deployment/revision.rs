//! Revisions and the other annotations that a Deployment keeps on its ReplicaSets.
// Models pkg/controller/deployment/util/deployment_util.go

use std::rc::Rc;

use crate::api::apps::{Deployment, ReplicaSet};
use crate::api::meta::ObjectMeta;

use super::sets::{DESIRED_REPLICAS, MAX_REPLICAS, REVISION, REVISION_HISTORY};
use super::sizes::{max_surge, replicas};

/// Annotations that stay with the Deployment.
const NOT_COPIED: [&str; 6] = [
    "kubectl.kubernetes.io/last-applied-configuration",
    REVISION,
    REVISION_HISTORY,
    DESIRED_REPLICAS,
    MAX_REPLICAS,
    "deprecated.deployment.rollback.to",
];
/// Longest list of earlier revisions, in characters.
const HISTORY_LENGTH_MAX: usize = 2000;

/// Sets an annotation; says whether that changed something.
fn annotate(meta: &mut ObjectMeta, key: &str, value: &str) -> bool {
    let changes = meta.annotation(key).is_none_or(|old| **old != *value);
    if changes {
        meta.set_annotation(key, value);
    }
    changes
}

/// Writes down the size of the Deployment on one of its ReplicaSets; says whether that changed something.
// Models pkg/controller/deployment/util/deployment_util.go SetReplicasAnnotations
pub(super) fn set_sizes(deployment: &Deployment, set: &mut ReplicaSet) -> bool {
    let desired = replicas(deployment);
    let most = desired + max_surge(deployment);
    let changed = annotate(&mut set.meta, DESIRED_REPLICAS, &desired.to_string());
    annotate(&mut set.meta, MAX_REPLICAS, &most.to_string()) || changed
}

/// Gives the Deployment the revision of its new ReplicaSet; says whether that changed something.
pub(super) fn set_deployment_revision(deployment: &mut Deployment, revision: &str) -> bool {
    annotate(&mut deployment.meta, REVISION, revision)
}

/// Brings the annotations of the new ReplicaSet up to date: those of the Deployment, and its revision, which is the
/// highest. A ReplicaSet that comes back keeps its earlier revisions. Says whether that changed something.
// Models pkg/controller/deployment/util/deployment_util.go SetNewReplicaSetAnnotations
pub(super) fn set_new(deployment: &Deployment, set: &mut ReplicaSet, revision: i64, exists: bool) -> bool {
    let mut changed = false;
    for (key, value) in Rc::clone(&deployment.meta.annotations).iter() {
        if !NOT_COPIED.contains(&&**key) {
            changed |= annotate(&mut set.meta, key, value);
        }
    }
    let old_text = set.meta.annotation(REVISION).cloned();
    let old = match old_text.as_deref().unwrap_or_default() {
        "" => 0,
        text => match text.parse::<i64>() {
            Ok(number) => number,
            Err(_) => return false,
        },
    };
    if old < revision {
        set.meta.set_annotation(REVISION, &revision.to_string());
        changed = true;
        if let Some(old_text) = old_text {
            remember(&mut set.meta, &old_text);
        }
    }
    if !exists {
        changed |= set_sizes(deployment, set);
    }
    changed
}

/// Appends a revision to the list of earlier ones; the first ones go where the list becomes too long.
fn remember(meta: &mut ObjectMeta, revision: &str) {
    let history = meta.annotation(REVISION_HISTORY).cloned().unwrap_or_default();
    if history.is_empty() {
        meta.set_annotation(REVISION_HISTORY, revision);
        return;
    }
    let mut rest = &*history;
    while rest.len() + 1 + revision.len() > HISTORY_LENGTH_MAX {
        match rest.split_once(',') {
            Some((_, later)) => rest = later,
            None => return,
        }
    }
    meta.set_annotation(REVISION_HISTORY, &format!("{rest},{revision}"));
}
