//! Addresses and ports of Services.

use crate::sim::btree::BTreeMap;
use std::rc::Rc;

use super::server::ApiServer;
use crate::api::Object;
use crate::api::core::Service;
use crate::api::names::{BadValue, FieldError, FieldErrors, Path};
use crate::api::status::Status;
use crate::api::{Resource, Str};
use crate::sim::Stream;

/// What is taken, and by which Service.
#[derive(Clone, Debug, Default)]
pub(super) struct Addresses {
    cluster_ips: BTreeMap<u32, Str>,
    node_ports: BTreeMap<i32, Str>,
}

/// 10.96.0.0/12, kubeadm's range.
const SERVICE_RANGE: u32 = 0x0a60_0000;
const SERVICE_RANGE_SIZE: u32 = 1 << 20;
/// Addresses at the start of the range that are kept for Services that ask for them.
// Models pkg/registry/core/service/ipallocator: min(max(16, size/16), 256).
const SERVICE_RANGE_STATIC: u32 = 256;
const NODE_PORTS: std::ops::RangeInclusive<i32> = 30_000..=32_767;
/// Ports at the start of the range that are kept for Services that ask for them.
const NODE_PORTS_STATIC: i32 = 86;

impl ApiServer {
    /// Gives a Service its cluster address and node ports.
    pub(super) fn allocate(&mut self, object: &mut Object, old: Option<&Object>) -> Result<(), Status> {
        let Object::Service(service) = object else {
            return Ok(());
        };
        let service = Rc::make_mut(service);
        let owner = owner(service);
        let old = old.and_then(Service::of);
        let errors = check_families(service);
        if !errors.is_empty() {
            return Err(Status::invalid(Service::KIND, &service.meta.name, &errors));
        }
        let errors = self
            .addresses
            .cluster_ip(self.seed, &owner, service, old.map(|old| &old.spec.cluster_ip));
        if !errors.is_empty() {
            return Err(Status::invalid(Service::KIND, &service.meta.name, &errors));
        }
        let errors = self
            .addresses
            .node_ports(self.seed, &owner, service, old.map(Rc::as_ref));
        if !errors.is_empty() {
            return Err(Status::invalid(Service::KIND, &service.meta.name, &errors));
        }
        Ok(())
    }

    /// Gives back what a deleted Service held.
    pub(super) fn release(&mut self, object: &Object) {
        if let Object::Service(service) = object {
            let owner = owner(service);
            self.addresses.cluster_ips.retain(|_, holder| *holder != owner);
            self.addresses.node_ports.retain(|_, holder| *holder != owner);
        }
    }
}

/// The cluster has addresses of one family, IPv4. Headless Services without a selector may say what they like.
// Models pkg/registry/core/service/storage/alloc.go initIPFamilyFields.
fn check_families(service: &Service) -> FieldErrors {
    let (mut errors, spec) = (FieldErrors::default(), &service.spec);
    let headless = &*spec.cluster_ip == "None" && spec.selector.is_empty();
    if &*spec.kind == "ExternalName" || headless {
        return errors;
    }
    let root = Path::new("spec");
    if spec.ip_family_policy.as_deref() == Some("RequireDualStack") {
        let detail = "this cluster is not configured for dual-stack services";
        errors.push(FieldError::invalid(
            &root.child("ipFamilyPolicy"),
            "RequireDualStack",
            detail,
        ));
    }
    let families = root.child("ipFamilies");
    for (index, family) in spec
        .ip_families
        .iter()
        .enumerate()
        .filter(|(_, family)| &***family == "IPv6")
    {
        let detail = "not configured on this cluster";
        errors.push(FieldError::invalid(&families.index(index), family, detail));
    }
    errors
}

fn owner(service: &Service) -> Str {
    format!("{}/{}", service.meta.namespace, service.meta.name).into()
}

/// Whether Services of that type have a cluster address.
fn has_cluster_ip(service: &Service) -> bool {
    &*service.spec.kind != "ExternalName" && &*service.spec.cluster_ip != "None"
}

impl Addresses {
    fn cluster_ip(&mut self, seed: u64, owner: &Str, service: &mut Service, old: Option<&Str>) -> FieldErrors {
        let mut errors = FieldErrors::default();
        if !has_cluster_ip(service) {
            self.cluster_ips.retain(|_, holder| holder != owner);
            if &*service.spec.cluster_ip == "None" && service.spec.cluster_ips.is_empty() {
                service.spec.cluster_ips = [Str::from("None")].into();
            }
            return errors;
        }
        if service.spec.cluster_ip.is_empty() {
            // An update that leaves the address out keeps it.
            service.spec.cluster_ip = match old.filter(|old| !old.is_empty() && &***old != "None") {
                Some(old) => old.clone(),
                None => self.free_cluster_ip(seed, owner),
            };
        }
        let ip = service.spec.cluster_ip.clone();
        if let Some(number) = parse_ipv4(&ip) {
            let refuse = |why: &str| {
                let detail = format!("failed to allocate IP {ip}: {why}");
                let value = BadValue::json(format!("[\"{ip}\"]"));
                FieldError::invalid(&Path::new("spec").child("clusterIPs"), value, detail)
            };
            match self.cluster_ips.get(&number) {
                _ if !(SERVICE_RANGE..SERVICE_RANGE + SERVICE_RANGE_SIZE).contains(&number) => {
                    errors.push(refuse("the provided network does not match the current range"));
                }
                Some(holder) if holder != owner => {
                    errors.push(refuse("provided IP is already allocated"));
                }
                _ => {
                    self.cluster_ips.insert(number, owner.clone());
                }
            }
        }
        if service.spec.cluster_ips.is_empty() {
            service.spec.cluster_ips = [ip].into();
        }
        errors
    }

    fn free_cluster_ip(&self, seed: u64, owner: &str) -> Str {
        let mut stream = Stream::new(seed, &["apiserver", owner, "clusterIP"]);
        loop {
            let free = stream.below(u64::from(SERVICE_RANGE_SIZE - SERVICE_RANGE_STATIC - 1));
            let offset = SERVICE_RANGE_STATIC + u32::try_from(free).expect("the range has 20 bits");
            if !self.cluster_ips.contains_key(&(SERVICE_RANGE + offset)) {
                return format_ipv4(SERVICE_RANGE + offset);
            }
        }
    }

    fn node_ports(&mut self, seed: u64, owner: &Str, service: &mut Service, old: Option<&Service>) -> FieldErrors {
        let mut errors = FieldErrors::default();
        self.node_ports.retain(|_, holder| holder != owner);
        if !matches!(&*service.spec.kind, "NodePort" | "LoadBalancer")
            || service.spec.allocate_load_balancer_node_ports == Some(false)
        {
            return errors;
        }
        let mut ports = service.spec.ports.to_vec();
        for (index, port) in ports.iter_mut().enumerate() {
            let (spec, number) = (Path::new("spec"), i64::from(port.node_port));
            let ports = spec.child("ports");
            let element = ports.index(index);
            let path = element.child("nodePort");
            if port.node_port == 0 {
                let before = old.and_then(|old| {
                    old.spec
                        .ports
                        .iter()
                        .find(|p| p.port == port.port && p.protocol == port.protocol)
                });
                port.node_port = before.map_or(0, |before| before.node_port);
            }
            if port.node_port == 0 {
                port.node_port = self.free_node_port(seed, owner, index);
            } else if !NODE_PORTS.contains(&port.node_port) {
                let detail = "provided port is not in the valid range. The range of valid ports is 30000-32767";
                errors.push(FieldError::invalid(&path, number, detail));
            } else if self
                .node_ports
                .get(&port.node_port)
                .is_some_and(|holder| holder != owner)
            {
                errors.push(FieldError::invalid(&path, number, "provided port is already allocated"));
            }
            self.node_ports.entry(port.node_port).or_insert_with(|| owner.clone());
        }
        service.spec.ports = ports.into();
        errors
    }

    fn free_node_port(&self, seed: u64, owner: &str, index: usize) -> i32 {
        let mut stream = Stream::new(seed, &["apiserver", owner, "nodePort", &index.to_string()]);
        let first = *NODE_PORTS.start() + NODE_PORTS_STATIC;
        let count = u64::from((*NODE_PORTS.end() - first + 1).unsigned_abs());
        loop {
            let port = first + i32::try_from(stream.below(count)).expect("ports have 16 bits");
            if !self.node_ports.contains_key(&port) {
                return port;
            }
        }
    }
}

fn parse_ipv4(text: &str) -> Option<u32> {
    text.parse::<std::net::Ipv4Addr>().ok().map(u32::from)
}

fn format_ipv4(number: u32) -> Str {
    std::net::Ipv4Addr::from(number).to_string().into()
}
