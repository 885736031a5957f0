//! Pods on nodes without a scheduler: what their status and events say, and when.

use std::fmt::Write as _;
use std::path::Path;

use kubarium::api::core::{ConfigMap, Node, Pod};
use kubarium::api::{Object, Resource};
use kubarium::apiserver::{Change, DeleteOptions, Key};
use kubarium::client::ContainerFault;
use kubarium::cluster::{Cluster, Config};
use kubarium::sim::SimTime;
use serde_json::{Value, json};

mod pod_story;

use pod_story::describe;

/// A cluster that writes down what is told of its pods.
struct World {
    cluster: Cluster,
    seen: u64,
    text: String,
}

const fn at(seconds: u64) -> SimTime {
    SimTime(seconds * 1_000_000_000)
}

impl World {
    fn new() -> Self {
        let mut cluster = Cluster::new(Config::default());
        let node = json!({"metadata": {"name": "n1"}});
        cluster
            .create(Object::decode(Node::KIND, node).expect("a node"))
            .expect("created");
        cluster.run_until(at(10));
        let seen = cluster.api().revision();
        Self {
            cluster,
            seen,
            text: String::new(),
        }
    }

    /// A pod on the node; `spec` beside its node.
    fn pod(&mut self, name: &str, mut spec: Value) {
        spec["nodeName"] = "n1".into();
        let value = json!({"metadata": {"name": name}, "spec": spec});
        self.cluster
            .create(Object::decode(Pod::KIND, value).expect("a pod"))
            .expect("created");
        self.note();
    }

    fn delete(&mut self, name: &str) {
        self.cluster
            .delete(Pod::KIND, &Key::new("default", name), &DeleteOptions::default())
            .expect("deleted");
        self.note();
    }

    fn run(&mut self, until: u64) {
        while self.cluster.step(at(10 + until)) {
            self.note();
        }
        self.cluster.run_until(at(10 + until));
    }

    fn note(&mut self) {
        let changes: Vec<Change> = self
            .cluster
            .api()
            .changes_after(self.seen)
            .into_iter()
            .flatten()
            .cloned()
            .collect();
        for change in changes {
            self.seen = change.revision;
            let ms = (change.at.0 - at(10).0) / 1_000_000;
            let told = describe(&change);
            if !told.is_empty() {
                writeln!(self.text, "{:>4}.{:03} {told}", ms / 1000, ms % 1000).expect("a string takes text");
            }
        }
    }

    /// Compares with the golden file of that name; `UPDATE_GOLDENS=1` writes it anew.
    fn check(&self, name: &str) {
        let path = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("tests/goldens/kubelet")
            .join(format!("{name}.txt"));
        if std::env::var_os("UPDATE_GOLDENS").is_some() {
            std::fs::write(&path, &self.text).expect("the golden file can be written");
        }
        let want = std::fs::read_to_string(&path).unwrap_or_default();
        let differs = self.text.lines().zip(want.lines()).position(|(a, b)| a != b);
        let line = differs.unwrap_or_else(|| self.text.lines().count().min(want.lines().count())) + 1;
        assert!(self.text == want, "{name}: line {line} differs; all:\n{}", self.text);
    }
}

#[test]
fn a_server_starts_and_is_deleted() {
    let mut world = World::new();
    world.pod(
        "web",
        json!({"containers": [{"name": "web", "image": "nginx:1.27", "ports": [{"containerPort": 80}]}]}),
    );
    world.run(5);
    world.delete("web");
    world.run(20);
    world.check("server");
}

#[test]
fn a_crash_loop_waits_longer_and_longer() {
    let mut world = World::new();
    let container = json!({"name": "main", "image": "busybox:1.36", "command": ["sh", "-c", "exit 1"]});
    world.pod("crash", json!({"containers": [container]}));
    world.run(60);
    world.check("crash-loop");
}

#[test]
fn a_pull_that_fails_waits_and_is_given_up() {
    let mut world = World::new();
    world.pod("web", json!({"containers": [{"name": "web", "image": "nginx:broken"}]}));
    world.run(20);
    world.delete("web");
    world.run(30);
    world.check("bad-image");
}

#[test]
fn a_failing_liveness_probe_kills() {
    let mut world = World::new();
    let probe = json!({"httpGet": {"path": "/fail", "port": 80}, "initialDelaySeconds": 3, "periodSeconds": 3, "failureThreshold": 3});
    let container =
        json!({"name": "web", "image": "nginx:1.27", "ports": [{"containerPort": 80}], "livenessProbe": probe});
    world.pod("live", json!({"containers": [container]}));
    world.run(100);
    world.check("liveness");
}

#[test]
fn a_closed_port_is_never_ready() {
    let mut world = World::new();
    let probe = json!({"tcpSocket": {"port": 81}, "periodSeconds": 3});
    let container =
        json!({"name": "web", "image": "nginx:1.27", "ports": [{"containerPort": 80}], "readinessProbe": probe});
    world.pod("tcp", json!({"containers": [container]}));
    world.run(12);
    world.check("readiness-tcp");
}

#[test]
fn a_pod_that_completes_ends() {
    for (name, policy, code) in [
        ("never-0", "Never", 0),
        ("never-1", "Never", 1),
        ("on-failure-0", "OnFailure", 0),
    ] {
        let mut world = World::new();
        let container =
            json!({"name": "main", "image": "busybox:1.36", "command": ["sh", "-c", format!("sleep 2; exit {code}")]});
        world.pod(name, json!({"restartPolicy": policy, "containers": [container]}));
        world.run(10);
        world.delete(name);
        world.check(name);
    }
}

#[test]
fn a_deadline_ends_a_pod() {
    let mut world = World::new();
    let container = json!({"name": "a", "image": "nginx:1.27"});
    world.pod("dl", json!({"activeDeadlineSeconds": 6, "containers": [container]}));
    world.run(10);
    world.check("active-deadline");
}

#[test]
fn a_sidecar_starts_first_and_stops_last() {
    let mut world = World::new();
    let init = json!([
        {"name": "first", "image": "busybox:1.36", "command": ["sh", "-c", "sleep 2"]},
        {"name": "proxy", "image": "nginx:1.27", "restartPolicy": "Always", "ports": [{"containerPort": 80}],
         "startupProbe": {"tcpSocket": {"port": 80}, "periodSeconds": 1}},
    ]);
    let main = json!([{"name": "main", "image": "busybox:1.36", "command": ["sh", "-c", "sleep 5"]}]);
    world.pod(
        "side",
        json!({"restartPolicy": "Never", "initContainers": init, "containers": main}),
    );
    world.run(20);
    world.check("sidecar");
}

#[test]
fn what_is_not_there_keeps_a_container_from_starting() {
    let mut world = World::new();
    let env = json!([{"configMapRef": {"name": "settings"}}]);
    world.pod(
        "nocm",
        json!({"containers": [{"name": "web", "image": "nginx:1.27", "envFrom": env}]}),
    );
    world.run(14);
    let map = json!({"metadata": {"name": "settings"}, "data": {"A": "1"}});
    world
        .cluster
        .create(Object::decode(ConfigMap::KIND, map).expect("a map"))
        .expect("created");
    world.run(40);
    world.check("config-error");
}

#[test]
fn a_node_refuses_what_it_cannot_take() {
    let cases = [
        (
            "too-much-cpu",
            json!({"resources": {"requests": {"cpu": "5"}}}),
            json!({}),
        ),
        ("wrong-node", json!({}), json!({"nodeSelector": {"disk": "ssd"}})),
    ];
    for (name, extra, spec) in cases {
        let mut world = World::new();
        let mut container = json!({"name": "web", "image": "nginx:1.27"});
        container
            .as_object_mut()
            .expect("an object")
            .extend(extra.as_object().expect("an object").clone());
        let mut pod = json!({"containers": [container]});
        pod.as_object_mut()
            .expect("an object")
            .extend(spec.as_object().expect("an object").clone());
        world.pod(name, pod);
        world.run(3);
        world.check(name);
    }
}

#[test]
fn a_command_that_is_not_there_does_not_start() {
    let mut world = World::new();
    let container = json!({"name": "web", "image": "busybox:1.36", "command": ["nosuchcmd", "--x"]});
    world.pod("nocmd", json!({"containers": [container]}));
    world.run(40);
    world.check("no-command");
}

#[test]
fn a_rule_restarts_the_whole_pod_in_place() {
    let mut world = World::new();
    let rule = json!([{"action": "RestartAllContainers", "exitCodes": {"operator": "In", "values": [88]}}]);
    let init = json!([{"name": "setup", "image": "busybox:1.36", "command": ["sh", "-c", "sleep 1"]}]);
    let containers = json!([
        {"name": "main", "image": "busybox:1.36", "command": ["sh", "-c", "sleep 600"]},
        {"name": "watch", "image": "busybox:1.36", "command": ["sh", "-c", "test -f /shared/done && sleep 600; touch /shared/done; sleep 3; exit 88"],
         "restartPolicy": "Never", "restartPolicyRules": rule, "volumeMounts": [{"name": "shared", "mountPath": "/shared"}]},
    ]);
    let volumes = json!([{"name": "shared", "emptyDir": {}}]);
    world.pod(
        "inplace",
        json!({"initContainers": init, "containers": containers, "volumes": volumes}),
    );
    world.run(20);
    world.check("restart-all");
}

#[test]
fn hooks_run_around_a_life() {
    let mut world = World::new();
    let lifecycle =
        json!({"postStart": {"exec": {"command": ["sh", "-c", "sleep 2"]}}, "preStop": {"sleep": {"seconds": 3}}});
    let container = json!({"name": "web", "image": "nginx:1.27", "lifecycle": lifecycle});
    world.pod("hooks", json!({"containers": [container]}));
    world.run(10);
    world.delete("hooks");
    world.run(30);
    world.check("hooks");
}

#[test]
fn a_failing_post_start_hook_kills() {
    let mut world = World::new();
    let lifecycle = json!({"postStart": {"exec": {"command": ["false"]}}});
    let container = json!({"name": "web", "image": "nginx:1.27", "lifecycle": lifecycle});
    world.pod("hooks", json!({"containers": [container]}));
    world.run(5);
    world.check("post-start-fails");
}

#[test]
fn a_shell_without_a_trap_is_killed_at_the_end_of_its_grace() {
    let mut world = World::new();
    let container = json!({"name": "sh", "image": "busybox:1.36", "command": ["sh", "-c", "sleep 3600"]});
    world.pod(
        "stubborn",
        json!({"terminationGracePeriodSeconds": 5, "containers": [container]}),
    );
    world.run(5);
    world.delete("stubborn");
    world.run(20);
    world.check("stubborn");
}

#[test]
fn a_machine_that_comes_back_starts_its_pods_anew() {
    let mut world = World::new();
    let container = json!({"name": "web", "image": "nginx:1.27"});
    world.pod("web", json!({"containers": [container]}));
    world.run(5);
    world.cluster.set_node_power(&"n1".into(), false);
    world.run(15);
    world.cluster.set_node_power(&"n1".into(), true);
    world.run(25);
    world.check("node-reboot");
}

#[test]
fn faults_are_felt() {
    let mut world = World::new();
    let probe = json!({"httpGet": {"path": "/", "port": 80}, "periodSeconds": 2, "failureThreshold": 2});
    let container = json!({"name": "web", "image": "nginx:1.27", "readinessProbe": probe});
    world.pod("web", json!({"containers": [container]}));
    world.run(5);
    let fault = |world: &mut World, what: ContainerFault| {
        world
            .cluster
            .fault(&"default".into(), &"web".into(), &"web".into(), what);
    };
    fault(&mut world, ContainerFault::FailProbes(true));
    world.run(10);
    fault(&mut world, ContainerFault::FailProbes(false));
    world.run(15);
    fault(&mut world, ContainerFault::OutOfMemory);
    world.run(20);
    world.check("faults");
}
