//! Requests, the way they take, and what comes of them.

use std::fmt;

use crate::api::Str;
use crate::apiserver::Key;
use crate::sim::{Duration, SimTime};

/// Who sends a request.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Origin {
    /// Somebody outside the cluster.
    #[default]
    Internet,
    /// A process of a pod.
    Pod(Key),
    /// A process of a node, outside any pod.
    Node(Str),
}

impl Origin {
    /// Reads `internet`, `pod/NAME`, `pod/NAMESPACE/NAME` or `node/NAME`; a pod without a namespace is one of `default`.
    ///
    /// # Errors
    /// When the text is none of these.
    pub fn parse(text: &str) -> Result<Self, String> {
        let parts: Vec<&str> = text.split('/').collect();
        match parts.as_slice() {
            ["internet"] => Ok(Self::Internet),
            ["pod", name] if !name.is_empty() => Ok(Self::Pod(Key::new("default", name))),
            ["pod", namespace, name] if !namespace.is_empty() && !name.is_empty() => {
                Ok(Self::Pod(Key::new(namespace, name)))
            }
            ["node", name] if !name.is_empty() => Ok(Self::Node((*name).into())),
            _ => Err(format!(
                "{text:?} sends no requests: write internet, pod/NAME, pod/NAMESPACE/NAME or node/NAME"
            )),
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Internet => f.write_str("internet"),
            Self::Pod(key) if &*key.namespace == "default" => write!(f, "pod/{}", key.name),
            Self::Pod(key) => write!(f, "pod/{}/{}", key.namespace, key.name),
            Self::Node(name) => write!(f, "node/{name}"),
        }
    }
}

/// An HTTP request.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Request {
    /// Who sends it.
    pub from: Origin,
    /// `GET`, `POST` ...
    pub method: Str,
    /// Where to.
    pub url: Str,
    /// Headers in order; `Host` is made from the URL where it is missing.
    pub headers: Vec<(Str, Str)>,
    /// Body.
    pub body: Str,
}

impl Request {
    /// A `GET`.
    #[must_use]
    pub fn get(from: Origin, url: &str) -> Self {
        Self {
            from,
            method: "GET".into(),
            url: url.into(),
            ..Self::default()
        }
    }
}

/// What kind of place a request is at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum HopKind {
    /// Outside the cluster.
    Internet,
    /// An Ingress; without a name, its controller.
    Ingress,
    /// A Gateway, at the listener that takes the request.
    Gateway,
    /// An HTTPRoute, at the rule that the request meets.
    HttpRoute,
    /// A GRPCRoute, at the rule that the call meets.
    GrpcRoute,
    /// A TCPRoute.
    TcpRoute,
    /// A Service.
    Service,
    /// A pod.
    Pod,
    /// A node.
    Node,
}

impl HopKind {
    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Internet => "Internet",
            Self::Ingress => "Ingress",
            Self::Gateway => "Gateway",
            Self::HttpRoute => "HTTPRoute",
            Self::GrpcRoute => "GRPCRoute",
            Self::TcpRoute => "TCPRoute",
            Self::Service => "Service",
            Self::Pod => "Pod",
            Self::Node => "Node",
        }
    }
}

/// A place on the way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hop {
    /// What it is.
    pub kind: HopKind,
    /// Its namespace; empty where it has none.
    pub namespace: Str,
    /// Its name.
    pub name: Str,
    /// Address and port there, where it has them.
    pub address: Str,
    /// When the request is there.
    pub at: SimTime,
    /// Why it goes there.
    pub rule: Str,
}

/// How a request failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FailureKind {
    /// The sender is not there.
    NoSender,
    /// The URL does not read.
    BadUrl,
    /// The name means nothing.
    NoSuchHost,
    /// Nobody listens.
    Refused,
    /// Nobody has the address.
    Unreachable,
    /// No connection in time.
    ConnectTimeout,
    /// A connection and no answer in time.
    ReplyTimeout,
    /// Closed without an answer.
    Empty,
}

/// Why there is no status.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// What went wrong.
    pub kind: FailureKind,
    /// The host asked for; for a sender or a URL that is wrong, what is.
    pub host: Str,
    /// The port asked for.
    pub port: u16,
    /// How long it took.
    pub after: Duration,
}

impl fmt::Display for Failure {
    /// In the words of curl.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (host, port, ms) = (&self.host, self.port, self.after.as_millis());
        match self.kind {
            FailureKind::NoSender => write!(f, "Error from server (NotFound): {host}"),
            FailureKind::BadUrl => write!(f, "curl: (3) {host}"),
            FailureKind::NoSuchHost => write!(f, "curl: (6) Could not resolve host: {host}"),
            FailureKind::Refused | FailureKind::Unreachable => {
                write!(
                    f,
                    "curl: (7) Failed to connect to {host} port {port} after {ms} ms: Could not connect to server"
                )
            }
            FailureKind::ConnectTimeout => {
                write!(
                    f,
                    "curl: (28) Failed to connect to {host} port {port} after {ms} ms: Could not connect to server"
                )
            }
            FailureKind::ReplyTimeout => {
                write!(
                    f,
                    "curl: (28) Operation timed out after {ms} milliseconds with 0 bytes received"
                )
            }
            FailureKind::Empty => f.write_str("curl: (52) Empty reply from server"),
        }
    }
}

/// What came of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// The status, or why there is none.
    pub result: Result<u16, Failure>,
    /// Headers of the answer.
    pub headers: Vec<(Str, Str)>,
    /// Body of the answer.
    pub body: Str,
    /// From the first byte sent to the last one received.
    pub latency: Duration,
    /// The way there, the sender first.
    pub hops: Vec<Hop>,
    /// The address that the sender connected to; empty where there was none.
    pub address: Str,
}

impl Outcome {
    /// The status; zero where there is none.
    #[must_use]
    pub fn status(&self) -> u16 {
        self.result.as_ref().copied().unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origins_read_as_they_are_written() {
        for text in ["internet", "pod/a", "pod/shop/a", "node/node-1"] {
            let origin = Origin::parse(text).expect("an origin");
            assert_eq!(origin.to_string(), text);
        }
        for text in ["", "pod", "pod/", "pod//a", "node/", "the moon", "internet/a"] {
            assert!(Origin::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn failures_are_told_as_curl_does() {
        let cases = [
            (FailureKind::NoSuchHost, "curl: (6) Could not resolve host: web"),
            (
                FailureKind::Refused,
                "curl: (7) Failed to connect to web port 81 after 3 ms: Could not connect to server",
            ),
            (
                FailureKind::ReplyTimeout,
                "curl: (28) Operation timed out after 3 milliseconds with 0 bytes received",
            ),
            (FailureKind::Empty, "curl: (52) Empty reply from server"),
        ];
        for (kind, want) in cases {
            let failure = Failure {
                kind,
                host: "web".into(),
                port: 81,
                after: Duration::from_millis(3),
            };
            assert_eq!(failure.to_string(), want);
        }
    }
}
