//! What is selected: by name, so that it outlives a look into the past and fits in a link.

use serde_json::{Value, json};

use crate::api::gateway::{GRPC_ROUTE, HTTP_ROUTE};
use crate::api::{Kind, Object, Str};
use crate::ui::scene::Target;
use crate::view::scene::Scene;
use crate::view::{Glass, Key};

/// What is selected.
#[derive(Clone, Debug, PartialEq)]
pub enum Selection {
    /// An object.
    Object(ObjectName),
    /// The control plane.
    ControlPlane,
    /// The scheduler's queue.
    Queue,
    /// The world outside.
    Internet,
}

/// The name of an object.
#[derive(Clone, Debug, PartialEq)]
pub struct ObjectName {
    /// Its kind.
    pub kind: Kind,
    /// Its namespace, or empty.
    pub namespace: Str,
    /// Its name.
    pub name: Str,
}

/// The kinds that the picture shows.
pub const POD: Kind = Kind::named("", "Pod");
/// The kinds that the picture shows.
pub const NODE: Kind = Kind::named("", "Node");
/// The kinds that the picture shows.
pub const SERVICE: Kind = Kind::named("", "Service");
/// The kinds that the picture shows.
pub const INGRESS: Kind = Kind::named("networking.k8s.io", "Ingress");
/// The kind that rolls out.
pub const DEPLOYMENT: Kind = Kind::named("apps", "Deployment");

impl ObjectName {
    /// The name of a thing.
    #[must_use]
    pub fn new(kind: Kind, namespace: &Str, name: &Str) -> Self {
        let (namespace, name) = (namespace.clone(), name.clone());
        Self { kind, namespace, name }
    }

    /// The word for its kind.
    #[must_use]
    pub fn kind_word(&self) -> &'static str {
        self.kind.info().kind
    }

    /// Namespace and name.
    #[must_use]
    pub fn key(&self) -> Key {
        Key::new(&self.namespace, &self.name)
    }

    /// The object, as it is in a cluster.
    #[must_use]
    pub fn find<'a>(&self, glass: Glass<'a>) -> Option<&'a Object> {
        glass.object(self.kind, &self.namespace, &self.name)
    }

    /// As kubectl writes it: `pod/web-1`, and ` -n NAMESPACE` where that is not the default one.
    #[must_use]
    pub fn words(&self) -> String {
        let kind = self.kind_word().to_ascii_lowercase();
        format!("{kind}/{}{}", self.name, self.namespace_flag())
    }

    /// ` -n NAMESPACE` where that is needed.
    #[must_use]
    pub fn namespace_flag(&self) -> String {
        match &*self.namespace {
            "" | "default" => String::new(),
            other => format!(" -n {other}"),
        }
    }
}

impl Selection {
    /// What was pointed at on a picture.
    #[must_use]
    pub fn of_target(scene: &Scene, target: Target) -> Option<Self> {
        let none = Str::from("");
        Some(match target {
            Target::Pod(id) => {
                let pod = scene.pod(id)?;
                Self::Object(ObjectName::new(POD, &pod.namespace, &pod.name))
            }
            Target::Node(id) => Self::Object(ObjectName::new(NODE, &none, &scene.node(id)?.name)),
            Target::Service(id) => {
                let service = scene.service(id)?;
                Self::Object(ObjectName::new(SERVICE, &service.namespace, &service.name))
            }
            Target::Ingress(id) => {
                let ingress = scene.ingress(id)?;
                Self::Object(ObjectName::new(ingress.kind, &ingress.namespace, &ingress.name))
            }
            Target::Owner(id) => {
                let owner = scene.owner(id)?;
                Self::Object(ObjectName::new(owner.kind, &owner.namespace, &owner.name))
            }
            Target::Internet => Self::Internet,
            Target::ControlPlane => Self::ControlPlane,
            Target::Queue => Self::Queue,
        })
    }

    /// What to point at on a picture, where it is on it.
    #[must_use]
    pub fn target(&self, scene: &Scene) -> Option<Target> {
        let object = match self {
            Self::ControlPlane => return Some(Target::ControlPlane),
            Self::Queue => return Some(Target::Queue),
            Self::Internet => return Some(Target::Internet),
            Self::Object(object) => object,
        };
        let is = |namespace: &Str, name: &Str| *namespace == object.namespace && *name == object.name;
        match object.kind {
            POD => {
                let pod = scene.pods.iter().find(|pod| is(&pod.namespace, &pod.name))?;
                Some(Target::Pod(pod.id))
            }
            NODE => {
                let node = scene.nodes.iter().find(|node| node.name == object.name)?;
                Some(Target::Node(node.id))
            }
            SERVICE => {
                let mut services = scene.services.iter();
                let service = services.find(|service| is(&service.namespace, &service.name))?;
                Some(Target::Service(service.id))
            }
            kind @ (INGRESS | HTTP_ROUTE | GRPC_ROUTE) => {
                let mut ingresses = scene.ingresses.iter().filter(|ingress| ingress.kind == kind);
                let ingress = ingresses.find(|ingress| is(&ingress.namespace, &ingress.name))?;
                Some(Target::Ingress(ingress.id))
            }
            kind => {
                let mut owners = scene.owners.iter().filter(|owner| owner.kind == kind);
                let owner = owners.find(|owner| is(&owner.namespace, &owner.name))?;
                Some(Target::Owner(owner.id))
            }
        }
    }

    /// For a link.
    #[must_use]
    pub fn save(&self) -> Value {
        match self {
            Self::ControlPlane => json!("control-plane"),
            Self::Queue => json!("queue"),
            Self::Internet => json!("internet"),
            Self::Object(object) => json!([
                object.kind.info().api_version(),
                object.kind_word(),
                *object.namespace,
                *object.name
            ]),
        }
    }

    /// From a link.
    #[must_use]
    pub fn load(value: &Value) -> Option<Self> {
        match value.as_str() {
            Some("control-plane") => return Some(Self::ControlPlane),
            Some("queue") => return Some(Self::Queue),
            Some("internet") => return Some(Self::Internet),
            _ => {}
        }
        let text = |index: usize| value[index].as_str();
        let kind = Kind::find(text(0)?, text(1)?)?;
        let (namespace, name) = (Str::from(text(2)?), Str::from(text(3)?));
        Some(Self::Object(ObjectName { kind, namespace, name }))
    }
}
