//! Values on their way from and to JavaScript.

use js_sys::{Array, JSON, Object};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};
use serde_wasm_bindgen::Serializer;
use wasm_bindgen::{JsCast, JsError, JsValue};

use crate::network::{Hop, Outcome, Request};
use crate::sim::SimTime;

/// The longest time that is taken, in milliseconds: what fits into nanoseconds, about 584 years.
const LONGEST_MS: f64 = 1.8e13;
const NS_PER_MS: f64 = 1e6;

/// A value as plain objects, arrays, numbers and strings.
pub(super) fn to_js(value: &impl Serialize) -> JsValue {
    let plain = value.serialize(&Serializer::json_compatible());
    plain.unwrap_or_else(|_| {
        // A whole number that is larger than JavaScript's are: rounded, as by JSON.parse.
        let text = serde_json::to_string(value).unwrap_or_default();
        JSON::parse(&text).unwrap_or(JsValue::NULL)
    })
}

/// The options of `method`; those that are left out have their defaults.
pub(super) fn options<T: DeserializeOwned + Default>(method: &str, value: JsValue) -> Result<T, JsError> {
    if value.is_undefined() || value.is_null() {
        return Ok(T::default());
    }
    if !value.is_object() {
        return Err(JsError::new(&format!("{method}: the options are no object")));
    }
    serde_wasm_bindgen::from_value(value).map_err(|error| JsError::new(&format!("{method}: {error}")))
}

/// A string, and nothing else.
pub(super) fn text(method: &str, name: &str, value: &JsValue) -> Result<String, JsError> {
    value
        .as_string()
        .ok_or_else(|| JsError::new(&format!("{method}: {name} is no string")))
}

/// The text of a JavaScript error.
pub(super) fn error_text(error: &JsValue) -> String {
    let own = error.dyn_ref::<js_sys::Error>().map(js_sys::Error::message);
    own.map_or_else(|| format!("{error:?}"), String::from)
}

/// JSON of a body: a string is taken as it is, everything else as `JSON.stringify` writes it.
pub(super) fn body(method: &str, value: &JsValue) -> Result<String, JsError> {
    if value.is_undefined() || value.is_null() {
        return Ok(String::new());
    }
    if let Some(text) = value.as_string() {
        return Ok(text);
    }
    let text = JSON::stringify(value)
        .map_err(|error| JsError::new(&format!("{method}: the body is no JSON: {}", error_text(&error))))?;
    // JSON.stringify gives undefined for a function or a symbol.
    text.as_string()
        .ok_or_else(|| JsError::new(&format!("{method}: the body is no JSON")))
}

/// Names and values of a query or of headers: a plain object (an array stands for several of one name), `Headers`,
/// `URLSearchParams`, a `Map`, or an array of pairs.
pub(super) fn pairs(method: &str, value: &JsValue) -> Result<Vec<(String, String)>, JsError> {
    if value.is_undefined() || value.is_null() {
        return Ok(Vec::new());
    }
    let refuse = || JsError::new(&format!("{method}: a query or headers are an object of strings"));
    if !value.is_object() {
        return Err(refuse());
    }
    let entries = match js_sys::try_iter(value) {
        Ok(Some(entries)) => entries.collect::<Result<Vec<_>, _>>().map_err(|_| refuse())?,
        _ => Object::entries(value.unchecked_ref()).to_vec(),
    };
    let mut pairs = Vec::new();
    for entry in entries {
        let pair = entry.dyn_ref::<Array>().ok_or_else(refuse)?;
        let name = pair.get(0).as_string().ok_or_else(refuse)?;
        let value = pair.get(1);
        let values = value
            .dyn_ref::<Array>()
            .map_or_else(|| vec![value.clone()], Array::to_vec);
        // One that is undefined was left out.
        for value in values
            .into_iter()
            .filter(|value| !value.is_undefined() && !value.is_null())
        {
            pairs.push((name.clone(), scalar(&value).ok_or_else(refuse)?));
        }
    }
    Ok(pairs)
}

fn scalar(value: &JsValue) -> Option<String> {
    let number = value.as_f64().map(|number| number.to_string());
    let boolean = value.as_bool().map(|boolean| boolean.to_string());
    value.as_string().or(number).or(boolean)
}

/// A path with a query behind it, as in a URL.
pub(super) fn target(path: &str, query: &[(String, String)]) -> String {
    let mut target: String = path.split_whitespace().collect::<Vec<_>>().join("%20");
    for (name, value) in query {
        target.push(if target.contains('?') { '&' } else { '?' });
        target.push_str(&escape(name));
        target.push('=');
        target.push_str(&escape(value));
    }
    target
}

fn escape(text: &str) -> String {
    js_sys::encode_uri_component(text).into()
}

/// Milliseconds since the start, or a span of such.
pub(super) fn time(method: &str, ms: &JsValue) -> Result<SimTime, JsError> {
    match ms.as_f64() {
        Some(ms) if (0.0..=LONGEST_MS).contains(&ms) => Ok(SimTime((ms * NS_PER_MS).round() as u64)),
        _ => Err(JsError::new(&format!(
            "{method}: a time is a number of milliseconds from 0 to {LONGEST_MS}"
        ))),
    }
}

/// What came of a request through the network. Headers have their names in small letters, as in Node.
pub(super) fn answer(request: &Request, outcome: &Outcome) -> Value {
    let mut headers = Map::new();
    for (name, value) in &outcome.headers {
        let all = headers.entry(name.to_ascii_lowercase()).or_insert_with(|| json!(""));
        *all = match all.as_str() {
            Some("") | None => json!(&**value),
            Some(before) => json!(format!("{before}, {value}")),
        };
    }
    json!({
        "from": request.from.to_string(),
        "method": &*request.method,
        "url": &*request.url,
        "status": outcome.status(),
        "headers": headers,
        "body": &*outcome.body,
        "error": outcome.result.as_ref().err().map(ToString::to_string),
        "latency": milliseconds(SimTime(outcome.latency.0)),
        "hops": hops(&outcome.hops),
    })
}

/// The way of a request.
pub(super) fn hops(hops: &[Hop]) -> Value {
    let hop = |hop: &Hop| {
        json!({
            "kind": hop.kind.name(),
            "namespace": &*hop.namespace,
            "name": &*hop.name,
            "address": &*hop.address,
            "at": milliseconds(hop.at),
            "rule": &*hop.rule,
        })
    };
    hops.iter().map(hop).collect()
}

/// Milliseconds of an instant.
pub(super) fn milliseconds(at: SimTime) -> f64 {
    at.0 as f64 / NS_PER_MS
}
