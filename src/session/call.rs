//! Calls that the log keeps: a program run in a container, a request to the API server, one through the network.

use std::fmt;

use crate::api::Str;
use crate::api::status::{Reason, Status};
use crate::apiserver::rest::{Request, Response};
use crate::kubectl;
use crate::network::{Origin, Request as NetworkRequest};

/// A container of a pod.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Place {
    /// Namespace of the pod.
    pub namespace: Str,
    /// Name of the pod.
    pub pod: Str,
    /// The container; empty for the first one.
    pub container: Str,
}

impl Place {
    /// Reads the words of `pod/x -c web -n shop`.
    pub(super) fn parse(words: &[&str]) -> Option<Self> {
        let (pod, flags) = words.split_first()?;
        let mut place = Self {
            namespace: "default".into(),
            pod: pod.strip_prefix("pod/")?.into(),
            container: Str::default(),
        };
        for pair in flags.chunks(2) {
            match pair {
                ["-c", container] => place.container = (*container).into(),
                ["-n", namespace] => place.namespace = (*namespace).into(),
                _ => return None,
            }
        }
        Some(place)
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "pod/{}", self.pod)?;
        if !self.container.is_empty() {
            write!(f, " -c {}", self.container)?;
        }
        if &*self.namespace != "default" {
            write!(f, " -n {}", self.namespace)?;
        }
        Ok(())
    }
}

/// A program that is run in a container.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Exec {
    /// Where.
    pub place: Place,
    /// The program and its arguments.
    pub command: Vec<Str>,
}

impl Exec {
    /// Reads `pod/x -c web -n shop -- sh -c 'echo a'`.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let words = kubectl::split(text)?;
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let refuse = || format!("{text:?} names no program: write pod/NAME [-c CONTAINER] [-n NAMESPACE] -- PROGRAM");
        let dashes = words.iter().position(|word| *word == "--").ok_or_else(refuse)?;
        let place = Place::parse(&words[..dashes]).ok_or_else(refuse)?;
        let command: Vec<Str> = words[dashes + 1..].iter().map(|word| (*word).into()).collect();
        if command.is_empty() {
            return Err(refuse());
        }
        Ok(Self { place, command })
    }
}

impl fmt::Display for Exec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "exec {} --", self.place)?;
        self.command.iter().try_for_each(|word| write!(f, " {}", quote(word)))
    }
}

/// The word as a shell reads it back.
fn quote(word: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || "-_./:=@%+,".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', "'\\''"))
}

/// Reads `URL [from ORIGIN]`, or `-X METHOD -H 'NAME: VALUE' URL [from ORIGIN]` with words as a shell reads them.
pub(super) fn parse_fetch(text: &str, body: &str) -> Result<NetworkRequest, String> {
    let mut request = NetworkRequest::get(Origin::Internet, "");
    request.body = body.into();
    if !text.starts_with('-') {
        let (url, from) = text.split_once(" from ").unwrap_or((text, "internet"));
        request.url = url.trim().into();
        request.from = Origin::parse(from.trim())?;
        return Ok(request);
    }
    let words = kubectl::split(text)?;
    let mut rest: Vec<&str> = words.iter().map(String::as_str).collect();
    while let ["-X" | "-H", value, ..] = rest.as_slice() {
        match value.split_once(": ") {
            _ if rest[0] == "-X" => request.method = (*value).into(),
            Some((name, value)) => request.headers.push((name.into(), value.into())),
            None => return Err(no_fetch(text)),
        }
        rest.drain(..2);
    }
    match rest.as_slice() {
        [url] => request.url = (*url).into(),
        [url, "from", from] => {
            request.url = (*url).into();
            request.from = Origin::parse(from)?;
        }
        _ => return Err(no_fetch(text)),
    }
    Ok(request)
}

fn no_fetch(text: &str) -> String {
    format!("{text:?} is no request: write [-X METHOD] [-H 'NAME: VALUE'] URL [from ORIGIN]")
}

/// Writes what [`parse_fetch`] reads: the short form where that says all.
pub(super) fn write_fetch(request: &NetworkRequest, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let NetworkRequest { from, method, url, .. } = request;
    let from = from.to_string();
    let is_word = |text: &str| !text.is_empty() && !text.starts_with('-') && !text.contains(char::is_whitespace);
    let is_short = &**method == "GET" && request.headers.is_empty() && is_word(url) && is_word(&from);
    f.write_str("fetch ")?;
    if is_short {
        f.write_str(url)?;
    } else {
        write!(f, "-X {}", quote(method))?;
        for (name, value) in &request.headers {
            write!(f, " -H {}", quote(&format!("{name}: {value}")))?;
        }
        write!(f, " {}", quote(url))?;
    }
    match &request.from {
        Origin::Internet => Ok(()),
        _ if is_short => write!(f, " from {from}"),
        _ => write!(f, " from {}", quote(&from)),
    }
}

/// A request to the API server as texts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct ApiRequest {
    /// `GET`, `POST`, `PUT`, `PATCH` or `DELETE`.
    pub method: String,
    /// The path and the query, without white space.
    pub target: String,
    /// `Content-Type` of the body; empty for JSON.
    pub content_type: String,
    /// The body, as JSON; empty for none.
    pub body: String,
}

impl ApiRequest {
    /// Reads `METHOD PATH [CONTENT-TYPE]`.
    pub(super) fn parse(text: &str, body: &str) -> Result<Self, String> {
        let mut words = text.split_whitespace().map(str::to_owned);
        let (Some(method), Some(target)) = (words.next(), words.next()) else {
            return Err(format!("{text:?} is no request: write METHOD PATH [CONTENT-TYPE]"));
        };
        Ok(Self {
            method,
            target,
            content_type: words.next().unwrap_or_default(),
            body: body.to_owned(),
        })
    }

    /// Whether it may leave a trace in the cluster.
    pub(super) fn is_write(&self) -> bool {
        self.method != "GET" && !self.target.contains("dryRun=All")
    }

    /// The request as the API server takes it.
    ///
    /// # Errors
    /// With the API server's answer, when the body is no JSON.
    pub fn decode(&self) -> Result<Request, Response> {
        let (path, query) = self.target.split_once('?').unwrap_or((&self.target, ""));
        let body = match self.body.trim() {
            "" => None,
            text => Some(serde_json::from_str(text).map_err(|error| {
                let why = format!("the body of the request is no JSON: {error}");
                let status = Status::new(Reason::BadRequest, why);
                Response {
                    code: status.reason.code(),
                    body: status.encode(),
                }
            })?),
        };
        let mut request = Request {
            method: self.method.clone(),
            path: path.to_owned(),
            query: Vec::new(),
            content_type: self.content_type.clone(),
            body,
        };
        request.add_query(query);
        Ok(request)
    }
}

impl fmt::Display for ApiRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "request {} {}", self.method, self.target)?;
        if !self.content_type.is_empty() {
            write!(f, " {}", self.content_type)?;
        }
        Ok(())
    }
}
