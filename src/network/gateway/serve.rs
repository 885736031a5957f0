//! What the proxy of a Gateway does with a request.

use std::rc::Rc;

use serde_json::Value;

use super::filters::{Effects, Entry};
use super::headers::{Edit, Headers};
use super::matching::{Head, Hit, find};
use super::{closest, timeouts};
use crate::api::gateway::{GRPC_ROUTE, HTTP_ROUTE, TCP_ROUTE, items, text};
use crate::api::{Dynamic, Str};
use crate::client::gateway::{Attachment, Backend, Listener, Refusal, attached, backend, effective, is_same, is_valid};
use crate::network::addresses::is_address;
use crate::network::endpoints::of_port;
use crate::network::ingress::in_turn;
use crate::network::ingress::pages::Page;
use crate::network::request::{FailureKind, HopKind};
use crate::network::route::{Ask, Delivery, End, Proxy, Target, Trail};
use crate::network::url::Url;

/// Serves a request that has reached the proxy.
pub(in crate::network) fn serve(
    trail: &mut Trail<'_, '_>,
    gateway: &Rc<Dynamic>,
    url: &Url,
    ask: &Ask<'_>,
    why: &str,
) -> End {
    let api = trail.api();
    let all = effective(api, gateway);
    let open: Vec<&Listener> = all
        .iter()
        .filter(|listener| listener.port() == url.port && is_valid(api, listener))
        .collect();
    let head = Head {
        method: ask.method,
        host: bare(ask.host),
        path: &url.path,
        headers: ask.headers,
    };
    let visit = Visit {
        gateway,
        url,
        head: &head,
        why,
    };
    if let Some(listener) = open.iter().find(|listener| listener.protocol() == "TCP") {
        return visit.connect(trail, listener);
    }
    let listener = match visit.listener(&open) {
        Ok(listener) => listener,
        Err(refused) => return visit.refuse(trail, refused),
    };
    let hit = match visit.enter(trail, listener) {
        Ok(hit) => hit,
        Err(status) => return visit.page(status),
    };
    visit.follow(trail, listener, &hit)
}

/// A host without its port.
fn bare(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    }
}

/// A request at a Gateway.
struct Visit<'a> {
    gateway: &'a Rc<Dynamic>,
    url: &'a Url,
    head: &'a Head<'a>,
    why: &'a str,
}

/// Why no listener takes a request: the status of the answer where there is one, else how the connection fails.
type NoListener = (Result<u16, FailureKind>, String);

impl Visit<'_> {
    /// The listener that takes the request.
    fn listener<'l>(&self, open: &[&'l Listener]) -> Result<&'l Listener, NoListener> {
        let port = self.url.port;
        let is_tls = |listener: &Listener| listener.protocol() == "HTTPS";
        let http: Vec<&Listener> = open
            .iter()
            .copied()
            .filter(|listener| matches!(listener.protocol(), "HTTP" | "HTTPS"))
            .collect();
        let Some(first) = http.first() else {
            return Err((Err(FailureKind::Refused), format!("no listener has port {port}")));
        };
        if is_tls(first) != (&*self.url.scheme == "https") {
            return Err(if is_tls(first) {
                (Ok(400), format!("port {port} speaks HTTPS only: 400"))
            } else {
                (Err(FailureKind::Empty), format!("port {port} speaks no TLS"))
            });
        }
        let host = self.head.host;
        let by_host = closest(&http, host);
        // The name that the client greets with chooses the certificate, and with it the listener.
        let greeted = match is_address(&self.url.host) {
            true => by_host,
            false => closest(&http, &self.url.host),
        };
        match (greeted, by_host) {
            (None, _) if is_tls(first) => Err((
                Err(FailureKind::Empty),
                format!("no listener has a certificate for {}", self.url.host),
            )),
            (Some(greeted), Some(by_host)) if is_tls(first) && greeted.name() != by_host.name() => Err((
                Ok(421),
                format!("the connection was made for another host than {host}: 421"),
            )),
            (_, Some(listener)) => Ok(listener),
            (_, None) => Err((Ok(404), format!("no listener has the hostname {host}: 404"))),
        }
    }

    fn go(&self, trail: &mut Trail<'_, '_>, rule: &str) {
        let address = format!("{}:{}", trail.address, self.url.port).into();
        let (meta, rule) = (&self.gateway.meta, format!("{}{rule}", self.why));
        trail.go(HopKind::Gateway, &meta.namespace, &meta.name, address, rule);
    }

    fn refuse(&self, trail: &mut Trail<'_, '_>, (result, why): NoListener) -> End {
        self.go(trail, &why);
        match result {
            Ok(status) => self.page(status),
            Err(kind) => End::Failed(kind),
        }
    }

    /// An answer of the proxy itself; a caller of gRPC gets it in the words of gRPC.
    // Models the mapping of HTTP to gRPC statuses, grpc/doc/http-grpc-status-mapping.md.
    fn page(&self, status: u16) -> End {
        if !self.head.is_grpc() {
            return End::Page(Page::of(status));
        }
        let code = match status {
            400 | 500 => "13",
            404 => "12",
            _ => "14",
        };
        End::Page(Page {
            status: 200,
            headers: vec![
                ("Content-Type".into(), "application/grpc".into()),
                ("Grpc-Status".into(), code.into()),
            ],
            body: Str::default(),
        })
    }

    /// Through the listener to the rule that the request meets; else the status of the answer.
    fn enter(&self, trail: &mut Trail<'_, '_>, listener: &Listener) -> Result<Hit, u16> {
        let name = listener.name();
        let host = listener.hostname();
        let of = if host.is_empty() { "any host" } else { host };
        let words = format!("listener {name}: port {}, {of}", listener.port());
        let attached = attached(trail.api(), self.gateway, &[HTTP_ROUTE, GRPC_ROUTE]);
        let is_here =
            |(_, known): &&Attachment| known.name() == listener.name() && is_same(&known.owner, &listener.owner);
        let here: Vec<&Rc<Dynamic>> = attached.iter().filter(is_here).map(|(route, _)| route).collect();
        let hit = find(here.iter().copied(), self.head);
        let Some(hit) = hit else {
            let why = match here.len() {
                0 => "no route is attached to it: 404".to_owned(),
                count => format!("no rule of its {count} routes matches: 404"),
            };
            self.go(trail, &format!("{words}; {why}"));
            return Err(404);
        };
        self.go(trail, &words);
        Ok(hit)
    }

    /// A connection of TCP: it goes to a backend of the oldest route, whatever is said on it.
    // Models the Gateway API, TCPRoute.
    fn connect(&self, trail: &mut Trail<'_, '_>, listener: &Listener) -> End {
        let words = format!("listener {}: port {}, TCP", listener.name(), listener.port());
        let attached = attached(trail.api(), self.gateway, &[TCP_ROUTE]);
        let here = attached
            .into_iter()
            .filter(|(_, known)| known.name() == listener.name() && is_same(&known.owner, &listener.owner));
        let route = here.map(|(route, _)| route).min_by_key(|route| {
            (
                route.meta.creation_timestamp,
                route.meta.namespace.clone(),
                route.meta.name.clone(),
            )
        });
        let Some(route) = route else {
            self.go(trail, &format!("{words}; no route is attached to it"));
            return End::Failed(FailureKind::Refused);
        };
        self.go(trail, &words);
        let hit = Hit::first_rule(route);
        let chosen = self.choose(trail, &hit);
        let found = chosen.and_then(|(number, reference)| {
            let found = backend(trail.api(), &hit.route, reference);
            found
                .map(|found| (number, found))
                .map_err(|why| format!("{}: {}", why.reason, why.message))
        });
        let meta = &hit.route.meta;
        let why = match &found {
            Ok(_) => "the oldest route of the listener".to_owned(),
            Err(why) => format!("the oldest route of the listener; {why}"),
        };
        trail.go(HopKind::TcpRoute, &meta.namespace, &meta.name, Str::default(), why);
        let Ok((number, found)) = found else {
            return End::Failed(FailureKind::Refused);
        };
        let words = format!("backend {number} of the rule, by weight");
        match endpoints(trail, &found, &words) {
            Some(targets) => End::Pods(Delivery {
                targets,
                ..Delivery::default()
            }),
            None => End::Failed(FailureKind::Refused),
        }
    }

    /// Through the rule to its answer or its backend.
    fn follow(&self, trail: &mut Trail<'_, '_>, listener: &Listener, hit: &Hit) -> End {
        let mut effects = Effects::default();
        let entry = Entry {
            scheme: &self.url.scheme,
            port: listener.port(),
        };
        let rule = hit.spec();
        let added = effects.add(&rule["filters"], self.head, entry, hit.prefix.as_deref());
        if added.is_err() || effects.answer.is_some() {
            return self.answer(trail, hit, added, effects);
        }
        let (number, reference) = match self.choose(trail, hit) {
            Ok(chosen) => chosen,
            Err(why) => return self.fail(trail, hit, &why, 500),
        };
        let added = effects.add(&reference["filters"], self.head, entry, hit.prefix.as_deref());
        if added.is_err() || effects.answer.is_some() {
            return self.answer(trail, hit, added, effects);
        }
        let found = match backend(trail.api(), &hit.route, reference) {
            Ok(found) => found,
            Err(Refusal { reason, message }) => {
                let why = format!("backend {number} is invalid ({reason}: {message}): 500");
                return self.fail(trail, hit, &why, 500);
            }
        };
        let (mirrors, copied) = mirrors(trail, hit, &effects.mirrors);
        self.at_rule(trail, hit, &format!("{}{copied}", filter_words(rule, reference)));
        let words = format!("backend {number} of the rule, by weight");
        let Some(targets) = endpoints(trail, &found, &words) else {
            return self.page(503);
        };
        End::Pods(Delivery {
            targets,
            by: Proxy::Gateway(self.gateway.clone()),
            path: effects.path.take().map(Str::from),
            headers: Vec::new(),
            sent: Some(self.sent(&trail.sender.address, &effects)),
            reply: effects.reply,
            patience: timeouts::patience(rule),
            mirrors,
        })
    }

    fn at_rule(&self, trail: &mut Trail<'_, '_>, hit: &Hit, more: &str) {
        let kind = if hit.route.kind == GRPC_ROUTE {
            HopKind::GrpcRoute
        } else {
            HopKind::HttpRoute
        };
        let meta = &hit.route.meta;
        let rule = format!("{}{more}", hit.words);
        trail.go(kind, &meta.namespace, &meta.name, Str::default(), rule);
    }

    fn fail(&self, trail: &mut Trail<'_, '_>, hit: &Hit, why: &str, status: u16) -> End {
        self.at_rule(trail, hit, &format!("; {why}"));
        self.page(status)
    }

    /// The answer that filters give.
    fn answer(&self, trail: &mut Trail<'_, '_>, hit: &Hit, added: Result<(), String>, effects: Effects) -> End {
        if let Err(filter) = added {
            let why = format!("the filter {filter} is not simulated: 500");
            return self.fail(trail, hit, &why, 500);
        }
        let (status, mut headers) = effects.answer.unwrap_or((500, Headers::new()));
        let is_redirect = (300..400).contains(&status);
        let what = if is_redirect {
            "the filter redirects"
        } else {
            "the filter CORS answers"
        };
        self.at_rule(trail, hit, &format!("; {what}: {status}"));
        let mut page = Page::of(status);
        effects.reply.iter().for_each(|edit| edit.apply(&mut headers));
        page.headers.extend(headers);
        if !is_redirect {
            page.body = Str::default();
        }
        End::Page(page)
    }

    /// The backend of the rule whose turn it is, by weight, with its number from one.
    // Models the Gateway API, BackendRef.weight.
    fn choose<'h>(&self, trail: &mut Trail<'_, '_>, hit: &'h Hit) -> Result<(usize, &'h Value), String> {
        let references: Vec<&Value> = items(&hit.spec()["backendRefs"]).collect();
        let weight = |reference: &Value| reference["weight"].as_u64().unwrap_or(1);
        let total: u64 = references.iter().map(|reference| weight(reference)).sum();
        if total == 0 {
            let why = if references.is_empty() {
                "the rule has no backend: 500"
            } else {
                "no backend of the rule has weight: 500"
            };
            return Err(why.to_owned());
        }
        let meta = &hit.route.meta;
        let what = format!("{}/{} {}", meta.namespace, meta.name, hit.rule);
        let mut left = match references.len() {
            1 => 0,
            _ => trail.world.memory.draw(trail.world.seed, "gateway", &what).below(total),
        };
        for (index, reference) in references.into_iter().enumerate() {
            match left.checked_sub(weight(reference)) {
                Some(rest) => left = rest,
                None => return Ok((index + 1, reference)),
            }
        }
        Err("the rule has no backend: 500".to_owned())
    }

    /// The headers as the backend sees them.
    fn sent(&self, client: &Str, effects: &Effects) -> Headers {
        let is_host = |name: &Str| name.eq_ignore_ascii_case("host");
        let mut headers: Headers = self
            .head
            .headers
            .iter()
            .filter(|(name, _)| !is_host(name))
            .cloned()
            .collect();
        Edit::Add("X-Forwarded-For".into(), client.clone()).apply(&mut headers);
        Edit::Set("X-Forwarded-Proto".into(), self.url.scheme.clone()).apply(&mut headers);
        effects.request.iter().for_each(|edit| edit.apply(&mut headers));
        let host = effects.host.clone().unwrap_or_else(|| self.head.host.into());
        headers.retain(|(name, _)| !is_host(name));
        headers.insert(0, ("Host".into(), host));
        headers
    }
}

/// The filters of a rule and its backend, in words.
fn filter_words(rule: &Value, reference: &Value) -> String {
    let all: Vec<&str> = items(&rule["filters"])
        .chain(items(&reference["filters"]))
        .map(|filter| text(&filter["type"]))
        .collect();
    if all.is_empty() {
        String::new()
    } else {
        format!("; filters: {}", all.join(" "))
    }
}

/// The endpoints of a backend in the order in which they are tried; none where there are none.
fn endpoints(trail: &mut Trail<'_, '_>, backend: &Backend, words: &str) -> Option<Vec<Target>> {
    let (service, port) = (&backend.service, &backend.port);
    let meta = &service.meta;
    let mut ready = of_port(trail.api(), service, port);
    ready.retain(|endpoint| endpoint.ready);
    let address = format!("{}:{}", service.spec.cluster_ip, port.port).into();
    let rule = if ready.is_empty() {
        format!("{words}; the Service has no ready endpoint: 503")
    } else {
        format!("{words}; the proxy goes to its endpoints, not to its address")
    };
    trail.go(HopKind::Service, &meta.namespace, &meta.name, address, rule);
    let what = format!("{}/{}:{}", meta.namespace, meta.name, port.port);
    (!ready.is_empty()).then(|| in_turn(trail, ready, &what))
}

/// The endpoints that get a copy of the request, and what is said of them.
// Models the Gateway API, HTTPRequestMirrorFilter.
fn mirrors(trail: &mut Trail<'_, '_>, hit: &Hit, filters: &[Value]) -> (Vec<Target>, String) {
    let (mut targets, mut words) = (Vec::new(), String::new());
    for filter in filters {
        let Ok(found) = backend(trail.api(), &hit.route, &filter["backendRef"]) else {
            continue;
        };
        let (of, parts) = match filter["percent"].as_u64() {
            Some(percent) => (100, percent),
            None => (
                filter["fraction"]["denominator"].as_u64().unwrap_or(100),
                filter["fraction"]["numerator"].as_u64().unwrap_or(u64::MAX),
            ),
        };
        let meta = &found.service.meta;
        let what = format!("{}/{}:{}", meta.namespace, meta.name, found.port.port);
        if parts < of
            && trail
                .world
                .memory
                .draw(trail.world.seed, "gateway-mirror", &what)
                .below(of)
                >= parts
        {
            continue;
        }
        let mut ready = of_port(trail.api(), &found.service, &found.port);
        ready.retain(|endpoint| endpoint.ready);
        if !ready.is_empty() {
            words = format!("{words}; a copy goes to Service {}", meta.name);
            targets.extend(in_turn(trail, ready, &what).into_iter().next());
        }
    }
    (targets, words)
}
