//! What nginx does by its configuration files: ports, roots, `location` with `return`, `root`, `alias` and `proxy_pass`.
//!
//! The rest of the language is read past.

use super::Str;
use crate::kubelet::runtime::vfs::Vfs;
use crate::sim::Arrange;

/// What a location does.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Action {
    /// Files below a root.
    Root(Str),
    /// Files, with the location's path replaced.
    Alias(Str),
    /// `return 200 "text"`, `return 301 /there`.
    Return(u16, Str),
    /// `proxy_pass`.
    Proxy(Str),
}

/// A `location`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Location {
    pub(crate) port: u16,
    pub(crate) path: Str,
    pub(crate) is_exact: bool,
    pub(crate) action: Action,
}

/// The configuration as far as it counts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Config {
    pub(crate) ports: Vec<u16>,
    pub(crate) locations: Vec<Location>,
}

/// The `server` being read.
#[derive(Default)]
struct Server {
    ports: Vec<u16>,
    locations: Vec<(Str, bool, Action)>,
}

impl Config {
    /// Reads the files of a container.
    pub(crate) fn read(fs: &Vfs<'_>) -> Self {
        let text_of = |path: &str| {
            let content = fs.read("/", path).ok()?;
            Some(String::from_utf8_lossy(&content.bytes).into_owned())
        };
        let mut text = text_of("/etc/nginx/nginx.conf").unwrap_or_default();
        for dir in ["/etc/nginx/conf.d", "/etc/nginx/sites-enabled"] {
            if !text.is_empty() && !text.contains(dir) {
                continue;
            }
            let names = fs.list("/", dir).unwrap_or_default();
            for name in names
                .iter()
                .filter(|name| name.ends_with(".conf") || dir.ends_with("enabled"))
            {
                text.push_str(&text_of(&format!("{dir}/{name}")).unwrap_or_default());
                text.push('\n');
            }
        }
        Self::parse(&text)
    }

    fn parse(text: &str) -> Self {
        let mut config = Self::default();
        let mut blocks: Vec<Vec<String>> = Vec::new();
        let mut words: Vec<String> = Vec::new();
        let mut server = Server::default();
        for token in tokens(text) {
            match token.as_str() {
                "{" => blocks.push(std::mem::take(&mut words)),
                "}" => {
                    words.clear();
                    if blocks
                        .pop()
                        .is_some_and(|block| block.first().is_some_and(|name| name == "server"))
                    {
                        config.add(std::mem::take(&mut server));
                    }
                }
                ";" => {
                    server.statement(&words, &blocks);
                    words.clear();
                }
                _ => words.push(token),
            }
        }
        config
    }

    fn add(&mut self, server: Server) {
        let ports = if server.ports.is_empty() {
            vec![80]
        } else {
            server.ports
        };
        for port in &ports {
            for (path, is_exact, action) in &server.locations {
                let (path, is_exact, action) = (path.clone(), *is_exact, action.clone());
                self.locations.push(Location {
                    port: *port,
                    path,
                    is_exact,
                    action,
                });
            }
        }
        self.ports.extend(ports);
        self.ports.arrange();
        self.ports.dedup();
    }

    /// The location of a path: an exact one, or the longest that it starts with.
    pub(crate) fn find<'l>(locations: &'l [Location], port: u16, path: &str) -> Option<&'l Location> {
        let on_port = || locations.iter().filter(|location| location.port == port);
        let exact = on_port().find(|location| location.is_exact && *location.path == *path);
        let prefixes = on_port().filter(|location| !location.is_exact && path.starts_with(&*location.path));
        // The first of two that are equally long counts.
        exact.or_else(|| prefixes.rev().max_by_key(|location| location.path.len()))
    }
}

impl Server {
    fn statement(&mut self, words: &[String], blocks: &[Vec<String>]) {
        let Some(block) = blocks.last() else { return };
        let value = |index: usize| words.get(index).map_or("", String::as_str);
        match (block.first().map(String::as_str), value(0)) {
            (Some("server"), "listen") => {
                let port = value(1).rsplit(':').next().and_then(|port| port.parse().ok());
                self.ports.extend(port.filter(|port| !self.ports.contains(port)));
            }
            (Some("server"), "root") => self.locations.push(("/".into(), false, Action::Root(value(1).into()))),
            (Some("server"), "return") => self.locations.push(("/".into(), false, returned(words))),
            (Some("location"), directive) => {
                let action = match directive {
                    "return" => returned(words),
                    "root" => Action::Root(value(1).into()),
                    "alias" => Action::Alias(value(1).into()),
                    "proxy_pass" => Action::Proxy(value(1).into()),
                    _ => return,
                };
                // `location = /path`, `location ^~ /path`; regular expressions are read past.
                let (modifier, path) = match block.as_slice() {
                    [_, path] => ("", path.as_str()),
                    [_, modifier, path] => (modifier.as_str(), path.as_str()),
                    _ => return,
                };
                if modifier.starts_with('~') {
                    return;
                }
                // What stands first counts: `return` before `root`.
                let known = self.locations.iter().any(|(old, is_exact, action)| {
                    **old == *path && *is_exact == (modifier == "=") && !matches!(action, Action::Root(_))
                });
                if !known {
                    self.locations.insert(0, (path.into(), modifier == "=", action));
                }
            }
            _ => {}
        }
    }
}

fn returned(words: &[String]) -> Action {
    let first = words.get(1).map_or("", String::as_str);
    match first.parse() {
        Ok(status) => Action::Return(status, words.get(2).map_or("", String::as_str).into()),
        Err(_) => Action::Return(302, first.into()),
    }
}

fn tokens(text: &str) -> Vec<String> {
    let mut out = Vec::new();
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '#' => while chars.next_if(|c| *c != '\n').is_some() {},
            '{' | '}' | ';' => out.push(c.to_string()),
            '"' | '\'' => {
                let mut word = String::new();
                while let Some(inner) = chars.next().filter(|inner| *inner != c) {
                    match inner {
                        '\\' => word.push(match chars.next() {
                            Some('n') => '\n',
                            other => other.unwrap_or('\\'),
                        }),
                        inner => word.push(inner),
                    }
                }
                out.push(word);
            }
            c if c.is_whitespace() => {}
            c => {
                let mut word = c.to_string();
                while let Some(next) = chars.next_if(|c| !c.is_whitespace() && !";{}".contains(*c)) {
                    word.push(next);
                }
                out.push(word);
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn locations_are_found() {
        let config = Config::parse(
            "events {}\nhttp { server { listen 8080; # here\n listen [::]:8080; root /srv;\n location /healthz { access_log off; return 200 'ok\\n'; }\n location = /exact { return 301 https://x/; }\n location /api/ { proxy_pass http://backend:8080; }\n location /static/ { alias /data/; }\n location ~ \\.php$ { return 403; }\n}\nserver { listen 9000; return 404; } }",
        );
        assert_eq!(config.ports, [8080, 9000]);
        let cases = [
            (8080, "/healthz", Some(Action::Return(200, "ok\n".into()))),
            (8080, "/exact", Some(Action::Return(301, "https://x/".into()))),
            (8080, "/exactly", Some(Action::Root("/srv".into()))),
            (8080, "/api/v1", Some(Action::Proxy("http://backend:8080".into()))),
            (8080, "/static/a", Some(Action::Alias("/data/".into()))),
            (9000, "/", Some(Action::Return(404, "".into()))),
            (80, "/", None),
        ];
        for (port, path, want) in cases {
            let found = Config::find(&config.locations, port, path).map(|location| location.action.clone());
            assert_eq!(found, want, "{port} {path}");
        }
    }
}
