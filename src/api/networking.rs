//! `networking.k8s.io/v1`: Ingresses and what NetworkPolicies say.

use std::rc::Rc;

use super::Str;
use super::intstr::IntOrString;
use super::labels::LabelSelector;
use super::meta::ObjectMeta;

lean! {
    /// Rules that lead requests from outside to Services.
    pub struct Ingress {
        meta: ObjectMeta = "metadata" 'always,
        spec: IngressSpec = "spec" 'always,
        status: IngressStatus = "status" 'always,
    }

    /// The rules.
    pub struct IngressSpec {
        ingress_class_name: Option<Str> = "ingressClassName",
        default_backend: Option<IngressBackend> = "defaultBackend",
        tls: Rc<[IngressTls]> = "tls",
        rules: Rc<[IngressRule]> = "rules",
    }

    /// Where a request goes.
    pub struct IngressBackend {
        service: Option<IngressServiceBackend> = "service",
    }

    /// A Service and its port.
    pub struct IngressServiceBackend {
        name: Str = "name" 'always,
        port: ServiceBackendPort = "port" 'always,
    }

    /// A port by name or by number.
    pub struct ServiceBackendPort {
        name: Str = "name",
        number: i32 = "number",
    }

    /// Hosts and the Secret with their certificate.
    pub struct IngressTls {
        hosts: Rc<[Str]> = "hosts",
        secret_name: Str = "secretName",
    }

    /// The paths of a host.
    pub struct IngressRule {
        host: Str = "host",
        http: Option<HttpIngressRuleValue> = "http",
    }

    /// Paths.
    pub struct HttpIngressRuleValue {
        paths: Rc<[HttpIngressPath]> = "paths" 'always,
    }

    /// A path and where it leads.
    pub struct HttpIngressPath {
        path: Str = "path",
        path_type: Option<Str> = "pathType",
        backend: IngressBackend = "backend" 'always,
    }

    /// Where an Ingress is reached.
    pub struct IngressStatus {
        load_balancer: IngressLoadBalancerStatus = "loadBalancer" 'always,
    }

    /// The addresses of an Ingress.
    pub struct IngressLoadBalancerStatus {
        ingress: Rc<[IngressLoadBalancerIngress]> = "ingress",
    }

    /// An address of an Ingress.
    pub struct IngressLoadBalancerIngress {
        ip: Str = "ip",
        hostname: Str = "hostname",
    }

    /// A controller of Ingresses.
    pub struct IngressClass {
        meta: ObjectMeta = "metadata" 'always,
        spec: IngressClassSpec = "spec" 'always,
    }

    /// Which controller it is.
    pub struct IngressClassSpec {
        controller: Str = "controller",
    }

    /// The `spec` of a NetworkPolicy: who may talk to the pods that it selects, and to whom they may.
    pub struct NetworkPolicySpec {
        pod_selector: LabelSelector = "podSelector" 'always,
        policy_types: Rc<[Str]> = "policyTypes",
        ingress: Rc<[NetworkPolicyRule]> = "ingress",
        egress: Rc<[NetworkPolicyRule]> = "egress",
    }

    /// Peers and ports that are allowed together; `from` in rules of ingress, `to` in rules of egress.
    pub struct NetworkPolicyRule {
        from: Rc<[NetworkPolicyPeer]> = "from",
        to: Rc<[NetworkPolicyPeer]> = "to",
        ports: Rc<[NetworkPolicyPort]> = "ports",
    }

    /// Pods by their labels and their namespace's, or addresses.
    pub struct NetworkPolicyPeer {
        pod_selector: Option<LabelSelector> = "podSelector",
        namespace_selector: Option<LabelSelector> = "namespaceSelector",
        ip_block: Option<IpBlock> = "ipBlock",
    }

    /// Addresses, and those among them that are meant not.
    pub struct IpBlock {
        cidr: Str = "cidr" 'always,
        except: Rc<[Str]> = "except",
    }

    /// A port of the destination, or all up to `endPort`.
    pub struct NetworkPolicyPort {
        protocol: Str = "protocol",
        port: Option<IntOrString> = "port",
        end_port: Option<i32> = "endPort",
    }
}
