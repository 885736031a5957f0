//! Labels, and the selectors that choose objects by them.
//!
//! [`LabelSelector`] is what stands in objects; [`Selector`] is what it means, ready to match; [`FieldSelector`]
//! chooses by a few fields instead. A [`Selector`] is also read from text, as in `kubectl get -l`.

mod field_selector;
mod label_selector;
mod parse;
mod requirement;
mod selector;

pub use field_selector::{FieldSelector, FieldTerm};
pub use label_selector::{LabelSelector, LabelSelectorRequirement};
pub use requirement::{Operator, Requirement};
pub use selector::Selector;

use crate::sim::Arrange;
use crate::sim::btree::BTreeMap;

use super::Str;
use super::names::{FieldError, FieldErrors, Path, is_qualified_name, is_valid_label_value};

/// The labels of an object.
// Models apimachinery/pkg/labels Set
pub type Labels = BTreeMap<Str, Str>;

/// Labels as `k=v,k=v`, or `<none>`.
// Models apimachinery/pkg/labels FormatLabels
pub fn format_labels(labels: &Labels) -> String {
    if labels.is_empty() {
        return "<none>".to_owned();
    }
    let mut pairs: Vec<String> = labels.iter().map(|(key, value)| format!("{key}={value}")).collect();
    pairs.arrange();
    pairs.join(",")
}

/// Reads `k=v,k=v` into labels. The error is upstream's.
// Models apimachinery/pkg/labels ConvertSelectorToLabelsMap
pub fn parse_labels(text: &str) -> Result<Labels, String> {
    let mut labels = Labels::new();
    if text.is_empty() {
        return Ok(labels);
    }
    for pair in text.split(',') {
        let parts: Vec<&str> = pair.split('=').collect();
        let [key, value] = parts.as_slice() else {
            return Err(format!("invalid selector: [{}]", parts.join(" ")));
        };
        let (key, value) = (key.trim(), value.trim());
        check_key(key, &Path::NIL).map_or(Ok(()), |error| Err(error.to_string()))?;
        check_value(key, value, &Path::NIL).map_or(Ok(()), |error| Err(error.to_string()))?;
        labels.insert(key.into(), value.into());
    }
    Ok(labels)
}

/// What is wrong with the labels of an object.
// Models apimachinery/pkg/apis/meta/v1/validation ValidateLabels
pub fn validate_labels(labels: &Labels, path: &Path<'_>) -> FieldErrors {
    let mut errors = FieldErrors::default();
    for (key, value) in labels {
        errors.push_invalid(path, key, is_qualified_name(key));
        errors.push_invalid(path, value, is_valid_label_value(value));
    }
    errors
}

/// What is wrong with a key in a selector.
// Models apimachinery/pkg/labels validateLabelKey
fn check_key(key: &str, path: &Path<'_>) -> Option<FieldError> {
    let wrong = is_qualified_name(key);
    (!wrong.is_empty()).then(|| FieldError::invalid(path, key, wrong.join("; ")))
}

/// What is wrong with a value of a key in a selector.
// Models apimachinery/pkg/labels validateLabelValue
fn check_value(key: &str, value: &str, path: &Path<'_>) -> Option<FieldError> {
    let wrong = is_valid_label_value(value);
    (!wrong.is_empty()).then(|| FieldError::invalid(&path.key(key), value, wrong.join("; ")))
}

/// Labels from pairs, for tests.
#[cfg(test)]
pub(crate) fn labels_of(pairs: &[(&str, &str)]) -> Labels {
    pairs
        .iter()
        .map(|(key, value)| (Str::from(*key), Str::from(*value)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_print_and_read_back() {
        let labels = labels_of(&[("b", "2"), ("a", "1"), ("c", "")]);
        assert_eq!(format_labels(&labels), "a=1,b=2,c=");
        assert_eq!(parse_labels("a=1, b = 2,c="), Ok(labels));
        assert_eq!(format_labels(&Labels::new()), "<none>");
        assert_eq!(parse_labels(""), Ok(Labels::new()));
    }

    #[test]
    fn pairs_sort_as_texts_not_as_keys() {
        let labels = labels_of(&[("a", "1"), ("a-b", "2")]);
        assert_eq!(format_labels(&labels), "a-b=2,a=1");
    }

    #[test]
    fn refusals_use_the_words_of_the_server() {
        assert_eq!(parse_labels("x").unwrap_err(), "invalid selector: [x]");
        assert_eq!(parse_labels("x=a=b").unwrap_err(), "invalid selector: [x a b]");
        let wrong_key = parse_labels("a b=c").unwrap_err();
        assert!(
            wrong_key.starts_with(r#"<nil>: Invalid value: "a b": name part must consist of"#),
            "{wrong_key}"
        );
        let wrong_value = parse_labels("x=$y").unwrap_err();
        assert!(
            wrong_value.starts_with(r#"[x]: Invalid value: "$y": a valid label must be"#),
            "{wrong_value}"
        );
    }

    #[test]
    fn labels_of_objects_are_validated() {
        let path = Path::new("metadata.labels");
        let errors = validate_labels(&labels_of(&[("a b", "c d"), ("ok", "ok")]), &path);
        assert_eq!(errors.len(), 2);
        assert!(
            errors
                .aggregate()
                .starts_with(r#"[metadata.labels: Invalid value: "a b": name part must"#)
        );
    }
}
