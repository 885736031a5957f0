//! Nodes.

use crate::sim::Arrange;
use std::rc::Rc;

use super::{Page, now};
use crate::api::core::{Node, NodeSystemInfo, Pod, ResourceList, add_resources, pod_limits, pod_requests};
use crate::api::duration::human_duration;
use crate::api::quantity::Quantity;
use crate::api::time::Time;
use crate::cluster::Cluster;

// Models describeNode.
pub(super) fn describe(page: &mut Page, cluster: &Cluster, node: &Node) {
    let (meta, status) = (&node.meta, &node.status);
    page.pair(0, "Name", &meta.name);
    page.pair(0, "Roles", &roles(node));
    page.labels("Labels", &meta.labels);
    page.annotations("Annotations", &meta.annotations);
    page.pair(
        0,
        "CreationTimestamp",
        &meta.creation_timestamp.unwrap_or_default().rfc1123z(),
    );
    taints(page, node);
    page.pair(0, "Unschedulable", &node.spec.unschedulable.to_string());
    lease(page, cluster, node);
    conditions(page, node);
    page.write(0, "Addresses:\n");
    for address in status.addresses.iter() {
        page.pair(1, &address.kind, &address.address);
    }
    for (title, list) in [("Capacity", &status.capacity), ("Allocatable", &status.allocatable)] {
        if !list.is_empty() {
            page.write(0, &format!("{title}:\n"));
            for (name, amount) in list.iter() {
                page.pair(1, name, &amount.to_string());
            }
        }
    }
    system(page, &status.node_info);
    if !node.spec.pod_cidr.is_empty() {
        page.pair(0, "PodCIDR", &node.spec.pod_cidr);
    }
    if !node.spec.pod_cidrs.is_empty() {
        page.pair(0, "PodCIDRs", &node.spec.pod_cidrs.join(","));
    }
    if !node.spec.provider_id.is_empty() {
        page.pair(0, "ProviderID", &node.spec.provider_id);
    }
    pods(page, cluster, node);
}

/// The lease by which a node tells that it lives. It is no object here: it follows from what else the node told.
// Models describeNodeLease, pkg/kubelet/kubelet.go nodeLeaseRenewIntervalFraction
fn lease(page: &mut Page, cluster: &Cluster, node: &Node) {
    /// How often it is renewed, and how long without it makes a node unknown, in seconds.
    const RENEWED_S: i64 = 10;
    const GRACE_S: i64 = 40;
    let Some(ready) = node
        .status
        .conditions
        .iter()
        .find(|condition| &*condition.kind == "Ready")
    else {
        let name = &node.meta.name;
        let text = format!("Failed to get lease: leases.coordination.k8s.io \"{name}\" not found");
        page.pair(0, "Lease", &text);
        return;
    };
    let unknown = &*ready.status == "Unknown";
    let since = ready.last_transition_time.filter(|_| unknown);
    let last = since.map_or_else(|| now(cluster).0, |since| since.0 - GRACE_S);
    let created = node.meta.creation_timestamp.unwrap_or_default().0;
    let renewed = Time(last - (last - created).rem_euclid(RENEWED_S));
    page.write(0, "Lease:\n");
    page.pair(1, "HolderIdentity", &node.meta.name);
    page.pair(1, "AcquireTime", "<unset>");
    page.pair(1, "RenewTime", &renewed.rfc1123z());
}

fn roles(node: &Node) -> String {
    let names = node
        .meta
        .labels
        .keys()
        .filter_map(|key| key.strip_prefix("node-role.kubernetes.io/"));
    let roles: Vec<&str> = names.filter(|role| !role.is_empty()).collect();
    if roles.is_empty() {
        "<none>".to_owned()
    } else {
        roles.join(",")
    }
}

fn taints(page: &mut Page, node: &Node) {
    page.write(0, "Taints:\t");
    if node.spec.taints.is_empty() {
        page.write(0, "<none>\n");
    }
    let mut taints: Vec<_> = node.spec.taints.iter().collect();
    taints.arrange_by(|a, b| (&a.effect, &a.key).cmp(&(&b.effect, &b.key)));
    for (index, taint) in taints.into_iter().enumerate() {
        let indent = if index == 0 { "" } else { "\t" };
        let value = if taint.value.is_empty() {
            String::new()
        } else {
            format!("={}", taint.value)
        };
        page.write(0, &format!("{indent}{}{value}:{}\n", taint.key, taint.effect));
    }
}

fn conditions(page: &mut Page, node: &Node) {
    if node.status.conditions.is_empty() {
        return;
    }
    page.write(
        0,
        "Conditions:\n  Type\tStatus\tLastHeartbeatTime\tLastTransitionTime\tReason\tMessage\n",
    );
    page.write(
        1,
        "----\t------\t-----------------\t------------------\t------\t-------\n",
    );
    for condition in node.status.conditions.iter() {
        let heartbeat: Option<&serde_json::Value> = condition.rest.get("lastHeartbeatTime");
        let heartbeat = heartbeat
            .and_then(serde_json::Value::as_str)
            .and_then(|text| crate::api::time::Time::parse(text).ok());
        page.write(
            1,
            &format!(
                "{} \t{} \t{} \t{} \t{} \t{}\n",
                condition.kind,
                condition.status,
                heartbeat.unwrap_or_default().rfc1123z(),
                condition.last_transition_time.unwrap_or_default().rfc1123z(),
                condition.reason,
                condition.message
            ),
        );
    }
}

fn system(page: &mut Page, info: &NodeSystemInfo) {
    page.write(0, "System Info:\n");
    for (title, text) in [
        ("Machine ID", &info.machine_id),
        ("System UUID", &info.system_uuid),
        ("Boot ID", &info.boot_id),
        ("Kernel Version", &info.kernel_version),
        ("OS Image", &info.os_image),
        ("Operating System", &info.operating_system),
        ("Architecture", &info.architecture),
        ("Container Runtime Version", &info.container_runtime_version),
        ("Kubelet Version", &info.kubelet_version),
    ] {
        page.pair(1, title, text);
    }
}

// Models describeNodeResource.
fn pods(page: &mut Page, cluster: &Cluster, node: &Node) {
    let pods: Vec<&Rc<Pod>> = cluster
        .api()
        .pods_on(&node.meta.name)
        .filter(|pod| !pod.is_finished())
        .collect();
    page.pair(0, "Non-terminated Pods", &format!("({} in total)", pods.len()));
    page.write(
        1,
        "Namespace\tName\t\tCPU Requests\tCPU Limits\tMemory Requests\tMemory Limits\tAge\n",
    );
    page.write(
        1,
        "---------\t----\t\t------------\t----------\t---------------\t-------------\t---\n",
    );
    let allocatable = if node.status.allocatable.is_empty() {
        &node.status.capacity
    } else {
        &node.status.allocatable
    };
    let share = |amounts: &ResourceList, name: &str| {
        let zero = Quantity::default();
        let amount = amounts.get(name).unwrap_or(&zero);
        format!("{amount} ({}%)", percent(amount, allocatable.get(name), name))
    };
    let mut totals = [ResourceList::default(), ResourceList::default()];
    for pod in pods {
        let (requests, limits) = (pod_requests(&pod.spec), pod_limits(&pod.spec));
        let age = pod
            .meta
            .creation_timestamp
            .map_or_else(|| "<unknown>".to_owned(), |at| human_duration(now(cluster).0 - at.0));
        page.write(
            1,
            &format!(
                "{}\t{}\t\t{}\t{}\t{}\t{}\t{age}\n",
                pod.meta.namespace,
                pod.meta.name,
                share(&requests, "cpu"),
                share(&limits, "cpu"),
                share(&requests, "memory"),
                share(&limits, "memory")
            ),
        );
        add_resources(&mut totals[0], &requests);
        add_resources(&mut totals[1], &limits);
    }
    page.write(
        0,
        "Allocated resources:\n  (Total limits may be over 100 percent, i.e., overcommitted.)\n",
    );
    page.write(1, "Resource\tRequests\tLimits\n  --------\t--------\t------\n");
    for name in ["cpu", "memory", "ephemeral-storage"] {
        page.write(
            1,
            &format!("{name}\t{}\t{}\n", share(&totals[0], name), share(&totals[1], name)),
        );
    }
}

/// Hundredths of what the node offers, cut.
fn percent(amount: &Quantity, of: Option<&Quantity>, name: &str) -> i64 {
    let units = |quantity: &Quantity| {
        if name == "cpu" {
            quantity.milli_value()
        } else {
            quantity.value()
        }
    };
    match of.map(units) {
        Some(whole) if whole > 0 => {
            i64::try_from(i128::from(units(amount)) * 100 / i128::from(whole)).unwrap_or(i64::MAX)
        }
        _ => 0,
    }
}
