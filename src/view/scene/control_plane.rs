//! The control plane on stage: who wakes, who writes.

use super::{Place, Str};

/// What the strip above the nodes shows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ControlPlane {
    /// The controllers of the controller manager worth a chip, in a fixed order.
    pub controllers: Vec<ControllerView>,
    /// Pods next in turn.
    pub queue_active: u32,
    /// Pods waiting out a scheduling back-off.
    pub queue_backoff: u32,
    /// Pods that fit nowhere.
    pub queue_unschedulable: u32,
    /// The store's revision: every write moves it.
    pub revision: u64,
    /// What happened within the last second or so of playing, oldest first, ids ascending.
    pub pulses: Vec<Pulse>,
}

/// A controller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ControllerView {
    /// Upstream's name, without the word controller: `deployment`, `replicaset`.
    pub name: Str,
    /// Keys waiting in its work queue.
    pub queue_len: u32,
}

/// Something a component did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pulse {
    /// Ascending, never used twice.
    pub id: u64,
    /// When, nanoseconds.
    pub at_ns: u64,
    /// Who.
    pub actor: Actor,
    /// What.
    pub kind: PulseKind,
    /// The object it was about, where the picture knows it.
    pub about: Option<Place>,
}

/// Who did it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Actor {
    /// The user.
    User,
    /// The scheduler.
    Scheduler,
    /// A controller, by the name in [`ControllerView`].
    Controller(Str),
    /// The kubelet of a node.
    Kubelet(u64),
}

/// What was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum PulseKind {
    /// It woke to reconcile.
    Wake,
    /// It wrote to the API server.
    Write,
    /// The API server refused the write (conflict, forbidden, invalid).
    Refused,
}
