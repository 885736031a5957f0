//! Tables of objects, their indexes and the log of changes.

use crate::sim::btree::{BTreeMap, BTreeSet};
use std::collections::VecDeque;

use crate::api::core::Pod;
use crate::api::{Kind, Object, Resource, Str};
use crate::sim::SimTime;

/// Where an object stands in its table. Order is that of etcd: namespace, then name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    /// Namespace; empty for kinds outside namespaces.
    pub namespace: Str,
    /// Name.
    pub name: Str,
}

/// What happened to an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Verb {
    /// It is new.
    Added,
    /// It is another version.
    Modified,
    /// It is gone.
    Deleted,
}

/// One write: what a watch tells.
#[derive(Clone, Debug)]
pub struct Change {
    /// The store's revision after it.
    pub revision: u64,
    /// When.
    pub at: SimTime,
    /// Who wrote.
    pub actor: &'static str,
    /// What happened.
    pub verb: Verb,
    /// The version before; none for [`Verb::Added`].
    pub old: Option<Object>,
    /// The version after; for [`Verb::Deleted`] the last one, with the revision of its deletion.
    pub object: Object,
}

/// How many changes the log keeps: watches that start later list first.
const LOG_LENGTH: usize = 65_536;

/// All objects.
#[derive(Clone, Debug, Default)]
pub(super) struct Store {
    tables: BTreeMap<Kind, BTreeMap<Key, Object>>,
    /// Objects by the uid of the owners that they name.
    by_owner: BTreeMap<Str, BTreeSet<(Kind, Key)>>,
    /// Pods by node.
    pods_by_node: BTreeMap<Str, BTreeSet<Key>>,
    /// Pods by namespace, label and value.
    pods_by_label: BTreeMap<(Str, Str, Str), BTreeSet<Key>>,
    log: VecDeque<Change>,
    revision: u64,
    /// The revision of the last change of a kind that admission of pods looks at.
    policy_revision: u64,
}

/// Kinds that decide what becomes of a new pod.
const POLICIES: [Kind; 4] = [
    Kind::named("", "ServiceAccount"),
    Kind::named("", "LimitRange"),
    Kind::named("scheduling.k8s.io", "PriorityClass"),
    Kind::named("node.k8s.io", "RuntimeClass"),
];

impl Key {
    /// The key of that namespace and name.
    #[must_use]
    pub fn new(namespace: &str, name: &str) -> Self {
        Self {
            namespace: namespace.into(),
            name: name.into(),
        }
    }

    /// The key of `object`.
    #[must_use]
    pub fn of(object: &Object) -> Self {
        let meta = object.meta();
        Self {
            namespace: meta.namespace.clone(),
            name: meta.name.clone(),
        }
    }
}

impl std::fmt::Display for Key {
    /// `namespace/name`, or the name alone outside namespaces.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.namespace.is_empty() {
            f.write_str(&self.name)
        } else {
            write!(f, "{}/{}", self.namespace, self.name)
        }
    }
}

impl Store {
    pub(super) const fn revision(&self) -> u64 {
        self.revision
    }

    pub(super) const fn policy_revision(&self) -> u64 {
        self.policy_revision
    }

    pub(super) fn get(&self, kind: Kind, key: &Key) -> Option<&Object> {
        self.tables.get(&kind)?.get(key)
    }

    /// Objects of a kind in the order of their keys; of one namespace, where given.
    pub(super) fn list(&self, kind: Kind, namespace: Option<&str>) -> impl Iterator<Item = &Object> {
        let from = Key::new(namespace.unwrap_or_default(), "");
        let wanted = namespace.map(Str::from);
        let table = self.tables.get(&kind);
        table
            .into_iter()
            .flat_map(move |table| table.range(from.clone()..))
            .take_while(move |(key, _)| wanted.as_ref().is_none_or(|namespace| key.namespace == *namespace))
            .map(|(_, object)| object)
    }

    pub(super) fn count(&self, kind: Kind) -> usize {
        self.tables.get(&kind).map_or(0, BTreeMap::len)
    }

    pub(super) fn owned_by(&self, uid: &str) -> impl Iterator<Item = &Object> {
        let keys = self.by_owner.get(uid).into_iter().flatten();
        keys.filter_map(|(kind, key)| self.get(*kind, key))
    }

    pub(super) fn pods_on(&self, node: &str) -> impl Iterator<Item = &Object> {
        let keys = self.pods_by_node.get(node).into_iter().flatten();
        keys.filter_map(|key| self.get(Pod::KIND, key))
    }

    pub(super) fn pods_labelled(&self, namespace: &Str, key: &Str, value: &Str) -> impl Iterator<Item = &Object> {
        let entry = (namespace.clone(), key.clone(), value.clone());
        let keys = self.pods_by_label.get(&entry).into_iter().flatten();
        keys.filter_map(|key| self.get(Pod::KIND, key))
    }

    /// Changes after `revision`, oldest first; none when the log does not reach back so far.
    pub(super) fn changes_after(&self, revision: u64) -> Option<impl Iterator<Item = &Change>> {
        let first = self.log.front().map_or(self.revision + 1, |change| change.revision);
        if revision + 1 < first {
            return None;
        }
        let from = self.log.partition_point(|change| change.revision <= revision);
        Some(self.log.range(from..))
    }

    /// Stores `object` under a new revision and gives the stored version.
    pub(super) fn put(&mut self, at: SimTime, actor: &'static str, mut object: Object) -> Object {
        self.revision += 1;
        object.meta_mut().resource_version.0 = self.revision;
        let key = Key::of(&object);
        let old = self
            .tables
            .entry(object.kind())
            .or_default()
            .insert(key.clone(), object.clone());
        if let Some(old) = &old {
            if !same_index_entries(old, &object) {
                self.unindex(old, &key);
                self.index(&object, &key);
            }
        } else {
            self.index(&object, &key);
        }
        let verb = if old.is_some() { Verb::Modified } else { Verb::Added };
        self.append(Change {
            revision: self.revision,
            at,
            actor,
            verb,
            old,
            object: object.clone(),
        });
        object
    }

    /// Takes an object out.
    pub(super) fn remove(&mut self, at: SimTime, actor: &'static str, kind: Kind, key: &Key) -> Option<Object> {
        let old = self.tables.get_mut(&kind)?.remove(key)?;
        self.unindex(&old, key);
        self.revision += 1;
        let mut object = old.clone();
        object.meta_mut().resource_version.0 = self.revision;
        let change = Change {
            revision: self.revision,
            at,
            actor,
            verb: Verb::Deleted,
            old: Some(old),
            object: object.clone(),
        };
        self.append(change);
        Some(object)
    }

    fn append(&mut self, change: Change) {
        if POLICIES.contains(&change.object.kind()) {
            self.policy_revision = change.revision;
        }
        if self.log.len() == LOG_LENGTH {
            self.log.pop_front();
        }
        self.log.push_back(change);
    }

    fn index(&mut self, object: &Object, key: &Key) {
        for owner in object.meta().owner_references.iter() {
            self.by_owner
                .entry(owner.uid.clone())
                .or_default()
                .insert((object.kind(), key.clone()));
        }
        if let Some(pod) = Pod::of(object) {
            if !pod.spec.node_name.is_empty() {
                self.pods_by_node
                    .entry(pod.spec.node_name.clone())
                    .or_default()
                    .insert(key.clone());
            }
            for (label, value) in pod.meta.labels.iter() {
                let entry = (key.namespace.clone(), label.clone(), value.clone());
                self.pods_by_label.entry(entry).or_default().insert(key.clone());
            }
        }
    }

    fn unindex(&mut self, object: &Object, key: &Key) {
        for owner in object.meta().owner_references.iter() {
            take_out(&mut self.by_owner, &owner.uid, &(object.kind(), key.clone()));
        }
        if let Some(pod) = Pod::of(object) {
            take_out(&mut self.pods_by_node, &pod.spec.node_name, key);
            for (label, value) in pod.meta.labels.iter() {
                let entry = (key.namespace.clone(), label.clone(), value.clone());
                take_out(&mut self.pods_by_label, &entry, key);
            }
        }
    }

    /// Feeds every object into `hasher`.
    pub(super) fn hash_into(&self, hasher: &mut impl std::hash::Hasher) {
        use std::hash::Hash;
        self.revision.hash(hasher);
        for (kind, table) in &self.tables {
            // The number of a kind may change with the table of kinds; its name does not.
            kind.info().resource().hash(hasher);
            for object in table.values() {
                object.hash(hasher);
            }
        }
    }
}

fn same_index_entries(old: &Object, new: &Object) -> bool {
    let (a, b) = (old.meta(), new.meta());
    let node = |object: &Object| Pod::of(object).map(|pod| pod.spec.node_name.clone());
    a.owner_references == b.owner_references && a.labels == b.labels && node(old) == node(new)
}

fn take_out<K: Ord, V: Ord>(index: &mut BTreeMap<K, BTreeSet<V>>, key: &K, value: &V) {
    if let Some(set) = index.get_mut(key) {
        set.remove(value);
        if set.is_empty() {
            index.remove(key);
        }
    }
}
