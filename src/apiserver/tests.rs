//! What the store promises.

use serde_json::json;

use super::testing::{NOW, server};
use super::*;
use crate::api::core::{ConfigMap, Namespace, Pod, Service};
use crate::api::status::Reason;
use crate::api::{Kind, Object, Resource};
use crate::sim::SimTime;

fn pod(name: &str, node: &str) -> Object {
    let value = json!({
        "metadata": {"name": name, "labels": {"app": "web"}, "someday": true},
        "spec": {"nodeName": node, "containers": [{"name": "c", "image": "nginx", "tty": true}], "hostIPC": true},
    });
    Object::decode(Pod::KIND, value).expect("a pod")
}

fn later(seconds: u64) -> Caller {
    Caller {
        actor: "user",
        now: SimTime(seconds * 1_000_000_000),
    }
}

#[test]
fn what_the_engine_does_not_model_comes_back() {
    let object = pod("a", "");
    let value = object.encode();
    assert_eq!(value["spec"]["hostIPC"], json!(true));
    assert_eq!(value["spec"]["containers"][0]["tty"], json!(true));
    assert_eq!(value["metadata"]["someday"], json!(true));
    assert_eq!(value["kind"], json!("Pod"));
    assert_eq!(value["apiVersion"], json!("v1"));
}

#[test]
fn a_wrong_type_names_its_place() {
    let error =
        Object::decode(Pod::KIND, json!({"spec": {"containers": [{"name": 1}]}})).expect_err("a number is no name");
    assert_eq!(
        error.to_string(),
        "spec.containers[0].name: expected string, got number"
    );
}

#[test]
fn revisions_grow_and_conflicts_are_refused() {
    let mut server = server();
    let first = server.create(&NOW, pod("a", "")).expect("created");
    let mut second = first.clone();
    second.meta_mut().set_label("x", "y");
    let stored = server.update(&NOW, second, Subresource::Main).expect("updated");
    assert!(stored.meta().resource_version > first.meta().resource_version);
    assert_eq!(stored.meta().generation, 1, "labels are not spec");
    let mut stale = first;
    stale.meta_mut().set_label("x", "z");
    let error = server.update(&NOW, stale, Subresource::Main).expect_err("stale");
    assert_eq!(error.reason, Reason::Conflict);
    let before = server.revision();
    server.update(&NOW, stored, Subresource::Main).expect("no change");
    assert_eq!(server.revision(), before, "an update without change writes nothing");
}

#[test]
fn a_status_update_leaves_the_spec() {
    let mut server = server();
    let created = server.create(&NOW, pod("a", "n1")).expect("created");
    let Object::Pod(rc) = &created else { panic!("a pod") };
    let mut pod = (**rc).clone();
    pod.status.phase = "Running".into();
    std::rc::Rc::make_mut(&mut pod.spec).node_name = "n2".into();
    server
        .update(&NOW, pod.into_object(), Subresource::Status)
        .expect("updated");
    let pod = server.get::<Pod>("default", "a").expect("there");
    assert_eq!((&*pod.status.phase, &*pod.spec.node_name), ("Running", "n1"));
}

#[test]
fn pods_are_deleted_gracefully() {
    let key = Key::new("default", "a");
    let cases: [(&str, &str, Option<i64>, Option<i64>); 4] = [
        ("not bound: at once", "", None, None),
        ("bound: its own period", "n1", None, Some(30)),
        ("bound: the given period", "n1", Some(5), Some(5)),
        ("bound: forced", "n1", Some(0), None),
    ];
    for (name, node, grace, want) in cases {
        let mut server = server();
        server.create(&NOW, pod("a", node)).expect("created");
        let options = DeleteOptions {
            grace_period_seconds: grace,
            ..DeleteOptions::default()
        };
        let (object, gone) = server.delete(&later(10), Pod::KIND, &key, &options).expect(name);
        assert_eq!(gone, want.is_none(), "{name}");
        if let Some(want) = want {
            let meta = object.meta();
            assert_eq!(meta.deletion_grace_period_seconds, Some(want), "{name}");
            assert_eq!(
                meta.deletion_timestamp.map(|time| time.0),
                Some(server.time(later(10).now).0 + want),
                "{name}"
            );
            assert_eq!(meta.generation, 2, "{name}");
        }
    }
}

#[test]
fn finalizers_hold_an_object() {
    let mut server = server();
    let kind = ConfigMap::KIND;
    let value = json!({"metadata": {"name": "c", "finalizers": ["a/b"]}});
    server
        .create(&NOW, Object::decode(kind, value).expect("decoded"))
        .expect("created");
    let key = Key::new("default", "c");
    let (left, gone) = server
        .delete(&NOW, kind, &key, &DeleteOptions::default())
        .expect("marked");
    assert!(!gone && left.meta().is_terminating());
    let mut freed = left;
    freed.meta_mut().finalizers = [].into();
    server.update(&NOW, freed, Subresource::Main).expect("updated");
    assert!(server.get_object(kind, &key).is_none());
}

#[test]
fn the_index_follows_labels_and_nodes() {
    let mut server = server();
    server.create(&NOW, pod("a", "")).expect("created");
    let found = |server: &ApiServer, value: &str| {
        server
            .pods_labelled(&"default".into(), &"app".into(), &value.into())
            .count()
    };
    assert_eq!((found(&server, "web"), found(&server, "db")), (1, 0));
    server.bind(&NOW, &Key::new("default", "a"), "n1").expect("bound");
    assert_eq!(server.pods_on("n1").count(), 1);
    let bound = server.get::<Pod>("default", "a").expect("there");
    let mut moved = Object::Pod(bound.clone());
    moved.meta_mut().set_label("app", "db");
    server.update(&NOW, moved, Subresource::Main).expect("updated");
    assert_eq!((found(&server, "web"), found(&server, "db")), (0, 1));
}

#[test]
fn services_get_addresses_once() {
    let mut server = server();
    let decode = |name: &str, ip: &str| {
        let value =
            json!({"metadata": {"name": name}, "spec": {"type": "NodePort", "clusterIP": ip, "ports": [{"port": 80}]}});
        Object::decode(Service::KIND, value).expect("a service")
    };
    server.create(&NOW, decode("a", "")).expect("created");
    let service = server.get::<Service>("default", "a").expect("there").clone();
    assert!(
        service.spec.cluster_ip.starts_with("10."),
        "{}",
        service.spec.cluster_ip
    );
    assert!((30_086..=32_767).contains(&service.spec.ports[0].node_port));
    let error = server
        .create(&NOW, decode("b", &service.spec.cluster_ip))
        .expect_err("taken");
    let ip = &service.spec.cluster_ip;
    let want = format!(
        "Service \"b\" is invalid: spec.clusterIPs: Invalid value: [\"{ip}\"]: failed to allocate IP {ip}: provided IP is already allocated"
    );
    assert_eq!(error.message, want);
    server
        .delete(
            &NOW,
            Service::KIND,
            &Key::new("default", "a"),
            &DeleteOptions::default(),
        )
        .expect("deleted");
    server
        .create(&NOW, decode("b", &service.spec.cluster_ip))
        .expect("free again");
}

#[test]
fn absent_namespaces_refuse() {
    let mut server = server();
    let mut object = pod("a", "");
    object.meta_mut().namespace = "nowhere".into();
    let error = server.create(&NOW, object).expect_err("no namespace");
    assert_eq!(error.message, "namespaces \"nowhere\" not found");
    let error = server
        .delete(
            &NOW,
            Namespace::KIND,
            &Key::new("", "default"),
            &DeleteOptions::default(),
        )
        .expect_err("protected");
    assert_eq!(
        error.message,
        "namespaces \"default\" is forbidden: this namespace may not be deleted"
    );
}

#[test]
fn kinds_without_a_struct_are_kept_whole() {
    let mut server = server();
    let kind = Kind::find("policy/v1", "PodDisruptionBudget").expect("served");
    let spec = json!({"minAvailable": 2, "selector": {"matchLabels": {"a": "b"}}});
    let value = json!({"metadata": {"name": "s"}, "spec": spec});
    let created = server
        .create(&NOW, Object::decode(kind, value).expect("decoded"))
        .expect("created");
    assert_eq!(created.encode()["spec"], spec);
    assert_eq!(created.meta().generation, 1);
}

/// A pod as a controller makes it: from a shared spec.
fn made(spec: &std::rc::Rc<crate::api::core::PodSpec>, name: &str) -> Object {
    let mut pod = Pod {
        spec: spec.clone(),
        ..Pod::default()
    };
    pod.meta.name = name.into();
    pod.meta.owner_references = [crate::api::meta::OwnerReference {
        api_version: "apps/v1".into(),
        kind: "ReplicaSet".into(),
        name: "web".into(),
        uid: "u".into(),
        controller: true,
        ..crate::api::meta::OwnerReference::default()
    }]
    .into();
    pod.into_object()
}

#[test]
fn pods_of_a_template_share_their_spec_until_a_policy_changes() {
    let mut server = server();
    let Object::Pod(first) = pod("x", "") else {
        panic!("a pod")
    };
    let spec_of = |object: Object| match object {
        Object::Pod(pod) => pod.spec.clone(),
        _ => panic!("a pod"),
    };
    let mut create = |name: &str| spec_of(server.create(&NOW, made(&first.spec, name)).expect("created"));
    let (a, b) = (create("a"), create("b"));
    assert!(std::rc::Rc::ptr_eq(&a, &b));
    assert_eq!(a.priority, Some(0));
    let class = json!({"metadata": {"name": "high"}, "value": 7, "globalDefault": true});
    let kind = Kind::named("scheduling.k8s.io", "PriorityClass");
    server
        .create(&NOW, Object::decode(kind, class).expect("decoded"))
        .expect("created");
    let c = spec_of(server.create(&NOW, made(&first.spec, "c")).expect("created"));
    assert_eq!(c.priority, Some(7));
}

/// A pod needs its RuntimeClass, and gets what the class adds.
#[test]
fn runtime_classes() {
    let mut server = ApiServer::new(1);
    let user = Caller {
        actor: "user",
        now: SimTime(0),
    };
    let mut create = |value: serde_json::Value| {
        let word = |name: &str| value[name].as_str().unwrap().to_owned();
        let kind = Kind::find(&word("apiVersion"), &word("kind")).unwrap();
        server.create(&user, Object::decode(kind, value).unwrap())
    };
    create(json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "default"}})).unwrap();
    let class = json!({
        "apiVersion": "node.k8s.io/v1", "kind": "RuntimeClass", "metadata": {"name": "vm"}, "handler": "vm",
        "overhead": {"podFixed": {"cpu": "1"}}, "scheduling": {"nodeSelector": {"vm": "yes"}},
    });
    create(class).unwrap();
    let pod = |name: &str, spec: serde_json::Value| {
        let mut spec = spec;
        spec["containers"] = json!([{"name": "c", "image": "i"}]);
        json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}, "spec": spec})
    };
    for (spec, want) in [
        (
            json!({"runtimeClassName": "no"}),
            "pod rejected: RuntimeClass \"no\" not found",
        ),
        (
            json!({"overhead": {"cpu": "1"}}),
            "pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead",
        ),
        (
            json!({"runtimeClassName": "vm", "overhead": {"cpu": "2"}}),
            "pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead",
        ),
        (
            json!({"runtimeClassName": "vm", "nodeSelector": {"vm": "no"}}),
            "conflict: runtimeClass.scheduling.nodeSelector[vm] = yes; pod.spec.nodeSelector[vm] = no",
        ),
    ] {
        let refusal = create(pod("p", spec)).unwrap_err();
        assert_eq!(refusal.message, format!("pods \"p\" is forbidden: {want}"));
    }
    let made = create(pod("p", json!({"runtimeClassName": "vm"}))).unwrap().encode();
    assert_eq!(made["spec"]["overhead"], json!({"cpu": "1"}));
    assert_eq!(made["spec"]["nodeSelector"], json!({"vm": "yes"}));
}
