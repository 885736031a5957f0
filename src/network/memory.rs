//! What the network remembers between connections.

use crate::sim::btree::BTreeMap;

use crate::api::Str;
use crate::sim::{SimTime, Stream};

/// Counts that choices depend on. Each Service has its own, so that traffic to one does not shift the choices of another.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Memory {
    /// Connections so far, by what was chosen for.
    connections: BTreeMap<Str, u64>,
    /// Whose turn it is, by the backend of an Ingress.
    turns: BTreeMap<Str, u64>,
    /// The endpoint that a client keeps, by Service port and client.
    affinities: BTreeMap<(Str, Str), Affinity>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Affinity {
    endpoint: Str,
    until: SimTime,
}

impl Memory {
    /// The stream of randomness of the next connection to `what`.
    pub(super) fn draw(&mut self, seed: u64, component: &str, what: &str) -> Stream {
        let count = self.connections.entry(what.into()).or_default();
        *count += 1;
        Stream::new(seed, &[component, what, &count.to_string()])
    }

    /// The next turn of a backend of an Ingress.
    pub(super) fn turn(&mut self, backend: &str) -> u64 {
        let turn = self.turns.entry(backend.into()).or_default();
        *turn += 1;
        *turn - 1
    }

    /// The endpoint that a client keeps to.
    pub(super) fn kept(&self, service: &Str, client: &Str, now: SimTime) -> Option<&Str> {
        let found = self.affinities.get(&(service.clone(), client.clone()))?;
        (now < found.until).then_some(&found.endpoint)
    }

    /// Notes the endpoint that a client keeps to from now on.
    pub(super) fn keep(&mut self, service: &Str, client: &Str, endpoint: &Str, now: SimTime, until: SimTime) {
        self.affinities.retain(|_, affinity| now < affinity.until);
        self.affinities.insert(
            (service.clone(), client.clone()),
            Affinity {
                endpoint: endpoint.clone(),
                until,
            },
        );
    }
}
