//! What is wrong with a field, in the words and the form of the API server:
//! `spec.replicas: Invalid value: -1: must be greater than or equal to 0`.

use std::fmt;

use serde_json::Value;

use super::{Path, quote};
use crate::api::Str;

/// What kind of wrong.
// Models apimachinery/pkg/util/validation/field ErrorType
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FieldErrorKind {
    /// Something the field refers to is absent.
    NotFound,
    /// The field must be there.
    Required,
    /// The value must be unique.
    Duplicate,
    /// The value is malformed or out of bounds.
    Invalid,
    /// The value is none of the known ones.
    NotSupported,
    /// The value is not allowed here.
    Forbidden,
    /// The value has too many bytes.
    TooLong,
    /// The list has too many items.
    TooMany,
    /// The list has too few items.
    TooFew,
    /// The value has too few characters.
    TooShort,
    /// The server is at fault.
    Internal,
    /// The value has the wrong type.
    TypeInvalid,
}

impl FieldErrorKind {
    /// The reason in the causes of a Status.
    pub fn reason(self) -> &'static str {
        match self {
            Self::NotFound => "FieldValueNotFound",
            Self::Required => "FieldValueRequired",
            Self::Duplicate => "FieldValueDuplicate",
            Self::Invalid => "FieldValueInvalid",
            Self::NotSupported => "FieldValueNotSupported",
            Self::Forbidden => "FieldValueForbidden",
            Self::TooLong => "FieldValueTooLong",
            Self::TooMany => "FieldValueTooMany",
            Self::TooFew => "FieldValueTooFew",
            Self::TooShort => "FieldValueTooShort",
            Self::Internal => "InternalError",
            Self::TypeInvalid => "FieldValueTypeInvalid",
        }
    }

    /// Whether the message shows the value.
    fn shows_value(self) -> bool {
        !matches!(
            self,
            Self::Required | Self::Forbidden | Self::TooLong | Self::TooShort | Self::Internal
        )
    }
}

impl fmt::Display for FieldErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotFound => "Not found",
            Self::Required => "Required value",
            Self::Duplicate => "Duplicate value",
            Self::Invalid | Self::TypeInvalid => "Invalid value",
            Self::NotSupported => "Unsupported value",
            Self::Forbidden => "Forbidden",
            Self::TooLong => "Too long",
            Self::TooMany => "Too many",
            Self::TooFew => "Too few",
            Self::TooShort => "Too short",
            Self::Internal => "Internal error",
        })
    }
}

/// The value at fault, as messages show it: a text in quotes, a number or a truth value plain, the rest as JSON.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BadValue(String);

impl BadValue {
    /// JSON text that is shown as it is: for structures whose fields stand in Go's order.
    pub fn json(text: impl Into<String>) -> Self {
        Self(text.into())
    }
}

impl From<&str> for BadValue {
    fn from(text: &str) -> Self {
        Self(quote(text))
    }
}

impl From<&String> for BadValue {
    fn from(text: &String) -> Self {
        Self(quote(text))
    }
}

impl From<&Str> for BadValue {
    fn from(text: &Str) -> Self {
        Self(quote(text))
    }
}

impl From<bool> for BadValue {
    fn from(value: bool) -> Self {
        Self(value.to_string())
    }
}

impl From<i32> for BadValue {
    fn from(n: i32) -> Self {
        Self(n.to_string())
    }
}

impl From<i64> for BadValue {
    fn from(n: i64) -> Self {
        Self(n.to_string())
    }
}

impl From<&Value> for BadValue {
    fn from(value: &Value) -> Self {
        match value {
            Value::String(text) => Self(quote(text)),
            // Go writes the characters that mean something to HTML by their number. In JSON they occur in texts alone.
            value => Self(
                value
                    .to_string()
                    .replace('<', "\\u003c")
                    .replace('>', "\\u003e")
                    .replace('&', "\\u0026")
                    .replace('\u{2028}', "\\u2028")
                    .replace('\u{2029}', "\\u2029"),
            ),
        }
    }
}

/// One thing that is wrong with a field.
// Models apimachinery/pkg/util/validation/field Error
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FieldError {
    /// What kind of wrong.
    pub kind: FieldErrorKind,
    /// The path of the field.
    pub path: String,
    /// The value at fault, for the kinds that show one.
    pub value: Option<BadValue>,
    /// More words; may be empty.
    pub detail: String,
}

impl FieldError {
    fn new(kind: FieldErrorKind, path: &Path<'_>, value: Option<BadValue>, detail: impl Into<String>) -> Self {
        Self {
            kind,
            path: path.to_string(),
            value,
            detail: detail.into(),
        }
    }

    /// The value is malformed or out of bounds.
    pub fn invalid(path: &Path<'_>, value: impl Into<BadValue>, detail: impl Into<String>) -> Self {
        Self::new(FieldErrorKind::Invalid, path, Some(value.into()), detail)
    }

    /// The value is malformed, and too large to be shown.
    pub fn invalid_unshown(path: &Path<'_>, detail: impl Into<String>) -> Self {
        Self::new(FieldErrorKind::Invalid, path, None, detail)
    }

    /// The value has the wrong type.
    pub fn type_invalid(path: &Path<'_>, value: impl Into<BadValue>, detail: impl Into<String>) -> Self {
        Self::new(FieldErrorKind::TypeInvalid, path, Some(value.into()), detail)
    }

    /// The field must be there.
    pub fn required(path: &Path<'_>, detail: impl Into<String>) -> Self {
        Self::new(FieldErrorKind::Required, path, None, detail)
    }

    /// The value is not allowed here.
    pub fn forbidden(path: &Path<'_>, detail: impl Into<String>) -> Self {
        Self::new(FieldErrorKind::Forbidden, path, None, detail)
    }

    /// The value must be unique.
    pub fn duplicate(path: &Path<'_>, value: impl Into<BadValue>) -> Self {
        Self::new(FieldErrorKind::Duplicate, path, Some(value.into()), "")
    }

    /// Something the field refers to is absent.
    pub fn not_found(path: &Path<'_>, value: impl Into<BadValue>) -> Self {
        Self::new(FieldErrorKind::NotFound, path, Some(value.into()), "")
    }

    /// The value is none of the known ones, which are listed in the order given.
    pub fn not_supported(path: &Path<'_>, value: impl Into<BadValue>, supported: &[&str]) -> Self {
        let quoted: Vec<String> = supported.iter().map(|value| quote(value)).collect();
        let detail = if quoted.is_empty() {
            String::new()
        } else {
            format!("supported values: {}", quoted.join(", "))
        };
        Self::new(FieldErrorKind::NotSupported, path, Some(value.into()), detail)
    }

    /// The value has more than `max` bytes.
    pub fn too_long(path: &Path<'_>, max: usize) -> Self {
        let detail = format!("may not be more than {}", count(max, "byte"));
        Self::new(FieldErrorKind::TooLong, path, None, detail)
    }

    /// The value has more than `max` characters.
    pub fn too_long_characters(path: &Path<'_>, max: usize) -> Self {
        let detail = format!("may not be more than {}", count(max, "character"));
        Self::new(FieldErrorKind::TooLong, path, None, detail)
    }

    /// The value has fewer than `min` characters.
    pub fn too_short(path: &Path<'_>, min: usize) -> Self {
        let detail = format!("must be at least {}", count(min, "character"));
        Self::new(FieldErrorKind::TooShort, path, None, detail)
    }

    /// The list has `actual` items, more than `max`.
    pub fn too_many(path: &Path<'_>, actual: usize, max: usize) -> Self {
        let detail = format!("must have at most {}", count(max, "item"));
        Self::new(
            FieldErrorKind::TooMany,
            path,
            Some(BadValue(actual.to_string())),
            detail,
        )
    }

    /// The list has `actual` items, fewer than `min`.
    pub fn too_few(path: &Path<'_>, actual: usize, min: usize) -> Self {
        let detail = format!("must have at least {}", count(min, "item"));
        Self::new(FieldErrorKind::TooFew, path, Some(BadValue(actual.to_string())), detail)
    }

    /// The server is at fault.
    pub fn internal(path: &Path<'_>, why: impl Into<String>) -> Self {
        Self::new(FieldErrorKind::Internal, path, None, why)
    }

    /// The message without the path, as in the causes of a Status.
    // Models apimachinery/pkg/util/validation/field Error.ErrorBody
    pub fn body(&self) -> String {
        let mut body = self.kind.to_string();
        let shown = self
            .value
            .as_ref()
            .filter(|_| self.kind.shows_value())
            .map(|value| value.0.as_str());
        for part in shown
            .into_iter()
            .chain(Some(self.detail.as_str()).filter(|detail| !detail.is_empty()))
        {
            body.push_str(": ");
            body.push_str(part);
        }
        body
    }
}

impl fmt::Display for FieldError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path, self.body())
    }
}

impl std::error::Error for FieldError {}

/// A number with its noun in the right form.
fn count(n: usize, noun: &str) -> String {
    format!("{n} {noun}{}", if n == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn messages_follow_the_grammar() {
        let path = &Path::new("spec.x");
        for (error, want) in [
            (
                FieldError::invalid(path, "a\"b", "bad"),
                r#"spec.x: Invalid value: "a\"b": bad"#,
            ),
            (
                FieldError::invalid(path, -1, "must be 1"),
                "spec.x: Invalid value: -1: must be 1",
            ),
            (FieldError::invalid(path, true, ""), "spec.x: Invalid value: true"),
            (
                FieldError::invalid(path, &json!({"a": "<b>"}), "no"),
                r#"spec.x: Invalid value: {"a":"\u003cb\u003e"}: no"#,
            ),
            (
                FieldError::invalid(path, &json!(null), "no"),
                "spec.x: Invalid value: null: no",
            ),
            (
                FieldError::invalid(path, &json!("t"), "no"),
                r#"spec.x: Invalid value: "t": no"#,
            ),
            (
                FieldError::invalid(path, BadValue::json("{}"), "no"),
                "spec.x: Invalid value: {}: no",
            ),
            (FieldError::type_invalid(path, 1, "no"), "spec.x: Invalid value: 1: no"),
            (FieldError::required(path, ""), "spec.x: Required value"),
            (
                FieldError::required(path, "must be set"),
                "spec.x: Required value: must be set",
            ),
            (FieldError::forbidden(path, "no"), "spec.x: Forbidden: no"),
            (FieldError::duplicate(path, "web"), r#"spec.x: Duplicate value: "web""#),
            (FieldError::not_found(path, "data"), r#"spec.x: Not found: "data""#),
            (
                FieldError::not_supported(path, "x", &["A", "B"]),
                r#"spec.x: Unsupported value: "x": supported values: "A", "B""#,
            ),
            (
                FieldError::not_supported(path, "x", &[]),
                r#"spec.x: Unsupported value: "x""#,
            ),
            (
                FieldError::too_long(path, 1),
                "spec.x: Too long: may not be more than 1 byte",
            ),
            (
                FieldError::too_long_characters(path, 9),
                "spec.x: Too long: may not be more than 9 characters",
            ),
            (
                FieldError::too_short(path, 2),
                "spec.x: Too short: must be at least 2 characters",
            ),
            (
                FieldError::too_many(path, 3, 1),
                "spec.x: Too many: 3: must have at most 1 item",
            ),
            (
                FieldError::too_few(path, 0, 2),
                "spec.x: Too few: 0: must have at least 2 items",
            ),
            (FieldError::internal(path, "oops"), "spec.x: Internal error: oops"),
        ] {
            assert_eq!(error.to_string(), want);
        }
    }
}
