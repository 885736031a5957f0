//! The verbs and paths of the Kubernetes REST API, on JSON values.
//!
//! A request takes no virtual time: it reads or writes the store at the instant of its caller.

mod discovery;
mod list;
mod path;
mod scale;
#[cfg(test)]
mod tests;
mod watch;
mod write;

use serde_json::Value;

use super::{ApiServer, Caller};
use crate::api::status::{Reason, Status};

pub use path::Path;
pub use watch::Watch;

/// A request.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// `GET`, `POST`, `PUT`, `PATCH` or `DELETE`.
    pub method: String,
    /// The path, without the query.
    pub path: String,
    /// The query, decoded.
    pub query: Vec<(String, String)>,
    /// `Content-Type` of the body; it tells the kinds of patches apart.
    pub content_type: String,
    /// The body.
    pub body: Option<Value>,
}

/// An answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Response {
    /// The HTTP status code.
    pub code: u16,
    /// An object, a list, or a `Status`.
    pub body: Value,
}

impl Request {
    /// The value of query parameter `name`.
    #[must_use]
    pub fn param(&self, name: &str) -> Option<&str> {
        self.query
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }

    /// Adds the parameters of a raw query, as in `labelSelector=app%3Dweb&limit=5`.
    pub fn add_query(&mut self, raw: &str) {
        let pairs = raw.trim_start_matches('?').split('&').filter(|pair| !pair.is_empty());
        self.query.extend(pairs.map(|pair| {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decode_percent(key), decode_percent(value))
        }));
    }
}

impl ApiServer {
    /// Answers a request of the REST API.
    pub fn request(&mut self, caller: &Caller, request: &Request) -> Response {
        let result = if request.param("dryRun") == Some("All") {
            self.clone().answer(caller, request)
        } else {
            self.answer(caller, request)
        };
        match result {
            Ok((code, body)) => Response { code, body },
            Err(status) => Response {
                code: status.reason.code(),
                body: status.encode(),
            },
        }
    }

    fn answer(&mut self, caller: &Caller, request: &Request) -> Result<(u16, Value), Status> {
        if request.method == "GET"
            && let Some(document) = discovery::document(&request.path)
        {
            return Ok((200, document));
        }
        let path = Path::parse(&request.path).ok_or_else(no_such_path)?;
        match request.method.as_str() {
            "GET" if path.name.is_none() => list::list(self, &path, request),
            "GET" => list::get(self, &path),
            "POST" => write::post(self, caller, &path, request),
            "PUT" => write::put(self, caller, &path, request),
            "PATCH" => write::patch(self, caller, &path, request),
            "DELETE" => write::delete(self, caller, &path, request),
            _ => Err(method_not_allowed()),
        }
    }
}

fn no_such_path() -> Status {
    Status::new(Reason::NotFound, "the server could not find the requested resource")
}

fn method_not_allowed() -> Status {
    Status::new(
        Reason::MethodNotAllowed,
        "the server does not allow this method on the requested resource",
    )
}

/// Decodes `%41` and `+` of a query.
fn decode_percent(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut index = 0;
    while index < bytes.len() {
        let hex = bytes
            .get(index + 1..index + 3)
            .and_then(|pair| std::str::from_utf8(pair).ok());
        match (bytes[index], hex.and_then(|pair| u8::from_str_radix(pair, 16).ok())) {
            (b'%', Some(byte)) => {
                out.push(byte);
                index += 2;
            }
            (b'+', _) => out.push(b' '),
            (byte, _) => out.push(byte),
        }
        index += 1;
    }
    String::from_utf8_lossy(&out).into_owned()
}
