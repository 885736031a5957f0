//! The JavaScript API: a cluster as a class, for browsers, workers and Node.
//!
//! [`Cluster`] is what JavaScript sees. Nothing of it waits: time moves only inside `advance` and `seek`, and what these
//! bring to callbacks and promises is delivered before they return, while no part of the cluster is borrowed, so that a
//! callback may call whatever it likes.
// The rules of the engine do not bind a face: JavaScript numbers are floats.
#![allow(clippy::float_arithmetic, clippy::cast_possible_truncation)]

mod cluster;
mod outbox;
mod types;
mod values;

pub use cluster::Cluster;
