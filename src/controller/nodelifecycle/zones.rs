//! How bad it stands in each zone, and how fast its nodes lose their pods.
// Models pkg/controller/nodelifecycle/node_lifecycle_controller.go handleDisruption, ComputeZoneState

use crate::sim::btree::BTreeMap;

use crate::api::Str;
use crate::api::core::Node;
use crate::client::Ctx;
use crate::sim::Duration;

use super::taints::ready_status;

/// Between two nodes of a zone: 0.1 per second.
const NORMAL: Duration = Duration::from_secs(10);
/// Between two nodes of a large zone of which most are not well: 0.01 per second.
const SECONDARY: Duration = Duration::from_secs(100);
/// Zones up to this size stop instead.
const LARGE: u32 = 50;
/// A zone of which that part is not well is disrupted, in percent.
const UNHEALTHY_PERCENT: u32 = 55;

/// Ready and other nodes of a zone.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Zone {
    ready: u32,
    not_ready: u32,
}

/// The zones of a cluster.
#[derive(Clone, Debug, Default)]
pub(super) struct Zones(BTreeMap<Str, Zone>);

/// The zone of a node: its region and zone.
pub(super) fn zone_of(node: &Node) -> Str {
    let label = |key: &str| node.meta.label(key).map(|value| &**value).unwrap_or_default();
    let (region, zone) = (
        label("topology.kubernetes.io/region"),
        label("topology.kubernetes.io/zone"),
    );
    if region.is_empty() && zone.is_empty() {
        "".into()
    } else {
        format!("{region}:\0:{zone}").into()
    }
}

impl Zones {
    /// Counts the nodes.
    pub(super) fn count(ctx: &Ctx<'_>) -> Self {
        let mut zones = Self::default();
        for node in ctx.api.list::<Node>(None) {
            let zone = zones.0.entry(zone_of(node)).or_default();
            match ready_status(node) {
                "True" => zone.ready += 1,
                _ => zone.not_ready += 1,
            }
        }
        zones
    }

    /// Whether no node of any zone is well: then it is the control plane that cannot see, and no pod is evicted.
    pub(super) fn all_down(&self) -> bool {
        self.0.values().all(|zone| zone.ready == 0)
    }

    /// The time between two nodes of a zone that lose their pods; none where none does.
    // Models pkg/controller/nodelifecycle/node_lifecycle_controller.go setLimiterInZone, ReducedQPSFunc
    pub(super) fn pace(&self, zone: &str) -> Option<Duration> {
        let zone = self.0.get(zone).copied().unwrap_or_default();
        let total = zone.ready + zone.not_ready;
        let partial = zone.ready > 0 && zone.not_ready > 2 && zone.not_ready * 100 >= UNHEALTHY_PERCENT * total;
        match (partial, total > LARGE) {
            (false, _) => Some(NORMAL),
            (true, true) => Some(SECONDARY),
            (true, false) => None,
        }
    }
}
