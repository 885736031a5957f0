//! The objects of the Kubernetes API: types, schema, documents, defaults, validation.

pub mod duration;
pub mod intstr;
pub mod labels;
pub mod names;
pub mod patch;
pub mod quantity;
pub mod schema;
pub mod template_hash;
pub mod time;
pub mod yaml;

use std::rc::Rc;

/// The string of stored objects: cheap to clone and to share.
pub type Str = Rc<str>;
