//! Scenario documents, links, lessons.
//!
//! A scenario is a YAML stream: at most one `Scenario` document, then ordinary manifests. [`Scenario::read`] reads it,
//! [`Scenario::build`] makes a cluster of it.

mod behaviours;
mod build;
mod document;
mod link;
mod rates;
mod read;

pub use build::Options;
pub use document::{
    Behaviour, BehaviourMatch, Delays, ExitAfter, HttpOverride, Lesson, Localised, MemoryUse, NodeGroup,
    ScenarioDocument, ScenarioSpec, Step, TimelineEntry, TrafficSource, Until,
};
pub use link::{Link, LinkError, salvage};
pub use read::Scenario;
