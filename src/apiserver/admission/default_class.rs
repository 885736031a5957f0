//! The class of Ingresses and claims that name none: the newest of those that are marked as default.
// Models plugin/pkg/admission/network/defaultingressclass and plugin/pkg/admission/storage/storageclass/setdefault.

use std::cmp::Reverse;
use std::rc::Rc;

use serde_json::{Value, json};

use crate::api::networking::IngressClass;
use crate::api::{Kind, Object, Resource, Str};
use crate::apiserver::server::ApiServer;

const CLAIM: Kind = Kind::named("", "PersistentVolumeClaim");
const STORAGE_CLASS: Kind = Kind::named("storage.k8s.io", "StorageClass");
const INGRESS_CLASS_ANNOTATION: &str = "kubernetes.io/ingress.class";
const STORAGE_CLASS_ANNOTATION: &str = "volume.beta.kubernetes.io/storage-class";
const DEFAULT_INGRESS: [&str; 1] = ["ingressclass.kubernetes.io/is-default-class"];
const DEFAULT_STORAGE: [&str; 2] = [
    "storageclass.kubernetes.io/is-default-class",
    "storageclass.beta.kubernetes.io/is-default-class",
];

/// Gives a new Ingress or claim the default class, where there is one.
pub(super) fn admit(server: &ApiServer, object: &mut Object) {
    match object {
        Object::Ingress(ingress) => {
            let named = ingress.spec.ingress_class_name.is_some()
                || ingress.meta.annotation(INGRESS_CLASS_ANNOTATION).is_some();
            if let Some(class) = default(server, IngressClass::KIND, &DEFAULT_INGRESS).filter(|_| !named) {
                Rc::make_mut(ingress).spec.ingress_class_name = Some(class);
            }
        }
        Object::Dynamic(claim) if claim.kind == CLAIM => {
            let of_spec = claim.body.get("spec").and_then(|spec| spec.get("storageClassName"));
            let named = of_spec.is_some_and(|name| !name.is_null())
                || claim.meta.annotation(STORAGE_CLASS_ANNOTATION).is_some();
            let Some(class) = default(server, STORAGE_CLASS, &DEFAULT_STORAGE).filter(|_| !named) else {
                return;
            };
            if let Some(Value::Object(spec)) = Rc::make_mut(claim).body.get_mut("spec") {
                spec.insert("storageClassName".to_owned(), json!(&*class));
            }
        }
        _ => {}
    }
}

fn default(server: &ApiServer, kind: Kind, marks: &[&str]) -> Option<Str> {
    let marked = |object: &&Object| {
        let annotation = |mark: &&str| object.meta().annotation(mark).is_some_and(|value| &**value == "true");
        marks.iter().any(annotation)
    };
    let classes = server.list_objects(kind, None).filter(marked);
    let newest = classes.min_by_key(|class| (Reverse(class.meta().creation_timestamp), class.meta().name.clone()));
    newest.map(|class| class.meta().name.clone())
}
