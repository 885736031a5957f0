//! What processes in containers want of the network: names, connections, answers.

use super::{ANSWER, Cluster, OWNER, Target};
use crate::api::Str;
use crate::kubelet::PodEffect;
use crate::kubelet::runtime::{EffectRequest, EffectResult, GrpcOutcome, HttpReply, HttpRequest, NetError, TcpOutcome};
use crate::network::addresses::{self, DNS_ADDRESS, Owner};
use crate::network::policy::{Passage, check_dns};
use crate::network::route::{Ask, End, Proxy};
use crate::network::{FailureKind, Origin, Request, Sender, Url, names};
use crate::sim::{Duration, SimTime, TimerKey};

impl Cluster {
    /// Sees to everything that processes want by now.
    pub(in crate::cluster) fn serve_effects(&mut self) {
        loop {
            let wanted = self.components.kubelet.take_effects();
            if wanted.is_empty() {
                return;
            }
            for effect in wanted {
                self.serve_effect(effect);
            }
        }
    }

    fn serve_effect(&mut self, wanted: PodEffect) {
        let Ok(sender) = Sender::of(&self.api, &Origin::Pod(wanted.key.clone())) else {
            return;
        };
        let round = self.delays.hop * 2;
        let (result, takes) = match &wanted.effect.request {
            EffectRequest::Http(http) => self.http_effect(&wanted, http),
            EffectRequest::Dns { name } => (self.dns_effect(&sender, name), round),
            EffectRequest::Ping { host } => (self.ping_effect(&sender, host), round),
            EffectRequest::Tcp { host, port } => self.connect_effect(&sender, host, *port, None),
            EffectRequest::Grpc { host, port, service } => self.connect_effect(&sender, host, *port, Some(service)),
        };
        let is_unknown = matches!(result, EffectResult::Failed(NetError::NoSuchHost { .. }));
        let told = is_unknown.then(|| self.ask_the_world(&sender, &wanted.effect.request));
        let (result, takes) = told.flatten().unwrap_or((result, takes));
        let deadline = wanted.effect.deadline;
        let at = match &result {
            // Told a moment before the process gives up, so that it knows what it waited for.
            EffectResult::Failed(NetError::Timeout { .. }) => SimTime(deadline.0.saturating_sub(1)),
            _ => self.now + takes,
        };
        // A process gives up by itself when an answer takes too long.
        if at >= deadline {
            return;
        }
        let network = &mut self.network;
        network.answer_count += 1;
        network.answers.insert(network.answer_count, (wanted, result));
        let key = TimerKey {
            owner: OWNER,
            purpose: ANSWER,
            object: network.answer_count,
        };
        self.queue.arm(key, at.max(self.now));
    }

    /// An answer reaches its process.
    pub(super) fn give_answer(&mut self, number: u64) {
        if let Some((wanted, result)) = self.network.answers.remove(&number) {
            self.resolve_effect(&wanted, result);
        }
    }

    fn http_effect(&mut self, wanted: &PodEffect, http: &HttpRequest) -> (EffectResult, Duration) {
        let host = bracketed(&http.host);
        let request = Request {
            from: Origin::Pod(wanted.key.clone()),
            method: http.method.clone(),
            url: format!("{}://{host}:{}{}", http.scheme, http.port, http.path).into(),
            headers: http.headers.clone(),
            body: http.body.clone(),
        };
        let outcome = self.exchange(&request, self.now, 0);
        let result = match outcome.result {
            Ok(status) => EffectResult::Http {
                address: outcome.address,
                reply: HttpReply {
                    status,
                    headers: outcome.headers,
                    body: outcome.body,
                    ..HttpReply::default()
                },
            },
            Err(failure) => failed(failure.kind, outcome.address),
        };
        (result, outcome.latency)
    }

    fn dns_effect(&self, sender: &Sender, name: &Str) -> EffectResult {
        if let Passage::Dropped(_) = check_dns(&self.api, sender, name) {
            return failed(FailureKind::ConnectTimeout, DNS_ADDRESS.into());
        }
        match names::resolve(&self.api, sender.resolver(), name) {
            Some(found) => EffectResult::Dns {
                name: found.name,
                addresses: found.addresses,
                server: DNS_ADDRESS.into(),
            },
            None => failed(FailureKind::NoSuchHost, Str::default()),
        }
    }

    /// Pods and nodes answer an echo; the address of a Service is nobody's.
    fn ping_effect(&self, sender: &Sender, host: &str) -> EffectResult {
        let Some(found) = names::resolve(&self.api, sender.resolver(), host) else {
            return failed(FailureKind::NoSuchHost, Str::default());
        };
        let address = found.addresses[0].clone();
        let node = match addresses::owner(&self.api, &address) {
            Some(Owner::Pod(pod)) => pod.spec.node_name.clone(),
            Some(Owner::Node(node)) => node.meta.name.clone(),
            _ => return failed(FailureKind::ConnectTimeout, address),
        };
        if self.components.kubelet.is_powered(&node) {
            EffectResult::Open { address }
        } else {
            failed(FailureKind::ConnectTimeout, address)
        }
    }

    /// A connection that is opened and closed, or a gRPC health check.
    fn connect_effect(
        &mut self,
        sender: &Sender,
        host: &str,
        port: u16,
        grpc: Option<&Str>,
    ) -> (EffectResult, Duration) {
        let url = Url {
            scheme: "tcp".into(),
            host: host.into(),
            port,
            path: "/".into(),
        };
        let route = self.route_to(sender, &url, &Ask::get(host), self.now);
        let round = self.delays.hop * (route.hops.len() as u64 * 2);
        let address = route.address;
        let result = match route.end {
            _ if self.is_lost(&route.hops) => failed(FailureKind::ConnectTimeout, address),
            End::Failed(kind) => failed(kind, address),
            // The controller takes every connection itself.
            End::Page(_) => EffectResult::Open { address },
            End::Pods(delivery) if delivery.by != Proxy::None => EffectResult::Open { address },
            End::Pods(delivery) => {
                let tried = delivery
                    .targets
                    .iter()
                    .map(|target| self.connect(target, grpc, &address));
                let refused = |result: &EffectResult| matches!(result, EffectResult::Failed(NetError::Refused { .. }));
                let all: Vec<EffectResult> = tried.collect();
                let taken = all.iter().find(|result| !refused(result)).or(all.last());
                taken.cloned().unwrap_or_else(|| failed(FailureKind::Refused, address))
            }
        };
        (result, round)
    }

    fn connect(&self, target: &Target, grpc: Option<&Str>, address: &Str) -> EffectResult {
        let key = match self.reach(target) {
            Ok(key) => key,
            Err(kind) => return failed(kind, address.clone()),
        };
        let kubelets = &self.components.kubelet;
        match grpc {
            Some(service) => match kubelets.grpc(self.now, &key.namespace, &key.name, target.port, service) {
                GrpcOutcome::Refused => failed(FailureKind::Refused, address.clone()),
                outcome => EffectResult::Grpc(outcome),
            },
            None => match kubelets.tcp(self.now, &key.namespace, &key.name, target.port) {
                TcpOutcome::Open => EffectResult::Open {
                    address: address.clone(),
                },
                TcpOutcome::Refused => failed(FailureKind::Refused, address.clone()),
            },
        }
    }
}

/// A host as it stands in a URL.
fn bracketed(host: &str) -> String {
    if host.contains(':') {
        format!("[{host}]")
    } else {
        host.to_owned()
    }
}

fn failed(kind: FailureKind, address: Str) -> EffectResult {
    EffectResult::Failed(match kind {
        FailureKind::NoSender | FailureKind::BadUrl | FailureKind::NoSuchHost => NetError::NoSuchHost {
            server: DNS_ADDRESS.into(),
        },
        FailureKind::Refused => NetError::Refused { address },
        FailureKind::Unreachable => NetError::Unreachable { address },
        FailureKind::ConnectTimeout | FailureKind::ReplyTimeout => NetError::Timeout { address },
        FailureKind::Empty => NetError::Eof { address },
    })
}
