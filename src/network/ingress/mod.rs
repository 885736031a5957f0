//! Ingresses: which rule a request meets, and the controller that serves them.

mod controller;
pub mod host;
pub mod pages;
pub mod path;
mod serve;
pub mod table;

pub use controller::IngressController;
pub(super) use serve::{in_turn, serve};
