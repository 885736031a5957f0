//! Volumes of a pod: when they are there, and what is told when they are not.

use serde_json::Value;

use super::agent::{Host, PodAgent};
use super::host_path::{self, node_files};
use super::mounts::items;
use super::places::{Place, awaits_attach, claimed};
use crate::api::Str;
use crate::api::component_helpers::volume_fits_node;
use crate::api::core::{ConfigMap, KeyToPath, NfsVolumeSource, Node, Pod, Secret, Volume};
use crate::api::storage::PersistentVolumeClaim;
use crate::client::{Ctx, Severity};
use crate::sim::btree::BTreeMap;
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
/// How long a mount waits for a file server, and how often it tries meanwhile.
const NFS_TIMEOUT: Duration = Duration::from_secs(125);
const NFS_RETRY: Duration = Duration::from_secs(5);
/// Unmounting the volumes of a pod that ended.
pub(super) const UNMOUNT: Duration = Duration::from_millis(150);

/// The volumes of one pod.
#[derive(Clone, Debug, Default)]
pub(super) struct Volumes {
    state: State,
    /// What they show has changed since it was shown.
    pub(super) is_stale: bool,
    /// Where the data of each lies; it stays so while the pod is there.
    pub(super) places: BTreeMap<Str, Place>,
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
    /// Since when its server does not answer.
    hangs_since: Option<SimTime>,
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
            hangs_since: None,
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
            match volume.map(|volume| check(host, &pod, volume)) {
                None | Some(Ok(())) => return false,
                Some(Err(Unready::Waits)) => {}
                Some(Err(Unready::Hangs(export))) => {
                    let since = *mounting.hangs_since.get_or_insert(now);
                    if now.since(since) < NFS_TIMEOUT {
                        mounting.next_try = now + NFS_RETRY;
                        return true;
                    }
                    mounting.hangs_since = None;
                    told.push(timed_out(&pod, &mounting.name, &export));
                }
                Some(Err(Unready::Failed(error))) => told.push(format!(
                    "MountVolume.SetUp failed for volume \"{}\" : {error}",
                    mounting.name
                )),
                Some(Err(Unready::OtherNode(volume))) => told.push(format!(
                    "MountVolume.NodeAffinity check failed for volume \"{volume}\" : no matching NodeSelectorTerms"
                )),
            }
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
}

/// Whether the volume of a claim can be mounted: it is bound, within reach, attached, and there.
// Models pkg/kubelet/volumemanager/populator, pkg/volume/util/operationexecutor GenerateMountVolumeFunc.
fn check_claim(host: &mut Host<'_, '_>, pod: &Pod, name: &Str) -> Result<(), Unready> {
    let api = &*host.ctx.api;
    if api.get::<PersistentVolumeClaim>(&pod.meta.namespace, name).is_none() {
        return Err(Unready::Failed(format!("persistentvolumeclaim \"{name}\" not found")));
    }
    let volume = claimed(api, pod, name).ok_or(Unready::Waits)?;
    if awaits_attach(api, &volume, &host.node.name) {
        return Err(Unready::Waits);
    }
    let node = api.get::<Node>("", &host.node.name);
    if node.is_some_and(|node| !volume_fits_node(&volume, node)) {
        return Err(Unready::OtherNode(volume.meta.name.clone()));
    }
    let spec = &volume.spec;
    if let Some(source) = &spec.nfs {
        return check_server(host, source);
    }
    let on_node = spec
        .host_path
        .as_ref()
        .map(|source| (&source.path, source.kind.as_deref().unwrap_or_default()));
    // The disk of a local volume was put there by whoever made the volume.
    let on_node = on_node.or(spec.local.as_ref().map(|source| (&source.path, "DirectoryOrCreate")));
    if let Some((path, kind)) = on_node.filter(|_| !volume.is_block()) {
        let tree = node_files(&mut host.stock.volumes, &host.node.name);
        host_path::prepare(tree, path, kind)?;
    }
    Ok(())
}

fn check_server(host: &Host<'_, '_>, source: &NfsVolumeSource) -> Result<(), Unready> {
    if host.stock.down.contains(&source.server) {
        return Err(Unready::Hangs(format!("{}:{}", source.server, source.path)));
    }
    Ok(())
}

/// What the mount command says when it gives up.
// Models k8s.io/mount-utils mount_linux.go doMount.
fn timed_out(pod: &Pod, name: &str, export: &str) -> String {
    let uid = &pod.meta.uid;
    format!(
        "MountVolume.SetUp failed for volume \"{name}\" : mount failed: exit status 32\nMounting command: mount\nMounting \
         arguments: -t nfs {export} /var/lib/kubelet/pods/{uid}/volumes/kubernetes.io~nfs/{name}\nOutput: mount.nfs: \
         Connection timed out\n"
    )
}

/// Why a volume cannot be mounted.
enum Unready {
    /// Others have to act first: nothing is told.
    Waits,
    /// The file server does not answer: `server:path`.
    Hangs(String),
    Failed(String),
    /// The PersistentVolume of that name is out of the node's reach.
    OtherNode(Str),
}

impl From<String> for Unready {
    fn from(error: String) -> Self {
        Self::Failed(error)
    }
}

/// Whether a volume can be mounted.
fn check(host: &mut Host<'_, '_>, pod: &Pod, volume: &Volume) -> Result<(), Unready> {
    let namespace = &*pod.meta.namespace;
    if let Some(source) = &volume.host_path {
        let kind = source.kind.as_deref().unwrap_or_default();
        let tree = node_files(&mut host.stock.volumes, &host.node.name);
        return Ok(host_path::prepare(tree, &source.path, kind)?);
    }
    if let Some(source) = &volume.nfs {
        return check_server(host, source);
    }
    if let Some(name) = volume.claim_name(&pod.meta.name) {
        return check_claim(host, pod, &name);
    }
    let ctx = &*host.ctx;
    if let Some(source) = &volume.config_map {
        let (items, optional) = (&source.items, source.optional);
        return Ok(check_config_map(ctx, namespace, &source.name, items, optional)?);
    }
    if let Some(source) = &volume.secret {
        let (items, optional) = (&source.items, source.optional);
        return Ok(check_secret(ctx, namespace, &source.secret_name, items, optional)?);
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
