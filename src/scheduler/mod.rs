//! The scheduler: gives each pod a node, or says why it cannot.
//!
//! [`Scheduler`] is the component. A pod waits in the [`queue`]; its turn is an [`attempt`] in which the [`plugins`], run by
//! the [`framework`], judge and score the nodes of the [`cache`]; where none will do, [`preemption`] may make room. What
//! the attempt showed is kept as an [`Explanation`]; [`explain`] works out a full one for any pod.
//!
//! Modelled otherwise than in Kubernetes: a turn is over at one instant, after the delay of a scheduling cycle; there is
//! one turn at a time, and its binding ends with it. Left out: batching of like pods, extenders, devices, pod groups.

pub mod attempt;
pub mod cache;
mod component;
pub mod conformance;
mod cycle;
mod evaluate;
mod explain;
pub mod framework;
mod pending;
pub mod plugins;
mod prebind;
pub mod preemption;
pub mod queue;
mod status;

pub use component::{SCHEDULER_NAME, Scheduler};
pub use evaluate::explain;
pub use explain::{Explanation, FilterVerdict, NodeExplanation, PluginScore};
