//! How many pods a budget reckons with, and how many of them have to be healthy.

use crate::sim::btree::BTreeMap;
use std::rc::Rc;

use crate::api::apps::{Deployment, ReplicaSet};
use crate::api::core::Pod;
use crate::api::intstr::IntOrString;
use crate::api::meta::OwnerReference;
use crate::api::policy::PodDisruptionBudget;
use crate::api::{Kind, Resource, Str};
use crate::apiserver::{ApiServer, Key, Scale};

/// What a budget reckons with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::controller) struct Expected {
    /// Pods that should be there.
    pub(in crate::controller) pods: i32,
    /// Pods that have to be healthy.
    pub(in crate::controller) healthy: i32,
    /// Whether some pods have no controller that could say how many there should be.
    pub(in crate::controller) unmanaged: bool,
}

/// What `budget` reckons with, where `pods` are those it guards.
///
/// # Errors
/// When the controller of a pod has no scale, or a percentage cannot be read.
// Models getExpectedPodCount
pub(in crate::controller) fn expected(
    api: &ApiServer,
    budget: &PodDisruptionBudget,
    pods: &[Rc<Pod>],
) -> Result<Expected, String> {
    let spec = &budget.spec;
    let scaled = |value: &IntOrString, total: i32| {
        let value = value.scaled(i64::from(total), true)?;
        Ok::<i32, String>(i32::try_from(value).unwrap_or(i32::MAX))
    };
    match (&spec.max_unavailable, &spec.min_available) {
        (Some(max), _) => {
            let (pods, unmanaged) = scale_of_all(api, pods)?;
            let healthy = pods.saturating_sub(scaled(max, pods)?).max(0);
            Ok(Expected {
                pods,
                healthy,
                unmanaged,
            })
        }
        (None, Some(IntOrString::Int(min))) => Ok(Expected {
            pods: i32::try_from(pods.len()).unwrap_or(i32::MAX),
            healthy: *min,
            unmanaged: false,
        }),
        (None, Some(min)) => {
            let (pods, unmanaged) = scale_of_all(api, pods)?;
            let healthy = scaled(min, pods)?;
            Ok(Expected {
                pods,
                healthy,
                unmanaged,
            })
        }
        (None, None) => Ok(Expected::default()),
    }
}

/// The sum of what the controllers of the pods want, each once, and whether a pod has none.
// Models getExpectedScale
fn scale_of_all(api: &ApiServer, pods: &[Rc<Pod>]) -> Result<(i32, bool), String> {
    let mut scales: BTreeMap<Str, i32> = BTreeMap::new();
    let mut unmanaged = false;
    for pod in pods {
        let Some(owner) = pod.meta.controller() else {
            unmanaged = true;
            continue;
        };
        if scales.contains_key(&owner.uid) {
            continue;
        }
        let (uid, scale) = scale_of(api, &pod.meta.namespace, owner)?
            .ok_or_else(|| format!("found no controllers for pod \"{}\"", pod.meta.name))?;
        scales.insert(uid, scale);
    }
    let sum = scales.values().fold(0_i32, |sum, scale| sum.saturating_add(*scale));
    Ok((sum, unmanaged))
}

/// What the controller of a pod wants; the Deployment of a ReplicaSet that has one.
// Models getPodDeployment, getPodReplicaSet, getPodStatefulSet, getPodReplicationController, getScaleController
fn scale_of(api: &ApiServer, namespace: &Str, owner: &OwnerReference) -> Result<Option<(Str, i32)>, String> {
    let (group, _) = owner.api_version.rsplit_once('/').unwrap_or(("", &owner.api_version));
    if &*owner.kind == "ReplicaSet" && group == "apps" {
        let above = api
            .get::<ReplicaSet>(namespace, &owner.name)
            .filter(|set| set.meta.uid == owner.uid)
            .and_then(|set| set.meta.controller())
            .filter(|above| &*above.kind == "Deployment");
        if let Some(above) = above
            && let Some(found) = found(api, Deployment::KIND, namespace, above)
        {
            return Ok(Some(found));
        }
    }
    let kind = Kind::find(&owner.api_version, &owner.kind).ok_or_else(|| {
        format!(
            "no matches for kind \"{}\" in version \"{}\"",
            owner.kind, owner.api_version
        )
    })?;
    if !Scale::has(kind) {
        let resource = kind.info().resource();
        return Err(format!("{resource} does not implement the scale subresource"));
    }
    Ok(found(api, kind, namespace, owner))
}

fn found(api: &ApiServer, kind: Kind, namespace: &Str, owner: &OwnerReference) -> Option<(Str, i32)> {
    let key = Key {
        namespace: namespace.clone(),
        name: owner.name.clone(),
    };
    let scale = api.scale(kind, &key).filter(|scale| scale.uid == owner.uid)?;
    Some((scale.uid, scale.replicas))
}
