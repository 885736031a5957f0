//! A value of a document and the path it stands at: what the rules read, and how they complain.

use std::ops::RangeInclusive;

use serde_json::Value;

use crate::api::labels::LabelSelector;
use crate::api::lean::Field;
use crate::api::names::{BadValue, FieldError, FieldErrors, Path, inclusive_range_error};
use crate::api::quantity::Quantity;

static NULL: Value = Value::Null;

/// A value and its path. Absent fields are `null`, and `null` reads as the zero of any type, as in Go.
#[derive(Clone, Copy, Debug)]
pub(super) struct At<'v, 'p> {
    /// The value.
    pub(super) value: &'v Value,
    /// Where it stands.
    pub(super) path: Path<'p>,
}

impl<'v, 'p> At<'v, 'p> {
    pub(super) const fn new(value: &'v Value, path: Path<'p>) -> Self {
        Self { value, path }
    }

    /// The field `name`.
    pub(super) fn get<'b>(&'b self, name: &'b str) -> At<'v, 'b> {
        At {
            value: self.value.get(name).unwrap_or(&NULL),
            path: self.path.child(name),
        }
    }

    /// The same value seen at a field's path: upstream does not always tell the true one.
    pub(super) fn told_as<'b>(&'b self, path: Path<'b>) -> At<'v, 'b> {
        At {
            value: self.value,
            path,
        }
    }

    /// The items of a list.
    pub(super) fn items<'b>(&'b self) -> impl Iterator<Item = At<'v, 'b>> {
        let items = self.value.as_array().into_iter().flatten();
        items.enumerate().map(|(index, value)| At {
            value,
            path: self.path.index(index),
        })
    }

    /// The entries of a map, by key.
    pub(super) fn entries<'b>(&'b self) -> impl Iterator<Item = (&'v str, At<'v, 'b>)> {
        let entries = self.value.as_object().into_iter().flatten();
        entries.map(|(key, value)| {
            let path = self.path.key(key);
            (key.as_str(), At { value, path })
        })
    }

    /// The texts of a list.
    pub(super) fn texts(&self) -> impl Iterator<Item = &'v str> + use<'v> {
        self.value.as_array().into_iter().flatten().filter_map(Value::as_str)
    }

    /// How many items or entries there are.
    pub(super) fn len(&self) -> usize {
        match self.value {
            Value::Array(items) => items.len(),
            Value::Object(map) => map.len(),
            _ => 0,
        }
    }

    pub(super) fn text(&self) -> &'v str {
        self.value.as_str().unwrap_or_default()
    }

    pub(super) fn int(&self) -> i64 {
        self.value.as_i64().unwrap_or_default()
    }

    pub(super) fn is_true(&self) -> bool {
        self.value.as_bool().unwrap_or_default()
    }

    /// Whether it is there at all.
    pub(super) fn is_set(&self) -> bool {
        !self.value.is_null()
    }

    /// Whether it is there and not an empty text, list or map.
    pub(super) fn is_filled(&self) -> bool {
        !self.text().is_empty() || self.len() > 0
    }

    pub(super) fn quantity(&self) -> Option<Quantity> {
        let mut quantity = Quantity::default();
        self.is_set().then(|| quantity.set(self.value.clone()).ok())??;
        Some(quantity)
    }

    /// The label selector that stands there; none where it is absent.
    pub(super) fn selector(&self) -> Option<LabelSelector> {
        let mut selector = LabelSelector::default();
        self.is_set().then(|| selector.set(self.value.clone()).ok())??;
        Some(selector)
    }

    // What is wrong with it.

    pub(super) fn required(&self, errors: &mut FieldErrors, detail: &str) {
        errors.push(FieldError::required(&self.path, detail));
    }

    pub(super) fn forbidden(&self, errors: &mut FieldErrors, detail: &str) {
        errors.push(FieldError::forbidden(&self.path, detail));
    }

    pub(super) fn invalid(&self, errors: &mut FieldErrors, detail: impl Into<String>) {
        errors.push(FieldError::invalid(&self.path, self.value, detail));
    }

    /// As [`Self::invalid`], of a text that may be absent.
    pub(super) fn invalid_text(&self, errors: &mut FieldErrors, detail: impl Into<String>) {
        errors.push(FieldError::invalid(&self.path, self.text(), detail));
    }

    /// As [`Self::invalid`], of a number that may be absent.
    pub(super) fn invalid_int(&self, errors: &mut FieldErrors, detail: impl Into<String>) {
        errors.push(FieldError::invalid(&self.path, self.int(), detail));
    }

    /// As [`Self::invalid`], showing another value.
    pub(super) fn invalid_as(&self, errors: &mut FieldErrors, value: impl Into<BadValue>, detail: impl Into<String>) {
        errors.push(FieldError::invalid(&self.path, value, detail));
    }

    pub(super) fn duplicate(&self, errors: &mut FieldErrors) {
        errors.push(FieldError::duplicate(&self.path, self.text()));
    }

    pub(super) fn not_supported(&self, errors: &mut FieldErrors, supported: &[&str]) {
        errors.push(FieldError::not_supported(&self.path, self.text(), supported));
    }

    /// Tells each message about the text.
    pub(super) fn rule(&self, errors: &mut FieldErrors, messages: Vec<String>) {
        errors.push_invalid(&self.path, self.text(), messages);
    }

    /// Fields that must be there and hold something.
    pub(super) fn required_fields(&self, names: &[&str], errors: &mut FieldErrors) {
        for name in names {
            if !self.get(name).is_filled() {
                self.get(name).required(errors, "");
            }
        }
    }

    /// A text that must be there and follow a rule.
    pub(super) fn required_rule(&self, errors: &mut FieldErrors, rule: fn(&str) -> Vec<String>) {
        if self.text().is_empty() {
            self.required(errors, "");
        } else {
            self.rule(errors, rule(self.text()));
        }
    }

    /// One of some words; it must be there.
    pub(super) fn one_of(&self, errors: &mut FieldErrors, supported: &[&str]) {
        if self.text().is_empty() {
            self.required(errors, "");
        } else {
            self.among(errors, supported);
        }
    }

    /// One of some words.
    pub(super) fn among(&self, errors: &mut FieldErrors, supported: &[&str]) {
        if !supported.contains(&self.text()) {
            self.not_supported(errors, supported);
        }
    }

    /// A text that follows a rule where it is there.
    pub(super) fn optional_rule(&self, errors: &mut FieldErrors, rule: fn(&str) -> Vec<String>) {
        if !self.text().is_empty() {
            self.rule(errors, rule(self.text()));
        }
    }

    /// A number of a range, told of in Kubernetes' words for ranges.
    pub(super) fn within(&self, errors: &mut FieldErrors, range: RangeInclusive<i64>) {
        if !range.contains(&self.int()) {
            self.invalid_int(errors, inclusive_range_error(*range.start(), *range.end()));
        }
    }

    // Models apimachinery/pkg/api/validation ValidateNonnegativeField.
    pub(super) fn non_negative(&self, errors: &mut FieldErrors) {
        if self.int() < 0 {
            self.invalid(errors, "must be greater than or equal to 0");
        }
    }

    /// `spec`'s and the like: unchanged from `old`.
    // Models apimachinery/pkg/api/validation ValidateImmutableField.
    pub(super) fn immutable(&self, errors: &mut FieldErrors, old: &Value) {
        if self.value != old {
            self.invalid(errors, "field is immutable");
        }
    }

    /// What is wrong with the label selector that stands there, if one does.
    pub(super) fn check_selector(&self, errors: &mut FieldErrors) {
        if let Some(selector) = self.selector() {
            errors.extend(selector.validate(&self.path));
        }
    }
}
