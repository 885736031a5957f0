//! Services.

use std::rc::Rc;

use crate::api::Str;
use crate::api::intstr::IntOrString;
use crate::api::labels::Labels;
use crate::api::meta::{Condition, ObjectMeta};

lean! {
    /// A name and an address for a set of pods.
    pub struct Service {
        meta: ObjectMeta = "metadata" 'always,
        spec: ServiceSpec = "spec" 'always,
        status: ServiceStatus = "status" 'always,
    }

    /// What a Service is to be.
    pub struct ServiceSpec {
        ports: Rc<[ServicePort]> = "ports",
        selector: Rc<Labels> = "selector",
        cluster_ip: Str = "clusterIP",
        cluster_ips: Rc<[Str]> = "clusterIPs",
        kind: Str = "type",
        external_ips: Rc<[Str]> = "externalIPs",
        session_affinity: Str = "sessionAffinity",
        load_balancer_ip: Str = "loadBalancerIP",
        load_balancer_class: Option<Str> = "loadBalancerClass",
        external_name: Str = "externalName",
        external_traffic_policy: Str = "externalTrafficPolicy",
        internal_traffic_policy: Option<Str> = "internalTrafficPolicy",
        health_check_node_port: i32 = "healthCheckNodePort",
        publish_not_ready_addresses: bool = "publishNotReadyAddresses",
        session_affinity_config: Option<SessionAffinityConfig> = "sessionAffinityConfig",
        ip_families: Rc<[Str]> = "ipFamilies",
        ip_family_policy: Option<Str> = "ipFamilyPolicy",
        allocate_load_balancer_node_ports: Option<bool> = "allocateLoadBalancerNodePorts",
        traffic_distribution: Option<Str> = "trafficDistribution",
    }

    /// A port of a Service.
    pub struct ServicePort {
        name: Str = "name",
        protocol: Str = "protocol",
        app_protocol: Option<Str> = "appProtocol",
        port: i32 = "port" 'always,
        target_port: Option<IntOrString> = "targetPort",
        node_port: i32 = "nodePort",
    }

    /// How session affinity works.
    pub struct SessionAffinityConfig {
        client_ip: Option<ClientIpConfig> = "clientIP",
    }

    /// How long a client keeps its endpoint.
    pub struct ClientIpConfig {
        timeout_seconds: Option<i32> = "timeoutSeconds",
    }

    /// Where a Service is reached from outside.
    pub struct ServiceStatus {
        load_balancer: LoadBalancerStatus = "loadBalancer" 'always,
        conditions: Rc<[Condition]> = "conditions",
    }

    /// The addresses of a load balancer.
    pub struct LoadBalancerStatus {
        ingress: Rc<[LoadBalancerIngress]> = "ingress",
    }

    /// An address of a load balancer.
    pub struct LoadBalancerIngress {
        ip: Str = "ip",
        hostname: Str = "hostname",
        ip_mode: Option<Str> = "ipMode",
    }
}
