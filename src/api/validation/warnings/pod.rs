//! Warnings about pods and pod templates.
// Models pkg/api/pod/warnings.go.

use crate::sim::btree::BTreeMap;

use super::{
    GONE_1_16, GONE_1_22, GONE_1_25, GONE_1_26, GONE_1_31, Warnings, addresses, claim_spec, node_label, overlap,
};
use crate::api::names::quote;
use crate::api::validation::at::At;

const REQUIRED: &str = "requiredDuringSchedulingIgnoredDuringExecution";
const PREFERRED: &str = "preferredDuringSchedulingIgnoredDuringExecution";
const BYTES: [&str; 2] = ["memory", "ephemeral-storage"];
const NO_SELECTOR: &str = "a null labelSelector results in matching no pod";
const SECCOMP: &str = "non-functional in v1.27+; use the \"seccompProfile\" field instead";
const APP_ARMOR: &str = "deprecated since v1.30; use the \"appArmorProfile\" field instead";
const SYSCTLS: &str = "non-functional in v1.11+; use the \"sysctls\" field instead";

const ANNOTATIONS: [(&str, &str); 3] = [
    (
        "scheduler.alpha.kubernetes.io/critical-pod",
        "non-functional in v1.16+; use the \"priorityClassName\" field instead",
    ),
    ("security.alpha.kubernetes.io/sysctls", SYSCTLS),
    ("security.alpha.kubernetes.io/unsafe-sysctls", SYSCTLS),
];

const FIRST_SOURCES: [(&str, &str, &str); 7] = [
    ("photonPersistentDisk", "photonPersistentDisk", GONE_1_16),
    (
        "gitRepo",
        "gitRepo",
        "deprecated in v1.11, and disabled by default in v1.33+",
    ),
    ("scaleIO", "scaleIO", GONE_1_22),
    ("flocker", "flocker", GONE_1_25),
    ("storageos", "storageOS", GONE_1_25),
    ("quobyte", "quobyte", GONE_1_25),
    ("glusterfs", "glusterfs", GONE_1_26),
];
const LAST_SOURCES: [(&str, &str, &str); 2] = [("cephfs", "cephfs", GONE_1_31), ("rbd", "rbd", GONE_1_31)];

/// A pod or a template: what has metadata and a spec.
// Models warningsForPodSpecAndMeta.
pub(super) fn spec(at: &At<'_, '_>, out: &mut Warnings) {
    let spec = at.get("spec");
    placement(&spec, out);
    out.annotations(at, &ANNOTATIONS);
    volumes(&spec.get("volumes"), out);
    repeated(&spec, out);
    out.fractions(&spec.get("overhead"), &BYTES);
    profiles(at, &spec, out);
    let all = containers(&spec);
    ports(&all, out);
    port_names(&all, out);
    pod_affinity(&spec.get("affinity"), out);
    let dns = spec.get("dnsConfig");
    dns.get("nameservers")
        .items()
        .for_each(|server| addresses::ip(&server, out));
    for alias in spec.get("hostAliases").items() {
        addresses::ip(&alias.get("ip"), out);
    }
}

/// Where it wants to run.
fn placement(spec: &At<'_, '_>, out: &mut Warnings) {
    for (key, value) in spec.get("nodeSelector").entries() {
        if let Some(text) = node_label(key) {
            out.at(value.path, text);
        }
    }
    let affinity = spec.get("affinity");
    let node = affinity.get("nodeAffinity");
    for term in node.get(REQUIRED).get("nodeSelectorTerms").items() {
        out.node_term(&term);
    }
    for wish in node.get(PREFERRED).items() {
        preference(&wish.get("preference"), out);
    }
    for constraint in spec.get("topologySpreadConstraints").items() {
        out.node_label_named(&constraint.get("topologyKey"));
        null_selector(&constraint, out);
    }
}

/// A term that is only wished for may hold values that no label can have.
fn preference(term: &At<'_, '_>, out: &mut Warnings) {
    for expression in term.get("matchExpressions").items() {
        out.node_label_named(&expression.get("key"));
        for value in expression.get("values").items() {
            for wrong in crate::api::names::is_valid_label_value(value.text()) {
                out.at(value.path, &[value.text(), " is invalid, ", &wrong].concat());
            }
        }
    }
}

fn null_selector(at: &At<'_, '_>, out: &mut Warnings) {
    let selector = at.get("labelSelector");
    if !selector.is_set() {
        out.at(selector.path, NO_SELECTOR);
    }
}

fn pod_affinity(affinity: &At<'_, '_>, out: &mut Warnings) {
    for field in ["podAffinity", "podAntiAffinity"] {
        let pods = affinity.get(field);
        pods.get(REQUIRED).items().for_each(|term| null_selector(&term, out));
        for wish in pods.get(PREFERRED).items() {
            null_selector(&wish.get("podAffinityTerm"), out);
        }
    }
}

fn volumes(at: &At<'_, '_>, out: &mut Warnings) {
    for volume in at.items() {
        out.sources(&volume, &FIRST_SOURCES);
        let ephemeral = volume.get("ephemeral");
        let template = ephemeral.get("volumeClaimTemplate");
        claim_spec(&template.get("spec"), out);
        out.sources(&volume, &LAST_SOURCES);
    }
    at.items().for_each(|volume| overlap::volume(&volume, out));
}

/// Lists that should name each thing once.
fn repeated(spec: &At<'_, '_>, out: &mut Warnings) {
    for (list, field) in [("hostAliases", "ip"), ("imagePullSecrets", "name")] {
        let mut seen = Vec::new();
        for item in spec.get(list).items() {
            let one = item.get(field);
            if seen.contains(&one.text()) {
                out.at(one.path, &["duplicate ", field, " ", &quote(one.text())].concat());
            } else {
                seen.push(one.text());
            }
        }
    }
    for secret in spec.get("imagePullSecrets").items() {
        if secret.get("name").text().is_empty() {
            out.at(secret.get("name").path, "invalid empty name \"\"");
        }
    }
}

fn profiles(at: &At<'_, '_>, spec: &At<'_, '_>, out: &mut Warnings) {
    let metadata = at.get("metadata");
    let annotations = metadata.get("annotations");
    let context = spec.get("securityContext");
    let annotated = |has_field: bool, key: &str, text: &str, out: &mut Warnings| {
        if !has_field && annotations.get(key).is_set() {
            out.at(annotations.path.key(key), text);
        }
    };
    let pod_key = "seccomp.security.alpha.kubernetes.io/pod";
    annotated(context.get("seccompProfile").is_set(), pod_key, SECCOMP, out);
    let app_armor = context.get("appArmorProfile").is_set();
    each_container(spec, &mut |container| {
        let (name, own) = (container.get("name").text(), container.get("securityContext"));
        let key = ["container.seccomp.security.alpha.kubernetes.io/", name].concat();
        annotated(own.get("seccompProfile").is_set(), &key, SECCOMP, out);
        let key = ["container.apparmor.security.beta.kubernetes.io/", name].concat();
        annotated(own.get("appArmorProfile").is_set() || app_armor, &key, APP_ARMOR, out);
        let resources = container.get("resources");
        for resource in BYTES {
            for field in ["limits", "requests"] {
                out.fractions(&resources.get(field), &[resource]);
            }
        }
        variables(&container.get("env"), out);
    });
}

fn each_container(spec: &At<'_, '_>, visit: &mut dyn FnMut(&At<'_, '_>)) {
    for field in ["initContainers", "containers", "ephemeralContainers"] {
        spec.get(field).items().for_each(|container| visit(&container));
    }
}

/// A variable that is set twice must build upon its first value.
fn variables(at: &At<'_, '_>, out: &mut Warnings) {
    let mut seen = Vec::new();
    for variable in at.items() {
        let (name, value) = (variable.get("name").text(), variable.get("value").text());
        if !seen.contains(&name) {
            seen.push(name);
            continue;
        }
        let reference = ["$(", name, ")"].concat();
        if variable.get("valueFrom").is_set() || value == reference || !value.contains(&reference) {
            let text = [
                "hides previous definition of ",
                &quote(name),
                ", which may be dropped when using apply",
            ];
            out.at(variable.path, &text.concat());
        }
    }
}

/// A port of a container.
struct Port {
    path: String,
    name: String,
    number: String,
    host: i64,
    host_ip: String,
    protocol: String,
}

fn containers(spec: &At<'_, '_>) -> Vec<Port> {
    let mut all = Vec::new();
    each_container(spec, &mut |container| {
        for port in container.get("ports").items() {
            let text = |field: &str| port.get(field).text().to_owned();
            all.push(Port {
                path: port.path.to_string(),
                name: text("name"),
                number: port.get("containerPort").int().to_string(),
                host: port.get("hostPort").int(),
                host_ip: text("hostIP"),
                protocol: text("protocol"),
            });
        }
    });
    all
}

fn ports(all: &[Port], out: &mut Warnings) {
    for (index, port) in all.iter().enumerate() {
        if !port.host_ip.is_empty() && port.host == 0 {
            // A Go struct, printed with its fields' names.
            let shown = [
                "hostIP set without hostPort: {Name:",
                &port.name,
                " HostPort:0 ContainerPort:",
                &port.number,
                " Protocol:",
                &port.protocol,
                " HostIP:",
                &port.host_ip,
                "}",
            ];
            out.at(&port.path, &shown.concat());
        }
        let same = |other: &&Port| other.number == port.number && other.protocol == port.protocol;
        for other in all[..index].iter().filter(same) {
            let word = if port.host_ip == other.host_ip && port.host == other.host {
                "duplicate"
            } else if port.host == 0 || other.host == 0 {
                "overlapping"
            } else if port.host == other.host && port.host_ip.is_empty() != other.host_ip.is_empty() {
                "dangerously ambiguous"
            } else {
                continue;
            };
            out.at(&port.path, &[word, " port definition with ", &other.path].concat());
        }
    }
}

fn port_names(all: &[Port], out: &mut Warnings) {
    let mut named: BTreeMap<&str, &str> = BTreeMap::new();
    for port in all.iter().filter(|port| !port.name.is_empty()) {
        let Some(other) = named.get(port.name.as_str()) else {
            named.insert(&port.name, &port.path);
            continue;
        };
        let text = [
            "duplicate port name ",
            &quote(&port.name),
            " with ",
            other,
            ", services and probes that select ports by name will use ",
            other,
        ];
        out.at(&port.path, &text.concat());
    }
}
