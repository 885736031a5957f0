//! Rules about what controllers make of their pods.

use kubarium::api::apps::{DaemonSet, Deployment, ReplicaSet, StatefulSet};
use kubarium::api::core::Pod;
use kubarium::api::meta::ObjectMeta;
use kubarium::api::{Object, Resource};
use kubarium::apiserver::{ApiServer, Verb};

use super::{Seen, versions};

pub(super) fn check(seen: &Seen<'_>, broken: &mut Vec<String>) {
    let mut say = |what: String| broken.push(format!("{}: {what}", seen.name()));
    check_counts(&seen.change.object, &mut say);
    if let Some((_, pod)) = versions::<Pod>(seen.change)
        && seen.change.verb == Verb::Added
    {
        check_new_pod(seen, pod, &mut say);
    }
    if let Some((Some(old), new)) = versions::<ReplicaSet>(seen.change)
        && seen.change.actor == "deployment-controller"
        && size(new) < size(old)
    {
        check_shrinking(seen, old, new, &mut say);
    }
}

/// The numbers of a status fit together.
fn check_counts(object: &Object, say: &mut impl FnMut(String)) {
    let mut in_order = |what: &str, counts: &[i32]| {
        if !counts.is_sorted() || counts.first().is_some_and(|least| *least < 0) {
            say(format!("{what} are {counts:?}"));
        }
    };
    if let Some(set) = ReplicaSet::of(object) {
        let status = &set.status;
        let counts = [status.available_replicas, status.ready_replicas, status.replicas];
        in_order("available, ready and all", &counts);
        in_order("labelled and all", &[status.fully_labeled_replicas, status.replicas]);
    }
    if let Some(deployment) = Deployment::of(object) {
        let status = &deployment.status;
        let counts = [status.available_replicas, status.ready_replicas, status.replicas];
        in_order("available, ready and all", &counts);
        in_order("updated and all", &[status.updated_replicas, status.replicas]);
        in_order("unavailable", &[status.unavailable_replicas]);
    }
    if let Some(set) = StatefulSet::of(object) {
        let status = &set.status;
        let counts = [status.available_replicas, status.ready_replicas, status.replicas];
        in_order("available, ready and all", &counts);
        in_order("updated and all", &[status.updated_replicas, status.replicas]);
        in_order("current", &[status.current_replicas]);
    }
    if let Some(set) = DaemonSet::of(object) {
        let status = &set.status;
        let desired = status.desired_number_scheduled;
        in_order(
            "available, ready and desired",
            &[status.number_available, status.number_ready, desired],
        );
        in_order("current and desired", &[status.current_number_scheduled, desired]);
        in_order("updated and desired", &[status.updated_number_scheduled, desired]);
        in_order("unavailable and desired", &[status.number_unavailable, desired]);
    }
}

/// A controller makes no more pods than it is to have, and a StatefulSet makes them in order.
fn check_new_pod(seen: &Seen<'_>, pod: &Pod, say: &mut impl FnMut(String)) {
    let Some(owner) = pod.meta.controller() else { return };
    let namespace = &pod.meta.namespace;
    match seen.change.actor {
        "replicaset-controller" => {
            let Some(set) = seen.api.get::<ReplicaSet>(namespace, &owner.name) else {
                return;
            };
            let active = pods_of(seen.api, &set.meta).filter(|pod| pod.is_active()).count();
            if i32::try_from(active).is_ok_and(|active| active > size(set)) {
                say(format!("is one of {active} of {} pods", size(set)));
            }
        }
        "statefulset-controller" => {
            let Some(set) = seen.api.get::<StatefulSet>(namespace, &owner.name) else {
                return;
            };
            let Some(own) = ordinal(&pod.meta) else { return };
            if &*set.spec.pod_management_policy == "Parallel" {
                return;
            }
            for other in pods_of(seen.api, &set.meta) {
                if ordinal(&other.meta).is_some_and(|ordinal| ordinal < own)
                    && (!other.is_ready() || other.meta.is_terminating())
                {
                    say(format!("is made before {} is ready", other.meta.name));
                }
            }
        }
        _ => {}
    }
}

/// A rolling update takes no pod away whose loss would leave too few.
// Models pkg/controller/deployment/rolling.go reconcileOldReplicaSets
fn check_shrinking(seen: &Seen<'_>, old: &ReplicaSet, new: &ReplicaSet, say: &mut impl FnMut(String)) {
    let deployment = new.meta.controller();
    let deployment = deployment.and_then(|owner| seen.api.get::<Deployment>(&new.meta.namespace, &owner.name));
    let Some(deployment) = deployment else { return };
    let strategy = &deployment.spec.strategy;
    let desired = deployment.spec.replicas.unwrap_or(1);
    // A change of the Deployment's own size may take away what it likes.
    let sized = new.meta.annotation("deployment.kubernetes.io/desired-replicas");
    let before = old.meta.annotation("deployment.kubernetes.io/desired-replicas");
    if &*strategy.kind != "RollingUpdate" || sized != before {
        return;
    }
    let rolling = strategy.rolling_update.as_ref();
    let scaled = |part: Option<&kubarium::api::intstr::IntOrString>, up| {
        let value = part.map_or(Ok(0), |part| part.scaled(i64::from(desired), up));
        value.unwrap_or_default()
    };
    let surge = scaled(rolling.and_then(|rolling| rolling.max_surge.as_ref()), true);
    let unavailable = scaled(rolling.and_then(|rolling| rolling.max_unavailable.as_ref()), false);
    let least = i64::from(desired) - if surge == 0 && unavailable == 0 { 1 } else { unavailable };
    let sets: Vec<_> = seen
        .api
        .owned_by(&deployment.meta.uid)
        .filter_map(ReplicaSet::of)
        .collect();
    let available = |set: &ReplicaSet, size: i32| i64::from(set.status.available_replicas.min(size));
    let after: i64 = sets.iter().map(|set| available(set, size(set))).sum();
    let lost = available(old, size(old)) - available(new, size(new));
    if lost > 0 && after < least {
        say(format!(
            "loses {lost} available pods, which leaves {after} of at least {least}"
        ));
    }
}

/// Once nothing is left to do, each workload has the pods that it is to have, or says why not.
pub(super) fn at_rest(api: &ApiServer, object: &Object, broken: &mut Vec<String>) {
    let Some(set) = ReplicaSet::of(object) else { return };
    let active = pods_of(api, &set.meta).filter(|pod| pod.is_active()).count();
    let excused = set
        .status
        .conditions
        .iter()
        .any(|one| &*one.kind == "ReplicaFailure" && one.is_true());
    if i32::try_from(active).is_ok_and(|active| active != size(set)) && !excused && !set.meta.is_terminating() {
        let name = &set.meta.name;
        broken.push(format!("ReplicaSet {name}: has {active} of {} pods at rest", size(set)));
    }
}

fn size(set: &ReplicaSet) -> i32 {
    set.spec.replicas.unwrap_or(1)
}

fn pods_of<'a>(api: &'a ApiServer, owner: &'a ObjectMeta) -> impl Iterator<Item = &'a std::rc::Rc<Pod>> {
    let controlled = |pod: &&std::rc::Rc<Pod>| pod.meta.controller().is_some_and(|one| one.uid == owner.uid);
    api.owned_by(&owner.uid).filter_map(Pod::of).filter(controlled)
}

fn ordinal(meta: &ObjectMeta) -> Option<i32> {
    meta.name.rsplit_once('-')?.1.parse().ok()
}
