//! Keeps pods to nodes from which their volumes can be reached, and finds volumes for claims that wait for a pod.
//!
//! For a claim that waits, the search looks on each node for a volume that lies ready, else for a class that can make one
//! there. What was found for the node that is chosen is written before the pod is bound: see `scheduler/prebind.rs`.
// Models pkg/scheduler/framework/plugins/volumebinding/volume_binding.go, binder.go.

use std::rc::Rc;

use crate::api::Str;
use crate::api::component_helpers::{find_matching_volume, volume_fits_node};
use crate::api::core::{Node, Pod};
use crate::api::storage::{PersistentVolume, PersistentVolumeClaim, StorageClass, names};
use crate::apiserver::ApiServer;
use crate::scheduler::cache::{NodeInfo, PodInfo};
use crate::scheduler::framework::{
    Action, ClusterEvent, Code, Filter, Handle, Interest, Plugin, PluginName, PreFilter, Rejection, Verdict,
};
use crate::sim::Arrange;

/// The plugin.
pub(super) struct VolumeBinding;

type Claim = Rc<PersistentVolumeClaim>;
type Volume = Rc<PersistentVolume>;

impl Plugin for VolumeBinding {
    fn name(&self) -> PluginName {
        PluginName::VolumeBinding
    }

    fn pre_filter(&self, handle: &mut Handle<'_>, pod: &Rc<PodInfo>) -> PreFilter {
        match PodClaims::of(handle.api, &pod.pod) {
            Err(why) => PreFilter::Reject(Rejection::unresolvable(why)),
            Ok(None) => PreFilter::Skip,
            Ok(Some(claims)) => PreFilter::Filter(Box::new(claims)),
        }
    }

    fn interests(&self) -> &'static [Interest] {
        const INTERESTS: &[Interest] = &[
            Interest::Storage(Action::ADD.or(Action::OTHER_UPDATE)),
            Interest::Node(Action::ADD.or(Action::NODE_LABEL)),
        ];
        INTERESTS
    }

    fn hint(&self, _handle: &mut Handle<'_>, pod: &PodInfo, event: &ClusterEvent) -> bool {
        let Some(object) = event
            .new
            .as_ref()
            .filter(|object| object.kind().info().kind == "PersistentVolumeClaim")
        else {
            return true;
        };
        let claims: Vec<Str> = claim_names(&pod.pod).collect();
        object.meta().namespace == pod.pod.meta.namespace && claims.contains(&object.meta().name)
    }
}

/// The claims that a pod uses, those that are made for it included.
pub(in crate::scheduler) fn claim_names(pod: &Pod) -> impl Iterator<Item = Str> {
    pod.spec
        .volumes
        .iter()
        .filter_map(|volume| volume.claim_name(&pod.meta.name))
}

/// The claims of a pod and what there is for them.
// Models binder.go PodVolumeClaims.
#[derive(Clone)]
pub(in crate::scheduler) struct PodClaims {
    /// The volumes of claims that are bound; none where one is gone.
    bound: Vec<Option<Volume>>,
    /// Claims that wait for a pod, the smallest first, each with the volumes and the class that it may get.
    waiting: Vec<Waiting>,
}

/// A claim that waits for a pod.
#[derive(Clone)]
struct Waiting {
    claim: Claim,
    volumes: Rc<[Volume]>,
    class: Option<Rc<StorageClass>>,
}

/// What is to be done for a pod's claims on a node.
// Models binder.go PodVolumes.
#[derive(Clone, Debug, Default)]
pub(in crate::scheduler) struct Plan {
    /// Volumes that lie ready, each with its claim.
    pub(in crate::scheduler) bind: Vec<(Volume, Claim)>,
    /// Claims for which a volume is to be made.
    pub(in crate::scheduler) provision: Vec<Claim>,
}

impl PodClaims {
    /// The claims of a pod; none where it has none.
    ///
    /// # Errors
    /// Why no node will do.
    // Models volume_binding.go PreFilter, binder.go GetPodVolumeClaims.
    pub(in crate::scheduler) fn of(api: &ApiServer, pod: &Pod) -> Result<Option<Self>, String> {
        let (mut bound, mut waiting, mut unbound, mut any) = (Vec::new(), Vec::new(), false, false);
        for volume in pod.spec.volumes.iter() {
            let Some(name) = volume.claim_name(&pod.meta.name) else {
                continue;
            };
            any = true;
            let made = volume.ephemeral.is_some() && volume.persistent_volume_claim.is_none();
            let claim = usable(api, pod, &name, made)?;
            if claim.is_bound() {
                bound.push(api.get::<PersistentVolume>("", &claim.spec.volume_name).cloned());
                continue;
            }
            let class = api.get::<StorageClass>("", claim.class()).cloned();
            let waits = class.as_ref().is_some_and(|class| class.waits_for_consumer());
            if !waits || !claim.spec.volume_name.is_empty() {
                unbound = true;
                continue;
            }
            let volumes = api.list::<PersistentVolume>(None);
            let volumes = volumes
                .filter(|volume| volume.class() == claim.class())
                .cloned()
                .collect();
            waiting.push(Waiting { claim, volumes, class });
        }
        if unbound {
            return Err("pod has unbound immediate PersistentVolumeClaims".to_owned());
        }
        waiting.arrange_by(|a: &Waiting, b: &Waiting| a.claim.request().cmp(&b.claim.request()));
        Ok(any.then_some(Self { bound, waiting }))
    }

    /// What is to be done for the claims on a node.
    ///
    /// # Errors
    /// Why the node will not do.
    // Models binder.go FindPodVolumes.
    pub(in crate::scheduler) fn plan(&self, node: &Node) -> Result<Plan, Vec<&'static str>> {
        let mut why = Vec::new();
        let absent = self.bound.iter().any(Option::is_none);
        let first_bad = self.bound.iter().find(|volume| match volume {
            None => true,
            Some(volume) => !volume_fits_node(volume, node),
        });
        if matches!(first_bad, Some(Some(_))) {
            why.push("node(s) didn't match PersistentVolume's node affinity");
        }
        let (mut plan, mut found) = (Plan::default(), true);
        for waiting in &self.waiting {
            found &= plan.add(waiting, node);
        }
        if !found {
            why.push("node(s) didn't find available persistent volumes to bind");
        }
        if absent && matches!(first_bad, Some(None)) {
            why.push("node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)");
        }
        if why.is_empty() { Ok(plan) } else { Err(why) }
    }
}

impl Plan {
    /// Whether there is nothing to do.
    pub(in crate::scheduler) const fn is_empty(&self) -> bool {
        self.bind.is_empty() && self.provision.is_empty()
    }

    /// Finds a volume for a claim on a node, or a class that makes one there; says whether there is one.
    // Models binder.go findMatchingVolumes, checkVolumeProvisions.
    fn add(&mut self, waiting: &Waiting, node: &Node) -> bool {
        let claim = &waiting.claim;
        match claim.meta.annotation(names::SELECTED_NODE) {
            Some(selected) if *selected != node.meta.name => return false,
            Some(_) => {}
            None => {
                let free = waiting.volumes.iter().filter(|volume| !self.takes(volume));
                if let Some(volume) = find_matching_volume(claim, free, Some(node), true) {
                    self.bind.push((volume.clone(), claim.clone()));
                    return true;
                }
            }
        }
        let class = waiting.class.as_ref().filter(|class| class.provisions());
        let makes = class.is_some_and(|class| is_allowed(class, node));
        if makes {
            self.provision.push(claim.clone());
        }
        makes
    }

    fn takes(&self, volume: &PersistentVolume) -> bool {
        self.bind.iter().any(|(taken, _)| taken.meta.name == volume.meta.name)
    }
}

/// Whether the class may make volumes for that node.
// Models k8s.io/component-helpers MatchTopologySelectorTerms.
fn is_allowed(class: &StorageClass, node: &Node) -> bool {
    let mut terms = class.allowed_topologies.iter();
    terms.len() == 0
        || terms.any(|term| {
            let mut parts = term.match_label_expressions.iter();
            parts.len() > 0
                && parts.all(|part| {
                    node.meta
                        .label(&part.key)
                        .is_some_and(|value| part.values.contains(value))
                })
        })
}

/// The claim of that name, if a pod may use it. `made` says that it is made for the pod.
// Models volume_binding.go podHasPVCs.
fn usable(api: &ApiServer, pod: &Pod, name: &str, made: bool) -> Result<Claim, String> {
    let namespace = &pod.meta.namespace;
    let Some(claim) = api.get::<PersistentVolumeClaim>(namespace, name) else {
        return Err(if made {
            format!("waiting for ephemeral volume controller to create the persistentvolumeclaim \"{name}\"")
        } else {
            format!("persistentvolumeclaim \"{name}\" not found")
        });
    };
    if &*claim.status.phase == "Lost" {
        let volume = &claim.spec.volume_name;
        return Err(format!(
            "persistentvolumeclaim \"{name}\" bound to non-existent persistentvolume \"{volume}\""
        ));
    }
    if claim.meta.is_terminating() {
        return Err(format!("persistentvolumeclaim \"{name}\" is being deleted"));
    }
    let owned = claim.meta.controller().is_some_and(|owner| owner.uid == pod.meta.uid);
    if made && !owned {
        let pod = &pod.meta.name;
        return Err(format!(
            "PVC {namespace}/{name} was not created for pod {namespace}/{pod} (pod is not owner)"
        ));
    }
    Ok(claim.clone())
}

impl Filter for PodClaims {
    fn filter(&self, node: &NodeInfo) -> Verdict {
        self.plan(node.node()).map(|_| ()).map_err(|why| Rejection {
            code: Code::UnschedulableAndUnresolvable,
            reasons: why.into_iter().map(Into::into).collect(),
            plugin: None,
        })
    }

    fn fork(&self) -> Box<dyn Filter> {
        Box::new(self.clone())
    }
}
