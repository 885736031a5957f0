//! What clients ask first: which groups, versions and resources there are.

use serde_json::{Value, json};

use crate::api::Kind;
use crate::api::schema::kinds::KindInfo;

/// Verbs that every resource knows.
const VERBS: [&str; 8] = [
    "create",
    "delete",
    "deletecollection",
    "get",
    "list",
    "patch",
    "update",
    "watch",
];

/// The document at that path, if it is one of discovery.
pub(super) fn document(path: &str) -> Option<Value> {
    let parts: Vec<&str> = path.trim_matches('/').split('/').collect();
    match parts.as_slice() {
        ["version"] => Some(version()),
        ["api"] => Some(json!({"kind": "APIVersions", "versions": ["v1"], "serverAddressByClientCIDRs": []})),
        ["apis"] => Some(groups()),
        ["api", version] => resources("", version),
        ["apis", group] => group_document(group),
        ["apis", group, version] => resources(group, version),
        _ => None,
    }
}

fn version() -> Value {
    json!({
        "major": "1", "minor": "36", "gitVersion": "v1.36.2", "platform": "wasm/kubarium",
        "gitCommit": "", "gitTreeState": "clean", "buildDate": "", "goVersion": "", "compiler": "rustc",
    })
}

/// Group and version of all kinds, each once, in the order of the table.
fn group_versions() -> Vec<(&'static str, &'static str)> {
    let mut pairs = Vec::new();
    for kind in Kind::all() {
        let pair = (kind.info().group, kind.info().version);
        if !pairs.contains(&pair) {
            pairs.push(pair);
        }
    }
    pairs
}

fn groups() -> Value {
    let mut names: Vec<&str> = Vec::new();
    for (group, _) in group_versions() {
        if !group.is_empty() && !names.contains(&group) {
            names.push(group);
        }
    }
    let groups: Vec<Value> = names.into_iter().filter_map(group_document).collect();
    json!({"kind": "APIGroupList", "apiVersion": "v1", "groups": groups})
}

fn group_document(name: &str) -> Option<Value> {
    let versions: Vec<Value> = group_versions()
        .into_iter()
        .filter(|(group, _)| *group == name)
        .map(|(group, version)| json!({"groupVersion": format!("{group}/{version}"), "version": version}))
        .collect();
    let preferred = versions.first()?.clone();
    Some(json!({
        "kind": "APIGroup", "apiVersion": "v1", "name": name, "versions": versions, "preferredVersion": preferred,
    }))
}

fn resources(group: &str, version: &str) -> Option<Value> {
    let mut list = Vec::new();
    for info in Kind::all()
        .map(Kind::info)
        .filter(|info| info.group == group && info.version == version)
    {
        list.push(resource(info, ""));
        for part in parts(info.kind) {
            list.push(resource(info, part));
        }
    }
    if list.is_empty() {
        return None;
    }
    let group_version = if group.is_empty() {
        version.to_owned()
    } else {
        format!("{group}/{version}")
    };
    Some(json!({"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": group_version, "resources": list}))
}

fn resource(info: &KindInfo, part: &str) -> Value {
    let mut resource = json!({
        "name": info.plural, "singularName": info.singular, "namespaced": info.namespaced, "kind": info.kind,
        "verbs": VERBS,
    });
    if part.is_empty() {
        if !info.short_names.is_empty() {
            resource["shortNames"] = json!(info.short_names);
        }
        if !info.categories.is_empty() {
            resource["categories"] = json!(info.categories);
        }
    } else {
        resource["name"] = format!("{}/{part}", info.plural).into();
        resource["singularName"] = "".into();
        resource["verbs"] = if part == "eviction" {
            json!(["create"])
        } else {
            json!(["get", "patch", "update"])
        };
        if part == "eviction" {
            (resource["group"], resource["version"]) = ("policy".into(), "v1".into());
            resource["kind"] = "Eviction".into();
        }
    }
    resource
}

/// Subresources of a kind.
fn parts(kind: &str) -> &'static [&'static str] {
    match kind {
        "Pod" => &["eviction", "status"],
        "Node"
        | "Namespace"
        | "Service"
        | "Ingress"
        | "Job"
        | "CronJob"
        | "DaemonSet"
        | "PodDisruptionBudget"
        | "HorizontalPodAutoscaler" => &["status"],
        "Deployment" | "ReplicaSet" | "StatefulSet" | "ReplicationController" => &["scale", "status"],
        _ => &[],
    }
}
