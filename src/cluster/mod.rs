//! Wiring: builds the components, routes events, takes commands, answers queries.

mod components;
mod metering;
mod network;
mod pods;
mod rest;
mod run;

use crate::api::time::Time;
use crate::apiserver::ApiServer;
use crate::client::{Delays, Event};
use crate::sim::{EventQueue, SimTime};

use components::Components;
pub use metering::{MetricsSource, SetUsage};
pub use network::Trip;

/// What a cluster is built from.
#[derive(Clone, Debug, Default)]
pub struct Config {
    /// Decides on every random choice.
    pub seed: u64,
    /// Delays that Kubernetes does not define.
    pub delays: Delays,
    /// The wall clock at the start.
    pub start_time: Option<Time>,
}

/// A whole cluster: the API server, the components and what is going to happen.
///
/// A clone is a checkpoint: run on, both have the same history.
#[derive(Clone, Debug)]
pub struct Cluster {
    now: SimTime,
    api: ApiServer,
    queue: EventQueue<Event>,
    components: Components,
    network: network::Network,
    metering: metering::Metering,
    seed: u64,
    delays: Delays,
    /// The revision up to which changes were handed to the watchers.
    routed: u64,
    /// How many events were handled since the start.
    events: u64,
}

impl Cluster {
    /// A cluster at its start, with its namespaces and without nodes.
    #[must_use]
    pub fn new(config: Config) -> Self {
        let mut cluster = Self {
            now: SimTime::ZERO,
            api: ApiServer::new(config.seed),
            queue: EventQueue::default(),
            components: Components::default(),
            network: network::Network::default(),
            metering: metering::Metering::default(),
            seed: config.seed,
            delays: config.delays,
            routed: 0,
            events: 0,
        };
        if let Some(time) = config.start_time {
            cluster.api.set_epoch_ns(time.0.saturating_mul(1_000_000_000));
        }
        cluster.start();
        cluster
    }

    /// The instant.
    #[must_use]
    pub const fn now(&self) -> SimTime {
        self.now
    }

    /// The objects.
    #[must_use]
    pub const fn api(&self) -> &ApiServer {
        &self.api
    }

    /// The scheduler: its queue and its reasons.
    #[must_use]
    pub const fn scheduler(&self) -> &crate::scheduler::Scheduler {
        &self.components.scheduler
    }

    /// The controllers: name, and how many keys wait in its queue.
    pub fn controllers(&self) -> impl Iterator<Item = (&'static str, u64)> {
        let all = Components::IDS.iter().map(|id| self.components.get(*id));
        all.filter_map(|component| Some((component.name(), component.queue_length()?)))
    }

    /// The kubelets: the clocks, logs and processes of their containers.
    #[must_use]
    pub const fn kubelets(&self) -> &crate::kubelet::Kubelets {
        &self.components.kubelet
    }

    /// The wait of a Job before it replaces its failed pods; none where it does not wait.
    #[must_use]
    pub fn job_retry(&self, job: &crate::api::batch::Job) -> Option<crate::controller::job::Retry> {
        self.components.job.retry(job, self.api.wall_ns(self.now))
    }

    /// How many events were handled since the start.
    #[must_use]
    pub const fn events(&self) -> u64 {
        self.events
    }

    /// The hash of the whole state: equal histories give equal hashes.
    #[must_use]
    pub fn state_hash(&self) -> u64 {
        use std::hash::Hasher;
        let mut hasher = crate::sim::StableHasher::default();
        hasher.write_u64(self.now.0);
        hasher.write_u64(self.events);
        hasher.write_u64(self.api.state_hash());
        self.components.kubelet.hash_data(&mut hasher);
        hasher.finish()
    }
}
