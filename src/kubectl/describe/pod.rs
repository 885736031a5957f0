//! Pods.

use super::{Page, container, controller, now, template, volume};
use crate::api::core::{Pod, PodSpec};
use crate::api::duration::human_duration;
use crate::cluster::Cluster;

// Models describePod.
pub(super) fn describe(page: &mut Page, cluster: &Cluster, pod: &Pod) {
    let (spec, status) = (&pod.spec, &pod.status);
    head(page, pod);
    if pod.meta.is_terminating() && !pod.is_finished() {
        let until = pod.meta.deletion_timestamp.unwrap_or_default();
        page.pair(
            0,
            "Status",
            &format!("Terminating (lasts {})", human_duration(now(cluster).0 - until.0)),
        );
        let grace = pod.meta.deletion_grace_period_seconds.unwrap_or_default();
        page.pair(0, "Termination Grace Period", &format!("{grace}s"));
    } else {
        page.pair(0, "Status", &status.phase);
    }
    for (title, text) in [("Reason", &status.reason), ("Message", &status.message)] {
        if !text.is_empty() {
            page.pair(0, title, text);
        }
    }
    addresses(page, pod);
    if let Some(owner) = controller(&pod.meta) {
        page.pair(0, "Controlled By", &owner);
    }
    if !status.nominated_node_name.is_empty() {
        page.pair(0, "NominatedNodeName", &status.nominated_node_name);
    }
    if let Some(resources) = &spec.resources {
        page.write(0, "Resources:\n");
        container::resources(page, resources, 1);
    }
    if !spec.init_containers.is_empty() {
        container::describe(
            page,
            "Init Containers",
            &spec.init_containers,
            &status.init_container_statuses,
            Some(pod),
            "",
        );
    }
    container::describe(
        page,
        "Containers",
        &spec.containers,
        &status.container_statuses,
        Some(pod),
        "",
    );
    gates(page, pod);
    if !status.conditions.is_empty() {
        page.write(0, "Conditions:\n  Type\tStatus\n");
        for condition in status.conditions.iter() {
            page.write(1, &format!("{} \t{} \n", condition.kind, condition.status));
        }
    }
    volume::describe(page, &spec.volumes, "");
    page.pair(0, "QoS Class", &status.qos_class);
    placement(page, spec);
}

fn head(page: &mut Page, pod: &Pod) {
    let spec = &pod.spec;
    page.pair(0, "Name", &pod.meta.name);
    page.pair(0, "Namespace", &pod.meta.namespace);
    if let Some(priority) = spec.priority {
        page.pair(0, "Priority", &priority.to_string());
    }
    if !spec.priority_class_name.is_empty() {
        page.pair(0, "Priority Class Name", &spec.priority_class_name);
    }
    if !spec.service_account_name.is_empty() {
        page.pair(0, "Service Account", &spec.service_account_name);
    }
    if spec.node_name.is_empty() {
        page.pair(0, "Node", "<none>");
    } else {
        page.pair(0, "Node", &format!("{}/{}", spec.node_name, pod.status.host_ip));
    }
    if let Some(start) = pod.status.start_time {
        page.pair(0, "Start Time", &start.rfc1123z());
    }
    page.labels("Labels", &pod.meta.labels);
    page.annotations("Annotations", &pod.meta.annotations);
}

fn addresses(page: &mut Page, pod: &Pod) {
    page.pair(0, "IP", &pod.status.pod_ip);
    if pod.status.pod_ips.is_empty() {
        page.pair(0, "IPs", "<none>");
        return;
    }
    page.write(0, "IPs:\n");
    for ip in pod.status.pod_ips.iter() {
        page.pair(1, "IP", &ip.ip);
    }
}

fn gates(page: &mut Page, pod: &Pod) {
    if pod.spec.readiness_gates.is_empty() {
        return;
    }
    page.write(0, "Readiness Gates:\n  Type\tStatus\n");
    for gate in pod.spec.readiness_gates.iter() {
        let condition = pod.status.condition(&gate.condition_type);
        let status = condition.map_or("<none>", |condition| &*condition.status);
        page.write(1, &format!("{} \t{status} \n", gate.condition_type));
    }
}

fn placement(page: &mut Page, spec: &PodSpec) {
    page.labels("Node-Selectors", &spec.node_selector);
    template::tolerations(page, "Tolerations", &spec.tolerations);
    template::spread(page, &spec.topology_spread_constraints, "");
}
