//! Counts of the pods of each ReplicaSet, kept up from the log of changes, so that a sync need not visit all its pods.

use crate::sim::btree::{BTreeMap, BTreeSet};
use std::rc::Rc;

use crate::api::apps::ReplicaSet;
use crate::api::core::Pod;
use crate::api::labels::{LabelSelector, Labels, Selector};
use crate::api::time::Time;
use crate::api::{Resource, Str};
use crate::apiserver::{ApiServer, Key};
use crate::sim::Duration;

const SECOND_NS: i64 = 1_000_000_000;

/// What is known of the pods of all ReplicaSets. It says what the API says at the moment of [`Tally::catch_up`].
#[derive(Clone, Debug, Default)]
pub(super) struct Tally {
    /// The revision up to which changes were counted.
    seen: u64,
    sets: BTreeMap<Str, Owned>,
    /// Pods without a controller.
    strays: BTreeSet<Key>,
}

/// Counts of the pods that one ReplicaSet controls.
#[derive(Clone, Debug)]
pub(super) struct Owned {
    selector: Option<Rc<LabelSelector>>,
    matcher: Selector,
    template_labels: Rc<Labels>,
    counts: Counts,
    /// Active pods that are ready, by the second since when.
    ready: BTreeMap<Option<Time>, i32>,
    /// Pods that the selector does not match any more.
    foreign: BTreeSet<Key>,
}

/// Counts of pods that match the selector.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Counts {
    /// Neither finished nor being deleted.
    pub(super) active: i32,
    /// Active with all labels of the template.
    pub(super) fully_labeled: i32,
    /// Active and ready.
    pub(super) ready: i32,
    /// Active, and ready for long enough.
    pub(super) available: i32,
    /// Being deleted and not finished.
    pub(super) terminating: i32,
    /// When the next ready pod becomes available.
    pub(super) next_available: Option<Duration>,
}

impl Tally {
    /// Counts what changed since the last time.
    pub(super) fn catch_up(&mut self, api: &ApiServer) {
        let revision = api.revision();
        if revision == self.seen {
            return;
        }
        let first = self.seen == 0;
        match api.changes_after(self.seen) {
            Some(changes) if !first => {
                for change in changes {
                    if let Some(pod) = change.old.as_ref().and_then(Pod::of) {
                        self.count(pod, -1);
                    }
                    let there = change.verb != crate::apiserver::Verb::Deleted;
                    if let Some(pod) = Pod::of(&change.object).filter(|_| there) {
                        self.count(pod, 1);
                    }
                }
            }
            _ => {
                self.sets.clear();
                let strays = api.list::<Pod>(None).filter(|pod| pod.meta.controller().is_none());
                self.strays = strays.map(|pod| key_of(pod)).collect();
            }
        }
        self.seen = revision;
    }

    /// What is known of the pods of `set`; counted anew where its selector or labels changed.
    /// None where its selector cannot be read.
    pub(super) fn of(&mut self, api: &ApiServer, set: &ReplicaSet) -> Option<&Owned> {
        self.catch_up(api);
        let known = self.sets.get(&set.meta.uid);
        if known.is_none_or(|owned| !owned.is_of(set)) {
            let pods = api.owned_by(&set.meta.uid).filter_map(Pod::of);
            let pods = pods.filter(|pod| super::owners::is_controlled_by(&***pod, set));
            let owned = Owned::of_pods(set, pods.map(|pod| &**pod))?;
            self.sets.insert(set.meta.uid.clone(), owned);
        }
        self.sets.get(&set.meta.uid)
    }

    /// What was known of the pods of a ReplicaSet at the last [`Tally::of`].
    pub(super) fn known(&self, uid: &Str) -> Option<&Owned> {
        self.sets.get(uid)
    }

    /// Pods of a namespace that have no controller.
    pub(super) fn strays<'a>(&'a self, namespace: &'a Str) -> impl Iterator<Item = &'a Key> {
        self.strays
            .range(Key::new(namespace, "")..)
            .take_while(move |key| key.namespace == *namespace)
    }

    /// Forgets a ReplicaSet that is gone.
    pub(super) fn forget(&mut self, uid: &Str) {
        self.sets.remove(uid);
    }

    fn count(&mut self, pod: &Pod, sign: i32) {
        match pod.meta.controller() {
            Some(owner) => {
                if let Some(owned) = self.sets.get_mut(&owner.uid) {
                    owned.count(pod, sign);
                }
            }
            None if sign > 0 => {
                self.strays.insert(key_of(pod));
            }
            None => {
                self.strays.remove(&key_of(pod));
            }
        }
    }
}

impl Owned {
    fn new(set: &ReplicaSet) -> Option<Self> {
        Some(Self {
            matcher: Selector::from_label_selector(set.spec.selector.as_deref()).ok()?,
            selector: set.spec.selector.clone(),
            template_labels: set.spec.template.meta.labels.clone(),
            counts: Counts::default(),
            ready: BTreeMap::new(),
            foreign: BTreeSet::new(),
        })
    }

    /// The counts of these pods.
    pub(super) fn of_pods<'a>(set: &ReplicaSet, pods: impl IntoIterator<Item = &'a Pod>) -> Option<Self> {
        let mut owned = Self::new(set)?;
        for pod in pods {
            owned.count(pod, 1);
        }
        Some(owned)
    }

    fn is_of(&self, set: &ReplicaSet) -> bool {
        self.selector == set.spec.selector && self.template_labels == set.spec.template.meta.labels
    }

    /// Which pods belong to it.
    pub(super) const fn matcher(&self) -> &Selector {
        &self.matcher
    }

    /// Pods that it controls and its selector does not match.
    pub(super) const fn foreign(&self) -> &BTreeSet<Key> {
        &self.foreign
    }

    /// The counts at a moment of the wall clock, given in nanoseconds.
    // Models pkg/api/v1/pod/util.go IsPodAvailable, pkg/controller/controller_utils.go FindMinNextPodAvailabilityCheck
    pub(super) fn counts(&self, min_ready_seconds: i32, now_ns: i64) -> Counts {
        let mut counts = self.counts;
        for (since, pods) in &self.ready {
            counts.ready += pods;
            let wait_ns = since.map_or(1, |since| (since.0 + i64::from(min_ready_seconds)) * SECOND_NS - now_ns);
            if min_ready_seconds == 0 || wait_ns <= 0 {
                counts.available += pods;
            } else if since.is_some() {
                let wait = Duration(wait_ns.unsigned_abs());
                counts.next_available = Some(counts.next_available.map_or(wait, |next| next.min(wait)));
            }
        }
        counts
    }

    fn count(&mut self, pod: &Pod, sign: i32) {
        if !self.matcher.matches(&pod.meta.labels) {
            if sign > 0 {
                self.foreign.insert(key_of(pod));
            } else {
                self.foreign.remove(&key_of(pod));
            }
            return;
        }
        if !pod.is_active() {
            self.counts.terminating += if pod.is_finished() { 0 } else { sign };
            return;
        }
        self.counts.active += sign;
        let labels = &pod.meta.labels;
        if Rc::ptr_eq(labels, &self.template_labels) || contains(labels, &self.template_labels) {
            self.counts.fully_labeled += sign;
        }
        if pod.is_ready() {
            let since = pod
                .status
                .condition("Ready")
                .and_then(|ready| ready.last_transition_time);
            let pods = self.ready.entry(since).or_default();
            *pods += sign;
            if *pods == 0 {
                self.ready.remove(&since);
            }
        }
    }
}

fn contains(labels: &Labels, wanted: &Labels) -> bool {
    wanted.iter().all(|(key, value)| labels.get(key) == Some(value))
}

fn key_of(pod: &Pod) -> Key {
    Key {
        namespace: pod.meta.namespace.clone(),
        name: pod.meta.name.clone(),
    }
}
