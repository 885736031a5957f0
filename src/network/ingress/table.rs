//! All rules of all Ingresses that are served, and the one that a request meets.
//!
//! As in ingress-nginx each host is a server of its own: the closest host is chosen first, then among its paths. What no
//! path of it takes goes to the default backend, never to the paths of another host.

use crate::sim::Arrange;
use std::rc::Rc;

use super::host::{self, HostMatch};
use super::path::{self, PathType};
use crate::api::networking::{Ingress, IngressBackend};
use crate::apiserver::ApiServer;

/// The annotation that named the class before there was a field.
const CLASS_ANNOTATION: &str = "kubernetes.io/ingress.class";
/// Says that HTTP is not sent on to HTTPS although the host has a certificate.
const SSL_REDIRECT: &str = "nginx.ingress.kubernetes.io/ssl-redirect";

/// The Ingresses that the controller serves: those that have a class. The oldest first: it wins where two say the same.
pub fn served(api: &ApiServer) -> impl Iterator<Item = &Rc<Ingress>> {
    let mut all: Vec<&Rc<Ingress>> = api.list::<Ingress>(None).filter(|ingress| is_served(ingress)).collect();
    all.arrange_by_key(|ingress| {
        (
            ingress.meta.creation_timestamp,
            ingress.meta.namespace.clone(),
            ingress.meta.name.clone(),
        )
    });
    all.into_iter()
}

/// Whether an Ingress has a class. The default one was filled in when it was made.
#[must_use]
pub fn is_served(ingress: &Ingress) -> bool {
    let class = ingress.spec.ingress_class_name.as_ref();
    class
        .or_else(|| ingress.meta.annotation(CLASS_ANNOTATION))
        .is_some_and(|class| !class.is_empty())
}

/// What the rules say to a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hit {
    /// The Ingress; none where no Ingress says anything.
    pub ingress: Option<Rc<Ingress>>,
    /// Where to; none for the controller's own page.
    pub backend: Option<IngressBackend>,
    /// The rule, in words.
    pub rule: String,
    /// Whether the host has a certificate, and HTTP is sent on to HTTPS.
    pub redirects: bool,
}

struct Candidate<'a> {
    ingress: &'a Rc<Ingress>,
    host: &'a str,
    kind: PathType,
    path: &'a str,
    backend: &'a IngressBackend,
}

/// Finds the rule for a request to `host` and `path`.
#[must_use]
pub fn find(api: &ApiServer, host: &str, path: &str) -> Hit {
    let ingresses: Vec<&Rc<Ingress>> = served(api).collect();
    let hosts = ingresses.iter().flat_map(|ingress| ingress.spec.rules.iter());
    let closest = hosts.filter_map(|rule| host::matches(&rule.host, host)).max();
    let mut best: Option<Candidate<'_>> = None;
    for candidate in ingresses.iter().flat_map(|ingress| candidates(ingress)) {
        let fits = host::matches(candidate.host, host) == closest
            && closest.is_some()
            && path::matches(candidate.kind, candidate.path, path);
        let is_better = best
            .as_ref()
            .is_none_or(|best| path::order((candidate.kind, candidate.path), (best.kind, best.path)).is_gt());
        if fits && is_better {
            best = Some(candidate);
        }
    }
    let redirects = ingresses.iter().any(|ingress| has_certificate(ingress, host));
    match best {
        Some(found) => Hit {
            ingress: Some(found.ingress.clone()),
            backend: Some(found.backend.clone()),
            rule: words(&found, closest),
            redirects,
        },
        None => Hit {
            redirects,
            ..default_backend(&ingresses, host, closest)
        },
    }
}

fn candidates(ingress: &Rc<Ingress>) -> impl Iterator<Item = Candidate<'_>> {
    ingress.spec.rules.iter().flat_map(move |rule| {
        let paths = rule.http.iter().flat_map(|http| http.paths.iter());
        paths.map(move |entry| Candidate {
            ingress,
            host: &rule.host,
            kind: entry
                .path_type
                .as_deref()
                .and_then(PathType::parse)
                .unwrap_or(PathType::ImplementationSpecific),
            path: if entry.path.is_empty() { "/" } else { &entry.path },
            backend: &entry.backend,
        })
    })
}

fn words(found: &Candidate<'_>, closest: Option<HostMatch>) -> String {
    let host = match closest {
        Some(HostMatch::Exact) => format!("host {}", found.host),
        Some(HostMatch::Wildcard) => format!("host {} (wildcard)", found.host),
        _ => "any host".to_owned(),
    };
    format!("rule: {host}, path {} ({})", found.path, found.kind.name())
}

/// The backend of a request that no rule takes: that of the Ingress whose host it is, then that of an Ingress without rules.
fn default_backend(ingresses: &[&Rc<Ingress>], host: &str, closest: Option<HostMatch>) -> Hit {
    let names_host = |ingress: &Ingress| {
        let mut rules = ingress.spec.rules.iter();
        closest.is_some() && rules.any(|rule| host::matches(&rule.host, host) == closest)
    };
    let with_default = || {
        ingresses
            .iter()
            .filter(|ingress| ingress.spec.default_backend.is_some())
    };
    let found = with_default()
        .find(|ingress| names_host(ingress))
        .or_else(|| with_default().find(|ingress| ingress.spec.rules.is_empty()))
        .or_else(|| with_default().next());
    let why = if closest.is_some() {
        "no path of this host matches"
    } else {
        "no rule names this host"
    };
    Hit {
        ingress: found.map(|ingress| Rc::clone(ingress)),
        backend: found.and_then(|ingress| ingress.spec.default_backend.clone()),
        rule: match found {
            Some(_) => format!("{why}: spec.defaultBackend"),
            None => format!("{why}: the controller's default backend answers 404"),
        },
        redirects: false,
    }
}

fn has_certificate(ingress: &Ingress, host: &str) -> bool {
    let off = ingress
        .meta
        .annotation(SSL_REDIRECT)
        .is_some_and(|value| &**value == "false");
    let mut hosts = ingress.spec.tls.iter().flat_map(|tls| tls.hosts.iter());
    !off && hosts.any(|rule| host::matches(rule, host).is_some_and(|found| found > HostMatch::Any))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::testing::api;

    const OBJECTS: &str = r#"[
        {"kind": "Ingress", "metadata": {"name": "a", "creationTimestamp": "2026-01-01T00:00:00Z"}, "spec": {"ingressClassName": "nginx", "rules": [
            {"host": "foo.com", "http": {"paths": [
                {"path": "/", "pathType": "Prefix", "backend": {"service": {"name": "root", "port": {"number": 80}}}},
                {"path": "/cart", "pathType": "Prefix", "backend": {"service": {"name": "cart", "port": {"number": 80}}}},
                {"path": "/cart", "pathType": "Exact", "backend": {"service": {"name": "exact", "port": {"number": 80}}}}]}},
            {"host": "*.foo.com", "http": {"paths": [
                {"path": "/wild", "pathType": "Prefix", "backend": {"service": {"name": "wild", "port": {"number": 80}}}}]}},
            {"http": {"paths": [
                {"path": "/any", "pathType": "Prefix", "backend": {"service": {"name": "any", "port": {"number": 80}}}}]}}]}},
        {"kind": "Ingress", "metadata": {"name": "b", "creationTimestamp": "2026-01-02T00:00:00Z"}, "spec": {"ingressClassName": "nginx", "rules": [
            {"host": "foo.com", "http": {"paths": [
                {"path": "/cart", "pathType": "Prefix", "backend": {"service": {"name": "late", "port": {"number": 80}}}}]}}]}},
        {"kind": "Ingress", "metadata": {"name": "c"}, "spec": {"rules": [
            {"host": "none.com", "http": {"paths": [
                {"path": "/", "pathType": "Prefix", "backend": {"service": {"name": "unserved", "port": {"number": 80}}}}]}}]}}
    ]"#;

    #[test]
    fn the_closest_rule_wins() {
        let api = api(OBJECTS);
        let cases = [
            ("foo.com", "/", "root"),
            ("foo.com", "/cart", "exact"),
            ("foo.com", "/cart/1", "cart"),
            ("foo.com", "/any", "root"),
            ("bar.foo.com", "/wild/x", "wild"),
            ("bar.foo.com", "/any", "404"),
            ("a.bar.foo.com", "/any/x", "any"),
            ("none.com", "/", "404"),
            ("none.com", "/any", "any"),
        ];
        for (host, path, want) in cases {
            let hit = find(&api, host, path);
            let service = hit.backend.and_then(|backend| backend.service);
            let got = service.map_or("404".to_owned(), |service| service.name.to_string());
            assert_eq!(got, want, "{host}{path}: {}", hit.rule);
        }
    }
}
