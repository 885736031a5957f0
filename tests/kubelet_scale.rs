//! Pods at rest cost nothing but their probes.

use kubarium::api::core::{Node, Pod};
use kubarium::api::{Object, Resource};
use kubarium::cluster::{Cluster, Config};
use kubarium::sim::SimTime;
use serde_json::json;

const fn at(seconds: u64) -> SimTime {
    SimTime(seconds * 1_000_000_000)
}

/// So many nodes with so many pods each, running since a minute or so; `probe` is their readiness probe.
fn cluster(nodes: u32, pods: u32, probe: &serde_json::Value) -> Cluster {
    let mut cluster = Cluster::new(Config::default());
    for node in 0..nodes {
        let name = format!("n{node}");
        let value = json!({"metadata": {"name": name}, "status": {"capacity": {"cpu": "64", "memory": "256Gi"}}});
        cluster
            .create(Object::decode(Node::KIND, value).expect("a node"))
            .expect("created");
    }
    cluster.run_until(at(1));
    for node in 0..nodes {
        for pod in 0..pods {
            let container = json!({"name": "web", "image": "nginx:1.27", "ports": [{"containerPort": 80}], "readinessProbe": probe});
            let value = json!({"metadata": {"name": format!("p{node}-{pod}")}, "spec": {"nodeName": format!("n{node}"), "containers": [container]}});
            cluster
                .create(Object::decode(Pod::KIND, value).expect("a pod"))
                .expect("created");
        }
    }
    cluster.run_until(at(100));
    let ready = cluster.api().list::<Pod>(None).filter(|pod| pod.is_ready()).count();
    assert_eq!(ready, (nodes * pods) as usize, "all pods are ready");
    cluster
}

#[test]
fn pods_at_rest_do_nothing() {
    let mut cluster = cluster(10, 20, &json!(null));
    let before = cluster.events();
    cluster.run_until(at(700));
    assert_eq!(cluster.events() - before, 0, "nothing changes, so nothing happens");
}

#[test]
fn probed_pods_cost_their_probes() {
    let mut cluster = cluster(
        10,
        20,
        &json!({"httpGet": {"path": "/", "port": 80}, "periodSeconds": 10}),
    );
    let before = cluster.events();
    cluster.run_until(at(700));
    let events = cluster.events() - before;
    assert!(events <= 200 * 60 + 200, "{events} events for 12000 probes");
}
