//! NetworkPolicies against facts about them.

mod library;
mod workloads;

pub(super) use library::Library;

use std::rc::Rc;

use serde_json::Value;

use super::csv::Row;
use crate::api::labels::{Labels, parse_labels};
use crate::api::{Kind, Object};
use crate::network::policy::{Member, Party, Policy, Ports, allowed};
use workloads::World;

/// Runs a vector: the policies in force, and for each pod which others it reaches.
pub(super) fn run_vector(case: &Value) -> Result<(), String> {
    let list = |field: &str| case[field].as_array().cloned().unwrap_or_default();
    let world = World::new([list("namespaces"), list("pods")].concat());
    let policies = policies(&list("policies"));
    let protocol = case["probe"]["protocol"].as_str().ok_or("no probe.protocol")?;
    let port = case["probe"]["port"].as_u64().and_then(|port| u16::try_from(port).ok());
    let port = port.ok_or("no probe.port")?;
    let rows = case["expect"]["reachable"].as_object().ok_or("no expect.reachable")?;
    let mut wrong = Vec::new();
    for (from, row) in rows {
        for (to, want) in row.as_object().ok_or("a row is no object")? {
            let want = want.as_bool().ok_or("neither true nor false")?;
            let got = allowed(&policies, &world.pod(from)?, &world.pod(to)?).contains(protocol, port);
            if got != want {
                wrong.push(format!("{from} to {to}: want {want}, got {got}"));
            }
        }
    }
    if wrong.is_empty() {
        Ok(())
    } else {
        Err(wrong.join("; "))
    }
}

/// The policies among these objects.
fn policies(objects: &[Value]) -> Vec<Policy> {
    let kind = Kind::named("networking.k8s.io", "NetworkPolicy");
    let is_policy = |value: &&Value| value["kind"].as_str().is_none_or(|name| name == kind.info().kind);
    let decoded = objects.iter().filter(is_policy).filter_map(|value| {
        let mut object = Object::decode(kind, value.clone()).ok()?;
        let namespace = &mut object.meta_mut().namespace;
        if namespace.is_empty() {
            *namespace = "default".into();
        }
        Policy::of(&object)
    });
    decoded.collect()
}

/// Checks a row of expectations: who asks, who is asked, at which port, and whether that is allowed.
pub(super) fn run_expectation(row: &Row, objects: &[Value]) -> Result<(), String> {
    let cell = |name: &str| {
        row.get(name)
            .map(String::as_str)
            .ok_or_else(|| format!("no column {name}"))
    };
    let end = |side: &str| {
        let place = cell(&format!("{side}_ns_or_ip"))?;
        party(
            place,
            cell(&format!("{side}_ns_labels"))?,
            cell(&format!("{side}_pod_labels"))?,
        )
    };
    let (protocol, want) = (cell("protocol")?, cell("expected")?);
    let port = cell("port")?.parse().map_err(|_| "no port".to_owned())?;
    let open = allowed(&policies(objects), &end("from")?, &end("to")?);
    same(want, if open.contains(protocol, port) { "allow" } else { "deny" })
}

/// A namespace with its labels and a pod's there, or `ip` and an address.
fn party(place: &str, namespace_labels: &str, labels: &str) -> Result<Party, String> {
    if let Some(address) = place.strip_prefix("ip ") {
        return Ok(Party::outside(address));
    }
    let read = |text: &str| -> Result<Rc<Labels>, String> {
        let pairs: Vec<&str> = text.split_whitespace().filter(|word| *word != "(none)").collect();
        parse_labels(&pairs.join(",")).map(Rc::new)
    };
    Ok(Party {
        pod: Some(Member {
            namespace: place.into(),
            namespace_labels: read(namespace_labels)?,
            labels: read(labels)?,
            ..Member::default()
        }),
        address: None,
    })
}

/// Checks what is allowed between two workloads.
pub(super) fn run_pair(row: &Row, objects: &[Value]) -> Result<(), String> {
    let cell = |name: &str| {
        row.get(name)
            .map(String::as_str)
            .ok_or_else(|| format!("no column {name}"))
    };
    let world = World::new(objects.to_vec());
    let (policies, from) = (policies(objects), cell("source")?);
    let (sources, sinks) = (world.workload(from)?, world.workload(cell("destination")?)?);
    let mut sum = Ports::default();
    for (source, sink) in sources
        .iter()
        .flat_map(|source| sinks.iter().map(move |sink| (source, sink)))
    {
        let mut open = allowed(&policies, source, sink);
        if from == workloads::INGRESS_CONTROLLER {
            open = open.and(&world.published(sink));
        }
        sum.add_all(&open);
    }
    same(cell("allowed_connections")?, &sum.to_string())
}

fn same(want: &str, got: &str) -> Result<(), String> {
    if got == want {
        Ok(())
    } else {
        Err(format!("want {want}, got {got}"))
    }
}
