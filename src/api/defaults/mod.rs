//! What the server fills in where a document leaves it out.

use super::Object;

/// Fills in the defaults of an object.
pub fn apply(_object: &mut Object) {}
