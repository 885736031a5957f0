//! Hosts of rules.

/// How closely a rule's host fits; the greater wins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum HostMatch {
    /// The rule names no host: it holds for all.
    Any,
    /// `*.foo.com`.
    Wildcard,
    /// The very host.
    Exact,
}

/// Whether a rule for `rule` holds for a request to `host`. Case and a port behind the host are of no account; `*` stands
/// for exactly one label.
// Models the Ingress API, rules[].host.
#[must_use]
pub fn matches(rule: &str, host: &str) -> Option<HostMatch> {
    let host = bare(host);
    if rule.is_empty() {
        return Some(HostMatch::Any);
    }
    if let Some(suffix) = rule.strip_prefix("*.") {
        let (label, rest) = host.split_once('.')?;
        return (!label.is_empty() && rest.eq_ignore_ascii_case(suffix)).then_some(HostMatch::Wildcard);
    }
    rule.eq_ignore_ascii_case(host).then_some(HostMatch::Exact)
}

/// A host without its port and its closing dot.
fn bare(host: &str) -> &str {
    let host = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    };
    host.strip_suffix('.').unwrap_or(host)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_match_exactly_or_by_one_label() {
        let cases = [
            ("", "foo.com", Some(HostMatch::Any)),
            ("foo.bar.com", "foo.bar.com", Some(HostMatch::Exact)),
            ("foo.bar.com", "FOO.bar.com:8080", Some(HostMatch::Exact)),
            ("foo.bar.com", "bar.com", None),
            ("*.foo.com", "bar.foo.com", Some(HostMatch::Wildcard)),
            ("*.foo.com", "baz.bar.foo.com", None),
            ("*.foo.com", "foo.com", None),
            ("*.foo.com", ".foo.com", None),
            ("*.foo.com", "barfoo.com", None),
        ];
        for (rule, host, want) in cases {
            assert_eq!(matches(rule, host), want, "{host} under {rule}");
        }
        assert!(HostMatch::Exact > HostMatch::Wildcard && HostMatch::Wildcard > HostMatch::Any);
    }
}
