//! The invariants themselves: each rule finds what it is there for.

use kubarium::api::{Kind, Object};
use kubarium::apiserver::{DeleteOptions, Key};
use kubarium::cluster::{Cluster, Config};
use kubarium::sim::SimTime;
use serde_json::{Value, json};

mod common;

use common::invariants::Invariants;

/// Stores objects as they stand, one after the other, and gives what is broken then.
fn broken(objects: &[(&str, Value)]) -> String {
    let mut cluster = Cluster::new(Config::default());
    let mut rules = Invariants::default();
    assert_eq!(rules.check(&cluster), [""; 0], "a new cluster is sound");
    for (kind, value) in objects {
        let kind = Kind::all().find(|known| known.info().kind == *kind).expect("a kind");
        cluster
            .load(Object::decode(kind, value.clone()).expect("an object"))
            .expect("stored");
    }
    rules.check(&cluster).join("; ")
}

fn pod(name: &str, spec: &Value, status: &Value) -> (&'static str, Value) {
    let meta = json!({"name": name, "namespace": "default", "uid": name});
    ("Pod", json!({"metadata": meta, "spec": spec, "status": status}))
}

fn node() -> (&'static str, Value) {
    let room = json!({"cpu": "1", "memory": "1Gi", "pods": "2"});
    (
        "Node",
        json!({"metadata": {"name": "n"}, "status": {"allocatable": room}}),
    )
}

fn service(name: &str, port: i32) -> (&'static str, Value) {
    let spec = json!({"clusterIP": "10.0.0.1", "ports": [{"port": 80, "nodePort": port, "protocol": "TCP"}]});
    (
        "Service",
        json!({"metadata": {"name": name, "namespace": "default"}, "spec": spec}),
    )
}

fn slice(pod: &str) -> (&'static str, Value) {
    let labels = json!({"endpointslice.kubernetes.io/managed-by": "endpointslice-controller.k8s.io"});
    let endpoints = json!([{"addresses": ["10.1.0.1"], "targetRef": {"kind": "Pod", "name": pod, "uid": pod}}]);
    let meta = json!({"name": "s", "namespace": "default", "labels": labels});
    (
        "EndpointSlice",
        json!({"metadata": meta, "addressType": "IPv4", "endpoints": endpoints}),
    )
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table")]
fn each_rule_finds_what_it_is_there_for() {
    let meta = |more: Value| {
        let mut meta = json!({"name": "x", "namespace": "default", "uid": "x"});
        meta.as_object_mut()
            .expect("an object")
            .extend(more.as_object().expect("an object").clone());
        ("ConfigMap", json!({"metadata": meta}))
    };
    let owner = |uid: &str| json!({"apiVersion": "v1", "kind": "Pod", "name": uid, "uid": uid, "controller": true});
    let on_node = json!({"nodeName": "n", "containers": [{"name": "c", "resources": {"requests": {"cpu": "600m"}}}]});
    let with_port =
        json!({"nodeName": "n", "containers": [{"name": "c", "ports": [{"containerPort": 1, "hostPort": 80}]}]});
    let held = json!({"phase": "Running", "startTime": "2026-01-01T00:00:00Z"});
    let address = json!({"phase": "Running", "podIP": "10.1.0.1"});
    let none = json!({});
    let state = |state: Value| json!({"phase": "Running", "containerStatuses": [state]});
    let set = |status: Value| {
        (
            "ReplicaSet",
            json!({"metadata": {"name": "r", "namespace": "default", "generation": 1}, "status": status}),
        )
    };
    let cases = [
        (
            "two controllers",
            vec![meta(json!({"ownerReferences": [owner("a"), owner("b")]}))],
            "has 2 controllers",
        ),
        (
            "a new uid",
            vec![meta(none.clone()), meta(json!({"uid": "y"}))],
            "changes its uid from x to y",
        ),
        (
            "an older generation",
            vec![meta(json!({"generation": 2})), meta(json!({"generation": 1}))],
            "from generation 2 to 1",
        ),
        (
            "a deletion taken back",
            vec![
                meta(json!({"deletionTimestamp": "2026-01-01T00:00:00Z", "finalizers": ["a/b"]})),
                meta(json!({"finalizers": ["a/b"]})),
            ],
            "comes back from its deletion",
        ),
        (
            "seen too early",
            vec![set(json!({"observedGeneration": 2}))],
            "is observed at 2, before it is at 1",
        ),
        (
            "numbers",
            vec![set(json!({"replicas": 1, "readyReplicas": 2}))],
            "available, ready and all are [0, 2, 1]",
        ),
        (
            "a condition twice",
            vec![set(
                json!({"conditions": [{"type": "A", "status": "True"}, {"type": "A", "status": "False"}]}),
            )],
            "has the condition A twice",
        ),
        (
            "a condition of the future",
            vec![set(
                json!({"conditions": [{"type": "A", "lastTransitionTime": "2026-01-01T00:00:01Z"}]}),
            )],
            "has a condition A of the future",
        ),
        (
            "a revision back",
            vec![
                meta(json!({"annotations": {"deployment.kubernetes.io/revision": "2"}})),
                meta(json!({"annotations": {"deployment.kubernetes.io/revision": "1"}})),
            ],
            "goes from revision 2 back to 1",
        ),
        (
            "too much of a node",
            vec![node(), pod("a", &on_node, &held), pod("b", &on_node, &held)],
            "n has 1 of cpu and 1200m are taken",
        ),
        (
            "a port of a node twice",
            vec![node(), pod("a", &with_port, &held), pod("b", &with_port, &held)],
            "a and b share host port 80",
        ),
        (
            "an address twice",
            vec![pod("a", &none, &address), pod("b", &none, &address)],
            "shares 10.1.0.1 with default/a",
        ),
        (
            "a pod that moves",
            vec![
                pod("a", &json!({"nodeName": "n"}), &none),
                pod("a", &json!({"nodeName": "m"}), &none),
            ],
            "moves from n to m",
        ),
        (
            "a pod that rises",
            vec![pod("a", &none, &json!({"phase": "Failed"})), pod("a", &none, &held)],
            "goes from Failed to Running",
        ),
        (
            "restarts",
            vec![
                pod(
                    "a",
                    &none,
                    &state(json!({"name": "c", "restartCount": 2, "state": {"running": {}}})),
                ),
                pod(
                    "a",
                    &none,
                    &state(json!({"name": "c", "restartCount": 1, "state": {"running": {}}})),
                ),
            ],
            "has fewer restarts of c than before",
        ),
        (
            "no state",
            vec![pod("a", &none, &state(json!({"name": "c", "state": {}})))],
            "c is in [false, false, false] states",
        ),
        (
            "ready and waiting",
            vec![pod(
                "a",
                &none,
                &state(json!({"name": "c", "ready": true, "state": {"waiting": {}}})),
            )],
            "c is ready and does not run",
        ),
        (
            "a Service's address twice",
            vec![service("a", 0), service("b", 0)],
            "shares 10.0.0.1 with default/a",
        ),
        (
            "a node's port twice",
            vec![service("a", 30000), service("b", 30000)],
            "shares TCP:30000 with default/a",
        ),
        (
            "an endpoint of nobody",
            vec![slice("a")],
            "names a pod a that is not there",
        ),
        (
            "an endpoint of somebody",
            vec![pod("a", &none, &address), slice("a")],
            "",
        ),
    ];
    for (name, objects, want) in cases {
        let found = broken(&objects);
        assert!(
            if want.is_empty() {
                found.is_empty()
            } else {
                found.contains(want)
            },
            "{name}: {found:?}"
        );
    }
}

#[test]
fn endpoints_forget_a_pod_that_is_gone() {
    let mut cluster = Cluster::new(Config::default());
    let mut rules = Invariants::default();
    for (kind, value) in [pod("a", &json!({}), &json!({})), slice("a")] {
        let kind = Kind::all().find(|known| known.info().kind == kind).expect("a kind");
        cluster
            .load(Object::decode(kind, value).expect("an object"))
            .expect("stored");
    }
    assert_eq!(rules.check(&cluster), [""; 0], "the pod is there");
    let options = DeleteOptions {
        grace_period_seconds: Some(0),
        ..DeleteOptions::default()
    };
    cluster
        .delete(Kind::named("", "Pod"), &Key::new("default", "a"), &options)
        .expect("deleted");
    assert_eq!(rules.check(&cluster), [""; 0], "it takes a while");
    cluster.run_until(SimTime(10_000_000_000));
    let broken = rules.check(&cluster);
    // Nobody keeps this slice but the test.
    assert!(
        broken.iter().any(|broken| broken.contains("still names the pod a")),
        "{broken:?}"
    );
}
