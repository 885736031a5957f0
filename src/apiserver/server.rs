//! The API server: reads and writes of objects.

use crate::sim::btree::BTreeMap;
use std::hash::{Hash, Hasher};
use std::rc::Rc;

use super::admission::known_pods::KnownPods;
use super::store::{Change, Key, Store};
use super::{admission, delete, naming, strategy};
use crate::api::core::Pod;
use crate::api::status::{Reason, Status};
use crate::api::time::{MicroTime, Time};
use crate::api::{Kind, Object, Resource, Str};
use crate::sim::SimTime;

/// Who writes, and when.
#[derive(Clone, Copy, Debug)]
pub struct Caller {
    /// The component, as in `kubelet`; `user` for people.
    pub actor: &'static str,
    /// The instant of the write.
    pub now: SimTime,
}

/// Which part of an object an update means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subresource {
    /// Everything but the status.
    Main,
    /// The status alone.
    Status,
}

/// The store with its rules.
#[derive(Clone, Debug)]
pub struct ApiServer {
    pub(super) store: Store,
    pub(super) seed: u64,
    /// Wall clock at the cluster's start, in unix nanoseconds.
    epoch_ns: i64,
    /// How many uids were given out.
    pub(super) uid_count: u64,
    pub(super) addresses: super::allocator::Addresses,
    pub(super) known_pods: KnownPods,
    /// What the metrics APIs serve; none where there are none.
    pub(super) metrics: Option<BTreeMap<Key, super::PodMetrics>>,
}

/// Wall clock at the start of a cluster that names none: 2026-01-01T00:00:00Z.
const DEFAULT_EPOCH_SECONDS: i64 = 1_767_225_600;

impl ApiServer {
    /// An empty store. `seed` decides on uids and generated names.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self {
            store: Store::default(),
            seed,
            epoch_ns: DEFAULT_EPOCH_SECONDS * 1_000_000_000,
            uid_count: 0,
            addresses: super::allocator::Addresses::default(),
            known_pods: KnownPods::default(),
            metrics: None,
        }
    }

    /// Sets the wall clock at the cluster's start, in unix nanoseconds.
    pub fn set_epoch_ns(&mut self, epoch_ns: i64) {
        self.epoch_ns = epoch_ns;
    }

    /// The wall clock, in unix nanoseconds.
    #[must_use]
    pub fn wall_ns(&self, now: SimTime) -> i64 {
        self.epoch_ns.saturating_add(i64::try_from(now.0).unwrap_or(i64::MAX))
    }

    /// The wall clock in whole seconds, as objects carry it.
    #[must_use]
    pub fn time(&self, now: SimTime) -> Time {
        Time(self.wall_ns(now).div_euclid(1_000_000_000))
    }

    /// The wall clock in microseconds, as scheduler events carry it.
    #[must_use]
    pub fn micro_time(&self, now: SimTime) -> MicroTime {
        MicroTime(self.wall_ns(now).div_euclid(1000))
    }

    /// The virtual instant at which a whole second of the wall clock began; zero for times before the start.
    #[must_use]
    pub fn sim_time(&self, time: Time) -> SimTime {
        let ns = time.0.saturating_mul(1_000_000_000).saturating_sub(self.epoch_ns);
        SimTime(u64::try_from(ns).unwrap_or_default())
    }

    /// The revision of the last write.
    #[must_use]
    pub fn revision(&self) -> u64 {
        self.store.revision()
    }

    /// Changes after `revision`, oldest first; `None` when the log does not reach back so far.
    pub fn changes_after(&self, revision: u64) -> Option<impl Iterator<Item = &Change>> {
        self.store.changes_after(revision)
    }

    /// The object of that kind and name.
    #[must_use]
    pub fn get_object(&self, kind: Kind, key: &Key) -> Option<&Object> {
        self.store.get(kind, key)
    }

    /// The object of that namespace and name.
    #[must_use]
    pub fn get<T: Resource>(&self, namespace: &str, name: &str) -> Option<&Rc<T>> {
        T::of(self.store.get(T::KIND, &Key::new(namespace, name))?)
    }

    /// The object under `key`.
    #[must_use]
    pub fn get_key<T: Resource>(&self, key: &Key) -> Option<&Rc<T>> {
        T::of(self.store.get(T::KIND, key)?)
    }

    /// Objects of a kind in the order of their keys; of one namespace, where given.
    pub fn list_objects(&self, kind: Kind, namespace: Option<&str>) -> impl Iterator<Item = &Object> {
        self.store.list(kind, namespace)
    }

    /// Objects of type `T` in the order of their keys; of one namespace, where given.
    pub fn list<T: Resource>(&self, namespace: Option<&str>) -> impl Iterator<Item = &Rc<T>> {
        self.store.list(T::KIND, namespace).filter_map(T::of)
    }

    /// How many objects of a kind there are.
    #[must_use]
    pub fn count(&self, kind: Kind) -> usize {
        self.store.count(kind)
    }

    /// Objects that name `uid` among their owners.
    pub fn owned_by(&self, uid: &str) -> impl Iterator<Item = &Object> {
        self.store.owned_by(uid)
    }

    /// Pods bound to `node`.
    pub fn pods_on(&self, node: &str) -> impl Iterator<Item = &Rc<Pod>> {
        self.store.pods_on(node).filter_map(Pod::of)
    }

    /// Pods of a namespace that carry that label and value.
    pub fn pods_labelled(&self, namespace: &Str, key: &Str, value: &Str) -> impl Iterator<Item = &Rc<Pod>> {
        self.store.pods_labelled(namespace, key, value).filter_map(Pod::of)
    }

    /// Creates an object and gives the stored version.
    ///
    /// # Errors
    /// When the name is taken, the namespace absent, admission refuses or validation fails.
    pub fn create(&mut self, caller: &Caller, mut object: Object) -> Result<Object, Status> {
        strategy::prepare_for_create(&mut object);
        admission::namespace_for_create(self, &object)?;
        let sent = match &mut object {
            Object::Pod(pod) => self.known_pods.recall(self.store.policy_revision(), Rc::make_mut(pod)),
            _ => Err(None),
        };
        match sent {
            Ok(()) => self.admit_known(caller, &mut object)?,
            Err(sent) => {
                self.admit(caller, &mut object)?;
                if let (Some(sent), Object::Pod(pod)) = (sent, &object) {
                    self.known_pods.learn(self.store.policy_revision(), sent, pod);
                }
            }
        }
        object.meta_mut().creation_timestamp = Some(self.time(caller.now));
        let stored = self.store.put(caller.now, caller.actor, object);
        admission::quota::account(self, caller, None, Some(&stored));
        if let Object::Namespace(namespace) = &stored {
            admission::service_account::furnish_namespace(self, caller, &namespace.meta.name)?;
        }
        Ok(stored)
    }

    /// The way of a new object: defaults, mutating admission, name, rules, validating admission.
    fn admit(&mut self, caller: &Caller, object: &mut Object) -> Result<(), Status> {
        strategy::default(object);
        admission::mutate(self, object)?;
        self.name(object)?;
        strategy::complete(object, self.time(caller.now));
        self.or_give_back(object, |server, object| {
            // What cannot be allocated is often not valid either, which upstream looks at first.
            let allocated = server.allocate(object, None);
            strategy::validate_create(object)?;
            allocated?;
            admission::validate(server, object, server.time(caller.now))
        })
    }

    /// The rest of the way of a pod whose like was admitted before.
    fn admit_known(&mut self, caller: &Caller, object: &mut Object) -> Result<(), Status> {
        self.name(object)?;
        let now = self.time(caller.now);
        strategy::first_status(object, now);
        admission::quota::validate(self, object, None, now)
    }

    /// Gives a new object its name and uid.
    fn name(&mut self, object: &mut Object) -> Result<(), Status> {
        naming::name(self, object);
        object.meta_mut().uid = naming::uid(self.seed, &mut self.uid_count);
        let key = Key::of(object);
        match self.store.get(object.kind(), &key) {
            Some(old) => Err(Status::already_exists(
                object.kind(),
                &key.name,
                old.meta().is_terminating(),
            )),
            None => Ok(()),
        }
    }

    /// Updates an object: [`Subresource::Main`] leaves the status as it is, [`Subresource::Status`] everything else.
    ///
    /// A `resourceVersion` other than zero must be the stored one. An update that changes nothing writes nothing.
    ///
    /// # Errors
    /// When the object is absent or newer, admission refuses or validation fails.
    pub fn update(&mut self, caller: &Caller, mut object: Object, part: Subresource) -> Result<Object, Status> {
        let kind = object.kind();
        let key = Key::of(&object);
        let old = self
            .store
            .get(kind, &key)
            .cloned()
            .ok_or_else(|| Status::not_found(kind, &key.name))?;
        let version = object.meta().resource_version;
        if version.0 != 0 && version != old.meta().resource_version {
            return Err(Status::modified(kind, &key.name));
        }
        if !object.meta().uid.is_empty() && object.meta().uid != old.meta().uid {
            let why = format!(
                "Precondition failed: UID in precondition: {}, UID in object meta: {}",
                object.meta().uid,
                old.meta().uid
            );
            return Err(Status::conflict(kind, &key.name, &why));
        }
        strategy::prepare_for_update(&mut object, &old, part);
        if part == Subresource::Main {
            strategy::default(&mut object);
            admission::mutate_update(&mut object, &old);
            self.or_give_back(&mut object, |server, object| {
                let allocated = server.allocate(object, Some(&old));
                strategy::complete_update(object, &old);
                strategy::validate_update(object, &old)?;
                allocated?;
                admission::validate_update(server, object, &old, server.time(caller.now))
            })?;
        }
        Ok(self.write(caller, object, &old))
    }

    /// Takes a step that may reserve addresses, and gives them back when it fails.
    fn or_give_back(
        &mut self,
        object: &mut Object,
        step: impl FnOnce(&mut Self, &mut Object) -> Result<(), Status>,
    ) -> Result<(), Status> {
        let before = matches!(object, Object::Service(_)).then(|| self.addresses.clone());
        let result = step(self, object);
        if let (Err(_), Some(before)) = (&result, before) {
            self.addresses = before;
        }
        result
    }

    /// Binds a pod to a node, as the scheduler does.
    ///
    /// # Errors
    /// When the pod is absent, being deleted or bound already.
    // Models pkg/registry/core/pod/storage/storage.go BindingREST.
    pub fn bind(&mut self, caller: &Caller, key: &Key, node: &str) -> Result<Object, Status> {
        let pod = self
            .get_key::<Pod>(key)
            .cloned()
            .ok_or_else(|| Status::not_found(Pod::KIND, &key.name))?;
        if pod.meta.is_terminating() {
            let why = format!("pod {} is being deleted, cannot be assigned to a host", key.name);
            return Err(Status::conflict(Pod::KIND, &key.name, &why));
        }
        if !pod.spec.node_name.is_empty() {
            let why = format!(
                "pod {} is already assigned to node \"{}\"",
                key.name, pod.spec.node_name
            );
            return Err(Status::conflict(Pod::KIND, &key.name, &why));
        }
        let old = Object::Pod(pod.clone());
        let mut bound = (*pod).clone();
        Rc::make_mut(&mut bound.spec).node_name = node.into();
        admission::pod_topology_labels::admit(self, &mut bound);
        strategy::mark_scheduled(&mut bound, self.time(caller.now));
        Ok(self.write(caller, bound.into_object(), &old))
    }

    /// Deletes an object, or marks it for deletion where it has finalizers or a grace period.
    /// Gives the version that is left, or the last one with `true` when it is gone.
    ///
    /// # Errors
    /// When the object is absent, protected, or a precondition fails.
    pub fn delete(
        &mut self,
        caller: &Caller,
        kind: Kind,
        key: &Key,
        options: &super::DeleteOptions,
    ) -> Result<(Object, bool), Status> {
        delete::delete(self, caller, kind, key, options)
    }

    /// Takes a namespace out that is being deleted and was emptied.
    ///
    /// # Errors
    /// When it is absent.
    pub fn finalize_namespace(&mut self, caller: &Caller, name: &str) -> Result<(), Status> {
        delete::finalize_namespace(self, caller, name)
    }

    /// Stores a new version, or takes the object out when it waited only for its finalizers.
    pub(super) fn write(&mut self, caller: &Caller, object: Object, old: &Object) -> Object {
        let meta = object.meta();
        if meta.is_terminating()
            && meta.finalizers.is_empty()
            && delete::grace_is_over(meta)
            && !old.meta().finalizers.is_empty()
        {
            let key = Key::of(&object);
            self.release(&object);
            admission::quota::account(self, caller, Some(old), None);
            return self
                .store
                .remove(caller.now, caller.actor, object.kind(), &key)
                .unwrap_or(object);
        }
        if strategy::same_but_version(&object, old) {
            return old.clone();
        }
        let stored = self.store.put(caller.now, caller.actor, object);
        admission::quota::account(self, caller, Some(old), Some(&stored));
        stored
    }

    /// The hash of all objects: equal histories give equal hashes.
    #[must_use]
    pub fn state_hash(&self) -> u64 {
        let mut hasher = crate::sim::StableHasher::default();
        self.store.hash_into(&mut hasher);
        self.uid_count.hash(&mut hasher);
        hasher.finish()
    }

    /// Loads an object as it stands, its status included: for snapshots taken elsewhere.
    /// Nothing is defaulted, admitted or validated.
    ///
    /// # Errors
    /// When it has no name.
    pub fn load(&mut self, caller: &Caller, mut object: Object) -> Result<Object, Status> {
        if object.meta().name.is_empty() {
            return Err(Status::new(Reason::BadRequest, "name must be provided"));
        }
        if object.meta().uid.is_empty() {
            object.meta_mut().uid = naming::uid(self.seed, &mut self.uid_count);
        }
        Ok(self.store.put(caller.now, caller.actor, object))
    }
}
