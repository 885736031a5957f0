//! `discovery.k8s.io/v1`: EndpointSlices.

use std::rc::Rc;

use super::Str;
use super::meta::{ObjectMeta, ObjectReference};

lean! {
    /// Addresses behind a Service.
    pub struct EndpointSlice {
        meta: ObjectMeta = "metadata" 'always,
        address_type: Str = "addressType" 'always,
        endpoints: Rc<[Endpoint]> = "endpoints" 'always,
        ports: Rc<[EndpointPort]> = "ports" 'always,
    }

    /// One address.
    pub struct Endpoint {
        addresses: Rc<[Str]> = "addresses" 'always,
        conditions: EndpointConditions = "conditions",
        hostname: Option<Str> = "hostname",
        target_ref: Option<ObjectReference> = "targetRef",
        node_name: Option<Str> = "nodeName",
        zone: Option<Str> = "zone",
    }

    /// Whether an address takes requests.
    pub struct EndpointConditions {
        ready: Option<bool> = "ready",
        serving: Option<bool> = "serving",
        terminating: Option<bool> = "terminating",
    }

    /// A port of the addresses.
    pub struct EndpointPort {
        name: Option<Str> = "name",
        protocol: Option<Str> = "protocol",
        port: Option<i32> = "port",
        app_protocol: Option<Str> = "appProtocol",
    }
}
