//! Volumes of a pod: when they are there, and what is told when they are not.

use super::agent::{Host, PodAgent};
use crate::api::core::{ConfigMap, Pod, Secret, Volume};
use crate::api::{Kind, Str};
use crate::apiserver::Key;
use crate::client::{Ctx, Severity};
use crate::sim::{Duration, SimTime};

/// How often a pod looks whether its volumes are there.
// Models pkg/kubelet/volumemanager podAttachAndMountRetryInterval
pub(super) const POLL: Duration = Duration::from_millis(300);
/// How long a pod waits for its volumes before it gives up for this time.
pub(super) const TIMEOUT: Duration = Duration::from_secs(123);
/// From a new pod to the first try to mount: the two loops of the volume manager.
const FIRST_TRY: Duration = Duration::from_millis(150);
/// First wait after a failure; it doubles.
const BACKOFF_FIRST: Duration = Duration::from_millis(500);
const BACKOFF_MAX: Duration = Duration::from_secs(122);
/// Unmounting the volumes of a pod that ended.
pub(super) const UNMOUNT: Duration = Duration::from_millis(150);

/// The volumes of one pod.
#[derive(Clone, Debug, Default)]
pub(super) struct Volumes {
    state: State,
}

#[derive(Clone, Debug, Default)]
enum State {
    #[default]
    New,
    Mounting(Vec<Mounting>),
    Mounted,
}

/// A volume that is not mounted yet.
#[derive(Clone, Debug)]
struct Mounting {
    name: Str,
    next_try: SimTime,
    wait: Duration,
}

impl Volumes {
    /// Whether all are there.
    pub(super) const fn is_mounted(&self) -> bool {
        matches!(self.state, State::Mounted)
    }

    /// When the next try to mount is due.
    pub(super) fn next_try(&self) -> Option<SimTime> {
        match &self.state {
            State::Mounting(list) => list.iter().map(|mounting| mounting.next_try).min(),
            _ => None,
        }
    }

    /// A round begins.
    pub(super) fn begin(&mut self, ctx: &Ctx<'_>, pod: &Pod) {
        if !matches!(self.state, State::New) {
            return;
        }
        let first = ctx.now + FIRST_TRY;
        let mut list: Vec<Mounting> = pod
            .spec
            .volumes
            .iter()
            .map(|volume| Mounting::new(&volume.name, first))
            .collect();
        // The token of the service account is a volume of nearly every pod.
        if list.is_empty() && pod.spec.automount_service_account_token != Some(false) {
            list.push(Mounting::new(&"".into(), first));
        }
        self.state = if list.is_empty() {
            State::Mounted
        } else {
            State::Mounting(list)
        };
    }
}

impl Mounting {
    fn new(name: &Str, next_try: SimTime) -> Self {
        Self {
            name: name.clone(),
            next_try,
            wait: Duration::ZERO,
        }
    }
}

impl PodAgent {
    /// Tries to mount what is due.
    pub(super) fn try_volumes(&mut self, host: &mut Host<'_, '_>) {
        let State::Mounting(list) = &mut self.volumes.state else {
            return;
        };
        let now = host.ctx.now;
        let mut told = Vec::new();
        let pod = self.pod.clone();
        list.retain_mut(|mounting| {
            if mounting.next_try > now {
                return true;
            }
            let volume = pod.spec.volumes.iter().find(|volume| volume.name == mounting.name);
            let Some(Err(error)) = volume.map(|volume| check(host.ctx, &pod, volume)) else {
                return false;
            };
            told.push(format!(
                "MountVolume.SetUp failed for volume \"{}\" : {error}",
                mounting.name
            ));
            mounting.wait = if mounting.wait == Duration::ZERO {
                BACKOFF_FIRST
            } else {
                (mounting.wait * 2).min(BACKOFF_MAX)
            };
            mounting.next_try = now + mounting.wait;
            true
        });
        if list.is_empty() {
            self.volumes.state = State::Mounted;
            self.fill_volumes(host);
        }
        for message in told {
            host.event(self, Severity::Warning, "FailedMount", &message);
        }
    }

    /// Tells that the wait for volumes was in vain.
    pub(super) fn tell_unmounted(&self, host: &mut Host<'_, '_>) {
        let State::Mounting(list) = &self.volumes.state else {
            return;
        };
        let names: Vec<&str> = list.iter().map(|mounting| &*mounting.name).collect();
        let message = format!(
            "Unable to attach or mount volumes: unmounted volumes=[{}], unattached volumes=[], failed to process volumes=[]: context deadline exceeded",
            names.join(" ")
        );
        host.event(self, Severity::Warning, "FailedMount", &message);
    }
}

/// Whether a volume can be mounted.
fn check(ctx: &Ctx<'_>, pod: &Pod, volume: &Volume) -> Result<(), String> {
    let namespace = &*pod.meta.namespace;
    if let Some(source) = volume.config_map.as_ref().filter(|source| !source.optional) {
        let Some(map) = ctx.api.get::<ConfigMap>(namespace, &source.name) else {
            return Err(format!("configmap \"{}\" not found", source.name));
        };
        let missing = source
            .items
            .iter()
            .find(|i| !map.data.contains_key(&i.key) && !map.binary_data.contains_key(&i.key));
        return missing.map_or(Ok(()), |_| {
            Err("references non-existent config key: ".to_owned() + &missing_key(missing))
        });
    }
    if let Some(source) = volume.secret.as_ref().filter(|source| !source.optional) {
        let Some(secret) = ctx.api.get::<Secret>(namespace, &source.secret_name) else {
            return Err(format!("secret \"{}\" not found", source.secret_name));
        };
        let missing = source.items.iter().find(|item| !secret.data.contains_key(&item.key));
        return missing.map_or(Ok(()), |_| {
            Err("references non-existent secret key: ".to_owned() + &missing_key(missing))
        });
    }
    if let Some(source) = &volume.persistent_volume_claim {
        let key = Key::new(namespace, &source.claim_name);
        let kind = Kind::named("", "PersistentVolumeClaim");
        if ctx.api.get_object(kind, &key).is_none() {
            return Err(format!("persistentvolumeclaim \"{}\" not found", source.claim_name));
        }
    }
    Ok(())
}

fn missing_key(item: Option<&crate::api::core::KeyToPath>) -> String {
    item.map_or_else(String::new, |item| item.key.to_string())
}
