//! Requests across origins: what browsers ask before they send them, and what the answers allow.
// Models the Gateway API, HTTPCORSFilter.

use serde_json::Value;

use super::headers::{Edit, Headers, value};
use super::matching::Head;
use crate::api::Str;
use crate::api::gateway::{items, text};

/// What becomes of a request from an origin.
pub(super) enum Cors {
    /// It answers a preflight by itself: with no content and these headers.
    Answers(Headers),
    /// It changes the headers of the answer.
    Marks(Vec<Edit>),
}

/// What the filter does to a request: nothing to one that names no origin.
pub(super) fn judge(filter: &Value, head: &Head<'_>) -> Option<Cors> {
    let origin = value(head.headers, "origin")?;
    let asked_method = value(head.headers, "access-control-request-method");
    let is_preflight = head.method == "OPTIONS" && asked_method.is_some();
    if !items(&filter["allowOrigins"]).any(|allowed| is_origin(text(allowed), origin)) {
        return is_preflight.then(|| Cors::Answers(Vec::new()));
    }
    let mut headers = vec![("access-control-allow-origin", origin.to_string())];
    if filter["allowCredentials"].as_bool() == Some(true) {
        headers.push(("access-control-allow-credentials", "true".to_owned()));
    }
    let exposed = list(filter, "exposeHeaders");
    if !exposed.is_empty() {
        headers.push(("access-control-expose-headers", exposed));
    }
    if !is_preflight {
        let set = headers
            .into_iter()
            .map(|(name, value)| Edit::Set(name.into(), value.into()));
        return Some(Cors::Marks(set.collect()));
    }
    let asked_headers = value(head.headers, "access-control-request-headers");
    // A list with `*` allows what is asked.
    let allowed = |field: &str, asked: Option<&Str>| match list(filter, field) {
        all if all == "*" => asked.map(|asked| asked.to_string()).unwrap_or_default(),
        some => some,
    };
    for (name, value) in [
        ("access-control-allow-methods", allowed("allowMethods", asked_method)),
        ("access-control-allow-headers", allowed("allowHeaders", asked_headers)),
    ] {
        if !value.is_empty() {
            headers.push((name, value));
        }
    }
    headers.push((
        "access-control-max-age",
        filter["maxAge"].as_u64().unwrap_or(5).to_string(),
    ));
    let headers = headers.into_iter().map(|(name, value)| (name.into(), value.into()));
    Some(Cors::Answers(headers.collect()))
}

fn list(filter: &Value, field: &str) -> String {
    let all: Vec<&str> = items(&filter[field]).map(text).collect();
    all.join(", ")
}

/// Whether an origin is an allowed one: `*` in a host stands for one or more labels, alone for all origins.
fn is_origin(allowed: &str, origin: &str) -> bool {
    let Some((head, tail)) = allowed.split_once('*') else {
        return allowed.eq_ignore_ascii_case(origin);
    };
    let rest = origin
        .len()
        .checked_sub(head.len() + tail.len())
        .filter(|rest| *rest > 0);
    rest.is_some()
        && origin
            .get(..head.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(head))
        && origin
            .get(origin.len() - tail.len()..)
            .is_some_and(|end| end.eq_ignore_ascii_case(tail))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origins_match_whole_or_by_a_wildcard() {
        let cases = [
            ("https://a.com", "https://a.com", true),
            ("https://a.com", "http://a.com", false),
            ("https://*.a.com", "https://b.a.com", true),
            ("https://*.a.com", "https://c.b.a.com", true),
            ("https://*.a.com", "https://a.com", false),
            ("*", "https://a.com:81", true),
        ];
        for (allowed, origin, want) in cases {
            assert_eq!(is_origin(allowed, origin), want, "{origin} by {allowed}");
        }
    }
}
