//! The controllers with real schedulers and kubelets: garbage, namespaces, endpoints, nodes that fall silent.

use std::rc::Rc;

use kubarium::api::apps::{DaemonSet, Deployment, ReplicaSet, StatefulSet};
use kubarium::api::core::{ConfigMap, Event, Namespace, Node, Pod};
use kubarium::api::discovery::EndpointSlice;
use kubarium::api::{Kind, Object, Resource, yaml};
use kubarium::apiserver::{DeleteOptions, Key, Propagation, Subresource};
use kubarium::cluster::{Cluster, Config};
use kubarium::sim::{Duration, SimTime};

const WEB: &str = "
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: default}
spec:
  replicas: 3
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - {name: web, image: 'nginx:1.27', ports: [{name: http, containerPort: 80}]}
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: default}
spec:
  selector: {app: web}
  ports: [{port: 80, targetPort: http}]
";

struct World {
    cluster: Cluster,
}

impl World {
    /// A cluster of three nodes.
    fn new() -> Self {
        let mut world = Self {
            cluster: Cluster::new(Config::default()),
        };
        for index in 1..=3 {
            let mut node = Node::default();
            node.meta.name = format!("node-{index}").into();
            world.cluster.create(node.into_object()).expect("the node is new");
        }
        world.run(1000);
        world
    }

    fn apply(&mut self, manifests: &str) {
        for document in yaml::read(manifests).documents {
            let text = |name: &str| document.value[name].as_str().unwrap_or_default().to_owned();
            let kind = Kind::find(&text("apiVersion"), &text("kind")).expect("a known kind");
            let object = Object::decode(kind, document.value.clone()).expect("a good manifest");
            self.cluster.create(object).expect("a good object");
        }
    }

    /// Runs on for a while.
    fn run(&mut self, millis: u64) {
        let until = self.cluster.now() + Duration::from_millis(millis);
        self.cluster.run_until(until);
    }

    fn delete(&mut self, kind: Kind, namespace: &str, name: &str, propagation: Propagation) {
        let options = DeleteOptions {
            propagation: Some(propagation),
            ..DeleteOptions::default()
        };
        let key = Key::new(namespace, name);
        self.cluster.delete(kind, &key, &options).expect("the object is there");
    }

    fn get<T: Resource>(&self, name: &str) -> Option<Rc<T>> {
        self.cluster.api().get::<T>("default", name).cloned()
    }

    fn pods(&self) -> Vec<Rc<Pod>> {
        self.cluster.api().list::<Pod>(Some("default")).cloned().collect()
    }

    fn sets(&self) -> Vec<Rc<ReplicaSet>> {
        self.cluster
            .api()
            .list::<ReplicaSet>(Some("default"))
            .cloned()
            .collect()
    }

    fn events(&self, reason: &str) -> Vec<String> {
        let events = self
            .cluster
            .api()
            .list::<Event>(None)
            .filter(|event| &*event.reason == reason);
        events.map(|event| event.message.to_string()).collect()
    }

    /// Name, readiness, serving, terminating of each endpoint of Service web, sorted.
    fn endpoints(&self) -> Vec<(bool, bool, bool)> {
        let slices = self.cluster.api().list::<EndpointSlice>(Some("default"));
        let endpoints = slices.flat_map(|slice| slice.endpoints.iter().cloned().collect::<Vec<_>>());
        let flag = |flag: Option<bool>| flag.expect("the controller says it");
        let mut states: Vec<_> = endpoints
            .map(|endpoint| {
                let conditions = endpoint.conditions;
                (
                    flag(conditions.ready),
                    flag(conditions.serving),
                    flag(conditions.terminating),
                )
            })
            .collect();
        states.sort_unstable();
        states
    }
}

fn seconds(time: SimTime) -> u64 {
    time.0 / 1_000_000_000
}

#[test]
fn a_deployment_becomes_available_and_its_service_gets_endpoints() {
    let mut world = World::new();
    world.apply(WEB);
    world.run(5000);
    let web = world.get::<Deployment>("web").expect("it was created");
    let told: Vec<_> = web
        .status
        .conditions
        .iter()
        .map(|condition| &*condition.reason)
        .collect();
    assert_eq!((web.status.available_replicas, web.status.updated_replicas), (3, 3));
    assert_eq!(told, ["MinimumReplicasAvailable", "NewReplicaSetAvailable"]);
    assert_eq!(world.endpoints(), [(true, true, false); 3]);
    let slices: Vec<_> = world
        .cluster
        .api()
        .list::<EndpointSlice>(Some("default"))
        .cloned()
        .collect();
    assert_eq!(slices.len(), 1);
    assert_eq!(slices[0].ports[0].port, Some(80));
    assert_eq!(
        slices[0].meta.label("kubernetes.io/service-name").map(|name| &**name),
        Some("web")
    );
}

#[test]
fn each_pod_of_a_large_service_stands_in_one_slice() {
    let mut world = World::new();
    world.apply(WEB);
    let scale = |world: &mut World, replicas| {
        let mut web = (*world.get::<Deployment>("web").expect("it is there")).clone();
        web.spec.replicas = Some(replicas);
        let result = world.cluster.update(web.into_object(), Subresource::Main);
        result.expect("the size may change");
    };
    // Endpoints stay in the slice that they are in: the last four pods may stand in three.
    for (replicas, slices) in [(250, 3), (120, 3), (260, 3), (4, 3), (0, 1)] {
        scale(&mut world, replicas);
        world.run(200_000);
        let all = world.cluster.api().list::<EndpointSlice>(Some("default"));
        let all: Vec<_> = all.cloned().collect();
        assert!(all.len() <= slices, "{replicas} pods in {} slices", all.len());
        assert!(all.iter().all(|slice| slice.endpoints.len() <= 100));
        let endpoints = all.iter().flat_map(|slice| slice.endpoints.iter());
        let targets = endpoints.filter_map(|endpoint| endpoint.target_ref.as_ref());
        let mut names: Vec<_> = targets.map(|target| target.name.clone()).collect();
        names.sort_unstable();
        let pods: Vec<_> = world.pods().iter().map(|pod| pod.meta.name.clone()).collect();
        assert!(
            names == pods,
            "at {replicas}: {} of {} pods stand in a slice",
            names.len(),
            pods.len()
        );
        assert_eq!(world.endpoints().iter().filter(|state| state.0).count(), names.len());
    }
}

#[test]
fn propagation_decides_what_becomes_of_dependents() {
    for (propagation, left) in [
        (Propagation::Background, 0),
        (Propagation::Foreground, 0),
        (Propagation::Orphan, 3),
    ] {
        let mut world = World::new();
        world.apply(WEB);
        world.run(5000);
        world.delete(Deployment::KIND, "default", "web", propagation);
        world.run(200);
        let there = world.get::<Deployment>("web").is_some();
        assert_eq!(
            there,
            propagation == Propagation::Foreground,
            "{propagation:?} keeps its owner for now"
        );
        world.run(40000);
        assert!(world.get::<Deployment>("web").is_none(), "{propagation:?}");
        assert_eq!(world.pods().len(), left, "pods after {propagation:?}");
        assert_eq!(world.sets().len(), usize::from(left > 0), "sets after {propagation:?}");
    }
}

#[test]
fn orphans_are_adopted_again() {
    let mut world = World::new();
    world.apply(WEB);
    world.run(5000);
    world.delete(Deployment::KIND, "default", "web", Propagation::Orphan);
    world.run(1000);
    let orphan = world.sets().remove(0);
    assert!(orphan.meta.owner_references.is_empty());
    world.apply(WEB.split("---").next().expect("the first document"));
    world.run(5000);
    let sets = world.sets();
    assert_eq!(sets.len(), 1, "the orphan serves again");
    assert_eq!(sets[0].meta.uid, orphan.meta.uid);
    assert_eq!(sets[0].meta.controller().map(|owner| &*owner.name), Some("web"));
    assert_eq!(world.pods().len(), 3);
}

#[test]
fn a_relabelled_pod_is_released_and_replaced() {
    let mut world = World::new();
    world.apply(WEB);
    world.run(5000);
    let mut pod = (*world.pods()[0]).clone();
    pod.meta.set_label("app", "other");
    world
        .cluster
        .update(pod.clone().into_object(), Subresource::Main)
        .expect("labels may change");
    world.run(3000);
    let released = world.get::<Pod>(&pod.meta.name).expect("it lives on");
    assert!(released.meta.owner_references.is_empty());
    assert_eq!(world.pods().len(), 4);
    assert_eq!(world.endpoints().len(), 3);
    let mut back = (*released).clone();
    back.meta.set_label("app", "web");
    world
        .cluster
        .update(back.into_object(), Subresource::Main)
        .expect("labels may change");
    world.run(40000);
    assert_eq!(world.pods().len(), 3, "one too many was deleted");
    assert!(world.pods().iter().all(|pod| pod.meta.controller().is_some()));
}

#[test]
fn a_namespace_goes_with_its_content_but_waits_for_finalizers() {
    let mut world = World::new();
    let mut namespace = Namespace::default();
    namespace.meta.name = "shop".into();
    world.cluster.create(namespace.into_object()).expect("it is new");
    world.apply(&WEB.replace("namespace: default", "namespace: shop"));
    let mut held = ConfigMap::default();
    (held.meta.name, held.meta.namespace) = ("held".into(), "shop".into());
    held.meta.finalizers = ["example.com/hold".into()].into();
    world.cluster.create(held.into_object()).expect("it is new");
    world.run(5000);
    world.delete(Namespace::KIND, "", "shop", Propagation::Background);
    world.run(4900);
    let pods = |world: &World| world.cluster.api().list::<Pod>(Some("shop")).count();
    assert_eq!(pods(&world), 3, "nothing goes before 5 s");
    world.run(20000);
    assert_eq!(pods(&world), 0);
    let shop = world
        .cluster
        .api()
        .get::<Namespace>("", "shop")
        .cloned()
        .expect("something is held");
    let messages: Vec<_> = shop
        .status
        .conditions
        .iter()
        .map(|condition| &*condition.message)
        .collect();
    assert_eq!(
        messages[3],
        "Some resources are remaining: configmaps. has 1 resource instances"
    );
    let want = "Some content in the namespace has finalizers remaining: example.com/hold in 1 resource instances";
    assert_eq!(messages[4], want);
    let held = world
        .cluster
        .api()
        .get::<ConfigMap>("shop", "held")
        .expect("it is held");
    let mut held = (**held).clone();
    held.meta.finalizers = [].into();
    world
        .cluster
        .update(held.into_object(), Subresource::Main)
        .expect("finalizers may go");
    world.run(20000);
    assert!(world.cluster.api().get::<Namespace>("", "shop").is_none());
}

#[test]
fn what_a_namespace_holds_comes_back() {
    let mut world = World::new();
    world.delete(ConfigMap::KIND, "default", "kube-root-ca.crt", Propagation::Background);
    assert!(world.get::<ConfigMap>("kube-root-ca.crt").is_none());
    world.run(1000);
    assert!(world.get::<ConfigMap>("kube-root-ca.crt").is_some());
}

#[test]
fn a_silent_node_loses_its_pods() {
    let mut world = World::new();
    world.apply(WEB);
    world.run(5000);
    let start = world.cluster.now();
    world.cluster.set_node_power(&"node-2".into(), false);
    let ready = |world: &World| {
        let node = world.cluster.api().get::<Node>("", "node-2").expect("it is there");
        let ready = node
            .status
            .conditions
            .iter()
            .find(|condition| &*condition.kind == "Ready");
        ready.expect("a kubelet wrote it").status.to_string()
    };
    while ready(&world) == "True" {
        world.run(500);
    }
    let noticed = seconds(world.cluster.now()) - seconds(start);
    assert!((40..=56).contains(&noticed), "noticed after {noticed} s");
    world.run(1000);
    assert_eq!(
        world.endpoints(),
        [(false, false, false), (true, true, false), (true, true, false)]
    );
    assert_eq!(world.events("NodeNotReady").len(), 2, "one on the node, one on its pod");
    let node = world.cluster.api().get::<Node>("", "node-2").expect("it is there");
    let taints: Vec<_> = node
        .spec
        .taints
        .iter()
        .map(|taint| format!("{}:{}", taint.key, taint.effect))
        .collect();
    let unreachable = "node.kubernetes.io/unreachable";
    assert_eq!(
        taints,
        [format!("{unreachable}:NoSchedule"), format!("{unreachable}:NoExecute")]
    );
    world.run(295000);
    assert!(world.events("TaintManagerEviction").is_empty());
    world.run(10000);
    let marked = world.events("TaintManagerEviction");
    assert_eq!(marked.len(), 1);
    assert!(
        marked[0].starts_with("Marking for deletion Pod default/web-"),
        "{marked:?}"
    );
    assert_eq!(
        world.pods().len(),
        4,
        "the old pod terminates for ever, a new one stands in"
    );
    world.cluster.set_node_power(&"node-2".into(), true);
    world.run(60000);
    assert_eq!(ready(&world), "True");
    assert_eq!(world.pods().len(), 3);
    let node = world.cluster.api().get::<Node>("", "node-2").expect("it is there");
    assert!(node.spec.taints.is_empty(), "{:?}", node.spec.taints);
}

#[test]
fn pods_of_a_deleted_node_are_collected() {
    let mut world = World::new();
    world.apply(WEB);
    world.run(5000);
    world.cluster.set_node_power(&"node-3".into(), false);
    world.delete(Node::KIND, "", "node-3", Propagation::Background);
    world.run(39000);
    assert!(world.pods().iter().any(|pod| &*pod.spec.node_name == "node-3"));
    world.run(25000);
    assert!(world.pods().iter().all(|pod| &*pod.spec.node_name != "node-3"));
    assert_eq!(world.pods().len(), 3);
    assert_eq!(
        world.events("RemovingNode"),
        ["Node node-3 event: Removing Node node-3 from Controller"]
    );
}

const AGENT: &str = "
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: agent, namespace: default}
spec:
  selector: {matchLabels: {app: agent}}
  template:
    metadata: {labels: {app: agent}}
    spec:
      containers:
      - {name: agent, image: 'nginx:1.27'}
";

fn set_image(template: &mut kubarium::api::core::PodTemplateSpec, image: &str) {
    let spec = Rc::make_mut(&mut template.spec);
    let mut containers = spec.containers.to_vec();
    containers[0].image = image.into();
    spec.containers = containers.into();
}

#[test]
fn a_daemon_set_has_a_pod_on_each_node_and_replaces_them_one_by_one() {
    let mut world = World::new();
    world.apply(AGENT);
    world.run(10_000);
    let agent = world.get::<DaemonSet>("agent").expect("it was created");
    let status = &agent.status;
    assert_eq!(
        (
            status.desired_number_scheduled,
            status.number_available,
            status.number_unavailable
        ),
        (3, 3, 0)
    );
    let on_nodes = |world: &World| {
        let mut nodes: Vec<_> = world.pods().iter().map(|pod| pod.spec.node_name.to_string()).collect();
        nodes.sort_unstable();
        nodes
    };
    assert_eq!(on_nodes(&world), ["node-1", "node-2", "node-3"]);
    let hash = |pod: &Rc<Pod>| pod.meta.label("controller-revision-hash").map(ToString::to_string);
    // As recorded of the same template.
    assert!(
        world
            .pods()
            .iter()
            .all(|pod| hash(pod).as_deref() == Some("797f6b76cb"))
    );
    let mut next = (*agent).clone();
    set_image(&mut next.spec.template, "nginx:1.28");
    world
        .cluster
        .update(next.into_object(), Subresource::Main)
        .expect("the template may change");
    let mut least = 3;
    for _ in 0..300 {
        world.run(100);
        let agent = world.get::<DaemonSet>("agent").expect("it is there");
        least = least.min(agent.status.number_available);
    }
    let agent = world.get::<DaemonSet>("agent").expect("it is there");
    assert_eq!(
        (
            least,
            agent.status.number_available,
            agent.status.updated_number_scheduled
        ),
        (2, 3, 3)
    );
    assert!(
        world
            .pods()
            .iter()
            .all(|pod| hash(pod).as_deref() == Some("55c9d48767"))
    );
    let mut node = Node::default();
    node.meta.name = "node-4".into();
    world.cluster.create(node.into_object()).expect("the node is new");
    world.run(10_000);
    assert_eq!(on_nodes(&world).len(), 4, "a new node gets its pod");
    world.delete(DaemonSet::KIND, "default", "agent", Propagation::Background);
    world.run(40_000);
    assert!(world.pods().is_empty());
}

const DB: &str = "
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: db, namespace: default}
spec:
  serviceName: db
  replicas: 3
  selector: {matchLabels: {app: db}}
  template:
    metadata: {labels: {app: db}}
    spec:
      containers:
      - {name: web, image: 'nginx:1.27', ports: [{containerPort: 80, name: web}]}
";

/// Name and revision of each pod.
fn revisions(world: &World) -> Vec<(String, String)> {
    let pods = world.pods();
    let revision = |pod: &Rc<Pod>| pod.meta.label("controller-revision-hash").map(ToString::to_string);
    pods.iter()
        .map(|pod| (pod.meta.name.to_string(), revision(pod).unwrap_or_default()))
        .collect()
}

#[test]
fn a_stateful_set_goes_up_and_down_in_order_and_sticks_on_a_broken_pod() {
    let mut world = World::new();
    world.apply(DB);
    let mut most = 0;
    for _ in 0..200 {
        world.run(100);
        let waiting = world.pods().iter().filter(|pod| !pod.is_ready()).count();
        most = most.max(waiting);
    }
    assert_eq!(most, 1, "one is made after the other");
    let db = world.get::<StatefulSet>("db").expect("it was created");
    let status = &db.status;
    assert_eq!(
        (status.replicas, status.ready_replicas, status.updated_replicas),
        (3, 3, 3)
    );
    assert_eq!(status.current_revision, status.update_revision);
    // As recorded of the same template.
    assert_eq!(&*status.update_revision, "db-7c48bddbd7");
    let names: Vec<_> = revisions(&world).into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["db-0", "db-1", "db-2"]);
    assert!(
        world
            .events("SuccessfulCreate")
            .contains(&"Create Pod db-2 in StatefulSet db successful".to_owned())
    );
    let change = |world: &mut World, act: &dyn Fn(&mut StatefulSet)| {
        let mut db = (*world.get::<StatefulSet>("db").expect("it is there")).clone();
        act(&mut db);
        world
            .cluster
            .update(db.into_object(), Subresource::Main)
            .expect("a good change");
    };
    change(&mut world, &|db| db.spec.replicas = Some(1));
    world.run(20_000);
    assert_eq!(world.pods().len(), 1);
    change(&mut world, &|db| db.spec.replicas = Some(2));
    world.run(10_000);
    change(&mut world, &|db| set_image(&mut db.spec.template, "nginx:broken"));
    world.run(20_000);
    let broken = revisions(&world);
    assert_ne!(
        broken[1].1, broken[0].1,
        "the highest is replaced first, and holds up the others"
    );
    change(&mut world, &|db| set_image(&mut db.spec.template, "nginx:1.27"));
    world.run(60_000);
    assert_eq!(
        revisions(&world),
        broken,
        "the broken pod stays until somebody deletes it"
    );
    world.delete(Pod::KIND, "default", "db-1", Propagation::Background);
    world.run(60_000);
    let healed = revisions(&world);
    assert_eq!(healed[1].1, healed[0].1);
    assert!(world.pods().iter().all(|pod| pod.is_ready()));
}
