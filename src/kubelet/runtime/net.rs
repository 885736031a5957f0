//! Requests and answers at the border of a container.

use super::Str;
use crate::sim::{Duration, SimTime};

/// An HTTP request, coming in or going out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct HttpRequest {
    /// `GET`, `POST` ...
    pub method: Str,
    /// `http` or `https`.
    pub scheme: Str,
    /// Name or address that it goes to; the `Host` header may say another.
    pub host: Str,
    /// Port.
    pub port: u16,
    /// Path with query, from the slash on.
    pub path: Str,
    /// Headers in order.
    pub headers: Vec<(Str, Str)>,
    /// Body.
    pub body: Str,
}

impl HttpRequest {
    /// A `GET` of a path, as a probe sends it.
    #[must_use]
    pub fn get(host: &str, port: u16, path: &str) -> Self {
        Self {
            method: "GET".into(),
            scheme: "http".into(),
            host: host.into(),
            port,
            path: path.into(),
            headers: Vec::new(),
            body: "".into(),
        }
    }

    /// The value of a header, whatever its case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map(|(_, value)| &**value)
    }
}

/// An HTTP answer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct HttpReply {
    /// Status code.
    pub status: u16,
    /// Headers in order.
    pub headers: Vec<(Str, Str)>,
    /// Body.
    pub body: Str,
    /// How long the server takes.
    pub latency: Duration,
    /// Requests that the server makes, in order, before it answers. The owner routes them; when one fails the caller
    /// gets a 502 instead.
    pub calls: Vec<Str>,
}

impl HttpReply {
    /// An answer of plain text.
    #[must_use]
    pub fn text(status: u16, body: impl Into<Str>) -> Self {
        let headers = vec![("Content-Type".into(), "text/plain; charset=utf-8".into())];
        Self {
            status,
            headers,
            body: body.into(),
            ..Self::default()
        }
    }

    /// A page.
    #[must_use]
    pub fn html(status: u16, body: impl Into<Str>) -> Self {
        Self {
            status,
            headers: vec![("Content-Type".into(), "text/html".into())],
            body: body.into(),
            ..Self::default()
        }
    }

    /// The answer with one more header.
    #[must_use]
    pub fn with_header(mut self, name: &str, value: impl Into<Str>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// The value of a header, whatever its case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map(|(_, value)| &**value)
    }
}

/// The words of a status code.
#[must_use]
pub const fn status_text(status: u16) -> &'static str {
    match status {
        200 => "OK",
        201 => "Created",
        202 => "Accepted",
        204 => "No Content",
        301 => "Moved Permanently",
        302 => "Found",
        304 => "Not Modified",
        307 => "Temporary Redirect",
        308 => "Permanent Redirect",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        418 => "I'm a teapot",
        429 => "Too Many Requests",
        500 => "Internal Server Error",
        501 => "Not Implemented",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        504 => "Gateway Timeout",
        _ => "Unknown",
    }
}

/// What a container does with an HTTP request.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum HttpOutcome {
    /// It answers.
    Reply(HttpReply),
    /// Nothing listens on the port: `connect: connection refused`.
    Refused,
    /// It takes the connection and never answers.
    NoReply,
    /// It closes the connection without an answer: `EOF`.
    Eof,
}

/// What a container does with a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TcpOutcome {
    /// Something listens.
    Open,
    /// `connection refused`.
    Refused,
}

/// What a gRPC health check finds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum GrpcOutcome {
    /// `SERVING`.
    Serving,
    /// `NOT_SERVING`.
    NotServing,
    /// The server knows no such service: `NOT_FOUND`.
    UnknownService,
    /// A server without the health protocol.
    Unimplemented,
    /// Nothing listens.
    Refused,
}

/// Names something that a process waits for from outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EffectId(pub u64);

/// Something a process wants from outside. The owner answers with `Container::resolve`; when it never does, the process
/// goes on at `deadline` as after a time-out.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Effect {
    /// To answer it.
    pub id: EffectId,
    /// When the process gives up.
    pub deadline: SimTime,
    /// What it wants.
    pub request: EffectRequest,
}

/// What a process wants from outside. Hosts may be names, service names, addresses, or `localhost` and the pod's own
/// address, for the pod's other containers.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum EffectRequest {
    /// An HTTP exchange. Redirects are followed by the process, not by the owner.
    Http(HttpRequest),
    /// The addresses of a name.
    Dns {
        /// The name as given: the search list is the owner's task.
        name: Str,
    },
    /// A connection, opened and closed.
    Tcp {
        /// Name or address.
        host: Str,
        /// Port.
        port: u16,
    },
    /// An echo request.
    Ping {
        /// Name or address.
        host: Str,
    },
    /// A gRPC health check.
    Grpc {
        /// Name or address.
        host: Str,
        /// Port.
        port: u16,
        /// Service asked for; empty for the server.
        service: Str,
    },
}

/// The answer to an [`EffectRequest`].
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum EffectResult {
    /// To `Http`. `address` is where the name led.
    Http {
        /// Address connected to.
        address: Str,
        /// The answer.
        reply: HttpReply,
    },
    /// To `Dns`.
    Dns {
        /// The full name found.
        name: Str,
        /// Its addresses.
        addresses: Vec<Str>,
        /// The DNS server that answered.
        server: Str,
    },
    /// To `Tcp` and `Ping`: it is open, it answers.
    Open {
        /// Address connected to.
        address: Str,
    },
    /// To `Grpc`.
    Grpc(GrpcOutcome),
    /// To any.
    Failed(NetError),
}

/// Why a request did not come through.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum NetError {
    /// NXDOMAIN; the server that said so.
    NoSuchHost {
        /// The DNS server's address.
        server: Str,
    },
    /// Nothing listens, or a Service without endpoints.
    Refused {
        /// Address tried.
        address: Str,
    },
    /// No answer in time: dropped by a policy, a dead node, a slow server.
    Timeout {
        /// Address tried; empty when the name was not resolved.
        address: Str,
    },
    /// No route.
    Unreachable {
        /// Address tried.
        address: Str,
    },
    /// Closed without an answer.
    Eof {
        /// Address tried.
        address: Str,
    },
}

/// The parts of `http://host:port/path`.
#[must_use]
pub fn parse_url(text: &str) -> Option<HttpRequest> {
    let (scheme, rest) = text.split_once("://").unwrap_or(("http", text));
    if rest.is_empty() || !matches!(scheme, "http" | "https" | "ftp" | "tcp") {
        return None;
    }
    let cut = rest.find(['/', '?']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(cut);
    let authority = authority.rsplit('@').next().unwrap_or(authority);
    let (host, port) = match authority.strip_prefix('[').and_then(|inner| inner.split_once(']')) {
        Some((host, port)) => (host, port.strip_prefix(':')),
        None => authority
            .split_once(':')
            .map_or((authority, None), |(host, port)| (host, Some(port))),
    };
    if host.is_empty() {
        return None;
    }
    let default_port = if scheme == "https" { 443 } else { 80 };
    let port = match port {
        Some("") | None => default_port,
        Some(port) => port.parse().ok()?,
    };
    let path = path.split('#').next().unwrap_or(path);
    let path = if path.starts_with('/') {
        path.to_owned()
    } else {
        format!("/{path}")
    };
    let mut request = HttpRequest::get(host, port, &path);
    request.scheme = scheme.into();
    Some(request)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_are_taken_apart() {
        let cases = [
            ("http://web", Some(("web", 80, "/"))),
            ("web:8080/healthz?x=1", Some(("web", 8080, "/healthz?x=1"))),
            ("https://a.b.c/x", Some(("a.b.c", 443, "/x"))),
            ("http://admin:pw@grafana/api", Some(("grafana", 80, "/api"))),
            ("http://[fd00::1]:81/", Some(("fd00::1", 81, "/"))),
            ("http://web:abc/", None),
            ("http://", None),
        ];
        for (text, want) in cases {
            let got = parse_url(text);
            let got = got
                .as_ref()
                .map(|request| (&*request.host, request.port, &*request.path));
            assert_eq!(got, want, "{text}");
        }
    }
}
