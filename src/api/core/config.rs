//! Namespaces and configuration.

use crate::sim::btree::BTreeMap;
use std::rc::Rc;

use crate::api::Str;
use crate::api::meta::{Condition, ObjectMeta};

lean! {
    /// A namespace.
    pub struct Namespace {
        meta: ObjectMeta = "metadata" 'always,
        status: NamespaceStatus = "status",
    }

    /// What a namespace is going through.
    pub struct NamespaceStatus {
        phase: Str = "phase",
        conditions: Rc<[Condition]> = "conditions",
    }

    /// Configuration in plain text.
    pub struct ConfigMap {
        meta: ObjectMeta = "metadata" 'always,
        data: Rc<BTreeMap<Str, Str>> = "data",
        /// Base64, as in JSON.
        binary_data: Rc<BTreeMap<Str, Str>> = "binaryData",
        immutable: bool = "immutable",
    }

    /// Configuration that is not to be shown.
    pub struct Secret {
        meta: ObjectMeta = "metadata" 'always,
        kind: Str = "type",
        /// Base64, as in JSON.
        data: Rc<BTreeMap<Str, Str>> = "data",
        immutable: bool = "immutable",
    }
}
