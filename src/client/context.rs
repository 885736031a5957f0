//! What a component has in hand while it handles something.

use super::{ComponentId, Delays, Message};
use crate::api::status::Status;
use crate::api::time::{MicroTime, Time};
use crate::api::{Kind, Object, Resource};
use crate::apiserver::{ApiServer, Caller, DeleteOptions, Key, Subresource};
use crate::sim::{Class, Duration, EventQueue, SimTime, Stream, TimerKey};

/// What waits in the cluster's queue besides timers.
#[derive(Clone, Debug)]
pub enum Event {
    /// The change of that revision reaches a watcher.
    Deliver(ComponentId, u64),
    /// A message reaches a component.
    Message(ComponentId, Box<Message>),
}

/// The world as a component sees it at one instant.
pub struct Ctx<'a> {
    /// The instant.
    pub now: SimTime,
    /// The API server. Writes go through the methods below, which name the writer.
    pub api: &'a mut ApiServer,
    /// Delays that Kubernetes does not define.
    pub delays: &'a Delays,
    /// The seed of all streams.
    pub seed: u64,
    /// The component's name.
    pub name: &'static str,
    /// The component's number.
    pub id: ComponentId,
    /// What is going to happen.
    pub queue: &'a mut EventQueue<Event>,
}

impl Ctx<'_> {
    /// The wall clock in whole seconds.
    #[must_use]
    pub fn time(&self) -> Time {
        self.api.time(self.now)
    }

    /// The wall clock in microseconds.
    #[must_use]
    pub fn micro_time(&self) -> MicroTime {
        self.api.micro_time(self.now)
    }

    /// The stream of randomness of this component for `object` and `purpose`.
    #[must_use]
    pub fn stream(&self, object: &str, purpose: &str) -> Stream {
        Stream::new(self.seed, &[self.name, object, purpose])
    }

    /// Arms a timer of this component, replacing the one under the same key.
    pub fn arm(&mut self, purpose: u8, object: u64, at: SimTime) {
        self.queue.arm(self.key(purpose, object), at.max(self.now));
    }

    /// Arms a timer of this component unless one under the same key is due sooner.
    pub fn arm_earlier(&mut self, purpose: u8, object: u64, at: SimTime) {
        self.queue.arm_earlier(self.key(purpose, object), at.max(self.now));
    }

    /// Takes a timer of this component back.
    pub fn disarm(&mut self, purpose: u8, object: u64) {
        self.queue.disarm(self.key(purpose, object));
    }

    /// When a timer of this component is due.
    #[must_use]
    pub fn due(&self, purpose: u8, object: u64) -> Option<SimTime> {
        self.queue.due(self.key(purpose, object))
    }

    const fn key(&self, purpose: u8, object: u64) -> TimerKey {
        TimerKey {
            owner: self.id.0,
            purpose,
            object,
        }
    }

    /// Sends a message that arrives after `delay`.
    pub fn send(&mut self, to: ComponentId, delay: Duration, message: Message) {
        self.queue
            .push(self.now + delay, Class::Message, Event::Message(to, Box::new(message)));
    }

    /// This component as a writer.
    #[must_use]
    pub const fn caller(&self) -> Caller {
        Caller {
            actor: self.name,
            now: self.now,
        }
    }

    /// Creates an object.
    ///
    /// # Errors
    /// As [`ApiServer::create`].
    pub fn create<T: Resource>(&mut self, object: T) -> Result<Object, Status> {
        self.api.create(&self.caller(), object.into_object())
    }

    /// Creates an object of any kind.
    ///
    /// # Errors
    /// As [`ApiServer::create`].
    pub fn create_object(&mut self, object: Object) -> Result<Object, Status> {
        self.api.create(&self.caller(), object)
    }

    /// Updates everything but the status.
    ///
    /// # Errors
    /// As [`ApiServer::update`].
    pub fn update<T: Resource>(&mut self, object: T) -> Result<Object, Status> {
        self.api.update(&self.caller(), object.into_object(), Subresource::Main)
    }

    /// Updates everything but the status of an object of any kind.
    ///
    /// # Errors
    /// As [`ApiServer::update`].
    pub fn update_object(&mut self, object: Object) -> Result<Object, Status> {
        self.api.update(&self.caller(), object, Subresource::Main)
    }

    /// Updates the status.
    ///
    /// # Errors
    /// As [`ApiServer::update`].
    pub fn update_status<T: Resource>(&mut self, object: T) -> Result<Object, Status> {
        self.api
            .update(&self.caller(), object.into_object(), Subresource::Status)
    }

    /// Deletes an object. Gives whether it is gone at once.
    ///
    /// # Errors
    /// As [`ApiServer::delete`].
    pub fn delete(&mut self, kind: Kind, key: &Key, options: &DeleteOptions) -> Result<bool, Status> {
        let caller = self.caller();
        self.api.delete(&caller, kind, key, options).map(|(_, gone)| gone)
    }

    /// Takes a namespace out that is being deleted and was emptied.
    ///
    /// # Errors
    /// As [`ApiServer::finalize_namespace`].
    pub fn finalize_namespace(&mut self, name: &str) -> Result<(), Status> {
        let caller = self.caller();
        self.api.finalize_namespace(&caller, name)
    }
}
