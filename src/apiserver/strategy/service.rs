//! What becomes of a Service's linked fields before it is judged.
// Models pkg/registry/core/service/strategy.go and storage/storage.go.

use crate::sim::Arrange;
use std::rc::Rc;

use crate::api::Str;
use crate::api::core::{Service, ServiceSpec};

fn needs_cluster_ip(spec: &ServiceSpec) -> bool {
    matches!(&*spec.kind, "ClusterIP" | "NodePort" | "LoadBalancer")
}

fn needs_node_port(spec: &ServiceSpec) -> bool {
    let allocates = spec.allocate_load_balancer_node_ports != Some(false);
    &*spec.kind == "NodePort" || (&*spec.kind == "LoadBalancer" && allocates)
}

fn is_balanced(spec: &ServiceSpec) -> bool {
    &*spec.kind == "LoadBalancer"
}

fn needs_health_check(spec: &ServiceSpec) -> bool {
    is_balanced(spec) && &*spec.external_traffic_policy == "Local"
}

fn is_open_outside(spec: &ServiceSpec) -> bool {
    matches!(&*spec.kind, "NodePort" | "LoadBalancer") || (&*spec.kind == "ClusterIP" && !spec.external_ips.is_empty())
}

/// The address in both of its fields.
// Models normalizeClusterIPs.
pub(super) fn prepare_for_create(service: &mut Service) {
    let spec = &mut service.spec;
    if !spec.cluster_ip.is_empty() && spec.cluster_ips.is_empty() {
        spec.cluster_ips = [spec.cluster_ip.clone()].into();
    }
}

// Models dropTypeDependentFields and normalizeClusterIPs.
pub(super) fn prepare_for_update(service: &mut Service, old: &Service) {
    drop_what_the_type_has_not(service, &old.spec);
    let (spec, old) = (&mut service.spec, &old.spec);
    let same = spec.cluster_ip == old.cluster_ip;
    if same && spec.cluster_ips.is_empty() {
        spec.cluster_ips = old.cluster_ips.clone();
    } else if !same && spec.cluster_ips == old.cluster_ips {
        let one = Some(spec.cluster_ip.clone()).filter(|ip| !ip.is_empty());
        spec.cluster_ips = one.into_iter().collect::<Vec<Str>>().into();
    }
}

fn drop_what_the_type_has_not(service: &mut Service, old: &ServiceSpec) {
    let spec = &mut service.spec;
    if needs_cluster_ip(old) && !needs_cluster_ip(spec) {
        if spec.cluster_ip == old.cluster_ip && spec.cluster_ips == old.cluster_ips {
            spec.cluster_ip = Str::default();
            spec.cluster_ips = Rc::default();
        }
        if spec.ip_families == old.ip_families {
            spec.ip_families = Rc::default();
        }
        if spec.ip_family_policy == old.ip_family_policy {
            spec.ip_family_policy = None;
        }
    }
    if needs_node_port(old) && !needs_node_port(spec) && same_node_ports(spec, old) {
        for port in Rc::make_mut(&mut spec.ports) {
            port.node_port = 0;
        }
    }
    let same_check = spec.health_check_node_port == old.health_check_node_port;
    if needs_health_check(old) && !needs_health_check(spec) && same_check {
        spec.health_check_node_port = 0;
    }
    if is_balanced(old) && !is_balanced(spec) {
        if spec.allocate_load_balancer_node_ports == old.allocate_load_balancer_node_ports {
            spec.allocate_load_balancer_node_ports = None;
        }
        if spec.load_balancer_class == old.load_balancer_class {
            spec.load_balancer_class = None;
        }
    }
    let same_policy = spec.external_traffic_policy == old.external_traffic_policy;
    if is_open_outside(old) && !is_open_outside(spec) && same_policy {
        spec.external_traffic_policy = Str::default();
    }
    if !is_balanced(spec) {
        service.status.load_balancer = crate::api::core::LoadBalancerStatus::default();
    }
}

fn same_node_ports(spec: &ServiceSpec, old: &ServiceSpec) -> bool {
    let ports = |spec: &ServiceSpec| {
        let mut ports: Vec<i32> = spec.ports.iter().map(|port| port.node_port).collect();
        ports.retain(|port| *port != 0);
        ports.arrange();
        ports
    };
    let known = ports(old);
    ports(spec).iter().all(|port| known.contains(port))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn service(kind: &str, ip: &str, node_port: i32) -> Service {
        let mut service = Service::default();
        service.spec.kind = kind.into();
        service.spec.cluster_ip = ip.into();
        service.spec.cluster_ips = [Str::from(ip)].into();
        let port = crate::api::core::ServicePort {
            node_port,
            ..Default::default()
        };
        service.spec.ports = [port].into();
        service
    }

    #[test]
    fn linked_fields_follow() {
        let old = service("NodePort", "10.0.0.1", 30_001);
        for (name, kind, ip, node_port, want) in [
            (
                "nothing changes",
                "NodePort",
                "10.0.0.1",
                30_001,
                (vec!["10.0.0.1"], 30_001),
            ),
            (
                "the port of a node goes",
                "ClusterIP",
                "10.0.0.1",
                30_001,
                (vec!["10.0.0.1"], 0),
            ),
            (
                "one that is new stays, to be refused",
                "ClusterIP",
                "10.0.0.1",
                30_002,
                (vec!["10.0.0.1"], 30_002),
            ),
            ("the address goes", "ExternalName", "10.0.0.1", 30_001, (vec![], 0)),
            (
                "the list follows",
                "NodePort",
                "10.0.0.2",
                30_001,
                (vec!["10.0.0.2"], 30_001),
            ),
            ("the list is cleared", "NodePort", "", 30_001, (vec![], 30_001)),
        ] {
            let mut new = service(kind, "10.0.0.1", node_port);
            new.spec.cluster_ip = ip.into();
            prepare_for_update(&mut new, &old);
            let got: Vec<&str> = new.spec.cluster_ips.iter().map(|ip| &**ip).collect();
            assert_eq!((got, new.spec.ports[0].node_port), want, "{name}");
        }
    }
}
