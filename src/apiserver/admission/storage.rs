//! Volumes and claims: what protects them while they are used, and whether a claim may grow.
// Models plugin/pkg/admission/storage/storageobjectinuseprotection, plugin/pkg/admission/storage/persistentvolume/resize.

use super::refusal::forbidden;
use crate::api::status::Status;
use crate::api::storage::{StorageClass, names};
use crate::api::{Object, Str};
use crate::apiserver::server::ApiServer;

/// Gives a new volume or claim the finalizer that keeps it while it is used.
pub(super) fn protect(object: &mut Object) {
    let finalizer = match object {
        Object::PersistentVolume(_) => names::VOLUME_PROTECTION,
        Object::PersistentVolumeClaim(_) => names::CLAIM_PROTECTION,
        _ => return,
    };
    let meta = object.meta_mut();
    if !meta.finalizers.iter().any(|there| **there == *finalizer) {
        let there = meta.finalizers.iter().cloned();
        meta.finalizers = there.chain([Str::from(finalizer)]).collect();
    }
}

/// Refuses to let a claim grow that has no volume, or whose class does not allow it.
pub(super) fn validate_resize(server: &ApiServer, object: &Object, old: &Object) -> Result<(), Status> {
    let (Object::PersistentVolumeClaim(claim), Object::PersistentVolumeClaim(before)) = (object, old) else {
        return Ok(());
    };
    if claim.request() <= before.request() {
        return Ok(());
    }
    if &*before.status.phase != "Bound" {
        return Err(forbidden(object, "Only bound persistent volume claims can be expanded"));
    }
    let class = claim.class();
    let allows = |class: &str| {
        let there = server.get::<StorageClass>("", class);
        there.is_some_and(|class| class.allow_volume_expansion == Some(true))
    };
    if class.is_empty() || class != before.class() || !allows(class) {
        let why = "only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must \
                   support resize";
        return Err(forbidden(object, why));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::api::Object;
    use crate::api::Resource;
    use crate::api::storage::{PersistentVolumeClaim, StorageClass};
    use crate::apiserver::Subresource;
    use crate::apiserver::testing::{NOW, server};

    #[test]
    fn only_a_bound_claim_of_a_class_that_allows_it_may_grow() {
        for (class, bound, want) in [
            ("grows", true, ""),
            (
                "grows",
                false,
                "spec is immutable after creation except resources.requests",
            ),
            (
                "rigid",
                true,
                "only dynamically provisioned pvc can be resized and the storageclass that provisions",
            ),
        ] {
            let mut server = server();
            for (name, allows) in [("grows", true), ("rigid", false)] {
                let class =
                    json!({"metadata": {"name": name}, "provisioner": "x.example", "allowVolumeExpansion": allows});
                server
                    .create(&NOW, Object::decode(StorageClass::KIND, class).expect("a class"))
                    .expect("it is made");
            }
            let claim = json!({"metadata": {"name": "data"}, "spec": {"accessModes": ["ReadWriteOnce"],
                "storageClassName": class, "resources": {"requests": {"storage": "1Gi"}}}});
            let claim = Object::decode(PersistentVolumeClaim::KIND, claim).expect("a claim");
            let claim = server.create(&NOW, claim).expect("it is made");
            let mut claim = (**PersistentVolumeClaim::of(&claim).expect("a claim")).clone();
            assert_eq!(&*claim.meta.finalizers[0], "kubernetes.io/pvc-protection");
            if bound {
                claim.status.phase = "Bound".into();
                let stored = server
                    .update(&NOW, claim.into_object(), Subresource::Status)
                    .expect("a status");
                claim = (**PersistentVolumeClaim::of(&stored).expect("a claim")).clone();
            }
            claim.spec.resources.requests = std::rc::Rc::new(
                [(
                    "storage".into(),
                    crate::api::quantity::Quantity::parse("2Gi").expect("a size"),
                )]
                .into(),
            );
            let result = server.update(&NOW, claim.into_object(), Subresource::Main);
            let got = result.err().map(|status| status.message).unwrap_or_default();
            assert!(
                got.contains(want) && (want.is_empty() == got.is_empty()),
                "{class} {bound}: {got}"
            );
        }
    }
}
