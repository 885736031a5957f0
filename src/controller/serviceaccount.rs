//! What every namespace holds: the ServiceAccount `default` and the ConfigMap `kube-root-ca.crt`.
//!
//! The API server makes both along with the namespace; this controller makes them again when they are deleted.
// Models pkg/controller/serviceaccount/serviceaccounts_controller.go, pkg/controller/certificates/rootcacertpublisher

use crate::api::core::{ConfigMap, Namespace};
use crate::api::status::{Reason, Status};
use crate::api::{Kind, Object, Resource};
use crate::apiserver::{Change, Key, Verb};
use crate::client::{Component, Ctx, WorkQueue};

use super::{Reconciler, namespace_terminates, work};

const SERVICE_ACCOUNT: Kind = Kind::named("", "ServiceAccount");
/// Each object that a namespace holds from its start.
const HELD: [(Kind, &str); 2] = [(SERVICE_ACCOUNT, "default"), (ConfigMap::KIND, "kube-root-ca.crt")];
/// A namespace that cannot be deleted: what it holds is copied.
const MODEL: &str = "kube-system";
const QUEUE: u8 = 0;

/// The controller of what every namespace holds.
#[derive(Clone, Debug)]
pub struct ServiceAccountsController {
    queue: WorkQueue,
}

impl Default for ServiceAccountsController {
    fn default() -> Self {
        let queue = WorkQueue::new(QUEUE);
        Self { queue }
    }
}

impl Component for ServiceAccountsController {
    fn name(&self) -> &'static str {
        "service-account-controller"
    }

    fn watches(&self) -> &'static [Kind] {
        &[SERVICE_ACCOUNT, ConfigMap::KIND]
    }

    fn wants(&self, change: &Change) -> bool {
        let is_held =
            |(kind, name): &(Kind, &str)| change.object.kind() == *kind && *change.object.meta().name == **name;
        change.verb == Verb::Deleted && HELD.iter().any(is_held)
    }

    fn on_change(&mut self, ctx: &mut Ctx<'_>, change: &Change) {
        let namespace = &change.object.meta().namespace;
        self.queue.add(ctx, Key::new("", namespace));
    }

    fn on_timer(&mut self, ctx: &mut Ctx<'_>, _purpose: u8, _object: u64) {
        work(self, ctx);
    }
}

impl Reconciler for ServiceAccountsController {
    fn queue(&mut self) -> &mut WorkQueue {
        &mut self.queue
    }

    fn sync(&mut self, ctx: &mut Ctx<'_>, key: &Key) -> Result<(), Status> {
        let namespace = ctx.api.get_key::<Namespace>(key);
        if namespace.is_none_or(|namespace| namespace.meta.is_terminating()) {
            return Ok(());
        }
        for (kind, name) in HELD {
            let there = ctx.api.get_object(kind, &Key::new(&key.name, name)).is_some();
            let model = ctx.api.get_object(kind, &Key::new(MODEL, name)).cloned();
            if let Some(mut object) = model.filter(|_| !there) {
                object.meta_mut().namespace = key.name.clone();
                create(ctx, object)?;
            }
        }
        Ok(())
    }
}

fn create(ctx: &mut Ctx<'_>, object: Object) -> Result<(), Status> {
    match ctx.create_object(object) {
        Err(error) if error.reason == Reason::AlreadyExists || namespace_terminates(&error) => Ok(()),
        result => result.map(|_| ()),
    }
}
