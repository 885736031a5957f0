//! A cluster's API for cases of one sync: objects as they stand, and a controller let loose on them.

use serde_json::Value;

use crate::api::core::Namespace;
use crate::api::{Object, Resource};
use crate::apiserver::{ApiServer, Caller, Change};
use crate::client::{ComponentId, Ctx, Delays, Event};
use crate::sim::{EventQueue, SimTime};

/// The API and what a controller needs beside it.
pub(super) struct World {
    api: ApiServer,
    delays: Delays,
    queue: EventQueue<Event>,
    /// The revision of the last object that was loaded.
    loaded: u64,
}

impl World {
    /// A world with the default namespace at a moment of the wall clock, in nanoseconds.
    pub(super) fn new(now_ns: i64) -> Result<Self, String> {
        let mut api = ApiServer::new(0);
        api.set_epoch_ns(now_ns);
        let mut world = Self {
            api,
            delays: Delays::default(),
            queue: EventQueue::default(),
            loaded: 0,
        };
        let mut namespace = Namespace::default();
        namespace.meta.name = "default".into();
        let caller = world.ctx().caller();
        let created = world.api.create(&caller, namespace.into_object());
        created.map_err(|error| error.message)?;
        Ok(world)
    }

    /// Loads an object as it stands; its namespace is the default one.
    pub(super) fn load<T: Resource>(&mut self, mut object: T) -> Result<(), String> {
        object.meta_mut().namespace = "default".into();
        let caller = Caller {
            actor: "user",
            now: SimTime::ZERO,
        };
        let stored = self.api.load(&caller, object.into_object());
        stored.map_err(|error| error.message)?;
        self.loaded = self.api.revision();
        Ok(())
    }

    /// What a controller is handed.
    pub(super) fn ctx(&mut self) -> Ctx<'_> {
        Ctx {
            now: SimTime::ZERO,
            api: &mut self.api,
            delays: &self.delays,
            seed: 0,
            name: "controller",
            id: ComponentId(0),
            queue: &mut self.queue,
        }
    }

    pub(super) const fn api(&self) -> &ApiServer {
        &self.api
    }

    /// What the controller wrote.
    pub(super) fn changes(&self) -> impl Iterator<Item = &Change> {
        self.api.changes_after(self.loaded).into_iter().flatten()
    }

    /// The objects of a kind that the controller made.
    pub(super) fn created<T: Resource>(&self) -> impl Iterator<Item = &Object> {
        let made = |change: &&Change| change.verb == crate::apiserver::Verb::Added && change.object.kind() == T::KIND;
        self.changes().filter(made).map(|change| &change.object)
    }
}

/// The clock of a case, in nanoseconds; fractions of a second count.
pub(super) fn now_ns(case: &Value) -> Result<i64, String> {
    let text = case["now"].as_str().unwrap_or("1970-01-01T00:00:00Z");
    let seconds = crate::api::time::Time::parse(text)?.0;
    let fraction = text.split_once('.').map_or("", |(_, fraction)| fraction);
    let digits: String = fraction.chars().take_while(char::is_ascii_digit).take(9).collect();
    let ns: i64 = format!("{digits:0<9}")
        .parse()
        .map_err(|_| format!("no time: {text}"))?;
    Ok(seconds * 1_000_000_000 + ns)
}
