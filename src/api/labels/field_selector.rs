//! Field selectors: `status.phase!=Running,spec.nodeName=node-1`.

use crate::sim::Arrange;
use std::borrow::Cow;
use std::fmt;

use crate::api::Str;

/// A choice of objects by some of their fields: all terms must hold. Without terms it matches everything.
// Models apimachinery/pkg/fields Selector
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FieldSelector {
    /// The terms, in the order of their texts.
    pub terms: Vec<FieldTerm>,
}

/// One condition on one field.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FieldTerm {
    /// The path of the field.
    pub field: Str,
    /// Whether the field must have another value.
    pub negated: bool,
    /// The value.
    pub value: Str,
}

impl FieldSelector {
    /// Reads a selector. The error is upstream's. Which fields a kind has is for the caller to check.
    // Models apimachinery/pkg/fields ParseSelector
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut parts = split_terms(text);
        parts.arrange();
        let mut terms = Vec::new();
        for part in parts.into_iter().filter(|part| !part.is_empty()) {
            let (field, negated, value) =
                split_term(part).ok_or_else(|| format!("invalid selector: '{text}'; can't understand '{part}'"))?;
            let value = unescape(value)?;
            if !(field.is_empty() && value.is_empty()) {
                terms.push(FieldTerm {
                    field: field.into(),
                    negated,
                    value: value.into(),
                });
            }
        }
        Ok(Self { terms })
    }

    /// `field=value`.
    pub fn equal(field: &str, value: &str) -> Self {
        Self {
            terms: vec![FieldTerm {
                field: field.into(),
                negated: false,
                value: value.into(),
            }],
        }
    }

    /// Whether the selector matches all objects.
    pub fn is_everything(&self) -> bool {
        self.terms.is_empty()
    }

    /// Whether the selector chooses an object; `get` gives the value of a field, empty where it is absent.
    pub fn matches<'a>(&self, get: impl Fn(&str) -> Cow<'a, str>) -> bool {
        self.terms
            .iter()
            .all(|term| (*get(&term.field) == *term.value) != term.negated)
    }

    /// The one value that a field must have, if the selector fixes it. Lets an index answer.
    // Models apimachinery/pkg/fields Selector.RequiresExactMatch
    pub fn requires_exact_match(&self, field: &str) -> Option<&Str> {
        let mut terms = self.terms.iter();
        terms
            .find(|term| &*term.field == field && !term.negated)
            .map(|term| &term.value)
    }
}

impl fmt::Display for FieldSelector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, FieldTerm { field, negated, value }) in self.terms.iter().enumerate() {
            let comma = if i > 0 { "," } else { "" };
            let operator = if *negated { "!=" } else { "=" };
            write!(f, "{comma}{field}{operator}{}", escape(value))?;
        }
        Ok(())
    }
}

/// The terms between commas; a comma after a backslash belongs to a value.
// Models apimachinery/pkg/fields splitTerms
fn split_terms(text: &str) -> Vec<&str> {
    let mut escaped = false;
    text.split(|c| {
        let splits = c == ',' && !escaped;
        escaped = c == '\\' && !escaped;
        splits
    })
    .collect()
}

/// Field, whether it is negated, and the escaped value.
// Models apimachinery/pkg/fields splitTerm
fn split_term(term: &str) -> Option<(&str, bool, &str)> {
    (0..term.len()).filter(|at| term.is_char_boundary(*at)).find_map(|at| {
        let (field, rest) = term.split_at(at);
        let operators = [("!=", true), ("==", false), ("=", false)];
        operators
            .into_iter()
            .find_map(|(operator, negated)| Some((field, negated, rest.strip_prefix(operator)?)))
    })
}

/// A value with backslashes before the characters that mean something.
// Models apimachinery/pkg/fields EscapeValue
fn escape(value: &str) -> String {
    value.replace('\\', "\\\\").replace(',', "\\,").replace('=', "\\=")
}

/// A value without the backslashes of [`escape`].
// Models apimachinery/pkg/fields UnescapeValue
fn unescape(text: &str) -> Result<String, String> {
    let mut value = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => match chars.next() {
                Some(c @ ('\\' | ',' | '=')) => value.push(c),
                other => {
                    let sequence: String = std::iter::once('\\').chain(other).collect();
                    return Err(format!("invalid field selector: invalid escape sequence: {sequence}"));
                }
            },
            // Upstream prints the number of the character.
            ',' | '=' => {
                return Err(format!(
                    "invalid field selector: unescaped character in value: {}",
                    u32::from(c)
                ));
            }
            c => value.push(c),
        }
    }
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn get(field: &str) -> Cow<'static, str> {
        Cow::Borrowed(match field {
            "metadata.name" => "web",
            "status.phase" => "Running",
            "note" => "a,b=c\\",
            _ => "",
        })
    }

    #[test]
    fn matching() {
        for (text, want) in [
            ("", true),
            (",", true),
            ("metadata.name=web", true),
            ("metadata.name==web,status.phase!=Pending", true),
            ("status.phase!=Running", false),
            ("spec.nodeName=", true),
            ("spec.nodeName!=", false),
            (r"note=a\,b\=c\\", true),
            ("=", true),
        ] {
            assert_eq!(FieldSelector::parse(text).unwrap().matches(get), want, "{text}");
        }
    }

    #[test]
    fn text() {
        for (text, want) in [
            (
                "status.phase!=Running,metadata.name==x",
                "metadata.name=x,status.phase!=Running",
            ),
            (r"a=b\,c\=d\\", r"a=b\,c\=d\\"),
            ("a=b,,c=d,", "a=b,c=d"),
            ("=", ""),
        ] {
            assert_eq!(FieldSelector::parse(text).unwrap().to_string(), want);
        }
        let selector = FieldSelector::parse("a=1,b!=2").unwrap();
        assert_eq!(selector.requires_exact_match("a").map(|value| &**value), Some("1"));
        assert_eq!(selector.requires_exact_match("b"), None);
        assert_eq!(FieldSelector::equal("a", "1").to_string(), "a=1");
    }

    #[test]
    fn refusals_use_the_words_of_the_server() {
        for (text, want) in [
            ("a", "invalid selector: 'a'; can't understand 'a'"),
            ("x=1,a", "invalid selector: 'x=1,a'; can't understand 'a'"),
            ("a=b=c", "invalid field selector: unescaped character in value: 61"),
            (r"a=\x", r"invalid field selector: invalid escape sequence: \x"),
            (r"a=\", r"invalid field selector: invalid escape sequence: \"),
        ] {
            assert_eq!(FieldSelector::parse(text).unwrap_err(), want);
        }
    }
}
