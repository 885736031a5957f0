//! Values whose types have readers of their own: quantities, numbers or strings, times, durations, bytes.

use serde_json::Value;

use super::types::Shape;
use crate::api::duration::parse_go_duration;
use crate::api::quantity::Quantity;
use crate::api::time::{MicroTime, Time};
use crate::api::yaml::json_type;

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
    Some(match (shape, value) {
        (Shape::Any, _) => Ok(()),
        (Shape::Quantity | Shape::IntOrString | Shape::Time | Shape::MicroTime | Shape::Duration, Value::Null) => {
            Ok(())
        }
        (Shape::Quantity, Value::String(text)) => quantity(text),
        (Shape::Quantity, Value::Number(number)) => quantity(&number.to_string()),
        (Shape::Quantity, _) => quantity("{}"),
        (Shape::IntOrString, value) => int_or_string(value),
        (Shape::Time, value) => text_of(value).and_then(|text| words(Time::parse(text))),
        (Shape::MicroTime, value) => text_of(value).and_then(|text| words(MicroTime::parse(text))),
        (Shape::Duration, value) => text_of(value).and_then(|text| words(parse_go_duration(text))),
        _ => return None,
    })
}

/// Keeps a reader's error alone.
fn words<T, E: ToString>(read: Result<T, E>) -> Result<(), Refusal> {
    read.map(|_| ()).map_err(|error| Refusal::Words(error.to_string()))
}

fn quantity(text: &str) -> Result<(), Refusal> {
    words(Quantity::parse(text.trim()))
}

fn text_of(value: &Value) -> Result<&str, Refusal> {
    value
        .as_str()
        .ok_or_else(|| Refusal::Type(json_type(value).to_owned(), "string"))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_told_from_other_text() {
        for (text, want) in [
            ("", None),
            ("YQ==", None),
            ("YWI=", None),
            ("YW\nJj\n", None),
            ("YQ=", Some(3)),
            ("YQ", Some(0)),
            ("YWJjY", Some(4)),
            ("Y===", Some(1)),
            ("YQ==YQ", Some(4)),
            ("YWI=YQ", Some(4)),
            ("YQ=a", Some(2)),
            ("Y W", Some(1)),
            ("é", Some(0)),
        ] {
            let want = want.map(|at| format!("illegal base64 data at input byte {at}"));
            assert_eq!(base64_error(text), want, "{text}");
        }
    }
}
