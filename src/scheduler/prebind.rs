//! The volumes of a pod that has a node: they are bound, or made there, before the pod is.
// Models pkg/scheduler/framework/plugins/volumebinding/volume_binding.go Reserve, PreBind; binder.go BindPodVolumes.

use std::rc::Rc;

use super::cache::PodInfo;
use super::component::{Scheduler, timer};
use super::pending::{Bound, VolumeWait};
use super::plugins::volume_binding::{Plan, PodClaims};
use super::preemption::Promise;
use crate::api::Str;
use crate::api::component_helpers::volume_fits_node;
use crate::api::core::Node;
use crate::api::status::Status;
use crate::api::storage::{PersistentVolume, PersistentVolumeClaim, names};
use crate::apiserver::Key;
use crate::client::Ctx;
use crate::sim::Duration;

/// How long a pod waits for its volumes.
// Models pkg/scheduler/apis/config/v1/defaults.go VolumeBindingArgs BindTimeoutSeconds.
const TIMEOUT: Duration = Duration::from_secs(600);

impl Scheduler {
    /// Sees to the pod's volumes; gives the pod back where there is nothing to wait for.
    pub(super) fn begin_volumes(&mut self, ctx: &mut Ctx<'_>, bound: Bound) -> Option<Bound> {
        let pod = bound.waiting.pod.clone();
        let node = ctx.api.get::<Node>("", &bound.node).cloned();
        let claims = PodClaims::of(ctx.api, &pod.pod).ok().flatten();
        let plan = match node.zip(claims) {
            Some((node, claims)) => claims.plan(&node).unwrap_or_default(),
            None => Plan::default(),
        };
        if plan.is_empty() {
            return Some(bound);
        }
        let mut placed = (*pod.pod).clone();
        Rc::make_mut(&mut placed.spec).node_name = bound.node.clone();
        let info = PodInfo {
            pod: Rc::new(placed),
            ..(*pod).clone()
        };
        self.cache.add_pod(&Rc::new(info), &bound.node, true);
        self.write_status(ctx, &pod, None, &Promise::Node(bound.node.clone()));
        let (node, until) = (bound.node.clone(), ctx.now + TIMEOUT);
        let key = |claim: &PersistentVolumeClaim| Key::new(&claim.meta.namespace, &claim.meta.name);
        let wait = VolumeWait {
            bound,
            provisioned: plan.provision.iter().map(|claim| key(claim)).collect(),
            claimed: plan
                .bind
                .iter()
                .map(|(volume, claim)| (key(claim), volume.meta.name.clone()))
                .collect(),
            until,
        };
        if let Err(status) = write(ctx, &plan, &node) {
            let why = format!("running PreBind plugin \"VolumeBinding\": {}", status.message);
            self.fail_to_bind(ctx, wait.bound.waiting, why);
            return None;
        }
        self.volume_waits.insert(pod.uid().clone(), wait);
        ctx.arm_earlier(timer::VOLUMES, 0, until);
        None
    }

    /// Looks which pods have their volumes by now, and which have waited too long.
    // Models binder.go checkBindings.
    pub(super) fn check_volumes(&mut self, ctx: &mut Ctx<'_>) {
        let pods: Vec<Str> = self.volume_waits.keys().cloned().collect();
        for uid in pods {
            let Some(wait) = self.volume_waits.get(&uid) else {
                continue;
            };
            let result = match wait.is_done(ctx) {
                Ok(false) if ctx.now >= wait.until => Err("context deadline exceeded".to_owned()),
                Ok(false) => continue,
                other => other,
            };
            let wait = self.volume_waits.remove(&uid).expect("looked at above");
            match result {
                Ok(_) => self.finish_bind(ctx, wait.bound),
                Err(why) => {
                    let why = format!("running PreBind plugin \"VolumeBinding\": binding volumes: {why}");
                    self.fail_to_bind(ctx, wait.bound.waiting, why);
                }
            }
        }
        if let Some(until) = self.volume_waits.values().map(|wait| wait.until).min() {
            ctx.arm(timer::VOLUMES, 0, until);
        }
    }
}

impl VolumeWait {
    /// Whether all claims are bound.
    ///
    /// # Errors
    /// Why they will not be on this node.
    fn is_done(&self, ctx: &Ctx<'_>) -> Result<bool, String> {
        let mut done = true;
        for (key, name) in &self.claimed {
            let volume = ctx.api.get::<PersistentVolume>("", name);
            let volume =
                volume.ok_or_else(|| format!("failed to check binding: persistentvolume \"{name}\" not found"))?;
            if volume.spec.claim_ref.as_ref().is_none_or(|there| there.uid.is_empty()) {
                return Err(format!("ClaimRef got reset for pv \"{name}\""));
            }
            done &= claim(ctx, key)?.is_bound();
        }
        for key in &self.provisioned {
            let claim = claim(ctx, key)?;
            let selected = claim.meta.annotation(names::SELECTED_NODE);
            if selected != Some(&self.bound.node) {
                return Err(format!("provisioning failed for PVC \"{}\"", key.name));
            }
            let volume = ctx.api.get::<PersistentVolume>("", &claim.spec.volume_name);
            let node = ctx.api.get::<Node>("", &self.bound.node);
            if let Some((volume, node)) = volume
                .zip(node)
                .filter(|(volume, node)| !volume_fits_node(volume, node))
            {
                return Err(format!(
                    "pv \"{}\" node affinity doesn't match node \"{}\": no matching NodeSelectorTerms",
                    volume.meta.name, node.meta.name
                ));
            }
            done &= claim.is_bound();
        }
        Ok(done)
    }
}

fn claim<'a>(ctx: &'a Ctx<'_>, key: &Key) -> Result<&'a Rc<PersistentVolumeClaim>, String> {
    let claim = ctx.api.get_key::<PersistentVolumeClaim>(key);
    claim.ok_or_else(|| format!("failed to check provisioning pvc: could not find v1.PersistentVolumeClaim \"{key}\""))
}

/// Tells volumes whose they are, and claims where their volumes are to be made.
// Models binder.go bindAPIUpdate.
fn write(ctx: &mut Ctx<'_>, plan: &Plan, node: &Str) -> Result<(), Status> {
    for (volume, claim) in &plan.bind {
        let mut next = (**volume).clone();
        next.bind_to(claim);
        ctx.update(next)?;
    }
    for claim in &plan.provision {
        let mut next = (**claim).clone();
        next.meta.set_annotation(names::SELECTED_NODE, node);
        ctx.update(next)?;
    }
    Ok(())
}
