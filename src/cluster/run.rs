//! The event loop.

use super::Cluster;
use super::components::Components;
use crate::api::core::{Namespace, Node};
use crate::api::meta::ObjectMeta;
use crate::api::status::Status;
use crate::api::{Kind, Object, Resource, Str};
use crate::apiserver::{Caller, DeleteOptions, Key, Subresource};
use crate::client::{ComponentId, ContainerFault, Ctx, Event, Message};
use crate::sim::{Class, Duration, Fired, SimTime};

/// Namespaces that every cluster has.
const NAMESPACES: [&str; 4] = ["default", "kube-node-lease", "kube-public", "kube-system"];

impl Cluster {
    pub(super) fn start(&mut self) {
        for name in NAMESPACES {
            let meta = ObjectMeta {
                name: name.into(),
                ..ObjectMeta::default()
            };
            let namespace = Namespace {
                meta,
                ..Namespace::default()
            };
            let caller = Caller {
                actor: "kube-apiserver",
                now: self.now,
            };
            self.api
                .create(&caller, namespace.into_object())
                .expect("an empty store takes a namespace");
        }
        for id in Components::IDS {
            self.enter(*id, |component, ctx| component.start(ctx));
        }
        self.route();
    }

    /// When something happens next.
    pub fn next_at(&mut self) -> Option<SimTime> {
        self.queue.next_at()
    }

    /// Handles the next event, if one is due by `until`; says whether there was one.
    pub fn step(&mut self, until: SimTime) -> bool {
        if self.queue.next_at().is_none_or(|at| at > until) {
            return false;
        }
        let Some((at, fired)) = self.queue.pop() else {
            return false;
        };
        assert!(at >= self.now, "an event lies in the past");
        self.now = at;
        self.events += 1;
        match fired {
            Fired::Timer(key) if key.owner == super::network::OWNER => self.on_network_timer(key.purpose, key.object),
            Fired::Timer(key) => {
                if key.owner == Components::AUTOSCALER {
                    self.refresh_metrics();
                }
                self.enter(ComponentId(key.owner), |component, ctx| {
                    component.on_timer(ctx, key.purpose, key.object);
                });
            }
            Fired::Event(Event::Message(to, message)) => {
                self.enter(to, |component, ctx| component.on_message(ctx, &message));
            }
            Fired::Event(Event::Deliver(to, revision)) => self.deliver(to, revision),
        }
        self.route();
        self.serve_effects();
        true
    }

    /// Runs up to and including `until`.
    pub fn run_until(&mut self, until: SimTime) {
        while self.step(until) {}
        self.now = self.now.max(until);
    }

    fn deliver(&mut self, to: ComponentId, revision: u64) {
        let change = self
            .api
            .changes_after(revision - 1)
            .and_then(|mut changes| changes.next().cloned());
        let change = change.expect("the log reaches back to every change under way");
        self.enter(to, |component, ctx| component.on_change(ctx, &change));
    }

    fn enter(&mut self, id: ComponentId, act: impl FnOnce(&mut dyn crate::client::Component, &mut Ctx<'_>)) {
        let component = self.components.get_mut(id);
        let mut ctx = Ctx {
            now: self.now,
            api: &mut self.api,
            delays: &self.delays,
            seed: self.seed,
            name: component.name(),
            id,
            queue: &mut self.queue,
        };
        act(component, &mut ctx);
    }

    /// Schedules the delivery of new changes to their watchers.
    pub(super) fn route(&mut self) {
        let Some(changes) = self.api.changes_after(self.routed) else {
            return;
        };
        let at = self.now + self.delays.watch;
        for change in changes {
            self.routed = change.revision;
            for id in Components::IDS {
                let component = self.components.get_mut(*id);
                if component.watches().contains(&change.object.kind()) && component.wants(change) {
                    self.queue
                        .push(at, Class::Delivery, Event::Deliver(*id, change.revision));
                }
            }
        }
    }

    pub(super) const fn user(&self) -> Caller {
        Caller {
            actor: "user",
            now: self.now,
        }
    }

    /// Creates an object, as a person does.
    ///
    /// # Errors
    /// As the API server.
    pub fn create(&mut self, object: Object) -> Result<Object, Status> {
        let caller = self.user();
        let result = self.api.create(&caller, object);
        self.route();
        result
    }

    /// Updates an object, as a person does.
    ///
    /// # Errors
    /// As the API server.
    pub fn update(&mut self, object: Object, part: Subresource) -> Result<Object, Status> {
        let caller = self.user();
        let result = self.api.update(&caller, object, part);
        self.route();
        result
    }

    /// Deletes an object, as a person does. Gives what is left, and whether it is gone.
    ///
    /// # Errors
    /// As the API server.
    pub fn delete(&mut self, kind: Kind, key: &Key, options: &DeleteOptions) -> Result<(Object, bool), Status> {
        let caller = self.user();
        let result = self.api.delete(&caller, kind, key, options);
        self.route();
        result
    }

    /// Evicts a pod, as a person does.
    ///
    /// # Errors
    /// As [`crate::apiserver::ApiServer::evict`].
    pub fn evict(&mut self, key: &Key, options: &DeleteOptions) -> Result<(), Status> {
        let caller = self.user();
        let result = self.api.evict(&caller, key, options);
        self.route();
        result
    }

    /// Stores an object as it stands, its status included.
    ///
    /// # Errors
    /// As the API server.
    pub fn load(&mut self, object: Object) -> Result<Object, Status> {
        let caller = self.user();
        let result = self.api.load(&caller, object);
        self.route();
        result
    }

    /// Adds a node that has been up for a while: registered, ready, without a trace of how it came.
    ///
    /// # Errors
    /// As the API server.
    pub fn add_node(&mut self, node: &Node) -> Result<Object, Status> {
        let index = u32::try_from(self.api.count(Node::KIND)).unwrap_or(u32::MAX);
        let node = crate::kubelet::settled(node, index, self.api.time(self.now));
        self.load(node.into_object())
    }

    /// Turns a node's machine on or off.
    pub fn set_node_power(&mut self, node: &Str, on: bool) {
        self.set_node_power_after(Duration::ZERO, node, on);
    }

    /// Turns a node's machine on or off after a while.
    pub fn set_node_power_after(&mut self, delay: Duration, node: &Str, on: bool) {
        self.broadcast(delay, &Message::NodePower { node: node.clone(), on });
    }

    /// Turns a storage system, by its CSI driver, or a file server on or off after a while.
    pub fn set_storage_power_after(&mut self, delay: Duration, name: &Str, on: bool) {
        self.broadcast(delay, &Message::StoragePower { name: name.clone(), on });
    }

    /// Puts a fault on a container of a pod.
    pub fn fault(&mut self, namespace: &Str, pod: &Str, container: &Str, what: ContainerFault) {
        let (namespace, pod, container) = (namespace.clone(), pod.clone(), container.clone());
        let message = Message::Fault {
            namespace,
            pod,
            container,
            what,
        };
        self.broadcast(Duration::ZERO, &message);
    }

    /// Sends a message to every component: those whom it does not concern leave it.
    fn broadcast(&mut self, delay: Duration, message: &Message) {
        for id in Components::IDS {
            let event = Event::Message(*id, Box::new(message.clone()));
            self.queue.push(self.now + delay, Class::Command, event);
        }
    }
}
