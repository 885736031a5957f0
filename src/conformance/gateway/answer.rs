//! Expectations of answers: statuses, headers, redirects.

use serde_json::Value;

use crate::api::Str;
use crate::network::Url;

/// The values of a header, those of several lines in one.
pub(super) fn joined(headers: &[(Str, Str)], name: &str) -> Option<String> {
    let found = headers.iter().filter(|(known, _)| known.eq_ignore_ascii_case(name));
    let values: Vec<&str> = found.map(|(_, value)| &**value).collect();
    (!values.is_empty()).then(|| values.join(","))
}

/// Checks that headers are there with their values; a list holds the values that will do. Gaps do not count.
pub(super) fn headers(what: &str, got: &[(Str, Str)], want: &Value) -> Result<(), String> {
    for (name, value) in want.as_object().into_iter().flatten() {
        let found = joined(got, name);
        let packed = |text: &str| text.replace(' ', "");
        let is_one = |value: &Value| found.as_deref().map(packed) == value.as_str().map(packed);
        let holds = match value {
            Value::Array(all) => all.iter().any(is_one),
            one => is_one(one),
        };
        if !holds {
            return Err(format!("{what} header {name}: want {value}, got {found:?}"));
        }
    }
    Ok(())
}

/// Checks that headers are not there.
pub(super) fn absent(what: &str, got: &[(Str, Str)], names: &Value) -> Result<(), String> {
    for name in names.as_array().into_iter().flatten().filter_map(Value::as_str) {
        if let Some(found) = joined(got, name) {
            return Err(format!("{what} header {name}: want none, got {found}"));
        }
    }
    Ok(())
}

/// Checks the parts of a redirect. What is not told: the host is not looked at, scheme and path are those asked for, the port
/// is none or the scheme's own.
pub(super) fn redirect(headers: &[(Str, Str)], want: &Value, asked: (&str, &str)) -> Result<(), String> {
    let place = joined(headers, "location").ok_or("no location")?;
    let url = Url::parse(&place)?;
    let part = |name: &str| {
        let found = want.get(name).or_else(|| want.get(capital(name).as_str()));
        found.and_then(Value::as_str).filter(|text| !text.is_empty())
    };
    let scheme = part("scheme").unwrap_or(asked.0);
    let path = part("path").unwrap_or(asked.1);
    let usual = if scheme == "https" { "443" } else { "80" };
    let port = part("port").unwrap_or(usual);
    let host = part("host").unwrap_or(&url.host);
    let got = (&*url.scheme, &*url.host, url.port.to_string(), &*url.path);
    if got == (scheme, host, port.to_owned(), path) {
        Ok(())
    } else {
        Err(format!("redirect: want {scheme}://{host}:{port}{path}, got {place}"))
    }
}

fn capital(name: &str) -> String {
    format!("{}{}", name[..1].to_ascii_uppercase(), &name[1..])
}
