//! kubectl: commands, printers, describe.
//!
//! An [`Invocation`] is one command on virtual time: most are done at once, those that wait (`rollout status`, `delete`,
//! `wait`) print as time passes.

mod args;
mod commands;
pub mod describe;
mod errors;
mod invocation;
mod io;
mod jsonpath;
pub mod printers;
mod resource;
mod words;

pub use commands::{applied_over, with_last_applied};
pub use invocation::Invocation;
pub use io::{Files, Output};
pub use words::split;
