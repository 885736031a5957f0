//! A cluster in which the conformance tests of Gateway API find what they need.

use base64::Engine;
use serde_json::{Value, json};

use crate::api::Kind;
use crate::api::gateway::GROUP;
use crate::cluster::Cluster;
use crate::conformance::Budget;
use crate::scenario::{Options, Scenario};
use crate::sim::SimTime;

/// How long the cluster runs before requests come: images are pulled, Gateways have their addresses.
const READY: SimTime = SimTime(40_000_000_000);
/// The class of all Gateways of the tests.
const CLASS: &str = "conformance";
/// The certificates that the tests make themselves.
const CERTIFICATES: [(&str, &str); 4] = [
    ("gateway-conformance-infra", "tls-validity-checks-certificate"),
    ("gateway-conformance-infra", "tls-passthrough-checks-certificate"),
    ("gateway-conformance-web-backend", "certificate"),
    ("gateway-conformance-infra", "tls-checks-certificate"),
];

/// A Secret with a certificate, of which nobody reads more than the first line.
pub(super) fn certificate(namespace: &str, name: &str) -> Value {
    let encode = |text: &str| base64::engine::general_purpose::STANDARD.encode(text);
    json!({
        "apiVersion": "v1", "kind": "Secret", "type": "kubernetes.io/tls",
        "metadata": {"name": name, "namespace": namespace},
        "data": {
            "tls.crt": encode("-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n"),
            "tls.key": encode("-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----\n"),
        },
    })
}

/// A cluster with these objects, after a while.
pub(super) fn cluster(objects: &[Value], budget: Budget<'_>) -> Result<Cluster, String> {
    let class = json!({
        "apiVersion": format!("{GROUP}/v1"), "kind": "GatewayClass", "metadata": {"name": CLASS},
        "spec": {"controllerName": "example.com/conformance"},
    });
    let has_namespace = |name: &str| {
        objects
            .iter()
            .any(|one| one["kind"] == "Namespace" && one["metadata"]["name"] == name)
    };
    let certificates = CERTIFICATES.iter().filter(|(namespace, _)| has_namespace(namespace));
    let certificates = certificates.map(|(namespace, name)| certificate(namespace, name));
    let mut text = String::new();
    for object in objects.iter().cloned().chain(certificates).chain([class]) {
        let mut object = object;
        if object["kind"] == "Gateway" {
            object["spec"]["gatewayClassName"] = CLASS.into();
        }
        text.push_str("---\n");
        text.push_str(&object.to_string());
        text.push('\n');
    }
    let scenario = Scenario::read(&text);
    let (mut cluster, refused) = scenario.build(Options {
        nodes: Some(3),
        ..Options::default()
    });
    let is_strange = |found: &&crate::api::yaml::Diagnostic| found.severity == crate::api::yaml::Severity::Error;
    if let Some(found) = scenario.diagnostics.iter().chain(&refused).find(is_strange) {
        return Err(format!("refused: {}", found.message));
    }
    run_to(&mut cluster, READY, budget)?;
    Ok(cluster)
}

/// Lets a cluster run up to an instant.
pub(super) fn run_to(cluster: &mut Cluster, until: SimTime, budget: Budget<'_>) -> Result<(), String> {
    while cluster.step(until) {
        budget.check(cluster.events())?;
    }
    Ok(())
}

/// The object of that kind and name.
pub(super) fn object(cluster: &Cluster, kind: &str, namespace: &str, name: &str) -> Result<Value, String> {
    let found = Kind::find(&format!("{GROUP}/v1"), kind);
    let kind = found.ok_or_else(|| format!("no kind {kind}"))?;
    let key = crate::apiserver::Key::new(namespace, name);
    let object = cluster.api().get_object(kind, &key);
    object
        .map(crate::api::Object::encode)
        .ok_or_else(|| format!("no {namespace}/{name}"))
}
