//! Deployments and ReplicaSets.

use crate::sim::Arrange;
use std::rc::Rc;

use super::{Page, controller, template};
use crate::api::Resource;
use crate::api::apps::{Deployment, ReplicaSet};
use crate::api::labels::Selector;
use crate::api::meta::Condition;
use crate::cluster::Cluster;

// Models describeDeployment.
pub(super) fn deployment(page: &mut Page, cluster: &Cluster, deployment: &Deployment) {
    let (meta, spec, status) = (&deployment.meta, &deployment.spec, &deployment.status);
    page.pair(0, "Name", &meta.name);
    page.pair(0, "Namespace", &meta.namespace);
    page.pair(
        0,
        "CreationTimestamp",
        &meta.creation_timestamp.unwrap_or_default().rfc1123z(),
    );
    page.labels("Labels", &meta.labels);
    page.annotations("Annotations", &meta.annotations);
    let selector = Selector::from_label_selector(spec.selector.as_deref()).map(|selector| selector.to_string());
    page.pair(0, "Selector", &selector.unwrap_or_default());
    page.pair(
        0,
        "Replicas",
        &format!(
            "{} desired | {} updated | {} total | {} available | {} unavailable",
            spec.replicas.unwrap_or(1),
            status.updated_replicas,
            status.replicas,
            status.available_replicas,
            status.unavailable_replicas
        ),
    );
    page.pair(0, "StrategyType", &spec.strategy.kind);
    page.pair(0, "MinReadySeconds", &spec.min_ready_seconds.to_string());
    if let Some(rolling) = &spec.strategy.rolling_update {
        let text = |bound: &Option<crate::api::intstr::IntOrString>| {
            bound.as_ref().map(ToString::to_string).unwrap_or_default()
        };
        let strategy = format!(
            "{} max unavailable, {} max surge",
            text(&rolling.max_unavailable),
            text(&rolling.max_surge)
        );
        page.pair(0, "RollingUpdateStrategy", &strategy);
    }
    template::describe(page, &spec.template);
    conditions(page, &status.conditions);
    let (old, new) = sets(cluster, deployment);
    if !old.is_empty() || new.is_some() {
        page.pair(0, "OldReplicaSets", &names(&old));
        page.pair(0, "NewReplicaSet", &names(&new.into_iter().collect::<Vec<_>>()));
    }
}

/// The old ReplicaSets and the new one: the oldest whose template is the Deployment's.
fn sets(cluster: &Cluster, deployment: &Deployment) -> (Vec<Rc<ReplicaSet>>, Option<Rc<ReplicaSet>>) {
    let mut all: Vec<Rc<ReplicaSet>> = cluster
        .api()
        .owned_by(&deployment.meta.uid)
        .filter_map(ReplicaSet::of)
        .cloned()
        .collect();
    all.arrange_by(|a, b| (a.meta.creation_timestamp, &a.meta.name).cmp(&(b.meta.creation_timestamp, &b.meta.name)));
    let is_new = |set: &Rc<ReplicaSet>| {
        let mut template = set.spec.template.clone();
        Rc::make_mut(&mut template.meta.labels).remove("pod-template-hash");
        template == deployment.spec.template
    };
    let new = all.iter().find(|set| is_new(set)).cloned();
    all.retain(|set| new.as_ref().is_none_or(|new| new.meta.uid != set.meta.uid));
    (all, new)
}

// Models printReplicaSetsByLabels.
fn names(sets: &[Rc<ReplicaSet>]) -> String {
    let text = |set: &Rc<ReplicaSet>| {
        format!(
            "{} ({}/{} replicas created)",
            set.meta.name,
            set.status.replicas,
            set.spec.replicas.unwrap_or(1)
        )
    };
    if sets.is_empty() {
        "<none>".to_owned()
    } else {
        sets.iter().map(text).collect::<Vec<_>>().join(", ")
    }
}

fn conditions(page: &mut Page, conditions: &[Condition]) {
    if conditions.is_empty() {
        return;
    }
    page.write(0, "Conditions:\n  Type\tStatus\tReason\n");
    page.write(1, "----\t------\t------\n");
    for condition in conditions {
        page.write(
            1,
            &format!("{} \t{}\t{}\n", condition.kind, condition.status, condition.reason),
        );
    }
}

// Models describeReplicaSet.
pub(super) fn replica_set(page: &mut Page, cluster: &Cluster, set: &ReplicaSet) {
    page.pair(0, "Name", &set.meta.name);
    page.pair(0, "Namespace", &set.meta.namespace);
    page.pair(
        0,
        "Selector",
        &set.spec.selector.as_ref().map(ToString::to_string).unwrap_or_default(),
    );
    page.labels("Labels", &set.meta.labels);
    page.annotations("Annotations", &set.meta.annotations);
    if let Some(owner) = controller(&set.meta) {
        page.pair(0, "Controlled By", &owner);
    }
    page.pair(
        0,
        "Replicas",
        &format!(
            "{} current / {} desired",
            set.status.replicas,
            set.spec.replicas.unwrap_or(1)
        ),
    );
    super::sets::pods_status(page, cluster, &set.meta.uid);
    template::describe(page, &set.spec.template);
    conditions(page, &set.status.conditions);
}
