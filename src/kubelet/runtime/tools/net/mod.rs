//! Tools that ask the network.

use crate::kubelet::runtime::kernel::Sys;

use crate::kubelet::runtime::net::{
    EffectRequest, EffectResult, HttpOutcome, HttpReply, HttpRequest, NetError, TcpOutcome, parse_url, status_text,
};

use crate::kubelet::runtime::process::{Base, Program, Step, Wait};

use crate::kubelet::runtime::servers;

mod connect;
mod curl;
mod lookup;
mod wget;

use super::Str;
pub(crate) use connect::{client, grpc_health_probe, nc, ping};
use connect::{client_answer, connect_answer, grpc_answer};
pub(crate) use curl::curl;
use curl::{Curl, Next};
use lookup::{LookupStyle, lookup_answer};
pub(crate) use lookup::{dig, getent, nslookup};
use wget::Wget;
pub(crate) use wget::wget;

use crate::sim::{Duration, SimTime};

/// How long a connection is tried when the tool sets no limit: Linux gives up after about two minutes.
const CONNECT_PATIENCE: Duration = Duration::from_secs(127);

/// How long a name is asked for.
const DNS_PATIENCE: Duration = Duration::from_secs(10);

/// Redirects followed at most.
const REDIRECTS_MAX: u32 = 10;

/// A tool that waits for the network.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Fetch {
    stage: Stage,
    waiting: Option<Wait>,
    started: SimTime,
    kind: Kind,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Stage {
    Ask,
    Answer,
    /// Between tries of `curl --retry` and pings.
    Pause(SimTime),
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Kind {
    Wget(Box<Wget>),
    Curl(Box<Curl>),
    Lookup {
        name: Str,
        style: LookupStyle,
    },
    Connect {
        host: Str,
        port: u16,
        patience: Duration,
        verbose: bool,
    },
    Ping {
        host: Str,
        left: u32,
        sent: u32,
        received: u32,
        patience: Duration,
    },
    Grpc {
        host: Str,
        port: u16,
        service: Str,
        patience: Duration,
    },
    Client {
        name: Str,
        host: Str,
        port: u16,
        args: Vec<Str>,
    },
}

fn start(sys: &Sys<'_, '_>, kind: Kind) -> Step {
    Step::Become(Program::Fetch(Box::new(Fetch {
        stage: Stage::Ask,
        waiting: None,
        started: sys.now,
        kind,
    })))
}

fn fail(base: &mut Base, sys: &mut Sys<'_, '_>, text: &str, code: i32) -> Step {
    sys.err(base, text);
    Step::Exit(code)
}

/// Whether a host means this pod.
fn is_local(sys: &Sys<'_, '_>, host: &str) -> bool {
    let spec = &sys.host.spec;
    host == "localhost"
        || host.starts_with("127.")
        || host == "::1"
        || !host.is_empty() && (*spec.ip == *host || *spec.hostname == *host)
}

impl Fetch {
    pub(crate) fn step(&mut self, base: &mut Base, sys: &mut Sys<'_, '_>) -> Step {
        match self.stage {
            Stage::Pause(until) => {
                if sys.now < until {
                    return Step::Wait(Wait::Until(until));
                }
                self.stage = Stage::Ask;
                Step::Ready
            }
            Stage::Ask => {
                if let Some(until) = sys.admit_request() {
                    return Step::Wait(Wait::Until(until));
                }
                self.stage = Stage::Answer;
                let (request, patience) = self.request();
                if let Some(result) = local_answer(sys, &request) {
                    return self.answer(Some(result), base, sys);
                }
                let wait = sys.ask(request, patience);
                self.waiting = Some(wait);
                Step::Wait(wait)
            }
            Stage::Answer => {
                let Some(Wait::Effect(id, _)) = self.waiting.take() else {
                    return Step::Exit(1);
                };
                let result = sys.take_result(id);
                self.answer(result, base, sys)
            }
        }
    }

    fn request(&self) -> (EffectRequest, Duration) {
        match &self.kind {
            Kind::Wget(wget) => (EffectRequest::Http(wget.request.clone()), wget.patience),
            Kind::Curl(curl) => (
                EffectRequest::Http(curl.requests.first().cloned().unwrap_or_default()),
                curl.patience,
            ),
            Kind::Lookup { name, .. } => (EffectRequest::Dns { name: name.clone() }, DNS_PATIENCE),
            Kind::Connect {
                host, port, patience, ..
            } => (
                EffectRequest::Tcp {
                    host: host.clone(),
                    port: *port,
                },
                *patience,
            ),
            Kind::Ping { host, patience, .. } => (EffectRequest::Ping { host: host.clone() }, *patience),
            Kind::Grpc {
                host,
                port,
                service,
                patience,
            } => (
                EffectRequest::Grpc {
                    host: host.clone(),
                    port: *port,
                    service: service.clone(),
                },
                *patience,
            ),
            Kind::Client { host, port, .. } => (
                EffectRequest::Tcp {
                    host: host.clone(),
                    port: *port,
                },
                CONNECT_PATIENCE,
            ),
        }
    }

    fn answer(&mut self, result: Option<EffectResult>, base: &mut Base, sys: &mut Sys<'_, '_>) -> Step {
        let result = result.unwrap_or(EffectResult::Failed(NetError::Timeout { address: "".into() }));
        let took = sys.now.since(self.started);
        match &mut self.kind {
            Kind::Wget(wget) => match wget.answer(result, base, sys) {
                Some(step) => step,
                None => self.again(),
            },
            Kind::Curl(curl) => match curl.answer(result, took, base, sys) {
                Next::Step(step) => step,
                Next::Again => self.again(),
                Next::Pause(span) => {
                    self.stage = Stage::Pause(sys.now + span);
                    Step::Ready
                }
            },
            Kind::Lookup { name, style } => lookup_answer(name, *style, &result, base, sys),
            Kind::Connect {
                host, port, verbose, ..
            } => connect_answer(host, *port, *verbose, &result, base, sys),
            Kind::Ping { .. } => self.ping_answer(result, base, sys),
            Kind::Grpc { host, port, .. } => grpc_answer(host, *port, &result, base, sys),
            Kind::Client { name, host, port, args } => client_answer(name, host, *port, args, &result, base, sys),
        }
    }

    fn again(&mut self) -> Step {
        self.stage = Stage::Ask;
        Step::Ready
    }

    fn ping_answer(&mut self, result: EffectResult, base: &mut Base, sys: &mut Sys<'_, '_>) -> Step {
        let Kind::Ping {
            host,
            left,
            sent,
            received,
            ..
        } = &mut self.kind
        else {
            return Step::Exit(1);
        };
        *sent += 1;
        match result {
            EffectResult::Open { address } => {
                if *sent == 1 {
                    sys.out(base, &format!("PING {host} ({address}): 56 data bytes\n"));
                }
                sys.out(
                    base,
                    &format!("64 bytes from {address}: seq={} ttl=63 time=0.100 ms\n", *sent - 1),
                );
                *received += 1;
            }
            EffectResult::Failed(NetError::NoSuchHost { .. }) => {
                let text = format!("ping: bad address '{host}'\n");
                return fail(base, sys, &text, 1);
            }
            _ => {}
        }
        *left = left.saturating_sub(1);
        if *left > 0 {
            self.stage = Stage::Pause(sys.now + Duration::from_secs(1));
            return Step::Ready;
        }
        let loss = (*sent - *received) * 100 / (*sent).max(1);
        let text = format!(
            "\n--- {host} ping statistics ---\n{sent} packets transmitted, {received} packets received, {loss}% packet loss\n"
        );
        sys.out(base, &text);
        Step::Exit(i32::from(*received == 0))
    }
}

/// What this container's own servers say, without asking the owner.
fn local_answer(sys: &mut Sys<'_, '_>, request: &EffectRequest) -> Option<EffectResult> {
    let address = |host: &str| Str::from(if host == "localhost" { "127.0.0.1" } else { host });
    match request {
        EffectRequest::Http(http) if is_local(sys, &http.host) && servers::listens(sys.kernel, http.port, sys.now) => {
            let address = address(&http.host);
            Some(match servers::http(sys.kernel, sys.fs, sys.host, http, sys.now) {
                HttpOutcome::Reply(reply) => EffectResult::Http { address, reply },
                HttpOutcome::Refused => EffectResult::Failed(NetError::Refused { address }),
                HttpOutcome::NoReply => EffectResult::Failed(NetError::Timeout { address }),
                HttpOutcome::Eof => EffectResult::Failed(NetError::Eof { address }),
            })
        }
        EffectRequest::Tcp { host, port }
            if is_local(sys, host) && servers::tcp(sys.kernel, *port, sys.now) == TcpOutcome::Open =>
        {
            Some(EffectResult::Open { address: address(host) })
        }
        EffectRequest::Ping { host } if is_local(sys, host) => Some(EffectResult::Open { address: address(host) }),
        EffectRequest::Grpc { host, port, service }
            if is_local(sys, host) && servers::listens(sys.kernel, *port, sys.now) =>
        {
            Some(EffectResult::Grpc(servers::grpc_health(
                sys.kernel, sys.host, *port, service, sys.now,
            )))
        }
        EffectRequest::Dns { name } if matches!(&**name, "localhost") || **name == *sys.host.spec.hostname => {
            let addresses = vec![if &**name == "localhost" {
                "127.0.0.1".into()
            } else {
                sys.host.spec.ip.clone()
            }];
            Some(EffectResult::Dns {
                name: name.clone(),
                addresses,
                server: nameserver(sys),
            })
        }
        _ => None,
    }
}

fn nameserver(sys: &Sys<'_, '_>) -> Str {
    let line = sys
        .host
        .spec
        .resolv_conf
        .lines()
        .find_map(|line| line.strip_prefix("nameserver "));
    line.unwrap_or("10.96.0.10").trim().into()
}

fn redirect(request: &HttpRequest, reply: &HttpReply) -> Option<HttpRequest> {
    let location = matches!(reply.status, 301 | 302 | 303 | 307 | 308)
        .then(|| reply.header("Location"))
        .flatten()?;
    if location.starts_with('/') {
        return Some(HttpRequest {
            path: location.into(),
            ..request.clone()
        });
    }
    let mut next = parse_url(location)?;
    next.method = request.method.clone();
    next.headers = request
        .headers
        .iter()
        .filter(|(name, _)| !name.eq_ignore_ascii_case("host"))
        .cloned()
        .collect();
    Some(next)
}

fn header_lines(reply: &HttpReply, lead: &str) -> String {
    let mut text = format!("{lead}HTTP/1.1 {} {}\n", reply.status, status_text(reply.status));
    for (name, value) in &reply.headers {
        text.push_str(&format!("{lead}{name}: {value}\n"));
    }
    text.push_str(&format!("{lead}Content-Length: {}\n", reply.body.len()));
    text
}

fn seconds(text: &str) -> Duration {
    match super::numbers::parse_span(text) {
        Some(Some(span)) if span > Duration::ZERO => span,
        _ => CONNECT_PATIENCE,
    }
}
