//! The status of a pod as the kubelet reports it.

pub mod conditions;
mod convert;
mod manager;
pub mod phase;

pub(super) use convert::{Inputs, Reasons, generate, is_to_start};
pub(super) use manager::{StatusEntry, merge, terminate};
