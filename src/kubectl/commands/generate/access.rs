//! Roles and their bindings.

use crate::sim::btree::BTreeMap;

use serde_json::{Value, json};

use super::head;
use crate::api::schema::kinds;
use crate::kubectl::args::Args;
use crate::kubectl::commands::Context;

const RBAC: &str = "rbac.authorization.k8s.io";
const RBAC_V1: &str = "rbac.authorization.k8s.io/v1";

// Models create_role.go.
pub(super) fn role(_: &Context<'_>, args: &Args, name: &str) -> Result<Value, String> {
    let verbs = verbs(args);
    if verbs.is_empty() {
        return Err("at least one verb must be specified".to_owned());
    }
    if args.all("resource").is_empty() {
        return Err("at least one resource must be specified".to_owned());
    }
    let mut role = head(RBAC_V1, "Role", name);
    role["rules"] = rules(args, &verbs)?.into();
    Ok(role)
}

// Models create_clusterrole.go.
pub(super) fn cluster_role(_: &Context<'_>, args: &Args, name: &str) -> Result<Value, String> {
    let verbs = verbs(args);
    let paths = args.all("non-resource-url");
    let mut role = head(RBAC_V1, "ClusterRole", name);
    if let Some(rule) = args.get("aggregation-rule") {
        if !verbs.is_empty() || !paths.is_empty() || !args.all("resource").is_empty() {
            return Err(
                "aggregation rule must be specified without nonResourceURLs, verbs, resources or resourceNames"
                    .to_owned(),
            );
        }
        role["aggregationRule"] = json!({"clusterRoleSelectors": [{"matchLabels": super::labels(rule)?}]});
        role["rules"] = Value::Null;
        return Ok(role);
    }
    if verbs.is_empty() {
        return Err("at least one verb must be specified".to_owned());
    }
    if args.all("resource").is_empty() && paths.is_empty() {
        return Err("one of resource or nonResourceURL must be specified".to_owned());
    }
    let mut rules = rules(args, &verbs)?;
    if !paths.is_empty() {
        if paths.iter().any(|path| *path != "*" && !path.starts_with('/')) {
            return Err("nonResourceURL should start with /".to_owned());
        }
        rules.push(json!({"nonResourceURLs": paths, "verbs": verbs}));
    }
    role["rules"] = rules.into();
    Ok(role)
}

/// Each verb once; one that means all replaces the others.
fn verbs(args: &Args) -> Vec<&str> {
    let mut verbs: Vec<&str> = Vec::new();
    for verb in args.all("verb") {
        if verb == "*" {
            return vec!["*"];
        }
        if !verbs.contains(&verb) {
            verbs.push(verb);
        }
    }
    verbs
}

/// A rule for each group of the resources.
// Models create_role.go generateResourcePolicyRules.
fn rules(args: &Args, verbs: &[&str]) -> Result<Vec<Value>, String> {
    let mut groups: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for text in args.all("resource") {
        let (resource, part) = text
            .split_once('/')
            .map_or((text, None), |(resource, part)| (resource, Some(part)));
        if resource.is_empty() {
            return Err("resource must be specified if apiGroup/subresource specified".to_owned());
        }
        let (group, mut name) = match kinds::find_by_name(resource) {
            Some(info) => (info.group.to_owned(), info.plural.to_owned()),
            None if resource == "*" => ("*".to_owned(), "*".to_owned()),
            None => return Err(format!("the server doesn't have a resource type \"{resource}\"")),
        };
        if let Some(part) = part {
            name = format!("{name}/{part}");
        }
        let names = groups.entry(group).or_default();
        if !names.contains(&name) {
            names.push(name);
        }
    }
    let only = args.all("resource-name");
    let rule = |(group, resources): (String, Vec<String>)| {
        let mut rule = json!({"apiGroups": [group], "resources": resources, "verbs": verbs});
        if !only.is_empty() {
            rule["resourceNames"] = json!(only);
        }
        rule
    };
    Ok(groups.into_iter().map(rule).collect())
}

// Models create_rolebinding.go.
pub(super) fn role_binding(_: &Context<'_>, args: &Args, name: &str) -> Result<Value, String> {
    let (kind, role) = match (args.get("clusterrole"), args.get("role")) {
        (Some(role), None) => ("ClusterRole", role),
        (None, Some(role)) => ("Role", role),
        _ => return Err("exactly one of clusterrole or role must be specified".to_owned()),
    };
    binding(args, head(RBAC_V1, "RoleBinding", name), kind, role)
}

// Models create_clusterrolebinding.go.
pub(super) fn cluster_role_binding(_: &Context<'_>, args: &Args, name: &str) -> Result<Value, String> {
    let role = args.get("clusterrole").unwrap_or_default();
    binding(args, head(RBAC_V1, "ClusterRoleBinding", name), "ClusterRole", role)
}

fn binding(args: &Args, mut binding: Value, kind: &str, role: &str) -> Result<Value, String> {
    binding["roleRef"] = json!({"apiGroup": RBAC, "kind": kind, "name": role});
    let mut subjects = Vec::new();
    for (flag, kind) in [("user", "User"), ("group", "Group")] {
        let names = args.all(flag).into_iter();
        subjects.extend(names.map(|name| json!({"apiGroup": RBAC, "kind": kind, "name": name})));
    }
    for account in args.all("serviceaccount") {
        let pair = account
            .split_once(':')
            .filter(|(namespace, name)| !namespace.is_empty() && !name.is_empty());
        let (namespace, name) = pair.ok_or("serviceaccount must be <namespace>:<name>")?;
        subjects.push(json!({"kind": "ServiceAccount", "name": name, "namespace": namespace}));
    }
    if !subjects.is_empty() {
        binding["subjects"] = subjects.into();
    }
    Ok(binding)
}
