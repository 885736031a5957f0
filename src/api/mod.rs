//! The objects of the Kubernetes API: types, schema, documents, defaults, validation.

#[macro_use]
pub mod lean;

pub mod apps;
pub mod autoscaling;
pub mod batch;
pub mod component_helpers;
pub mod core;
pub mod cron;
pub mod defaults;
pub mod discovery;
pub mod duration;
mod field;
pub mod gateway;
pub mod intstr;
mod kind;
pub mod labels;
pub mod meta;
pub mod names;
pub mod networking;
mod object;
pub mod patch;
pub mod policy;
pub mod quantity;
pub mod schema;
pub mod status;
pub mod storage;
pub mod template_hash;
pub mod time;
pub mod validation;
pub mod yaml;

pub use kind::Kind;
pub use object::{Dynamic, Object, Resource};

/// The text of stored objects: shared, immutable.
pub type Str = std::rc::Rc<str>;
