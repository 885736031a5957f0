//! One condition of a selector on one label.

use crate::sim::Arrange;
use std::fmt;

use super::{Labels, check_key, check_value};
use crate::api::Str;
use crate::api::names::{BadValue, FieldError, FieldErrors, Path, quote};

/// How a label must relate to the values.
// Models apimachinery/pkg/selection Operator
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Operator {
    /// `!k`: the label is absent.
    DoesNotExist,
    /// `k=v`.
    Equals,
    /// `k==v`, which means the same.
    DoubleEquals,
    /// `k in (v,w)`.
    In,
    /// `k!=v`: another value, or absent.
    NotEquals,
    /// `k notin (v,w)`: another value, or absent.
    NotIn,
    /// `k`: the label is there.
    Exists,
    /// `k>5`, on whole numbers.
    GreaterThan,
    /// `k<5`, on whole numbers.
    LessThan,
}

/// Whether a label is there and one of the values, is a number within a bound, and so on.
// Models apimachinery/pkg/labels Requirement
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Requirement {
    key: Str,
    operator: Operator,
    values: Vec<Str>,
    /// The bound of `GreaterThan` and `LessThan`; 0 for the others.
    bound: i64,
}

impl Requirement {
    /// A requirement, or what is wrong with it; `path` is where it stands.
    // Models apimachinery/pkg/labels NewRequirement
    pub fn new(key: Str, operator: Operator, values: Vec<Str>, path: &Path<'_>) -> Result<Self, FieldErrors> {
        let mut errors = FieldErrors::default();
        errors.extend(check_key(&key, &path.child("key")));
        let values_path = path.child("values");
        if let Some(message) = wrong_count(operator, values.len()) {
            errors.push(FieldError::invalid(&values_path, list(&values), message));
        }
        if matches!(operator, Operator::GreaterThan | Operator::LessThan) {
            let message = "for 'Gt', 'Lt' operators, the value must be an integer";
            let wrong = values
                .iter()
                .enumerate()
                .filter(|(_, value)| value.parse::<i64>().is_err());
            errors.extend(wrong.map(|(i, value)| FieldError::invalid(&values_path.index(i), value, message)));
        }
        for (i, value) in values.iter().enumerate() {
            errors.extend(check_value(&key, value, &values_path.index(i)));
        }
        errors.into_result()?;
        let bound = match operator {
            Operator::GreaterThan | Operator::LessThan => values[0].parse().expect("checked above"),
            _ => 0,
        };
        Ok(Self {
            key,
            operator,
            values,
            bound,
        })
    }

    /// `key=value`, unchecked.
    pub(super) fn equals(key: Str, value: Str) -> Self {
        Self {
            key,
            operator: Operator::Equals,
            values: vec![value],
            bound: 0,
        }
    }

    /// The label the requirement is about.
    pub fn key(&self) -> &Str {
        &self.key
    }

    /// How the label must relate to the values.
    pub fn operator(&self) -> Operator {
        self.operator
    }

    /// The values, in the order given.
    pub fn values(&self) -> &[Str] {
        &self.values
    }

    /// Whether the labels satisfy the requirement.
    // Models apimachinery/pkg/labels Requirement.Matches
    pub fn matches(&self, labels: &Labels) -> bool {
        use Operator::{DoesNotExist, DoubleEquals, Equals, Exists, GreaterThan, In, LessThan, NotEquals, NotIn};
        let label = labels.get(&self.key);
        let number = || label.and_then(|value| value.parse::<i64>().ok());
        match self.operator {
            In | Equals | DoubleEquals => label.is_some_and(|value| self.values.contains(value)),
            NotIn | NotEquals => label.is_none_or(|value| !self.values.contains(value)),
            Exists => label.is_some(),
            DoesNotExist => label.is_none(),
            GreaterThan => number().is_some_and(|number| number > self.bound),
            LessThan => number().is_some_and(|number| number < self.bound),
        }
    }
}

impl fmt::Display for Requirement {
    // Models apimachinery/pkg/labels Requirement.String
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key = &self.key;
        let mut values: Vec<&str> = self.values.iter().map(|value| &**value).collect();
        values.arrange();
        let values = values.join(",");
        match self.operator {
            Operator::DoesNotExist => write!(f, "!{key}"),
            Operator::Exists => f.write_str(key),
            Operator::Equals => write!(f, "{key}={values}"),
            Operator::DoubleEquals => write!(f, "{key}=={values}"),
            Operator::NotEquals => write!(f, "{key}!={values}"),
            Operator::In => write!(f, "{key} in ({values})"),
            Operator::NotIn => write!(f, "{key} notin ({values})"),
            Operator::GreaterThan => write!(f, "{key}>{values}"),
            Operator::LessThan => write!(f, "{key}<{values}"),
        }
    }
}

/// The message where an operator takes another number of values.
fn wrong_count(operator: Operator, count: usize) -> Option<&'static str> {
    let (holds, message) = match operator {
        Operator::In | Operator::NotIn => (count > 0, "for 'in', 'notin' operators, values set can't be empty"),
        Operator::Equals | Operator::DoubleEquals | Operator::NotEquals => {
            (count == 1, "exact-match compatibility requires one single value")
        }
        Operator::Exists | Operator::DoesNotExist => {
            (count == 0, "values set must be empty for exists and does not exist")
        }
        Operator::GreaterThan | Operator::LessThan => {
            (count == 1, "for 'Gt', 'Lt' operators, exactly one value is required")
        }
    };
    (!holds).then_some(message)
}

/// A list of texts as JSON; Go prints an empty one as `null`.
fn list(values: &[Str]) -> BadValue {
    if values.is_empty() {
        return BadValue::json("null");
    }
    let quoted: Vec<String> = values.iter().map(|value| quote(value)).collect();
    BadValue::json(format!("[{}]", quoted.join(",")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_use_the_words_of_the_server() {
        use Operator::{Equals, Exists, GreaterThan, In, LessThan};
        for (operator, values, want) in [
            (
                In,
                vec![],
                "values: Invalid value: null: for 'in', 'notin' operators, values set can't be empty",
            ),
            (
                Equals,
                vec!["a", "b"],
                r#"values: Invalid value: ["a","b"]: exact-match compatibility requires one single value"#,
            ),
            (
                Exists,
                vec!["a"],
                r#"values: Invalid value: ["a"]: values set must be empty for exists and does not exist"#,
            ),
            (
                GreaterThan,
                vec![],
                "values: Invalid value: null: for 'Gt', 'Lt' operators, exactly one value is required",
            ),
            (
                LessThan,
                vec!["a"],
                r#"values[0]: Invalid value: "a": for 'Gt', 'Lt' operators, the value must be an integer"#,
            ),
        ] {
            let values = values.into_iter().map(Str::from).collect();
            let error = Requirement::new("x".into(), operator, values, &Path::NIL).unwrap_err();
            assert_eq!(error.aggregate(), want);
        }
        let error = Requirement::new("a b".into(), In, vec!["c d".into()], &Path::NIL).unwrap_err();
        assert_eq!(error.0[0].path, "key");
        assert_eq!(error.0[1].path, "values[0][a b]");
    }
}
