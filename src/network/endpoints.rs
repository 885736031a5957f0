//! The addresses behind a Service.

use crate::api::Str;
use crate::api::core::{Service, ServicePort};
use crate::api::discovery::EndpointSlice;
use crate::api::intstr::IntOrString;
use crate::apiserver::{ApiServer, Key};

/// The label by which a slice names its Service.
const SERVICE_NAME: &str = "kubernetes.io/service-name";

/// An address behind a port of a Service.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Endpoint {
    /// The address.
    pub address: Str,
    /// The port there.
    pub port: u16,
    /// Its node; empty where that is not told.
    pub node: Str,
    /// The pod, where it is one.
    pub pod: Option<Key>,
    /// Whether it takes connections.
    pub ready: bool,
    /// Whether it would, were it not going away.
    pub serving: bool,
    /// Whether it is going away.
    pub terminating: bool,
    /// The name under which DNS knows it.
    pub hostname: Str,
}

impl Endpoint {
    /// Address and port in one.
    #[must_use]
    pub fn place(&self) -> Str {
        format!("{}:{}", self.address, self.port).into()
    }
}

/// The slices of a Service.
pub(super) fn slices<'a>(api: &'a ApiServer, service: &'a Service) -> impl Iterator<Item = &'a EndpointSlice> {
    let meta = &service.meta;
    api.list::<EndpointSlice>(Some(&meta.namespace))
        .filter(|slice| slice.meta.label(SERVICE_NAME) == Some(&meta.name))
        .map(AsRef::as_ref)
}

/// The addresses behind a port of a Service, each once.
#[must_use]
pub fn of_port(api: &ApiServer, service: &Service, port: &ServicePort) -> Vec<Endpoint> {
    let mut found: Vec<Endpoint> = Vec::new();
    for slice in slices(api, service) {
        for number in slice.ports.iter().filter_map(|known| {
            let is_it = known.name.as_deref().unwrap_or_default() == &*port.name;
            is_it.then(|| known.port.map_or_else(|| target_number(port), to_port))
        }) {
            for endpoint in of_slice(slice, number) {
                if !found.iter().any(|other| other.place() == endpoint.place()) {
                    found.push(endpoint);
                }
            }
        }
    }
    found
}

/// The addresses of a slice at a port.
pub(super) fn of_slice(slice: &EndpointSlice, port: u16) -> impl Iterator<Item = Endpoint> + '_ {
    slice.endpoints.iter().filter_map(move |endpoint| {
        let conditions = &endpoint.conditions;
        let pod = endpoint.target_ref.as_ref().filter(|target| &*target.kind == "Pod");
        Some(Endpoint {
            address: endpoint.addresses.first()?.clone(),
            port,
            node: endpoint.node_name.clone().unwrap_or_default(),
            pod: pod.map(|target| Key::new(&target.namespace, &target.name)),
            // What is not told counts as ready.
            ready: conditions.ready != Some(false),
            serving: conditions.serving.or(conditions.ready) != Some(false),
            terminating: conditions.terminating == Some(true),
            hostname: endpoint.hostname.clone().unwrap_or_default(),
        })
    })
}

fn target_number(port: &ServicePort) -> u16 {
    match port.target_port {
        Some(IntOrString::Int(number)) if number > 0 => to_port(number),
        _ => to_port(port.port),
    }
}

/// A port number; zero where it is none.
pub(super) fn to_port(number: i32) -> u16 {
    u16::try_from(number).unwrap_or_default()
}
