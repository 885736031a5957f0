//! Requests through Gateways in whole clusters: what answers, and which rule chose each hop.

use kubarium::api::Str;
use kubarium::cluster::Cluster;
use kubarium::network::{Origin, Outcome, Request};
use kubarium::sim::{Duration, SimTime};

mod common;

/// A Gateway with listeners for HTTP and HTTPS, backends that tell what they receive, and one that is slow.
const BASE: &str = r#"
apiVersion: kubarium.dev/v1
kind: Scenario
metadata: {name: gateways}
spec:
  nodes: [{count: 2}]
  behaviours:
  - {match: {labels: {app: slow}}, latency: 3s}
---
apiVersion: gateway.networking.k8s.io/v1
kind: GatewayClass
metadata: {name: demo}
spec: {controllerName: example.com/gateway}
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: web}
spec:
  gatewayClassName: demo
  listeners:
  - {name: http, port: 80, protocol: HTTP, hostname: "*.example.com"}
  - {name: https, port: 443, protocol: HTTPS, hostname: "*.example.com", tls: {certificateRefs: [{name: web-tls}]}}
  - {name: other, port: 443, protocol: HTTPS, hostname: other.example.com, tls: {certificateRefs: [{name: web-tls}]}}
  - {name: tcp, port: 9000, protocol: TCP}
---
apiVersion: v1
kind: Secret
type: kubernetes.io/tls
metadata: {name: web-tls}
stringData: {tls.crt: "-----BEGIN CERTIFICATE-----", tls.key: "-----BEGIN PRIVATE KEY-----"}
---
apiVersion: v1
kind: Service
metadata: {name: a}
spec: {selector: {app: a}, ports: [{port: 80, targetPort: 3000}]}
---
apiVersion: v1
kind: Service
metadata: {name: b}
spec: {selector: {app: b}, ports: [{port: 80, targetPort: 3000}]}
---
apiVersion: v1
kind: Service
metadata: {name: slow}
spec: {selector: {app: slow}, ports: [{port: 80, targetPort: 3000}]}
---
apiVersion: v1
kind: Service
metadata: {name: empty}
spec: {selector: {app: nobody}, ports: [{port: 80}]}
---
apiVersion: v1
kind: Pod
metadata: {name: a, labels: {app: a}}
spec: {containers: [{name: echo, image: registry.k8s.io/gateway-api/conformance/echo-basic:v0.1.0}]}
---
apiVersion: v1
kind: Pod
metadata: {name: b, labels: {app: b}}
spec: {containers: [{name: echo, image: registry.k8s.io/gateway-api/conformance/echo-basic:v0.1.0}]}
---
apiVersion: v1
kind: Pod
metadata: {name: slow, labels: {app: slow}}
spec: {containers: [{name: echo, image: registry.k8s.io/gateway-api/conformance/echo-basic:v0.1.0}]}
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: shop}
spec:
  parentRefs: [{name: web, sectionName: http}, {name: web, sectionName: https}]
  hostnames: [shop.example.com]
  rules:
  - matches: [{path: {value: /a}}]
    backendRefs: [{name: a, port: 80}]
  - matches: [{path: {value: /empty}}]
    backendRefs: [{name: empty, port: 80}]
  - matches: [{path: {value: /missing}}]
    backendRefs: [{name: nowhere, port: 80}]
  - matches: [{path: {value: /slow}}]
    timeouts: {request: 2s}
    backendRefs: [{name: slow, port: 80}]
  - matches: [{path: {value: /patient}}]
    timeouts: {request: 5s}
    backendRefs: [{name: slow, port: 80}]
  - matches: [{path: {value: /split}}]
    backendRefs: [{name: a, port: 80, weight: 3}, {name: b, port: 80, weight: 1}, {name: nowhere, port: 80, weight: 0}]
  - matches: [{path: {value: /half}}]
    backendRefs: [{name: a, port: 80}, {name: nowhere, port: 80}]
  - matches: [{path: {value: /copied}}]
    filters: [{type: RequestMirror, requestMirror: {backendRef: {name: b, port: 80}}}]
    backendRefs: [{name: a, port: 80}]
  - matches: [{path: {value: /regular, type: RegularExpression}}]
    backendRefs: [{name: a, port: 80}]
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: other}
spec:
  parentRefs: [{name: web, sectionName: other}]
  rules: [{backendRefs: [{name: b, port: 80}]}]
---
apiVersion: gateway.networking.k8s.io/v1
kind: GRPCRoute
metadata: {name: calls}
spec:
  parentRefs: [{name: web, sectionName: http}]
  hostnames: [grpc.example.com]
  rules:
  - matches: [{method: {service: shop.Cart, method: Add}}]
    backendRefs: [{name: b, port: 80}]
---
apiVersion: gateway.networking.k8s.io/v1
kind: TCPRoute
metadata: {name: raw}
spec:
  parentRefs: [{name: web, sectionName: tcp}]
  rules: [{backendRefs: [{name: a, port: 80}]}]
"#;

fn cluster(more: &str) -> Cluster {
    let mut cluster = common::world::cluster(&format!("{BASE}{more}"));
    cluster.run_until(SimTime(30_000_000_000));
    cluster
}

fn send(cluster: &mut Cluster, url: &str, headers: &[(&str, &str)]) -> Outcome {
    let mut request = Request::get(Origin::Internet, url);
    let pair = |(name, value): &(&str, &str)| (Str::from(*name), Str::from(*value));
    request.headers = headers.iter().map(pair).collect();
    cluster.fetch(&request)
}

/// The status or the failure, and the last hop.
fn told(outcome: &Outcome) -> String {
    let end = match &outcome.result {
        Ok(status) => status.to_string(),
        Err(failure) => format!("{:?}", failure.kind),
    };
    let hop = outcome.hops.last().expect("a hop");
    format!("{end} {} {}", hop.kind.name(), hop.name)
}

#[test]
fn each_request_meets_its_rule_or_fails_as_the_api_says() {
    let mut cluster = cluster("");
    let grpc = [("Content-Type", "application/grpc")];
    let cases: [(&str, &[(&str, &str)], &str); 16] = [
        ("http://shop.example.com/a/b", &[], "200 Pod a"),
        ("https://shop.example.com/a", &[], "200 Pod a"),
        ("http://shop.example.com/none", &[], "404 Gateway web"),
        ("http://www.example.com/a", &[], "404 Gateway web"),
        ("http://shop.example.com/empty", &[], "503 Service empty"),
        ("http://shop.example.com/missing", &[], "500 HTTPRoute shop"),
        ("http://shop.example.com/slow", &[], "504 Pod slow"),
        ("http://shop.example.com/patient", &[], "200 Pod slow"),
        ("http://shop.example.com/regular", &[], "404 Gateway web"),
        ("http://shop.example.com:8080/a", &[], "Refused Gateway web"),
        ("http://shop.example.com:443/a", &[], "400 Gateway web"),
        ("https://shop.example.com:80/a", &[], "Empty Gateway web"),
        ("https://other.example.com/", &[], "200 Pod b"),
        (
            "https://shop.example.com/a",
            &[("Host", "other.example.com")],
            "421 Gateway web",
        ),
        ("http://grpc.example.com/shop.Cart/Add", &grpc, "200 Pod b"),
        ("tcp://shop.example.com:9000/", &[], "200 Pod a"),
    ];
    for (url, headers, want) in cases {
        let outcome = send(&mut cluster, url, headers);
        assert_eq!(told(&outcome), want, "{url} {headers:?}: {:#?}", outcome.hops);
    }
    let unknown = send(&mut cluster, "http://grpc.example.com/shop.Cart/Drop", &grpc);
    let status = unknown.headers.iter().find(|(name, _)| &**name == "Grpc-Status");
    assert_eq!(status.map(|(_, value)| &**value), Some("12"), "unimplemented");
    let slow = send(&mut cluster, "http://shop.example.com/slow", &[]);
    assert!(
        slow.latency < Duration::from_millis(2100),
        "{}",
        slow.latency.as_millis()
    );
}

#[test]
fn every_hop_says_the_rule_that_chose_it() {
    let mut cluster = cluster("");
    let outcome = send(&mut cluster, "http://shop.example.com/a?x=1", &[]);
    let hops: Vec<String> = outcome
        .hops
        .iter()
        .map(|hop| format!("{} {}: {}", hop.kind.name(), hop.name, hop.rule))
        .collect();
    assert_eq!(
        hops,
        [
            "Internet internet: a client outside the cluster sends a request to shop.example.com:80",
            "Gateway web: shop.example.com is 203.0.113.130 (the Gateway default/web serves it); listener http: port 80, *.example.com",
            "HTTPRoute shop: rule 1: host shop.example.com, path /a (PathPrefix)",
            "Service a: backend 1 of the rule, by weight; the proxy goes to its endpoints, not to its address",
            "Pod a: round robin: number 1 of 1 ready endpoints",
        ]
    );
}

#[test]
fn weights_share_out_and_copies_are_made() {
    let mut cluster = cluster("");
    let mut count = |path: &str, end: &str| {
        let url = format!("http://shop.example.com/{path}");
        let all = (0..400).map(|_| told(&send(&mut cluster, &url, &[])));
        all.filter(|told| told.ends_with(end)).count()
    };
    let shares = [
        ("split", "200 Pod a", 300),
        ("split", "200 Pod b", 100),
        ("half", "500 HTTPRoute shop", 200),
    ];
    for (path, end, want) in shares {
        let got = count(path, end);
        assert!(got.abs_diff(want) < 40, "{path} {end}: {got}");
    }
    let copied = send(&mut cluster, "http://shop.example.com/copied", &[]);
    assert_eq!(told(&copied), "200 Pod a");
    assert!(
        copied.hops[2]
            .rule
            .ends_with("filters: RequestMirror; a copy goes to Service b"),
        "{}",
        copied.hops[2].rule
    );
}

#[test]
fn policies_know_the_proxy_by_its_label() {
    let policy = |labels: &str| {
        format!(
            r#"---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {{name: door}}
spec:
  podSelector: {{matchLabels: {{app: a}}}}
  ingress: [{{from: [{{podSelector: {{matchLabels: {{{labels}}}}}}}]}}]
"#
        )
    };
    for (labels, want) in [
        ("gateway.networking.k8s.io/gateway-name: web", "200 Pod a"),
        ("app: other", "504 Pod a"),
    ] {
        let mut cluster = cluster(&policy(labels));
        let outcome = send(&mut cluster, "http://shop.example.com/a", &[]);
        assert_eq!(told(&outcome), want, "{labels}");
    }
}
