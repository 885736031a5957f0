//! Pods whose turn is over, and for which something is still to happen.

use std::rc::Rc;

use super::cache::PodInfo;
use super::explain::Explanation;
use super::preemption::Candidate;
use super::queue::Waiting;
use crate::api::Str;
use crate::apiserver::Key;
use crate::sim::SimTime;

/// A pod with the node that was chosen for it.
#[derive(Clone, Debug)]
pub(super) struct Bound {
    pub(super) waiting: Waiting,
    pub(super) node: Str,
    pub(super) explanation: Explanation,
}

/// A pod whose volumes are on their way.
#[derive(Clone, Debug)]
pub(super) struct VolumeWait {
    pub(super) bound: Bound,
    /// Claims for which a volume is made.
    pub(super) provisioned: Vec<Key>,
    /// Claims that get a volume which lay ready, with the volume.
    pub(super) claimed: Vec<(Key, Str)>,
    /// When it has waited too long.
    pub(super) until: SimTime,
}

/// Room that is about to be made for a pod.
#[derive(Clone, Debug)]
pub(super) struct Preemption {
    pub(super) pod: Rc<PodInfo>,
    pub(super) candidate: Candidate,
}
