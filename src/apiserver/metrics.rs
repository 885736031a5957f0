//! What the metrics APIs serve: what pods use, and the requests that reach them.
//!
//! The numbers are put here by whoever measures; nothing of them is an object or in the log of changes.
// Models the APIs metrics.k8s.io, custom.metrics.k8s.io and external.metrics.k8s.io.

use crate::sim::btree::BTreeMap;

use super::server::ApiServer;
use super::store::Key;
use crate::api::Str;
use crate::api::time::Time;

/// What one container uses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Usage {
    /// Processor, in thousandths of a core.
    pub cpu_milli: i64,
    /// Memory, in bytes.
    pub memory_bytes: i64,
}

/// What one pod uses, by container.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct PodMetrics {
    /// The end of the window that was measured.
    pub at: Time,
    /// Its length in seconds.
    pub window_s: i64,
    /// By container.
    pub containers: BTreeMap<Str, Usage>,
    /// Requests a second, in thousandths.
    pub requests_milli: i64,
}

impl ApiServer {
    /// What pods use, as of the last measuring; none where nobody measures.
    #[must_use]
    pub const fn metrics(&self) -> Option<&BTreeMap<Key, PodMetrics>> {
        self.metrics.as_ref()
    }

    /// Serves what was measured.
    pub fn publish_metrics(&mut self, metrics: Option<BTreeMap<Key, PodMetrics>>) {
        self.metrics = metrics;
    }
}
