//! kube-proxy: which endpoint a connection to a Service reaches.
// Models pkg/proxy/topology.go CategorizeEndpoints and pkg/proxy/iptables.

use super::endpoints::{Endpoint, of_port};
use super::memory::Memory;
use crate::api::Str;
use crate::api::core::{Service, ServicePort};
use crate::apiserver::ApiServer;
use crate::sim::{Duration, SimTime};

/// How long a client keeps its endpoint with `sessionAffinity: ClientIP`, unless the Service says otherwise.
const AFFINITY_SECONDS: i32 = 10_800;

/// A connection to a Service.
#[derive(Clone, Copy, Debug)]
pub struct Connection<'a> {
    /// The Service.
    pub service: &'a Service,
    /// Its port.
    pub port: &'a ServicePort,
    /// Whether it came by a node port or a load balancer from outside.
    pub is_external: bool,
    /// Whether it goes from inside to an address for the outside: then no policy holds.
    pub is_short_cut: bool,
    /// The node whose kube-proxy decides; empty where any may.
    pub node: &'a str,
    /// The client's address.
    pub client: &'a Str,
}

/// What becomes of a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Choice {
    /// It reaches this endpoint, for the reason told.
    To(Endpoint, String),
    /// It is refused at once.
    Reject(String),
    /// It is dropped.
    Drop(String),
}

/// Decides on a connection: uniformly at random among the endpoints that may take it.
pub fn choose(api: &ApiServer, memory: &mut Memory, seed: u64, now: SimTime, connection: &Connection<'_>) -> Choice {
    let endpoints = of_port(api, connection.service, connection.port);
    let (eligible, why) = match eligible(&endpoints, connection) {
        Ok(found) => found,
        Err(choice) => return choice,
    };
    let meta = &connection.service.meta;
    let what: Str = format!("{}/{}:{}", meta.namespace, meta.name, connection.port.port).into();
    let affinity = affinity(connection.service);
    if let Some(span) = affinity
        && let Some(kept) = memory.kept(&what, connection.client, now).cloned()
        && let Some(endpoint) = eligible.iter().find(|endpoint| endpoint.place() == kept)
    {
        memory.keep(&what, connection.client, &kept, now, now + span);
        let why = format!("sessionAffinity ClientIP: {} keeps its endpoint", connection.client);
        return Choice::To((*endpoint).clone(), why);
    }
    let place = memory.draw(seed, "kube-proxy", &what).pick(eligible.len());
    let chosen = eligible[place];
    if let Some(span) = affinity {
        memory.keep(&what, connection.client, &chosen.place(), now, now + span);
    }
    Choice::To(chosen.clone(), format!("kube-proxy chose it at random, {why}"))
}

/// The endpoints that may take a connection, never none, and how they were found.
fn eligible<'a>(endpoints: &'a [Endpoint], connection: &Connection<'_>) -> Result<(Vec<&'a Endpoint>, String), Choice> {
    let spec = &connection.service.spec;
    let policy = if connection.is_external {
        (&*spec.external_traffic_policy, "externalTrafficPolicy")
    } else {
        (
            spec.internal_traffic_policy.as_deref().unwrap_or_default(),
            "internalTrafficPolicy",
        )
    };
    let is_local = policy.0 == "Local" && !connection.is_short_cut;
    let near = |endpoint: &&Endpoint| !is_local || *endpoint.node == *connection.node;
    let whose = if is_local {
        format!(" of {} ({} Local)", connection.node, policy.1)
    } else {
        String::new()
    };
    let ready: Vec<&Endpoint> = endpoints
        .iter()
        .filter(near)
        .filter(|endpoint| endpoint.ready)
        .collect();
    if !ready.is_empty() {
        let words = match ready.len() {
            1 => "the only ready endpoint".to_owned(),
            count => format!("one of {count} ready endpoints"),
        };
        return Ok((ready, format!("{words}{whose}")));
    }
    let last: Vec<&Endpoint> = endpoints
        .iter()
        .filter(near)
        .filter(|endpoint| endpoint.serving && endpoint.terminating)
        .collect();
    if !last.is_empty() {
        let words = format!(
            "no endpoint{whose} is ready: one of {} that still serve while they end",
            last.len()
        );
        return Ok((last, words));
    }
    let elsewhere = endpoints
        .iter()
        .any(|endpoint| endpoint.ready || (endpoint.serving && endpoint.terminating));
    Err(if is_local && elsewhere {
        Choice::Drop(format!(
            "no endpoint on {} and {} is Local: dropped",
            connection.node, policy.1
        ))
    } else if endpoints.is_empty() {
        Choice::Reject("the Service has no endpoints: kube-proxy rejects the connection".to_owned())
    } else {
        Choice::Reject(format!(
            "none of the {} endpoints is ready: kube-proxy rejects the connection",
            endpoints.len()
        ))
    })
}

fn affinity(service: &Service) -> Option<Duration> {
    if &*service.spec.session_affinity != "ClientIP" {
        return None;
    }
    let config = service.spec.session_affinity_config.as_ref();
    let seconds = config
        .and_then(|config| config.client_ip.as_ref()?.timeout_seconds)
        .unwrap_or(AFFINITY_SECONDS);
    Some(Duration::from_secs(u64::try_from(seconds).unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn endpoint(name: &str, node: &str, ready: bool, terminating: bool) -> Endpoint {
        Endpoint {
            address: name.into(),
            port: 80,
            node: node.into(),
            ready,
            serving: ready || terminating,
            terminating,
            ..Endpoint::default()
        }
    }

    fn names(endpoints: &[Endpoint], policy: &str, is_external: bool, node: &str) -> String {
        let mut service = Service::default();
        service.spec.external_traffic_policy = policy.into();
        service.spec.internal_traffic_policy = Some(policy.into());
        let port = ServicePort::default();
        let connection = Connection {
            service: &service,
            port: &port,
            is_external,
            is_short_cut: false,
            node,
            client: &"1.2.3.4".into(),
        };
        match eligible(endpoints, &connection) {
            Ok((found, _)) => found
                .iter()
                .map(|endpoint| &*endpoint.address)
                .collect::<Vec<_>>()
                .join(" "),
            Err(Choice::Drop(_)) => "drop".to_owned(),
            Err(_) => "reject".to_owned(),
        }
    }

    #[test]
    fn endpoints_are_chosen_by_readiness_and_policy() {
        let mixed = [
            endpoint("a", "n1", true, false),
            endpoint("b", "n2", true, false),
            endpoint("c", "n2", false, false),
            endpoint("d", "n3", false, true),
        ];
        let ending = [endpoint("c", "n1", false, false), endpoint("d", "n3", false, true)];
        let cases: [(&str, &[Endpoint], &str, &str, &str); 8] = [
            ("ready ones", &mixed, "Cluster", "n1", "a b"),
            ("local ones", &mixed, "Local", "n2", "b"),
            ("local ones that end", &mixed, "Local", "n3", "d"),
            ("none here, some there", &mixed, "Local", "n4", "drop"),
            ("ending ones at last", &ending, "Cluster", "n1", "d"),
            ("unready ones never", &ending[..1], "Cluster", "n1", "reject"),
            ("none anywhere", &[], "Cluster", "n1", "reject"),
            ("none anywhere, local", &[], "Local", "n1", "reject"),
        ];
        for (name, endpoints, policy, node, want) in cases {
            for is_external in [false, true] {
                assert_eq!(names(endpoints, policy, is_external, node), want, "{name}");
            }
        }
    }
}
