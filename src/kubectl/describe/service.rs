//! Services.

use serde_json::Value;

use super::Page;
use crate::api::core::{Service, ServicePort};
use crate::api::discovery::EndpointSlice;
use crate::api::labels::format_labels;
use crate::api::{Dynamic, Resource};
use crate::cluster::Cluster;

// Models describeService.
pub(super) fn describe(page: &mut Page, cluster: &Cluster, service: &Service) {
    let (meta, spec) = (&service.meta, &service.spec);
    page.pair(0, "Name", &meta.name);
    page.pair(0, "Namespace", &meta.namespace);
    page.labels("Labels", &meta.labels);
    page.annotations("Annotations", &meta.annotations);
    page.pair(0, "Selector", &format_labels(&spec.selector));
    page.pair(0, "Type", &spec.kind);
    if let Some(policy) = &spec.ip_family_policy {
        page.pair(0, "IP Family Policy", policy);
    }
    let list = |texts: &[crate::api::Str]| {
        if texts.is_empty() {
            "<none>".to_owned()
        } else {
            texts.join(",")
        }
    };
    page.pair(0, "IP Families", &list(&spec.ip_families));
    page.pair(0, "IP", &spec.cluster_ip);
    page.pair(0, "IPs", &list(&spec.cluster_ips));
    if !spec.external_ips.is_empty() {
        page.pair(0, "External IPs", &spec.external_ips.join(","));
    }
    if !spec.external_name.is_empty() {
        page.pair(0, "External Name", &spec.external_name);
    }
    balancer(page, service);
    for port in spec.ports.iter() {
        port_lines(page, cluster, service, port);
    }
    page.pair(0, "Session Affinity", &spec.session_affinity);
    if !spec.external_traffic_policy.is_empty() {
        page.pair(0, "External Traffic Policy", &spec.external_traffic_policy);
    }
    if let Some(policy) = &spec.internal_traffic_policy {
        page.pair(0, "Internal Traffic Policy", policy);
    }
    if let Some(distribution) = &spec.traffic_distribution {
        page.pair(0, "Traffic Distribution", distribution);
    }
}

fn balancer(page: &mut Page, service: &Service) {
    let entries = &service.status.load_balancer.ingress;
    if entries.is_empty() {
        return;
    }
    let text = |entry: &crate::api::core::LoadBalancerIngress| {
        let mode = entry
            .ip_mode
            .as_ref()
            .map(|mode| format!(" ({mode})"))
            .unwrap_or_default();
        if entry.ip.is_empty() {
            entry.hostname.to_string()
        } else {
            format!("{}{mode}", entry.ip)
        }
    };
    page.pair(
        0,
        "LoadBalancer Ingress",
        &entries.iter().map(text).collect::<Vec<_>>().join(", "),
    );
}

fn port_lines(page: &mut Page, cluster: &Cluster, service: &Service, port: &ServicePort) {
    let name = if port.name.is_empty() { "<unset>" } else { &port.name };
    page.pair(0, "Port", &format!("{name}\t{}/{}", port.port, port.protocol));
    let target = port.target_port.as_ref().map(ToString::to_string).unwrap_or_default();
    page.pair(0, "TargetPort", &format!("{target}/{}", port.protocol));
    if let Some(protocol) = &port.app_protocol {
        page.pair(0, "AppProtocol", protocol);
    }
    if port.node_port != 0 {
        page.pair(0, "NodePort", &format!("{name}\t{}/{}", port.node_port, port.protocol));
    }
    page.pair(0, "Endpoints", &endpoints(cluster, service, &port.name));
}

/// Ready endpoints of a port: the first three, and how many more.
// Models formatEndpointSlices.
fn endpoints(cluster: &Cluster, service: &Service, port_name: &str) -> String {
    const SHOWN: usize = 3;
    let mut texts = Vec::new();
    for slice in cluster.api().owned_by(&service.meta.uid).filter_map(EndpointSlice::of) {
        for port in slice
            .ports
            .iter()
            .filter(|port| port.name.as_deref().unwrap_or_default() == port_name)
        {
            let ready = slice
                .endpoints
                .iter()
                .filter(|endpoint| endpoint.conditions.ready != Some(false));
            for address in ready.flat_map(|endpoint| endpoint.addresses.iter()) {
                texts.push(match port.port {
                    Some(number) => format!("{address}:{number}"),
                    None => address.to_string(),
                });
            }
        }
    }
    let shown = texts.iter().take(SHOWN).cloned().collect::<Vec<_>>().join(",");
    if texts.len() > SHOWN {
        format!("{shown} + {} more...", texts.len() - SHOWN)
    } else {
        shown
    }
}

// Models describeEndpoints.
pub(super) fn endpoints_of(page: &mut Page, endpoints: &Dynamic) {
    let meta = &endpoints.meta;
    page.pair(0, "Name", &meta.name);
    page.pair(0, "Namespace", &meta.namespace);
    page.labels("Labels", &meta.labels);
    page.annotations("Annotations", &meta.annotations);
    page.write(0, "Subsets:\n");
    let subsets = endpoints.body.get("subsets").and_then(Value::as_array);
    for subset in subsets.into_iter().flatten() {
        for (title, field) in [("Addresses", "addresses"), ("NotReadyAddresses", "notReadyAddresses")] {
            let list = subset[field].as_array().into_iter().flatten();
            let ips: Vec<&str> = list.filter_map(|address| address["ip"].as_str()).collect();
            let text = if ips.is_empty() {
                "<none>".to_owned()
            } else {
                ips.join(",")
            };
            page.pair(1, title, &text);
        }
        let ports = subset["ports"].as_array().filter(|ports| !ports.is_empty());
        if let Some(ports) = ports {
            page.write(1, "Ports:\n");
            page.write(2, "Name\tPort\tProtocol\n");
            page.write(2, "----\t----\t--------\n");
            for port in ports {
                let name = port["name"].as_str().unwrap_or("<unset>");
                let protocol = port["protocol"].as_str().unwrap_or_default();
                page.write(2, &format!("{name}\t{}\t{protocol}\n", port["port"]));
            }
        }
        page.write(0, "\n");
    }
}
