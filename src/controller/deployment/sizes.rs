//! How many pods each ReplicaSet of a Deployment is to have.
// Models pkg/controller/deployment/util/deployment_util.go

use crate::sim::Arrange;
use std::cmp::Ordering;
use std::rc::Rc;

use crate::api::apps::{Deployment, ReplicaSet};
use crate::api::intstr::IntOrString;

use super::sets::{self, DESIRED_REPLICAS, MAX_REPLICAS, Sets};

/// A ReplicaSet and the size that it is to have.
pub(in crate::controller) type Resize = (Rc<ReplicaSet>, i32);

/// How many pods are wanted.
pub(in crate::controller) fn replicas(deployment: &Deployment) -> i32 {
    deployment.spec.replicas.unwrap_or(1)
}

fn is_rolling(deployment: &Deployment) -> bool {
    &*deployment.spec.strategy.kind == "RollingUpdate"
}

fn scaled(value: Option<&IntOrString>, total: i32, round_up: bool) -> Result<i32, String> {
    let number = value.map_or(Ok(0), |value| value.scaled(i64::from(total), round_up))?;
    Ok(i32::try_from(number).unwrap_or(i32::MAX))
}

/// How many pods may be too many and how many may be missing; not both are 0. An error for a value that is no number.
// Models pkg/controller/deployment/util/deployment_util.go ResolveFenceposts
pub(in crate::controller) fn fenceposts(
    max_surge: Option<&IntOrString>,
    max_unavailable: Option<&IntOrString>,
    desired: i32,
) -> Result<(i32, i32), String> {
    let surge = scaled(max_surge, desired, true)?;
    let unavailable = scaled(max_unavailable, desired, false)?;
    let stuck = surge == 0 && unavailable == 0;
    Ok(if stuck { (0, 1) } else { (surge, unavailable) })
}

fn fenceposts_of(deployment: &Deployment) -> (i32, i32) {
    let rolling = deployment.spec.strategy.rolling_update.as_ref();
    let surge = rolling.and_then(|rolling| rolling.max_surge.as_ref());
    let unavailable = rolling.and_then(|rolling| rolling.max_unavailable.as_ref());
    // A value that is no number is refused when the Deployment comes in.
    fenceposts(surge, unavailable, replicas(deployment)).unwrap_or_default()
}

/// How many pods may be missing.
pub(in crate::controller) fn max_unavailable(deployment: &Deployment) -> i32 {
    if !is_rolling(deployment) || replicas(deployment) == 0 {
        return 0;
    }
    fenceposts_of(deployment).1.min(replicas(deployment))
}

/// How many pods must be available.
pub(in crate::controller) fn min_available(deployment: &Deployment) -> i32 {
    if !is_rolling(deployment) {
        return 0;
    }
    replicas(deployment) - max_unavailable(deployment)
}

/// How many pods may be too many.
pub(in crate::controller) fn max_surge(deployment: &Deployment) -> i32 {
    if is_rolling(deployment) {
        fenceposts_of(deployment).0
    } else {
        0
    }
}

/// The size that the new ReplicaSet may grow to now.
// Models pkg/controller/deployment/util/deployment_util.go NewRSNewReplicas
pub(in crate::controller) fn new_size(deployment: &Deployment, total: i32, size: i32) -> i32 {
    if !is_rolling(deployment) {
        return replicas(deployment);
    }
    let rolling = deployment.spec.strategy.rolling_update.as_ref();
    let surge = rolling.and_then(|rolling| rolling.max_surge.as_ref());
    let most = replicas(deployment) + scaled(surge, replicas(deployment), true).unwrap_or_default();
    if total >= most {
        return size;
    }
    size + (most - total).min(replicas(deployment) - size)
}

/// The size that the new ReplicaSet is to have in a rolling update.
// Models pkg/controller/deployment/rolling.go reconcileNewReplicaSet
pub(in crate::controller) fn reconcile_new(deployment: &Deployment, sets: &Sets, new: &ReplicaSet) -> i32 {
    let size = sets::size(new);
    match size.cmp(&replicas(deployment)) {
        Ordering::Equal => size,
        Ordering::Greater => replicas(deployment),
        Ordering::Less => new_size(deployment, sets.total_size(), size),
    }
}

/// Which old ReplicaSets shrink in a rolling update, step by step.
// Models pkg/controller/deployment/rolling.go reconcileOldReplicaSets
pub(in crate::controller) fn reconcile_old(deployment: &Deployment, sets: &Sets, new: &ReplicaSet) -> Vec<Resize> {
    let old = sets.active_old();
    if old.is_empty() {
        return Vec::new();
    }
    let new_unavailable = sets::size(new) - new.status.available_replicas;
    let least = min_available(deployment);
    let budget = sets.total_size() - least - new_unavailable;
    if budget <= 0 {
        return Vec::new();
    }
    let mut sizes: Vec<Resize> = old.iter().map(|set| (set.clone(), sets::size(set))).collect();
    let mut steps = clean_up_unhealthy(&mut sizes, budget);
    let available = sizes.iter().map(|(set, _)| set.status.available_replicas).sum::<i32>();
    let available = available + new.status.available_replicas;
    steps.extend(scale_down_old(&mut sizes, available - least));
    steps
}

/// Removes pods that are not available from old ReplicaSets, at most `budget`, the oldest first.
// Models pkg/controller/deployment/rolling.go cleanupUnhealthyReplicas
pub(in crate::controller) fn clean_up_unhealthy(sizes: &mut [Resize], budget: i32) -> Vec<Resize> {
    let mut steps = Vec::new();
    let mut left = budget;
    for (set, size) in sizes {
        let unhealthy = *size - set.status.available_replicas;
        if left <= 0 || *size == 0 || unhealthy == 0 {
            continue;
        }
        let count = left.min(unhealthy);
        if count < 0 {
            // More pods are available than are wanted: upstream gives up here.
            break;
        }
        *size -= count;
        left -= count;
        steps.push((set.clone(), *size));
    }
    steps
}

/// Removes `count` pods from old ReplicaSets, the oldest first.
// Models pkg/controller/deployment/rolling.go scaleDownOldReplicaSetsForRollingUpdate
pub(in crate::controller) fn scale_down_old(sizes: &mut [Resize], count: i32) -> Vec<Resize> {
    let mut steps = Vec::new();
    let mut left = count;
    for (set, size) in sizes {
        if left <= 0 {
            break;
        }
        let down = left.min(*size);
        if down > 0 {
            *size -= down;
            left -= down;
            steps.push((set.clone(), *size));
        }
    }
    steps
}

/// Which ReplicaSets are resized when the Deployment is scaled, and whether their annotations are written anyway.
// Models pkg/controller/deployment/sync.go scale
pub(in crate::controller) fn scale(deployment: &Deployment, sets: &Sets) -> (Vec<Resize>, bool) {
    if let Some(only) = sets.active_or_latest() {
        return (vec![(only.clone(), replicas(deployment))], false);
    }
    if sets.new.as_ref().is_some_and(|new| is_saturated(deployment, new)) {
        let old = sets.active_old();
        return (old.into_iter().map(|set| (set, 0)).collect(), false);
    }
    if is_rolling(deployment) {
        return (proportional(deployment, sets), true);
    }
    (Vec::new(), false)
}

/// Whether the new ReplicaSet is as large as it is to be and all its pods are available.
// Models pkg/controller/deployment/util/deployment_util.go IsSaturated
fn is_saturated(deployment: &Deployment, set: &ReplicaSet) -> bool {
    let wanted = replicas(deployment);
    sets::number(set, DESIRED_REPLICAS) == Some(wanted)
        && sets::size(set) == wanted
        && set.status.available_replicas == wanted
}

/// Spreads what is to be added or removed in proportion to the sizes, the largest first.
fn proportional(deployment: &Deployment, sets: &Sets) -> Vec<Resize> {
    let mut active = sets.active();
    let total: i32 = active.iter().map(|set| sets::size(set)).sum();
    let allowed = match replicas(deployment) {
        0 => 0,
        wanted => wanted + max_surge(deployment),
    };
    let to_add = allowed - total;
    active.arrange_by(|a, b| {
        let older = sets::by_creation(a, b);
        let by_age = if to_add > 0 { older.reverse() } else { older };
        sets::size(b).cmp(&sets::size(a)).then(by_age)
    });
    let mut added = 0;
    let mut sizes = Vec::with_capacity(active.len());
    for set in active {
        let part = proportion(deployment, &set, to_add, added);
        added += part;
        sizes.push((set.clone(), sets::size(&set) + part));
    }
    if let Some((_, size)) = sizes.first_mut().filter(|_| to_add != 0) {
        *size = (*size + to_add - added).max(0);
    }
    sizes
}

/// The part of one ReplicaSet in what is to be added or removed.
// Models pkg/controller/deployment/util/deployment_util.go GetReplicaSetProportion
fn proportion(deployment: &Deployment, set: &ReplicaSet, to_add: i32, added: i32) -> i32 {
    if sets::size(set) == 0 || to_add == 0 || to_add == added {
        return 0;
    }
    let (fraction, allowed) = (fraction(deployment, set), to_add - added);
    if to_add > 0 {
        fraction.min(allowed)
    } else {
        fraction.max(allowed)
    }
}

/// By how much a ReplicaSet would change if it kept its share of the largest total.
// Models pkg/controller/deployment/util/deployment_util.go getReplicaSetFraction
pub(in crate::controller) fn fraction(deployment: &Deployment, set: &ReplicaSet) -> i32 {
    let size = sets::size(set);
    if replicas(deployment) == 0 {
        return -size;
    }
    let most = i64::from(replicas(deployment) + max_surge(deployment));
    let before = sets::number(set, MAX_REPLICAS).filter(|most| *most != 0);
    let before = i64::from(before.unwrap_or(deployment.status.replicas));
    if before == 0 {
        return 0;
    }
    // Rounded to the nearest, halves up: all numbers here are positive.
    let share = (2 * i64::from(size) * most + before).div_euclid(2 * before);
    i32::try_from(share).unwrap_or(i32::MAX) - size
}
