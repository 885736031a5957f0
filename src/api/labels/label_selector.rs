//! Label selectors as they stand in objects.

use std::fmt;

use super::{Labels, Operator, Requirement, Selector, validate_labels};
use crate::api::Str;
use crate::api::names::{FieldError, FieldErrors, Path, is_qualified_name, is_valid_label_value, quote};

/// A choice of objects by their labels: all of both parts must hold.
// Models apimachinery/pkg/apis/meta/v1 LabelSelector
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LabelSelector {
    /// Labels that must be there with these values.
    pub match_labels: Labels,
    /// More conditions.
    pub match_expressions: Vec<LabelSelectorRequirement>,
}

/// A condition on one label.
// Models apimachinery/pkg/apis/meta/v1 LabelSelectorRequirement
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LabelSelectorRequirement {
    /// The label.
    pub key: Str,
    /// `In`, `NotIn`, `Exists` or `DoesNotExist`. Other texts are refused when the object is validated.
    pub operator: Str,
    /// The values of `In` and `NotIn`.
    pub values: Vec<Str>,
}

impl Default for LabelSelectorRequirement {
    fn default() -> Self {
        Self {
            key: "".into(),
            operator: "".into(),
            values: Vec::new(),
        }
    }
}

impl LabelSelector {
    /// Whether the selector has no condition, and so matches everything.
    pub fn is_empty(&self) -> bool {
        self.match_labels.is_empty() && self.match_expressions.is_empty()
    }

    /// What is wrong with the selector; `path` is where it stands.
    // Models apimachinery/pkg/apis/meta/v1/validation ValidateLabelSelector
    pub fn validate(&self, path: &Path<'_>) -> FieldErrors {
        let mut errors = validate_labels(&self.match_labels, &path.child("matchLabels"));
        let expressions = path.child("matchExpressions");
        for (i, expression) in self.match_expressions.iter().enumerate() {
            errors.extend(expression.validate(&expressions.index(i)));
        }
        errors
    }
}

impl LabelSelectorRequirement {
    /// The operator, if the text is one.
    fn operator(&self) -> Option<Operator> {
        Some(match &*self.operator {
            "In" => Operator::In,
            "NotIn" => Operator::NotIn,
            "Exists" => Operator::Exists,
            "DoesNotExist" => Operator::DoesNotExist,
            _ => return None,
        })
    }

    // Models apimachinery/pkg/apis/meta/v1/validation ValidateLabelSelectorRequirement
    fn validate(&self, path: &Path<'_>) -> FieldErrors {
        let mut errors = FieldErrors::default();
        let values = path.child("values");
        match self.operator() {
            Some(Operator::In | Operator::NotIn) if self.values.is_empty() => {
                let detail = "must be specified when `operator` is 'In' or 'NotIn'";
                errors.push(FieldError::required(&values, detail));
            }
            Some(Operator::Exists | Operator::DoesNotExist) if !self.values.is_empty() => {
                let detail = "may not be specified when `operator` is 'Exists' or 'DoesNotExist'";
                errors.push(FieldError::forbidden(&values, detail));
            }
            Some(_) => {}
            None => {
                let detail = "not a valid selector operator";
                errors.push(FieldError::invalid(&path.child("operator"), &self.operator, detail));
            }
        }
        errors.push_invalid(&path.child("key"), &self.key, is_qualified_name(&self.key));
        for (i, value) in self.values.iter().enumerate() {
            errors.push_invalid(&values.index(i), value, is_valid_label_value(value));
        }
        errors
    }
}

impl Selector {
    /// The meaning of the selector in an object: absent matches nothing, empty everything. The error is upstream's.
    // Models apimachinery/pkg/apis/meta/v1 LabelSelectorAsSelector
    pub fn from_label_selector(selector: Option<&LabelSelector>) -> Result<Self, String> {
        let Some(selector) = selector else {
            return Ok(Self::Nothing);
        };
        let mut requirements = Vec::with_capacity(selector.match_labels.len() + selector.match_expressions.len());
        let mut require = |key: &Str, operator, values| {
            let requirement = Requirement::new(key.clone(), operator, values, &Path::NIL);
            requirement
                .map(|requirement| requirements.push(requirement))
                .map_err(|errors| errors.aggregate())
        };
        for (key, value) in &selector.match_labels {
            require(key, Operator::Equals, vec![value.clone()])?;
        }
        for expression in &selector.match_expressions {
            let operator = expression
                .operator()
                .ok_or_else(|| format!("{} is not a valid label selector operator", quote(&expression.operator)))?;
            require(&expression.key, operator, expression.values.clone())?;
        }
        Ok(Self::new(requirements))
    }
}

impl fmt::Display for LabelSelector {
    // Models apimachinery/pkg/apis/meta/v1 FormatLabelSelector
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match Selector::from_label_selector(Some(self)) {
            Ok(selector) if selector.is_everything() => f.write_str("<none>"),
            Ok(selector) => selector.fmt(f),
            Err(_) => f.write_str("<error>"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::labels_of;
    use super::*;

    fn expression(key: &str, operator: &str, values: &[&str]) -> LabelSelectorRequirement {
        let values = values.iter().map(|value| Str::from(*value)).collect();
        LabelSelectorRequirement {
            key: key.into(),
            operator: operator.into(),
            values,
        }
    }

    fn selector(labels: &[(&str, &str)], match_expressions: Vec<LabelSelectorRequirement>) -> LabelSelector {
        LabelSelector {
            match_labels: labels_of(labels),
            match_expressions,
        }
    }

    #[test]
    fn text() {
        for (selector, want) in [
            (LabelSelector::default(), "<none>"),
            (selector(&[("app", "web")], vec![]), "app=web"),
            (
                selector(
                    &[("b", "1")],
                    vec![expression("c", "In", &["z", "y"]), expression("a", "DoesNotExist", &[])],
                ),
                "!a,b=1,c in (y,z)",
            ),
            (
                selector(
                    &[],
                    vec![expression("x", "NotIn", &["a"]), expression("y", "Exists", &[])],
                ),
                "x notin (a),y",
            ),
            (selector(&[], vec![expression("x", "Gt", &["1"])]), "<error>"),
            (selector(&[], vec![expression("x", "In", &[])]), "<error>"),
        ] {
            assert_eq!(selector.to_string(), want);
        }
    }

    #[test]
    fn absent_matches_nothing_and_empty_everything() {
        let labels = labels_of(&[("a", "1")]);
        assert!(!Selector::from_label_selector(None).unwrap().matches(&labels));
        assert!(
            Selector::from_label_selector(Some(&LabelSelector::default()))
                .unwrap()
                .matches(&labels)
        );
        let error = Selector::from_label_selector(Some(&selector(&[], vec![expression("x", "Gt", &[])])));
        assert_eq!(error.unwrap_err(), r#""Gt" is not a valid label selector operator"#);
    }

    #[test]
    fn validation() {
        let path = Path::new("spec.selector");
        let bad = selector(
            &[("ok", "b d")],
            vec![
                expression("x", "In", &[]),
                expression("y", "Exists", &["v"]),
                expression("z", "Like", &[]),
                expression("a b", "In", &["-"]),
            ],
        );
        let errors = bad.validate(&path);
        let paths: Vec<&str> = errors.iter().map(|error| error.path.as_str()).collect();
        let want = [
            "spec.selector.matchLabels",
            "spec.selector.matchExpressions[0].values",
            "spec.selector.matchExpressions[1].values",
            "spec.selector.matchExpressions[2].operator",
            "spec.selector.matchExpressions[3].key",
            "spec.selector.matchExpressions[3].values[0]",
        ];
        assert_eq!(paths, want);
        assert_eq!(
            errors.0[1].body(),
            "Required value: must be specified when `operator` is 'In' or 'NotIn'"
        );
        let forbidden = "Forbidden: may not be specified when `operator` is 'Exists' or 'DoesNotExist'";
        assert_eq!(errors.0[2].body(), forbidden);
        assert_eq!(
            errors.0[3].body(),
            r#"Invalid value: "Like": not a valid selector operator"#
        );
    }
}
