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

/// Sixty minutes in the lives of a hundred pods that crash at once: timers, not ticks.
#[test]
fn crash_looping_pods_cost_their_restarts() {
    let mut cluster = cluster(4, 0, &json!(null));
    for pod in 0..100 {
        let container = json!({"name": "c", "image": "busybox:1.36", "command": ["sh", "-c", "exit 1"]});
        let value = json!({"metadata": {"name": format!("p{pod}")}, "spec": {"containers": [container]}});
        cluster
            .create(Object::decode(Pod::KIND, value).expect("a pod"))
            .expect("created");
    }
    cluster.run_until(at(100 + 3600));
    // 10 s, doubling to 300 s: the fifth wait ends after 310 s, and then one in five minutes.
    let restarts = |pod: &Pod| pod.status.container_statuses[0].restart_count;
    let counts: Vec<i32> = cluster.api().list::<Pod>(None).map(|pod| restarts(pod)).collect();
    assert!(counts.iter().all(|count| (15..=16).contains(count)), "{counts:?}");
    let all: i32 = counts.iter().sum();
    let (events, restarts) = (cluster.events(), u64::try_from(all).expect("a count"));
    assert!(events <= 30 * restarts, "{events} events for {restarts} restarts");
}
