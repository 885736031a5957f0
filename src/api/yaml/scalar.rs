//! What an unquoted word means: YAML 1.1 as kubectl's reader (go-yaml v2) has it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Number, Value};

/// The value of a plain scalar. What is no null, boolean or number is a string.
///
/// Fails for not-a-number and the infinities, which JSON cannot hold.
///
/// Models go.yaml.in/yaml/v2 resolve
pub(super) fn resolve(text: &str) -> Result<Value, String> {
    if let Some(word) = resolve_word(text) {
        return word;
    }
    let plain = match text.as_bytes().first() {
        Some(b'0'..=b'9' | b'+' | b'-') => text.replace('_', ""),
        Some(b'.') => text.to_owned(),
        _ => return Ok(Value::String(text.to_owned())),
    };
    let number = integer(&plain)
        .or_else(|| float(&plain))
        .or_else(|| long_integer(&plain));
    Ok(number.map_or_else(|| Value::String(text.to_owned()), Value::Number))
}

/// The value of a scalar with a tag of YAML's own, e.g. `!!int`.
pub(super) fn resolve_tagged(text: &str, tag: &str) -> Result<Value, String> {
    if tag == "binary" {
        let bytes = STANDARD.decode(text.replace(char::is_whitespace, ""));
        let bytes = bytes.map_err(|_| "yaml: !!binary value contains invalid base64 data".to_owned())?;
        return Ok(Value::String(String::from_utf8_lossy(&bytes).into_owned()));
    }
    let value = resolve(text)?;
    let found = match &value {
        Value::Null => "null",
        Value::Bool(_) => "bool",
        Value::Number(number) if number.is_f64() => "float",
        Value::Number(_) => "int",
        _ => "str",
    };
    let known = matches!(tag, "null" | "bool" | "int" | "float");
    if !known || found == tag || (tag == "float" && found == "int") {
        return Ok(if known { value } else { Value::String(text.to_owned()) });
    }
    Err(format!("yaml: cannot decode !!{found} `{text}` as a !!{tag}"))
}

/// The words of the reader's table.
fn resolve_word(text: &str) -> Option<Result<Value, String>> {
    let value = match text {
        "y" | "Y" | "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => Value::Bool(true),
        "n" | "N" | "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => Value::Bool(false),
        "" | "~" | "null" | "Null" | "NULL" => Value::Null,
        ".nan" | ".NaN" | ".NAN" => return Some(Err("json: unsupported value: NaN".to_owned())),
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => {
            return Some(Err("json: unsupported value: +Inf".to_owned()));
        }
        "-.inf" | "-.Inf" | "-.INF" => return Some(Err("json: unsupported value: -Inf".to_owned())),
        _ => return None,
    };
    Some(Ok(value))
}

/// Whole numbers of 64 bits: decimal, `0x`, `0o`, `0b`, and octal with a leading zero.
fn integer(text: &str) -> Option<Number> {
    let (negative, digits) = sign(text);
    let (digits, radix) = radix(digits);
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_alphanumeric()) {
        return None;
    }
    let size = u64::from_str_radix(digits, radix).ok()?;
    if !negative {
        return (!text.starts_with('+') || size <= i64::MAX as u64).then(|| Number::from(size));
    }
    0_i64.checked_sub_unsigned(size).map(Number::from)
}

fn sign(text: &str) -> (bool, &str) {
    match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    }
}

fn radix(digits: &str) -> (&str, u32) {
    let lower = digits.get(..2).map(str::to_ascii_lowercase);
    match lower.as_deref() {
        Some("0x") => (&digits[2..], 16),
        Some("0o") => (&digits[2..], 8),
        Some("0b") => (&digits[2..], 2),
        Some(_) if digits.starts_with('0') => (&digits[1..], 8),
        _ => (digits, 10),
    }
}

/// Numbers with a point or an exponent. Whole ones are written without a point, as Go writes them.
fn float(text: &str) -> Option<Number> {
    if !is_float(text) {
        return None;
    }
    let value: f64 = text.parse().ok()?;
    if value.fract() == 0.0 && value.abs() < 9e18 {
        return format!("{value:.0}").parse::<i64>().ok().map(Number::from);
    }
    Number::from_f64(value)
}

/// Whether the text is `[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?`.
fn is_float(text: &str) -> bool {
    let (_, text) = sign(text);
    let (mantissa, exponent) = match text.find(['e', 'E']) {
        Some(at) => (&text[..at], Some(&text[at + 1..])),
        None => (text, None),
    };
    let digits = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit());
    let mantissa_fits = match mantissa.split_once('.') {
        None => digits(mantissa),
        Some(("", fraction)) => digits(fraction),
        Some((whole, fraction)) => digits(whole) && (fraction.is_empty() || digits(fraction)),
    };
    mantissa_fits && exponent.is_none_or(|e| digits(sign(e).1))
}

/// Whole numbers over 64 bits, as near as JSON here can hold them.
fn long_integer(text: &str) -> Option<Number> {
    let (_, digits) = sign(text);
    let fits = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
    Number::from_f64(fits.then(|| text.parse().ok())??)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn plain_scalars_read_as_kubectl_reads_them() {
        for (text, want) in [
            ("0644", json!(420)),
            ("0o14", json!(12)),
            ("0x1F", json!(31)),
            ("0b11", json!(3)),
            ("-0b11", json!(-3)),
            ("09", json!(9)),
            ("08.5", json!(8.5)),
            ("1_000", json!(1000)),
            ("+5", json!(5)),
            ("-5", json!(-5)),
            ("0", json!(0)),
            ("1.0", json!(1)),
            ("1.", json!(1)),
            (".5", json!(0.5)),
            ("+.5", json!(0.5)),
            ("1.5", json!(1.5)),
            ("1e3", json!(1000)),
            ("1e400", json!("1e400")),
            ("9223372036854775807", json!(9_223_372_036_854_775_807_i64)),
            ("-9223372036854775808", json!(-9_223_372_036_854_775_808_i64)),
            ("18446744073709551615", json!(18_446_744_073_709_551_615_u64)),
            ("1:30", json!("1:30")),
            ("1.27.3", json!("1.27.3")),
            ("2001-12-14", json!("2001-12-14")),
            ("100m", json!("100m")),
            ("1Gi", json!("1Gi")),
            ("0x", json!("0x")),
            ("0xZZ", json!("0xZZ")),
            ("-", json!("-")),
            ("+", json!("+")),
            ("1e", json!("1e")),
            ("1e+", json!("1e+")),
            ("5_", json!(5)),
            ("_5", json!("_5")),
            (".", json!(".")),
            ("..", json!("..")),
            ("y", json!(true)),
            ("No", json!(false)),
            ("on", json!(true)),
            ("oN", json!("oN")),
            ("OFF", json!(false)),
            ("True", json!(true)),
            ("tRUE", json!("tRUE")),
            ("~", json!(null)),
            ("", json!(null)),
            ("null", json!(null)),
            ("nan", json!("nan")),
            ("inf", json!("inf")),
            ("--5", json!("--5")),
            ("é", json!("é")),
            ("0é", json!("0é")),
        ] {
            assert_eq!(resolve(text), Ok(want), "{text}");
        }
        assert_eq!(resolve("-.inf"), Err("json: unsupported value: -Inf".to_owned()));
        assert!(resolve(".nan").is_err());
    }
}
