//! The node agent: pod workers, status, probes, images, and the simulated container runtime.

pub mod runtime;
