//! A pod with what the scheduler needs of it worked out.

use std::rc::Rc;

use super::resource::Resource;
use super::terms::Terms;
use crate::api::Str;
use crate::api::component_helpers::pod_priority;
use crate::api::core::{Container, Pod, ResourceList, pod_level_requests_set, pod_requests, pod_requests_or};
use crate::api::quantity::Quantity;

/// CPU that a container counts for in scores when it requests none, in thousandths.
// Models pkg/scheduler/util/pod_resources.go DefaultMilliCPURequest.
const DEFAULT_MILLI_CPU_REQUEST: i64 = 100;
/// Memory that a container counts for in scores when it requests none, in bytes.
// Models pkg/scheduler/util/pod_resources.go DefaultMemoryRequest.
const DEFAULT_MEMORY_REQUEST: i64 = 200 * 1024 * 1024;

/// A port of the node that a pod takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostPort {
    ip: Str,
    protocol: Str,
    port: i32,
}

/// A pod and its demands.
// Models pkg/scheduler/framework/types.go PodInfo.
#[derive(Clone, Debug)]
pub struct PodInfo {
    /// The pod.
    pub pod: Rc<Pod>,
    /// What it requests.
    pub requests: Resource,
    /// What it counts for in scores, with defaults where it requests nothing.
    pub non_zero: NonZero,
    /// Ports of the node that it takes.
    pub host_ports: Vec<HostPort>,
    /// Affinity to other pods, where it has any.
    pub terms: Option<Rc<Terms>>,
}

/// CPU and memory with defaults for containers that request none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NonZero {
    /// Thousandths of a CPU.
    pub milli_cpu: i64,
    /// Bytes.
    pub memory: i64,
}

impl PodInfo {
    /// Works out what `pod` demands.
    #[must_use]
    pub fn new(pod: &Rc<Pod>) -> Self {
        let requests = pod_requests(&pod.spec);
        Self {
            non_zero: NonZero::of(pod, &requests),
            requests: Resource::of(&requests),
            host_ports: host_ports(pod),
            terms: Terms::of(pod).map(Rc::new),
            pod: pod.clone(),
        }
    }

    /// The same pod in a newer version. What depends on the spec alone is taken over where the spec is the same.
    #[must_use]
    pub fn updated(&self, pod: &Rc<Pod>) -> Self {
        let same = Rc::ptr_eq(&self.pod.spec, &pod.spec) || self.pod.spec == pod.spec;
        if same {
            Self {
                pod: pod.clone(),
                ..self.clone()
            }
        } else {
            Self::new(pod)
        }
    }

    /// The identity of the pod.
    #[must_use]
    pub fn uid(&self) -> &Str {
        &self.pod.meta.uid
    }

    /// Its priority.
    #[must_use]
    pub fn priority(&self) -> i32 {
        pod_priority(&self.pod)
    }
}

impl NonZero {
    // Models pkg/scheduler/framework/types.go PodInfo.CalculateResource and getNonMissingContainerRequests.
    fn of(pod: &Pod, requests: &ResourceList) -> Self {
        let mut defaults = default_requests();
        if pod_level_requests_set(&pod.spec) {
            defaults.retain(|name, _| !requests.contains_key(name));
        }
        let counted = pod_requests_or(&pod.spec, &defaults);
        Self {
            milli_cpu: counted.get("cpu").map(Quantity::milli_value).unwrap_or_default(),
            memory: counted.get("memory").map(Quantity::value).unwrap_or_default(),
        }
    }
}

/// The requests that count for a container which names none.
#[must_use]
pub fn default_requests() -> ResourceList {
    ResourceList::from([
        ("cpu".into(), Quantity::from_milli(DEFAULT_MILLI_CPU_REQUEST)),
        ("memory".into(), Quantity::from_value(DEFAULT_MEMORY_REQUEST)),
    ])
}

/// The address that means all of the node's.
const ALL_ADDRESSES: &str = "0.0.0.0";

impl HostPort {
    /// Whether both cannot be had on one node.
    // Models k8s.io/kube-scheduler/framework HostPortInfo.CheckConflict.
    #[must_use]
    pub fn conflicts(&self, other: &Self) -> bool {
        self.port == other.port
            && self.protocol == other.protocol
            && (self.ip == other.ip || &*self.ip == ALL_ADDRESSES || &*other.ip == ALL_ADDRESSES)
    }
}

// Models pkg/scheduler/util/utils.go GetHostPorts.
fn host_ports(pod: &Pod) -> Vec<HostPort> {
    let sidecars = pod
        .spec
        .init_containers
        .iter()
        .filter(|container| &*container.restart_policy == "Always");
    sidecars.chain(pod.spec.containers.iter()).flat_map(ports_of).collect()
}

fn ports_of(container: &Container) -> impl Iterator<Item = HostPort> {
    container
        .ports
        .iter()
        .filter(|port| port.host_port > 0)
        .map(|port| HostPort {
            ip: if port.host_ip.is_empty() {
                ALL_ADDRESSES.into()
            } else {
                port.host_ip.clone()
            },
            protocol: if port.protocol.is_empty() {
                "TCP".into()
            } else {
                port.protocol.clone()
            },
            port: port.host_port,
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_conflict_by_number_protocol_and_address() {
        let port = |ip: &str, protocol: &str, port| HostPort {
            ip: ip.into(),
            protocol: protocol.into(),
            port,
        };
        let used = port("127.0.0.1", "TCP", 80);
        for (wanted, want) in [
            (port("127.0.0.1", "TCP", 80), true),
            (port("127.0.0.2", "TCP", 80), false),
            (port("0.0.0.0", "TCP", 80), true),
            (port("127.0.0.1", "UDP", 80), false),
            (port("127.0.0.1", "TCP", 81), false),
        ] {
            assert_eq!(wanted.conflicts(&used), want, "{wanted:?}");
            assert_eq!(used.conflicts(&wanted), want, "{wanted:?}");
        }
    }
}
