//! What is in the volumes of a pod, and where containers see it.

use crate::sim::btree::BTreeMap;

use serde_json::Value;

use super::agent::{Host, PodAgent, purpose};
use super::environment::Lookup;
use super::host_path::node_files;
use super::places::{Place, node_tree};
use super::runtime::{FileSystem, Mount, Node, Volumes};
use crate::api::Str;
use crate::api::core::{ConfigMap, Container, KeyToPath, Pod, Secret, Volume};
use crate::client::Ctx;
use crate::sim::Duration;

/// Volumes that more than one pod may see: directories of nodes, and claims.
pub(super) type Shared = Volumes;

/// Bytes and mode of a file by its path below the volume.
type Files = BTreeMap<String, (Vec<u8>, u16)>;

/// The mean time between two rounds of a pod at rest: 60 s to 90 s.
const ROUNDS: Duration = Duration::from_secs(75);
/// Mode of directories that anyone may write.
const OPEN_DIR: u16 = 0o777;
const FILE: u16 = 0o644;

/// Where a container sees its volumes.
pub(super) fn mounts(agent: &PodAgent, container: &Container, vars: &BTreeMap<Str, Str>) -> Vec<Mount> {
    let mount = |mount: &crate::api::core::VolumeMount| {
        let place = agent.volumes.places.get(&mount.name)?;
        let sub_path = if mount.sub_path_expr.is_empty() {
            mount.sub_path.clone()
        } else {
            super::environment::expand(&mount.sub_path_expr, vars).into()
        };
        let sub_path = match (&*place.path, &*sub_path) {
            ("", _) => sub_path,
            (path, "") => path.into(),
            (path, below) => format!("{path}/{below}").into(),
        };
        Some(Mount {
            path: mount.mount_path.clone(),
            volume: place.id.clone(),
            sub_path,
            read_only: mount.read_only || place.is_read_only,
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
            let known = self.volumes.places.get(&volume.name).cloned();
            let place = known.unwrap_or_else(|| Place::of(host.ctx.api, &pod, volume));
            self.volumes.places.insert(volume.name.clone(), place.clone());
            if place.is_shared {
                // A node's own tree has what every machine has.
                if place.id == node_tree(&host.node.name) {
                    node_files(&mut host.stock.volumes, &host.node.name);
                }
                self.processes.add_shared(place.id, &mut host.stock.volumes);
                continue;
            }
            if let Some(source) = &volume.image {
                let image = host.stock.catalogue.resolve(&source.reference);
                let tree = image.map_or_else(|_| FileSystem::new(OPEN_DIR), |image| image.root.clone());
                self.processes.add_volume(place.id, tree);
                continue;
            }
            let content = Content {
                ctx: host.ctx,
                pod: &pod,
                host_ip: &host.node.ip,
            };
            match content.tree(volume) {
                Some(tree) => self.processes.show(place.id, tree),
                None => self.processes.add_volume(place.id, FileSystem::new(OPEN_DIR)),
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
            self.config_map(&source.name, &source.items, mode(source.default_mode), &mut files);
        } else if let Some(source) = &volume.secret {
            self.secret(
                &source.secret_name,
                &source.items,
                mode(source.default_mode),
                &mut files,
            );
        } else if let Some(source) = volume.rest.get("projected") {
            self.projected(source, &mut files);
        } else if let Some(source) = volume.rest.get("downwardAPI") {
            let default = source["defaultMode"].as_i64().and_then(|mode| i32::try_from(mode).ok());
            self.downward(source, mode(default), &mut files);
        } else {
            return None;
        }
        let mut tree = FileSystem::new(OPEN_DIR);
        for (path, (bytes, mode)) in files {
            tree.put(&path, Node::file(bytes, mode));
        }
        Some(tree)
    }

    fn config_map(&self, name: &str, items: &[KeyToPath], mode: u16, files: &mut Files) {
        let Some(map) = self.ctx.api.get::<ConfigMap>(&self.pod.meta.namespace, name) else {
            return;
        };
        let mut all: BTreeMap<Str, Vec<u8>> = map
            .data
            .iter()
            .map(|(key, text)| (key.clone(), text.as_bytes().to_vec()))
            .collect();
        all.extend(map.binary_data.iter().map(|(key, text)| (key.clone(), decode(text))));
        pick(all, items, mode, files);
    }

    fn secret(&self, name: &str, items: &[KeyToPath], mode: u16, files: &mut Files) {
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
            mode,
            files,
        );
    }

    fn projected(&self, source: &Value, files: &mut Files) {
        let default = source["defaultMode"].as_i64().and_then(|mode| i32::try_from(mode).ok());
        let mode = mode(default);
        for part in source["sources"].as_array().into_iter().flatten() {
            let items = items(part);
            let name = |field: &str| part[field]["name"].as_str().unwrap_or_default().to_owned();
            if part.get("configMap").is_some() {
                let name = name("configMap");
                if name == "kube-root-ca.crt" {
                    files.insert("ca.crt".to_owned(), (CERTIFICATE.as_bytes().to_vec(), mode));
                }
                self.config_map(&name, &items, mode, files);
            } else if part.get("secret").is_some() {
                self.secret(&name("secret"), &items, mode, files);
            } else if let Some(downward) = part.get("downwardAPI") {
                self.downward(downward, mode, files);
            } else if let Some(token) = part.get("serviceAccountToken") {
                let path = token["path"].as_str().unwrap_or("token").to_owned();
                files.insert(path, (format!("token-of-{}", self.pod.meta.uid).into_bytes(), mode));
            }
        }
    }

    fn downward(&self, source: &Value, mode: u16, files: &mut Files) {
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
            files.insert(path, (text.as_bytes().to_vec(), mode));
        }
    }
}

const CERTIFICATE: &str = "-----BEGIN CERTIFICATE-----\nc2ltdWxhdGVk\n-----END CERTIFICATE-----\n";

/// The keys that are wanted, under the paths that are wanted; all under their own names where nothing is said.
fn pick(all: BTreeMap<Str, Vec<u8>>, items: &[KeyToPath], default: u16, files: &mut Files) {
    if items.is_empty() {
        files.extend(all.into_iter().map(|(key, bytes)| (key.to_string(), (bytes, default))));
        return;
    }
    for item in items {
        if let Some(bytes) = all.get(&item.key) {
            let own = item.mode.and_then(|mode| u16::try_from(mode).ok());
            files.insert(item.path.to_string(), (bytes.clone(), own.unwrap_or(default)));
        }
    }
}

/// The mode of files that have none of their own.
fn mode(told: Option<i32>) -> u16 {
    told.and_then(|mode| u16::try_from(mode).ok()).unwrap_or(FILE)
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
