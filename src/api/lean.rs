//! Lean objects: structs that hold the fields which the engine works with and keep all others as they came.
//!
//! [`lean!`](crate::api::lean) declares a struct once and gives decoding, encoding, hashing and equality. What a document holds
//! beyond the declared fields lands in `rest` and comes back when the object is written out again.

use std::rc::Rc;

use serde_json::{Map, Value};

/// Fields of a document that the engine does not model.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Rest(Option<Rc<Map<String, Value>>>);

impl Rest {
    /// The value of field `name`.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.0.as_ref()?.get(name)
    }

    /// Sets field `name`.
    pub fn set(&mut self, name: &str, value: Value) {
        Rc::make_mut(self.0.get_or_insert_default()).insert(name.to_owned(), value);
    }

    /// Takes field `name` out.
    pub fn take(&mut self, name: &str) -> Option<Value> {
        let map = self.0.as_mut().filter(|map| map.contains_key(name))?;
        let value = Rc::make_mut(map).remove(name);
        if map.is_empty() {
            self.0 = None;
        }
        value
    }

    /// All fields.
    pub fn iter(&self) -> impl Iterator<Item = (&String, &Value)> {
        self.0.iter().flat_map(|map| map.iter())
    }
}

/// Why a value could not be taken: the path inside the object and what was expected there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DecodeError {
    /// Path of the field, as in `spec.containers[0].image`.
    pub path: String,
    /// What stands there and what should.
    pub problem: String,
}

impl DecodeError {
    /// An error at the value itself.
    #[must_use]
    pub fn here(problem: impl Into<String>) -> Self {
        Self {
            path: String::new(),
            problem: problem.into(),
        }
    }

    /// The same error seen from the object around it.
    #[must_use]
    pub fn inside(mut self, step: &str) -> Self {
        let joint = if self.path.is_empty() || self.path.starts_with('[') {
            ""
        } else {
            "."
        };
        self.path = format!("{step}{joint}{}", self.path);
        self
    }
}

impl std::fmt::Display for DecodeError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.path, self.problem)
    }
}

/// A value that an object's field can hold.
pub trait Field {
    /// The JSON form; `None` where the field is left out.
    fn get(&self) -> Option<Value>;

    /// The JSON form of a field that is always written, zero or not.
    fn get_always(&self) -> Value {
        self.get().unwrap_or(Value::Null)
    }

    /// Takes the JSON form. `null` is the same as absent.
    ///
    /// # Errors
    /// When the value is of another type.
    fn set(&mut self, value: Value) -> Result<(), DecodeError>;
}

/// The fields of a lean struct, for code that is the same for all of them: the download has it once.
pub trait Fields {
    /// Shows each declared field: JSON name, whether it is always written, value.
    fn each(&self, visit: &mut dyn FnMut(&'static str, bool, &dyn Field));
    /// Gives the field of that JSON name to change.
    fn field_mut(&mut self, name: &str) -> Option<&mut dyn Field>;
    /// The fields that are not declared.
    fn rest(&self) -> &Rest;
    /// The fields that are not declared, to change.
    fn rest_mut(&mut self) -> &mut Rest;
}

/// A struct made by [`lean!`](crate::api::lean).
pub trait Lean: Fields + Clone + Default {}

/// Encodes a lean struct as a JSON object, keys sorted.
pub fn encode(object: &dyn Fields) -> Map<String, Value> {
    let mut map = Map::new();
    object.each(&mut |name, always, field| {
        if always {
            map.insert(name.to_owned(), field.get_always());
        } else if let Some(value) = field.get() {
            map.insert(name.to_owned(), value);
        }
    });
    for (name, value) in object.rest().iter() {
        map.insert(name.clone(), value.clone());
    }
    map
}

/// Decodes a JSON object into a lean struct.
///
/// # Errors
/// When the value is no object or a declared field has the wrong type.
pub fn decode<T: Lean>(value: Value) -> Result<T, DecodeError> {
    let mut object = T::default();
    decode_into(&mut object, value)?;
    Ok(object)
}

fn decode_into(object: &mut dyn Fields, value: Value) -> Result<(), DecodeError> {
    let Value::Object(map) = value else {
        return Err(DecodeError::here(format!(
            "expected an object, got {}",
            describe(&value)
        )));
    };
    for (name, value) in map {
        if value.is_null() {
            continue;
        }
        match object.field_mut(&name) {
            Some(field) => field.set(value).map_err(|error| error.inside(&name))?,
            None => object.rest_mut().set(&name, value),
        }
    }
    Ok(())
}

/// Names a JSON value's type as Go's decoder does.
#[must_use]
pub fn describe(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "bool",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

/// The part of [`Field`] that lean structs share; called by the macro.
pub fn get_lean(object: &dyn Fields) -> Option<Value> {
    let map = encode(object);
    (!map.is_empty()).then_some(Value::Object(map))
}

/// The part of [`Field`] that lean structs share; called by the macro.
pub fn set_lean<T: Lean>(object: &mut T, value: Value) -> Result<(), DecodeError> {
    *object = T::default();
    decode_into(object, value)
}

/// Declares a lean struct.
///
/// A field is `name: Type = "jsonName"`, with `'always` after it where the field is written even when it is zero.
#[macro_export]
macro_rules! lean {
    ($( $(#[$meta:meta])* pub struct $name:ident { $( $(#[$doc:meta])* $field:ident : $type:ty = $json:literal $($always:lifetime)? ),* $(,)? } )*) => { $(
        $(#[$meta])*
        #[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
        #[allow(missing_docs, unreachable_pub, reason = "the fields are those of the Kubernetes API")]
        pub struct $name {
            $( $(#[$doc])* pub $field: $type, )*
            /// What the document holds beyond these.
            pub rest: $crate::api::lean::Rest,
        }

        impl $crate::api::lean::Lean for $name {}

        impl $crate::api::lean::Fields for $name {
            fn each(&self, visit: &mut dyn FnMut(&'static str, bool, &dyn $crate::api::lean::Field)) {
                $( visit($json, $crate::lean!(@always $($always)?), &self.$field); )*
            }

            fn field_mut(&mut self, name: &str) -> Option<&mut dyn $crate::api::lean::Field> {
                Some(match name {
                    $( $json => &mut self.$field, )*
                    _ => return None,
                })
            }

            fn rest(&self) -> &$crate::api::lean::Rest {
                &self.rest
            }

            fn rest_mut(&mut self) -> &mut $crate::api::lean::Rest {
                &mut self.rest
            }
        }

        impl $crate::api::lean::Field for $name {
            fn get(&self) -> Option<serde_json::Value> {
                $crate::api::lean::get_lean(self)
            }

            fn get_always(&self) -> serde_json::Value {
                serde_json::Value::Object($crate::api::lean::encode(self))
            }

            fn set(&mut self, value: serde_json::Value) -> Result<(), $crate::api::lean::DecodeError> {
                $crate::api::lean::set_lean(self, value)
            }
        }
    )* };
    (@always $always:lifetime) => { true };
    (@always) => { false };
}
