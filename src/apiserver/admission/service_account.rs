//! Every pod runs as a ServiceAccount and has its token under a well-known path.
//!
//! Upstream the serviceaccount controller makes the account `default` in each namespace a moment after the namespace,
//! and the API server waits for it. Here the server makes both at once, so that no first pod is refused, along with the
//! ConfigMap `kube-root-ca.crt` that the token's volume names.
// Models plugin/pkg/admission/serviceaccount/admission.go.

use std::rc::Rc;

use serde_json::{Value, json};

use super::refusal::forbidden;
use crate::api::core::{ConfigMap, Container, Pod, PodSpec, Volume, VolumeMount};
use crate::api::meta::{LocalObjectReference, ObjectMeta};
use crate::api::status::Status;
use crate::api::{Dynamic, Kind, Object, Resource, Str};
use crate::apiserver::naming;
use crate::apiserver::server::{ApiServer, Caller};
use crate::apiserver::store::Key;
use crate::sim::Stream;

const SERVICE_ACCOUNT: Kind = Kind::named("", "ServiceAccount");
const DEFAULT_ACCOUNT: &str = "default";
const VOLUME_PREFIX: &str = "kube-api-access-";
const TOKEN_PATH: &str = "/var/run/secrets/kubernetes.io/serviceaccount";
const TOKEN_EXPIRATION_SECONDS: i64 = 3607;
const FILE_MODE: i32 = 0o644;
const ROOT_CA: &str = "kube-root-ca.crt";
const MIRROR: &str = "kubernetes.io/config.mirror";

/// Makes what every namespace holds from its start.
pub(in crate::apiserver) fn furnish_namespace(
    server: &mut ApiServer,
    caller: &Caller,
    name: &Str,
) -> Result<(), Status> {
    let meta = |object: &str| ObjectMeta {
        name: object.into(),
        namespace: name.clone(),
        ..ObjectMeta::default()
    };
    let account = Dynamic {
        kind: SERVICE_ACCOUNT,
        meta: meta(DEFAULT_ACCOUNT),
        body: serde_json::Map::new(),
    };
    let mut root_ca = ConfigMap {
        meta: meta(ROOT_CA),
        data: Rc::new([(Str::from("ca.crt"), Str::from(CERTIFICATE))].into()),
        ..ConfigMap::default()
    };
    root_ca.meta.set_annotation("kubernetes.io/description", ABOUT_ROOT_CA);
    server.create(caller, Object::Dynamic(Rc::new(account)))?;
    server.create(caller, root_ca.into_object())?;
    Ok(())
}

/// The cluster has no certificates; this stands where one would.
const CERTIFICATE: &str = "-----BEGIN CERTIFICATE-----\nS3ViYXJpdW0=\n-----END CERTIFICATE-----\n";
const ABOUT_ROOT_CA: &str = "Contains a CA bundle that can be used to verify the kube-apiserver when using internal \
     endpoints such as the internal service IP or kubernetes.default.svc. No other usage is guaranteed across \
     distributions of Kubernetes clusters.";

/// Gives a new pod its account and, where wanted, the account's token.
pub(super) fn admit(server: &ApiServer, object: &mut Object) -> Result<(), Status> {
    let Object::Pod(pod) = &*object else { return Ok(()) };
    if pod.meta.annotation(MIRROR).is_some() {
        return Ok(());
    }
    let name: Str = match &pod.spec.service_account_name {
        name if name.is_empty() => DEFAULT_ACCOUNT.into(),
        name => name.clone(),
    };
    let namespace = &pod.meta.namespace;
    let Some(Object::Dynamic(account)) = server.get_object(SERVICE_ACCOUNT, &Key::new(namespace, &name)) else {
        let why = format!("error looking up service account {namespace}/{name}: serviceaccount \"{name}\" not found");
        return Err(forbidden(object, &why));
    };
    let wants_token = pod.spec.automount_service_account_token.unwrap_or_else(|| {
        let of_account = account
            .body
            .get("automountServiceAccountToken")
            .and_then(Value::as_bool);
        of_account.unwrap_or(true)
    });
    let volume = volume_name(server, pod);
    let secrets = pull_secrets(account);
    if let Object::Pod(pod) = object {
        let spec = Rc::make_mut(&mut Rc::make_mut(pod).spec);
        spec.service_account_name = name.clone();
        spec.service_account = name;
        if wants_token {
            mount_token(spec, volume);
        }
        if spec.image_pull_secrets.is_empty() {
            spec.image_pull_secrets = secrets;
        }
    }
    Ok(())
}

/// Upstream draws a name for each pod. Here the pods of one owner share it, and with it their whole spec: a cluster of
/// 150,000 pods holds a few hundred specs.
fn volume_name(server: &ApiServer, pod: &Pod) -> Str {
    let there = pod
        .spec
        .volumes
        .iter()
        .find(|volume| volume.name.starts_with(VOLUME_PREFIX));
    if let Some(volume) = there {
        return volume.name.clone();
    }
    let owner = pod.meta.controller().map_or_else(
        || format!("{}/{}{}", pod.meta.namespace, pod.meta.name, pod.meta.generate_name),
        |owner| owner.uid.to_string(),
    );
    let mut stream = Stream::new(server.seed, &["apiserver", &owner, VOLUME_PREFIX]);
    format!("{VOLUME_PREFIX}{}", naming::suffix(&mut stream)).into()
}

fn pull_secrets(account: &Dynamic) -> Rc<[LocalObjectReference]> {
    let names = account.body.get("imagePullSecrets").and_then(Value::as_array);
    let name = |secret: &Value| LocalObjectReference {
        name: secret["name"].as_str().unwrap_or_default().into(),
        ..LocalObjectReference::default()
    };
    names.into_iter().flatten().map(name).collect()
}

// Models mountServiceAccountToken.
fn mount_token(spec: &mut PodSpec, volume: Str) {
    let mount = VolumeMount {
        name: volume.clone(),
        read_only: true,
        mount_path: TOKEN_PATH.into(),
        ..VolumeMount::default()
    };
    let init = add_mount(&mut spec.init_containers, &mount);
    let main = add_mount(&mut spec.containers, &mount);
    let there = spec.volumes.iter().any(|other| other.name == volume);
    if (init || main) && !there {
        spec.volumes = spec.volumes.iter().cloned().chain([token_volume(volume)]).collect();
    }
}

/// Mounts the token where nothing else stands in its place; says whether it did so anywhere.
fn add_mount(containers: &mut Rc<[Container]>, mount: &VolumeMount) -> bool {
    let lacks = |container: &Container| {
        !container
            .volume_mounts
            .iter()
            .any(|other| &*other.mount_path == TOKEN_PATH)
    };
    if !containers.iter().any(lacks) {
        return false;
    }
    for container in Rc::make_mut(containers).iter_mut().filter(|container| lacks(container)) {
        container.volume_mounts = container.volume_mounts.iter().chain([mount]).cloned().collect();
    }
    true
}

// Models TokenVolumeSource.
fn token_volume(name: Str) -> Volume {
    let mut volume = Volume {
        name,
        ..Volume::default()
    };
    let namespace = json!({"path": "namespace", "fieldRef": {"apiVersion": "v1", "fieldPath": "metadata.namespace"}});
    let sources = json!([
        {"serviceAccountToken": {"expirationSeconds": TOKEN_EXPIRATION_SECONDS, "path": "token"}},
        {"configMap": {"name": ROOT_CA, "items": [{"key": "ca.crt", "path": "ca.crt"}]}},
        {"downwardAPI": {"items": [namespace]}},
    ]);
    volume
        .rest
        .set("projected", json!({"defaultMode": FILE_MODE, "sources": sources}));
    volume
}
