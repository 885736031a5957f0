//! The cluster as the page may see it: what the page asks for, and nothing that changes the world.

mod events;
mod listed;
mod sent;
mod verdicts;

pub use events::{EventRow, EventRows};
pub use listed::{Listed, is_simulated};
pub use sent::SentRow;
pub use verdicts::{NodeScore, NodeVerdicts, Verdicts};

use super::why::{Why, why};
use crate::api::core::Event;
use crate::api::time::Time;
use crate::api::{Kind, Object, Resource};
use crate::apiserver::{Key, Verb};
use crate::cluster::Cluster;

/// A look through the glass at one instant.
#[derive(Clone, Copy)]
pub struct Glass<'a>(&'a Cluster);

impl<'a> Glass<'a> {
    /// A look at this cluster.
    #[must_use]
    pub const fn new(cluster: &'a Cluster) -> Self {
        Self(cluster)
    }

    /// The object of that kind and name.
    #[must_use]
    pub fn object(self, kind: Kind, namespace: &str, name: &str) -> Option<&'a Object> {
        self.0.api().get_object(kind, &Key::new(namespace, name))
    }

    /// Why an object is as it is; none for kinds about which there is nothing to say.
    #[must_use]
    pub fn why(self, object: &Object) -> Option<Why> {
        why(self.0, object)
    }

    /// How long ago that was, nanoseconds.
    #[must_use]
    pub fn age_ns(self, time: Time) -> u64 {
        self.0.now().0.saturating_sub(self.0.api().sim_time(time).0)
    }

    /// The controllers, and how many keys wait in the queue of each.
    #[must_use]
    pub fn controllers(self) -> Vec<(&'static str, u64)> {
        self.0.controllers().collect()
    }

    /// The revision of the store.
    #[must_use]
    pub fn revision(self) -> u64 {
        self.0.api().revision()
    }

    /// The end of what a container printed, in this run or the one before.
    ///
    /// # Errors
    /// In kubectl's words, when there is no such log.
    pub fn log(
        self,
        pod: (&str, &str),
        container: &str,
        previous: bool,
        lines: u32,
        bytes: u32,
    ) -> Result<String, String> {
        let log = self.0.kubelets().logs(pod.0, pod.1, container, previous)?;
        Ok(log.tail(lines, bytes))
    }

    /// The instants, in nanoseconds, of the events that were written after a revision, and whether each warns.
    pub fn event_times_after(self, revision: u64) -> impl Iterator<Item = (u64, bool)> + 'a {
        let changes = self.0.api().changes_after(revision).into_iter().flatten();
        let written = changes.filter(|change| change.verb != Verb::Deleted);
        written.filter_map(|change| Some((change.at.0, &*Event::of(&change.object)?.kind == "Warning")))
    }
}
