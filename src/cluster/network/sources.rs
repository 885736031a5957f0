//! Sources of traffic: they send on virtual time.

use super::{Cluster, OWNER, SEND};
use crate::network::Request;
use crate::network::traffic::Source;
use crate::sim::TimerKey;

impl Cluster {
    /// Adds a source of traffic; it sends from now on.
    pub fn add_source(&mut self, source: Source) {
        let number = self.network.sources.len() as u64;
        self.network.sources.push(Source {
            since: self.now,
            ..source
        });
        self.arm_source(number);
    }

    /// The sources of traffic with what came of it.
    #[must_use]
    pub fn sources(&self) -> &[Source] {
        &self.network.sources
    }

    fn arm_source(&mut self, number: u64) {
        let key = TimerKey {
            owner: OWNER,
            purpose: SEND,
            object: number,
        };
        let source = usize::try_from(number)
            .ok()
            .and_then(|place| self.network.sources.get(place));
        if let Some(at) = source.and_then(Source::next_at) {
            self.queue.arm(key, at.max(self.now));
        }
    }

    /// A source sends its next request.
    pub(super) fn send_of_source(&mut self, number: u64) {
        let Ok(place) = usize::try_from(number) else { return };
        let Some(source) = self.network.sources.get(place) else {
            return;
        };
        let request = Request::get(source.from.clone(), &source.url);
        let outcome = self.exchange(&request, self.now, 0);
        self.network.sources[place].note(&outcome);
        self.arm_source(number);
    }
}
