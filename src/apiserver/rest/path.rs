//! Paths of the REST API.

use crate::api::Kind;
use crate::apiserver::Key;

/// What a path names: `/apis/apps/v1/namespaces/default/deployments/web/scale`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Path {
    /// The kind behind the plural.
    pub kind: Kind,
    /// The namespace; none for all namespaces and for kinds outside namespaces.
    pub namespace: Option<String>,
    /// The name; none for the collection.
    pub name: Option<String>,
    /// The part of the object.
    pub subresource: Option<String>,
}

impl Path {
    /// Reads a path; `None` when it names nothing that is served.
    #[must_use]
    pub fn parse(path: &str) -> Option<Self> {
        let mut parts = path.trim_matches('/').split('/');
        let (group, version) = match parts.next()? {
            "api" => ("", parts.next()?),
            "apis" => (parts.next()?, parts.next()?),
            _ => return None,
        };
        let rest: Vec<&str> = parts.collect();
        let in_namespace =
            |plural: &&str| Kind::by_plural(group, version, plural).is_some_and(|kind| kind.info().namespaced);
        let (namespace, rest) = match rest.as_slice() {
            ["namespaces", namespace, rest @ ..] if rest.first().is_some_and(in_namespace) => {
                (Some((*namespace).to_owned()), rest)
            }
            rest => (None, rest),
        };
        let (plural, name, subresource) = match rest {
            [plural] => (plural, None, None),
            [plural, name] => (plural, Some(*name), None),
            [plural, name, subresource] => (plural, Some(*name), Some(*subresource)),
            _ => return None,
        };
        let kind = Kind::by_plural(group, version, plural)?;
        if name.is_some() && kind.info().namespaced && namespace.is_none() {
            return None;
        }
        Some(Self {
            kind,
            namespace,
            name: name.map(str::to_owned),
            subresource: subresource.map(str::to_owned),
        })
    }

    /// The key of the object that the path names; the name is empty for a collection.
    #[must_use]
    pub fn key(&self) -> Key {
        Key::new(
            self.namespace.as_deref().unwrap_or_default(),
            self.name.as_deref().unwrap_or_default(),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_name_kinds_objects_and_parts() {
        let cases: [(&str, Option<(&str, Option<&str>, Option<&str>, Option<&str>)>); 9] = [
            ("/api/v1/pods", Some(("Pod", None, None, None))),
            ("/api/v1/namespaces/a/pods", Some(("Pod", Some("a"), None, None))),
            (
                "/api/v1/namespaces/a/pods/b/status",
                Some(("Pod", Some("a"), Some("b"), Some("status"))),
            ),
            ("/api/v1/namespaces/a", Some(("Namespace", None, Some("a"), None))),
            (
                "/api/v1/namespaces/a/status",
                Some(("Namespace", None, Some("a"), Some("status"))),
            ),
            (
                "/apis/apps/v1/namespaces/a/deployments/b",
                Some(("Deployment", Some("a"), Some("b"), None)),
            ),
            ("/api/v1/pods/b", None),
            ("/apis/apps/v1/gizmos", None),
            ("/healthz", None),
        ];
        for (text, want) in cases {
            let got = Path::parse(text);
            let got = got.as_ref().map(|path| {
                let part = |text: &'_ Option<String>| text.clone();
                (
                    path.kind.info().kind,
                    part(&path.namespace),
                    part(&path.name),
                    part(&path.subresource),
                )
            });
            let own = |text: Option<&str>| text.map(str::to_owned);
            let want = want.map(|(kind, namespace, name, part)| (kind, own(namespace), own(name), own(part)));
            assert_eq!(got, want, "{text}");
        }
    }
}
