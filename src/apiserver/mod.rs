//! The store and its admission: the only writer.
//!
//! Every write goes through [`ApiServer`]: it names, defaults, admits and validates an object, gives it a revision and
//! appends a [`Change`] to the log that feeds the watches.

mod admission;
mod allocator;
mod delete;
mod eviction;
mod metrics;
mod naming;
pub mod rest;
mod scale;
mod server;
mod store;
mod strategy;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;

pub use admission::conformance;
pub use delete::{DeleteOptions, Propagation};
pub use metrics::{PodMetrics, Usage};
pub use scale::Scale;
pub use server::{ApiServer, Caller, Subresource};
pub use store::{Change, Key, Verb};
