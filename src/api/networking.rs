//! `networking.k8s.io/v1`: Ingresses.

use std::rc::Rc;

use super::Str;
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
}
