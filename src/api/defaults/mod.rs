//! What the server fills in where a document leaves it out.
// Models pkg/apis/*/v1/defaults.go.

mod apps;
mod body;
pub mod canonical;
mod container;
mod dynamic;
mod gateway;
mod other;
mod pod;
mod service;
mod storage;
mod volume;
mod workload;

use std::rc::Rc;

use super::{Object, Str};

pub use pod::default_template;

/// Fills in the defaults of an object. What is there stays as it is.
pub fn apply(object: &mut Object) {
    match object {
        Object::Namespace(namespace) => default_namespace(Rc::make_mut(namespace)),
        Object::Pod(pod) => pod::default_pod(Rc::make_mut(pod)),
        Object::Service(service) => service::default_service(Rc::make_mut(service)),
        Object::Secret(secret) => default_secret(Rc::make_mut(secret)),
        Object::Deployment(deployment) => apps::default_deployment(Rc::make_mut(deployment)),
        Object::ReplicaSet(set) => apps::default_replica_set(Rc::make_mut(set)),
        Object::Node(node) => default_node(Rc::make_mut(node)),
        Object::IngressClass(class) => default_ingress_class(Rc::make_mut(class)),
        Object::Dynamic(object) => dynamic::apply(Rc::make_mut(object)),
        Object::DaemonSet(_)
        | Object::StatefulSet(_)
        | Object::Job(_)
        | Object::CronJob(_)
        | Object::HorizontalPodAutoscaler(_)
        | Object::PersistentVolume(_)
        | Object::PersistentVolumeClaim(_)
        | Object::StorageClass(_)
        | Object::VolumeAttachment(_) => {
            object.as_dynamic(dynamic::apply);
        }
        Object::EndpointSlice(slice) => default_endpoint_slice(slice),
        Object::ConfigMap(_) | Object::Event(_) | Object::Ingress(_) | Object::PodDisruptionBudget(_) => {}
    }
}

/// A node can use all that it has, unless it says less.
// Models pkg/apis/core/v1/defaults.go SetDefaults_NodeStatus.
fn default_node(node: &mut super::core::Node) {
    if node.status.allocatable.is_empty() {
        node.status.allocatable = node.status.capacity.clone();
    }
}

// Models pkg/apis/discovery/v1/defaults.go SetDefaults_EndpointPort.
fn default_endpoint_slice(slice: &mut Rc<super::discovery::EndpointSlice>) {
    if slice
        .ports
        .iter()
        .any(|port| port.name.is_none() || port.protocol.is_none())
    {
        for port in Rc::make_mut(&mut Rc::make_mut(slice).ports) {
            port.name.get_or_insert_default();
            port.protocol.get_or_insert_with(|| "TCP".into());
        }
    }
}

// Models pkg/apis/networking/v1/defaults.go SetDefaults_IngressClass.
fn default_ingress_class(class: &mut super::networking::IngressClass) {
    if let Some(serde_json::Value::Object(mut parameters)) = class.spec.rest.take("parameters") {
        other::ingress_class_parameters(&mut parameters);
        class.spec.rest.set("parameters", serde_json::Value::Object(parameters));
    }
}

/// Sets a text that is empty.
fn fill(text: &mut Str, default: &str) {
    if text.is_empty() {
        *text = default.into();
    }
}

// Models pkg/apis/core/v1/defaults.go SetDefaults_Namespace.
fn default_namespace(namespace: &mut super::core::Namespace) {
    if !namespace.meta.name.is_empty() {
        let name = namespace.meta.name.clone();
        namespace.meta.set_label("kubernetes.io/metadata.name", &name);
    }
    fill(&mut namespace.status.phase, "Active");
    if namespace.rest.get("spec").is_none() {
        namespace
            .rest
            .set("spec", serde_json::json!({"finalizers": ["kubernetes"]}));
    }
}

/// `stringData` is a way to write `data` without base64.
// Models pkg/apis/core/v1/conversion.go Convert_v1_Secret_To_core_Secret.
fn default_secret(secret: &mut super::core::Secret) {
    use base64::Engine;
    fill(&mut secret.kind, "Opaque");
    let Some(serde_json::Value::Object(plain)) = secret.rest.take("stringData") else {
        return;
    };
    let data = Rc::make_mut(&mut secret.data);
    for (key, value) in plain {
        let text = value.as_str().unwrap_or_default();
        data.insert(
            key.into(),
            base64::engine::general_purpose::STANDARD.encode(text).into(),
        );
    }
}
