//! The class of Ingresses and claims that name none: the newest of those that are marked as default.
// Models plugin/pkg/admission/network/defaultingressclass and plugin/pkg/admission/storage/storageclass/setdefault.

use std::cmp::Reverse;
use std::rc::Rc;

use crate::api::networking::IngressClass;
use crate::api::storage::{StorageClass, default_class};
use crate::api::{Kind, Object, Resource, Str};
use crate::apiserver::server::ApiServer;

const INGRESS_CLASS_ANNOTATION: &str = "kubernetes.io/ingress.class";
const DEFAULT_INGRESS: [&str; 1] = ["ingressclass.kubernetes.io/is-default-class"];

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
        Object::PersistentVolumeClaim(claim) => {
            let class = default_class(server.list::<StorageClass>(None)).filter(|_| !claim.has_class());
            if let Some(class) = class {
                Rc::make_mut(claim).spec.storage_class_name = Some(class.meta.name.clone());
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
