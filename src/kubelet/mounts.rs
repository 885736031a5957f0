//! What is in the volumes of a pod, and where containers see it.

use crate::sim::btree::BTreeMap;

use serde_json::Value;

use super::agent::{Host, PodAgent, purpose};
use super::environment::Lookup;
use super::runtime::{FileSystem, Mount, Node, VolumeId, Volumes};
use crate::api::Str;
use crate::api::core::{ConfigMap, Container, KeyToPath, Pod, Secret, Volume};
use crate::client::Ctx;
use crate::sim::Duration;

/// Volumes that more than one pod may see: directories of nodes, and claims.
pub(super) type Shared = Volumes;

/// Bytes of a file by its path below the volume.
type Files = BTreeMap<String, Vec<u8>>;

/// The mean time between two rounds of a pod at rest: 60 s to 90 s.
const ROUNDS: Duration = Duration::from_secs(75);
/// Mode of directories that anyone may write.
const OPEN_DIR: u16 = 0o777;
const FILE: u16 = 0o644;

/// Names the tree of a volume.
pub(super) fn volume_id(pod: &Pod, volume: &Volume) -> (VolumeId, bool) {
    let (text, shared) = if let Some(host) = &volume.host_path {
        (format!("host/{}{}", pod.spec.node_name, host.path), true)
    } else if let Some(claim) = &volume.persistent_volume_claim {
        (format!("claim/{}/{}", pod.meta.namespace, claim.claim_name), true)
    } else {
        (format!("{}/{}", pod.meta.uid, volume.name), false)
    };
    (VolumeId(text.into()), shared)
}

/// Where a container sees its volumes.
pub(super) fn mounts(pod: &Pod, container: &Container, vars: &BTreeMap<Str, Str>) -> Vec<Mount> {
    let find = |name: &Str| pod.spec.volumes.iter().find(|volume| volume.name == *name);
    let read_only = |volume: &Volume| volume.empty_dir.is_none() && !volume_id(pod, volume).1;
    let mount = |mount: &crate::api::core::VolumeMount| {
        let volume = find(&mount.name)?;
        let sub_path = if mount.sub_path_expr.is_empty() {
            mount.sub_path.clone()
        } else {
            super::environment::expand(&mount.sub_path_expr, vars).into()
        };
        Some(Mount {
            path: mount.mount_path.clone(),
            volume: volume_id(pod, volume).0,
            sub_path,
            read_only: mount.read_only || read_only(volume),
        })
    };
    container.volume_mounts.iter().filter_map(mount).collect()
}

/// Whether a volume of the pod shows that ConfigMap or Secret.
pub(super) fn mentions(pod: &Pod, is_map: bool, name: &Str) -> bool {
    let field = if is_map { "configMap" } else { "secret" };
    pod.spec.volumes.iter().any(|volume| {
        let map = volume.config_map.as_ref().map(|source| &source.name);
        let secret = volume.secret.as_ref().map(|source| &source.secret_name);
        let projected = volume
            .rest
            .get("projected")
            .and_then(|source| source["sources"].as_array());
        let mut parts = projected.into_iter().flatten();
        (if is_map { map } else { secret }) == Some(name) || parts.any(|part| part[field]["name"] == **name)
    })
}

impl PodAgent {
    /// What a volume shows has changed: the next round takes it, at the latest the one that comes now and then.
    // Models pkg/kubelet/volumemanager MarkRemountRequired
    pub(super) fn note_content(&mut self, host: &mut Host<'_, '_>) {
        self.volumes.is_stale = true;
        let version = host.ctx.api.revision();
        let mut stream = host.ctx.stream(&self.pod.meta.uid, &format!("refresh-{version}"));
        let at = host.ctx.now + Duration(stream.below(ROUNDS.0));
        host.ctx.arm_earlier(purpose::REFRESH, self.id, host.node.tick_at(at));
    }

    /// Shows what is new.
    pub(super) fn refresh_volumes(&mut self, host: &mut Host<'_, '_>) {
        if std::mem::take(&mut self.volumes.is_stale) {
            self.fill_volumes(host);
        }
    }

    /// Fills the volumes of the pod with what the API has. What containers wrote stays.
    pub(super) fn fill_volumes(&mut self, host: &mut Host<'_, '_>) {
        let pod = self.pod.clone();
        for volume in pod.spec.volumes.iter() {
            let (id, is_shared) = volume_id(&pod, volume);
            if is_shared {
                self.processes.add_shared(id, &mut host.stock.volumes);
                continue;
            }
            let content = Content {
                ctx: host.ctx,
                pod: &pod,
                host_ip: &host.node.ip,
            };
            match content.tree(volume) {
                Some(tree) => self.processes.show(id, tree),
                None => self.processes.add_volume(id, FileSystem::new(OPEN_DIR)),
            }
        }
    }
}

/// Where the content of volumes comes from.
struct Content<'a, 'b> {
    ctx: &'a Ctx<'b>,
    pod: &'a Pod,
    host_ip: &'a Str,
}

impl Content<'_, '_> {
    /// The files of a volume that shows something of the API.
    fn tree(&self, volume: &Volume) -> Option<FileSystem> {
        let mut files = Files::new();
        if let Some(source) = &volume.config_map {
            self.config_map(&source.name, &source.items, &mut files);
        } else if let Some(source) = &volume.secret {
            self.secret(&source.secret_name, &source.items, &mut files);
        } else if let Some(source) = volume.rest.get("projected") {
            self.projected(source, &mut files);
        } else if let Some(source) = volume.rest.get("downwardAPI") {
            self.downward(source, &mut files);
        } else {
            return None;
        }
        let mut tree = FileSystem::new(OPEN_DIR);
        for (path, bytes) in files {
            tree.put(&path, Node::file(bytes, FILE));
        }
        Some(tree)
    }

    fn config_map(&self, name: &str, items: &[KeyToPath], files: &mut Files) {
        let Some(map) = self.ctx.api.get::<ConfigMap>(&self.pod.meta.namespace, name) else {
            return;
        };
        let mut all: BTreeMap<Str, Vec<u8>> = map
            .data
            .iter()
            .map(|(key, text)| (key.clone(), text.as_bytes().to_vec()))
            .collect();
        all.extend(map.binary_data.iter().map(|(key, text)| (key.clone(), decode(text))));
        pick(all, items, files);
    }

    fn secret(&self, name: &str, items: &[KeyToPath], files: &mut Files) {
        let Some(secret) = self.ctx.api.get::<Secret>(&self.pod.meta.namespace, name) else {
            return;
        };
        pick(
            secret
                .data
                .iter()
                .map(|(key, text)| (key.clone(), decode(text)))
                .collect(),
            items,
            files,
        );
    }

    fn projected(&self, source: &Value, files: &mut Files) {
        for part in source["sources"].as_array().into_iter().flatten() {
            let items = items(part);
            let name = |field: &str| part[field]["name"].as_str().unwrap_or_default().to_owned();
            if part.get("configMap").is_some() {
                let name = name("configMap");
                if name == "kube-root-ca.crt" {
                    files.insert("ca.crt".to_owned(), CERTIFICATE.as_bytes().to_vec());
                }
                self.config_map(&name, &items, files);
            } else if part.get("secret").is_some() {
                self.secret(&name("secret"), &items, files);
            } else if let Some(downward) = part.get("downwardAPI") {
                self.downward(downward, files);
            } else if let Some(token) = part.get("serviceAccountToken") {
                let path = token["path"].as_str().unwrap_or("token").to_owned();
                files.insert(path, format!("token-of-{}", self.pod.meta.uid).into_bytes());
            }
        }
    }

    fn downward(&self, source: &Value, files: &mut Files) {
        let Some(container) = self.pod.spec.containers.first() else {
            return;
        };
        let lookup = Lookup {
            ctx: self.ctx,
            pod: self.pod,
            container,
            pod_ip: "".into(),
            host_ip: self.host_ip.clone(),
        };
        for item in source["items"].as_array().into_iter().flatten() {
            let path = item["path"].as_str().unwrap_or_default().to_owned();
            let text = if let Some(field) = item["fieldRef"]["fieldPath"].as_str() {
                lookup.field(field).unwrap_or_default()
            } else {
                crate::api::lean::decode(item["resourceFieldRef"].clone())
                    .ok()
                    .and_then(|selector| lookup.resource(&selector).ok())
                    .unwrap_or_default()
            };
            files.insert(path, text.as_bytes().to_vec());
        }
    }
}

const CERTIFICATE: &str = "-----BEGIN CERTIFICATE-----\nc2ltdWxhdGVk\n-----END CERTIFICATE-----\n";

/// The keys that are wanted, under the paths that are wanted; all under their own names where nothing is said.
fn pick(all: BTreeMap<Str, Vec<u8>>, items: &[KeyToPath], files: &mut Files) {
    if items.is_empty() {
        files.extend(all.into_iter().map(|(key, bytes)| (key.to_string(), bytes)));
        return;
    }
    for item in items {
        if let Some(bytes) = all.get(&item.key) {
            files.insert(item.path.to_string(), bytes.clone());
        }
    }
}

/// `items` of a projected source.
pub(super) fn items(part: &Value) -> Vec<KeyToPath> {
    let source = part.as_object().and_then(|map| map.values().next());
    let list = source.and_then(|source| source["items"].as_array());
    list.into_iter()
        .flatten()
        .filter_map(|item| crate::api::lean::decode(item.clone()).ok())
        .collect()
}

fn decode(text: &str) -> Vec<u8> {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD
        .decode(text)
        .unwrap_or_default()
}
