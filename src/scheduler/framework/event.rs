//! What happened in the cluster that might let a refused pod in.

use std::rc::Rc;

use crate::api::Object;
use crate::api::core::{Node, Pod, pod_requests};
use crate::api::meta::Condition;

/// What an event is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// A pod on a node.
    AssignedPod,
    /// A pod that waits.
    UnscheduledPod,
    /// A node.
    Node,
    /// A volume, claim or class.
    Storage,
}

/// What happened to it, as a set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Action(pub u32);

impl Action {
    /// It is new.
    pub const ADD: Self = Self(1);
    /// It is gone.
    pub const DELETE: Self = Self(1 << 1);
    /// A change that no plugin asks for.
    pub const OTHER_UPDATE: Self = Self(1 << 2);
    /// A node offers other amounts.
    pub const NODE_ALLOCATABLE: Self = Self(1 << 3);
    /// A node has other labels.
    pub const NODE_LABEL: Self = Self(1 << 4);
    /// A node has other taints, or was uncordoned.
    pub const NODE_TAINT: Self = Self(1 << 5);
    /// A node's conditions or annotations changed.
    pub const NODE_OTHER: Self = Self(1 << 6);
    /// A pod has other labels.
    pub const POD_LABEL: Self = Self(1 << 7);
    /// A pod requests less.
    pub const POD_SCALE_DOWN: Self = Self(1 << 8);
    /// A pod tolerates more or less.
    pub const POD_TOLERATION: Self = Self(1 << 9);
    /// A pod lost its last gate.
    pub const POD_GATES_GONE: Self = Self(1 << 10);

    /// Both.
    #[must_use]
    pub const fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether the sets meet.
    #[must_use]
    pub const fn meets(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }
}

/// Events that a plugin wants to hear of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Interest {
    /// Of pods, placed or not.
    Pod(Action),
    /// Of nodes.
    Node(Action),
    /// Of volumes, claims and classes.
    Storage(Action),
}

/// Something that happened.
// Models k8s.io/kube-scheduler/framework ClusterEvent.
#[derive(Clone, Debug)]
pub struct ClusterEvent {
    /// What it is about.
    pub subject: Subject,
    /// What happened.
    pub action: Action,
    /// The version before.
    pub old: Option<Object>,
    /// The version after.
    pub new: Option<Object>,
}

impl ClusterEvent {
    /// A pod on a node came, changed or went.
    #[must_use]
    pub const fn assigned_pod(action: Action, old: Option<Object>, new: Option<Object>) -> Self {
        Self {
            subject: Subject::AssignedPod,
            action,
            old,
            new,
        }
    }

    /// Whether the event is one of those that a plugin asked for.
    // Models pkg/scheduler/framework/types.go MatchClusterEvents.
    #[must_use]
    pub const fn interests(&self, interest: Interest) -> bool {
        match (interest, self.subject) {
            (Interest::Pod(action), Subject::AssignedPod | Subject::UnscheduledPod)
            | (Interest::Node(action), Subject::Node)
            | (Interest::Storage(action), Subject::Storage) => action.meets(self.action),
            _ => false,
        }
    }

    /// The pod before, where the event is about one.
    #[must_use]
    pub fn old_pod(&self) -> Option<&Rc<Pod>> {
        self.old.as_ref().and_then(<Pod as crate::api::Resource>::of)
    }

    /// The pod after, where the event is about one.
    #[must_use]
    pub fn new_pod(&self) -> Option<&Rc<Pod>> {
        self.new.as_ref().and_then(<Pod as crate::api::Resource>::of)
    }

    /// The node before, where the event is about one.
    #[must_use]
    pub fn old_node(&self) -> Option<&Rc<Node>> {
        self.old.as_ref().and_then(<Node as crate::api::Resource>::of)
    }

    /// The node after, where the event is about one.
    #[must_use]
    pub fn new_node(&self) -> Option<&Rc<Node>> {
        self.new.as_ref().and_then(<Node as crate::api::Resource>::of)
    }
}

/// What changed between two versions of a pod.
// Models pkg/scheduler/framework/events.go PodSchedulingPropertiesChange.
#[must_use]
pub fn pod_changes(old: &Pod, new: &Pod) -> Vec<Action> {
    let mut changes = Vec::new();
    if old.meta.labels != new.meta.labels {
        changes.push(Action::POD_LABEL);
    }
    if requests_less(old, new) {
        changes.push(Action::POD_SCALE_DOWN);
    }
    if new.spec.scheduling_gates.is_empty() && !old.spec.scheduling_gates.is_empty() {
        changes.push(Action::POD_GATES_GONE);
    }
    if old.spec.tolerations.len() != new.spec.tolerations.len() {
        changes.push(Action::POD_TOLERATION);
    }
    if changes.is_empty() {
        changes.push(Action::OTHER_UPDATE);
    }
    changes
}

fn requests_less(old: &Pod, new: &Pod) -> bool {
    if Rc::ptr_eq(&old.spec, &new.spec)
        || old.spec.containers == new.spec.containers && old.spec.resources == new.spec.resources
    {
        return false;
    }
    let (old, new) = (pod_requests(&old.spec), pod_requests(&new.spec));
    old.iter()
        .any(|(name, before)| new.get(name).is_none_or(|now| before > now))
}

/// What changed between two versions of a node.
// Models pkg/scheduler/framework/events.go NodeSchedulingPropertiesChange.
#[must_use]
pub fn node_changes(old: &Node, new: &Node) -> Vec<Action> {
    let statuses = |node: &Node| -> Vec<_> {
        let pair = |condition: &Condition| (condition.kind.clone(), condition.status.clone());
        node.status.conditions.iter().map(pair).collect()
    };
    let mut changes = Vec::new();
    let mut note = |changed: bool, action| {
        if changed {
            changes.push(action);
        }
    };
    note(old.spec.unschedulable && !new.spec.unschedulable, Action::NODE_TAINT);
    note(
        old.status.allocatable != new.status.allocatable,
        Action::NODE_ALLOCATABLE,
    );
    note(old.meta.labels != new.meta.labels, Action::NODE_LABEL);
    note(old.spec.taints != new.spec.taints, Action::NODE_TAINT);
    note(
        statuses(old) != statuses(new) || old.meta.annotations != new.meta.annotations,
        Action::NODE_OTHER,
    );
    changes
}
