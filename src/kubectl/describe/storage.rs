//! Volumes, claims and classes.
// Models k8s.io/kubectl/pkg/describe/describe.go describePersistentVolume, describePersistentVolumeClaim,
// describeStorageClass.

use std::rc::Rc;

use super::{Page, now};
use crate::api::Str;
use crate::api::core::Pod;
use crate::api::duration::human_duration;
use crate::api::labels::Labels;
use crate::api::meta::ObjectMeta;
use crate::api::storage::{PersistentVolume, PersistentVolumeClaim, StorageClass};
use crate::api::time::Time;
use crate::cluster::Cluster;

fn status(page: &mut Page, cluster: &Cluster, meta: &ObjectMeta, phase: &str) {
    match meta.deletion_timestamp {
        Some(since) => {
            let lasts = human_duration(now(cluster).0 - since.0);
            page.pair(0, "Status", &format!("Terminating (lasts {lasts})"));
        }
        None => page.pair(0, "Status", phase),
    }
}

fn list(items: &[Str]) -> String {
    let items: Vec<&str> = items.iter().map(AsRef::as_ref).collect();
    format!("[{}]", items.join(" "))
}

/// `RWO,RWX`, in upstream's order.
fn modes(modes: &[Str]) -> String {
    let short = [
        ("ReadWriteOnce", "RWO"),
        ("ReadOnlyMany", "ROX"),
        ("ReadWriteMany", "RWX"),
        ("ReadWriteOncePod", "RWOP"),
    ];
    let has = |mode: &str| modes.iter().any(|other| **other == *mode);
    let texts: Vec<&str> = short
        .iter()
        .filter(|(mode, _)| has(mode))
        .map(|(_, text)| *text)
        .collect();
    texts.join(",")
}

pub(super) fn volume(page: &mut Page, cluster: &Cluster, volume: &PersistentVolume) {
    let (meta, spec) = (&volume.meta, &volume.spec);
    page.pair(0, "Name", &meta.name);
    page.labels("Labels", &meta.labels);
    page.annotations("Annotations", &meta.annotations);
    page.pair(0, "Finalizers", &list(&meta.finalizers));
    page.pair(0, "StorageClass", volume.class());
    status(page, cluster, meta, &volume.status.phase);
    let claim = spec
        .claim_ref
        .as_ref()
        .map(|claim| format!("{}/{}", claim.namespace, claim.name));
    page.pair(0, "Claim", &claim.unwrap_or_default());
    page.pair(0, "Reclaim Policy", &spec.reclaim_policy);
    page.pair(0, "Access Modes", &modes(&spec.access_modes));
    if let Some(mode) = &spec.volume_mode {
        page.pair(0, "VolumeMode", mode);
    }
    page.pair(0, "Capacity", &volume.capacity().to_string());
    affinity(page, volume);
    page.pair(0, "Message", &volume.status.message);
    page.write(0, "Source:\n");
    source(page, volume);
}

// Models printVolumeNodeAffinity.
fn affinity(page: &mut Page, volume: &PersistentVolume) {
    let required = volume
        .spec
        .node_affinity
        .as_ref()
        .and_then(|affinity| affinity.required.as_ref());
    let Some(required) = required else {
        return page.write(0, "Node Affinity:\t<none>\n");
    };
    page.write(0, "Node Affinity:\t\n");
    page.write(1, "Required Terms:\t\n");
    for (index, term) in required.node_selector_terms.iter().enumerate() {
        let parts = term.match_expressions.iter().map(|part| {
            let operator = part.operator.to_ascii_lowercase();
            if part.values.is_empty() {
                format!("{} {operator}", part.key)
            } else {
                format!("{} {operator} [{}]", part.key, part.values.join(", "))
            }
        });
        terms(page, 2, index, &parts.collect::<Vec<_>>());
    }
}

// Models printNodeSelectorTermsMultilineWithIndent.
fn terms(page: &mut Page, level: usize, index: usize, parts: &[String]) {
    page.write(level, &format!("Term {index}:\t"));
    if parts.is_empty() {
        page.write(0, "<none>\n");
    }
    for (index, part) in parts.iter().enumerate() {
        if index > 0 {
            page.write(level, "\t");
        }
        page.write(0, &format!("{part}\n"));
    }
}

fn source(page: &mut Page, volume: &PersistentVolume) {
    let spec = &volume.spec;
    if let Some(path) = &spec.host_path {
        page.pair(2, "Type", "HostPath (bare host directory volume)");
        page.pair(2, "Path", &path.path);
        page.pair(2, "HostPathType", path.kind.as_deref().unwrap_or("<none>"));
    } else if let Some(nfs) = &spec.nfs {
        page.pair(2, "Type", "NFS (an NFS mount that lasts the lifetime of a pod)");
        page.pair(2, "Server", &nfs.server);
        page.pair(2, "Path", &nfs.path);
        page.pair(2, "ReadOnly", &nfs.read_only.to_string());
    } else if let Some(local) = &spec.local {
        page.pair(
            2,
            "Type",
            "LocalVolume (a persistent volume backed by local storage on a node)",
        );
        page.pair(2, "Path", &local.path);
    } else if let Some(csi) = &spec.csi {
        page.pair(2, "Type", "CSI (a Container Storage Interface (CSI) volume source)");
        page.pair(2, "Driver", &csi.driver);
        let kind = csi.rest.get("fsType").and_then(|kind| kind.as_str());
        page.pair(2, "FSType", kind.unwrap_or_default());
        page.pair(2, "VolumeHandle", &csi.volume_handle);
        page.pair(2, "ReadOnly", &csi.read_only.to_string());
        let attributes = csi.rest.get("volumeAttributes").and_then(|map| map.as_object());
        page.write(2, "    VolumeAttributes:\t");
        if attributes.is_none_or(serde_json::Map::is_empty) {
            page.write(0, "<none>\n");
        }
        for (index, (key, value)) in attributes.into_iter().flatten().enumerate() {
            let indent = if index == 0 { "" } else { "        \t" };
            page.write(0, &format!("{indent}{key}={}\n", value.as_str().unwrap_or_default()));
        }
    } else {
        page.write(1, "<unknown>\n");
    }
}

pub(super) fn claim(page: &mut Page, cluster: &Cluster, claim: &PersistentVolumeClaim) {
    let meta = &claim.meta;
    page.pair(0, "Name", &meta.name);
    page.pair(0, "Namespace", &meta.namespace);
    page.pair(0, "StorageClass", claim.class());
    status(page, cluster, meta, &claim.status.phase);
    page.pair(0, "Volume", &claim.spec.volume_name);
    page.labels("Labels", &meta.labels);
    page.annotations("Annotations", &meta.annotations);
    page.pair(0, "Finalizers", &list(&meta.finalizers));
    let has_volume = !claim.spec.volume_name.is_empty();
    let shown = |text: String| if has_volume { text } else { String::new() };
    page.pair(0, "Capacity", &shown(claim.capacity().to_string()));
    page.pair(0, "Access Modes", &shown(modes(&claim.status.access_modes)));
    if let Some(mode) = &claim.spec.volume_mode {
        page.pair(0, "VolumeMode", mode);
    }
    if let Some(from) = claim.spec.rest.get("dataSource") {
        page.write(0, "DataSource:\n");
        for (title, field) in [("APIGroup", "apiGroup"), ("Kind", "kind"), ("Name", "name")] {
            if let Some(text) = from[field].as_str() {
                page.pair(1, title, text);
            }
        }
    }
    used_by(page, cluster, claim);
    conditions(page, claim);
}

// Models getPodsForPVC, printPodsMultiline.
fn used_by(page: &mut Page, cluster: &Cluster, claim: &PersistentVolumeClaim) {
    let uses = |pod: &&Rc<Pod>| {
        let mut volumes = pod.spec.volumes.iter();
        volumes.any(|volume| volume.claim_name(&pod.meta.name).as_ref() == Some(&claim.meta.name))
    };
    let pods = cluster.api().list::<Pod>(Some(&claim.meta.namespace)).filter(uses);
    let names: Vec<&str> = pods.map(|pod| &*pod.meta.name).collect();
    let text = if names.is_empty() {
        "<none>".to_owned()
    } else {
        names.join("\n\t")
    };
    page.pair(0, "Used By", &text);
}

fn conditions(page: &mut Page, claim: &PersistentVolumeClaim) {
    if claim.status.conditions.is_empty() {
        return;
    }
    page.write(0, "Conditions:\n");
    page.write(1, "Type\tStatus\tLastProbeTime\tLastTransitionTime\tReason\tMessage\n");
    page.write(
        1,
        "----\t------\t-----------------\t------------------\t------\t-------\n",
    );
    for condition in claim.status.conditions.iter() {
        let time = |time: Option<Time>| {
            time.map_or_else(|| "Mon, 01 Jan 0001 00:00:00 +0000".to_owned(), |time| time.rfc1123z())
        };
        let text = format!(
            "{} \t{} \t{} \t{} \t{} \t{}\n",
            condition.kind,
            condition.status,
            time(condition.last_probe_time),
            time(condition.last_transition_time),
            condition.reason,
            condition.message
        );
        page.write(1, &text);
    }
}

pub(super) fn class(page: &mut Page, class: &StorageClass) {
    page.pair(0, "Name", &class.meta.name);
    page.pair(0, "IsDefaultClass", if class.is_default() { "Yes" } else { "No" });
    page.pair(0, "Annotations", &inline(&class.meta.annotations));
    page.pair(0, "Provisioner", &class.provisioner);
    page.pair(0, "Parameters", &inline(&class.parameters));
    let expands = match class.allow_volume_expansion {
        None => "<unset>",
        Some(true) => "True",
        Some(false) => "False",
    };
    page.pair(0, "AllowVolumeExpansion", expands);
    if class.mount_options.is_empty() {
        page.pair(0, "MountOptions", "<none>");
    } else {
        page.write(0, "MountOptions:\n");
        for option in class.mount_options.iter() {
            page.write(1, &format!("{option}\n"));
        }
    }
    for (title, value) in [
        ("ReclaimPolicy", &class.reclaim_policy),
        ("VolumeBindingMode", &class.volume_binding_mode),
    ] {
        if let Some(value) = value {
            page.pair(0, title, value);
        }
    }
    if class.allowed_topologies.is_empty() {
        return;
    }
    page.write(0, "AllowedTopologies:\t\n");
    for (index, term) in class.allowed_topologies.iter().enumerate() {
        let parts = term.match_label_expressions.iter();
        let parts: Vec<String> = parts
            .map(|part| format!("{} in [{}]", part.key, part.values.join(", ")))
            .collect();
        terms(page, 1, index, &parts);
    }
}

// Models k8s.io/apimachinery/pkg/labels FormatLabels.
fn inline(labels: &Labels) -> String {
    let parts: Vec<String> = labels.iter().map(|(key, value)| format!("{key}={value}")).collect();
    if parts.is_empty() {
        "<none>".to_owned()
    } else {
        parts.join(",")
    }
}
