//! Namespaces, and what limits them: ResourceQuotas and LimitRanges.

use crate::sim::Arrange;
use crate::sim::btree::BTreeSet;

use serde_json::Value;

use super::Page;
use crate::api::core::Namespace;
use crate::api::{Dynamic, Kind, Object};
use crate::cluster::Cluster;

const QUOTA: Kind = Kind::named("", "ResourceQuota");
const LIMIT_RANGE: Kind = Kind::named("", "LimitRange");

// Models describeNamespace.
pub(super) fn describe(page: &mut Page, cluster: &Cluster, namespace: &Namespace) {
    let meta = &namespace.meta;
    page.pair(0, "Name", &meta.name);
    page.labels("Labels", &meta.labels);
    page.annotations("Annotations", &meta.annotations);
    page.pair(0, "Status", &namespace.status.phase);
    if !namespace.status.conditions.is_empty() {
        page.write(0, "Conditions:\n  Type\tStatus\tLastTransitionTime\tReason\tMessage\n");
        page.write(1, "----\t------\t------------------\t------\t-------\n");
        for condition in namespace.status.conditions.iter() {
            let at = condition.last_transition_time.unwrap_or_default().rfc1123z();
            let (kind, status) = (&condition.kind, &condition.status);
            let (reason, message) = (&condition.reason, &condition.message);
            page.write(1, &format!("{kind}\t{status}\t{at}\t{reason}\t{message}\n"));
        }
    }
    quotas(page, &all(cluster, QUOTA, &meta.name));
    limit_ranges(page, &all(cluster, LIMIT_RANGE, &meta.name));
}

fn all<'a>(cluster: &'a Cluster, kind: Kind, namespace: &'a str) -> Vec<&'a Dynamic> {
    let objects = cluster.api().list_objects(kind, Some(namespace));
    let dynamic = objects.filter_map(|object| match object {
        Object::Dynamic(object) => Some(&**object),
        _ => None,
    });
    dynamic.collect()
}

// Models DescribeResourceQuotas.
fn quotas(page: &mut Page, quotas: &[&Dynamic]) {
    if quotas.is_empty() {
        page.write(0, "\nNo resource quota.\n");
        return;
    }
    page.write(0, "\nResource Quotas\n");
    for quota in quotas {
        page.pair(1, "Name", &quota.meta.name);
        scopes(page, 1, "", quota);
        page.write(1, "Resource\tUsed\tHard\n");
        page.write(1, "--------\t---\t---\n");
        usage(page, 1, quota);
    }
}

// Models describeQuota.
pub(super) fn quota(page: &mut Page, quota: &Dynamic) {
    page.pair(0, "Name", &quota.meta.name);
    page.pair(0, "Namespace", &quota.meta.namespace);
    scopes(page, 0, " ", quota);
    page.write(0, "Resource\tUsed\tHard\n");
    page.write(0, "--------\t----\t----\n");
    usage(page, 0, quota);
}

fn scopes(page: &mut Page, level: usize, indent: &str, quota: &Dynamic) {
    let list = quota.body.get("spec").and_then(|spec| spec["scopes"].as_array());
    let mut scopes: Vec<&str> = list.into_iter().flatten().filter_map(Value::as_str).collect();
    if scopes.is_empty() {
        return;
    }
    scopes.arrange();
    page.pair(level, "Scopes", &scopes.join(", "));
    for scope in scopes {
        let help = match scope {
            "Terminating" => {
                "Matches all pods that have an active deadline. These pods have a limited lifespan on a node before being actively terminated by the system."
            }
            "NotTerminating" => {
                "Matches all pods that do not have an active deadline. These pods usually include long running pods whose container command is not expected to terminate."
            }
            "BestEffort" => {
                "Matches all pods that do not have resource requirements set. These pods have a best effort quality of service."
            }
            "NotBestEffort" => {
                "Matches all pods that have at least one resource requirement set. These pods have a burstable or guaranteed quality of service."
            }
            _ => continue,
        };
        page.write(level, &format!("{indent}* {help}\n"));
    }
}

fn usage(page: &mut Page, level: usize, quota: &Dynamic) {
    let amounts = |field: &str| quota.body.get("status").and_then(|status| status[field].as_object());
    for (name, hard) in amounts("hard").into_iter().flatten() {
        let used = amounts("used").and_then(|used| used.get(name)).and_then(Value::as_str);
        let (used, hard) = (used.unwrap_or("0"), hard.as_str().unwrap_or_default());
        page.write(level, &format!("{name}\t{used}\t{hard}\n"));
    }
}

// Models DescribeLimitRanges.
fn limit_ranges(page: &mut Page, ranges: &[&Dynamic]) {
    if ranges.is_empty() {
        page.write(0, "\nNo LimitRange resource.\n");
        return;
    }
    page.write(0, "\nResource Limits\n");
    limits_head(page, " ");
    for range in ranges {
        limits(page, " ", range);
    }
}

// Models describeLimitRange.
pub(super) fn limit_range(page: &mut Page, range: &Dynamic) {
    page.pair(0, "Name", &range.meta.name);
    page.pair(0, "Namespace", &range.meta.namespace);
    limits_head(page, "");
    limits(page, "", range);
}

fn limits_head(page: &mut Page, indent: &str) {
    for line in [
        "Type\tResource\tMin\tMax\tDefault Request\tDefault Limit\tMax Limit/Request Ratio\n",
        "----\t--------\t---\t---\t---------------\t-------------\t-----------------------\n",
    ] {
        page.write(0, &format!("{indent}{line}"));
    }
}

// Models describeLimitRangeSpec. Upstream prints the resources of an item in random order.
fn limits(page: &mut Page, indent: &str, range: &Dynamic) {
    const FIELDS: [&str; 5] = ["min", "max", "defaultRequest", "default", "maxLimitRequestRatio"];
    let items = range.body.get("spec").and_then(|spec| spec["limits"].as_array());
    for item in items.into_iter().flatten() {
        let names: BTreeSet<&String> = FIELDS
            .iter()
            .filter_map(|field| item[field].as_object())
            .flat_map(serde_json::Map::keys)
            .collect();
        for name in names {
            let kind = item["type"].as_str().unwrap_or_default();
            let amounts = FIELDS.map(|field| item[field][name].as_str().unwrap_or("-"));
            page.write(0, &format!("{indent}{kind}\t{name}\t{}\n", amounts.join("\t")));
        }
    }
}
