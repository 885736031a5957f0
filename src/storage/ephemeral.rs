//! Makes the claims of pods' ephemeral volumes.
// Models pkg/controller/volume/ephemeral/controller.go.

use serde_json::{Map, Value};

use crate::api::core::{ClaimTemplate, Pod, Volume};
use crate::api::meta::{ObjectMeta, OwnerReference};
use crate::api::status::{Reason, Status};
use crate::api::storage::PersistentVolumeClaim;
use crate::api::{Kind, Object, Resource, lean};
use crate::apiserver::{Change, Key, Verb};
use crate::client::{Component, Ctx, Reconciler, Recorder, Severity, WorkQueue, work};

const QUEUE: u8 = 0;

/// The controller.
#[derive(Clone, Debug)]
pub struct EphemeralController {
    queue: WorkQueue,
    recorder: Recorder,
}

impl Default for EphemeralController {
    fn default() -> Self {
        Self {
            queue: WorkQueue::with_workers(QUEUE, 5),
            recorder: Recorder::of_component("ephemeral_volume"),
        }
    }
}

impl Component for EphemeralController {
    fn name(&self) -> &'static str {
        "ephemeral-volume-controller"
    }

    fn watches(&self) -> &'static [Kind] {
        &[Pod::KIND]
    }

    fn wants(&self, change: &Change) -> bool {
        let pod = Pod::of(&change.object);
        let has_any = |pod: &std::rc::Rc<Pod>| pod.spec.volumes.iter().any(|volume| volume.ephemeral.is_some());
        change.verb == Verb::Added && pod.is_some_and(has_any)
    }

    fn on_change(&mut self, ctx: &mut Ctx<'_>, change: &Change) {
        self.queue.add(ctx, Key::of(&change.object));
    }

    fn on_timer(&mut self, ctx: &mut Ctx<'_>, _purpose: u8, _object: u64) {
        work(self, ctx);
    }
}

impl Reconciler for EphemeralController {
    fn queue(&mut self) -> &mut WorkQueue {
        &mut self.queue
    }

    fn sync(&mut self, ctx: &mut Ctx<'_>, key: &Key) -> Result<(), Status> {
        let Some(pod) = ctx
            .api
            .get_key::<Pod>(key)
            .cloned()
            .filter(|pod| !pod.meta.is_terminating())
        else {
            return Ok(());
        };
        for volume in pod.spec.volumes.iter() {
            let template = volume
                .ephemeral
                .as_ref()
                .and_then(|source| source.volume_claim_template.as_ref());
            let Some(template) = template else { continue };
            if let Err(why) = make(ctx, &pod, volume, template) {
                let message = format!("ephemeral volume {}: {why}", volume.name);
                let object = Object::Pod(pod.clone());
                self.recorder
                    .event(ctx, &object, Severity::Warning, "FailedBinding", &message);
                return Err(Status::new(Reason::InternalError, message));
            }
        }
        Ok(())
    }
}

// Models controller.go handleVolume.
fn make(ctx: &mut Ctx<'_>, pod: &Pod, volume: &Volume, template: &ClaimTemplate) -> Result<(), String> {
    let name = volume.claim_name(&pod.meta.name).unwrap_or_default();
    let (namespace, owner) = (&pod.meta.namespace, &pod.meta);
    if let Some(claim) = ctx.api.get::<PersistentVolumeClaim>(namespace, &name) {
        let is_own = claim.meta.controller().is_some_and(|there| there.uid == owner.uid);
        let why = format!(
            "PVC {namespace}/{name} was not created for pod {namespace}/{} (pod is not owner)",
            owner.name
        );
        return if is_own { Ok(()) } else { Err(why) };
    }
    let fields = template.rest.iter().map(|(name, value)| (name.clone(), value.clone()));
    let body: Map<String, Value> = fields.collect();
    let mut claim = lean::decode::<PersistentVolumeClaim>(Value::Object(body)).map_err(|error| error.to_string())?;
    claim.meta = ObjectMeta {
        name: name.clone(),
        namespace: namespace.clone(),
        labels: template.meta.labels.clone(),
        annotations: template.meta.annotations.clone(),
        owner_references: [OwnerReference {
            api_version: "v1".into(),
            kind: "Pod".into(),
            name: owner.name.clone(),
            uid: owner.uid.clone(),
            controller: true,
            block_owner_deletion: true,
            ..OwnerReference::default()
        }]
        .into(),
        ..ObjectMeta::default()
    };
    match ctx.create(claim) {
        Ok(_) => Ok(()),
        Err(error) => Err(format!("create PVC {name}: {}", error.message)),
    }
}
