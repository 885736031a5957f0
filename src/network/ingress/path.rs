//! Paths of rules.

use std::cmp::Ordering;

/// How a rule's path is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PathType {
    /// Up to the controller; ours takes it as the beginning of a path, letter by letter.
    ImplementationSpecific,
    /// Element by element.
    Prefix,
    /// The whole path.
    Exact,
}

impl PathType {
    /// The type of that name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Some(match name {
            "Exact" => Self::Exact,
            "Prefix" => Self::Prefix,
            "ImplementationSpecific" => Self::ImplementationSpecific,
            _ => return None,
        })
    }

    /// Its name in the API.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Exact => "Exact",
            Self::Prefix => "Prefix",
            Self::ImplementationSpecific => "ImplementationSpecific",
        }
    }
}

/// Whether a rule's path holds for the path of a request, which is without its query.
// Models the Ingress API, rules[].http.paths[].pathType.
#[must_use]
pub fn matches(kind: PathType, rule: &str, path: &str) -> bool {
    match kind {
        PathType::Exact => rule == path,
        PathType::ImplementationSpecific => path.starts_with(rule),
        PathType::Prefix => {
            let rule = rule.strip_suffix('/').unwrap_or(rule);
            path.strip_prefix(rule)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        }
    }
}

/// Which of two paths that both hold is the better one: the longer; of equal ones `Exact` before `Prefix`.
#[must_use]
pub fn order(a: (PathType, &str), b: (PathType, &str)) -> Ordering {
    let length = |path: &str| path.strip_suffix('/').unwrap_or(path).len();
    let full = |(kind, path): (PathType, &str)| match kind {
        PathType::Prefix => length(path),
        _ => path.len(),
    };
    (full(a), a.0).cmp(&(full(b), b.0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use PathType::{Exact, ImplementationSpecific, Prefix};

    #[test]
    fn paths_match_by_their_type() {
        let cases = [
            (Exact, "/foo", "/foo", true),
            (Exact, "/foo", "/FOO", false),
            (Exact, "/foo", "/foo/", false),
            (Exact, "/foo/", "/foo", false),
            (Prefix, "/", "/any/thing", true),
            (Prefix, "/foo", "/foo", true),
            (Prefix, "/foo", "/foo/", true),
            (Prefix, "/foo", "/foo/bar", true),
            (Prefix, "/foo", "/foobar", false),
            (Prefix, "/foo/", "/foo", true),
            (Prefix, "/aaa/bb", "/aaa/bbb", false),
            (Prefix, "/aaa/bbb", "/aaa", false),
            (ImplementationSpecific, "/foo", "/foobar", true),
            (ImplementationSpecific, "/foo", "/fo", false),
        ];
        for (kind, rule, path, want) in cases {
            assert_eq!(matches(kind, rule, path), want, "{} {rule} for {path}", kind.name());
        }
    }

    #[test]
    fn the_longer_path_wins_then_the_exact_one() {
        let cases = [
            ((Prefix, "/aaa/bbb"), (Prefix, "/aaa"), Ordering::Greater),
            ((Exact, "/foo"), (Prefix, "/foo"), Ordering::Greater),
            ((Exact, "/foo"), (Prefix, "/foo/"), Ordering::Greater),
            ((Prefix, "/foo/bar"), (Exact, "/foo"), Ordering::Greater),
            ((Prefix, "/foo"), (Prefix, "/foo"), Ordering::Equal),
        ];
        for (a, b, want) in cases {
            assert_eq!(order(a, b), want, "{a:?} against {b:?}");
        }
    }
}
