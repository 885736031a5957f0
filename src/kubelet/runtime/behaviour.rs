//! What a scenario says a container does, where its command and image do not say it.

use super::Str;
use crate::sim::{Duration, SimTime};

/// One entry of a scenario's `behaviours`, without its `match`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Behaviour {
    /// Time to pull the image, instead of the modelled one.
    pub pull: Option<Duration>,
    /// Time from the process's start until it listens.
    pub start: Option<Duration>,
    /// Answers that differ from the server's own, the first match wins.
    pub http: Vec<HttpOverride>,
    /// Ends the container.
    pub exit: Option<ExitAfter>,
    /// Memory use over time.
    pub memory: Option<MemoryUse>,
    /// Processor time that a request takes.
    pub cpu: Option<Duration>,
    /// Added to each answer.
    pub latency: Option<Duration>,
    /// Requests that the server makes before it answers one.
    pub calls: Vec<Str>,
}

/// `{path, status, after, for}`: what a path answers in a window of the container's life.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct HttpOverride {
    /// The path; `*` at the end matches any rest; empty matches all.
    pub path: Str,
    /// The status answered.
    pub status: u16,
    /// Since the container's start.
    pub after: Duration,
    /// How long; none for ever.
    pub lasts: Option<Duration>,
}

/// `{after, code, reason}`: the container ends by itself.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ExitAfter {
    /// Since the container's start.
    pub after: Duration,
    /// Exit code.
    pub code: i32,
    /// Reason of the terminated state; empty for Completed or Error.
    pub reason: Str,
}

/// `{from, growth}`: memory in use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct MemoryUse {
    /// Bytes at the start.
    pub from_bytes: u64,
    /// Bytes more each second.
    pub growth_bytes_per_s: u64,
}

impl HttpOverride {
    fn covers(&self, path: &str, age: Duration) -> bool {
        let fits = match self.path.strip_suffix('*') {
            Some(prefix) => path.starts_with(prefix),
            None => self.path.is_empty() || *self.path == *path,
        };
        let over = self.lasts.is_some_and(|lasts| age >= self.after + lasts);
        fits && age >= self.after && !over
    }
}

impl Behaviour {
    /// The status that `path` answers at `age`, where the scenario says one.
    #[must_use]
    pub fn status(&self, path: &str, age: Duration) -> Option<u16> {
        self.http
            .iter()
            .find(|entry| entry.covers(path, age))
            .map(|entry| entry.status)
    }
}

impl MemoryUse {
    /// Bytes in use at `age`.
    #[must_use]
    pub fn bytes(self, age: Duration) -> u64 {
        let grown = u128::from(self.growth_bytes_per_s) * u128::from(age.0) / 1_000_000_000;
        self.from_bytes.saturating_add(u64::try_from(grown).unwrap_or(u64::MAX))
    }

    /// When the use first exceeds `limit_bytes`, counted from `start`.
    #[must_use]
    pub fn exceeds_at(self, limit_bytes: u64, start: SimTime) -> Option<SimTime> {
        if self.from_bytes > limit_bytes {
            return Some(start);
        }
        if self.growth_bytes_per_s == 0 {
            return None;
        }
        let room = u128::from(limit_bytes - self.from_bytes) + 1;
        let span = (room * 1_000_000_000).div_ceil(u128::from(self.growth_bytes_per_s));
        Some(start + Duration(u64::try_from(span).unwrap_or(u64::MAX)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_override_holds_in_its_window() {
        let entry = |path: &str, after: u64, lasts: Option<u64>| HttpOverride {
            path: path.into(),
            status: 500,
            after: Duration::from_secs(after),
            lasts: lasts.map(Duration::from_secs),
        };
        let behaviour = Behaviour {
            http: vec![entry("/healthz", 30, Some(20)), entry("/api/*", 0, None)],
            ..Behaviour::default()
        };
        let cases = [
            ("/healthz", 29, None),
            ("/healthz", 30, Some(500)),
            ("/healthz", 49, Some(500)),
            ("/healthz", 50, None),
            ("/api/x", 0, Some(500)),
            ("/", 40, None),
        ];
        for (path, at, want) in cases {
            assert_eq!(behaviour.status(path, Duration::from_secs(at)), want, "{path} at {at}s");
        }
    }

    #[test]
    fn memory_exceeds_its_limit_in_time() {
        let memory = MemoryUse {
            from_bytes: 50,
            growth_bytes_per_s: 10,
        };
        let at = memory.exceeds_at(100, SimTime::ZERO).expect("it grows");
        assert!(memory.bytes(at.since(SimTime::ZERO)) > 100);
        assert!(memory.bytes(Duration(at.0 - 1)) <= 100);
        assert_eq!(
            MemoryUse {
                from_bytes: 50,
                growth_bytes_per_s: 0
            }
            .exceeds_at(100, SimTime::ZERO),
            None
        );
    }
}
