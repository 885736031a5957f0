//! What admission and validation made of the pods of a template, kept for the next pod of the same template.
//!
//! A controller makes its pods from one shared spec. The first goes the whole way: defaults, admission, rules. The others
//! get the same result by comparing pointers, and share it: ten thousand pods of one template hold one spec.
//! What the result depends on besides the pod has a stamp, so nothing outdated is used: the revision of the last change of
//! anything that admission of pods looks at.

use crate::sim::btree::BTreeMap;
use std::rc::Rc;

use super::limit_ranger::rules::ANNOTATION;
use crate::api::Str;
use crate::api::core::{Pod, PodSpec};
use crate::api::labels::Labels;

/// Owners that are remembered at a time.
const OWNERS_MAX: usize = 4096;

/// By the uid of the owner.
#[derive(Clone, Debug, Default)]
pub(in crate::apiserver) struct KnownPods(BTreeMap<Str, Known>);

#[derive(Clone, Debug)]
struct Known {
    /// The spec as the controller sent it; holding it keeps its address from being used again.
    sent: Rc<PodSpec>,
    labels: Rc<Labels>,
    namespace: Str,
    stamp: u64,
    /// What became of it.
    spec: Rc<PodSpec>,
    note: Option<Str>,
}

/// A pod as it was sent.
pub(in crate::apiserver) struct Sent {
    spec: Rc<PodSpec>,
    owner: Str,
}

impl KnownPods {
    /// Completes a pod whose like was seen before. Gives the pod as it was sent where it must go the whole way.
    pub(in crate::apiserver) fn recall(&self, stamp: u64, pod: &mut Pod) -> Result<(), Option<Sent>> {
        let Some(owner) = pod.meta.controller().map(|owner| owner.uid.clone()) else {
            return Err(None);
        };
        let same = |known: &&Known| {
            Rc::ptr_eq(&known.sent, &pod.spec)
                && known.stamp == stamp
                && known.labels == pod.meta.labels
                && known.namespace == pod.meta.namespace
        };
        let Some(known) = self.0.get(&owner).filter(same) else {
            let spec = pod.spec.clone();
            return Err(Some(Sent { spec, owner }));
        };
        pod.spec = known.spec.clone();
        if let Some(note) = &known.note {
            pod.meta.set_annotation(ANNOTATION, note);
        }
        Ok(())
    }

    /// Remembers what became of a pod.
    pub(in crate::apiserver) fn learn(&mut self, stamp: u64, sent: Sent, pod: &Pod) {
        let known = Known {
            sent: sent.spec,
            labels: pod.meta.labels.clone(),
            namespace: pod.meta.namespace.clone(),
            stamp,
            spec: pod.spec.clone(),
            note: pod.meta.annotation(ANNOTATION).cloned(),
        };
        if self.0.len() >= OWNERS_MAX {
            self.0.clear();
        }
        self.0.insert(sent.owner, known);
    }
}
