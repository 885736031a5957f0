//! An object of any kind.

use std::borrow::Cow;
use std::rc::Rc;

use serde_json::{Map, Value};

use super::apps::{DaemonSet, Deployment, ReplicaSet, StatefulSet};
use super::autoscaling::HorizontalPodAutoscaler;
use super::batch::{CronJob, Job};
use super::core::{ConfigMap, Event, Namespace, Node, Pod, Secret, Service};
use super::discovery::EndpointSlice;
use super::kind::Kind;
use super::labels::Selector;
use super::lean::{self, DecodeError, Field};
use super::meta::ObjectMeta;
use super::networking::{Ingress, IngressClass};
use super::policy::PodDisruptionBudget;
use super::storage::{PersistentVolume, PersistentVolumeClaim, StorageClass, VolumeAttachment};

/// A kind that has a struct of its own.
pub trait Resource: lean::Lean + 'static {
    /// Its kind.
    const KIND: Kind;
    /// Its metadata.
    fn meta(&self) -> &ObjectMeta;
    /// Its metadata, to change.
    fn meta_mut(&mut self) -> &mut ObjectMeta;
    /// Wraps it.
    fn into_object(self) -> Object;
    /// Looks inside an object, if it is of this kind.
    fn of(object: &Object) -> Option<&Rc<Self>>;
}

/// An object of a kind without a struct: stored and shown, not simulated.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Dynamic {
    /// Its kind.
    pub kind: Kind,
    /// Its metadata.
    pub meta: ObjectMeta,
    /// Everything but `apiVersion`, `kind` and `metadata`.
    pub body: Map<String, Value>,
}

macro_rules! objects {
    ($( $name:ident in $group:literal $([ $($part:ident),+ ])? ),* $(,)?) => {
        /// An object of any kind, shared and immutable; [`Rc::make_mut`] makes the next version.
        #[derive(Clone, Debug, PartialEq, Eq, Hash)]
        pub enum Object {
            $( #[doc = concat!("A ", stringify!($name), ".")] $name(Rc<$name>), )*
            /// An object of another kind.
            Dynamic(Rc<Dynamic>),
        }

        impl Object {
            /// Whether objects of this kind have a struct of their own.
            #[must_use]
            pub fn has_struct(kind: Kind) -> bool {
                [$($name::KIND),*].contains(&kind)
            }

            /// Its kind.
            #[must_use]
            pub fn kind(&self) -> Kind {
                match self {
                    $( Self::$name(_) => $name::KIND, )*
                    Self::Dynamic(object) => object.kind,
                }
            }

            /// Its metadata.
            #[must_use]
            pub fn meta(&self) -> &ObjectMeta {
                match self {
                    $( Self::$name(object) => &object.meta, )*
                    Self::Dynamic(object) => &object.meta,
                }
            }

            /// Its metadata, to change in a version of its own.
            pub fn meta_mut(&mut self) -> &mut ObjectMeta {
                match self {
                    $( Self::$name(object) => &mut Rc::make_mut(object).meta, )*
                    Self::Dynamic(object) => &mut Rc::make_mut(object).meta,
                }
            }

            /// Whether both are one and the same version in memory.
            #[must_use]
            pub fn same(&self, other: &Self) -> bool {
                match (self, other) {
                    $( (Self::$name(a), Self::$name(b)) => Rc::ptr_eq(a, b), )*
                    (Self::Dynamic(a), Self::Dynamic(b)) => Rc::ptr_eq(a, b),
                    _ => false,
                }
            }

            /// Whether the kind has a `spec`, whose changes its generation counts.
            #[must_use]
            pub fn has_spec(&self) -> bool {
                match self {
                    $( Self::$name(_) => [$($(stringify!($part)),+)?].contains(&"spec"), )*
                    Self::Dynamic(object) => object.body.contains_key("spec"),
                }
            }

            /// Whether both say the same in `spec`.
            #[must_use]
            pub fn same_spec(&self, other: &Self) -> bool {
                match (self, other) {
                    $( (Self::$name(a), Self::$name(b)) => {
                        objects!(@same_spec a b $($($part)+)?)
                    } )*
                    (Self::Dynamic(a), Self::Dynamic(b)) => a.body.get("spec") == b.body.get("spec"),
                    _ => false,
                }
            }

            /// Takes the status away.
            pub fn clear_status(&mut self) {
                match self {
                    $( Self::$name(object) => { objects!(@clear object $($($part)+)?); } )*
                    Self::Dynamic(object) => {
                        Rc::make_mut(object).body.remove("status");
                    }
                }
            }

            /// Takes over the status of `old`, another version of the same object.
            pub fn keep_status(&mut self, old: &Self) {
                match (self, old) {
                    $( (Self::$name(new), Self::$name(old)) => { objects!(@keep new old $($($part)+)?); } )*
                    (Self::Dynamic(new), Self::Dynamic(old)) => {
                        let body = &mut Rc::make_mut(new).body;
                        match old.body.get("status") {
                            Some(status) => body.insert("status".to_owned(), status.clone()),
                            None => body.remove("status"),
                        };
                    }
                    _ => {}
                }
            }

            /// Takes over everything but the status of `old`, another version of the same object.
            pub fn keep_all_but_status(&mut self, old: &Self) {
                let mut kept = old.clone();
                kept.keep_status(self);
                *self = kept;
            }

            fn encode_fields(&self) -> Map<String, Value> {
                match self {
                    $( Self::$name(object) => lean::encode(object.as_ref()), )*
                    Self::Dynamic(object) => {
                        let mut map = object.body.clone();
                        map.insert("metadata".to_owned(), object.meta.get_always());
                        map
                    }
                }
            }

            fn decode_fields(kind: Kind, fields: Map<String, Value>) -> Result<Self, DecodeError> {
                $( if kind == $name::KIND {
                    return Ok(Self::$name(Rc::new(lean::decode(Value::Object(fields))?)));
                } )*
                let mut body = fields;
                let mut meta = ObjectMeta::default();
                if let Some(value) = body.remove("metadata") {
                    meta.set(value).map_err(|error| error.inside("metadata"))?;
                }
                Ok(Self::Dynamic(Rc::new(Dynamic { kind, meta, body })))
            }
        }

        $(
            impl Resource for $name {
                const KIND: Kind = Kind::named($group, stringify!($name));

                fn meta(&self) -> &ObjectMeta {
                    &self.meta
                }

                fn meta_mut(&mut self) -> &mut ObjectMeta {
                    &mut self.meta
                }

                fn into_object(self) -> Object {
                    Object::$name(Rc::new(self))
                }

                fn of(object: &Object) -> Option<&Rc<Self>> {
                    match object {
                        Object::$name(object) => Some(object),
                        _ => None,
                    }
                }
            }
        )*
    };
    (@same_spec $a:ident $b:ident spec $($part:ident)?) => { $a.spec == $b.spec };
    (@same_spec $a:ident $b:ident $($part:ident)?) => { { let _ = ($a, $b); true } };
    (@clear $o:ident $(spec)? status) => { Rc::make_mut($o).status = Default::default() };
    (@clear $o:ident $(spec)?) => { let _ = $o; };
    (@keep $new:ident $old:ident $(spec)? status) => { Rc::make_mut($new).status = $old.status.clone() };
    (@keep $new:ident $old:ident $(spec)?) => { let _ = ($new, $old); };
}

objects! {
    Namespace in "" [status],
    Node in "" [spec, status],
    Pod in "" [spec, status],
    Service in "" [spec, status],
    ConfigMap in "",
    Secret in "",
    Event in "",
    Deployment in "apps" [spec, status],
    ReplicaSet in "apps" [spec, status],
    DaemonSet in "apps" [spec, status],
    StatefulSet in "apps" [spec, status],
    Job in "batch" [spec, status],
    CronJob in "batch" [spec, status],
    EndpointSlice in "discovery.k8s.io",
    Ingress in "networking.k8s.io" [spec, status],
    IngressClass in "networking.k8s.io" [spec],
    PodDisruptionBudget in "policy" [spec, status],
    HorizontalPodAutoscaler in "autoscaling" [spec, status],
    PersistentVolume in "" [spec, status],
    PersistentVolumeClaim in "" [spec, status],
    StorageClass in "storage.k8s.io",
    VolumeAttachment in "storage.k8s.io" [spec, status],
}

impl Object {
    /// Lets `act` change an object of any kind in its JSON form. What it makes of it is dropped where it does not fit.
    pub fn as_dynamic(&mut self, act: impl FnOnce(&mut Dynamic)) {
        if let Self::Dynamic(object) = self {
            return act(Rc::make_mut(object));
        }
        let mut body = self.encode_fields();
        body.remove("metadata");
        let (kind, meta) = (self.kind(), self.meta().clone());
        let mut object = Dynamic { kind, meta, body };
        act(&mut object);
        if let Ok(changed) = Self::decode_fields(kind, object.body) {
            *self = changed;
            *self.meta_mut() = object.meta;
        }
    }

    /// Reads the JSON form of an object of `kind`.
    ///
    /// # Errors
    /// When a field has the wrong type.
    pub fn decode(kind: Kind, value: Value) -> Result<Self, DecodeError> {
        let Value::Object(mut fields) = value else {
            return Err(DecodeError::here(format!(
                "expected an object, got {}",
                lean::describe(&value)
            )));
        };
        if kind == HorizontalPodAutoscaler::KIND {
            super::autoscaling::raise(&mut fields);
        }
        fields.remove("apiVersion");
        fields.remove("kind");
        Self::decode_fields(kind, fields)
    }

    /// The choice of pods that a workload makes, for kinds that make one.
    #[must_use]
    pub fn pod_selector(&self) -> Option<Selector> {
        match self {
            Self::Deployment(object) => Selector::from_label_selector(object.spec.selector.as_deref()).ok(),
            Self::ReplicaSet(object) => Selector::from_label_selector(object.spec.selector.as_deref()).ok(),
            Self::StatefulSet(object) => Selector::from_label_selector(object.spec.selector.as_deref()).ok(),
            Self::DaemonSet(object) => Selector::from_label_selector(object.spec.selector.as_deref()).ok(),
            Self::PodDisruptionBudget(object) => Selector::from_label_selector(object.spec.selector.as_deref()).ok(),
            Self::Job(object) => Selector::from_label_selector(object.spec.selector.as_deref()).ok(),
            Self::Service(object) => Some(Selector::from_set(&object.spec.selector)),
            Self::Dynamic(object) => {
                let chosen = object.body.get("spec")?.get("selector")?;
                if object.kind == Kind::named("", "ReplicationController") {
                    let mut labels = super::labels::Labels::default();
                    labels.set(chosen.clone()).ok()?;
                    return Some(Selector::from_set(&labels));
                }
                let mut selector = super::labels::LabelSelector::default();
                selector.set(chosen.clone()).ok()?;
                Selector::from_label_selector(Some(&selector)).ok()
            }
            _ => None,
        }
    }

    /// The value that a field selector compares.
    // Models pkg/apis/core/v1/conversion.go AddFieldLabelConversionsFor*.
    #[must_use]
    pub fn field_label(&self, path: &str) -> Cow<'_, str> {
        match path {
            "metadata.name" => return Cow::Borrowed(&self.meta().name),
            "metadata.namespace" => return Cow::Borrowed(&self.meta().namespace),
            _ => {}
        }
        let value = self.encode();
        let found = match value.pointer(&format!("/{}", path.replace('.', "/"))) {
            Some(Value::String(text)) => text.clone(),
            Some(other @ (Value::Bool(_) | Value::Number(_))) => other.to_string(),
            _ if path == "spec.unschedulable" || path == "spec.hostNetwork" => "false".to_owned(),
            _ => String::new(),
        };
        Cow::Owned(found)
    }

    /// The JSON form, as the API gives it.
    #[must_use]
    pub fn encode(&self) -> Value {
        let mut map = self.encode_fields();
        let info = self.kind().info();
        map.insert("apiVersion".to_owned(), Value::String(info.api_version()));
        map.insert("kind".to_owned(), Value::String(info.kind.to_owned()));
        Value::Object(map)
    }
}
