//! Amounts of resources as plain integers.

use crate::api::Str;
use crate::api::core::ResourceList;
use crate::api::names::is_qualified_name;
use crate::api::quantity::Quantity;

/// Amounts of the resources that the scheduler counts.
// Models pkg/scheduler/framework/types.go Resource.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Resource {
    /// Thousandths of a CPU.
    pub milli_cpu: i64,
    /// Bytes.
    pub memory: i64,
    /// Bytes.
    pub ephemeral_storage: i64,
    /// How many pods a node takes; used for what a node offers only.
    pub allowed_pods: i64,
    /// All others, by name.
    scalars: Vec<(Str, i64)>,
}

impl Resource {
    /// The amounts of a list.
    #[must_use]
    pub fn of(list: &ResourceList) -> Self {
        let mut resource = Self::default();
        for (name, quantity) in list {
            resource.set(name, quantity);
        }
        resource
    }

    fn set(&mut self, name: &Str, quantity: &Quantity) {
        match &**name {
            "cpu" => self.milli_cpu = quantity.milli_value(),
            "memory" => self.memory = quantity.value(),
            "ephemeral-storage" => self.ephemeral_storage = quantity.value(),
            "pods" => self.allowed_pods = quantity.value(),
            other if is_scalar_resource(other) => self.scalars.push((name.clone(), quantity.value())),
            _ => {}
        }
    }

    /// Whether nothing is asked for.
    #[must_use]
    pub const fn is_zero(&self) -> bool {
        self.milli_cpu == 0 && self.memory == 0 && self.ephemeral_storage == 0 && self.scalars.is_empty()
    }

    /// All but CPU, memory, storage and pods, in the order of their names.
    #[must_use]
    pub fn scalars(&self) -> &[(Str, i64)] {
        &self.scalars
    }

    /// The amount of a scalar, if it is there.
    #[must_use]
    pub fn scalar(&self, name: &str) -> Option<i64> {
        self.scalars
            .iter()
            .find(|(known, _)| **known == *name)
            .map(|(_, amount)| *amount)
    }

    /// Adds `other`, or takes it away where `sign` is -1.
    pub fn add(&mut self, other: &Self, sign: i64) {
        self.milli_cpu += sign * other.milli_cpu;
        self.memory += sign * other.memory;
        self.ephemeral_storage += sign * other.ephemeral_storage;
        for (name, amount) in &other.scalars {
            match self.scalars.iter_mut().find(|(known, _)| known == name) {
                Some((_, sum)) => *sum += sign * amount,
                None => self.scalars.push((name.clone(), sign * amount)),
            }
        }
    }
}

/// Whether a resource other than CPU, memory and storage is counted.
// Models pkg/scheduler/util/utils.go IsScalarResourceName.
#[must_use]
pub fn is_scalar_resource(name: &str) -> bool {
    is_extended_resource(name)
        || name.starts_with("hugepages-")
        || name.contains("kubernetes.io/")
        || name.starts_with("attachable-volumes-")
}

/// Whether a resource is one that a cluster adds, as in `example.com/gpu`.
// Models pkg/apis/core/v1/helper/helpers.go IsExtendedResourceName.
#[must_use]
pub fn is_extended_resource(name: &str) -> bool {
    let native = !name.contains('/') || name.contains("kubernetes.io/");
    !native && !name.starts_with("requests.") && is_qualified_name(&format!("requests.{name}")).is_empty()
}
