//! Rules for names that go into the DNS, which most object names must be.

use super::{FieldError, FieldErrors, Path, max_len_error, regex_error};

/// The most bytes of a DNS label.
pub const DNS1123_LABEL_MAX_LENGTH: usize = 63;

/// The most bytes of a DNS name.
pub const DNS1123_SUBDOMAIN_MAX_LENGTH: usize = 253;

const LABEL_FORM: &str = "[a-z0-9]([-a-z0-9]*[a-z0-9])?";
const SUBDOMAIN_FORM: &str = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*";
const SUBDOMAIN_MESSAGE: &str = "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, \
     '-' or '.', and must start and end with an alphanumeric character";

/// A lower-case label: letters, digits and inner hyphens.
// Models apimachinery/pkg/util/validation IsDNS1123Label
pub fn is_dns1123_label(value: &str) -> Vec<String> {
    let mut errors = too_long(value, DNS1123_LABEL_MAX_LENGTH);
    if !is_label(value) {
        if is_subdomain(value) {
            errors.push("must not contain dots".to_owned());
        } else {
            let message = "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and \
                 must start and end with an alphanumeric character";
            errors.push(regex_error(message, LABEL_FORM, &["my-name", "123-abc"]));
        }
    }
    errors
}

/// Lower-case labels joined by dots.
// Models apimachinery/pkg/util/validation IsDNS1123Subdomain
pub fn is_dns1123_subdomain(value: &str) -> Vec<String> {
    let mut errors = too_long(value, DNS1123_SUBDOMAIN_MAX_LENGTH);
    errors.extend(subdomain_form(value));
    errors
}

/// The message of a text that is not of a subdomain's form, whatever its length.
pub(super) fn subdomain_form(value: &str) -> Option<String> {
    (!is_subdomain(value)).then(|| regex_error(SUBDOMAIN_MESSAGE, SUBDOMAIN_FORM, &["example.com"]))
}

/// A subdomain whose labels may also hold underscores, as the search domains of a pod may.
// Models apimachinery/pkg/util/validation IsDNS1123SubdomainWithUnderscore
pub fn is_dns1123_subdomain_with_underscore(value: &str) -> Vec<String> {
    let mut errors = too_long(value, DNS1123_SUBDOMAIN_MAX_LENGTH);
    let is_label = |label: &str| {
        let label = label.strip_prefix('_').unwrap_or(label);
        is_name(label, is_lower_alphanumeric, |b| {
            is_lower_alphanumeric(b) || b == b'-' || b == b'_'
        })
    };
    if !value.split('.').all(is_label) {
        let message = "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '_', '-' or \
             '.', and must start and end with an alphanumeric character";
        let form = r"_?[a-z0-9]([-_a-z0-9]*[a-z0-9])?(\._?[a-z0-9]([-_a-z0-9]*[a-z0-9])?)*";
        errors.push(regex_error(message, form, &["example.com"]));
    }
    errors
}

/// A label that starts with a letter.
// Models apimachinery/pkg/util/validation IsDNS1035Label
pub fn is_dns1035_label(value: &str) -> Vec<String> {
    let mut errors = too_long(value, DNS1123_LABEL_MAX_LENGTH);
    if !(is_label(value) && value.starts_with(|c: char| c.is_ascii_lowercase())) {
        let message = "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an \
             alphabetic character, and end with an alphanumeric character";
        errors.push(regex_error(
            message,
            "[a-z]([-a-z0-9]*[a-z0-9])?",
            &["my-name", "abc-123"],
        ));
    }
    errors
}

/// `*.` and a subdomain.
// Models apimachinery/pkg/util/validation IsWildcardDNS1123Subdomain
pub fn is_wildcard_dns1123_subdomain(value: &str) -> Vec<String> {
    let mut errors = too_long(value, DNS1123_SUBDOMAIN_MAX_LENGTH);
    if !value.strip_prefix("*.").is_some_and(is_subdomain) {
        let message = "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which \
             must consist of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character";
        errors.push(regex_error(
            message,
            &format!(r"\*\.{SUBDOMAIN_FORM}"),
            &["*.example.com"],
        ));
    }
    errors
}

/// A domain of at least two labels, with or without the dot at its end.
// Models apimachinery/pkg/util/validation IsFullyQualifiedDomainName
pub fn is_fully_qualified_domain_name(path: &Path<'_>, value: &str) -> FieldErrors {
    let mut errors = FieldErrors::default();
    if value.is_empty() {
        errors.push(FieldError::required(path, ""));
        return errors;
    }
    let name = value.strip_suffix('.').unwrap_or(value);
    let wrong = is_dns1123_subdomain(name);
    if !wrong.is_empty() {
        errors.push(FieldError::invalid(path, name, wrong.join(",")));
    } else if !name.contains('.') {
        let message = "should be a domain with at least two segments separated by dots";
        errors.push(FieldError::invalid(path, name, message));
    } else {
        for label in name.split('.') {
            let wrong = is_dns1123_label(label);
            if !wrong.is_empty() {
                errors.push(FieldError::invalid(path, label, wrong.join(",")));
            }
        }
    }
    errors
}

/// The rule for most object names. `prefix`: characters will be added, so a hyphen may stand at the end.
// Models apimachinery/pkg/api/validation NameIsDNSSubdomain
pub fn name_is_dns_subdomain(name: &str, prefix: bool) -> Vec<String> {
    is_dns1123_subdomain(&mask_trailing_dash(name, prefix))
}

/// The rule for the names of namespaces, services and the like. `prefix`: as in [`name_is_dns_subdomain`].
// Models apimachinery/pkg/api/validation NameIsDNSLabel
pub fn name_is_dns_label(name: &str, prefix: bool) -> Vec<String> {
    is_dns1123_label(&mask_trailing_dash(name, prefix))
}

/// The rule for names that must start with a letter. `prefix`: as in [`name_is_dns_subdomain`].
// Models apimachinery/pkg/api/validation NameIsDNS1035Label
pub fn name_is_dns1035_label(name: &str, prefix: bool) -> Vec<String> {
    is_dns1035_label(&mask_trailing_dash(name, prefix))
}

/// The name with a legal end in place of its last two characters, if the last is a hyphen.
// Models apimachinery/pkg/api/validation maskTrailingDash
fn mask_trailing_dash(name: &str, prefix: bool) -> String {
    match name.strip_suffix('-').filter(|rest| prefix && !rest.is_empty()) {
        Some(rest) => {
            let kept = rest.strip_suffix(|c: char| c.is_ascii()).unwrap_or(rest);
            format!("{kept}a")
        }
        None => name.to_owned(),
    }
}

/// The message of a text over `max` bytes.
fn too_long(value: &str, max: usize) -> Vec<String> {
    super::unless(value.len() <= max, || max_len_error(max))
}

/// Whether a text is a label, whatever its length.
fn is_label(value: &str) -> bool {
    is_name(value, is_lower_alphanumeric, |b| is_lower_alphanumeric(b) || b == b'-')
}

/// Whether a text is labels joined by dots, whatever its length.
fn is_subdomain(value: &str) -> bool {
    value.split('.').all(is_label)
}

fn is_lower_alphanumeric(b: u8) -> bool {
    b.is_ascii_lowercase() || b.is_ascii_digit()
}

/// Whether a text is not empty, starts and ends with `outer` bytes and holds only `inner` ones.
pub(super) fn is_name(value: &str, outer: fn(u8) -> bool, inner: fn(u8) -> bool) -> bool {
    match value.as_bytes() {
        [only] => outer(*only),
        [first, middle @ .., last] => outer(*first) && outer(*last) && middle.iter().all(|b| inner(*b)),
        [] => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the label rule says of a text of the wrong form.
    const LABEL: &str = "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";

    #[test]
    fn labels() {
        let long = "a".repeat(64);
        for (value, want) in [
            ("web-1", vec![]),
            ("1", vec![]),
            ("", vec![LABEL]),
            ("Web", vec![LABEL]),
            ("a.b", vec!["must not contain dots"]),
            (&long, vec!["must be no more than 63 characters"]),
            (&format!("{long}-"), vec!["must be no more than 63 characters", LABEL]),
        ] {
            assert_eq!(is_dns1123_label(value), want, "{value:?}");
        }
    }

    #[test]
    fn subdomains() {
        let want = "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
        assert_eq!(is_dns1123_subdomain("My_Pod"), [want]);
        assert_eq!(is_dns1123_subdomain("a..b"), [want]);
        assert!(is_dns1123_subdomain("a.b-c.1").is_empty());
        assert_eq!(
            is_dns1123_subdomain(&"a".repeat(254)),
            ["must be no more than 253 characters"]
        );
        assert!(is_dns1123_subdomain_with_underscore("_a.b_c").is_empty());
        assert!(!is_dns1123_subdomain_with_underscore("__a").is_empty());
        assert!(!is_dns1123_subdomain_with_underscore("a_").is_empty());
    }

    #[test]
    fn labels_that_start_with_a_letter() {
        let want = "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')";
        assert!(is_dns1035_label("a1").is_empty());
        assert_eq!(is_dns1035_label("1a"), [want]);
    }

    #[test]
    fn wildcards() {
        let want = "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character (e.g. '*.example.com', regex used for validation is '\\*\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
        assert!(is_wildcard_dns1123_subdomain("*.a.b").is_empty());
        assert_eq!(is_wildcard_dns1123_subdomain("*.*.b"), [want]);
    }

    #[test]
    fn generated_names_may_end_with_a_hyphen() {
        assert!(name_is_dns_subdomain("web-", true).is_empty());
        assert!(!name_is_dns_subdomain("web-", false).is_empty());
        assert!(!name_is_dns_label("-", true).is_empty());
        assert!(name_is_dns1035_label("web-", true).is_empty());
        // The character before the hyphen is dropped too, as upstream does.
        assert!(name_is_dns_label("a_-", true).is_empty());
        assert!(!name_is_dns_label("aé-", true).is_empty());
    }

    #[test]
    fn domain_names() {
        let path = Path::new("host");
        for (value, want) in [
            ("", "host: Required value"),
            (
                "com",
                r#"host: Invalid value: "com": should be a domain with at least two segments separated by dots"#,
            ),
            ("example.com.", ""),
        ] {
            assert_eq!(
                is_fully_qualified_domain_name(&path, value).aggregate(),
                want,
                "{value:?}"
            );
        }
        let long = format!("{}.io", "a".repeat(64));
        let errors = is_fully_qualified_domain_name(&path, &long);
        assert!(
            errors.aggregate().ends_with("must be no more than 63 characters"),
            "{errors}"
        );
    }
}
