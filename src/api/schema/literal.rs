//! Values whose types have readers of their own: quantities, numbers or strings, times, durations, bytes.

use serde_json::Value;

use super::types::Shape;
use crate::api::yaml::json_type;

const QUANTITY_FORMAT: &str =
    "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";

/// Layouts of times as Go names them, in the pieces that its parser reads.
const TIME_LAYOUT: &str = "2006-01-02T15:04:05Z07:00";
const MICRO_TIME_LAYOUT: &str = "2006-01-02T15:04:05.000000Z07:00";

/// Why a reader refuses a value.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// It is of another type: what was found, and the Go type that was wanted.
    Type(String, &'static str),
    /// In the reader's own words.
    Words(String),
}

/// Whether the reader of the type takes the value; none when the type has no reader of its own.
pub(super) fn check(shape: &Shape, value: &Value) -> Option<Result<(), Refusal>> {
    let text_of = |value: &Value| match value {
        Value::String(text) => Ok(text.clone()),
        other => Err(Refusal::Type(json_type(other).to_owned(), "string")),
    };
    Some(match (shape, value) {
        (Shape::Any, _) => Ok(()),
        (Shape::Quantity | Shape::IntOrString | Shape::Time | Shape::MicroTime | Shape::Duration, Value::Null) => {
            Ok(())
        }
        (Shape::Quantity, Value::String(text)) => quantity(text.trim()).map_err(Refusal::Words),
        (Shape::Quantity, Value::Number(number)) => quantity(&number.to_string()).map_err(Refusal::Words),
        (Shape::Quantity, _) => Err(Refusal::Words(QUANTITY_FORMAT.to_owned())),
        (Shape::IntOrString, value) => int_or_string(value),
        (Shape::Time, value) => text_of(value).and_then(|text| time(&text, TIME_LAYOUT).map_err(Refusal::Words)),
        (Shape::MicroTime, value) => {
            text_of(value).and_then(|text| time(&text, MICRO_TIME_LAYOUT).map_err(Refusal::Words))
        }
        (Shape::Duration, value) => text_of(value).and_then(|text| duration(&text).map_err(Refusal::Words)),
        _ => return None,
    })
}

/// Models k8s.io/apimachinery/pkg/util/intstr IntOrString.UnmarshalJSON
fn int_or_string(value: &Value) -> Result<(), Refusal> {
    let found = match value {
        Value::String(_) => return Ok(()),
        Value::Number(number) if number.as_i64().is_some_and(|n| i32::try_from(n).is_ok()) => return Ok(()),
        Value::Number(number) => format!("number {number}"),
        other => json_type(other).to_owned(),
    };
    Err(Refusal::Type(found, "int32"))
}

/// Models k8s.io/apimachinery/pkg/api/resource ParseQuantity
fn quantity(text: &str) -> Result<(), String> {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let digits = |s: &str| s.find(|c: char| !c.is_ascii_digit()).unwrap_or(s.len());
    let whole = digits(unsigned);
    let (rest, fraction) = match unsigned[whole..].strip_prefix('.') {
        Some(rest) => (&rest[digits(rest)..], digits(rest)),
        None => (&unsigned[whole..], 0),
    };
    let letters = rest.find(|c: char| !"eEinumkKMGTP".contains(c)).unwrap_or(rest.len());
    let exponent = &rest[letters..];
    let exponent = exponent.strip_prefix(['-', '+']).unwrap_or(exponent);
    if text.is_empty() || digits(exponent) < exponent.len() {
        return Err(QUANTITY_FORMAT.to_owned());
    }
    if !is_suffix(rest) {
        return Err("unable to parse quantity's suffix".to_owned());
    }
    if whole + fraction == 0 && !unsigned.is_empty() {
        return Err("unable to parse numeric part of quantity".to_owned());
    }
    Ok(())
}

fn is_suffix(text: &str) -> bool {
    let known = [
        "", "n", "u", "m", "k", "M", "G", "T", "P", "E", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei",
    ]
    .contains(&text);
    known
        || text
            .strip_prefix(['e', 'E'])
            .is_some_and(|exponent| exponent.parse::<i64>().is_ok())
}

/// The decoder's error for text that is no base64.
///
/// Models encoding/base64 CorruptInputError
pub(super) fn base64_error(text: &str) -> Option<String> {
    let bytes = text.as_bytes();
    let error = |at: usize| Some(format!("illegal base64 data at input byte {at}"));
    let mut count = 0;
    for (at, &byte) in bytes.iter().enumerate() {
        match byte {
            b'\r' | b'\n' => {}
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'+' | b'/' => count += 1,
            b'=' => return padding_error(bytes, at, count % 4),
            _ => return error(at),
        }
    }
    if count % 4 == 0 {
        None
    } else {
        error(bytes.len() - count % 4)
    }
}

/// Padding fills the last group of four and ends the text.
fn padding_error(bytes: &[u8], at: usize, filled: usize) -> Option<String> {
    let error = |at: usize| Some(format!("illegal base64 data at input byte {at}"));
    let mut rest = bytes
        .iter()
        .enumerate()
        .skip(at + 1)
        .filter(|(_, b)| !matches!(b, b'\r' | b'\n'));
    match filled {
        2 => match rest.next() {
            Some((_, b'=')) => rest.next().and_then(|(at, _)| error(at)),
            Some((at, _)) => error(at - 1),
            None => error(bytes.len()),
        },
        3 => rest.next().and_then(|(at, _)| error(at)),
        _ => error(at),
    }
}

/// Models time.Parse
fn time(text: &str, layout: &str) -> Result<(), String> {
    let micro = layout == MICRO_TIME_LAYOUT;
    let steps = [
        ("2006", 4),
        ("-", 0),
        ("01", 2),
        ("-", 0),
        ("02", 2),
        ("T", 0),
        ("15", 2),
        (":", 0),
        ("04", 2),
        (":", 0),
        ("05", 2),
    ];
    let mut rest = text;
    // The hour alone may have one digit.
    let one_digit = |rest: &str| rest.as_bytes().get(1).is_some_and(|b| !b.is_ascii_digit());
    let mut numbers = Vec::new();
    let fail = |rest: &str, step: &str| {
        Err(format!(
            "parsing time {text:?} as {layout:?}: cannot parse {rest:?} as {step:?}"
        ))
    };
    for (step, width) in steps {
        let width_here = if step == "15" && one_digit(rest) {
            1
        } else {
            width.max(1)
        };
        let head = rest.get(..width_here).unwrap_or("");
        let fits = if width == 0 {
            head == step
        } else {
            !head.is_empty() && head.bytes().all(|b| b.is_ascii_digit())
        };
        if !fits {
            return fail(rest, step);
        }
        numbers.extend(head.parse::<u32>().ok());
        rest = &rest[head.len()..];
    }
    if let Some(fraction) = rest.strip_prefix('.') {
        let digits = fraction.find(|c: char| !c.is_ascii_digit()).unwrap_or(fraction.len());
        if micro && digits != 6 || digits == 0 {
            return fail(rest, if micro { ".000000" } else { "Z07:00" });
        }
        rest = &fraction[digits..];
    } else if micro {
        return fail(rest, ".000000");
    }
    let zone = rest.as_bytes();
    let offset = matches!(zone, [b'+' | b'-', a, b, b':', c, d] if [a, b, c, d].iter().all(|x| x.is_ascii_digit()));
    if rest != "Z" && !offset {
        return fail(rest, "Z07:00");
    }
    out_of_range(&numbers).map_or(Ok(()), |what| {
        Err(format!("parsing time {text:?}: {what} out of range"))
    })
}

fn out_of_range(numbers: &[u32]) -> Option<&'static str> {
    let [year, month, day, hour, minute, second] = *numbers else {
        return None;
    };
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    };
    [
        ("month", (1..=12).contains(&month)),
        ("hour", hour < 24),
        ("minute", minute < 60),
        ("second", second < 60),
        ("day", (1..=days).contains(&day)),
    ]
    .into_iter()
    .find_map(|(what, fits)| (!fits).then_some(what))
}

/// Models time.ParseDuration
fn duration(text: &str) -> Result<(), String> {
    let invalid = || Err(format!("time: invalid duration {text:?}"));
    let mut rest = text.strip_prefix(['-', '+']).unwrap_or(text);
    if rest == "0" {
        return Ok(());
    }
    if rest.is_empty() {
        return invalid();
    }
    while !rest.is_empty() {
        let number = rest
            .find(|c: char| !(c.is_ascii_digit() || c == '.'))
            .unwrap_or(rest.len());
        if number == 0 || !rest[..number].bytes().any(|b| b.is_ascii_digit()) {
            return invalid();
        }
        rest = &rest[number..];
        let unit = rest
            .find(|c: char| c.is_ascii_digit() || c == '.')
            .unwrap_or(rest.len());
        match &rest[..unit] {
            "" => return Err(format!("time: missing unit in duration {text:?}")),
            "ns" | "us" | "µs" | "μs" | "ms" | "s" | "m" | "h" => {}
            other => return Err(format!("time: unknown unit {other:?} in duration {text:?}")),
        }
        rest = &rest[unit..];
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities_are_told_from_other_text() {
        let (suffix, number) = (
            "unable to parse quantity's suffix",
            "unable to parse numeric part of quantity",
        );
        for (text, want) in [
            ("1", Ok(())),
            ("100m", Ok(())),
            ("0.5", Ok(())),
            (".5Gi", Ok(())),
            ("-1e3", Ok(())),
            ("1E", Ok(())),
            ("1e+3", Ok(())),
            ("", Err(QUANTITY_FORMAT)),
            ("64MB", Err(QUANTITY_FORMAT)),
            ("1.5.5", Err(QUANTITY_FORMAT)),
            ("10K", Err(suffix)),
            ("1mi", Err(suffix)),
            ("Gi", Err(number)),
        ] {
            assert_eq!(quantity(text), want.map_err(str::to_owned), "{text}");
        }
    }

    #[test]
    fn times_are_read_piece_by_piece() {
        for (text, want) in [
            ("2026-01-02T03:04:05Z", None),
            ("2026-01-02T03:04:05.123+02:00", None),
            ("2026-01-02T3:04:05Z", None),
            (
                "2026-02-29T03:04:05Z",
                Some("parsing time \"2026-02-29T03:04:05Z\": day out of range"),
            ),
            (
                "2026-01-02",
                Some("parsing time \"2026-01-02\" as \"2006-01-02T15:04:05Z07:00\": cannot parse \"\" as \"T\""),
            ),
            (
                "2026-01-02T03:04:05",
                Some(
                    "parsing time \"2026-01-02T03:04:05\" as \"2006-01-02T15:04:05Z07:00\": cannot parse \"\" as \"Z07:00\"",
                ),
            ),
        ] {
            assert_eq!(time(text, TIME_LAYOUT).err().as_deref(), want, "{text}");
        }
        assert_eq!(time("2026-01-02T03:04:05.000001Z", MICRO_TIME_LAYOUT), Ok(()));
        assert!(time("2026-01-02T03:04:05Z", MICRO_TIME_LAYOUT).is_err());
    }

    #[test]
    fn durations_have_units() {
        for (text, want) in [
            ("1h30m", None),
            ("0", None),
            ("-1.5s", None),
            ("5", Some("time: missing unit in duration \"5\"")),
            ("5d", Some("time: unknown unit \"d\" in duration \"5d\"")),
            ("x", Some("time: invalid duration \"x\"")),
        ] {
            assert_eq!(duration(text).err().as_deref(), want, "{text}");
        }
    }
}
