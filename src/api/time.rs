//! API times.
