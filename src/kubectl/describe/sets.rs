//! DaemonSets and StatefulSets.

use super::{Page, template};
use crate::api::apps::{DaemonSet, StatefulSet};
use crate::api::core::Pod;
use crate::api::labels::{LabelSelector, Selector, format_labels};
use crate::api::lean::Field;
use crate::api::{Resource, Str};
use crate::cluster::Cluster;

// Models describeDaemonSet.
pub(super) fn daemon_set(page: &mut Page, cluster: &Cluster, set: &DaemonSet) {
    let (meta, status) = (&set.meta, &set.status);
    page.pair(0, "Name", &meta.name);
    page.pair(0, "Namespace", &meta.namespace);
    page.pair(0, "Selector", &selector(set.spec.selector.as_deref()));
    page.pair(
        0,
        "Node-Selector",
        &format_labels(&set.spec.template.spec.node_selector),
    );
    page.labels("Labels", &meta.labels);
    page.annotations("Annotations", &meta.annotations);
    for (what, number) in [
        ("Desired Number of Nodes Scheduled", status.desired_number_scheduled),
        ("Current Number of Nodes Scheduled", status.current_number_scheduled),
        (
            "Number of Nodes Scheduled with Up-to-date Pods",
            status.updated_number_scheduled,
        ),
        ("Number of Nodes Scheduled with Available Pods", status.number_available),
        ("Number of Nodes Misscheduled", status.number_misscheduled),
    ] {
        page.write(0, &format!("{what}: {number}\n"));
    }
    pods_status(page, cluster, &meta.uid);
    template::describe(page, &set.spec.template);
}

// Models describeStatefulSet.
pub(super) fn stateful_set(page: &mut Page, cluster: &Cluster, set: &StatefulSet) {
    let (meta, spec) = (&set.meta, &set.spec);
    page.pair(0, "Name", &meta.name);
    page.pair(0, "Namespace", &meta.namespace);
    let created = meta.creation_timestamp.unwrap_or_default();
    page.pair(0, "CreationTimestamp", &created.rfc1123z());
    page.pair(0, "Selector", &selector(spec.selector.as_deref()));
    page.labels("Labels", &meta.labels);
    page.annotations("Annotations", &meta.annotations);
    let (wanted, total) = (spec.replicas.unwrap_or(1), set.status.replicas);
    page.pair(0, "Replicas", &format!("{wanted} desired | {total} total"));
    page.pair(0, "Update Strategy", &spec.update_strategy.kind);
    let rolling = spec.update_strategy.rolling_update.as_ref();
    if let Some((rolling, partition)) = rolling.and_then(|rolling| Some((rolling, rolling.partition?))) {
        page.pair(1, "Partition", &partition.to_string());
        if let Some(most) = &rolling.max_unavailable {
            page.pair(1, "MaxUnavailable", &most.to_string());
        }
    }
    pods_status(page, cluster, &meta.uid);
    template::describe(page, &spec.template);
    claims(page, set);
}

fn selector(selector: Option<&LabelSelector>) -> String {
    Selector::from_label_selector(selector).map_or_else(|_| String::new(), |selector| selector.to_string())
}

/// How many of an owner's pods are in which phase.
// Models getPodStatusForController.
pub(super) fn pods_status(page: &mut Page, cluster: &Cluster, owner: &Str) {
    let count = |phase: &str| {
        let owned = cluster.api().owned_by(owner).filter_map(Pod::of);
        owned.filter(|pod| &*pod.status.phase == phase).count()
    };
    let (running, waiting) = (count("Running"), count("Pending"));
    let (succeeded, failed) = (count("Succeeded"), count("Failed"));
    let text = format!("{running} Running / {waiting} Waiting / {succeeded} Succeeded / {failed} Failed");
    page.pair(0, "Pods Status", &text);
}

// Models describeVolumeClaimTemplates.
fn claims(page: &mut Page, set: &StatefulSet) {
    let templates = &set.spec.volume_claim_templates;
    if templates.is_empty() {
        page.write(0, "Volume Claims:\t<none>\n");
        return;
    }
    page.write(0, "Volume Claims:\n");
    for claim in templates.iter() {
        let claim = claim.get_always();
        let text = |pointer: &str| claim.pointer(pointer).and_then(serde_json::Value::as_str);
        page.pair(1, "Name", text("/metadata/name").unwrap_or_default());
        page.pair(1, "StorageClass", text("/spec/storageClassName").unwrap_or_default());
        for field in ["labels", "annotations"] {
            let map = claim["metadata"][field].as_object();
            let lines: Vec<String> = map
                .into_iter()
                .flatten()
                .map(|(key, value)| format!("{key}={}", value.as_str().unwrap_or_default()))
                .collect();
            let lines = if lines.is_empty() {
                "<none>".to_owned()
            } else {
                lines.join("\n  \t")
            };
            page.pair(1, if field == "labels" { "Labels" } else { "Annotations" }, &lines);
        }
        let capacity = text("/spec/resources/requests/storage").unwrap_or("<default>");
        page.pair(1, "Capacity", capacity);
        let modes = claim.pointer("/spec/accessModes").and_then(serde_json::Value::as_array);
        let modes: Vec<&str> = modes.into_iter().flatten().filter_map(|mode| mode.as_str()).collect();
        page.pair(1, "Access Modes", &format!("[{}]", modes.join(" ")));
    }
}
