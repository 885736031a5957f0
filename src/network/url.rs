//! Addresses of pages.

use crate::api::Str;

/// The parts of `http://host:port/path?query`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Url {
    /// `http`, `https`, or what else stands before `://`.
    pub scheme: Str,
    /// Name or address.
    pub host: Str,
    /// The port given, or the scheme's.
    pub port: u16,
    /// Path with its query, from the slash on.
    pub path: Str,
}

impl Url {
    /// Reads a text. Without a scheme it is `http`, as for curl.
    ///
    /// # Errors
    /// With curl's words.
    pub fn parse(text: &str) -> Result<Self, String> {
        let refuse = || "URL rejected: Malformed input to a URL function".to_owned();
        let (scheme, rest) = text.trim().split_once("://").unwrap_or(("http", text.trim()));
        let default_port = match scheme {
            "http" | "ws" => 80,
            "https" | "wss" => 443,
            "tcp" | "grpc" => 0,
            other => return Err(format!("Protocol \"{other}\" not supported")),
        };
        let cut = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let (authority, path) = rest.split_at(cut);
        let authority = authority.rsplit('@').next().unwrap_or(authority);
        let (host, port) = match authority.strip_prefix('[').and_then(|inner| inner.split_once(']')) {
            Some((host, port)) => (host, port.strip_prefix(':')),
            None => authority
                .split_once(':')
                .map_or((authority, None), |(host, port)| (host, Some(port))),
        };
        if host.is_empty() || host.contains(char::is_whitespace) {
            return Err(refuse());
        }
        let port = match port {
            None | Some("") => default_port,
            Some(text) => text
                .parse()
                .map_err(|_| "URL rejected: Port number was not a decimal number between 0 and 65535".to_owned())?,
        };
        let path = path.split('#').next().unwrap_or_default();
        let slash = if path.starts_with('/') { "" } else { "/" };
        Ok(Self {
            scheme: scheme.into(),
            host: host.into(),
            port,
            path: format!("{slash}{path}").into(),
        })
    }

    /// The path without its query.
    #[must_use]
    pub fn bare_path(&self) -> &str {
        self.path.split('?').next().unwrap_or("/")
    }

    /// What a client writes into the `Host` header.
    #[must_use]
    pub fn host_header(&self) -> Str {
        let is_default = matches!((&*self.scheme, self.port), ("http", 80) | ("https", 443));
        if is_default {
            self.host.clone()
        } else {
            format!("{}:{}", self.host, self.port).into()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_are_taken_apart() {
        let cases = [
            ("http://web", Ok(("http", "web", 80, "/", "web"))),
            (
                "web:8080/healthz?x=1",
                Ok(("http", "web", 8080, "/healthz?x=1", "web:8080")),
            ),
            ("https://a.b.c?q#top", Ok(("https", "a.b.c", 443, "/?q", "a.b.c"))),
            (
                "http://admin:pw@grafana/api",
                Ok(("http", "grafana", 80, "/api", "grafana")),
            ),
            ("http://[fd00::1]:81/", Ok(("http", "fd00::1", 81, "/", "fd00::1:81"))),
            ("http://", Err("URL rejected: Malformed input to a URL function")),
            ("ftp://web", Err("Protocol \"ftp\" not supported")),
            (
                "http://web:abc/",
                Err("URL rejected: Port number was not a decimal number between 0 and 65535"),
            ),
        ];
        for (text, want) in cases {
            let got = Url::parse(text);
            let parts = got
                .as_ref()
                .map(|url| (&*url.scheme, &*url.host, url.port, &*url.path, url.host_header()));
            let want = want.map(|(scheme, host, port, path, header)| (scheme, host, port, path, Str::from(header)));
            assert_eq!(parts.map_err(|why| &**why), want, "{text}");
        }
    }
}
