//! Volumes and claims.

pub mod conformance;
pub mod matching;
