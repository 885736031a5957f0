//! Which pods go first when there are too many.
// Models pkg/controller/controller_utils.go ActivePodsWithRanks

use crate::sim::btree::BTreeMap;
use std::cmp::Ordering;
use std::rc::Rc;

use crate::api::apps::ReplicaSet;
use crate::api::core::{ContainerStatus, Pod};
use crate::api::time::Time;
use crate::api::{Resource, Str};
use crate::client::Ctx;
use crate::controller::owners::is_controlled_by;

const DELETION_COST: &str = "controller.kubernetes.io/pod-deletion-cost";
const SECOND_NS: i64 = 1_000_000_000;

/// A pod, and how many active pods of the same family stand on its node.
pub(in crate::controller) type Ranked = (Rc<Pod>, u32);

/// The pods of a ReplicaSet that are to go.
pub(super) fn choose(ctx: &Ctx<'_>, set: &ReplicaSet, count: usize) -> Vec<Rc<Pod>> {
    let pods = active_pods(ctx, set);
    let related: Vec<Rc<Pod>> = match set.meta.controller() {
        None => Vec::new(),
        Some(owner) => {
            let sets = ctx.api.owned_by(&owner.uid).filter_map(ReplicaSet::of);
            sets.flat_map(|set| active_pods(ctx, set)).collect()
        }
    };
    pods_to_delete(pods, &related, count, ctx.api.wall_ns(ctx.now))
}

fn active_pods(ctx: &Ctx<'_>, set: &ReplicaSet) -> Vec<Rc<Pod>> {
    let pods = ctx.api.owned_by(&set.meta.uid).filter_map(Pod::of);
    pods.filter(|pod| pod.is_active() && is_controlled_by(&***pod, set))
        .cloned()
        .collect()
}

/// The first `count` of `pods`, those that are least missed first. `related` are the pods whose number on a node counts.
// Models pkg/controller/replicaset/replica_set.go getPodsToDelete
pub(in crate::controller) fn pods_to_delete(
    pods: Vec<Rc<Pod>>,
    related: &[Rc<Pod>],
    count: usize,
    now_ns: i64,
) -> Vec<Rc<Pod>> {
    let mut on_node: BTreeMap<Str, u32> = BTreeMap::new();
    for pod in related.iter().filter(|pod| pod.is_active()) {
        *on_node.entry(pod.spec.node_name.clone()).or_default() += 1;
    }
    let all = count >= pods.len();
    let rank = |pod: Rc<Pod>| {
        let rank = on_node.get(&pod.spec.node_name).copied().unwrap_or_default();
        (pod, rank)
    };
    let mut ranked: Vec<Ranked> = pods.into_iter().map(rank).collect();
    if !all {
        ranked = sort_for_deletion(ranked, now_ns);
    }
    ranked.into_iter().take(count).map(|(pod, _)| pod).collect()
}

/// Sorts pods, those first that are to go first.
///
/// A merge sort of our own: the order is not transitive (equal times skip a criterion), which the standard sort may refuse.
pub(in crate::controller) fn sort_for_deletion(mut pods: Vec<Ranked>, now_ns: i64) -> Vec<Ranked> {
    if pods.len() < 2 {
        return pods;
    }
    let right = pods.split_off(pods.len() / 2);
    let left = sort_for_deletion(pods, now_ns);
    let right = sort_for_deletion(right, now_ns);
    let mut sorted = Vec::with_capacity(left.len() + right.len());
    let (mut left, mut right) = (left.into_iter().peekable(), right.into_iter().peekable());
    while let (Some(a), Some(b)) = (left.peek(), right.peek()) {
        let next = if compare(b, a, now_ns) == Ordering::Less {
            right.next()
        } else {
            left.next()
        };
        sorted.extend(next);
    }
    sorted.extend(left);
    sorted.extend(right);
    sorted
}

/// Less means: goes first.
// Models pkg/controller/controller_utils.go ActivePodsWithRanks.Less
fn compare((a, a_rank): &Ranked, (b, b_rank): &Ranked, now_ns: i64) -> Ordering {
    let assigned = |pod: &Pod| !pod.spec.node_name.is_empty();
    let by_state = assigned(a)
        .cmp(&assigned(b))
        .then_with(|| phase_ordinal(a).cmp(&phase_ordinal(b)))
        .then_with(|| a.is_ready().cmp(&b.is_ready()))
        .then_with(|| deletion_cost(a).cmp(&deletion_cost(b)))
        .then_with(|| b_rank.cmp(a_rank));
    by_state
        .then_with(|| match (a.is_ready(), b.is_ready()) {
            (true, true) => by_age(a, b, ready_time(a), ready_time(b), now_ns),
            _ => Ordering::Equal,
        })
        .then_with(|| restarts(b).cmp(&restarts(a)))
        .then_with(|| by_age(a, b, a.meta.creation_timestamp, b.meta.creation_timestamp, now_ns))
}

/// The younger first, where their ages differ in magnitude; else the smaller uid.
fn by_age(a: &Pod, b: &Pod, a_time: Option<Time>, b_time: Option<Time>, now_ns: i64) -> Ordering {
    match (a_time, b_time) {
        (a_time, b_time) if a_time == b_time => Ordering::Equal,
        (None, _) => Ordering::Less,
        (_, None) => Ordering::Greater,
        (Some(a_time), Some(b_time)) => age_magnitude(a_time, now_ns)
            .cmp(&age_magnitude(b_time, now_ns))
            .then_with(|| a.meta.uid.cmp(&b.meta.uid)),
    }
}

/// The power of two in an age in nanoseconds, none for what is still to come.
// Models pkg/controller/controller_utils.go logarithmicRankDiff
fn age_magnitude(time: Time, now_ns: i64) -> Option<u32> {
    let age_ns = now_ns.saturating_sub(time.0.saturating_mul(SECOND_NS));
    u64::try_from(age_ns).ok()?.checked_ilog2()
}

/// Pending before unknown before running.
pub(in crate::controller) fn phase_ordinal(pod: &Pod) -> u8 {
    match &*pod.status.phase {
        "Unknown" => 1,
        "Running" => 2,
        _ => 0,
    }
}

fn ready_time(pod: &Pod) -> Option<Time> {
    pod.status
        .condition("Ready")
        .and_then(|ready| ready.last_transition_time)
}

/// The cost that the pod's annotation names; 0 where it names none.
// Models pkg/apis/core/helper/helpers.go GetDeletionCostFromPodAnnotations
fn deletion_cost(pod: &Pod) -> i32 {
    let Some(text) = pod.meta.annotation(DELETION_COST) else {
        return 0;
    };
    let digits = text.strip_prefix('-').unwrap_or(text);
    let well_formed = **text == *"0" || digits.starts_with(|first: char| ('1'..='9').contains(&first));
    if well_formed {
        text.parse().unwrap_or_default()
    } else {
        0
    }
}

/// The most restarts of a container, and of a sidecar.
// Models pkg/controller/controller_utils.go maxContainerRestarts
pub(in crate::controller) fn restarts(pod: &Pod) -> (i32, i32) {
    let most = |statuses: &mut dyn Iterator<Item = &ContainerStatus>| {
        let restarts = statuses.map(|status| status.restart_count);
        restarts.max().unwrap_or_default()
    };
    let is_sidecar = |name: &str| {
        let mut containers = pod.spec.init_containers.iter();
        containers.any(|container| *container.name == *name && &*container.restart_policy == "Always")
    };
    let mut sidecars = pod
        .status
        .init_container_statuses
        .iter()
        .filter(|status| is_sidecar(&status.name));
    (most(&mut pod.status.container_statuses.iter()), most(&mut sidecars))
}
