//! What Kubernetes takes but warns about.
// Models pkg/registry/*/*/strategy.go WarningsOnCreate and WarningsOnUpdate.

mod addresses;
mod overlap;
mod pod;

use std::fmt::Display;

use super::at::At;
use super::{ROOT, slices};
use crate::api::Object;
use crate::api::names::{is_dns1123_label, quote};

/// Warnings about a stored object: of one that is new, or that replaces `old`.
#[must_use]
pub fn warnings(object: &Object, old: Option<&Object>) -> Vec<String> {
    let info = object.kind().info();
    let value = object.encode();
    let at = At::new(&value, ROOT);
    let mut out = Warnings::default();
    out.deprecated_kind(info.group, info.kind);
    let same_spec = old.is_some_and(|old| old.meta().generation == object.meta().generation);
    let is_new = old.is_none();
    match (info.group, info.kind) {
        ("", "Pod") if is_new => {
            out.name(&at, "the Pod's hostname");
            pod::spec(&at, &mut out);
        }
        ("", "ReplicationController") | ("apps", "Deployment" | "ReplicaSet") if !same_spec => {
            if is_new {
                out.name(&at, "Pod names and hostnames");
            }
            pod::spec(&at.get("spec").get("template"), &mut out);
        }
        ("apps", "DaemonSet") if !same_spec => pod::spec(&at.get("spec").get("template"), &mut out),
        ("", "PodTemplate") if !same_spec => pod::spec(&at.get("template"), &mut out),
        ("apps", "StatefulSet") => stateful_set(&at, is_new, same_spec, &mut out),
        ("batch", "Job" | "CronJob") if !same_spec => {
            if is_new {
                out.name(&at, "Pod names and hostnames");
            }
            let spec = at.get("spec");
            let template = spec.get("jobTemplate");
            let nested = template.get("spec");
            job(if info.kind == "Job" { &spec } else { &nested }, &mut out);
        }
        ("", "Service") => service(&at, &mut out),
        ("", "Node") => node(&at, &mut out),
        ("", "PersistentVolume") => volume(&at, &mut out),
        ("", "PersistentVolumeClaim") => {
            out.annotations(&at, &CLAIM_ANNOTATIONS);
            claim_spec(&at.get("spec"), &mut out);
        }
        ("", "Secret") => secret(&at, &mut out),
        ("", "ServiceAccount") if is_new => out.annotations(&at, &ACCOUNT_ANNOTATIONS),
        ("storage.k8s.io", "StorageClass") => class(&at, &mut out),
        ("networking.k8s.io", "Ingress") if is_new => ingress(&at, &mut out),
        ("networking.k8s.io", "NetworkPolicy") => network_policy(&at, &mut out),
        ("discovery.k8s.io", "EndpointSlice") => slice(&at, is_new, &mut out),
        _ => {}
    }
    out.texts
}

/// The warnings so far.
#[derive(Default)]
struct Warnings {
    texts: Vec<String>,
}

impl Warnings {
    fn say(&mut self, text: &str) {
        self.texts.push(text.to_owned());
    }

    /// `path: text`.
    fn at(&mut self, path: impl Display, text: &str) {
        self.texts.push([&path.to_string(), ": ", text].concat());
    }

    /// The object's name becomes a host's.
    fn name(&mut self, at: &At<'_, '_>, of: &str) {
        let metadata = at.get("metadata");
        let wrong = is_dns1123_label(metadata.get("name").text());
        if !wrong.is_empty() {
            let text = format!(
                "this is used in {of}, which can result in surprising behavior; a DNS label is recommended: [{}]",
                wrong.join(" ")
            );
            self.at("metadata.name", &text);
        }
    }

    /// Annotations that are told of by their key.
    fn annotations(&mut self, at: &At<'_, '_>, known: &[(&str, &str)]) {
        let metadata = at.get("metadata");
        let annotations = metadata.get("annotations");
        for (key, text) in known {
            if annotations.get(key).is_set() {
                self.at(annotations.path.key(key), text);
            }
        }
    }

    // Models staging/src/k8s.io/api/core/v1/lifecycle.go.
    fn deprecated_kind(&mut self, group: &str, kind: &str) {
        match (group, kind) {
            ("", "Endpoints") => {
                self.say("v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice");
            }
            ("", "ComponentStatus") => self.say("v1 ComponentStatus is deprecated in v1.19+"),
            _ => {}
        }
    }

    /// Amounts of bytes must be whole.
    fn fractions(&mut self, list: &At<'_, '_>, names: &[&str]) {
        for name in names {
            let amount = list.get(name);
            if let Some(bytes) = amount.quantity().filter(|bytes| bytes.milli_value() % 1000 != 0) {
                let text = [
                    "fractional byte value ",
                    &quote(&bytes.to_string()),
                    " is invalid, must be an integer",
                ];
                self.at(list.path.key(name), &text.concat());
            }
        }
    }

    /// Labels of nodes that are out of use, in a term of a node selector.
    // Models pkg/api/node/util.go GetWarningsForNodeSelectorTerm.
    fn node_term(&mut self, term: &At<'_, '_>) {
        for expression in term.get("matchExpressions").items() {
            self.node_label_named(&expression.get("key"));
        }
    }

    /// `path: key is deprecated …`.
    fn node_label_named(&mut self, key: &At<'_, '_>) {
        if let Some(text) = node_label(key.text()) {
            self.at(key.path, &[key.text(), " is ", text].concat());
        }
    }
}

/// Labels of nodes that are out of use, with what to say.
const NODE_LABELS: [(&str, &str); 8] = [
    (
        "beta.kubernetes.io/arch",
        "deprecated since v1.14; use \"kubernetes.io/arch\" instead",
    ),
    (
        "beta.kubernetes.io/os",
        "deprecated since v1.14; use \"kubernetes.io/os\" instead",
    ),
    (
        "failure-domain.beta.kubernetes.io/region",
        "deprecated since v1.17; use \"topology.kubernetes.io/region\" instead",
    ),
    (
        "failure-domain.beta.kubernetes.io/zone",
        "deprecated since v1.17; use \"topology.kubernetes.io/zone\" instead",
    ),
    (
        "beta.kubernetes.io/instance-type",
        "deprecated since v1.17; use \"node.kubernetes.io/instance-type\" instead",
    ),
    ("app.kubernetes.io/created-by", "deprecated since v1.9"),
    (
        "scheduler.alpha.kubernetes.io/preferAvoidPods",
        "deprecated since v1.22; use Taints and Tolerations instead",
    ),
    (
        "node-role.kubernetes.io/master",
        "use \"node-role.kubernetes.io/control-plane\" instead",
    ),
];

// Models pkg/api/node/util.go GetNodeLabelDeprecatedMessage.
fn node_label(key: &str) -> Option<&'static str> {
    NODE_LABELS.iter().find(|(name, _)| *name == key).map(|(_, text)| *text)
}

const CLAIM_ANNOTATIONS: [(&str, &str); 1] = [(
    "volume.beta.kubernetes.io/storage-class",
    "deprecated since v1.8; use \"storageClassName\" attribute instead",
)];
const VOLUME_ANNOTATIONS: [(&str, &str); 2] = [
    CLAIM_ANNOTATIONS[0],
    (
        "volume.beta.kubernetes.io/mount-options",
        "deprecated since v1.31; use \"mountOptions\" attribute instead",
    ),
];
const ACCOUNT_ANNOTATIONS: [(&str, &str); 1] = [(
    "kubernetes.io/enforce-mountable-secrets",
    "deprecated in v1.32+; prefer separate namespaces to isolate access to mounted secrets",
)];

const GONE_1_16: &str = "deprecated in v1.11, non-functional in v1.16+";
const GONE_1_22: &str = "deprecated in v1.16, non-functional in v1.22+";
const GONE_1_25: &str = "deprecated in v1.22, non-functional in v1.25+";
const GONE_1_26: &str = "deprecated in v1.25, non-functional in v1.26+";
const GONE_1_31: &str = "deprecated in v1.28, non-functional in v1.31+";

/// Sources of volumes that are out of use: the field, how upstream calls it, what is said.
type Sources<'a> = [(&'a str, &'a str, &'a str)];
const VOLUME_SOURCES: [(&str, &str, &str); 6] = [
    ("cephfs", "cephfs", GONE_1_31),
    ("photonPersistentDisk", "photonPersistentDisk", GONE_1_16),
    ("scaleIO", "scaleIO", GONE_1_22),
    ("storageos", "storageOS", GONE_1_25),
    ("glusterfs", "glusterfs", GONE_1_26),
    ("rbd", "rbd", GONE_1_31),
];

impl Warnings {
    fn sources(&mut self, at: &At<'_, '_>, known: &Sources<'_>) {
        for (field, told, text) in known {
            if at.get(field).is_set() {
                self.at(at.path.child(told), text);
            }
        }
    }
}

// Models pkg/api/persistentvolume/util.go warningsForPersistentVolumeSpecAndMeta.
fn volume(at: &At<'_, '_>, out: &mut Warnings) {
    out.annotations(at, &VOLUME_ANNOTATIONS);
    let spec = at.get("spec");
    let policy = spec.get("persistentVolumeReclaimPolicy");
    if policy.text() == "Recycle" {
        let text = "The Recycle reclaim policy is deprecated. Instead, the recommended approach is to use dynamic provisioning.";
        out.at(policy.path, text);
    }
    let affinity = spec.get("nodeAffinity");
    let required = affinity.get("required");
    for term in required.get("nodeSelectorTerms").items() {
        out.node_term(&term);
    }
    out.sources(&spec, &VOLUME_SOURCES);
}

// Models pkg/api/persistentvolumeclaim/util.go GetWarningsForPersistentVolumeClaimSpec.
fn claim_spec(spec: &At<'_, '_>, out: &mut Warnings) {
    let resources = spec.get("resources");
    for field in ["requests", "limits"] {
        out.fractions(&resources.get(field), &["storage"]);
    }
}

fn stateful_set(at: &At<'_, '_>, is_new: bool, same_spec: bool, out: &mut Warnings) {
    let spec = at.get("spec");
    if !same_spec {
        pod::spec(&spec.get("template"), out);
    }
    for claim in spec.get("volumeClaimTemplates").items() {
        // Upstream's path leaves the spec out, and capitalises it on updates.
        let told = if is_new { claim.path } else { claim.path.child("Spec") };
        claim_spec(&claim.get("spec").told_as(told), out);
    }
    if spec.get("revisionHistoryLimit").int() < 0 {
        let text = "a negative value retains all historical revisions; a value >= 0 is recommended";
        out.at("spec.revisionHistoryLimit", text);
    }
}

const COMPLETIONS_SOFT_MAX: i64 = 100_000;
const PARALLELISM_OF_MANY_MAX: i64 = 10_000;

// Models pkg/api/job/warnings.go WarningsForJobSpec.
fn job(spec: &At<'_, '_>, out: &mut Warnings) {
    if spec.get("completionMode").text() == "Indexed"
        && spec.get("completions").int() > COMPLETIONS_SOFT_MAX
        && spec.get("parallelism").int() > PARALLELISM_OF_MANY_MAX
    {
        let text = "In Indexed Jobs with a number of completions higher than 10^5 and a parallelism higher than 10^4, Kubernetes \
                    might not be able to track completedIndexes when a big number of indexes fail";
        out.at(spec.path, text);
    }
    pod::spec(&spec.get("template"), out);
}

// Models pkg/api/service/warnings.go GetWarningsForService.
fn service(at: &At<'_, '_>, out: &mut Warnings) {
    let (metadata, spec) = (at.get("metadata"), at.get("spec"));
    if metadata
        .get("annotations")
        .get("service.kubernetes.io/topology-aware-hints")
        .is_set()
    {
        out.say(
            "annotation service.kubernetes.io/topology-aware-hints is deprecated, please use service.kubernetes.io/topology-mode instead",
        );
    }
    let kind = spec.get("type").text();
    let (balancer, outside) = (spec.get("loadBalancerIP"), spec.get("externalIPs"));
    let headless = kind == "ClusterIP" && spec.get("clusterIP").text() == "None";
    for address in spec
        .get("clusterIPs")
        .items()
        .filter(|address| address.text() != "None")
    {
        addresses::ip(&address, out);
    }
    let has_outside = outside.len() > 0;
    for (is, text) in [
        (
            headless && balancer.is_filled(),
            "spec.loadBalancerIP is ignored for headless services",
        ),
        (
            headless && has_outside,
            "spec.externalIPs is ignored for headless services",
        ),
        (
            headless && spec.get("sessionAffinity").text() != "None",
            "spec.SessionAffinity is ignored for headless services",
        ),
    ] {
        if is {
            out.say(text);
        }
    }
    outside.items().for_each(|address| addresses::ip(&address, out));
    if has_outside && !headless && kind != "ExternalName" {
        out.say("spec.externalIPs is deprecated and may no longer be implemented in some clusters");
    }
    if balancer.is_filled() {
        addresses::ip(&balancer, out);
    }
    for range in spec.get("loadBalancerSourceRanges").items() {
        addresses::cidr(&range, out);
    }
    let preferred = spec.get("trafficDistribution").text() == "PreferClose";
    for (is, text) in [
        (
            kind == "ExternalName" && has_outside,
            "spec.externalIPs is ignored when spec.type is \"ExternalName\"",
        ),
        (
            kind != "ExternalName" && spec.get("externalName").is_filled(),
            "spec.externalName is ignored when spec.type is not \"ExternalName\"",
        ),
        (
            preferred,
            "spec.trafficDistribution: \"PreferClose\" is deprecated; use \"PreferSameZone\"",
        ),
    ] {
        if is {
            out.say(text);
        }
    }
}

// Models pkg/registry/core/node/strategy.go nodeWarnings.
fn node(at: &At<'_, '_>, out: &mut Warnings) {
    let spec = at.get("spec");
    if spec.get("configSource").is_set() {
        out.say("spec.configSource: the feature is removed");
    }
    if spec.get("externalID").is_filled() {
        out.say("spec.externalID: this field is deprecated, and is unused by Kubernetes");
    }
    spec.get("podCIDRs")
        .items()
        .for_each(|range| addresses::cidr(&range, out));
}

/// A certificate and its key must be readable. What they say is not looked at.
// Models pkg/registry/core/secret/strategy.go warningsForSecret.
fn secret(at: &At<'_, '_>, out: &mut Warnings) {
    use base64::Engine;
    if at.get("type").text() != "kubernetes.io/tls" {
        return;
    }
    let data = at.get("data");
    for (key, what) in [("tls.crt", "certificate"), ("tls.key", "key")] {
        let text = data.get(key).text();
        let bytes = base64::engine::general_purpose::STANDARD
            .decode(text)
            .unwrap_or_default();
        if !String::from_utf8_lossy(&bytes).contains("-----BEGIN ") {
            return out.say(&["tls: failed to find any PEM data in ", what, " input"].concat());
        }
    }
}

// Models pkg/api/storage/util.go GetWarningsForStorageClass.
fn class(at: &At<'_, '_>, out: &mut Warnings) {
    for topology in at.get("allowedTopologies").items() {
        for expression in topology.get("matchLabelExpressions").items() {
            let key = expression.get("key");
            if let Some(text) = node_label(key.text()) {
                out.at(key.path, text);
            }
        }
    }
}

fn ingress(at: &At<'_, '_>, out: &mut Warnings) {
    let annotated = at.get("metadata");
    let annotated = annotated.get("annotations");
    let is_annotated = annotated.get("kubernetes.io/ingress.class").is_set();
    if is_annotated && !at.get("spec").get("ingressClassName").is_set() {
        out.say("annotation \"kubernetes.io/ingress.class\" is deprecated, please use 'spec.ingressClassName' instead");
    }
}

fn network_policy(at: &At<'_, '_>, out: &mut Warnings) {
    let spec = at.get("spec");
    for (direction, peers) in [("ingress", "from"), ("egress", "to")] {
        for rule in spec.get(direction).items() {
            for peer in rule.get(peers).items() {
                let block = peer.get("ipBlock");
                if block.is_set() {
                    addresses::cidr(&block.get("cidr"), out);
                    block
                        .get("except")
                        .items()
                        .for_each(|range| addresses::cidr(&range, out));
                }
            }
        }
    }
}

fn slice(at: &At<'_, '_>, is_new: bool, out: &mut Warnings) {
    if is_new && at.get("addressType").text() == "FQDN" {
        out.say("spec.addressType: FQDN endpoints are deprecated");
    }
    if slices::is_managed(at) {
        return;
    }
    for endpoint in at.get("endpoints").items() {
        endpoint
            .get("addresses")
            .items()
            .for_each(|address| addresses::ip(&address, out));
    }
}
