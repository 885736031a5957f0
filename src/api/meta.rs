//! What every object has: metadata, owners, conditions, references.

use std::rc::Rc;

use super::Str;
use super::labels::Labels;
use super::time::Time;

lean! {
    /// `metadata` of an object.
    pub struct ObjectMeta {
        name: Str = "name",
        generate_name: Str = "generateName",
        namespace: Str = "namespace",
        uid: Str = "uid",
        /// The store's revision of the last write; grows over the whole cluster. Text in JSON.
        resource_version: Revision = "resourceVersion",
        generation: i64 = "generation",
        creation_timestamp: Option<Time> = "creationTimestamp",
        deletion_timestamp: Option<Time> = "deletionTimestamp",
        deletion_grace_period_seconds: Option<i64> = "deletionGracePeriodSeconds",
        labels: Rc<Labels> = "labels",
        annotations: Rc<Labels> = "annotations",
        owner_references: Rc<[OwnerReference]> = "ownerReferences",
        finalizers: Rc<[Str]> = "finalizers",
    }

    /// An owner of an object.
    pub struct OwnerReference {
        api_version: Str = "apiVersion" 'always,
        kind: Str = "kind" 'always,
        name: Str = "name" 'always,
        uid: Str = "uid" 'always,
        controller: bool = "controller",
        block_owner_deletion: bool = "blockOwnerDeletion",
    }

    /// A condition of a workload's status.
    pub struct Condition {
        kind: Str = "type" 'always,
        status: Str = "status" 'always,
        observed_generation: i64 = "observedGeneration",
        last_probe_time: Option<Time> = "lastProbeTime",
        last_update_time: Option<Time> = "lastUpdateTime",
        last_transition_time: Option<Time> = "lastTransitionTime",
        reason: Str = "reason",
        message: Str = "message",
    }

    /// A reference to an object of any kind.
    pub struct ObjectReference {
        api_version: Str = "apiVersion",
        kind: Str = "kind",
        namespace: Str = "namespace",
        name: Str = "name",
        uid: Str = "uid",
        resource_version: Str = "resourceVersion",
        field_path: Str = "fieldPath",
    }

    /// A reference to an object by name, in the same namespace.
    pub struct LocalObjectReference {
        name: Str = "name",
    }
}

/// The number behind `resourceVersion`; 0 is none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Revision(pub u64);

impl super::lean::Field for Revision {
    fn get(&self) -> Option<serde_json::Value> {
        (self.0 != 0).then(|| serde_json::Value::String(self.0.to_string()))
    }

    fn set(&mut self, value: serde_json::Value) -> Result<(), super::lean::DecodeError> {
        let text = value.as_str().unwrap_or_default();
        // A version from elsewhere that is no number of ours is no version.
        self.0 = text.parse().unwrap_or_default();
        Ok(())
    }
}

impl ObjectMeta {
    /// The owner that controls this object.
    #[must_use]
    pub fn controller(&self) -> Option<&OwnerReference> {
        self.owner_references.iter().find(|owner| owner.controller)
    }

    /// The value of label `key`.
    #[must_use]
    pub fn label(&self, key: &str) -> Option<&Str> {
        self.labels.get(key)
    }

    /// The value of annotation `key`.
    #[must_use]
    pub fn annotation(&self, key: &str) -> Option<&Str> {
        self.annotations.get(key)
    }

    /// Sets label `key`.
    pub fn set_label(&mut self, key: &str, value: &str) {
        Rc::make_mut(&mut self.labels).insert(key.into(), value.into());
    }

    /// Sets annotation `key`.
    pub fn set_annotation(&mut self, key: &str, value: &str) {
        Rc::make_mut(&mut self.annotations).insert(key.into(), value.into());
    }

    /// Whether a deletion was asked for.
    #[must_use]
    pub const fn is_terminating(&self) -> bool {
        self.deletion_timestamp.is_some()
    }
}

impl Condition {
    /// A condition that changed `now`.
    #[must_use]
    pub fn new(kind: &str, status: bool, reason: &str, message: &str, now: Time) -> Self {
        Self {
            kind: kind.into(),
            status: if status { "True" } else { "False" }.into(),
            last_transition_time: Some(now),
            reason: reason.into(),
            message: message.into(),
            ..Self::default()
        }
    }

    /// Whether its status is `True`.
    #[must_use]
    pub fn is_true(&self) -> bool {
        &*self.status == "True"
    }
}

/// The condition of type `kind`.
#[must_use]
pub fn find_condition<'a>(conditions: &'a [Condition], kind: &str) -> Option<&'a Condition> {
    conditions.iter().find(|condition| &*condition.kind == kind)
}
