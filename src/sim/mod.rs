//! Virtual clock, event queue, seeded randomness. Knows no Kubernetes.

pub mod btree;
mod hash;
mod queue;
mod random;
mod sort;
mod time;

pub use hash::StableHasher;
pub use queue::{Class, EventQueue, Fired, TimerKey};
pub use random::Stream;
pub use sort::Arrange;
pub use time::{Duration, SimTime};
