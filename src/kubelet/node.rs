//! A node and its kubelet: what is shared by the pods on it.

use crate::sim::btree::BTreeSet;

use super::agent::{PodId, purpose};
use super::backoff::Backoff;
use super::images::Images;
use super::stock::Stock;
use crate::api::Str;
use crate::api::core::{Container, Pod};
use crate::client::{Ctx, Recorder};
use crate::sim::{Duration, SimTime, StableHasher};

/// A node by number.
pub(super) type NodeId = u64;

/// A second: the period of the relist and of the sync loop.
const SECOND: Duration = Duration::from_secs(1);

/// What a crash loop's wait belongs to: a new image or new resources begin anew.
// Models pkg/kubelet/kuberuntime GetBackoffKey
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct CrashKey {
    uid: Str,
    container: Str,
    image: Str,
    resources: u64,
}

impl CrashKey {
    pub(super) fn new(pod: &Pod, container: &Container) -> Self {
        use std::hash::{Hash, Hasher};
        let mut hasher = StableHasher::default();
        container.resources.hash(&mut hasher);
        Self {
            uid: pod.meta.uid.clone(),
            container: container.name.clone(),
            image: container.image.clone(),
            resources: hasher.finish(),
        }
    }
}

/// One node and its kubelet.
#[derive(Clone, Debug)]
pub(super) struct NodeAgent {
    pub(super) id: NodeId,
    pub(super) name: Str,
    pub(super) ip: Str,
    pub(super) addresses: Addresses,
    /// When the kubelet began.
    pub(super) started_at: SimTime,
    pub(super) is_powered: bool,
    /// The machine came back and the API does not know it yet.
    pub(super) has_rebooted: bool,
    /// What was told last of whether pods may come.
    pub(super) is_cordoned: bool,
    /// When memory was short last, as long as the node tells of it.
    pub(super) pressure_since: Option<SimTime>,
    pub(super) recorder: Recorder,
    pub(super) images: Images,
    /// Waits of crash loops.
    pub(super) crashes: Backoff<CrashKey>,
    /// Pods that changed in the runtime since the last relist.
    pub(super) dirty: BTreeSet<PodId>,
    /// Pods whose workers wait for a relist.
    pub(super) waiting: BTreeSet<PodId>,
    /// The relist that was handled last.
    relisted_at: SimTime,
    relist_phase: Duration,
    tick_phase: Duration,
}

impl NodeAgent {
    pub(super) fn new(id: NodeId, name: &Str, index: u32, ctx: &Ctx<'_>) -> Self {
        let mut stream = ctx.stream(name, "phase");
        Self {
            id,
            name: name.clone(),
            ip: node_ip(index).into(),
            addresses: Addresses::new(index),
            started_at: ctx.now,
            is_powered: true,
            has_rebooted: false,
            is_cordoned: false,
            pressure_since: None,
            recorder: Recorder::on_host(name),
            images: Images::default(),
            crashes: Backoff::default(),
            dirty: BTreeSet::new(),
            waiting: BTreeSet::new(),
            relisted_at: SimTime::ZERO,
            relist_phase: Duration(stream.below(SECOND.0)),
            tick_phase: Duration(stream.below(SECOND.0)),
        }
    }

    /// The first tick of the sync loop at or after `at`.
    pub(super) fn tick_at(&self, at: SimTime) -> SimTime {
        at.next_on_grid(self.tick_phase, SECOND)
    }

    /// Makes sure that the next relist takes place. Relists that would find nothing are left out.
    pub(super) fn arm_relist(&self, ctx: &mut Ctx<'_>) {
        let at = (ctx.now + Duration(1)).next_on_grid(self.relist_phase, SECOND);
        ctx.arm_earlier(purpose::PLEG, self.id, at);
    }

    /// The last relist up to `now`, whether it was left out or not.
    pub(super) fn last_relist(&self, now: SimTime) -> SimTime {
        if self.relisted_at == now {
            return now;
        }
        let next = now.next_on_grid(self.relist_phase, SECOND);
        next - SECOND
    }

    /// A relist takes place now: gives the pods to look at, and those that wait for it.
    pub(super) fn relist(&mut self, now: SimTime) -> (BTreeSet<PodId>, BTreeSet<PodId>) {
        self.relisted_at = now;
        (std::mem::take(&mut self.dirty), std::mem::take(&mut self.waiting))
    }

    /// Begins the pull at the head of the queue, if it has not begun.
    pub(super) fn begin_pull(&mut self, ctx: &mut Ctx<'_>, stock: &mut Stock) {
        let rules = stock.rules.clone();
        let takes = |image: &str| rules.pull_time(image);
        if let Some(at) = self.images.begin_pull(&mut stock.catalogue, ctx.delays, takes, ctx.now) {
            ctx.arm(purpose::PULL, self.id, at);
        }
    }
}

impl NodeAgent {
    /// Forgets the crash loops of a pod that is gone.
    pub(super) fn forget_crashes(&mut self, uid: &str) {
        self.crashes.retain(|key| *key.uid != *uid);
    }
}

/// Address of the node of that number.
pub(super) fn node_ip(index: u32) -> String {
    let host = index + 2;
    format!("172.18.{}.{}", host >> 8, host & 0xff)
}

/// The first three numbers of the pod addresses of the node of that number.
fn pod_net(index: u32) -> String {
    if index < 256 {
        return format!("10.244.{index}");
    }
    let rest = index - 256;
    format!("10.{}.{}", 128 + (rest >> 8), rest & 0xff)
}

/// The pod addresses of the node of that number.
pub(super) fn pod_cidr(index: u32) -> String {
    format!("{}.0/24", pod_net(index))
}

/// The pod addresses of a node, given out one after another.
#[derive(Clone, Debug)]
pub(super) struct Addresses {
    net: Str,
    used: BTreeSet<u8>,
    last: u8,
}

impl Addresses {
    const FIRST: u8 = 2;
    const LAST: u8 = 254;

    fn new(index: u32) -> Self {
        Self {
            net: pod_net(index).into(),
            used: BTreeSet::new(),
            last: Self::FIRST - 1,
        }
    }

    /// A free address, the next one after the last given; empty when there is none.
    pub(super) fn allocate(&mut self) -> Str {
        let after = (self.last..Self::LAST).map(|n| n + 1);
        let before = Self::FIRST..=self.last.min(Self::LAST);
        let Some(free) = after.chain(before).find(|n| !self.used.contains(n)) else {
            return "".into();
        };
        self.used.insert(free);
        self.last = free;
        format!("{}.{free}", self.net).into()
    }

    pub(super) fn release(&mut self, address: &str) {
        let number = address.strip_prefix(&*self.net).and_then(|rest| rest.strip_prefix('.'));
        if let Some(number) = number.and_then(|number| number.parse().ok()) {
            self.used.remove(&number);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_go_round() {
        let mut addresses = Addresses::new(3);
        assert_eq!(&*addresses.allocate(), "10.244.3.2");
        assert_eq!(&*addresses.allocate(), "10.244.3.3");
        addresses.release("10.244.3.2");
        assert_eq!(
            &*addresses.allocate(),
            "10.244.3.4",
            "a released address waits its turn"
        );
        for _ in 5..=254 {
            assert!(!addresses.allocate().is_empty());
        }
        assert_eq!(&*addresses.allocate(), "10.244.3.2");
        assert_eq!(&*addresses.allocate(), "", "none is left");
    }

    #[test]
    fn nodes_have_nets_of_their_own() {
        let mut seen = BTreeSet::new();
        for index in 0..6000 {
            assert!(seen.insert(pod_cidr(index)), "node {index}");
            assert!(seen.insert(node_ip(index)), "node {index}");
        }
        assert_eq!(
            (pod_cidr(255), pod_cidr(256)),
            ("10.244.255.0/24".to_owned(), "10.128.0.0/24".to_owned())
        );
        assert_eq!(
            (node_ip(0), node_ip(254)),
            ("172.18.0.2".to_owned(), "172.18.1.0".to_owned())
        );
    }
}
