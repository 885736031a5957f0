//! Amounts of a node that the scores of resources look at.
// Models pkg/scheduler/framework/plugins/noderesources/resource_allocation.go.

use crate::api::Str;
use crate::api::core::{ResourceList, pod_requests_or};
use crate::scheduler::cache::{NodeInfo, PodInfo, default_requests, is_scalar_resource};

/// A resource that is scored, and what the pod asks of it.
#[derive(Clone, Debug)]
pub(super) struct Scored {
    name: Str,
    which: Which,
    asked: i64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Which {
    Cpu,
    Memory,
    EphemeralStorage,
    Scalar,
}

/// A resource of a node, the pod included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Use {
    /// What is asked of it without the pod.
    pub(super) before: i64,
    /// What is asked of it with the pod.
    pub(super) after: i64,
    /// What the node offers; 0 where the resource does not count.
    pub(super) allocatable: i64,
}

impl Scored {
    /// The resource `name` and what `pod` asks of it, with defaults where `defaulted`.
    pub(super) fn new(name: &Str, pod: &PodInfo, defaulted: bool) -> Self {
        let which = match &**name {
            "cpu" => Which::Cpu,
            "memory" => Which::Memory,
            "ephemeral-storage" => Which::EphemeralStorage,
            _ => Which::Scalar,
        };
        Self {
            name: name.clone(),
            which,
            asked: asked(which, name, pod, defaulted),
        }
    }

    /// Whether the pod asks nothing of it.
    pub(super) const fn is_unasked(&self) -> bool {
        self.asked == 0
    }

    /// How much of it is used on a node; CPU and memory with defaults where `defaulted`.
    pub(super) fn on(&self, node: &NodeInfo, defaulted: bool) -> Use {
        let none = Use {
            before: 0,
            after: 0,
            allocatable: 0,
        };
        let (offer, sum) = (&node.allocatable, &node.requested);
        let (allocatable, before) = match self.which {
            Which::Cpu => (
                offer.milli_cpu,
                if defaulted {
                    node.non_zero.milli_cpu
                } else {
                    sum.milli_cpu
                },
            ),
            Which::Memory => (offer.memory, if defaulted { node.non_zero.memory } else { sum.memory }),
            Which::EphemeralStorage => (offer.ephemeral_storage, sum.ephemeral_storage),
            Which::Scalar if self.asked == 0 && is_scalar_resource(&self.name) => return none,
            Which::Scalar => match offer.scalar(&self.name) {
                Some(offer) => (offer, sum.scalar(&self.name).unwrap_or_default()),
                None => return none,
            },
        };
        if allocatable == 0 {
            none
        } else {
            Use {
                before,
                after: before + self.asked,
                allocatable,
            }
        }
    }
}

/// What the pod asks of a resource.
// Models noderesources calculatePodResourceRequest.
fn asked(which: Which, name: &str, pod: &PodInfo, defaulted: bool) -> i64 {
    match which {
        Which::EphemeralStorage => pod.requests.ephemeral_storage,
        Which::Scalar => pod.requests.scalar(name).unwrap_or_default(),
        Which::Cpu if !defaulted => pod.requests.milli_cpu,
        Which::Memory if !defaulted => pod.requests.memory,
        // Unlike the sums of a node, a pod's own score counts a container's defaults even where the pod as a whole
        // requests the resource, but the pod's own request then replaces them.
        Which::Cpu => with_defaults(pod)
            .get("cpu")
            .map_or(0, |quantity| quantity.milli_value()),
        Which::Memory => with_defaults(pod).get("memory").map_or(0, |quantity| quantity.value()),
    }
}

fn with_defaults(pod: &PodInfo) -> ResourceList {
    pod_requests_or(&pod.pod.spec, &default_requests())
}
