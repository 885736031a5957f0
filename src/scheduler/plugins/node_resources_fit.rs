//! Keeps pods off nodes without room for their requests, and scores nodes by the room they have.
// Models pkg/scheduler/framework/plugins/noderesources/fit.go.

use std::borrow::Cow;
use std::rc::Rc;

use super::resource_allocation::{Scored, Use};
use crate::api::Str;
use crate::api::core::{Node, Pod};
use crate::scheduler::cache::{NodeInfo, PodInfo, Resource, is_extended_resource};
use crate::scheduler::framework::{
    Action, ClusterEvent, Code, Filter, FitArgs, Handle, Interest, MAX_NODE_SCORE, Plugin, PluginName, PreFilter,
    Rejection, Score, Strategy, Verdict,
};

/// The plugin.
pub(super) struct NodeResourcesFit;

#[derive(Clone)]
struct Requests {
    requests: Resource,
    /// Names of the scalars that the pod requests and the profile does not ignore.
    scalars: Vec<(Str, i64)>,
}

struct Room {
    resources: Vec<(Scored, i64)>,
    strategy: Strategy,
}

impl Plugin for NodeResourcesFit {
    fn name(&self) -> PluginName {
        PluginName::NodeResourcesFit
    }

    fn pre_filter(&self, handle: &mut Handle<'_>, pod: &Rc<PodInfo>) -> PreFilter {
        PreFilter::Filter(Box::new(Requests::of(pod, &handle.profile.fit)))
    }

    fn pre_score(&self, handle: &mut Handle<'_>, pod: &Rc<PodInfo>, _nodes: &[u32]) -> Option<Box<dyn Score>> {
        let args = &handle.profile.fit;
        let resources = args
            .resources
            .iter()
            .map(|(name, weight)| (Scored::new(name, pod, true), *weight))
            .collect();
        Some(Box::new(Room {
            resources,
            strategy: args.strategy.clone(),
        }))
    }

    fn interests(&self) -> &'static [Interest] {
        const INTERESTS: &[Interest] = &[
            Interest::Pod(Action::DELETE.or(Action::POD_SCALE_DOWN)),
            Interest::Node(Action::ADD.or(Action::NODE_ALLOCATABLE)),
        ];
        INTERESTS
    }

    fn hint(&self, handle: &mut Handle<'_>, pod: &PodInfo, event: &ClusterEvent) -> bool {
        match (event.new_node(), event.old_pod(), event.new_pod()) {
            (Some(node), ..) => more_room(&Requests::of(pod, &handle.profile.fit), event.old_node(), node),
            (None, Some(gone), None) => !gone.spec.node_name.is_empty() || !gone.status.nominated_node_name.is_empty(),
            (None, Some(old), Some(new)) => frees_room(pod, old, new),
            _ => true,
        }
    }
}

/// Whether a new or changed node might now have room.
// Models noderesources isSchedulableAfterNodeChange.
fn more_room(requests: &Requests, old: Option<&Rc<Node>>, new: &Rc<Node>) -> bool {
    let empty = |node: &Rc<Node>| {
        let mut info = NodeInfo::vacant(0);
        info.set_node(Some(node.clone()));
        info
    };
    let now = empty(new);
    if requests.filter(&now).is_err() {
        return false;
    }
    let Some(old) = old else { return true };
    let (before, now, asked) = (empty(old).allocatable, now.allocatable, &requests.requests);
    now.allowed_pods > before.allowed_pods
        || asked.milli_cpu > 0 && now.milli_cpu > before.milli_cpu
        || asked.memory > 0 && now.memory > before.memory
        || asked.ephemeral_storage > 0 && now.ephemeral_storage > before.ephemeral_storage
        || requests
            .scalars
            .iter()
            .any(|(name, _)| now.scalar(name) > before.scalar(name))
}

/// Whether a pod on a node, or the waiting pod itself, now requests less of what the waiting pod requests.
// Models noderesources isSchedulableAfterPodScaleDown.
fn frees_room(waiting: &PodInfo, old: &Rc<Pod>, new: &Rc<Pod>) -> bool {
    if new.meta.uid == *waiting.uid() {
        return true;
    }
    if new.spec.node_name.is_empty() {
        return false;
    }
    let (before, now, asked) = (
        PodInfo::new(old).requests,
        PodInfo::new(new).requests,
        &waiting.requests,
    );
    asked.milli_cpu > 0 && before.milli_cpu > now.milli_cpu
        || asked.memory > 0 && before.memory > now.memory
        || asked.ephemeral_storage > 0 && before.ephemeral_storage > now.ephemeral_storage
        || asked
            .scalars()
            .iter()
            .any(|(name, amount)| *amount > 0 && before.scalar(name) > now.scalar(name))
}

impl Requests {
    fn of(pod: &PodInfo, args: &FitArgs) -> Self {
        let ignored = |name: &str| {
            let group = name.split('/').next().unwrap_or_default();
            is_extended_resource(name)
                && (args.ignored_resources.iter().any(|ignored| **ignored == *name)
                    || args.ignored_resource_groups.iter().any(|ignored| **ignored == *group))
        };
        let scalars = pod
            .requests
            .scalars()
            .iter()
            .filter(|(name, amount)| *amount != 0 && !ignored(name));
        Self {
            scalars: scalars.cloned().collect(),
            requests: pod.requests.clone(),
        }
    }

    /// The resources that the node lacks, and whether it would lack one even when empty.
    // Models noderesources fitsRequest.
    fn insufficient(&self, node: &NodeInfo) -> (Vec<Cow<'static, str>>, bool) {
        let (mut reasons, mut never) = (Vec::new(), false);
        if node.pods().len() as i64 + 1 > node.allocatable.allowed_pods {
            reasons.push(Cow::Borrowed("Too many pods"));
        }
        if self.requests.is_zero() {
            return (reasons, never);
        }
        let mut check = |asked: i64, offer: i64, used: i64, reason: &dyn Fn() -> Cow<'static, str>| {
            if asked > 0 && asked > offer - used {
                reasons.push(reason());
                never |= asked > offer;
            }
        };
        let (asked, offer, used) = (&self.requests, &node.allocatable, &node.requested);
        check(asked.milli_cpu, offer.milli_cpu, used.milli_cpu, &|| {
            "Insufficient cpu".into()
        });
        check(asked.memory, offer.memory, used.memory, &|| {
            "Insufficient memory".into()
        });
        check(
            asked.ephemeral_storage,
            offer.ephemeral_storage,
            used.ephemeral_storage,
            &|| "Insufficient ephemeral-storage".into(),
        );
        for (name, amount) in &self.scalars {
            let (offer, used) = (
                offer.scalar(name).unwrap_or_default(),
                used.scalar(name).unwrap_or_default(),
            );
            check(*amount, offer, used, &|| format!("Insufficient {name}").into());
        }
        (reasons, never)
    }
}

impl Filter for Requests {
    fn filter(&self, node: &NodeInfo) -> Verdict {
        let (reasons, never) = self.insufficient(node);
        if reasons.is_empty() {
            return Ok(());
        }
        let code = if never {
            Code::UnschedulableAndUnresolvable
        } else {
            Code::Unschedulable
        };
        Err(Rejection {
            code,
            reasons,
            plugin: None,
        })
    }

    fn fork(&self) -> Box<dyn Filter> {
        Box::new(self.clone())
    }
}

impl Score for Room {
    fn score(&self, node: &NodeInfo) -> i64 {
        let (mut sum, mut weights) = (0, 0);
        for (resource, weight) in &self.resources {
            let used = resource.on(node, true);
            if used.allocatable == 0 {
                continue;
            }
            let score = self.strategy.score(used);
            // A resource whose shape gives nothing does not count at all.
            if score > 0 || !matches!(self.strategy, Strategy::RequestedToCapacityRatio(_)) {
                sum += score * weight;
                weights += weight;
            }
        }
        match self.strategy {
            _ if weights == 0 => 0,
            Strategy::RequestedToCapacityRatio(_) => (2 * sum + weights) / (2 * weights),
            _ => sum / weights,
        }
    }
}

impl Strategy {
    /// The score of one resource, 0..=100.
    // Models noderesources leastRequestedScore, mostRequestedScore and buildRequestedToCapacityRatioScorerFunction.
    fn score(&self, used: Use) -> i64 {
        let Use { after, allocatable, .. } = used;
        match self {
            Self::LeastAllocated if after > allocatable => 0,
            Self::LeastAllocated => (allocatable - after) * MAX_NODE_SCORE / allocatable,
            Self::MostAllocated => after.min(allocatable) * MAX_NODE_SCORE / allocatable,
            Self::RequestedToCapacityRatio(shape) if after > allocatable => on_shape(shape, 100),
            Self::RequestedToCapacityRatio(shape) => on_shape(shape, after * 100 / allocatable),
        }
    }
}

/// The height of a broken line at `x`.
// Models pkg/scheduler/framework/plugins/helper/shape_score.go BuildBrokenLinearFunction.
fn on_shape(shape: &[(i64, i64)], x: i64) -> i64 {
    let Some(next) = shape.iter().position(|(at, _)| x <= *at) else {
        return shape.last().map_or(0, |(_, score)| *score);
    };
    let (to_x, to_y) = shape[next];
    let Some((from_x, from_y)) = next.checked_sub(1).map(|before| shape[before]) else {
        return to_y;
    };
    from_y + (to_y - from_y) * (x - from_x) / (to_x - from_x)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shape_is_followed_between_its_points_and_flat_outside() {
        let shape = [(10, 0), (20, 50), (80, 100)];
        for (x, want) in [(0, 0), (10, 0), (15, 25), (20, 50), (50, 75), (80, 100), (100, 100)] {
            assert_eq!(on_shape(&shape, x), want, "at {x}");
        }
    }
}
