//! Requests and the way they took, as text and as JSON.

use std::fmt::Write;

use serde_json::{Map, Value, json};

use crate::network::{Hop, Outcome, Request};

/// What came of a request, for programs.
#[must_use]
pub fn outcome_json(request: &Request, outcome: &Outcome) -> Value {
    let headers: Map<String, Value> = outcome
        .headers
        .iter()
        .map(|(name, value)| (name.to_string(), Value::String(value.to_string())))
        .collect();
    json!({
        "from": request.from.to_string(),
        "method": &*request.method,
        "url": &*request.url,
        "status": outcome.status(),
        "error": outcome.result.as_ref().err().map(ToString::to_string),
        "headers": headers,
        "body": &*outcome.body,
        "address": &*outcome.address,
        "latency": outcome.latency.0,
        "hops": outcome.hops.iter().map(hop_json).collect::<Vec<_>>(),
    })
}

fn hop_json(hop: &Hop) -> Value {
    json!({
        "kind": hop.kind.name(),
        "namespace": &*hop.namespace,
        "name": &*hop.name,
        "address": &*hop.address,
        "at": hop.at.0,
        "rule": &*hop.rule,
    })
}

/// What came of a request, for people: the hops with their reasons, the status, the body.
#[must_use]
pub fn outcome_text(outcome: &Outcome) -> String {
    let mut text = String::new();
    for hop in &outcome.hops {
        let name = if hop.namespace.is_empty() {
            hop.name.to_string()
        } else {
            format!("{}/{}", hop.namespace, hop.name)
        };
        let place = format!("{} {name}", hop.kind.name());
        writeln!(text, "{place:<40} {:<22} {}", hop.address, hop.rule).expect("a String takes all");
    }
    match &outcome.result {
        Ok(status) => writeln!(text, "HTTP {status} after {} ms", outcome.latency.as_millis()),
        Err(failure) => writeln!(text, "{failure}"),
    }
    .expect("a String takes all");
    if !outcome.body.is_empty() {
        text.push_str(&outcome.body);
        if !outcome.body.ends_with('\n') {
            text.push('\n');
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::{HopKind, Origin};
    use crate::sim::{Duration, SimTime};

    #[test]
    fn an_outcome_tells_its_hops() {
        let outcome = Outcome {
            result: Ok(200),
            headers: vec![("Server".into(), "nginx".into())],
            body: "hello".into(),
            latency: Duration::from_millis(4),
            hops: vec![Hop {
                kind: HopKind::Pod,
                namespace: "shop".into(),
                name: "web".into(),
                address: "10.244.0.2:80".into(),
                at: SimTime(5),
                rule: "the only one".into(),
            }],
            address: "10.96.0.1".into(),
        };
        let want = format!(
            "{:<40} {:<22} the only one\nHTTP 200 after 4 ms\nhello\n",
            "Pod shop/web", "10.244.0.2:80"
        );
        assert_eq!(outcome_text(&outcome), want);
        let value = outcome_json(&Request::get(Origin::Internet, "http://x/"), &outcome);
        assert_eq!((&value["status"], &value["error"]), (&json!(200), &Value::Null));
        assert_eq!(value["hops"][0]["kind"], "Pod");
    }
}
