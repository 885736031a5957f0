//! How plain values, lists and maps stand in an object's JSON form.

use crate::sim::btree::BTreeMap;
use std::rc::Rc;

use serde_json::{Map, Value};

use super::Str;
use super::intstr::IntOrString;
use super::labels::{LabelSelector, LabelSelectorRequirement, Labels};
use super::lean::{self, DecodeError, Field, describe};
use super::quantity::Quantity;
use super::time::{MicroTime, Time};

fn wrong(want: &str, got: &Value) -> DecodeError {
    DecodeError::here(format!("expected {want}, got {}", describe(got)))
}

// What lists of all types share stands here, so that the download has it once.

fn list(len: usize, item: &dyn Fn(usize) -> Value) -> Value {
    Value::Array((0..len).map(item).collect())
}

fn each_item(list: Value, take: &mut dyn FnMut(Value) -> Result<(), DecodeError>) -> Result<(), DecodeError> {
    let Value::Array(items) = list else {
        return Err(wrong("array", &list));
    };
    for (index, item) in items.into_iter().enumerate() {
        take(item).map_err(|error| error.inside(&format!("[{index}]")))?;
    }
    Ok(())
}

/// Sets an element; `null` leaves its zero.
fn fill(element: &mut dyn Field, value: Value) -> Result<(), DecodeError> {
    if value.is_null() { Ok(()) } else { element.set(value) }
}

impl Field for Str {
    fn get(&self) -> Option<Value> {
        (!self.is_empty()).then(|| self.get_always())
    }

    fn get_always(&self) -> Value {
        Value::String(self.as_ref().to_owned())
    }

    fn set(&mut self, value: Value) -> Result<(), DecodeError> {
        match value {
            Value::String(text) => *self = text.into(),
            other => return Err(wrong("string", &other)),
        }
        Ok(())
    }
}

impl Field for bool {
    fn get(&self) -> Option<Value> {
        self.then_some(Value::Bool(true))
    }

    fn get_always(&self) -> Value {
        Value::Bool(*self)
    }

    fn set(&mut self, value: Value) -> Result<(), DecodeError> {
        *self = value.as_bool().ok_or_else(|| wrong("bool", &value))?;
        Ok(())
    }
}

impl Field for i64 {
    fn get(&self) -> Option<Value> {
        (*self != 0).then(|| self.get_always())
    }

    fn get_always(&self) -> Value {
        Value::from(*self)
    }

    fn set(&mut self, value: Value) -> Result<(), DecodeError> {
        *self = value.as_i64().ok_or_else(|| wrong("integer", &value))?;
        Ok(())
    }
}

impl Field for i32 {
    fn get(&self) -> Option<Value> {
        (*self != 0).then(|| self.get_always())
    }

    fn get_always(&self) -> Value {
        Value::from(*self)
    }

    fn set(&mut self, value: Value) -> Result<(), DecodeError> {
        let wide = value.as_i64().ok_or_else(|| wrong("integer", &value))?;
        *self = Self::try_from(wide).map_err(|_| DecodeError::here(format!("{wide} does not fit 32 bits")))?;
        Ok(())
    }
}

impl Field for Value {
    fn get(&self) -> Option<Value> {
        (!self.is_null()).then(|| self.clone())
    }

    fn set(&mut self, value: Value) -> Result<(), DecodeError> {
        *self = value;
        Ok(())
    }
}

impl Field for Time {
    fn get(&self) -> Option<Value> {
        Some(Value::String(self.to_string()))
    }

    fn set(&mut self, value: Value) -> Result<(), DecodeError> {
        *self = Self::parse(value.as_str().ok_or_else(|| wrong("time", &value))?).map_err(DecodeError::here)?;
        Ok(())
    }
}

impl Field for MicroTime {
    fn get(&self) -> Option<Value> {
        Some(Value::String(self.to_string()))
    }

    fn set(&mut self, value: Value) -> Result<(), DecodeError> {
        let text = value.as_str().ok_or_else(|| wrong("time", &value))?;
        // Objects from elsewhere may have whole seconds here.
        let read = Self::parse(text).or_else(|why| Time::parse(text).map(Time::to_micro).map_err(|_| why));
        *self = read.map_err(DecodeError::here)?;
        Ok(())
    }
}

impl Field for Quantity {
    fn get(&self) -> Option<Value> {
        Some(Value::String(self.to_string()))
    }

    fn set(&mut self, value: Value) -> Result<(), DecodeError> {
        let text = match &value {
            Value::String(text) => text.clone(),
            Value::Number(number) => number.to_string(),
            other => return Err(wrong("quantity", other)),
        };
        *self = Self::parse(text.trim()).map_err(|error| DecodeError::here(error.to_string()))?;
        Ok(())
    }
}

impl Field for IntOrString {
    fn get(&self) -> Option<Value> {
        Some(match self {
            Self::Int(n) => Value::from(*n),
            Self::String(text) => Value::String(text.as_ref().to_owned()),
        })
    }

    fn set(&mut self, value: Value) -> Result<(), DecodeError> {
        *self = match &value {
            Value::String(text) => Self::String(text.as_str().into()),
            other => {
                let mut n = 0_i32;
                n.set(other.clone())?;
                Self::Int(n)
            }
        };
        Ok(())
    }
}

impl<T: Field + Default> Field for Option<T> {
    fn get(&self) -> Option<Value> {
        self.as_ref().map(Field::get_always)
    }

    fn set(&mut self, value: Value) -> Result<(), DecodeError> {
        let mut inner = T::default();
        inner.set(value)?;
        *self = Some(inner);
        Ok(())
    }
}

impl<T: Field + Default + Clone> Field for Rc<T> {
    fn get(&self) -> Option<Value> {
        self.as_ref().get()
    }

    fn get_always(&self) -> Value {
        self.as_ref().get_always()
    }

    fn set(&mut self, value: Value) -> Result<(), DecodeError> {
        Self::make_mut(self).set(value)
    }
}

impl<T: Field + Default> Field for Rc<[T]> {
    fn get(&self) -> Option<Value> {
        (!self.is_empty()).then(|| self.get_always())
    }

    fn get_always(&self) -> Value {
        list(self.len(), &|at| self[at].get_always())
    }

    fn set(&mut self, value: Value) -> Result<(), DecodeError> {
        let mut list = Vec::new();
        list.set(value)?;
        *self = list.into();
        Ok(())
    }
}

impl<T: Field + Default> Field for Vec<T> {
    fn get(&self) -> Option<Value> {
        (!self.is_empty()).then(|| self.get_always())
    }

    fn get_always(&self) -> Value {
        list(self.len(), &|at| self[at].get_always())
    }

    fn set(&mut self, value: Value) -> Result<(), DecodeError> {
        self.clear();
        each_item(value, &mut |item| {
            let mut element = T::default();
            fill(&mut element, item)?;
            self.push(element);
            Ok(())
        })
    }
}

impl<T: Field + Default> Field for BTreeMap<Str, T> {
    fn get(&self) -> Option<Value> {
        (!self.is_empty()).then(|| self.get_always())
    }

    fn get_always(&self) -> Value {
        let pairs = self
            .iter()
            .map(|(key, value)| (key.as_ref().to_owned(), value.get_always()));
        Value::Object(pairs.collect::<Map<_, _>>())
    }

    fn set(&mut self, value: Value) -> Result<(), DecodeError> {
        let Value::Object(map) = value else {
            return Err(wrong("object", &value));
        };
        self.clear();
        for (key, item) in map {
            let mut element = T::default();
            fill(&mut element, item).map_err(|error| error.inside(&key))?;
            self.insert(key.into(), element);
        }
        Ok(())
    }
}

lean! {
    /// The JSON form of a [`LabelSelector`].
    pub struct SelectorDocument {
        match_labels: Labels = "matchLabels",
        match_expressions: Vec<RequirementDocument> = "matchExpressions",
    }

    /// The JSON form of a [`LabelSelectorRequirement`].
    pub struct RequirementDocument {
        key: Str = "key" 'always,
        operator: Str = "operator" 'always,
        values: Vec<Str> = "values",
    }
}

impl Field for LabelSelector {
    fn get(&self) -> Option<Value> {
        (!self.is_empty()).then(|| self.get_always())
    }

    fn get_always(&self) -> Value {
        let requirement = |from: &LabelSelectorRequirement| RequirementDocument {
            key: from.key.clone(),
            operator: from.operator.clone(),
            values: from.values.clone(),
            ..RequirementDocument::default()
        };
        let document = SelectorDocument {
            match_labels: self.match_labels.clone(),
            match_expressions: self.match_expressions.iter().map(requirement).collect(),
            ..SelectorDocument::default()
        };
        Value::Object(lean::encode(&document))
    }

    fn set(&mut self, value: Value) -> Result<(), DecodeError> {
        let document: SelectorDocument = lean::decode(value)?;
        let requirement = |from: RequirementDocument| LabelSelectorRequirement {
            key: from.key,
            operator: from.operator,
            values: from.values,
        };
        self.match_labels = document.match_labels;
        self.match_expressions = document.match_expressions.into_iter().map(requirement).collect();
        Ok(())
    }
}
