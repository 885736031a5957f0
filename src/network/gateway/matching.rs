//! Which rule of which route a request meets.
// Models the Gateway API, HTTPRouteRule.matches, GRPCRouteRule.matches and `hostnames` of both.

use std::cmp::Reverse;
use std::rc::Rc;

use serde_json::Value;

use super::headers::value;
use crate::api::gateway::hostname::{self, Fit};
use crate::api::gateway::{GRPC_ROUTE, items, spec, text, text_or};
use crate::api::time::Time;
use crate::api::{Dynamic, Str};

/// What rules look at.
#[derive(Clone, Copy, Debug)]
pub(super) struct Head<'a> {
    /// The method.
    pub(super) method: &'a str,
    /// The host asked for, without its port.
    pub(super) host: &'a str,
    /// The path with its query.
    pub(super) path: &'a str,
    /// The headers.
    pub(super) headers: &'a [(Str, Str)],
}

impl Head<'_> {
    /// The path without its query.
    #[must_use]
    pub(super) fn bare_path(&self) -> &str {
        self.path.split('?').next().unwrap_or("/")
    }

    /// Whether it is a call of gRPC.
    #[must_use]
    pub(super) fn is_grpc(&self) -> bool {
        value(self.headers, "content-type").is_some_and(|kind| kind.starts_with("application/grpc"))
    }

    /// The first value of a parameter of the query.
    fn query(&self, name: &str) -> Option<&str> {
        let (_, query) = self.path.split_once('?')?;
        let pairs = query.split('&').map(|pair| pair.split_once('=').unwrap_or((pair, "")));
        pairs
            .into_iter()
            .find(|(known, _)| *known == name)
            .map(|(_, value)| value)
    }
}

/// A rule that a request meets.
#[derive(Clone, Debug)]
pub(super) struct Hit {
    /// The route.
    pub(super) route: Rc<Dynamic>,
    /// The place of its rule.
    pub(super) rule: u32,
    /// The prefix that matched, where one did.
    pub(super) prefix: Option<Str>,
    /// The rule, in words.
    pub(super) words: String,
}

impl Hit {
    /// The first rule of a route that has no matches.
    pub(super) const fn first_rule(route: Rc<Dynamic>) -> Self {
        Self {
            route,
            rule: 0,
            prefix: None,
            words: String::new(),
        }
    }

    /// What the route says of the rule.
    #[must_use]
    pub(super) fn spec(&self) -> &Value {
        &spec(&self.route)["rules"][place(self.rule)]
    }
}

/// How good a match is; the greater wins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Rank {
    host: Fit,
    /// Of a gRPC route: it means the call more closely than a path does.
    is_grpc: bool,
    /// The whole path; of a gRPC route, the characters of its service.
    first: u32,
    /// Characters of the prefix; of a gRPC route, of its method.
    second: u32,
    has_method: bool,
    headers: u32,
    query: u32,
}

/// The rule that a request meets, of these routes: the closest match, then the oldest route, then the first by name, then the
/// first rule.
#[must_use]
pub(super) fn find<'a>(routes: impl Iterator<Item = &'a Rc<Dynamic>>, head: &Head<'_>) -> Option<Hit> {
    type Found<'a> = (
        (Rank, Reverse<Option<Time>>, Reverse<(&'a Str, &'a Str)>, Reverse<usize>),
        &'a Rc<Dynamic>,
        usize,
        &'a Value,
    );
    let mut best: Option<Found<'_>> = None;
    for route in routes {
        let Some(host) = host_fit(route, head.host) else {
            continue;
        };
        for (rule, value) in items(&spec(route)["rules"]).enumerate() {
            let Some((rank, found)) = best_match(route, value, host, head) else {
                continue;
            };
            let meta = &route.meta;
            let key = (
                rank,
                Reverse(meta.creation_timestamp),
                Reverse((&meta.namespace, &meta.name)),
                Reverse(rule),
            );
            if best.as_ref().is_none_or(|(known, ..)| key > *known) {
                best = Some((key, route, rule, found));
            }
        }
    }
    let (_, route, rule, found) = best?;
    let is_prefix = text(&found["path"]["type"]) != "Exact" && route.kind != GRPC_ROUTE;
    Some(Hit {
        route: route.clone(),
        rule: size(rule),
        prefix: is_prefix.then(|| text_or(&found["path"]["value"], "/").into()),
        words: words(route, rule, found, head.host),
    })
}

fn size(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

fn place(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

/// How closely one of a route's hostnames fits.
fn host_fit(route: &Dynamic, host: &str) -> Option<Fit> {
    let mut names = items(&spec(route)["hostnames"]).map(text).peekable();
    if names.peek().is_none() {
        return Some(Fit::Any);
    }
    names.filter_map(|name| hostname::fit(name, host)).max()
}

static ANY: Value = Value::Null;

/// The best of a rule's matches that hold; without matches, one that takes all.
fn best_match<'v>(route: &Dynamic, rule: &'v Value, host: Fit, head: &Head<'_>) -> Option<(Rank, &'v Value)> {
    let mut matches: Vec<&Value> = items(&rule["matches"]).collect();
    if matches.is_empty() {
        matches.push(&ANY);
    }
    let rank = |one: &Value| match route.kind == GRPC_ROUTE {
        true => grpc_rank(one, host, head),
        false => http_rank(one, host, head),
    };
    let mut best: Option<(Rank, &Value)> = None;
    for one in matches {
        if let Some(rank) = rank(one)
            && best.is_none_or(|(known, _)| rank > known)
        {
            best = Some((rank, one));
        }
    }
    best
}

/// How well a match of an HTTPRoute holds; not at all for one that asks for a regular expression.
fn http_rank(one: &Value, host: Fit, head: &Head<'_>) -> Option<Rank> {
    let (path, wanted) = (head.bare_path(), text_or(&one["path"]["value"], "/"));
    let is_exact = match text_or(&one["path"]["type"], "PathPrefix") {
        "Exact" => (path == wanted).then_some(true),
        "PathPrefix" => is_prefix(wanted, path).then_some(false),
        _ => None,
    }?;
    let method = one["method"].as_str();
    let is_query = |param: &Value| head.query(text(&param["name"])) == param["value"].as_str() && is_plain(param);
    let holds = method.is_none_or(|method| method == head.method)
        && has_headers(one, head)
        && items(&one["queryParams"]).all(is_query);
    holds.then(|| Rank {
        host,
        is_grpc: false,
        first: u32::from(is_exact),
        second: size(wanted.len()),
        has_method: method.is_some(),
        headers: size(items(&one["headers"]).count()),
        query: size(items(&one["queryParams"]).count()),
    })
}

/// How well a match of a GRPCRoute holds.
fn grpc_rank(one: &Value, host: Fit, head: &Head<'_>) -> Option<Rank> {
    let (service, method) = head.bare_path().strip_prefix('/')?.split_once('/')?;
    let wanted = &one["method"];
    let (known_service, known_method) = (text(&wanted["service"]), text(&wanted["method"]));
    let holds = head.is_grpc()
        && is_plain(wanted)
        && (known_service.is_empty() || known_service == service)
        && (known_method.is_empty() || known_method == method)
        && has_headers(one, head);
    holds.then(|| Rank {
        host,
        is_grpc: true,
        first: size(known_service.len()),
        second: size(known_method.len()),
        has_method: false,
        headers: size(items(&one["headers"]).count()),
        query: 0,
    })
}

fn has_headers(one: &Value, head: &Head<'_>) -> bool {
    items(&one["headers"]).all(|header| {
        let found = value(head.headers, text(&header["name"]));
        is_plain(header) && found.map(|found| &**found) == header["value"].as_str()
    })
}

/// Whether a match is by the very value.
fn is_plain(one: &Value) -> bool {
    text_or(&one["type"], "Exact") == "Exact"
}

/// Whether a prefix holds for a path, element by element.
#[must_use]
fn is_prefix(prefix: &str, path: &str) -> bool {
    let prefix = prefix.strip_suffix('/').unwrap_or(prefix);
    path.strip_prefix(prefix)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// What a match asks for, in words.
fn words_of_match(is_grpc: bool, one: &Value) -> Vec<String> {
    let mut parts = Vec::new();
    if is_grpc {
        let (service, method) = (&one["method"]["service"], &one["method"]["method"]);
        parts.push(format!("call {}/{}", text_or(service, "*"), text_or(method, "*")));
    } else {
        let path = &one["path"];
        let kind = text_or(&path["type"], "PathPrefix");
        parts.push(format!("path {} ({kind})", text_or(&path["value"], "/")));
        parts.extend(one["method"].as_str().map(|method| format!("method {method}")));
    }
    for (field, what) in [("headers", "header"), ("queryParams", "query")] {
        let pairs = items(&one[field]).map(|pair| format!("{what} {}={}", text(&pair["name"]), text(&pair["value"])));
        parts.extend(pairs);
    }
    parts
}

fn words(route: &Dynamic, rule: usize, found: &Value, host: &str) -> String {
    let fits = items(&spec(route)["hostnames"]).map(text);
    let closest = fits.filter_map(|name| Some((hostname::fit(name, host)?, name))).max();
    let mut parts = vec![match closest {
        Some((Fit::Wildcard(_), name)) => format!("host {name} (wildcard)"),
        Some((_, name)) => format!("host {name}"),
        None => "any host".to_owned(),
    }];
    parts.extend(words_of_match(route.kind == GRPC_ROUTE, found));
    let name = text(&spec(route)["rules"][rule]["name"]);
    let number = rule + 1;
    if name.is_empty() {
        format!("rule {number}: {}", parts.join(", "))
    } else {
        format!("rule {number} ({name}): {}", parts.join(", "))
    }
}
