//! The class of service of a pod.

use crate::sim::btree::BTreeMap;

use crate::api::Str;
use crate::api::core::{PodSpec, ResourceList};
use crate::api::quantity::Quantity;

const COMPUTE: [&str; 2] = ["cpu", "memory"];

/// `Guaranteed` when all containers have limits of CPU and memory that equal their requests, `BestEffort` when none has
/// any, else `Burstable`. Resources of the pod as a whole count instead of its containers'.
// Models pkg/apis/core/v1/helper/qos/qos.go ComputePodQOS.
#[must_use]
pub fn qos_class(spec: &PodSpec) -> &'static str {
    let (mut requests, mut limits) = (Sums::default(), Sums::default());
    let mut guaranteed = true;
    if let Some(resources) = &spec.resources {
        requests.add(&resources.requests);
        limits.add(&resources.limits);
        guaranteed = resources.limits.is_empty() || has_all(&resources.limits);
    } else {
        for container in spec.containers.iter().chain(spec.init_containers.iter()) {
            requests.add(&container.resources.requests);
            limits.add(&container.resources.limits);
            guaranteed &= has_all(&container.resources.limits);
        }
    }
    if requests.0.is_empty() && limits.0.is_empty() {
        "BestEffort"
    } else if guaranteed && requests == limits {
        "Guaranteed"
    } else {
        "Burstable"
    }
}

/// Sums of CPU and memory above zero.
#[derive(Default, PartialEq)]
struct Sums(BTreeMap<Str, Quantity>);

impl Sums {
    fn add(&mut self, list: &ResourceList) {
        for (name, amount) in positive(list) {
            let sum = self.0.entry(name.clone()).or_default();
            sum.add(amount);
        }
    }
}

fn positive(list: &ResourceList) -> impl Iterator<Item = (&Str, &Quantity)> {
    list.iter()
        .filter(|(name, amount)| COMPUTE.contains(&&***name) && amount.sign() > 0)
}

fn has_all(limits: &ResourceList) -> bool {
    positive(limits).count() == COMPUTE.len()
}
