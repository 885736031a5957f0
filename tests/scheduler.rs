//! The scheduler in a cluster: pods come, get their nodes or wait, and the world hears of it.

use serde_json::{Value, json};

use kubarium::api::core::{Event, Node, Pod};
use kubarium::api::{Kind, Object, Resource, Str};
use kubarium::apiserver::{DeleteOptions, Key, Subresource};
use kubarium::cluster::{Cluster, Config};
use kubarium::sim::{Duration, SimTime};

/// A cluster of nodes with this much CPU each.
fn cluster(cpus: &[&str]) -> Cluster {
    let mut cluster = Cluster::new(Config::default());
    for (number, cpu) in cpus.iter().enumerate() {
        let allocatable = json!({"cpu": cpu, "memory": "8Gi", "pods": "110"});
        let node =
            json!({"metadata": {"name": format!("node-{}", number + 1)}, "status": {"allocatable": allocatable}});
        load(&mut cluster, Node::KIND, node);
    }
    // Until the kubelets have reported and no node is tainted any more.
    run(&mut cluster, 30_000);
    cluster
}

fn load(cluster: &mut Cluster, kind: Kind, object: Value) {
    let object = Object::decode(kind, object).expect("an object");
    cluster.load(object).expect("a named object");
}

fn run(cluster: &mut Cluster, millis: u64) {
    let until = cluster.now() + Duration::from_millis(millis);
    cluster.run_until(until);
}

fn pod(name: &str, cpu: &str, more: Value) -> Value {
    let mut spec = json!({
        "schedulerName": "default-scheduler",
        "containers": [{"name": "c", "image": "x", "resources": {"requests": {"cpu": cpu}}}],
    });
    for (key, value) in more.as_object().expect("fields of the spec") {
        spec[key] = value.clone();
    }
    json!({"metadata": {"name": name, "namespace": "default", "uid": name}, "spec": spec})
}

fn get(cluster: &Cluster, name: &str) -> Pod {
    (**cluster.api().get::<Pod>("default", name).expect("the pod is there")).clone()
}

fn node_of(cluster: &Cluster, name: &str) -> Str {
    get(cluster, name).spec.node_name.clone()
}

/// Reasons and messages of the events about a pod, oldest first.
fn events(cluster: &Cluster, name: &str) -> Vec<String> {
    let events = cluster.api().list::<Event>(Some("default"));
    let about = events.filter(|event| &*event.involved_object.name == name);
    let mut lines: Vec<_> = about
        .map(|e| (e.event_time, format!("{}: {}", e.reason, e.message)))
        .collect();
    lines.sort();
    lines.into_iter().map(|(_, line)| line).collect()
}

fn delete(cluster: &mut Cluster, kind: Kind, namespace: &str, name: &str) {
    let options = DeleteOptions {
        grace_period_seconds: Some(0),
        ..DeleteOptions::default()
    };
    cluster
        .delete(kind, &Key::new(namespace, name), &options)
        .expect("it is there");
}

const FULL: &str = "0/1 nodes are available: 1 Insufficient cpu. no new claims to deallocate, preemption: \
                    0/1 nodes are available: 1 No preemption victims found for incoming pod.";

#[test]
fn a_pod_gets_the_emptier_node_and_an_event() {
    let mut cluster = cluster(&["2", "4"]);
    load(&mut cluster, Pod::KIND, pod("a", "1", json!({})));
    run(&mut cluster, 20);
    assert_eq!(&*node_of(&cluster, "a"), "node-2");
    assert_eq!(
        events(&cluster, "a"),
        ["Scheduled: Successfully assigned default/a to node-2"]
    );
    let event = cluster.api().list::<Event>(Some("default")).next().expect("an event");
    assert_eq!(
        (&*event.action, &*event.reporting_component),
        ("Binding", "default-scheduler")
    );
    assert!(event.first_timestamp.is_none() && event.event_time.is_some());
    let bound = get(&cluster, "a");
    assert!(
        bound
            .status
            .condition("PodScheduled")
            .is_some_and(kubarium::api::meta::Condition::is_true)
    );
}

#[test]
fn a_pod_without_room_waits_and_gets_in_when_room_is_made() {
    let mut cluster = cluster(&["2"]);
    load(&mut cluster, Pod::KIND, pod("a", "2", json!({})));
    run(&mut cluster, 20);
    load(&mut cluster, Pod::KIND, pod("b", "1", json!({})));
    run(&mut cluster, 20);
    assert_eq!(events(&cluster, "b"), [format!("FailedScheduling: {FULL}")]);
    let waiting = get(&cluster, "b");
    let condition = waiting.status.condition("PodScheduled").expect("a condition");
    assert_eq!(
        (&*condition.status, &*condition.reason, &*condition.message),
        ("False", "Unschedulable", FULL)
    );
    run(&mut cluster, 60_000);
    assert_eq!(events(&cluster, "b").len(), 1, "nothing happened, so nothing was tried");
    delete(&mut cluster, Pod::KIND, "default", "a");
    run(&mut cluster, 20);
    assert_eq!(&*node_of(&cluster, "b"), "node-1");
}

#[test]
fn a_pod_is_tried_again_after_five_minutes_in_any_case() {
    let mut cluster = cluster(&["1"]);
    load(&mut cluster, Pod::KIND, pod("a", "2", json!({})));
    cluster.run_until(SimTime(359_000_000_000));
    assert_eq!(events(&cluster, "a").len(), 1);
    cluster.run_until(SimTime(361_000_000_000));
    assert_eq!(events(&cluster, "a").len(), 2);
}

#[test]
fn without_nodes_a_pod_waits_for_the_first() {
    let mut cluster = cluster(&[]);
    load(&mut cluster, Pod::KIND, pod("a", "1", json!({})));
    run(&mut cluster, 20);
    assert_eq!(
        events(&cluster, "a"),
        ["FailedScheduling: no nodes available to schedule pods"]
    );
    let allocatable = json!({"cpu": "4", "memory": "8Gi", "pods": "110"});
    load(
        &mut cluster,
        Node::KIND,
        json!({"metadata": {"name": "n"}, "status": {"allocatable": allocatable}}),
    );
    run(&mut cluster, 30_000);
    assert_eq!(&*node_of(&cluster, "a"), "n");
}

#[test]
fn gated_pods_and_pods_of_other_schedulers_are_left_alone() {
    let mut cluster = cluster(&["4"]);
    load(
        &mut cluster,
        Pod::KIND,
        pod("gated", "1", json!({"schedulingGates": [{"name": "example.com/g"}]})),
    );
    load(
        &mut cluster,
        Pod::KIND,
        pod("other", "1", json!({"schedulerName": "mine"})),
    );
    run(&mut cluster, 400_000);
    assert!(events(&cluster, "gated").is_empty() && events(&cluster, "other").is_empty());
    let mut ungated = get(&cluster, "gated");
    std::rc::Rc::make_mut(&mut ungated.spec).scheduling_gates = [].into();
    cluster
        .update(ungated.into_object(), Subresource::Main)
        .expect("gates may be taken off");
    run(&mut cluster, 20);
    assert_eq!(&*node_of(&cluster, "gated"), "node-1");
    assert_eq!(&*node_of(&cluster, "other"), "");
}

#[test]
fn an_important_pod_makes_room() {
    let mut cluster = cluster(&["2"]);
    load(
        &mut cluster,
        Pod::KIND,
        pod("low", "2", json!({"priority": 1, "terminationGracePeriodSeconds": 0})),
    );
    run(&mut cluster, 20);
    load(&mut cluster, Pod::KIND, pod("high", "1", json!({"priority": 9})));
    run(&mut cluster, 8);
    assert_eq!(
        events(&cluster, "high"),
        ["FailedScheduling: 0/1 nodes are available: 1 Insufficient cpu."]
    );
    assert_eq!(&*get(&cluster, "high").status.nominated_node_name, "node-1");
    run(&mut cluster, 40);
    assert!(cluster.api().get::<Pod>("default", "low").is_none());
    let uid = get(&cluster, "high").meta.uid;
    assert_eq!(
        events(&cluster, "low").last(),
        Some(&format!("Preempted: Preempted by pod {uid} on node node-1"))
    );
    assert_eq!(&*node_of(&cluster, "high"), "node-1");
}

#[test]
fn a_search_of_many_nodes_is_cut_short_and_goes_on_where_it_stopped() {
    let mut cluster = cluster(&["4"; 300]);
    for number in 0..3 {
        load(&mut cluster, Pod::KIND, pod(&format!("p{number}"), "1", json!({})));
    }
    run(&mut cluster, 100);
    let scheduler = cluster.scheduler();
    let seen: Vec<usize> = (0..3)
        .map(|number| {
            let explanation = scheduler.explanation(&format!("p{number}")).expect("it was placed");
            explanation.nodes.len() + explanation.left_out as usize
        })
        .collect();
    assert_eq!(seen, [300; 3]);
    assert_eq!(scheduler.next_start(), (3 * 300 * 48 / 100) % 300);
}

#[test]
fn an_explanation_has_every_verdict_and_score() {
    let mut cluster = cluster(&["2", "4", "4"]);
    let mut cordoned = (**cluster.api().get::<Node>("", "node-3").expect("a node")).clone();
    cordoned.spec.unschedulable = true;
    cluster
        .update(cordoned.into_object(), Subresource::Main)
        .expect("a node can be cordoned");
    load(
        &mut cluster,
        Pod::KIND,
        pod("a", "3", json!({"nodeSelector": {"disk": "ssd"}})),
    );
    run(&mut cluster, 20);
    let of = |cluster: &Cluster| {
        let pod = cluster.api().get::<Pod>("default", "a").expect("the pod");
        kubarium::scheduler::explain(cluster.api(), pod, 0, cluster.now())
    };
    let explanation = of(&cluster);
    assert_eq!(
        explanation.message,
        get(&cluster, "a")
            .status
            .condition("PodScheduled")
            .expect("a condition")
            .message
    );
    let refusals = |explanation: &kubarium::scheduler::Explanation, node: &str| -> Vec<&str> {
        let node = explanation
            .nodes
            .iter()
            .find(|known| &*known.node == node)
            .expect("the node");
        assert_eq!(node.filters.len(), 12, "every filter speaks");
        node.filters
            .iter()
            .filter(|verdict| !verdict.passed)
            .map(|verdict| verdict.plugin.text())
            .collect()
    };
    assert_eq!(refusals(&explanation, "node-1"), ["NodeAffinity", "NodeResourcesFit"]);
    assert_eq!(refusals(&explanation, "node-2"), ["NodeAffinity"]);
    let third = explanation
        .nodes
        .iter()
        .find(|node| &*node.node == "node-3")
        .expect("the node");
    assert_eq!(third.decided_by.map(|plugin| plugin.text()), Some("NodeUnschedulable"));
    let mut labelled = (**cluster.api().get::<Node>("", "node-2").expect("a node")).clone();
    labelled.meta.set_label("disk", "ssd");
    cluster
        .update(labelled.into_object(), Subresource::Main)
        .expect("a node can be labelled");
    run(&mut cluster, 20);
    assert_eq!(&*node_of(&cluster, "a"), "node-2");
    let explanation = of(&cluster);
    assert_eq!(explanation.chosen.as_deref(), Some("node-2"));
    let best = &explanation.nodes[0];
    assert_eq!(best.total, Some(best.scores.iter().map(|score| score.weighted).sum()));
    assert!(best.total > Some(0));
}

#[test]
fn the_more_important_pod_goes_first() {
    let mut cluster = cluster(&["2"]);
    load(&mut cluster, Pod::KIND, pod("early", "2", json!({"priority": 1})));
    load(&mut cluster, Pod::KIND, pod("late", "2", json!({"priority": 2})));
    run(&mut cluster, 20);
    assert_eq!(
        (&*node_of(&cluster, "early"), &*node_of(&cluster, "late")),
        ("", "node-1")
    );
}

#[test]
fn an_anti_affine_pod_waits_for_its_kind_to_go() {
    let mut cluster = cluster(&["4"]);
    let term = json!({"labelSelector": {"matchLabels": {"app": "a"}}, "topologyKey": "kubernetes.io/hostname"});
    let affinity = json!({"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [term]}});
    for name in ["a", "b"] {
        let mut pod = pod(name, "1", json!({"affinity": affinity}));
        pod["metadata"]["labels"] = json!({"app": "a"});
        load(&mut cluster, Pod::KIND, pod);
    }
    load(&mut cluster, Pod::KIND, pod("stranger", "1", json!({})));
    run(&mut cluster, 20);
    assert_eq!(&*node_of(&cluster, "b"), "");
    delete(&mut cluster, Pod::KIND, "default", "stranger");
    run(&mut cluster, 20);
    assert_eq!(events(&cluster, "b").len(), 1, "the stranger was not in the way");
    delete(&mut cluster, Pod::KIND, "default", "a");
    run(&mut cluster, 20);
    assert_eq!(&*node_of(&cluster, "b"), "node-1");
}

#[test]
fn a_refusal_repeated_becomes_a_series() {
    let mut cluster = cluster(&["1"]);
    load(&mut cluster, Pod::KIND, pod("a", "2", json!({})));
    run(&mut cluster, 1_300_000);
    // The first refusal changed the pod, so the second is about another version of it. The third is the second again.
    let about = cluster
        .api()
        .list::<Event>(Some("default"))
        .filter(|event| &*event.involved_object.name == "a");
    let mut counts: Vec<_> = about
        .map(|event| event.series.as_ref().map(|series| series.count))
        .collect();
    counts.sort();
    assert_eq!(counts, [None, Some(2)]);
}

#[test]
fn ties_fall_by_the_seed() {
    let placed = |seed| -> Vec<Str> {
        let mut cluster = Cluster::new(Config {
            seed,
            ..Config::default()
        });
        for number in 0..8 {
            let allocatable = json!({"cpu": "64", "memory": "256Gi", "pods": "110"});
            let node = json!({"metadata": {"name": format!("n{number}")}, "status": {"allocatable": allocatable}});
            load(&mut cluster, Node::KIND, node);
        }
        run(&mut cluster, 30_000);
        for number in 0..6 {
            load(&mut cluster, Pod::KIND, pod(&format!("p{number}"), "1", json!({})));
        }
        run(&mut cluster, 100);
        (0..6).map(|number| node_of(&cluster, &format!("p{number}"))).collect()
    };
    assert_eq!(placed(1), placed(1));
    assert_ne!(placed(1), placed(2));
    assert!(placed(1).iter().all(|node| !node.is_empty()));
}
