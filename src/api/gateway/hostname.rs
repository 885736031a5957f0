//! Hostnames of listeners and routes: whole names, wildcards such as `*.example.com`, or none for all.
// Models the Gateway API, Hostname of apis/v1/shared_types.go and `hostnames` of routes.

/// How closely a pattern fits a name: names before wildcards before none, longer before shorter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fit {
    /// No hostname: all names.
    Any,
    /// A wildcard of that many characters.
    Wildcard(u16),
    /// The very name, of that many characters.
    Exact(u16),
}

/// Whether a name fits a pattern, and how closely. A wildcard stands for one or more labels. Case does not matter.
#[must_use]
pub fn fit(pattern: &str, name: &str) -> Option<Fit> {
    let length = u16::try_from(pattern.len()).unwrap_or(u16::MAX);
    if pattern.is_empty() {
        return Some(Fit::Any);
    }
    match suffix(pattern) {
        Some(suffix) => is_below(name, suffix).then_some(Fit::Wildcard(length)),
        None => pattern.eq_ignore_ascii_case(name).then_some(Fit::Exact(length)),
    }
}

/// Whether there is a name that fits both patterns.
#[must_use]
pub fn intersects(a: &str, b: &str) -> bool {
    match (suffix(a), suffix(b)) {
        _ if a.is_empty() || b.is_empty() => true,
        (Some(a), Some(b)) => a.eq_ignore_ascii_case(b) || is_below(a, b) || is_below(b, a),
        _ => fit(a, b).is_some() || fit(b, a).is_some(),
    }
}

/// What follows the `*` of a wildcard, with its dot.
fn suffix(pattern: &str) -> Option<&str> {
    pattern.strip_prefix('*')
}

/// Whether a name has more labels in front of a suffix.
fn is_below(name: &str, suffix: &str) -> bool {
    let cut = name.len().checked_sub(suffix.len()).filter(|cut| *cut > 0);
    cut.and_then(|cut| name.get(cut..))
        .is_some_and(|end| end.eq_ignore_ascii_case(suffix))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_fit_exactly_or_below_a_wildcard() {
        let cases = [
            ("", "a.com", Some(Fit::Any)),
            ("a.com", "A.com", Some(Fit::Exact(5))),
            ("a.com", "b.a.com", None),
            ("*.a.com", "b.a.com", Some(Fit::Wildcard(7))),
            ("*.a.com", "c.b.a.com", Some(Fit::Wildcard(7))),
            ("*.a.com", "a.com", None),
            ("*.a.com", "ba.com", None),
            ("*.a.com", ".a.com", None),
        ];
        for (pattern, name, want) in cases {
            assert_eq!(fit(pattern, name), want, "{name} under {pattern}");
        }
        assert!(Fit::Exact(3) > Fit::Wildcard(9) && Fit::Wildcard(7) > Fit::Wildcard(5) && Fit::Wildcard(0) > Fit::Any);
    }

    #[test]
    fn patterns_intersect_where_a_name_fits_both() {
        let cases = [
            ("", "*.a.com", true),
            ("a.com", "a.com", true),
            ("a.com", "b.com", false),
            ("*.a.com", "b.a.com", true),
            ("*.a.com", "a.com", false),
            ("*.a.com", "*.b.a.com", true),
            ("*.a.com", "*.A.com", true),
            ("*.a.com", "*.b.com", false),
        ];
        for (a, b, want) in cases {
            assert_eq!((intersects(a, b), intersects(b, a)), (want, want), "{a} and {b}");
        }
    }
}
