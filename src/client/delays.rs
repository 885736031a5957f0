//! Delays that Kubernetes does not define. A scenario may set others.

use crate::sim::Duration;

/// How long things take that depend on machines and networks.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Delays {
    /// From a write to the moment its watchers hear of it: a local network and a busy informer.
    pub watch: Duration,
    /// A write of a component until its next step: the round trip to the API server.
    pub api_call: Duration,
    /// One scheduling cycle with its binding.
    pub scheduling: Duration,
    /// Creation of a pod's sandbox with its network.
    pub sandbox: Duration,
    /// From the order to start a container to its running.
    pub container_start: Duration,
    /// Pull of an image whose size the catalogue does not know.
    pub image_pull: Duration,
    /// A failing pull until its error.
    pub image_pull_error: Duration,
    /// One network hop.
    pub hop: Duration,
    /// What a storage system takes to make, to grow or to delete a volume.
    pub provision: Duration,
    /// What it takes to attach a volume to a node, or to detach it.
    pub attach: Duration,
}

impl Default for Delays {
    /// Measured on a small real cluster: three nodes on one machine.
    fn default() -> Self {
        Self {
            watch: Duration::from_millis(3),
            api_call: Duration::from_millis(5),
            scheduling: Duration::from_millis(4),
            sandbox: Duration::from_millis(150),
            container_start: Duration::from_millis(60),
            image_pull: Duration::from_millis(1200),
            image_pull_error: Duration::from_millis(900),
            hop: Duration::from_millis(1),
            // As the drivers of clouds take for a small disk.
            provision: Duration::from_millis(2500),
            attach: Duration::from_millis(2000),
        }
    }
}
