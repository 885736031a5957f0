//! Services.

use std::rc::Rc;

use super::fill;
use crate::api::core::{ClientIpConfig, Service, ServicePort, SessionAffinityConfig};
use crate::api::intstr::IntOrString;

const CLIENT_IP_TIMEOUT_SECONDS: i32 = 10_800;

// Models SetDefaults_Service and pkg/registry/core/service/storage/alloc.go initIPFamilyFields.
pub(super) fn default_service(service: &mut Service) {
    let spec = &mut service.spec;
    fill(&mut spec.session_affinity, "None");
    if &*spec.session_affinity == "None" {
        spec.session_affinity_config = None;
    } else {
        let config = spec
            .session_affinity_config
            .get_or_insert_with(SessionAffinityConfig::default);
        let client_ip = config.client_ip.get_or_insert_with(ClientIpConfig::default);
        client_ip.timeout_seconds.get_or_insert(CLIENT_IP_TIMEOUT_SECONDS);
    }
    fill(&mut spec.kind, "ClusterIP");
    if !spec.ports.is_empty() {
        Rc::make_mut(&mut spec.ports).iter_mut().for_each(default_port);
    }
    let opens_node = matches!(&*spec.kind, "NodePort" | "LoadBalancer");
    if opens_node || !spec.external_ips.is_empty() {
        fill(&mut spec.external_traffic_policy, "Cluster");
    }
    if &*spec.kind == "ExternalName" {
        return;
    }
    spec.internal_traffic_policy.get_or_insert_with(|| "Cluster".into());
    if &*spec.kind == "LoadBalancer" {
        spec.allocate_load_balancer_node_ports.get_or_insert(true);
    }
    spec.ip_family_policy.get_or_insert_with(|| "SingleStack".into());
    if spec.ip_families.is_empty() {
        spec.ip_families = ["IPv4".into()].into();
    }
}

fn default_port(port: &mut ServicePort) {
    fill(&mut port.protocol, "TCP");
    let unset = match &port.target_port {
        None | Some(IntOrString::Int(0)) => true,
        Some(IntOrString::String(name)) => name.is_empty(),
        Some(IntOrString::Int(_)) => false,
    };
    if unset {
        port.target_port = Some(IntOrString::Int(port.port));
    }
}
