//! API servers for tests, filled as a test says.

use serde_json::Value;

use crate::api::{Kind, Object};
use crate::apiserver::{ApiServer, Caller};
use crate::sim::SimTime;

/// An API server that holds these objects as they stand; `apiVersion` and the namespace `default` may be left out.
pub(super) fn api(objects: &str) -> ApiServer {
    let caller = Caller {
        actor: "test",
        now: SimTime::ZERO,
    };
    let mut api = ApiServer::new(1);
    for name in ["default", "kube-system"] {
        let value = serde_json::json!({"metadata": {"name": name}});
        let namespace = Object::decode(Kind::find("v1", "Namespace").expect("a kind"), value).expect("a namespace");
        api.create(&caller, namespace).expect("a new namespace");
    }
    let values: Vec<Value> = serde_json::from_str(objects).expect("JSON");
    for mut value in values {
        let name = value["kind"].as_str().expect("a kind").to_owned();
        let groups = ["v1", "discovery.k8s.io/v1", "networking.k8s.io/v1"];
        let kind = groups
            .iter()
            .find_map(|group| Kind::find(group, &name))
            .expect("a known kind");
        if kind.info().namespaced && value["metadata"]["namespace"].is_null() {
            value["metadata"]["namespace"] = "default".into();
        }
        let object = Object::decode(kind, value).expect("an object");
        api.load(&caller, object).expect("a new object");
    }
    api
}
