//! Clients that send requests at a rate.

use crate::sim::btree::BTreeMap;

use super::request::{FailureKind, Origin, Outcome};
use crate::api::Str;
use crate::sim::SimTime;

/// A client that sends the same request again and again.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Source {
    /// Who sends.
    pub from: Origin,
    /// Where to.
    pub url: Str,
    /// Thousandths of requests a second.
    pub rate_milli: u64,
    /// When it began.
    pub since: SimTime,
    /// What came of it so far.
    pub totals: Totals,
}

/// What came of the requests of a source.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Totals {
    /// Requests sent.
    pub sent: u64,
    /// Answers by status.
    pub statuses: BTreeMap<u16, u64>,
    /// Requests without an answer, by what went wrong.
    pub failures: BTreeMap<FailureKind, u64>,
    /// The sum of all latencies of answers, in nanoseconds.
    pub latency_ns: u64,
}

impl Source {
    /// When the next request is due; nothing at a rate of zero.
    #[must_use]
    pub fn next_at(&self) -> Option<SimTime> {
        if self.rate_milli == 0 {
            return None;
        }
        let count = u128::from(self.totals.sent) + 1;
        let span = count * 1_000_000_000_000 / u128::from(self.rate_milli);
        Some(SimTime(
            self.since.0.saturating_add(u64::try_from(span).unwrap_or(u64::MAX)),
        ))
    }

    /// Counts what came of a request.
    pub fn note(&mut self, outcome: &Outcome) {
        self.totals.sent += 1;
        match &outcome.result {
            Ok(status) => {
                *self.totals.statuses.entry(*status).or_default() += 1;
                self.totals.latency_ns = self.totals.latency_ns.saturating_add(outcome.latency.0);
            }
            Err(failure) => *self.totals.failures.entry(failure.kind).or_default() += 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::Duration;

    #[test]
    fn requests_fall_due_at_the_rate() {
        let mut source = Source {
            rate_milli: 20_000,
            since: SimTime(5),
            ..Source::default()
        };
        let outcome = Outcome {
            result: Ok(200),
            headers: Vec::new(),
            body: "".into(),
            latency: Duration(3),
            hops: Vec::new(),
            address: "".into(),
        };
        let mut dues = Vec::new();
        for _ in 0..3 {
            dues.push(source.next_at());
            source.note(&outcome);
        }
        let want = [50_000_005, 100_000_005, 150_000_005].map(|at| Some(SimTime(at)));
        assert_eq!(dues, want);
        assert_eq!((source.totals.statuses[&200], source.totals.latency_ns), (3, 9));
        source.rate_milli = 0;
        assert_eq!(source.next_at(), None);
    }
}
