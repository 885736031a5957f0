//! The controllers: each watches some kinds, and makes the cluster as their specs say.
//!
//! A controller holds a queue of keys and what it counts along the way; all else it reads from the API when it works on a
//! key. It reads the API's present state and not an informer's older copy, so it needs no expectations.

pub mod conformance;
pub mod cronjob;
pub mod daemon;
pub mod deployment;
pub mod disruption;
pub mod endpoint;
pub mod endpointslice;
pub mod garbagecollector;
pub mod gateway;
mod history;
pub mod job;
pub mod namespace;
pub mod nodelifecycle;
mod owners;
pub mod podautoscaler;
pub mod podgc;
mod pods;
pub mod replicaset;
pub mod serviceaccount;
pub mod statefulset;
pub mod tainteviction;
mod tally;
pub mod ttlafterfinished;

use crate::api::labels::LabelSelector;
use crate::api::status::Status;
use crate::api::{Resource, Str};
use crate::apiserver::Key;
use crate::client::{Reconciler, work};

/// Whether a write was refused because the namespace is on its way out. Then there is nothing to do.
fn namespace_terminates(error: &Status) -> bool {
    error
        .details
        .causes
        .iter()
        .any(|cause| cause.reason == "NamespaceTerminating")
}

/// A selector as Go prints the struct.
fn go_selector(selector: Option<&LabelSelector>) -> String {
    let Some(selector) = selector else {
        return "nil".to_owned();
    };
    let labels = selector.match_labels.iter();
    let labels: String = labels.map(|(key, value)| format!("{key}: {value},")).collect();
    let expressions = selector.match_expressions.iter().map(|there| {
        let values: Vec<&str> = there.values.iter().map(AsRef::as_ref).collect();
        format!(
            "LabelSelectorRequirement{{Key:{},Operator:{},Values:[{}],}},",
            there.key,
            there.operator,
            values.join(" ")
        )
    });
    format!(
        "&LabelSelector{{MatchLabels:map[string]string{{{labels}}},MatchExpressions:[]LabelSelectorRequirement{{{}}},}}",
        expressions.collect::<String>()
    )
}

/// The key of `name` in the namespace of `object`.
fn sibling(object: &impl Resource, name: &Str) -> Key {
    Key {
        namespace: object.meta().namespace.clone(),
        name: name.clone(),
    }
}
