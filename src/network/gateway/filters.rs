//! Filters of rules and backends.
// Models the Gateway API, HTTPRouteFilter.

use serde_json::Value;

use super::cors::{self, Cors};
use super::headers::{Edit, Headers, edits};
use super::matching::Head;
use crate::api::Str;
use crate::api::gateway::{items, port, text, text_or};

/// What the filters of a rule do to a request.
#[derive(Clone, Debug, Default)]
pub(super) struct Effects {
    /// Changes of the request's headers.
    pub(super) request: Vec<Edit>,
    /// Changes of the answer's headers.
    pub(super) reply: Vec<Edit>,
    /// The host that the backend sees.
    pub(super) host: Option<Str>,
    /// The path that the backend sees.
    pub(super) path: Option<String>,
    /// An answer in place of the backend's: status and headers.
    pub(super) answer: Option<(u16, Headers)>,
    /// The backends that get a copy: the filters.
    pub(super) mirrors: Vec<Value>,
}

/// Where a request came in, for redirects that leave something as it is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry<'a> {
    /// `http` or `https`.
    pub(super) scheme: &'a str,
    /// The listener's port.
    pub(super) port: u16,
}

impl Effects {
    /// Adds what the filters do. `prefix` is the one that the rule matched.
    ///
    /// # Errors
    /// The name of a filter that is not known: the request fails.
    pub(super) fn add(
        &mut self,
        filters: &Value,
        head: &Head<'_>,
        entry: Entry<'_>,
        prefix: Option<&str>,
    ) -> Result<(), String> {
        for filter in items(filters) {
            match text(&filter["type"]) {
                "RequestHeaderModifier" => self.request.extend(edits(&filter["requestHeaderModifier"])),
                "ResponseHeaderModifier" => self.reply.extend(edits(&filter["responseHeaderModifier"])),
                "RequestRedirect" => {
                    let (status, place) = redirect(&filter["requestRedirect"], head, entry, prefix);
                    self.answer = Some((status, vec![("Location".into(), place.into())]));
                }
                "URLRewrite" => {
                    let rewrite = &filter["urlRewrite"];
                    self.host = rewrite["hostname"].as_str().map(Str::from).or(self.host.take());
                    self.path = modified(&rewrite["path"], head, prefix).or(self.path.take());
                }
                "RequestMirror" => self.mirrors.push(filter["requestMirror"].clone()),
                "CORS" => match cors::judge(&filter["cors"], head) {
                    Some(Cors::Answers(headers)) => self.answer = Some((204, headers)),
                    Some(Cors::Marks(edits)) => self.reply.extend(edits),
                    None => {}
                },
                other => return Err(other.to_owned()),
            }
        }
        Ok(())
    }
}

/// Status and place of a redirect.
// Models the Gateway API, HTTPRequestRedirectFilter.
fn redirect(filter: &Value, head: &Head<'_>, entry: Entry<'_>, prefix: Option<&str>) -> (u16, String) {
    let scheme = text_or(&filter["scheme"], entry.scheme);
    let host = text_or(&filter["hostname"], head.host);
    let usual = if scheme == "https" { 443 } else { 80 };
    let number = match port(&filter["port"]) {
        // The port of another scheme is that scheme's own.
        0 if filter["scheme"].as_str().is_some_and(|scheme| !scheme.is_empty()) => usual,
        0 => entry.port,
        number => number,
    };
    let port = if number == usual {
        String::new()
    } else {
        format!(":{number}")
    };
    let path = modified(&filter["path"], head, prefix).unwrap_or_else(|| head.path.to_owned());
    let status = filter["statusCode"]
        .as_u64()
        .and_then(|status| u16::try_from(status).ok());
    (status.unwrap_or(302), format!("{scheme}://{host}{port}{path}"))
}

/// The path that a modifier makes, with the query of the request.
// Models the Gateway API, HTTPPathModifier.
fn modified(modifier: &Value, head: &Head<'_>, prefix: Option<&str>) -> Option<String> {
    let query = head.path.find('?').map_or("", |at| &head.path[at..]);
    let path = match text(&modifier["type"]) {
        "ReplaceFullPath" => text(&modifier["replaceFullPath"]).to_owned(),
        "ReplacePrefixMatch" => {
            let prefix = prefix?.trim_end_matches('/');
            let rest = head.bare_path().strip_prefix(prefix)?.trim_start_matches('/');
            let start = text(&modifier["replacePrefixMatch"]).trim_end_matches('/');
            match (start, rest) {
                ("", rest) => format!("/{rest}"),
                (start, "") => start.to_owned(),
                (start, rest) => format!("{start}/{rest}"),
            }
        }
        _ => return None,
    };
    Some(format!("{path}{query}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefixes_are_replaced_element_by_element() {
        // The table of the API's documentation.
        let cases = [
            ("/foo/bar", "/foo", "/xyz", "/xyz/bar"),
            ("/foo/bar", "/foo", "/xyz/", "/xyz/bar"),
            ("/foo/bar", "/foo/", "/xyz", "/xyz/bar"),
            ("/foo/bar", "/foo/", "/xyz/", "/xyz/bar"),
            ("/foo", "/foo", "/xyz", "/xyz"),
            ("/foo/", "/foo", "/xyz", "/xyz"),
            ("/foo/bar", "/foo", "", "/bar"),
            ("/foo/", "/foo", "", "/"),
            ("/foo", "/foo", "", "/"),
            ("/foo/", "/foo", "/", "/"),
            ("/foo", "/foo", "/", "/"),
            ("/foo/bar?a=1", "/foo", "/x", "/x/bar?a=1"),
        ];
        for (path, prefix, replacement, want) in cases {
            let head = Head {
                method: "GET",
                host: "a.com",
                path,
                headers: &[],
            };
            let modifier = serde_json::json!({"type": "ReplacePrefixMatch", "replacePrefixMatch": replacement});
            assert_eq!(
                modified(&modifier, &head, Some(prefix)).as_deref(),
                Some(want),
                "{path} {prefix} {replacement}"
            );
        }
    }

    #[test]
    fn redirects_keep_what_they_do_not_name() {
        let cases = [
            (serde_json::json!({}), ("http", 80), "http://a.com/x?q"),
            (serde_json::json!({}), ("http", 8080), "http://a.com:8080/x?q"),
            (
                serde_json::json!({"scheme": "https"}),
                ("http", 8080),
                "https://a.com/x?q",
            ),
            (serde_json::json!({"port": 80}), ("http", 8080), "http://a.com/x?q"),
            (
                serde_json::json!({"scheme": "https", "port": 8443}),
                ("http", 80),
                "https://a.com:8443/x?q",
            ),
            (
                serde_json::json!({"hostname": "b.com"}),
                ("https", 443),
                "https://b.com/x?q",
            ),
            (
                serde_json::json!({"scheme": "http"}),
                ("https", 443),
                "http://a.com/x?q",
            ),
        ];
        let head = Head {
            method: "GET",
            host: "a.com",
            path: "/x?q",
            headers: &[],
        };
        for (filter, (scheme, port), want) in cases {
            let got = redirect(&filter, &head, Entry { scheme, port }, None);
            assert_eq!(got, (302, want.to_owned()), "{filter}");
        }
    }
}
