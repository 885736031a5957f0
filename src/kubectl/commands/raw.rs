//! `kubectl create --raw PATH -f FILE` and `kubectl get --raw PATH`: a request as it stands.
// Models k8s.io/kubectl/pkg/rawhttp/raw.go.

use serde_json::Value;

use super::{Context, Started};
use crate::apiserver::rest::Request;

/// Fields that Go writes before all others, in its order.
const FIRST: [&str; 9] = [
    "kind",
    "apiVersion",
    "metadata",
    "spec",
    "status",
    "message",
    "reason",
    "details",
    "code",
];

/// Sends a request and prints the answer.
pub(super) fn send(context: &mut Context<'_>, method: &str, path: &str, body: Option<Value>) -> Started {
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let mut request = Request {
        method: method.to_owned(),
        path: path.to_owned(),
        body,
        ..Request::default()
    };
    request.add_query(query);
    let response = context.cluster.request(&request);
    if !(200..300).contains(&response.code) {
        let text = |name: &str| response.body[name].as_str().unwrap_or_default();
        let reason = match text("reason") {
            "" => String::new(),
            reason => format!(" ({reason})"),
        };
        return Err(format!("Error from server{reason}: {}\n", text("message")));
    }
    context
        .output
        .stdout
        .push_str(&format!("{}\n", compact(&response.body)));
    Ok(None)
}

fn compact(value: &Value) -> String {
    let Some(map) = value.as_object() else {
        return value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    };
    let rest = map.keys().map(String::as_str).filter(|key| !FIRST.contains(key));
    let keys = FIRST.into_iter().filter(|key| map.contains_key(*key)).chain(rest);
    let fields: Vec<String> = keys.map(|key| format!("{key:?}:{}", map[key])).collect();
    format!("{{{}}}", fields.join(","))
}
