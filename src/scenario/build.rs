//! From a scenario to a cluster at its start.

use std::rc::Rc;

use serde_json::json;

use super::behaviours;
use super::document::{Delays, NodeGroup, TrafficSource};
use super::rates::parse_rate;
use super::read::Scenario;
use crate::api::autoscaling;
use crate::api::core::Node;
use crate::api::duration::parse_go_duration;
use crate::api::lean::Field;
use crate::api::status::{Reason, Status};
use crate::api::storage::StorageClass;
use crate::api::time::Time;
use crate::api::yaml::{Code, Diagnostic, Document, Severity};
use crate::api::{Kind, Object, Resource, Str};
use crate::apiserver::{Key, Subresource};
use crate::cluster::{Cluster, Config, MetricsSource};
use crate::kubectl::{applied_over, with_last_applied};
use crate::network::Origin;
use crate::network::traffic::Source;
use crate::sim::Duration;

/// What a caller sets instead of the scenario.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    /// The seed.
    pub seed: Option<u64>,
    /// The number of nodes; the scenario's own nodes are left out then.
    pub nodes: Option<u32>,
    /// Objects are loaded as they stand, their status included.
    pub frozen: bool,
}

/// Nodes of a cluster for which the scenario names none.
const DEFAULT_NODES: u32 = 3;
const DEFAULT_CPU: &str = "4";
const DEFAULT_MEMORY: &str = "8Gi";
const DEFAULT_PODS: i32 = 110;

impl Scenario {
    /// Builds the cluster: nodes, then the manifests in order. What is refused is told with its place.
    #[must_use]
    pub fn build(&self, options: Options) -> (Cluster, Vec<Diagnostic>) {
        let seed = self.spec.seed.map(i64::unsigned_abs).unwrap_or_default();
        let config = Config {
            seed: options.seed.unwrap_or(seed),
            delays: self.spec.delays.as_ref().map(delays).unwrap_or_default(),
            start_time: self.spec.start_time,
        };
        let mut cluster = Cluster::new(config);
        if self.spec.metrics_server == Some(false) {
            cluster.set_metrics(MetricsSource::Off);
        }
        cluster.set_behaviours(self.spec.behaviours.iter().map(behaviours::rule).collect());
        for node in self.nodes(options) {
            cluster.add_node(&node).expect("a node has a name");
        }
        if !options.frozen && self.spec.default_storage_class != Some(false) && !self.has_default_class() {
            let class = default_class(cluster.api().time(cluster.now()));
            cluster.load(class).expect("the class has a name");
        }
        let mut refused = Vec::new();
        for document in &self.manifests {
            if self.is_readable(document) {
                refused.extend(apply(&mut cluster, document, options.frozen));
            }
        }
        for source in &self.spec.traffic {
            cluster.add_source(traffic(source));
        }
        (cluster, refused)
    }

    /// Whether the manifests bring a default class of their own, or another of the standard one's name.
    fn has_default_class(&self) -> bool {
        let mut classes = self.manifests.iter().map(|document| &document.value);
        classes.any(|value| {
            let marked = value.pointer("/metadata/annotations/storageclass.kubernetes.io~1is-default-class");
            value["kind"] == "StorageClass"
                && (marked.is_some_and(|mark| mark == "true") || value["metadata"]["name"] == STANDARD)
        })
    }

    /// Whether no error was found in the document while it was read.
    fn is_readable(&self, document: &Document) -> bool {
        let inside = document.places.lines();
        !self
            .diagnostics
            .iter()
            .any(|found| found.severity == Severity::Error && inside.contains(&found.line))
    }

    fn nodes(&self, options: Options) -> Vec<Node> {
        let own = self.manifests.iter().any(|document| document.value["kind"] == "Node");
        let standard = |count: u32| NodeGroup {
            count: i32::try_from(count).ok(),
            ..NodeGroup::default()
        };
        let groups = match options.nodes {
            Some(count) => vec![standard(count)],
            None if options.frozen || (own && self.spec.nodes.is_empty()) => Vec::new(),
            None if self.spec.nodes.is_empty() => vec![standard(DEFAULT_NODES)],
            None => self.spec.nodes.clone(),
        };
        let mut nodes = Vec::new();
        for group in &groups {
            for index in 0..group.count.unwrap_or(1) {
                nodes.push(node(group, index, nodes.len() + 1));
            }
        }
        nodes
    }
}

/// The class of claims that name none, as kind, minikube and k3s bring one along: directories on the nodes.
const STANDARD: &str = "standard";

fn default_class(now: Time) -> Object {
    let class = json!({
        "metadata": {
            "name": STANDARD,
            // Of its own, so that the uids of other objects are the same without it.
            "uid": "00000000-0000-4000-8000-737461726461",
            "creationTimestamp": now.to_string(),
            "annotations": {"storageclass.kubernetes.io/is-default-class": "true"},
        },
        "provisioner": "rancher.io/local-path",
        "reclaimPolicy": "Delete",
        "volumeBindingMode": "WaitForFirstConsumer",
    });
    Object::decode(StorageClass::KIND, class).expect("the class is well formed")
}

/// The `index`-th node of a group, the `number`-th of the cluster.
fn node(group: &NodeGroup, index: i32, number: usize) -> Node {
    let mut node = Node::default();
    let or = |text: &Str, default: &str| {
        if text.is_empty() {
            default.to_owned()
        } else {
            text.to_string()
        }
    };
    node.meta.name = match (&*group.name, group.count.unwrap_or(1)) {
        ("", _) => format!("node-{number}").into(),
        (_, 1) => group.name.clone(),
        (name, _) => format!("{name}-{}", index + 1).into(),
    };
    node.meta.labels = Rc::new(group.labels.clone());
    if !group.zones.is_empty() {
        let zone = &group.zones[index.unsigned_abs() as usize % group.zones.len()];
        node.meta.set_label("topology.kubernetes.io/zone", zone);
    }
    node.spec.taints = group.taints.clone().into();
    let capacity = json!({
        "cpu": or(&group.cpu, DEFAULT_CPU),
        "memory": or(&group.memory, DEFAULT_MEMORY),
        "pods": if group.pods == 0 { DEFAULT_PODS } else { group.pods }.to_string(),
        "ephemeral-storage": "100Gi",
    });
    // An amount that cannot be read was told by the reader already; such a node has no room.
    if node.status.capacity.set(capacity).is_err() {
        node.status.capacity = Rc::default();
    }
    node.status.allocatable = node.status.capacity.clone();
    node
}

/// Creates the object of a document as `kubectl apply` does, or changes it where an earlier document has its name.
fn apply(cluster: &mut Cluster, document: &Document, frozen: bool) -> Option<Diagnostic> {
    let text = |name: &str| document.value[name].as_str().unwrap_or_default();
    let kind = Kind::find(text("apiVersion"), text("kind"))?;
    let namespace = document
        .value
        .pointer("/metadata/namespace")
        .and_then(|name| name.as_str())
        .unwrap_or("default");
    let namespace = kind.info().namespaced.then_some(namespace);
    let value = autoscaling::raised(&document.value);
    let value = if frozen {
        value
    } else {
        with_last_applied(&value, namespace)
    };
    let key = Key::new(namespace.unwrap_or_default(), document_name(document));
    let live = cluster.api().get_object(kind, &key).filter(|_| !frozen).cloned();
    if let Some(live) = live {
        let result = applied_over(&live, &value)
            .map_err(|why| Status::new(Reason::BadRequest, why))
            .and_then(|object| cluster.update(object, Subresource::Main));
        return result.err().map(|status| refusal(document, &status));
    }
    let object = match Object::decode(kind, value) {
        Ok(object) => object,
        Err(error) => {
            let place = document.places.nearest(&error.path).value;
            return Some(Diagnostic::error(Code::WrongType, error.to_string(), place).at_path(error.path));
        }
    };
    let result = match &object {
        Object::Node(node) if !frozen => cluster.add_node(node),
        _ if frozen => cluster.load(object),
        _ => cluster.create(object),
    };
    result.err().map(|status| refusal(document, &status))
}

fn document_name(document: &Document) -> &str {
    let name = document.value.pointer("/metadata/name");
    name.and_then(|name| name.as_str()).unwrap_or_default()
}

/// A source of traffic. What does not read was told by the reader already; such a source sends nothing.
fn traffic(source: &TrafficSource) -> Source {
    let from = if source.from.is_empty() {
        Ok(Origin::Internet)
    } else {
        Origin::parse(&source.from)
    };
    let rate = from
        .as_ref()
        .map_or(0, |_| parse_rate(&source.rate).unwrap_or_default());
    Source {
        from: from.unwrap_or_default(),
        url: source.to.clone(),
        rate_milli: rate,
        ..Source::default()
    }
}

fn refusal(document: &Document, status: &Status) -> Diagnostic {
    let path = status
        .details
        .causes
        .first()
        .map(|cause| cause.field.clone())
        .unwrap_or_default();
    let place = document.places.nearest(&path).value;
    Diagnostic::error(Code::Invalid, status.message.clone(), place).at_path(path)
}

fn delays(document: &Delays) -> crate::client::Delays {
    let mut delays = crate::client::Delays::default();
    let set = |to: &mut Duration, text: &Str| {
        if let Ok(ns) = parse_go_duration(text) {
            to.0 = ns.unsigned_abs();
        }
    };
    set(&mut delays.watch, &document.watch);
    set(&mut delays.api_call, &document.api_call);
    set(&mut delays.scheduling, &document.scheduling);
    set(&mut delays.sandbox, &document.sandbox);
    set(&mut delays.container_start, &document.container_start);
    set(&mut delays.image_pull, &document.image_pull);
    set(&mut delays.image_pull_error, &document.image_pull_error);
    set(&mut delays.hop, &document.hop);
    set(&mut delays.provision, &document.provision);
    set(&mut delays.attach, &document.attach);
    delays
}
