//! A node as it is drawn.

use super::Str;

/// A node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeView {
    /// Stable for the life of the node.
    pub id: u64,
    /// Its name.
    pub name: Str,
    /// Its zone (`topology.kubernetes.io/zone`), or empty.
    pub zone: Str,
    /// Its Ready condition.
    pub state: NodeState,
    /// Whether it is cordoned (`spec.unschedulable`).
    pub cordoned: bool,
    /// Taints, without those that a cordon or a lost node puts there.
    pub taint_count: u32,
    /// The first pressure condition that holds (`MemoryPressure` ...), or empty.
    pub pressure: Str,
    /// CPU in thousandths of a core.
    pub cpu: Usage,
    /// Memory in bytes.
    pub memory: Usage,
    /// Pods.
    pub pods: Usage,
}

impl NodeView {
    /// A ready, empty node.
    #[must_use]
    pub fn new(id: u64, name: Str) -> Self {
        Self {
            id,
            name,
            zone: Str::from(""),
            state: NodeState::Ready,
            cordoned: false,
            taint_count: 0,
            pressure: Str::from(""),
            cpu: Usage::default(),
            memory: Usage::default(),
            pods: Usage::default(),
        }
    }
}

/// A node's Ready condition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NodeState {
    /// True.
    Ready,
    /// False.
    NotReady,
    /// Unknown: the kubelet has stopped reporting.
    Unknown,
}

/// How much of a resource is spoken for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Requested by the pods on the node.
    pub requested: u64,
    /// What the node offers.
    pub allocatable: u64,
}

impl Usage {
    /// The requested share in thousandths, 1000 at most.
    #[must_use]
    pub fn permille(self) -> u64 {
        if self.allocatable == 0 {
            return 0;
        }
        (u128::from(self.requested) * 1000 / u128::from(self.allocatable)).min(1000) as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_bounded() {
        assert_eq!(
            Usage {
                requested: 1500,
                allocatable: 4000
            }
            .permille(),
            375
        );
        assert_eq!(
            Usage {
                requested: u64::MAX,
                allocatable: u64::MAX
            }
            .permille(),
            1000
        );
        assert_eq!(
            Usage {
                requested: 5,
                allocatable: 4
            }
            .permille(),
            1000
        );
        assert_eq!(
            Usage {
                requested: 5,
                allocatable: 0
            }
            .permille(),
            0
        );
    }
}
