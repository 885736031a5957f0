//! The cluster as a picture wants it: plain structs, no web types, no floats, no Kubernetes objects.
//!
//! One [`Scene`] stands for one state of the cluster and never changes. Whoever fills it makes a new one when the
//! state has changed and shares with the last one every [`Rc`] whose content is the same: the picture compares by
//! pointer, so a step that touches one pod of 150,000 costs the picture one pod. Between two states the picture needs
//! only the playing time: everything that moves with time (arcs, ticks, requests) carries its own instants.

pub mod control_plane;
pub mod network;
pub mod node;
pub mod owner;
pub mod pod;

use std::rc::Rc;

pub use control_plane::{Actor, ControlPlane, ControllerView, Pulse, PulseKind};
pub use network::{EndpointView, IngressView, Outcome, Place, RequestView, ServiceView, Waypoint};
pub use node::{NodeState, NodeView, Usage};
pub use owner::{Fact, Gauge, Mood, OwnerView};
pub use pod::{
    ArcKind, ArcView, ContainerKind, ContainerState, ContainerView, PodState, PodView, ProbeKind, ProbeTick, QueueKind,
};

/// Shared text.
pub type Str = Rc<str>;

/// One state of the cluster, ready to be drawn.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scene {
    /// The instant this state holds from, in nanoseconds of cluster time.
    pub now_ns: u64,
    /// Nodes in ascending order of id. Small consecutive ids make lookups quickest.
    pub nodes: Vec<Rc<NodeView>>,
    /// Pods in ascending order of id. A pod keeps its id from creation to removal and no other pod ever gets it.
    pub pods: Vec<Rc<PodView>>,
    /// Services in ascending order of id.
    pub services: Vec<Rc<ServiceView>>,
    /// Ingresses in ascending order of id.
    pub ingresses: Vec<Rc<IngressView>>,
    /// Workloads in ascending order of id.
    pub owners: Vec<Rc<OwnerView>>,
    /// Requests under way, and those that ended within the last few seconds.
    pub requests: Vec<Rc<RequestView>>,
    /// The scheduler, the controllers and the API server.
    pub control_plane: ControlPlane,
}

impl Scene {
    /// The pod of this id.
    #[must_use]
    pub fn pod(&self, id: u64) -> Option<&Rc<PodView>> {
        self.pods
            .binary_search_by_key(&id, |pod| pod.id)
            .ok()
            .map(|index| &self.pods[index])
    }

    /// The node of this id.
    #[must_use]
    pub fn node(&self, id: u64) -> Option<&Rc<NodeView>> {
        self.nodes
            .binary_search_by_key(&id, |node| node.id)
            .ok()
            .map(|index| &self.nodes[index])
    }

    /// The service of this id.
    #[must_use]
    pub fn service(&self, id: u64) -> Option<&Rc<ServiceView>> {
        self.services
            .binary_search_by_key(&id, |service| service.id)
            .ok()
            .map(|index| &self.services[index])
    }

    /// The workload of this id.
    #[must_use]
    pub fn owner(&self, id: u64) -> Option<&Rc<OwnerView>> {
        self.owners
            .binary_search_by_key(&id, |owner| owner.id)
            .ok()
            .map(|index| &self.owners[index])
    }

    /// The ingress of this id.
    #[must_use]
    pub fn ingress(&self, id: u64) -> Option<&Rc<IngressView>> {
        self.ingresses
            .binary_search_by_key(&id, |ingress| ingress.id)
            .ok()
            .map(|index| &self.ingresses[index])
    }
}
