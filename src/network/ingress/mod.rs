//! Ingresses: which rule a request meets, and the controller that serves them.

pub mod host;
pub mod path;
