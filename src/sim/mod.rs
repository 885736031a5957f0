//! Virtual clock, event queue, seeded randomness. Knows no Kubernetes.

mod hash;
mod queue;
mod random;
mod time;

pub use hash::StableHasher;
pub use queue::{Class, EventQueue, Fired, TimerKey};
pub use random::Stream;
pub use time::{Duration, SimTime};
