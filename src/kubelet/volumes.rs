//! Volumes of a pod: when they are there, and what is told when they are not.

use serde_json::Value;

use super::agent::{Host, PodAgent};
use super::mounts::items;
use super::runtime::VolumeId;
use crate::api::core::{ConfigMap, KeyToPath, Pod, Secret, Volume};
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
    /// What they show has changed since it was shown.
    pub(super) is_stale: bool,
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
            let Some(Err(error)) = volume.map(|volume| check(host, &pod, volume)) else {
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
fn check(host: &Host<'_, '_>, pod: &Pod, volume: &Volume) -> Result<(), String> {
    let ctx = &*host.ctx;
    let namespace = &*pod.meta.namespace;
    if let Some(source) = &volume.config_map {
        return check_config_map(ctx, namespace, &source.name, &source.items, source.optional);
    }
    if let Some(source) = &volume.secret {
        return check_secret(ctx, namespace, &source.secret_name, &source.items, source.optional);
    }
    if let Some(source) = &volume.persistent_volume_claim {
        let key = Key::new(namespace, &source.claim_name);
        let kind = Kind::named("", "PersistentVolumeClaim");
        if ctx.api.get_object(kind, &key).is_none() {
            return Err(format!("persistentvolumeclaim \"{}\" not found", source.claim_name));
        }
    }
    if let Some(source) = &volume.host_path {
        return check_host_path(host, &source.path, source.kind.as_deref().unwrap_or_default());
    }
    let projected = volume
        .rest
        .get("projected")
        .and_then(|source| source["sources"].as_array());
    for part in projected.into_iter().flatten() {
        let name = |of: &Value| of["name"].as_str().unwrap_or_default().to_owned();
        let optional = |of: &Value| of["optional"] == true;
        if let Some(of) = part.get("configMap").filter(|of| of["name"] != "kube-root-ca.crt") {
            check_config_map(ctx, namespace, &name(of), &items(part), optional(of))?;
        } else if let Some(of) = part.get("secret") {
            check_secret(ctx, namespace, &name(of), &items(part), optional(of))?;
        }
    }
    Ok(())
}

fn check_config_map(
    ctx: &Ctx<'_>,
    namespace: &str,
    name: &str,
    items: &[KeyToPath],
    optional: bool,
) -> Result<(), String> {
    match ctx.api.get::<ConfigMap>(namespace, name) {
        _ if optional => Ok(()),
        None => Err(format!("configmap \"{name}\" not found")),
        Some(map) => check_keys("config", items, |key| {
            map.data.contains_key(key) || map.binary_data.contains_key(key)
        }),
    }
}

fn check_secret(ctx: &Ctx<'_>, namespace: &str, name: &str, items: &[KeyToPath], optional: bool) -> Result<(), String> {
    match ctx.api.get::<Secret>(namespace, name) {
        _ if optional => Ok(()),
        None => Err(format!("secret \"{name}\" not found")),
        Some(secret) => check_keys("secret", items, |key| secret.data.contains_key(key)),
    }
}

fn check_keys(what: &str, items: &[KeyToPath], has: impl Fn(&str) -> bool) -> Result<(), String> {
    match items.iter().find(|item| !has(&item.key)) {
        Some(item) => Err(format!("references non-existent {what} key: {}", item.key)),
        None => Ok(()),
    }
}

/// Directories, and the sockets, that the machine of every node has.
const HOST_DIRS: [&str; 12] = [
    "/", "/dev", "/etc", "/home", "/lib", "/proc", "/run", "/sys", "/tmp", "/usr", "/var", "/opt",
];
const HOST_SOCKETS: [&str; 2] = ["/run/containerd/containerd.sock", "/var/run/containerd/containerd.sock"];

/// What must lie on the node already.
// Models pkg/volume/hostpath checkType
fn check_host_path(host: &Host<'_, '_>, path: &str, kind: &str) -> Result<(), String> {
    let made = VolumeId(format!("host/{}{path}", host.node.name).into());
    let is_dir = || {
        let is_known = HOST_DIRS.contains(&path) || path.starts_with("/var/l") || path.starts_with("/etc/kubernetes");
        is_known || host.stock.volumes.get(&made).is_some()
    };
    let is_there = match kind {
        "Directory" => is_dir(),
        "Socket" => HOST_SOCKETS.contains(&path),
        "File" => path.starts_with("/etc/") && !path.starts_with("/etc/kubernetes"),
        "CharDevice" => path.starts_with("/dev/"),
        "BlockDevice" => false,
        _ => true,
    };
    let what = match kind {
        "Directory" => "directory",
        "Socket" => "socket file",
        "File" => "file",
        "CharDevice" => "character device",
        _ => "block device",
    };
    if is_there {
        return Ok(());
    }
    Err(format!("hostPath type check failed: {path} is not a {what}"))
}
