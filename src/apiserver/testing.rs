//! A store to try things on.

use super::{ApiServer, Caller};
use crate::api::Resource;
use crate::api::core::Namespace;
use crate::api::meta::ObjectMeta;
use crate::sim::SimTime;

/// A person, at the start.
pub(super) const NOW: Caller = Caller {
    actor: "user",
    now: SimTime::ZERO,
};

/// A store with the default namespace.
pub(super) fn server() -> ApiServer {
    let mut server = ApiServer::new(1);
    let meta = ObjectMeta {
        name: "default".into(),
        ..ObjectMeta::default()
    };
    let namespace = Namespace {
        meta,
        ..Namespace::default()
    };
    server.create(&NOW, namespace.into_object()).expect("a namespace");
    server
}
