//! Requests: the network says where they go, the kubelets' processes answer them.

mod effects;
mod sources;
mod world;

use crate::sim::btree::BTreeMap;
use std::collections::VecDeque;
use std::rc::Rc;

use super::Cluster;
use crate::api::Str;
use crate::api::core::Pod;
use crate::apiserver::Key;
use crate::kubelet::PodEffect;
use crate::kubelet::runtime::{EffectResult, HttpOutcome, HttpReply, HttpRequest};
use crate::network::ingress::pages::Page;
use crate::network::route::{Ask, Delivery, End, Proxy, Route, Target, World};
use crate::network::traffic::Source;
use crate::network::{Failure, FailureKind, Hop, HopKind, Memory, Origin, Outcome, Request, Sender, Url, route};
use crate::sim::{Duration, SimTime};

/// The owner of the wiring's own timers; no component has this number.
pub(super) const OWNER: u8 = 250;
/// An answer reaches a process.
const ANSWER: u8 = 0;
/// A source of traffic sends.
const SEND: u8 = 1;

/// How long a client waits for a connection: Linux gives up after about two minutes.
const CONNECT_PATIENCE: Duration = Duration::from_secs(127);
/// How long a client waits for an answer.
const REPLY_PATIENCE: Duration = Duration::from_secs(300);
/// How long the Ingress controller waits for a connection and for an answer.
// Models ingress-nginx's default proxy-connect-timeout and proxy-read-timeout.
const INGRESS_CONNECT_PATIENCE: Duration = Duration::from_secs(5);
const INGRESS_REPLY_PATIENCE: Duration = Duration::from_secs(60);
/// How deep servers that call servers may nest.
const CALLS_MAX: u32 = 12;
/// How many requests are remembered for the picture.
const TRIPS_MAX: usize = 256;

/// A request that was sent, for the picture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trip {
    /// Never used twice.
    pub id: u64,
    /// Who sent it.
    pub from: Origin,
    /// Its method.
    pub method: Str,
    /// Where to.
    pub url: Str,
    /// When it was sent.
    pub at: SimTime,
    /// From the first byte sent to the last one received.
    pub latency: Duration,
    /// The way there, the sender first.
    pub hops: Vec<Hop>,
    /// The status, or why there is none.
    pub result: Result<u16, Failure>,
}

/// What the wiring remembers of the network.
#[derive(Clone, Debug, Default)]
pub(super) struct Network {
    memory: Memory,
    sources: Vec<Source>,
    trips: VecDeque<Rc<Trip>>,
    trip_count: u64,
    /// Answers on their way to processes.
    answers: BTreeMap<u64, (PodEffect, EffectResult)>,
    answer_count: u64,
}

impl Cluster {
    /// Sends a request now. It takes no virtual time: the outcome says how long it would have taken.
    pub fn fetch(&mut self, request: &Request) -> Outcome {
        let outcome = self.exchange(request, self.now, 0);
        self.serve_effects();
        outcome
    }

    /// The requests that were sent last, oldest first.
    pub fn requests(&self) -> impl DoubleEndedIterator<Item = &Rc<Trip>> {
        self.network.trips.iter()
    }

    /// Sends a request that leaves at `at`, and remembers it.
    fn exchange(&mut self, request: &Request, at: SimTime, depth: u32) -> Outcome {
        let outcome = match self.address(request) {
            Ok((sender, url)) => self.send(request, &sender, &url, at, depth),
            Err(failure) => Outcome {
                result: Err(failure),
                headers: Vec::new(),
                body: Str::default(),
                latency: Duration::ZERO,
                hops: Vec::new(),
                address: Str::default(),
            },
        };
        self.remember(request, at, &outcome);
        outcome
    }

    fn address(&self, request: &Request) -> Result<(Sender, Url), Failure> {
        let failure = |kind, why: String| Failure {
            kind,
            host: why.into(),
            port: 0,
            after: Duration::ZERO,
        };
        let url = Url::parse(&request.url).map_err(|why| failure(FailureKind::BadUrl, why))?;
        let sender = Sender::of(&self.api, &request.from).map_err(|why| failure(FailureKind::NoSender, why))?;
        Ok((sender, url))
    }

    fn send(&mut self, request: &Request, sender: &Sender, url: &Url, at: SimTime, depth: u32) -> Outcome {
        let named = request
            .headers
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case("host"));
        let host = named.map_or_else(|| url.host_header(), |(_, host)| host.clone());
        let ask = Ask {
            method: &request.method,
            host: &host,
            headers: &request.headers,
        };
        let Route { hops, address, end } = self.route_to(sender, url, &ask, at);
        let flight = Flight {
            url,
            host: &host,
            hops,
            address,
            at,
            hop: self.delays.hop,
            spent: Duration::ZERO,
            depth,
        };
        match end {
            // Packets to a machine that is off are lost on the way, whatever lies behind it.
            _ if self.is_lost(&flight.hops) => flight.failed(FailureKind::ConnectTimeout),
            End::Failed(kind) => flight.failed(kind),
            End::Page(page) => flight.page(&page),
            End::Pods(delivery) => self.hand_over(request, flight, &delivery),
        }
    }

    fn route_to(&mut self, sender: &Sender, url: &Url, ask: &Ask<'_>, at: SimTime) -> Route {
        let mut world = World {
            api: &self.api,
            memory: &mut self.network.memory,
            seed: self.seed,
            now: at,
            hop: self.delays.hop,
        };
        route(&mut world, sender, url, ask)
    }

    fn is_lost(&self, hops: &[Hop]) -> bool {
        // The first hop is the sender.
        let mut nodes = hops.iter().skip(1).filter(|hop| hop.kind == HopKind::Node);
        nodes.any(|hop| !self.components.kubelet.is_powered(&hop.name))
    }

    /// Hands a request to the first pod that takes it.
    fn hand_over(&mut self, request: &Request, mut flight: Flight<'_>, delivery: &Delivery) -> Outcome {
        let http = flight.http(request, delivery);
        let is_proxied = delivery.by != Proxy::None;
        self.copy_to(delivery, &http);
        let (connect_patience, reply_patience) = if is_proxied {
            (INGRESS_CONNECT_PATIENCE, INGRESS_REPLY_PATIENCE)
        } else {
            (CONNECT_PATIENCE, REPLY_PATIENCE)
        };
        let mut last = FailureKind::Refused;
        for target in &delivery.targets {
            flight.arrive(target);
            let http = HttpRequest {
                port: target.port,
                ..http.clone()
            };
            last = match self.ask(target, &http) {
                Ok(HttpOutcome::Reply(reply)) => {
                    let before = flight.way() * 2 + flight.spent;
                    let outcome = self.answer(flight, target, reply);
                    return passed_back(outcome, delivery, before);
                }
                Ok(HttpOutcome::Refused) => FailureKind::Refused,
                Ok(HttpOutcome::Eof) => FailureKind::Empty,
                Ok(HttpOutcome::NoReply) => FailureKind::ReplyTimeout,
                Err(kind) => kind,
            };
            flight.spent = flight.spent
                + match last {
                    FailureKind::ConnectTimeout => connect_patience,
                    FailureKind::ReplyTimeout => delivery.patience.unwrap_or(reply_patience),
                    _ => Duration::ZERO,
                };
            // A request that was taken is not sent again.
            if last == FailureKind::ReplyTimeout {
                break;
            }
        }
        match last {
            FailureKind::ConnectTimeout | FailureKind::ReplyTimeout if is_proxied => flight.page(&Page::of(504)),
            _ if is_proxied => flight.page(&Page::of(502)),
            kind => flight.failed(kind),
        }
    }

    /// Hands copies of a request to those that a proxy mirrors it to. Their answers go nowhere.
    fn copy_to(&mut self, delivery: &Delivery, http: &HttpRequest) {
        for target in &delivery.mirrors {
            let http = HttpRequest {
                port: target.port,
                ..http.clone()
            };
            drop(self.ask(target, &http));
        }
    }

    /// What a pod does with a request, or why it never gets there.
    fn ask(&mut self, target: &Target, http: &HttpRequest) -> Result<HttpOutcome, FailureKind> {
        let key = self.reach(target)?;
        self.metering.count(self.now, &key, target.port);
        Ok(self.http_of_pod(&key.namespace, &key.name, http))
    }

    /// The pod behind a target, where packets get there.
    fn reach(&self, target: &Target) -> Result<Key, FailureKind> {
        let key = target.pod.clone().ok_or(FailureKind::ConnectTimeout)?;
        if target.is_dropped || !self.components.kubelet.is_powered(&target.node) {
            return Err(FailureKind::ConnectTimeout);
        }
        let pod = self.api.get_key::<Pod>(&key);
        // The endpoints may be older than the pods.
        match pod.filter(|pod| pod.status.pod_ip == target.address && !pod.is_finished()) {
            Some(_) => Ok(key),
            None => Err(FailureKind::Unreachable),
        }
    }

    /// An answer, after the requests that the server makes before it gives one.
    fn answer(&mut self, mut flight: Flight<'_>, target: &Target, reply: HttpReply) -> Outcome {
        flight.spent = flight.spent + reply.latency;
        for call in &reply.calls {
            let Some(key) = target.pod.clone() else { break };
            let is_endless = flight.depth >= CALLS_MAX;
            if let Some(url) = Url::parse(call).ok().filter(|url| is_local(&url.host)) {
                match self.ask_neighbour(&key, &url, flight.depth) {
                    Some(latency) => flight.spent = flight.spent + latency,
                    None => return flight.page(&Page::of(502)),
                }
                continue;
            }
            let request = Request::get(Origin::Pod(key), call);
            let at = flight.at + flight.way() + flight.spent;
            let outcome = (!is_endless).then(|| self.exchange(&request, at, flight.depth + 1));
            flight.spent = flight.spent + outcome.as_ref().map_or(Duration::ZERO, |outcome| outcome.latency);
            if outcome.is_none_or(|outcome| outcome.result.is_err() || outcome.status() >= 500) {
                return flight.page(&Page::of(502));
            }
        }
        flight.replied(reply)
    }

    /// A request over the loopback of a pod, which no rule of the network sees: how long the answer took, where it was a
    /// good one.
    fn ask_neighbour(&mut self, pod: &Key, url: &Url, depth: u32) -> Option<Duration> {
        let http = HttpRequest {
            method: "GET".into(),
            scheme: url.scheme.clone(),
            host: url.host.clone(),
            port: url.port,
            path: url.path.clone(),
            headers: vec![("Host".into(), url.host_header())],
            body: Str::default(),
        };
        let HttpOutcome::Reply(reply) = self.http_of_pod(&pod.namespace, &pod.name, &http) else {
            return None;
        };
        let mut latency = reply.latency;
        for call in &reply.calls {
            let local = Url::parse(call).ok().filter(|url| is_local(&url.host));
            let local = local.filter(|_| depth < CALLS_MAX)?;
            latency = latency + self.ask_neighbour(pod, &local, depth + 1)?;
        }
        (reply.status < 500).then_some(latency)
    }

    fn remember(&mut self, request: &Request, at: SimTime, outcome: &Outcome) {
        let network = &mut self.network;
        network.trip_count += 1;
        if network.trips.len() == TRIPS_MAX {
            network.trips.pop_front();
        }
        network.trips.push_back(Rc::new(Trip {
            id: network.trip_count,
            from: request.from.clone(),
            method: request.method.clone(),
            url: request.url.clone(),
            at,
            latency: outcome.latency,
            hops: outcome.hops.clone(),
            result: outcome.result.clone(),
        }));
    }

    /// A timer of the wiring's own.
    pub(super) fn on_network_timer(&mut self, purpose: u8, object: u64) {
        match purpose {
            ANSWER => self.give_answer(object),
            _ => self.send_of_source(object),
        }
    }
}

fn is_local(host: &str) -> bool {
    matches!(host, "localhost" | "127.0.0.1" | "[::1]" | "::1")
}

/// What the sender gets of an answer: a proxy changes its headers, and gives up when it comes too late. `before` is what the
/// way takes without the server.
fn passed_back(mut outcome: Outcome, delivery: &Delivery, before: Duration) -> Outcome {
    if let Some(patience) = delivery.patience
        && outcome.latency > before + patience
    {
        let page = Page::of(504);
        return Outcome {
            result: Ok(page.status),
            headers: page.headers,
            body: page.body,
            latency: before + patience,
            ..outcome
        };
    }
    delivery.reply.iter().for_each(|edit| edit.apply(&mut outcome.headers));
    outcome
}

/// A request under way.
struct Flight<'a> {
    url: &'a Url,
    host: &'a Str,
    hops: Vec<Hop>,
    address: Str,
    at: SimTime,
    hop: Duration,
    /// Time spent other than on the way.
    spent: Duration,
    depth: u32,
}

impl Flight<'_> {
    /// How long the way is, one way.
    fn way(&self) -> Duration {
        self.hop * (self.hops.len() as u64).saturating_sub(1)
    }

    fn arrive(&mut self, target: &Target) {
        let at = self.at + self.hop * self.hops.len() as u64 + self.spent;
        let pod = target.pod.clone();
        self.hops.push(Hop {
            kind: HopKind::Pod,
            namespace: pod.as_ref().map(|pod| pod.namespace.clone()).unwrap_or_default(),
            name: pod.map(|pod| pod.name).unwrap_or_default(),
            address: format!("{}:{}", target.address, target.port).into(),
            at,
            rule: target.rule.clone(),
        });
    }

    /// The request as the pod sees it.
    fn http(&self, request: &Request, delivery: &Delivery) -> HttpRequest {
        let is_host = |name: &Str| name.eq_ignore_ascii_case("host");
        let mut headers = vec![(Str::from("Host"), self.host.clone())];
        headers.extend(request.headers.iter().filter(|(name, _)| !is_host(name)).cloned());
        headers.extend(delivery.headers.iter().cloned());
        let headers = delivery.sent.clone().unwrap_or(headers);
        HttpRequest {
            method: request.method.clone(),
            scheme: self.url.scheme.clone(),
            host: self.url.host.clone(),
            port: self.url.port,
            path: delivery.path.clone().unwrap_or_else(|| self.url.path.clone()),
            headers,
            body: request.body.clone(),
        }
    }

    fn outcome(self, result: Result<u16, Failure>, headers: Vec<(Str, Str)>, body: Str, latency: Duration) -> Outcome {
        Outcome {
            result,
            headers,
            body,
            latency,
            hops: self.hops,
            address: self.address,
        }
    }

    fn failed(self, kind: FailureKind) -> Outcome {
        let round = self.way() * 2;
        let after = match kind {
            FailureKind::ConnectTimeout => CONNECT_PATIENCE,
            FailureKind::ReplyTimeout => REPLY_PATIENCE,
            _ => round + self.spent,
        };
        let failure = Failure {
            kind,
            host: self.url.host.clone(),
            port: self.url.port,
            after,
        };
        self.outcome(Err(failure), Vec::new(), Str::default(), after)
    }

    fn page(self, page: &Page) -> Outcome {
        let latency = self.way() * 2 + self.spent;
        self.outcome(Ok(page.status), page.headers.clone(), page.body.clone(), latency)
    }

    fn replied(self, reply: HttpReply) -> Outcome {
        let latency = self.way() * 2 + self.spent;
        self.outcome(Ok(reply.status), reply.headers, reply.body, latency)
    }
}
