//! Requests in whole clusters: from the internet, from pods, by name and by address, through Services and Ingresses.
#![allow(
    clippy::print_stderr,
    clippy::disallowed_methods,
    reason = "the test is told by the environment where the shared data lies"
)]

use kubarium::api::Str;
use kubarium::api::apps::Deployment;
use kubarium::api::core::{Node, Pod, Service};
use kubarium::api::meta::find_condition;
use kubarium::api::networking::Ingress;
use kubarium::cluster::Cluster;
use kubarium::network::{FailureKind, HopKind, Origin, Outcome, Request};
use kubarium::scenario::{Options, Scenario};
use kubarium::session::Player;
use kubarium::sim::btree::BTreeSet;
use kubarium::sim::{Duration, SimTime};

mod common;

use common::world::cluster;

/// A Deployment of a server that answers every path, its Service of the same name at port 80, and a client.
const BACKEND: &str = "
apiVersion: apps/v1
kind: Deployment
metadata: {name: test}
spec:
  replicas: 3
  selector: {matchLabels: {app: test}}
  template:
    metadata: {labels: {app: test}}
    spec:
      containers:
      - {name: web, image: 'gcr.io/google-samples/hello-app:1.0', ports: [{containerPort: 8080, name: http}], readinessProbe: {httpGet: {path: /, port: http}, periodSeconds: 1}}
---
apiVersion: v1
kind: Service
metadata: {name: test}
spec:
  type: NodePort
  selector: {app: test}
  ports: [{port: 80, targetPort: http, nodePort: 30080}]
---
apiVersion: v1
kind: Pod
metadata: {name: client}
spec:
  containers:
  - {name: sh, image: 'busybox:1.36', command: [sh, -c, 'while true; do wget -qO- http://test >> /tmp/log; sleep 1; done']}
";

fn seconds(count: u64) -> SimTime {
    SimTime(count * 1_000_000_000)
}

fn get(cluster: &mut Cluster, from: &str, url: &str) -> Outcome {
    let from = Origin::parse(from).expect("an origin");
    cluster.fetch(&Request::get(from, url))
}

/// The status, or the kind of the failure.
fn told(outcome: &Outcome) -> String {
    match &outcome.result {
        Ok(status) => status.to_string(),
        Err(failure) => format!("{:?}", failure.kind),
    }
}

fn kinds(outcome: &Outcome) -> Vec<HopKind> {
    outcome.hops.iter().map(|hop| hop.kind).collect()
}

/// A file of the shared data; nothing, and a word about it, where there is none.
fn shared(path: &str) -> Option<String> {
    let Ok(shared) = std::env::var("KUBARIUM_SHARED") else {
        eprintln!("skipped: KUBARIUM_SHARED is not set");
        return None;
    };
    let file = format!("{shared}/{path}");
    Some(std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{file}: {error}")))
}

#[test]
fn a_service_is_reached_by_name_address_and_node_port() {
    let mut cluster = cluster(BACKEND);
    assert_eq!(
        told(&get(&mut cluster, "node/node-1", "http://localhost.nowhere/")),
        "NoSuchHost"
    );
    cluster.run_until(seconds(20));
    let service = cluster.api().get::<Service>("default", "test").expect("a Service");
    let vip = service.spec.cluster_ip.clone();
    let node = cluster.api().get::<Node>("", "node-2").expect("a node");
    let node = node.status.addresses[0].address.clone();
    let pods: Vec<_> = cluster
        .api()
        .list::<Pod>(None)
        .filter(|pod| pod.meta.name.starts_with("test"))
        .collect();
    let pod = pods[0].status.pod_ip.clone();
    let cases = [
        ("pod/client", "http://test".to_owned(), "200"),
        (
            "pod/client",
            "http://test.default.svc.cluster.local/x?y=1".to_owned(),
            "200",
        ),
        ("pod/client", format!("http://{vip}"), "200"),
        ("pod/client", format!("http://{pod}:8080/"), "200"),
        ("pod/client", format!("http://{pod}/"), "Refused"),
        ("pod/client", "http://test:8080".to_owned(), "ConnectTimeout"),
        ("pod/client", "http://nobody".to_owned(), "NoSuchHost"),
        ("pod/client", "http://10.244.0.250:80".to_owned(), "Unreachable"),
        ("node/node-1", format!("http://{vip}"), "200"),
        ("node/node-1", "http://test".to_owned(), "NoSuchHost"),
        ("internet", format!("http://{node}:30080"), "200"),
        ("internet", format!("http://{node}:30081"), "Refused"),
        ("internet", format!("http://{vip}"), "ConnectTimeout"),
        ("internet", "http://test".to_owned(), "NoSuchHost"),
        ("internet", "http://shop.example.com".to_owned(), "NoSuchHost"),
        ("pod/absent", "http://test".to_owned(), "NoSender"),
    ];
    for (from, url, want) in &cases {
        let outcome = get(&mut cluster, from, url);
        assert_eq!(told(&outcome), *want, "{url} from {from}: {:#?}", outcome.hops);
    }
    let outcome = get(&mut cluster, "pod/client", "http://test");
    assert_eq!(kinds(&outcome), [HopKind::Pod, HopKind::Service, HopKind::Pod]);
    assert!(outcome.body.starts_with("Hello, world!"), "{}", outcome.body);
    assert!(outcome.latency >= Duration::from_millis(4), "{:?}", outcome.latency);
    assert!(outcome.hops.iter().all(|hop| !hop.rule.is_empty()));
}

#[test]
fn connections_spread_over_the_endpoints() {
    let mut cluster = cluster(BACKEND);
    cluster.run_until(seconds(20));
    let mut counts = kubarium::sim::btree::BTreeMap::<Str, u32>::new();
    for _ in 0..300 {
        let outcome = get(&mut cluster, "pod/client", "http://test");
        let last = outcome.hops.last().expect("a pod");
        *counts.entry(last.name.clone()).or_default() += 1;
    }
    assert_eq!(counts.len(), 3);
    assert!(counts.values().all(|count| (60..140).contains(count)), "{counts:?}");
}

#[test]
fn a_service_without_ready_pods_refuses_and_a_dead_node_is_silent() {
    let mut cluster = cluster(BACKEND);
    cluster.run_until(seconds(20));
    // The endpoints still name the pods of the node for the time that nobody knows.
    let pod = cluster
        .api()
        .list::<Pod>(None)
        .find(|pod| pod.meta.name.starts_with("test"));
    let pod = pod.expect("a pod").clone();
    cluster.set_node_power(&pod.spec.node_name, false);
    cluster.run_until(SimTime(cluster.now().0 + 1_000_000));
    let away = ["node-1", "node-2", "node-3"]
        .into_iter()
        .find(|node| **node != *pod.spec.node_name);
    let from = format!("node/{}", away.expect("another node"));
    let outcome = get(&mut cluster, &from, &format!("http://{}:8080", pod.status.pod_ip));
    assert_eq!(told(&outcome), "ConnectTimeout");
    assert_eq!(outcome.latency, Duration::from_secs(127));

    let mut cluster = self::cluster(BACKEND);
    cluster.run_until(SimTime(300_000_000));
    let service = cluster.api().get::<Service>("default", "test").expect("a Service");
    let url = format!("http://{}", service.spec.cluster_ip);
    let outcome = get(&mut cluster, "node/node-1", &url);
    assert_eq!(told(&outcome), "Refused");
    let error = outcome.result.expect_err("refused").to_string();
    assert!(error.starts_with("curl: (7) Failed to connect to 10."), "{error}");
}

/// Runs a script in the client's container: its exit code and what it wrote.
fn in_client(cluster: &mut Cluster, script: &str) -> (i32, String) {
    let command: Vec<Str> = ["sh", "-c", script].into_iter().map(Str::from).collect();
    let handle = cluster
        .exec("default", "client", "sh", &command)
        .expect("a running container");
    let until = SimTime(cluster.now().0 + 10_000_000_000);
    loop {
        if let Some(result) = cluster.exec_result(&handle) {
            return (result.exit_code, format!("{}{}", result.stdout, result.stderr));
        }
        assert!(cluster.step(until), "{script} never ends");
    }
}

#[test]
fn containers_send_requests_of_their_own() {
    let mut cluster = cluster(BACKEND);
    cluster.run_until(seconds(20));
    let cases = [
        ("wget -qO- http://test | head -1", 0, "Hello, world!\n"),
        ("wc -l < /tmp/log", 0, ""),
        ("wget -q -T 2 -O- http://test:81", 1, "wget: download timed out\n"),
        ("wget -qO- http://nobody", 1, "wget: bad address 'nobody'\n"),
        ("nslookup test.default.svc.cluster.local | grep -c 10.96", 0, ""),
        ("nc -z -w 1 test 80 && echo open", 0, "open\n"),
        ("nc -z -w 1 test 82 2>/dev/null || echo shut", 0, "shut\n"),
    ];
    for (script, code, want) in cases {
        let (exit_code, output) = in_client(&mut cluster, script);
        assert_eq!(exit_code, code, "{script}: {output}");
        if want.is_empty() {
            let count: u32 = output.trim().parse().unwrap_or_else(|_| panic!("{script}: {output}"));
            assert!(count > 0, "{script}: {output}");
        } else {
            assert_eq!(output, want, "{script}");
        }
    }
}

#[test]
fn sources_send_at_their_rate() {
    let head = "apiVersion: kubarium.dev/v1\nkind: Scenario\nmetadata: {name: t}\nspec:\n  nodes: [{count: 3}]\n  \
                traffic:\n  - {from: internet, to: 'http://172.18.0.2:30080/', rate: 20/s}\n---";
    let mut cluster = cluster(&format!("{head}{BACKEND}"));
    cluster.run_until(seconds(30));
    let totals = &cluster.sources()[0].totals;
    assert_eq!(totals.sent, 600);
    assert!(totals.statuses[&200] > 300, "{totals:?}");
    assert!(totals.failures[&FailureKind::Refused] > 0, "{totals:?}");
    let answered: u64 = totals.statuses.values().chain(totals.failures.values()).sum();
    assert_eq!(answered, 600);
    assert!(cluster.requests().count() <= 256);
}

#[test]
fn a_load_balancer_gets_an_address_and_takes_it_to_pods() {
    let mut cluster = cluster(&BACKEND.replace("type: NodePort", "type: LoadBalancer"));
    cluster.run_until(seconds(10));
    let service = cluster.api().get::<Service>("default", "test").expect("a Service");
    assert!(service.status.load_balancer.ingress.is_empty(), "not yet");
    cluster.run_until(seconds(30));
    let service = cluster.api().get::<Service>("default", "test").expect("a Service");
    let address = service.status.load_balancer.ingress[0].ip.clone();
    let outcome = get(&mut cluster, "internet", &format!("http://{address}"));
    assert_eq!(told(&outcome), "200");
    assert_eq!(kinds(&outcome), [HopKind::Internet, HopKind::Service, HopKind::Pod]);
}

#[test]
fn the_minimal_ingress_of_the_documentation_works() {
    let Some(ingress) = shared("corpus/kubernetes-website/service/networking/minimal-ingress.yaml") else {
        return;
    };
    let mut cluster = cluster(&format!("{BACKEND}---\n{ingress}"));
    cluster.run_until(SimTime(500_000_000));
    let outcome = get(&mut cluster, "internet", "http://www.example.com/testpath");
    assert_eq!(told(&outcome), "503", "no pod is ready: {:#?}", outcome.hops);
    assert_eq!(kinds(&outcome), [HopKind::Internet, HopKind::Ingress, HopKind::Service]);
    cluster.run_until(seconds(30));
    let cases = [
        ("/testpath", "200"),
        ("/testpath/", "200"),
        ("/testpath/deep?x=1", "200"),
        ("/testpathology", "404"),
        ("/", "404"),
    ];
    for (path, want) in cases {
        for from in ["internet", "pod/client"] {
            let outcome = get(&mut cluster, from, &format!("http://www.example.com{path}"));
            assert_eq!(told(&outcome), want, "{path}: {:#?}", outcome.hops);
        }
    }
    let mut pods = kubarium::sim::btree::BTreeSet::new();
    for _ in 0..3 {
        let outcome = get(&mut cluster, "internet", "http://www.example.com/testpath");
        pods.insert(outcome.hops.last().expect("a pod").name.clone());
    }
    assert_eq!(pods.len(), 3, "round robin");
    let ingress = cluster
        .api()
        .get::<Ingress>("default", "minimal-ingress")
        .expect("an Ingress");
    let address = ingress.status.load_balancer.ingress[0].ip.clone();
    let outcome = get(&mut cluster, "internet", &format!("http://{address}/testpath"));
    assert_eq!(told(&outcome), "200");
    // The processes are stopped: endpoints are there, nobody listens.
    let pods: Vec<_> = cluster
        .api()
        .list::<Pod>(None)
        .filter(|pod| pod.meta.name.starts_with("test"))
        .collect();
    let pods: Vec<Str> = pods.iter().map(|pod| pod.meta.name.clone()).collect();
    for pod in &pods {
        cluster.fault(
            &"default".into(),
            pod,
            &"web".into(),
            kubarium::client::ContainerFault::Kill,
        );
    }
    cluster.run_until(cluster.now());
    let outcome = get(&mut cluster, "internet", "http://www.example.com/testpath");
    assert_eq!(told(&outcome), "502", "{:#?}", outcome.hops);
    assert_eq!(outcome.hops.len(), 6, "each endpoint is tried once");
}

#[test]
fn online_boutique_comes_up_and_its_frontend_answers() {
    let Some(manifests) = shared("corpus/online-boutique/release/kubernetes-manifests.yaml") else {
        return;
    };
    let mut cluster = cluster(&manifests);
    cluster.run_until(seconds(180));
    let mut count = 0;
    for deployment in cluster.api().list::<Deployment>(None) {
        let available = find_condition(&deployment.status.conditions, "Available");
        assert!(
            available.is_some_and(|it| it.is_true()),
            "{} is not available",
            deployment.meta.name
        );
        count += 1;
    }
    assert!(count >= 11, "only {count} Deployments");
    let pod = cluster
        .api()
        .list::<Pod>(None)
        .find(|pod| pod.meta.name.starts_with("loadgenerator"));
    let from = format!("pod/{}", pod.expect("the load generator").meta.name);
    let outcome = get(&mut cluster, &from, "http://frontend/");
    assert_eq!(told(&outcome), "200", "{:#?}", outcome.hops);
    let service = cluster
        .api()
        .get::<Service>("default", "frontend-external")
        .expect("a Service");
    let address = service.status.load_balancer.ingress[0].ip.clone();
    let outcome = get(&mut cluster, "internet", &format!("http://{address}/"));
    assert_eq!(told(&outcome), "200", "{:#?}", outcome.hops);
}

#[test]
fn the_gallerys_ingress_gives_three_answers() {
    let mut cluster = cluster(include_str!("../static/scenarios/ingress.yaml"));
    let mut answers = |at: u64| {
        cluster.run_until(seconds(at));
        let paths = ["api", "cart", "nowhere"];
        paths.map(|path| {
            told(&get(
                &mut cluster,
                "internet",
                &format!("http://shop.example.com/{path}"),
            ))
        })
    };
    assert_eq!(answers(30), ["200", "503", "404"]);
    assert_eq!(answers(60), ["200", "200", "404"]);
}

#[test]
fn the_gallerys_policy_lets_the_shop_in_alone() {
    let text = include_str!("../static/scenarios/network-policy.yaml");
    let mut player = Player::new(Scenario::read(text), Options::default());
    player.seek(seconds(30));
    let seen = |from: &str, since: u64, until: u64| -> BTreeSet<String> {
        let trips = player.world().cluster.requests();
        let inside = trips.filter(|trip| trip.at >= seconds(since) && trip.at < seconds(until));
        let own = inside.filter(|trip| trip.from.to_string() == from);
        own.map(|trip| {
            trip.result
                .as_ref()
                .map_or_else(|failure| format!("{:?}", failure.kind), u16::to_string)
        })
        .collect()
    };
    let only = |word: &str| BTreeSet::from([word.to_owned()]);
    assert_eq!(seen("pod/shop", 5, 15), only("200"));
    assert_eq!(seen("pod/stranger", 5, 15), only("200"));
    assert_eq!(seen("pod/shop", 16, 30), only("200"));
    assert_eq!(seen("pod/stranger", 16, 30), only("ConnectTimeout"));
}

#[test]
fn one_seed_one_history() {
    let run = || {
        let mut cluster = cluster(BACKEND);
        cluster.run_until(seconds(20));
        let names = (0..20).map(|_| get(&mut cluster, "pod/client", "http://test").hops[2].name.clone());
        let names: Vec<Str> = names.collect();
        (names, cluster.state_hash())
    };
    assert_eq!(run(), run());
}

/// Denies all, then allows the DNS, then the client to the server's port.
const POLICIES: [&str; 3] = [
    "
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: deny-all}
spec: {podSelector: {}, policyTypes: [Ingress, Egress]}
",
    "
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: allow-dns}
spec:
  podSelector: {}
  policyTypes: [Egress]
  egress:
  - to: [{namespaceSelector: {}, podSelector: {matchLabels: {k8s-app: kube-dns}}}]
    ports: [{port: 53, protocol: UDP}]
",
    "
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: allow-client}
spec:
  podSelector: {}
  policyTypes: [Ingress, Egress]
  ingress: [{from: [{podSelector: {matchLabels: {app: client}}}], ports: [{port: http}]}]
  egress: [{to: [{podSelector: {matchLabels: {app: test}}}]}]
",
];

#[test]
fn policies_drop_what_no_rule_allows() {
    let backend = BACKEND.replace(
        "metadata: {name: client}",
        "metadata: {name: client, labels: {app: client}}",
    );
    // What the client, the outside and a pod by its address get with the first so many policies in force.
    let cases = [
        (0, ["200", "200", "200"]),
        (1, ["NoSuchHost", "ConnectTimeout", "ConnectTimeout"]),
        (2, ["ConnectTimeout", "ConnectTimeout", "ConnectTimeout"]),
        (3, ["200", "ConnectTimeout", "200"]),
    ];
    for (count, want) in cases {
        let mut cluster = cluster(&format!("{backend}---{}", POLICIES[..count].join("---")));
        cluster.run_until(seconds(20));
        let api = cluster.api();
        let node = |name: &str| {
            api.get::<Node>("", name).expect("a node").status.addresses[0]
                .address
                .clone()
        };
        let pods = api.list::<Pod>(None).filter(|pod| pod.meta.name.starts_with("test"));
        let address = pods.map(|pod| pod.status.pod_ip.clone()).next().expect("a pod");
        let at_node = format!("http://{}:30080", node("node-2"));
        let urls = [
            ("pod/client", "http://test".to_owned()),
            ("internet", at_node),
            ("pod/client", format!("http://{address}:8080/")),
        ];
        // The nodes themselves, their probes among them, are never shut out.
        assert_eq!(
            api.get::<Deployment>("default", "test")
                .expect("it")
                .status
                .ready_replicas,
            3
        );
        for ((from, url), want) in urls.iter().zip(want) {
            // kube-proxy may choose a pod on the node itself, which takes what comes from there.
            let outcomes: Vec<Outcome> = (0..10).map(|_| get(&mut cluster, from, url)).collect();
            let seen: Vec<String> = outcomes.iter().map(told).collect();
            assert!(
                seen.iter().any(|got| got == want),
                "{count} policies, {url} from {from}: {seen:?}"
            );
            let is_same = *from != "internet" || want == "200";
            assert!(
                !is_same || seen.iter().all(|got| got == want),
                "{count}: {url}: {seen:?}"
            );
        }
    }
}

#[test]
fn a_dropped_request_says_which_policy_dropped_it() {
    let mut cluster = cluster(&format!("{BACKEND}---{}---{}", POLICIES[0], POLICIES[1]));
    cluster.run_until(seconds(20));
    let rule = |outcome: &Outcome| outcome.hops.last().expect("a hop").rule.to_string();
    let dropped = rule(&get(&mut cluster, "pod/client", "http://test"));
    let want = "NetworkPolicy allow-dns, deny-all select pod client for egress, and no rule allows TCP 8080: the packets are dropped";
    assert!(dropped.ends_with(want), "{dropped}");
    let out = rule(&get(&mut cluster, "pod/client", "http://203.0.113.123"));
    assert!(out.ends_with(&want.replace("8080", "80")), "{out}");
    let cases = [
        ("wget -q -T 2 -O- http://test", "wget: download timed out\n"),
        ("nslookup test.default.svc.cluster.local | grep -c 10.96", "2\n"),
        ("nc -z -w 1 test 80 2>/dev/null || echo shut", "shut\n"),
    ];
    for (script, want) in cases {
        assert_eq!(in_client(&mut cluster, script).1, want, "{script}");
    }
}
