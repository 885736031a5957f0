//! Rules for label keys and values, ports, environment variables, ConfigMap keys and other short texts.

use super::dns::{is_name, subdomain_form};
use super::{DNS1123_SUBDOMAIN_MAX_LENGTH, FieldError, FieldErrors, Path, is_dns1123_subdomain, unless};
use super::{inclusive_range_error, max_bytes_error, max_len_error, regex_error};

const LABEL_KEY_FORM: &str = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]";
const LABEL_MAX_LENGTH: usize = 63;

/// A label key: a name, with an optional subdomain and a slash before it. Also the rule for resource, taint and
/// annotation names.
// Models apimachinery/pkg/api/validate/content IsLabelKey
pub fn is_qualified_name(value: &str) -> Vec<String> {
    let parts: Vec<&str> = value.split('/').collect();
    let (mut errors, name) = match parts.as_slice() {
        [name] => (Vec::new(), *name),
        [prefix, name] => (label_key_prefix(prefix), *name),
        _ => {
            let message = label_key_form();
            let tail = "with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')";
            return vec![format!("a valid label key {message} {tail}")];
        }
    };
    if name.is_empty() {
        errors.push("name part must be non-empty".to_owned());
    } else if name.len() > LABEL_MAX_LENGTH {
        errors.push(format!("name part {}", max_bytes_error(LABEL_MAX_LENGTH)));
    }
    if !is_label_text(name) {
        errors.push(format!("name part {}", label_key_form()));
    }
    errors
}

/// What is wrong with the part of a label key before the slash.
fn label_key_prefix(prefix: &str) -> Vec<String> {
    if prefix.is_empty() {
        return vec!["prefix part must be non-empty".to_owned()];
    }
    let long = (prefix.len() > DNS1123_SUBDOMAIN_MAX_LENGTH).then(|| max_bytes_error(DNS1123_SUBDOMAIN_MAX_LENGTH));
    let messages = long.into_iter().chain(subdomain_form(prefix));
    messages.map(|message| format!("prefix part {message}")).collect()
}

/// The message of a label key of the wrong form.
fn label_key_form() -> String {
    let message = "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an \
         alphanumeric character";
    regex_error(message, LABEL_KEY_FORM, &["MyName", "my.name", "123-abc"])
}

/// A label value: empty, or like the name of a label key.
// Models apimachinery/pkg/api/validate/content IsLabelValue
pub fn is_valid_label_value(value: &str) -> Vec<String> {
    let mut errors = unless(value.len() <= LABEL_MAX_LENGTH, || max_bytes_error(LABEL_MAX_LENGTH));
    if !value.is_empty() && !is_label_text(value) {
        let message = "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', \
             and must start and end with an alphanumeric character";
        errors.push(regex_error(
            message,
            &format!("({LABEL_KEY_FORM})?"),
            &["MyValue", "my_value", "12345"],
        ));
    }
    errors
}

/// Whether a text has the form of a label key's name and of a label value.
fn is_label_text(value: &str) -> bool {
    is_name(
        value,
        |b| b.is_ascii_alphanumeric(),
        |b| b.is_ascii_alphanumeric() || b"-_.".contains(&b),
    )
}

/// A port number.
// Models apimachinery/pkg/util/validation IsValidPortNum
pub fn is_valid_port_num(port: i64) -> Vec<String> {
    is_in_range(port, 1, 65535)
}

/// A number within bounds.
// Models apimachinery/pkg/util/validation IsInRange
pub fn is_in_range(value: i64, min: i64, max: i64) -> Vec<String> {
    unless((min..=max).contains(&value), || inclusive_range_error(min, max))
}

/// A user or group id.
// Models apimachinery/pkg/util/validation IsValidUserID, IsValidGroupID
pub fn is_valid_user_id(id: i64) -> Vec<String> {
    is_in_range(id, 0, i64::from(i32::MAX))
}

/// The name of a port.
// Models apimachinery/pkg/util/validation IsValidPortName
pub fn is_valid_port_name(port: &str) -> Vec<String> {
    let is_port_byte = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    let mut errors = unless(port.len() <= 15, || max_len_error(15));
    let mut require = |holds: bool, message: &str| {
        if !holds {
            errors.push(message.to_owned());
        }
    };
    require(
        !port.is_empty() && port.bytes().all(is_port_byte),
        "must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)",
    );
    require(
        port.contains(|c: char| c.is_ascii_lowercase()),
        "must contain at least one letter (a-z)",
    );
    require(!port.contains("--"), "must not contain consecutive hyphens");
    require(
        !port.starts_with('-') && !port.ends_with('-'),
        "must not begin or end with a hyphen",
    );
    errors
}

/// A percentage: digits and `%`.
// Models apimachinery/pkg/util/validation IsValidPercent
pub fn is_valid_percent(value: &str) -> Vec<String> {
    let digits = value.strip_suffix('%').unwrap_or_default();
    unless(!digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()), || {
        let message = "a valid percent string must be a numeric string followed by an ending '%'";
        regex_error(message, "[0-9]+%", &["1%", "93%"])
    })
}

/// The name of an HTTP header.
// Models apimachinery/pkg/util/validation IsHTTPHeaderName
pub fn is_http_header_name(value: &str) -> Vec<String> {
    let holds = !value.is_empty() && value.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    unless(holds, || {
        let message = "a valid HTTP header must consist of alphanumeric characters or '-'";
        regex_error(message, "[-A-Za-z0-9]+", &["X-Header-Name"])
    })
}

/// The strict rule for the name of an environment variable.
// Models apimachinery/pkg/util/validation IsEnvVarName
pub fn is_env_var_name(value: &str) -> Vec<String> {
    let holds = !value.is_empty() && is_key_text(value) && !value.starts_with(|c: char| c.is_ascii_digit());
    let mut errors = unless(holds, || {
        let message = "a valid environment variable name must consist of alphabetic characters, digits, '_', '-', or \
             '.', and must not start with a digit";
        regex_error(
            message,
            "[-._a-zA-Z][-._a-zA-Z0-9]*",
            &["my.env-name", "MY_ENV.NAME", "MyEnvName1"],
        )
    });
    errors.extend(parent_directory(value));
    errors
}

/// The rule in force for the name of an environment variable: printable ASCII without `=`.
// Models apimachinery/pkg/util/validation IsRelaxedEnvVarName
pub fn is_relaxed_env_var_name(value: &str) -> Vec<String> {
    if value.is_empty() {
        return vec!["environment variable name must be non-empty".to_owned()];
    }
    unless(value.bytes().all(|b| (b' '..=b'~').contains(&b) && b != b'='), || {
        "a valid environment variable name must consist only of printable ASCII characters other than '='".to_owned()
    })
}

/// A key of a ConfigMap or Secret.
// Models apimachinery/pkg/util/validation IsConfigMapKey
pub fn is_config_map_key(value: &str) -> Vec<String> {
    let mut errors = unless(value.len() <= DNS1123_SUBDOMAIN_MAX_LENGTH, || {
        max_len_error(DNS1123_SUBDOMAIN_MAX_LENGTH)
    });
    if value.is_empty() || !is_key_text(value) {
        let message = "a valid config key must consist of alphanumeric characters, '-', '_' or '.'";
        errors.push(regex_error(
            message,
            "[-._a-zA-Z0-9]+",
            &["key.name", "KEY_NAME", "key-name"],
        ));
    }
    errors.extend(parent_directory(value));
    errors
}

/// Whether a text holds only the characters of a ConfigMap key.
fn is_key_text(value: &str) -> bool {
    value.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._".contains(&b))
}

/// What is wrong with a file name that leads out of its directory.
// Models apimachinery/pkg/util/validation hasChDirPrefix
fn parent_directory(value: &str) -> Option<String> {
    let message = match value {
        "." => "must not be '.'",
        ".." => "must not be '..'",
        _ if value.starts_with("..") => "must not start with '..'",
        _ => return None,
    };
    Some(message.to_owned())
}

/// A name that can stand in the path of a URL, the rule for RBAC objects. `prefix`: characters will be added.
// Models apimachinery/pkg/api/validation/path ValidatePathSegmentName
pub fn is_path_segment_name(name: &str, prefix: bool) -> Vec<String> {
    if !prefix && (name == "." || name == "..") {
        return vec![format!("may not be '{name}'")];
    }
    let found = ["/", "%"].into_iter().filter(|part| name.contains(part));
    found.map(|part| format!("may not contain '{part}'")).collect()
}

/// A domain, a slash and a path, such as `acme.io/foo`.
// Models apimachinery/pkg/util/validation IsDomainPrefixedPath
pub fn is_domain_prefixed_path(path: &Path<'_>, value: &str) -> FieldErrors {
    let mut errors = FieldErrors::default();
    if value.is_empty() {
        errors.push(FieldError::required(path, ""));
        return errors;
    }
    let Some((host, rest)) = value
        .split_once('/')
        .filter(|(host, rest)| !host.is_empty() && !rest.is_empty())
    else {
        let message = "must be a domain-prefixed path (such as \"acme.io/foo\")";
        errors.push(FieldError::invalid(path, value, message));
        return errors;
    };
    errors.push_invalid(path, host, is_dns1123_subdomain(host));
    if !rest
        .bytes()
        .all(|b| b.is_ascii_alphanumeric() || b"/-._~%!$&'()*+,;=:".contains(&b))
    {
        let message = regex_error("Invalid path", r"[A-Za-z0-9/\-._~%!$&'()*+,;=:]+", &[]);
        errors.push(FieldError::invalid(path, rest, message));
    }
    errors
}

/// A label key that has a domain, such as `acme.io/foo`.
// Models apimachinery/pkg/util/validation IsDomainPrefixedKey
pub fn is_domain_prefixed_key(path: &Path<'_>, key: &str) -> FieldErrors {
    let mut errors = FieldErrors::default();
    if key.is_empty() {
        errors.push(FieldError::required(path, ""));
        return errors;
    }
    errors.push_invalid(path, key, is_qualified_name(key));
    if errors.is_empty() && !key.contains('/') {
        let message = "must be a domain-prefixed key (such as \"acme.io/foo\")";
        errors.push(FieldError::invalid(path, key, message));
    }
    errors
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn label_keys() {
        let form = "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";
        let name = format!("name part {form}");
        let many = format!(
            "a valid label key {form} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')"
        );
        let long = "a".repeat(64);
        for (value, want) in [
            ("app.kubernetes.io/name", vec![]),
            ("A_b.c-1", vec![]),
            ("", vec!["name part must be non-empty", &name]),
            ("a b", vec![&*name]),
            ("/a", vec!["prefix part must be non-empty"]),
            ("a/b/c", vec![&*many]),
            (&long, vec!["name part must be no more than 63 bytes"]),
        ] {
            assert_eq!(is_qualified_name(value), want, "{value:?}");
        }
        let long_prefix = format!("{}/a", "a".repeat(254));
        assert_eq!(
            is_qualified_name(&long_prefix),
            ["prefix part must be no more than 253 bytes"]
        );
        assert!(is_qualified_name("A/b")[0].starts_with("prefix part a lowercase RFC 1123 subdomain must"));
    }

    #[test]
    fn label_values() {
        let form = "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";
        assert!(is_valid_label_value("").is_empty());
        assert!(is_valid_label_value("v1.0_x-y").is_empty());
        assert_eq!(is_valid_label_value("a b"), [form]);
        assert_eq!(is_valid_label_value(&"a".repeat(64)), ["must be no more than 63 bytes"]);
    }

    #[test]
    fn ports() {
        let characters = "must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)";
        let letter = "must contain at least one letter (a-z)";
        for (port, want) in [
            ("http", vec![]),
            ("", vec![characters, letter]),
            ("8080", vec![letter]),
            ("HTTP", vec![characters, letter]),
            ("a--b", vec!["must not contain consecutive hyphens"]),
            ("-a", vec!["must not begin or end with a hyphen"]),
            ("abcdefghijklmnop", vec!["must be no more than 15 characters"]),
        ] {
            assert_eq!(is_valid_port_name(port), want, "{port:?}");
        }
        for port in [0, 65536, -1] {
            assert_eq!(
                is_valid_port_num(port),
                ["must be between 1 and 65535, inclusive"],
                "{port}"
            );
        }
        assert!(is_valid_port_num(65535).is_empty());
        assert_eq!(
            is_valid_user_id(1 << 31),
            ["must be between 0 and 2147483647, inclusive"]
        );
    }

    #[test]
    fn environment_variables() {
        assert!(is_env_var_name("MY_VAR.a-b1").is_empty());
        assert_eq!(
            is_env_var_name("1x"),
            [
                "a valid environment variable name must consist of alphabetic characters, digits, '_', '-', or '.', and must not start with a digit (e.g. 'my.env-name',  or 'MY_ENV.NAME',  or 'MyEnvName1', regex used for validation is '[-._a-zA-Z][-._a-zA-Z0-9]*')"
            ]
        );
        assert_eq!(is_env_var_name("..a"), ["must not start with '..'"]);
        assert!(is_relaxed_env_var_name("1x y").is_empty());
        assert_eq!(
            is_relaxed_env_var_name(""),
            ["environment variable name must be non-empty"]
        );
        let want = "a valid environment variable name must consist only of printable ASCII characters other than '='";
        for value in ["a=b", "a\n", "é"] {
            assert_eq!(is_relaxed_env_var_name(value), [want], "{value:?}");
        }
    }

    #[test]
    fn other_short_texts() {
        let key = "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')";
        assert_eq!(is_config_map_key(""), [key]);
        assert_eq!(is_config_map_key(".."), ["must not be '..'"]);
        assert!(is_config_map_key(".env").is_empty());
        let percent = "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')";
        assert_eq!(is_valid_percent("%"), [percent]);
        assert!(is_valid_percent("25%").is_empty());
        let header = "a valid HTTP header must consist of alphanumeric characters or '-' (e.g. 'X-Header-Name', regex used for validation is '[-A-Za-z0-9]+')";
        assert_eq!(is_http_header_name("a_b"), [header]);
        assert_eq!(is_path_segment_name("..", false), ["may not be '..'"]);
        assert!(is_path_segment_name("..", true).is_empty());
        assert_eq!(
            is_path_segment_name("a/b%", true),
            ["may not contain '/'", "may not contain '%'"]
        );
        assert!(is_path_segment_name("system:node", false).is_empty());
    }

    #[test]
    fn domain_prefixes() {
        let path = Path::new("p");
        let must = "must be a domain-prefixed path (such as \"acme.io/foo\")";
        for (value, want) in [
            ("", "p: Required value".to_owned()),
            ("acme.io/foo", String::new()),
            ("acme.io/", format!("p: Invalid value: \"acme.io/\": {must}")),
            (
                "acme.io/a b",
                r#"p: Invalid value: "a b": Invalid path (regex used for validation is '[A-Za-z0-9/\-._~%!$&'()*+,;=:]+')"#
                    .to_owned(),
            ),
        ] {
            assert_eq!(is_domain_prefixed_path(&path, value).aggregate(), want, "{value:?}");
        }
        assert!(is_domain_prefixed_key(&path, "acme.io/foo").is_empty());
        assert!(
            is_domain_prefixed_key(&path, "foo")
                .aggregate()
                .contains("domain-prefixed key")
        );
    }
}
