//! The pods of manifests, by the names of their workloads.

use std::rc::Rc;

use serde_json::{Value, json};

use crate::api::core::{Pod, Service};
use crate::api::intstr::IntOrString;
use crate::api::labels::Selector;
use crate::api::{Kind, Object, Resource, Str};
use crate::network::policy::{Member, Party, Ports};

/// The name of the Ingress controller in tables.
pub(super) const INGRESS_CONTROLLER: &str = "{ingress-controller}";
/// The label that each namespace has.
const NAMESPACE_NAME: &str = "kubernetes.io/metadata.name";

/// Objects as their manifests have them.
pub(super) struct World {
    objects: Vec<Value>,
}

fn namespace(value: &Value) -> &str {
    value["metadata"]["namespace"].as_str().unwrap_or("default")
}

fn decode<T: Resource>(value: &Value) -> Option<Rc<T>> {
    let kind = Kind::find("v1", T::KIND.info().kind)?;
    T::of(&Object::decode(kind, value.clone()).ok()?).cloned()
}

impl World {
    /// A world of these objects.
    pub(super) const fn new(objects: Vec<Value>) -> Self {
        Self { objects }
    }

    fn of_kind<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = &'a Value> {
        // Lists of vectors leave the kind out: what has containers is a pod, the rest are namespaces.
        let implied = |value: &Value| {
            if value["spec"]["containers"].is_array() {
                "Pod"
            } else {
                "Namespace"
            }
        };
        self.objects
            .iter()
            .filter(move |value| value["kind"].as_str().unwrap_or_else(|| implied(value)) == kind)
    }

    /// The pod that is written `namespace/name`.
    pub(super) fn pod(&self, name: &str) -> Result<Party, String> {
        let own = |value: &&Value| {
            let pod = value["metadata"]["name"].as_str().unwrap_or_default();
            format!("{}/{pod}", namespace(value)) == name
        };
        let found = self.of_kind("Pod").find(own).and_then(|value| self.party(value));
        found.ok_or_else(|| format!("no pod {name}"))
    }

    fn party(&self, value: &Value) -> Option<Party> {
        let pod = decode::<Pod>(value)?;
        let mut member = Member::new(&pod, Rc::default());
        member.namespace = namespace(value).into();
        let own = self
            .of_kind("Namespace")
            .find(|known| known["metadata"]["name"] == *member.namespace);
        let labels = own.and_then(|known| known["metadata"]["labels"].as_object());
        let pairs = labels
            .into_iter()
            .flatten()
            .map(|(key, label)| (Str::from(key.as_str()), label.as_str().unwrap_or_default().into()));
        let name = (Str::from(NAMESPACE_NAME), member.namespace.clone());
        member.namespace_labels = Rc::new(pairs.chain([name]).collect());
        Some(Party {
            pod: Some(member),
            address: pod.status.pod_ip.parse().ok(),
        })
    }

    /// The ends behind `namespace/name[Kind]`, `first-last[External]` or the Ingress controller.
    pub(super) fn workload(&self, name: &str) -> Result<Vec<Party>, String> {
        if name == INGRESS_CONTROLLER {
            let member = Member {
                namespace: "somewhere".into(),
                ..Member::default()
            };
            return Ok(vec![Party {
                pod: Some(member),
                address: None,
            }]);
        }
        let parts = name.strip_suffix(']').and_then(|name| name.rsplit_once('['));
        let (place, kind) = parts.ok_or_else(|| format!("no workload: {name}"))?;
        if kind == "External" {
            // The tables cut the addresses where a policy does: the first stands for all.
            return Ok(vec![Party::outside(place.split('-').next().unwrap_or_default())]);
        }
        let (space, own) = place.split_once('/').ok_or_else(|| format!("no namespace: {name}"))?;
        let is_in = |value: &&Value| namespace(value) == space;
        let templates = self
            .of_kind(kind)
            .filter(is_in)
            .filter(|value| value["metadata"]["name"] == own);
        let mut pods: Vec<Value> = templates.map(|value| pod_of(value, kind)).collect();
        let is_owned = |value: &&Value| {
            let owner = &value["metadata"]["ownerReferences"][0];
            owner["kind"].as_str().unwrap_or("Pod") == kind && owner["name"] == own
        };
        pods.extend(self.of_kind("Pod").filter(is_in).filter(is_owned).cloned());
        let parties: Vec<Party> = pods.iter().filter_map(|pod| self.party(pod)).map(unaddressed).collect();
        if parties.is_empty() {
            return Err(format!("no workload {name}"));
        }
        Ok(parties)
    }

    /// The ports of a pod that Ingresses and Routes publish.
    pub(super) fn published(&self, sink: &Party) -> Ports {
        let mut ports = Ports::default();
        let Some(member) = &sink.pod else { return ports };
        for (service, port) in self.backends(&member.namespace) {
            let found = self
                .of_kind("Service")
                .find(|known| namespace(known) == &*member.namespace && known["metadata"]["name"] == service);
            let Some(service) = found.and_then(decode::<Service>) else {
                continue;
            };
            if !Selector::from_set(&service.spec.selector).matches(&member.labels) {
                continue;
            }
            for known in service.spec.ports.iter() {
                let is_it = |port: &Value| {
                    *port == known.port || *port == *known.name || target(known.target_port.as_ref(), port)
                };
                if port.as_ref().is_none_or(is_it) {
                    add(&mut ports, member, known.target_port.as_ref(), known.port);
                }
            }
        }
        ports
    }

    /// The Services that Ingresses and Routes of a namespace lead to, each with the port, where that is told.
    fn backends(&self, space: &str) -> Vec<(String, Option<Value>)> {
        let mut found = Vec::new();
        for ingress in self.of_kind("Ingress").filter(|value| namespace(value) == space) {
            let rules = ingress["spec"]["rules"].as_array().into_iter().flatten();
            let paths = rules.flat_map(|rule| rule["http"]["paths"].as_array().into_iter().flatten());
            for backend in paths
                .map(|path| &path["backend"])
                .chain([&ingress["spec"]["defaultBackend"]])
            {
                let service = &backend["service"];
                let port = [&service["port"]["number"], &service["port"]["name"]]
                    .into_iter()
                    .find(|port| !port.is_null());
                found.push((service["name"].as_str().unwrap_or_default().to_owned(), port.cloned()));
            }
        }
        for route in self.of_kind("Route").filter(|value| namespace(value) == space) {
            let port = route["spec"]["port"]["targetPort"].clone();
            let name = route["spec"]["to"]["name"].as_str().unwrap_or_default();
            found.push((name.to_owned(), Some(port).filter(|port| !port.is_null())));
        }
        found
    }
}

fn target(known: Option<&IntOrString>, wanted: &Value) -> bool {
    match known {
        Some(IntOrString::Int(number)) => *wanted == *number,
        Some(IntOrString::String(name)) => *wanted == **name,
        None => false,
    }
}

fn add(ports: &mut Ports, member: &Member, target: Option<&IntOrString>, port: i32) {
    let number = match target {
        Some(IntOrString::String(name)) => member.ports.iter().find(|known| known.0 == *name).map(|known| known.2),
        Some(IntOrString::Int(number)) => u16::try_from(*number).ok(),
        None => u16::try_from(port).ok(),
    };
    if let Some(number) = number {
        ports.add("TCP", number, number);
    }
}

/// A pod from the template of a workload; a pod as it stands.
fn pod_of(value: &Value, kind: &str) -> Value {
    let template = match kind {
        "Pod" => value,
        "CronJob" => &value["spec"]["jobTemplate"]["spec"]["template"],
        _ => &value["spec"]["template"],
    };
    json!({
        "metadata": {"name": value["metadata"]["name"], "namespace": namespace(value), "labels": template["metadata"]["labels"]},
        "spec": template["spec"],
    })
}

/// Tables of workloads know no addresses of pods.
fn unaddressed(party: Party) -> Party {
    Party { address: None, ..party }
}
